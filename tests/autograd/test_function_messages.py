"""What somebody reads whose `Function` does what it must not: whole messages."""

# ruff: noqa: E501  whole messages

from __future__ import annotations

import runpy
import textwrap
from pathlib import Path

import pytest

CASES: dict[str, tuple[str, str]] = {
    "too few gradients": (
        """
        class Scale(Function):
            @staticmethod
            def forward(ctx, x, factor):
                return x * factor

            @staticmethod
            def backward(ctx, g):
                return g * 3

        x = tg.ones(2, requires_grad=True)
        y = Scale.apply(x, 3.0)
        y.sum().backward()
        """,
        """
        RuntimeError: function ScaleBackward returned an incorrect number of gradients (expected 2, got 1)
          forward   (x, factor)   train.py:5
          backward  train.py:9
          try: return one gradient for each argument of forward, None for those that need none
        in backward of Scale, called at train.py:14   y = Scale.apply(x, 3.0)
        """,
    ),
    "a gradient for a number": (
        """
        class Scale(Function):
            @staticmethod
            def forward(ctx, x, factor):
                return x * factor

            @staticmethod
            def backward(ctx, g):
                return g * 3, g

        x = tg.ones(2, requires_grad=True)
        y = Scale.apply(x, 3.0)
        y.sum().backward()
        """,
        """
        RuntimeError: function ScaleBackward returned a gradient different than None at position 2, but the corresponding forward input was not a Variable
          forward   (x, factor)   train.py:5
          backward  train.py:9
          try: return None for factor
        in backward of Scale, called at train.py:14   y = Scale.apply(x, 3.0)
        """,
    ),
    "a gradient that is no tensor": (
        """
        class Sum(Function):
            @staticmethod
            def forward(x, *others):
                return x + others[0]

            @staticmethod
            def setup_context(ctx, inputs, output):
                pass

            @staticmethod
            def backward(ctx, g):
                return g, 1.0

        x = tg.ones(2, requires_grad=True)
        y = Sum.apply(x, x)
        y.sum().backward()
        """,
        """
        RuntimeError: expected Variable or None (got float)
          gradient  of others[0]
          forward   (x, others[0])   train.py:5
          backward  train.py:13
          try: return a tensor for it, or None
        in backward of Sum, called at train.py:18   y = Sum.apply(x, x)
        """,
    ),
    "a list of gradients": (
        """
        class Same(Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def vjp(ctx, g):
                return [g]

        y = Same.apply(tg.ones(2, requires_grad=True))
        y.sum().backward()
        """,
        """
        RuntimeError: expected Variable or None (got list)
          gradient  of x
          forward   (x)   train.py:5
          backward  train.py:9
          try: return several gradients as a tuple, not as a list
        in backward of Same, called at train.py:13   y = Same.apply(tg.ones(2, requires_grad=True))
        """,
    ),
    "a gradient of another shape": (
        """
        from tracegrad.autograd.function import once_differentiable

        class Dot(Function):
            @staticmethod
            def forward(ctx, x, w):
                ctx.save_for_backward(x, w)
                return x @ w

            @staticmethod
            @once_differentiable
            def backward(ctx, g):
                x, w = ctx.saved_tensors
                return g @ w.t(), g

        x, w = tg.ones(2, 3), tg.ones(3, 2, requires_grad=True)
        y = Dot.apply(x, w)
        y.sum().backward()
        """,
        """
        RuntimeError: Function DotBackward returned an invalid gradient at index 1 - got [2, 2] but expected shape compatible with [3, 2]
          gradient  of w, which has shape [3, 2]
          forward   (x, w)   train.py:7
          backward  train.py:12
          try: a gradient has the shape of its input; where forward broadcast w, it may also have the shape that came of it
        in backward of Dot, called at train.py:19   y = Dot.apply(x, w)
        """,
    ),
    "a complex gradient": (
        """
        class Real(Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, g):
                return g * 1j

        y = Real.apply(tg.ones(2, requires_grad=True))
        y.sum().backward()
        """,
        """
        RuntimeError: Function RealBackward returned an invalid gradient at index 0 - got dtype complex64 for a real input of dtype float32
          gradient  of x
          forward   (x)   train.py:5
          backward  train.py:9
          try: return its .real part, if that is the gradient
        in backward of Real, called at train.py:13   y = Real.apply(tg.ones(2, requires_grad=True))
        """,
    ),
    "backward writes to what it was given": (
        """
        class Clip(Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, g):
                g[0] = 0.0
                return g

        y = Clip.apply(tg.ones(2, requires_grad=True))
        y.backward(tg.ones(2))
        """,
        """
        RuntimeError: Clip.backward wrote to the gradient of output 0 that it was given, which may also be on its way to other tensors.
          changed   version 0 -> 1 by __setitem__   train.py:11   g[0] = 0.0   through a view of shape []
          forward   (x)   train.py:5
          backward  train.py:9
          try: write to a .clone() of it
        in backward of Clip, called at train.py:14   y = Clip.apply(tg.ones(2, requires_grad=True))
        """,
    ),
    "an input is written and not marked": (
        """
        class Double(Function):
            @staticmethod
            def forward(ctx, x):
                x.mul_(2)
                return x

            @staticmethod
            def backward(ctx, g):
                return g * 2

        h = tg.ones(2, requires_grad=True) * 3
        y = Double.apply(h)
        """,
        """
        InplaceModificationError: Double.forward wrote to its input x, which requires grad, without ctx.mark_dirty(x): the gradients of x and of what was computed from it would be silently wrong.
          changed  version 0 -> 1 by mul_   train.py:7   x.mul_(2)
          called   Double   train.py:15   y = Double.apply(h)
          try: ctx.mark_dirty(x) in forward, and return x; or write to x.clone(), if x is not to change
        """,
    ),
    "a parameter is written and not marked": (
        """
        class Decay(Function):
            @staticmethod
            def forward(ctx, x, weight):
                weight *= 0.9
                return x * weight

        weight = tg.nn.Parameter(tg.ones(2))
        y = Decay.apply(tg.ones(2), weight)
        """,
        """
        InplaceModificationError: Decay.forward wrote to its input weight, which requires grad, without ctx.mark_dirty(weight): the gradients of weight and of what was computed from it would be silently wrong.
          changed  version 0 -> 1 by mul_   train.py:7   weight *= 0.9
          called   Decay   train.py:11   y = Decay.apply(tg.ones(2), weight)
          try: write to weight.clone(), if weight is not to change; or call it inside of no_grad(), if it is an update, which needs no gradient
        """,
    ),
    "marked and not returned": (
        """
        class Double(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mark_dirty(x)
                return x.mul_(2) + 1

        h = tg.ones(2, requires_grad=True) * 3
        y = Double.apply(h)
        """,
        """
        RuntimeError: Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified inplace must all be outputs of the Function.
          marked  x of Double.forward
          called  Double   train.py:11   y = Double.apply(h)
          try: return x from forward too; or write to a .clone() of it there
        """,
    ),
    "a leaf is marked": (
        """
        class Double(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mark_dirty(x)
                return x.mul_(2)

        w = tg.ones(2, requires_grad=True)
        y = Double.apply(w)
        """,
        """
        InplaceRefusedError: a leaf Variable that requires grad is being used in an in-place operation.
          tensor      of shape [2]
          written by  Double   train.py:11   y = Double.apply(w)
          try: with no_grad(): y = Double.apply(w), if it is an update or an initial value, which no gradient flows through; or write to a clone(), if a gradient is to flow through it
        """,
    ),
    "a view, and several outputs": (
        """
        class Double(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mark_dirty(x)
                return x.mul_(2), x + 1

        h = tg.ones(2, requires_grad=True) * 3
        y, z = Double.apply(h[:1])
        """,
        """
        RuntimeError: If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more than one Tensor. This is not supported by the current autograd engine. You should either make sure the input is not a view (using .clone() for example) or make your Function only return one Tensor (potentially splitting it into two Functions: one doing the inplace that returns a single Tensor and a second one that does the other operations).
          view    x of Double.forward
          called  Double   train.py:11   y, z = Double.apply(h[:1])
          try: pass a .clone() for x
        """,
    ),
    "written after it was saved": (
        """
        class Sigmoid(Function):
            @staticmethod
            def forward(ctx, x):
                y = x.sigmoid()
                ctx.save_for_backward(x, y)
                y *= 2
                return y

        y = Sigmoid.apply(tg.ones(2, requires_grad=True))
        """,
        """
        InplaceModificationError: one of the variables needed for gradient computation has been modified by an inplace operation: Sigmoid.forward wrote to saved tensor 1 after ctx.save_for_backward() had saved it.
          changed  version 0 -> 1 by mul_   train.py:9   y *= 2
          called   Sigmoid   train.py:12   y = Sigmoid.apply(tg.ones(2, requires_grad=True))
          try: ctx.save_for_backward() after the write, if backward is to see what was written; or save a .clone(), if it is to see what was there before
        """,
    ),
    "returned as it is and saved in setup_context": (
        """
        class Same(Function):
            @staticmethod
            def forward(x):
                return x

            @staticmethod
            def setup_context(ctx, inputs, output):
                ctx.save_for_backward(output)

        y = Same.apply(tg.ones(2, requires_grad=True))
        """,
        """
        RuntimeError: An input that has been returned as-is as output is being saved for backward. This is not supported if you override setup_context. You should return and save a view of the input instead, e.g. with x.view_as(x) or setup ctx inside the forward function itself.
          input   x of Same.forward
          called  Same   train.py:13   y = Same.apply(tg.ones(2, requires_grad=True))
          try: return x.view_as(x)
        """,
    ),
    "a saved input was written": (
        """
        class Square(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, g):
                (x,) = ctx.saved_tensors
                return g * 2 * x

        h = tg.ones(2, requires_grad=True) * 3
        loss = Square.apply(h).sum()
        h += 1
        loss.backward()
        """,
        """
        InplaceModificationError: one of the variables needed for gradient computation has been modified by an inplace operation: x of Square.forward is at version 1; expected version 0 instead.
          saved      x of Square.forward (f32[2], version 0) by Square   train.py:16   loss = Square.apply(h).sum()
          changed    version 0 -> 1 by add_   train.py:17   h += 1
          needed by  Square backward
          try: h = h + 1; or write to a clone() of it; or change h before line 16, which reads it
        """,
    ),
    "a saved output was written": (
        """
        class Pair(Function):
            @staticmethod
            def forward(ctx, x):
                s, c = x.sin(), x.cos()
                ctx.save_for_backward(s, c, x * 2)
                return s, c

            @staticmethod
            def backward(ctx, g, h):
                s, c, _ = ctx.saved_tensors
                return g * c - h * s

        s, c = Pair.apply(tg.ones(2, requires_grad=True))
        c.zero_()
        s.sum().backward()
        """,
        """
        InplaceModificationError: one of the variables needed for gradient computation has been modified by an inplace operation: output 1 of Pair is at version 1; expected version 0 instead.
          saved      output 1 of Pair (f32[2], version 0) by Pair   train.py:16   s, c = Pair.apply(tg.ones(2, requires_grad=True))
          changed    version 0 -> 1 by zero_   train.py:17   c.zero_()
          needed by  Pair backward
          try: c = zeros_like(c); or write to a clone() of it
        """,
    ),
    "backward twice": (
        """
        class Exp(Function):
            @staticmethod
            def forward(ctx, x):
                y = x.exp()
                ctx.save_for_backward(x, y)
                return y

            @staticmethod
            def backward(ctx, g):
                x, y = ctx.saved_tensors
                return g * y

        y = Exp.apply(tg.ones(2, requires_grad=True))
        loss = y.sum()
        loss.backward()
        loss.backward()
        """,
        """
        FreedGraphError: Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.
          saved      x of Exp.forward (shape [2]) by Exp   train.py:16   y = Exp.apply(tg.ones(2, requires_grad=True))
          saved      y (shape [2]) by Exp   train.py:16   y = Exp.apply(tg.ones(2, requires_grad=True))
          freed by   backward   train.py:18   loss.backward()
          needed by  Exp backward
          try: loss.backward(retain_graph=True) at line 18; or compute loss again before each backward
        """,
    ),
    "differentiated twice": (
        """
        from tracegrad.autograd.function import once_differentiable

        class Square(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            @once_differentiable
            def backward(ctx, g):
                (x,) = ctx.saved_tensors
                return g * 2 * x

        x = tg.ones(2, requires_grad=True)
        y = Square.apply(x)
        (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
        g.sum().backward()
        """,
        """
        RuntimeError: trying to differentiate twice a function that was marked with @once_differentiable
          marked  Square.backward
          try: make it of differentiable ops and take @once_differentiable away, if a second derivative is wanted; create_graph=False or .detach(), if not
        in backward of once_differentiable, called at train.py:19   y = Square.apply(x)
        """,
    ),
    "an error of the user's own": (
        """
        class Broken(Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, g):
                raise KeyError("mine")

        y = Broken.apply(tg.ones(2, requires_grad=True))
        y.sum().backward()
        """,
        """
        KeyError: 'mine'
        in backward of Broken, called at train.py:13   y = Broken.apply(tg.ones(2, requires_grad=True))
        """,
    ),
    "neither backward nor vjp": (
        """
        class Half(Function):
            @staticmethod
            def forward(ctx, x):
                return x / 2

        y = Half.apply(tg.ones(2, requires_grad=True))
        y.sum().backward()
        """,
        """
        NotImplementedError: You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD.
        in backward of Half, called at train.py:9   y = Half.apply(tg.ones(2, requires_grad=True))
        """,
    ),
    "saving a number": (
        """
        class Scale(Function):
            @staticmethod
            def forward(ctx, x, factor):
                ctx.save_for_backward(x, factor)
                return x * factor

        y = Scale.apply(tg.ones(2, requires_grad=True), 3.0)
        """,
        """
        TypeError: save_for_backward can only save variables, but argument 1 is of type float
          try: keep what is no tensor as an attribute, such as ctx.scale = scale
        """,
    ),
}

HEAD = "import tracegrad as tg\nfrom tracegrad.autograd import Function\n\n"


@pytest.mark.parametrize(("program", "message"), CASES.values(), ids=CASES)
def test_a_mistake_is_explained_with_the_lines_where_it_was_made(
    tmp_path: Path, program: str, message: str
):
    path = tmp_path / "train.py"
    path.write_text(HEAD + textwrap.dedent(program).strip("\n") + "\n")
    with pytest.raises(Exception) as raised:  # noqa: PT011  the message begins with its class
        runpy.run_path(str(path))
    error = raised.value
    lines = [f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())]
    assert "\n".join(lines) == textwrap.dedent(message).strip("\n")
