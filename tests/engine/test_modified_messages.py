"""What a program reads that changed a value which backward needs."""

# ruff: noqa: E501  whole messages

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.scripts import assert_ends_with

CASES: dict[str, tuple[str, str]] = {
    "a saved input was assigned to": (
        """
        import tracegrad as tg
        x = tg.tensor([1.0, 2.0], requires_grad=True)
        h = x * 2
        loss = (x * h).sum()
        h[0] = 5.0
        loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} h is at version 1; expected version 0 instead.
          saved      h (f32[2], version 0) by mul   train.py:4   loss = (x * h).sum()
          changed    version 0 -> 1 by __setitem__   train.py:5   h[0] = 5.0   through a view of shape []
          needed by  mul backward
          try: h = h.clone() before line 5; or build it with where(), cat() or stack() instead of assigning to a part of it; or change h before line 4, which reads it
        """,
    ),
    "a saved output was added to": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        y = x.exp()
        y += 1
        y.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} y is at version 1; expected version 0 instead.
          saved      y (f32[3], version 0) by exp   train.py:3   y = x.exp()
          changed    version 0 -> 1 by add_   train.py:4   y += 1
          needed by  exp backward
          try: y = y + 1; or y = y.clone() before line 4
        """,
    ),
    "an alias was written": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        alias = x.detach()
        loss = tg.mul(x, x).sum()
        alias.mul_(2)
        loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} x is at version 1; expected version 0 instead.
          saved      x (f32[3], version 0) by mul   train.py:4   loss = tg.mul(x, x).sum()
          changed    version 0 -> 1 by mul_   train.py:5   alias.mul_(2)
          needed by  mul backward
          try: alias = alias.mul(2); or write to a clone() of x; or change alias before line 4, which reads it
        """,
    ),
    "a slice was written": (
        """
        import tracegrad as tg
        x = tg.ones(4, requires_grad=True)
        h = x.tanh()
        h[:2].mul_(2)
        h.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} h is at version 1; expected version 0 instead.
          saved      h (f32[4], version 0) by tanh   train.py:3   h = x.tanh()
          changed    version 0 -> 1 by mul_   train.py:4   h[:2].mul_(2)   through a view of shape [2]
          needed by  tanh backward
          try: h = h.clone() before line 4
        """,
    ),
    "a column of a view was written": (
        """
        import tracegrad as tg
        x = tg.ones(6, requires_grad=True)
        h = x.sigmoid()
        rows = h.view(2, 3)
        rows[:, 0].zero_()
        h.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} h is at version 1; expected version 0 instead.
          saved      h (f32[6], version 0) by sigmoid   train.py:3   h = x.sigmoid()
          changed    version 0 -> 1 by zero_   train.py:5   rows[:, 0].zero_()   through a view of shape [2]
          needed by  sigmoid backward
          try: take rows from h.clone()
        """,
    ),
    "a saved view, whose base was written": (
        """
        import tracegrad as tg
        w = tg.ones(4, 4)
        x = tg.ones(4, requires_grad=True)
        loss = (x * w[1]).sum()
        w[3] = 0.0
        loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} w[1] is at version 1; expected version 0 instead.
          saved      w[1] (f32[4], version 0) by mul   train.py:4   loss = (x * w[1]).sum()
          changed    version 0 -> 1 by __setitem__   train.py:5   w[3] = 0.0   through a view of shape [4]
          needed by  mul backward
          try: w = w.clone() before line 5; or build it with where(), cat() or stack() instead of assigning to a part of it; or change w before line 4, which reads it
        """,
    ),
    "several saved values were written": (
        """
        import tracegrad as tg
        a = tg.ones(3, requires_grad=True) * 2
        b = tg.ones(3, requires_grad=True) * 3
        loss = (a * b).sum()
        a.add_(1)
        b.sub_(1)
        loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} b is at version 1; expected version 0 instead.
          saved      b (f32[3], version 0) by mul   train.py:4   loss = (a * b).sum()
          changed    version 0 -> 1 by sub_   train.py:6   b.sub_(1)
          saved      a (f32[3], version 0) by mul   train.py:4   loss = (a * b).sum()
          changed    version 0 -> 1 by add_   train.py:5   a.add_(1)
          needed by  mul backward
          try: b = b.sub(1); or b = b.clone() before line 6; or change b before line 4, which reads it
        """,
    ),
    "several writes": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        y = x.exp()
        y *= 2
        y.clamp_(0, 1)
        y[1] = 0.0
        y.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} y is at version 3; expected version 0 instead.
          saved      y (f32[3], version 0) by exp   train.py:3   y = x.exp()
          changed    version 0 -> 1 by mul_   train.py:4   y *= 2
          changed    version 1 -> 2 by clamp_   train.py:5   y.clamp_(0, 1)
          changed    version 2 -> 3 by __setitem__   train.py:6   y[1] = 0.0   through a view of shape []
          needed by  exp backward
          try: y = y.clone() before line 4; or build it with where(), cat() or stack() instead of assigning to a part of it
        """,
    ),
    "more writes than are remembered": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        total = x * 0
        loss = total.sin().sum()
        for _ in range(20):
            total += x
        loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} total is at version 20; expected version 0 instead.
          saved      total (f32[3], version 0) by sin   train.py:4   loss = total.sin().sum()
          changed    version 0 -> 12 by 12 earlier writes
          changed    version 12 -> 20 by add_, 8 times   train.py:6   total += x
          needed by  sin backward
          try: write to a clone() of total; or change total before line 4, which reads it
        """,
    ),
    "an optimizer stepped too early": (
        """
        import tracegrad as tg
        model = tg.nn.Linear(2, 1)
        optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
        x = tg.ones(4, 2, requires_grad=True)
        loss = model(x).sum()
        loss.backward(retain_graph=True)
        optimizer.step()
        loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} the weight of linear is at version 2; expected version 1 instead.
          saved      the weight of linear (f32[1, 2], version 1) by linear   train.py:5   loss = model(x).sum()
          changed    version 1 -> 2 by SGD.step   train.py:7   optimizer.step()
          needed by  linear backward
          try: backward() before line 7, which changes the weight of linear; or compute the loss again after it, for another backward()
        """,
    ),
    "an update by hand came too early": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        loss = (w * w).sum()
        loss.backward(retain_graph=True)
        with tg.no_grad():
            w -= 0.1 * w.grad
        loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} w is at version 1; expected version 0 instead.
          saved      w (f32[3], version 0) by mul   train.py:3   loss = (w * w).sum()
          changed    version 0 -> 1 by sub_   train.py:6   w -= 0.1 * w.grad
          needed by  mul backward
          try: backward() before line 6, which changes w; or compute the loss again after it, for another backward()
        """,
    ),
    "zeroed": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        h = x.sqrt()
        loss = h.sum()
        h.zero_()
        loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} h is at version 1; expected version 0 instead.
          saved      h (f32[3], version 0) by sqrt   train.py:3   h = x.sqrt()
          changed    version 0 -> 1 by zero_   train.py:5   h.zero_()
          needed by  sqrt backward
          try: h = zeros_like(h); or h = h.clone() before line 5
        """,
    ),
    "copied into": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        buffer = tg.zeros(3)
        loss = (x * buffer).sum()
        buffer.copy_(x.detach())
        loss.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} buffer is at version 1; expected version 0 instead.
          saved      buffer (f32[3], version 0) by mul   train.py:4   loss = (x * buffer).sum()
          changed    version 0 -> 1 by copy_   train.py:5   buffer.copy_(x.detach())
          needed by  mul backward
          try: buffer = x.detach().clone(); or buffer = buffer.clone() before line 5; or change buffer before line 4, which reads it
        """,
    ),
    "masked assignment": (
        """
        import tracegrad as tg
        x = tg.tensor([-1.0, 2.0], requires_grad=True)
        h = x.exp()
        h[h < 1] = 0
        h.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} h is at version 1; expected version 0 instead.
          saved      h (f32[2], version 0) by exp   train.py:3   h = x.exp()
          changed    version 0 -> 1 by __setitem__   train.py:4   h[h < 1] = 0
          needed by  exp backward
          try: h = h.masked_fill(h < 1, 0); or h = h.clone() before line 4
        """,
    ),
    "part of it added to": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        h = x.exp()
        h[0] += 1
        h.sum().backward()
        """,
        """
        InplaceModificationError: {MODIFIED} h is at version 2; expected version 0 instead.
          saved      h (f32[3], version 0) by exp   train.py:3   h = x.exp()
          changed    version 0 -> 1 by add_   train.py:4   h[0] += 1   through a view of shape []
          changed    version 1 -> 2 by __setitem__   train.py:4   h[0] += 1   through a view of shape []
          needed by  exp backward
          try: h = h.clone() before line 4; or build it with where(), cat() or stack() instead of assigning to a part of it
        """,
    ),
    "the gradient of a leaf in a loss": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        (x * x).sum().backward()
        penalty = (x.grad * x).sum()
        (x * 2).sum().backward()
        penalty.backward()
        """,
        """
        InplaceModificationError: {MODIFIED} x.grad is at version 1; expected version 0 instead.
          saved      x.grad (f32[3], version 0) by mul   train.py:4   penalty = (x.grad * x).sum()
          changed    version 0 -> 1 by accumulate_grad   train.py:5   (x * 2).sum().backward()
          needed by  mul backward
          try: x.grad.clone() at line 4: the next backward() adds to the gradient
        """,
    ),
}


@pytest.mark.parametrize(("program", "message"), CASES.values(), ids=CASES)
def test_a_changed_value_is_named_with_what_saved_it_and_each_write(
    tmp_path: Path, program: str, message: str
):
    assert_ends_with(tmp_path, program, message)
