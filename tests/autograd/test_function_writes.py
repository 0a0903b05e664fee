"""A `Function` that writes to its inputs: what is marked is right, what is not is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tracegrad as tg
from tests.autograd.functions import function, leaf
from tracegrad.autograd import Function
from tracegrad.errors import InplaceModificationError


class Double_(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(ctx, g):
        return g * 2


def unmarked(ctx: Any, x: tg.Tensor) -> tg.Tensor:
    x.mul_(2)
    return x * 1


@pytest.mark.parametrize("of", [lambda x: x * 1, lambda x: (x * 1)[:2], lambda x: x])
def test_an_input_that_was_written_to_and_not_marked_is_refused(of: Callable[..., Any]):
    with pytest.raises(InplaceModificationError, match=r"without ctx.mark_dirty\(x\)"):
        function(unmarked).apply(of(leaf()))


def test_a_write_through_an_alias_that_is_not_an_input_is_noticed_too():
    x = leaf() * 1
    alias = x.detach()
    with pytest.raises(InplaceModificationError, match=r"without ctx.mark_dirty\(x\)"):
        function(lambda ctx, x: (alias.mul_(2), x * 1)[1]).apply(x)


@pytest.mark.parametrize("requires_grad", [False, True])
def test_a_write_that_no_gradient_depends_on_needs_no_mark(requires_grad: bool):
    x = tg.ones(3, requires_grad=requires_grad)
    with tg.set_grad_enabled(not requires_grad):
        function(unmarked).apply(x)
    assert x.tolist() == [2, 2, 2]


def test_marking_one_of_two_aliases_marks_the_memory():
    def forward(ctx, x, same):
        ctx.mark_dirty(x)
        return x.mul_(2)

    h = leaf() * 1
    y = function(forward, lambda ctx, g: (g * 2, None)).apply(h, h.view(3))
    assert y is h


@pytest.mark.parametrize("view", [False, True])
@pytest.mark.parametrize("create_graph", [False, True])
def test_the_written_input_may_stand_anywhere(view: bool, create_graph: bool):
    def forward(ctx, k, a, x):
        ctx.save_for_backward(a, x.clone())
        ctx.mark_dirty(x)
        return x.mul_(a).mul_(k)

    def backward(ctx, g):
        a, x = ctx.saved_tensors
        return None, g * x * 2, g * a * 2

    a, x = leaf(), leaf(4.0, 5.0, 6.0)
    h = x * 1
    function(forward, backward).apply(2, a, h.view(3) if view else h)
    of_a, of_x = tg.autograd.grad(h.sum(), [a, x], create_graph=create_graph)
    assert of_a.tolist() == [8, 10, 12]
    assert of_x.tolist() == [2, 4, 6]


def test_views_taken_before_a_marked_write_follow_it():
    x = leaf()
    h = x * 1
    before, other = h[:2], h[1:]
    Double_.apply(before)
    assert h.tolist() == [2, 4, 3]
    (other * tg.tensor([1.0, 10.0])).sum().backward()
    assert x.grad.tolist() == [0, 2, 10]


def test_a_marked_write_that_no_op_made_is_counted():
    def forward(ctx, x):
        x.numpy(force=True)[:] *= 2
        ctx.mark_dirty(x)
        return x

    x = leaf() * 1
    product = x * x
    function(forward, lambda ctx, g: g * 2).apply(x)
    with pytest.raises(InplaceModificationError, match="by Mine"):
        product.sum().backward()


def test_a_tensor_that_is_no_input_is_marked_with_a_warning():
    def forward(ctx, x):
        y = x * 2
        ctx.mark_dirty(y)
        return y

    x = leaf()
    with pytest.warns(UserWarning, match="received a tensor that was not an input"):
        y = function(forward, lambda ctx, g: g * 2).apply(x)
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
