"""What a program reads that goes backward through a graph a second time."""

# ruff: noqa: E501  whole messages

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.scripts import assert_ends_with

CASES: dict[str, tuple[str, str]] = {
    "twice on one loss": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        loss = (w * w).sum()
        loss.backward()
        loss.backward()
        """,
        """
        FreedGraphError: {FREED}
          saved      w (shape [3]) by mul   train.py:3   loss = (w * w).sum()
          freed by   backward   train.py:4   loss.backward()
          needed by  mul backward
          try: loss.backward(retain_graph=True) at line 4; or compute loss again before each backward
        """,
    ),
    "the hidden state of the last iteration": (
        """
        import tracegrad as tg
        x = tg.ones(5, requires_grad=True)
        h = tg.zeros(5)
        for _ in range(2):
            h = (h + x).tanh()
            h.sum().backward()
        """,
        """
        FreedGraphError: {FREED}
          saved      h (shape [5]) by tanh   train.py:5   h = (h + x).tanh()
          freed by   backward   train.py:6   h.sum().backward()
          joined by  add, which reads h from before that call   train.py:5   h = (h + x).tanh()
          needed by  tanh backward
          try: h = h.detach() before line 5, so that gradients stop there; or h.sum().backward(retain_graph=True) at line 6, so that they go all the way back
        """,
    ),
    "two losses that share a part": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        features = x.exp()
        first = features.sum()
        second = features.mean()
        first.backward()
        second.backward()
        """,
        """
        FreedGraphError: {FREED}
          saved      features (shape [3]) by exp   train.py:3   features = x.exp()
          freed by   backward   train.py:6   first.backward()
          needed by  exp backward
          try: first.backward(retain_graph=True) at line 6; or (first + second).backward() instead of both; or compute second again before each backward
        """,
    ),
    "grad and then backward": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        loss = x.pow(3).sum()
        (slope,) = tg.autograd.grad(loss, x)
        loss.backward()
        """,
        """
        FreedGraphError: {FREED}
          saved      x (shape [3]) by pow   train.py:3   loss = x.pow(3).sum()
          saved      the result of pow (shape [3]) by pow   train.py:3   loss = x.pow(3).sum()
          freed by   grad   train.py:4   (slope,) = tg.autograd.grad(loss, x)
          needed by  pow backward
          try: tg.autograd.grad(loss, x, retain_graph=True) at line 4; or compute loss again before each backward
        """,
    ),
    "through a write to a view": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        state = tg.zeros(2, 3)
        for n in range(2):
            state[n] = x.exp()
            state.sum().backward()
        """,
        """
        FreedGraphError: {FREED}
          freed by   backward   train.py:6   state.sum().backward()
          joined by  __setitem__, which reads state from before that call   train.py:5   state[n] = x.exp()
          needed by  __setitem__ backward   train.py:5   state[n] = x.exp()
          try: state = state.detach() before line 5, so that gradients stop there; or state.sum().backward(retain_graph=True) at line 6, so that they go all the way back
        """,
    ),
    "through a scaled view": (
        """
        import tracegrad as tg
        x = tg.ones(4, requires_grad=True)
        y = x * 2
        y[:2].mul_(x[:2])
        loss = y.sum()
        loss.backward()
        loss.backward()
        """,
        """
        FreedGraphError: {FREED}
          freed by   backward   train.py:6   loss.backward()
          needed by  mul_ backward   train.py:4   y[:2].mul_(x[:2])
          try: loss.backward(retain_graph=True) at line 6; or compute loss again before each backward
        """,
    ),
    "joined in a module": (
        """
        import tracegrad as tg

        class Memory(tg.nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = tg.nn.Linear(3, 3)
                self.state = tg.zeros(1, 3)

            def forward(self, x):
                self.state = (self.linear(x) + self.state).tanh()
                return self.state

        model = Memory()
        for _ in range(2):
            model(tg.ones(1, 3)).sum().backward()
        """,
        """
        FreedGraphError: {FREED}
          saved      self.state (shape [1, 3]) by tanh   train.py:10   self.state = (self.linear(x) + self.state).tanh()
          freed by   backward   train.py:15   model(tg.ones(1, 3)).sum().backward()
          joined by  add, which reads self.state from before that call   train.py:10   self.state = (self.linear(x) + self.state).tanh()
          needed by  tanh backward
          try: self.state = self.state.detach() before line 10, so that gradients stop there; or model(tg.ones(1, 3)).sum().backward(retain_graph=True) at line 15, so that they go all the way back
        """,
    ),
    "a running total": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        total = 0.0
        for n in range(3):
            loss = (w * w).sum()
            total += loss
            total.backward()
        """,
        """
        FreedGraphError: {FREED}
          saved      w (shape [3]) by mul   train.py:5   loss = (w * w).sum()
          freed by   backward   train.py:7   total.backward()
          joined by  add, which reads total from before that call   train.py:6   total += loss
          needed by  mul backward
          try: total = total.detach() before line 6, so that gradients stop there; or total.backward(retain_graph=True) at line 7, so that they go all the way back
        """,
    ),
    "computed once before the loop": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        norm = w.exp().sum()
        for n in range(2):
            loss = (w / norm).sum()
            loss.backward()
        """,
        """
        FreedGraphError: {FREED}
          saved      the result of exp (shape [3]) by exp   train.py:3   norm = w.exp().sum()
          freed by   backward   train.py:6   loss.backward()
          joined by  div, which reads norm from before that call   train.py:5   loss = (w / norm).sum()
          needed by  exp backward
          try: compute norm again after each backward(); or norm = norm.detach() before line 5, so that gradients stop there; or loss.backward(retain_graph=True) at line 6, so that they go all the way back
        """,
    ),
}


@pytest.mark.parametrize(("program", "message"), CASES.values(), ids=CASES)
def test_the_call_that_freed_and_the_op_that_joins_are_named(
    tmp_path: Path, program: str, message: str
):
    assert_ends_with(tmp_path, program, message)
