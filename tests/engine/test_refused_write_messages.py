"""What a program reads whose write is refused."""

# ruff: noqa: E501  whole messages

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.scripts import assert_ends_with

CASES: dict[str, tuple[str, str]] = {
    "leaf: augmented": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        w -= 0.1
        """,
        """
        InplaceRefusedError: a leaf Variable that requires grad is being used in an in-place operation.
          tensor      w of shape [3]
          written by  sub_   train.py:3   w -= 0.1
          try: with no_grad(): w -= 0.1, if it is an update or an initial value, which no gradient flows through; or w = w - 0.1, if a gradient is to flow through it
        """,
    ),
    "leaf: method": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        w.clamp_(0, 1)
        """,
        """
        InplaceRefusedError: a leaf Variable that requires grad is being used in an in-place operation.
          tensor      w of shape [3]
          written by  clamp_   train.py:3   w.clamp_(0, 1)
          try: with no_grad(): w.clamp_(0, 1), if it is an update or an initial value, which no gradient flows through; or w = w.clamp(0, 1), if a gradient is to flow through it
        """,
    ),
    "leaf: assigned": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        w[0] = 1.0
        """,
        """
        InplaceRefusedError: a view of a leaf Variable that requires grad is being used in an in-place operation.
          tensor      w[0] of shape []
          written by  __setitem__   train.py:3   w[0] = 1.0
          try: with no_grad(): w[0] = 1.0, if it is an update or an initial value, which no gradient flows through; or write to a clone() of w, if a gradient is to flow through it
        """,
    ),
    "leaf: view": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        w[:2].zero_()
        """,
        """
        InplaceRefusedError: a view of a leaf Variable that requires grad is being used in an in-place operation.
          tensor      w[:2] of shape [2]
          written by  zero_   train.py:3   w[:2].zero_()
          try: with no_grad(): w[:2].zero_(), if it is an update or an initial value, which no gradient flows through; or write to a clone() of w, if a gradient is to flow through it
        """,
    ),
    "leaf: parameter of a module": (
        """
        import tracegrad as tg
        model = tg.nn.Linear(2, 1)
        model.weight.mul_(0.5)
        """,
        """
        InplaceRefusedError: a leaf Variable that requires grad is being used in an in-place operation.
          tensor      model.weight of shape [1, 2]
          written by  mul_   train.py:3   model.weight.mul_(0.5)
          try: with no_grad(): model.weight.mul_(0.5), if it is an update or an initial value, which no gradient flows through; or weight = model.weight.mul(0.5), if a gradient is to flow through it
        """,
    ),
    "leaf: initialised by hand": (
        """
        import tracegrad as tg
        model = tg.nn.Linear(2, 1)
        model.bias[:] = 0
        """,
        """
        InplaceRefusedError: a leaf Variable that requires grad is being used in an in-place operation.
          tensor      model.bias[:] of shape [1]
          written by  __setitem__   train.py:3   model.bias[:] = 0
          try: with no_grad(): model.bias[:] = 0, if it is an update or an initial value, which no gradient flows through; or write to a clone() of model.bias, if a gradient is to flow through it
        """,
    ),
    "no_grad view": (
        """
        import tracegrad as tg
        x = tg.ones(4, requires_grad=True) * 2
        with tg.no_grad():
            head = x[:2]
        head.mul_(3)
        """,
        """
        InplaceRefusedError: A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either both inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked).
          tensor      head of shape [2]
          view by     indexing
          written by  mul_   train.py:5   head.mul_(3)
          try: take the view again outside of no_grad(); or do the write inside of it too
        """,
    ),
    "rows written while iterating": (
        """
        import tracegrad as tg
        x = tg.ones(4, 3, requires_grad=True) * 2
        for row in x:
            row *= 2
        """,
        """
        InplaceRefusedError: Output of unbind is a view and is being modified inplace. This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace operation by an out-of-place one.
          tensor      row of shape [3]
          view by     unbind() or iterating
          written by  mul_   train.py:4   row *= 2
          try: take each view by indexing, such as x[0] or x[:2], which may be written to; or row = row * 2
        """,
    ),
    "one of several chunks": (
        """
        import tracegrad as tg
        x = tg.ones(4, requires_grad=True) * 2
        left, right = x.chunk(2)
        left += 1
        """,
        """
        InplaceRefusedError: Output of split is a view and is being modified inplace. This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace operation by an out-of-place one.
          tensor      left of shape [2]
          view by     split() or chunk()
          written by  add_   train.py:4   left += 1
          try: take each view by indexing, such as x[0] or x[:2], which may be written to; or left = left + 1
        """,
    ),
    "split": (
        """
        import tracegrad as tg
        x = tg.ones(4, requires_grad=True) * 2
        parts = x.split([1, 3])
        parts[0].zero_()
        """,
        """
        InplaceRefusedError: Output of split is a view and is being modified inplace. This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace operation by an out-of-place one.
          tensor      parts[0] of shape [1]
          view by     split() or chunk()
          written by  zero_   train.py:4   parts[0].zero_()
          try: take each view by indexing, such as x[0] or x[:2], which may be written to; or parts[0] = zeros_like(parts[0])
        """,
    ),
    "expanded": (
        """
        import tracegrad as tg
        row = tg.zeros(1, 3).expand(4, 3)
        row += 1
        """,
        """
        InplaceRefusedError: unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation.
          tensor      row of shape [4, 3]
          written by  add_   train.py:3   row += 1
          try: row = row.clone() before the write: expand() shows one element several times
        """,
    ),
    "overlapping": (
        """
        import tracegrad as tg
        x = tg.arange(5.0)
        x[1:] += x[:-1]
        """,
        """
        InplaceRefusedError: unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location. Please clone() the tensor before performing the operation.
          tensor      x[1:] of shape [4]
          written by  add_   train.py:3   x[1:] += x[:-1]
          try: x[1:] += x[:-1].clone()
        """,
    ),
    "a stale view of several": (
        """
        import tracegrad as tg
        x = tg.ones(4, requires_grad=True) * 2
        left, right = x.chunk(2)
        x.mul_(2)
        left.sum().backward()
        """,
        """
        RuntimeError: A view is one of several that split() or chunk() made, and its base or another view of its base has been modified inplace since. Given that this use case is ambiguous and error-prone, it is forbidden.
          try: take the view again after the write, or .clone() it when it is made
        """,
    ),
    "output of a custom Function": (
        """
        import tracegrad as tg

        class Double(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x.view(3)

            @staticmethod
            def backward(ctx, g):
                return g

        y = Double.apply(tg.ones(3, requires_grad=True) * 1)
        y.mul_(2)
        """,
        """
        InplaceRefusedError: Output 0 of Double is a view and is being modified inplace. This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to handle view+inplace would override the custom backward associated with the custom Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function.
          tensor      y of shape [3]
          view by     Double.apply
          written by  mul_   train.py:13   y.mul_(2)
          try: return a .clone() from Double.forward; or y = y.mul(2)
        """,
    ),
}


@pytest.mark.parametrize(("program", "message"), CASES.values(), ids=CASES)
def test_a_refused_write_is_named_with_the_reason_and_what_to_do_instead(
    tmp_path: Path, program: str, message: str
):
    assert_ends_with(tmp_path, program, message)
