"""The same message wherever the saving and the writing line stand, and however they wrote."""

# ruff: noqa: E501  whole messages

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.scripts import assert_ends_with

CASES: dict[str, tuple[str, str]] = {
    "over several lines": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        scores = (
            x
            .exp()
        )
        scores.mul_(
            2.0,
        )
        scores.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} scores is at version 1; expected version 0 instead.
          saved      scores (f32[3], version 0) by exp   train.py:4   scores = x.exp()
          changed    version 0 -> 1 by mul_   train.py:7   scores.mul_(2.0)
          needed by  exp backward
          try: scores = scores.mul(2.0); or scores = scores.clone() before line 7
        """,
    ),
    "in a function": (
        """
        import tracegrad as tg

        def activate(h):
            out = h.exp()
            return out

        def scale(t):
            t *= 2

        x = tg.ones(3, requires_grad=True)
        y = activate(x)
        scale(y)
        y.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} out is at version 1; expected version 0 instead.
          saved      out (f32[3], version 0) by exp   train.py:4   out = h.exp()
          changed    version 0 -> 1 by mul_   train.py:8   t *= 2
          needed by  exp backward
          try: t = t * 2, and return it from scale() if the caller goes on with it; or write to a clone() of out
        """,
    ),
    "in another file": (
        """
        import tracegrad as tg
        from helper import normalise
        x = tg.ones(3, requires_grad=True)
        y = x.exp()
        normalise(y)
        y.sum().backward()
        --- helper.py
        def normalise(values):
            values /= values.sum()
        """,
        """
        InplaceModificationError: {MODIFIED} y is at version 1; expected version 0 instead.
          saved      y (f32[3], version 0) by exp   train.py:4   y = x.exp()
          changed    version 0 -> 1 by div_   helper.py:2   values /= values.sum()
          needed by  exp backward
          try: values = values / values.sum(), and return it from normalise() if the caller goes on with it; or write to a clone() of y
        """,
    ),
    "in a module": (
        """
        import tracegrad as tg

        class Block(tg.nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = tg.nn.Linear(3, 3)

            def forward(self, x):
                h = self.linear(x).sigmoid()
                h += x
                return h

        Block()(tg.ones(2, 3)).sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} h is at version 1; expected version 0 instead.
          saved      h (f32[2, 3], version 0) by sigmoid   train.py:9   h = self.linear(x).sigmoid()
          changed    version 0 -> 1 by add_   train.py:10   h += x
          needed by  sigmoid backward
          try: h = h + x; or h = h.clone() before line 10
        """,
    ),
    "a state kept in a module": (
        """
        import tracegrad as tg

        class Counter(tg.nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = tg.ones(3)

            def forward(self, x):
                y = x * self.scale
                self.scale += 1
                return y

        counter = Counter()
        x = tg.ones(3, requires_grad=True)
        counter(x).sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} self.scale is at version 1; expected version 0 instead.
          saved      self.scale (f32[3], version 0) by mul   train.py:9   y = x * self.scale
          changed    version 0 -> 1 by add_   train.py:10   self.scale += 1
          needed by  mul backward
          try: self.scale = self.scale + 1; or self.scale = self.scale.clone() before line 10; or change self.scale before line 9, which reads it
        """,
    ),
    "in an expression": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        y = (x + 1).exp().add_(1).log()
        y.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} the result of exp is at version 1; expected version 0 instead.
          saved      the result of exp (f32[3], version 0) by exp   train.py:3   y = (x + 1).exp().add_(1).log()
          changed    version 0 -> 1 by add_   train.py:3   y = (x + 1).exp().add_(1).log()
          needed by  exp backward
          try: .add(1) instead of .add_(1); or write to a clone() of it
        """,
    ),
    "by exec": (
        r"""
        import tracegrad as tg
        program = "y = x.exp()\ny += 1\ny.sum().backward()"
        exec(program, {"x": tg.ones(3, requires_grad=True)})
        """,
        """
        InplaceModificationError: {MODIFIED} the result of exp is at version 1; expected version 0 instead.
          saved      the result of exp (f32[3], version 0) by exp   <string>:1
          changed    version 0 -> 1 by add_   <string>:2
          needed by  exp backward
          try: add instead of add_; or write to a clone() of it
        """,
    ),
    "through data, with check_writes": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        with tg.autograd.detect_anomaly(check_writes=True):
            y = x.exp()
            y.data.mul_(2)
            y.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} y is at version 1; expected version 0 instead.
          saved      y (f32[3], version 0) by exp   train.py:4   y = x.exp()
          changed    version 0 -> 1 by mul_ through .data   train.py:5   y.data.mul_(2)
          needed by  exp backward
          try: y = y.mul(2); or y = y.clone() before line 5
        """,
    ),
    "through NumPy, with check_writes": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        with tg.autograd.detect_anomaly(check_writes=True):
            y = x.exp()
            array = y.detach().numpy()
            array[0] = 100.0
            loss = y.sum()
            loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} y is at version 1; expected version 0 instead.
          saved      y (f32[3], version 0) by exp   train.py:4   y = x.exp()
          changed    version 0 -> 1 by a write that no op made, after numpy (line 5: array = y.detach().numpy()) and before sum   train.py:7   loss = y.sum()
          needed by  exp backward
          try: give NumPy memory of its own, as .numpy().copy() does; or write to a clone() of y
        """,
    ),
    "under saved_tensors_hooks": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        with tg.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
            y = x.exp()
        y += 1
        y.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} y is at version 1; expected version 0 instead.
          saved      y (f32[3], version 0) by exp   train.py:4   y = x.exp()
          changed    version 0 -> 1 by add_   train.py:5   y += 1
          needed by  exp backward
          try: y = y + 1; or y = y.clone() before line 5
        """,
    ),
    "with a transposed view": (
        """
        import tracegrad as tg
        w = tg.ones(2, 3, requires_grad=True)
        h = w * 2
        y = (h.t() @ tg.ones(2, 4, requires_grad=True)).sum()
        h.clamp_(max=1)
        y.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} h.t() is at version 1; expected version 0 instead.
          saved      h.t() (f32[3, 2], version 0) by matmul   train.py:4   y = (h.t() @ tg.ones(2, 4, requires_grad=True)).sum()
          changed    version 0 -> 1 by clamp_   train.py:5   h.clamp_(max=1)
          needed by  matmul backward
          try: h = h.clamp(max=1); or h = h.clone() before line 5; or change h before line 4, which reads it
        """,
    ),
    "an op of which users know another name": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        y = x * x.mean()
        z = y / y.norm()
        y.mul_(2)
        z.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} y is at version 1; expected version 0 instead.
          saved      y (f32[3], version 0) by norm   train.py:4   z = y / y.norm()
          changed    version 0 -> 1 by mul_   train.py:5   y.mul_(2)
          needed by  norm backward
          try: y = y.mul(2); or y = y.clone() before line 5; or change y before line 4, which reads it
        """,
    ),
    "a write that backward itself makes": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        h = x * 1
        y = h * h
        y.register_hook(lambda g: h.zero_())
        y.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} h is at version 1; expected version 0 instead.
          saved      h (f32[3], version 0) by mul   train.py:4   y = h * h
          changed    version 0 -> 1 by zero_   train.py:5   y.register_hook(lambda g: h.zero_())
          needed by  mul backward
          try: zeros_like(h) instead of h.zero_(); or write to a clone() of h; or change it before line 4, which reads it
        """,
    ),
    "grad, twice differentiated": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        y = x.exp()
        y.mul_(2)
        tg.autograd.grad(y.sum(), x, create_graph=True)
        """,
        """
        InplaceModificationError: {MODIFIED} y is at version 1; expected version 0 instead.
          saved      y (f32[3], version 0) by exp   train.py:3   y = x.exp()
          changed    version 0 -> 1 by mul_   train.py:4   y.mul_(2)
          needed by  exp backward
          try: y = y.mul(2); or y = y.clone() before line 4
        """,
    ),
}


@pytest.mark.parametrize(("program", "message"), CASES.values(), ids=CASES)
def test_the_lines_are_named_wherever_they_stand(tmp_path: Path, program: str, message: str):
    assert_ends_with(tmp_path, program, message)
