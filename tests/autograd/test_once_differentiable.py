"""`once_differentiable`: first derivatives are right, second ones refused."""

from __future__ import annotations

import pytest

import tracegrad as tg
from tests.autograd.functions import function, leaf
from tracegrad.autograd import Function
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
        assert not tg.is_grad_enabled()
        return g * 2 * x


def test_once_differentiable_gives_first_derivatives():
    x = leaf()
    Square.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 4, 6]
    assert Square.backward.__name__ == "backward"


@pytest.mark.parametrize("ask", ["grad", "backward"])
def test_a_second_derivative_is_refused_also_where_pytorch_takes_the_first_for_a_constant(ask):
    x = leaf()
    (g,) = tg.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    assert g.tolist() == [2, 4, 6]
    with pytest.raises(RuntimeError, match="trying to differentiate twice"):
        (g * x).sum().backward() if ask == "backward" else tg.autograd.grad(g.sum(), x)


def test_the_gradient_of_a_linear_function_is_a_constant_for_which_nothing_is_refused():
    f = function(lambda ctx, x: x * 3, once_differentiable(lambda ctx, g: g * 3))
    x = leaf()
    (g,) = tg.autograd.grad(f.apply(x).sum(), x, create_graph=True)
    (g * x).sum().backward()
    assert x.grad.tolist() == [3, 3, 3]


def test_each_of_several_gradients_is_refused():
    f = function(
        lambda ctx, x, k, y: (ctx.save_for_backward(x, y), x * y)[1],
        once_differentiable(lambda ctx, g: (g * ctx.saved_tensors[1], None, g)),
    )
    x, y = leaf(), leaf()
    for g in tg.autograd.grad(f.apply(x, 1, y).sum(), [x, y], create_graph=True):
        with pytest.raises(RuntimeError, match="trying to differentiate twice"):
            tg.autograd.grad(g.sum(), x)
