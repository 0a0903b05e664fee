"""Views and in-place writes: what is refused, and what the gradients are where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tracegrad as tg


def leaf(*shape: int) -> tg.Tensor:
    n = int(np.prod(shape))
    return (tg.arange(n, dtype=tg.float64) + 1).view(shape).requires_grad_()


def check(function: Callable[[Any], Any], *shape: int) -> None:
    """Compare a function's gradient with differences, and with itself under `create_graph`."""
    x = leaf(*shape)
    out = function(x)
    weights = tg.tensor(np.linspace(0.5, 1.5, out.numel()).reshape(out.shape))
    (g,) = tg.autograd.grad(out, x, weights, retain_graph=True)
    (lifted,) = tg.autograd.grad(out, x, weights, create_graph=True)
    start = x.detach().numpy().copy()
    for index in np.ndindex(start.shape):
        sides = []
        for sign in (1, -1):
            moved = start.copy()
            moved[index] += sign * 1e-6
            sides.append((function(tg.tensor(moved)) * weights).sum().item())
        assert g[index].item() == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-6, abs=1e-7)
    np.testing.assert_array_equal(lifted.detach().numpy(), g.numpy())


# -- writes that are refused -----------------------------------------------------------------------


def test_a_leaf_that_requires_grad_is_not_written():
    with pytest.raises(
        RuntimeError, match="a leaf Variable that requires grad is being used in an in-place"
    ) as raised:
        leaf(2).mul_(2)
    assert "no_grad" in str(raised.value)


def test_a_leaf_is_written_under_no_grad():
    x = leaf(2)
    with tg.no_grad():
        x.mul_(2.0)
        x[0] = 7.0
    assert x.tolist() == [7.0, 4.0]
    assert x.is_leaf
    assert x.requires_grad


def test_a_view_of_a_leaf_that_requires_grad_is_not_written():
    x = leaf(2)
    for shown in (x[0], x.view(2, 1)[:, 0], x.detach().requires_grad_().view(2)):
        with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
            shown.mul_(2)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        x[0] = 3.0


def test_a_view_that_was_made_a_leaf_is_not_written():
    base = tg.ones(3)
    shown = base.view(3).requires_grad_()
    for target in (shown, shown[:1]):
        with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
            target.mul_(2)
    base.mul_(2)
    assert shown.tolist() == [2.0, 2.0, 2.0]


SEVERAL = {
    "unbind": lambda t: t.unbind(0)[0],
    "split": lambda t: t.split(1)[0],
    "chunk": lambda t: t.chunk(2)[0],
    "iteration": lambda t: next(iter(t)),
    "view of one": lambda t: t.unbind(0)[0].view(-1),
}


@pytest.mark.parametrize("make", SEVERAL.values(), ids=SEVERAL)
def test_one_of_several_views_of_one_op_is_not_written(make):
    y = leaf(2, 2) * 1
    with pytest.raises(
        RuntimeError, match="is the output of a function that returns multiple views"
    ):
        make(y).mul_(2)


@pytest.mark.parametrize("make", SEVERAL.values(), ids=SEVERAL)
def test_one_of_several_views_is_written_where_no_gradient_flows(make):
    data = tg.ones(2, 2)
    make(data).mul_(2)
    assert data.sum().item() == 6.0


@pytest.mark.parametrize("make", SEVERAL.values(), ids=SEVERAL)
def test_one_of_several_views_is_not_used_after_its_base_was_written(make):
    y = leaf(2, 2) * 1
    shown = make(y)
    y.mul_(2)
    assert shown.requires_grad
    assert "grad_fn=<Invalid>" in repr(shown)
    with pytest.raises(
        RuntimeError, match="its base or another view of its base has been modified inplace"
    ):
        shown * 2


def test_a_view_made_under_no_grad_is_not_written_where_a_gradient_would_be_cut_off():
    y = leaf(2) * 1
    with tg.no_grad():
        shown = y[0]
    with pytest.raises(
        RuntimeError, match="A view was created in no_grad mode and is being modified inplace"
    ):
        shown.mul_(2)
    data = tg.ones(2, dtype=tg.float64)
    with tg.no_grad():
        shown = data.view(2).view(2)
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        shown.mul_(leaf(2))
    shown.mul_(2)
    assert data.tolist() == [2.0, 2.0]


def test_a_view_made_under_no_grad_is_written_under_no_grad():
    x = leaf(2)
    with tg.no_grad():
        x[0].mul_(5)
    assert x.tolist() == [5.0, 2.0]


def test_an_old_view_made_under_no_grad_is_still_read_under_no_grad():
    y = leaf(2) * 1
    with tg.no_grad():
        shown = y[0]
    y.mul_(2)
    with tg.no_grad():
        assert (shown * 1).item() == 2.0
    with pytest.raises(RuntimeError, match="created in no_grad mode"):
        shown * 1


@pytest.mark.parametrize(
    "expand",
    [lambda t: t.expand(2, 3), lambda t: t.expand(2, 3)[0:2], lambda t: t.expand(2, 3).t()],
)
def test_an_expanded_tensor_is_not_written(expand):
    for t in (tg.ones(3, dtype=tg.float64), leaf(3) * 1):
        with pytest.raises(
            RuntimeError, match="more than one element of the written-to tensor refers to a single"
        ):
            expand(t).add_(1)
        with tg.no_grad(), pytest.raises(RuntimeError, match="Please clone"):
            expand(t).add_(1.0)


def test_a_row_of_an_expanded_base_is_not_written_with_a_gradient():
    repeated = tg.ones(3, dtype=tg.float64).expand(2, 3).detach()
    with pytest.raises(
        RuntimeError, match="more than one element of the written-to tensor refers to a single"
    ):
        repeated[0].mul_(leaf(3))


def test_an_inplace_op_cannot_grow_its_target():
    with pytest.raises(
        RuntimeError, match=r"output with shape \[3\] doesn't match the broadcast shape \[2, 3\]"
    ):
        tg.ones(3).add_(tg.ones(2, 3))


def test_an_inplace_op_cannot_lower_its_kind_of_dtype():
    with pytest.raises(
        RuntimeError, match="result type Float can't be cast to the desired output type Long"
    ):
        tg.arange(3).add_(1.5)
    with pytest.raises(RuntimeError, match="result type Float can't be cast"):
        tg.arange(3).div_(2)


def test_an_inplace_op_keeps_the_targets_width():
    x = tg.ones(3)
    x.add_(tg.ones(3, dtype=tg.float64))
    assert x.dtype is tg.float32
    x.mul_(tg.arange(3))
    assert x.tolist() == [0.0, 2.0, 4.0]


# -- gradients -------------------------------------------------------------------------------------


def function_of(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        y = x * 1
        write(y)
        return y * y

    return function


WRITES: dict[str, Callable[[Any], Any]] = {
    "row": lambda y: y[0].mul_(3),
    "column": lambda y: y[:, 1].cos_(),
    "step": lambda y: y[:, ::2].mul_(y[:, 1:2].clone()),
    "transposed": lambda y: y.t().mul_(tg.arange(6, dtype=tg.float64).view(3, 2)),
    "chain": lambda y: y.view(6)[1:].view(5, 1)[::2].t().sin_(),
    "diagonal": lambda y: y.diagonal().mul_(y[0, :2].clone()),
    "unsqueezed": lambda y: y.unsqueeze(1).unsqueeze(0)[0, 1, 0].tanh_(),
    "reshaped": lambda y: y.reshape(3, 2)[1].sigmoid_(),
    "narrow": lambda y: y.narrow(1, 1, 2).sqrt_(),
    "setitem number": lambda y: y.__setitem__((0, 1), 5.0),
    "setitem tensor": lambda y: y.__setitem__(0, y[1].clone()),
    "setitem itself": lambda y: y.__setitem__(0, y[1]),
    "setitem mask": lambda y: y.__setitem__(
        tg.tensor([[True, False, True], [False, False, True]]), y[0].clone()
    ),
    "setitem list": lambda y: y.__setitem__((slice(None), [0, 2]), y[:, :2].clone() * 2),
    "setitem broadcast": lambda y: y.__setitem__(slice(None), y[0].clone()),
    "copy_ to a part": lambda y: y[1].copy_(y[0] * 2),
    "fill_ a part": lambda y: y[1].fill_(2.0),
    "zero_ a part": lambda y: y[:, 0].zero_(),
    "scatter_add_": lambda y: y[0].scatter_add_(0, tg.tensor([2, 2]), y[1, :2].clone()),
    "masked_fill_ a part": lambda y: y[0].masked_fill_(tg.tensor([True, False, True]), 4.0),
    "overlapping views": lambda y: (y[:, :2].mul_(2), y[:, 1:].mul_(3)),
    "augmented": lambda y: y[0].__imul__(2).__iadd__(y[1].clone()),
    "clamp_": lambda y: y[0].clamp_(1.5, 2.5),
    "pow_": lambda y: y[1].pow_(2),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_gradient_of_a_base_after_a_write_through_a_view(write):
    check(function_of(write), 2, 3)


ANY_STRIDES = {name: write for name, write in WRITES.items() if name not in ("chain", "reshaped")}
"""Without those that need a view(6), which memory in columns cannot give."""


@pytest.mark.parametrize("write", ANY_STRIDES.values(), ids=ANY_STRIDES)
def test_gradient_when_the_base_is_itself_transposed(write):
    def function(x):
        y = (x * 1).t()  # a view: its base is the 3x2 product
        write(y)
        return y * y

    check(function, 3, 2)


@pytest.mark.parametrize("write", ANY_STRIDES.values(), ids=ANY_STRIDES)
def test_gradient_when_the_base_lies_in_columns(write):
    def function(x):
        y = tg.from_numpy(np.zeros((2, 3), order="F"))
        y.copy_(x)
        assert not y.is_contiguous()
        write(y)
        return y * y

    check(function, 2, 3)


def test_a_view_made_before_a_write_to_its_base_has_the_new_history():
    def function(x):
        y = x * 1
        row, column = y[0], y[:, 0]
        y.mul_(3)
        row.mul_(2)
        return row.sum() + (column * column).sum()

    check(function, 2, 3)


def test_data_gets_a_history_when_something_with_a_gradient_is_written_to_it():
    def function(x):
        canvas = tg.zeros(4, 3, dtype=tg.float64)
        early = canvas[1]
        canvas[1:3] = x
        canvas[2] *= 2
        assert early.requires_grad == x.requires_grad
        return canvas.sum(0) * early

    check(function, 2, 3)


def test_a_loop_that_fills_rows():
    def function(x):
        rows = tg.zeros(5, 3, dtype=tg.float64)
        rows[0] = x[0]
        for n in range(1, 5):
            rows[n] = (rows[n - 1].clone() * x[1]).sin()
        return rows

    check(function, 2, 3)


def test_overwriting_all_of_a_tensor_cuts_its_history():
    x = leaf(2, 3)
    y = x * 1
    y.copy_(tg.zeros(2, 3, dtype=tg.float64))
    (g,) = tg.autograd.grad(y.sum(), x, allow_unused=True, materialize_grads=True)
    assert g.abs().sum().item() == 0.0


def test_an_indexed_copy_has_a_history_of_its_own():
    x = leaf(3)
    y = x * 1
    copied = y[[0, 0, 2]]
    copied.mul_(2)
    assert y.tolist() == [1.0, 2.0, 3.0]
    (copied * tg.tensor([1.0, 10.0, 100.0], dtype=tg.float64)).sum().backward()
    assert x.grad.tolist() == [22.0, 0.0, 200.0]


def test_base_of_a_view_of_a_view_is_the_first_tensor():
    base = tg.zeros(4)
    assert base.view(2, 2)[0].t()._base is base
    assert base._base is None
    assert base.clone()._base is None
    assert base.detach()._base is None
    assert base.reshape(2, 2)._base is base
    assert base.view(2, 2).t().reshape(4)._base is None
