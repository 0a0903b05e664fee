"""`scatter_reduce` and `index_reduce` give what PyTorch's do: values, gradients, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg
from tests.parity.on_arrays import assert_same, real

pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:index_reduce.. is in beta"),
]

REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")
INDEX = np.array([[0, 2, 0, 1], [0, 2, 1, 0]])
TIES = np.array([[1.0, 2.0, 2.0, 0.0], [3.0, 0.0, 2.0, 0.0], [1.0, 1.0, 1.0, 1.0]])


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("include_self", [True, False])
def test_scatter_reduce(reduce: str, include_self: bool):
    def function(M: Any, x: Any, i: Any, src: Any) -> Any:
        return M.scatter_reduce(x, 0, i, src, reduce, include_self=include_self)

    assert_same(function, real(3, 4), INDEX, real(2, 4))
    assert_same(function, real(3, 4), INDEX[:, :0], real(2, 0))
    assert_same(function, real(), np.array(0), real())
    assert_same(function, real(3, 4).astype(np.float32), INDEX, real(2, 4).astype(np.float32))
    assert_same(function, np.arange(12).reshape(3, 4) - 5, INDEX, np.arange(8).reshape(2, 4) - 9)


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("include_self", [True, False])
def test_scatter_reduce_along_the_last_dimension_in_place(reduce: str, include_self: bool):
    def function(M: Any, x: Any, i: Any, src: Any) -> Any:
        return x.clone().scatter_reduce_(-1, i, src, reduce, include_self=include_self)

    assert_same(function, real(2, 5), INDEX, real(2, 4))
    assert_same(function, real(3, 5), INDEX[:1, ::2], real(1, 2))


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_scatter_reduce_of_zeros_and_equal_elements(reduce: str):
    def function(M: Any, x: Any, i: Any, src: Any) -> Any:
        return x.scatter_reduce(0, i, src, reduce)

    assert_same(function, TIES, INDEX, TIES[:2])
    assert_same(function, TIES, INDEX[::-1], TIES[:2, ::-1])
    assert_same(function, TIES[::-1], np.zeros((3, 4), int), TIES)


def test_an_extreme_that_was_not_taken_in_has_no_share():
    """PyTorch gives the source half of the gradient where the old number was equal."""
    x = tg.ones(1, requires_grad=True)
    src = tg.ones(1, requires_grad=True)
    x.scatter_reduce(0, tg.tensor([0]), src, "amax", include_self=False).backward()
    assert x.grad.tolist() == [0.0]
    assert src.grad.tolist() == [1.0]


def test_a_source_larger_than_its_index_gets_zeros():
    x, src = tg.zeros(2), tg.tensor([[2.0, 3.0, 4.0]]).view(3).requires_grad_()
    x.scatter_reduce(0, tg.tensor([1, 1]), src, "mean").sum().backward()
    assert src.grad.tolist() == pytest.approx([1 / 3, 1 / 3, 0.0])


def test_scatter_reduce_refuses_what_pytorch_refuses():
    for reduce in ("add", "", "max"):
        assert_same(
            lambda M, x, i, src, reduce=reduce: M.scatter_reduce(x, 0, i, src, reduce),
            real(3, 4), INDEX, real(2, 4),
        )  # fmt: skip
    function = lambda M, x, i, src: M.scatter_reduce(x, 0, i, src, "sum")  # noqa: E731
    assert_same(function, real(3, 4), INDEX + 2, real(2, 4))
    assert_same(function, real(3, 4), INDEX, real(1, 4))
    assert_same(function, real(3, 4), INDEX, real(2, 4).astype(np.float32))
    assert_same(function, real(3, 4), INDEX[0], real(2, 4))
    assert_same(lambda M, x, i, src: M.scatter_reduce(x, 2, i, src, "sum"), real(3, 4), INDEX,
                real(2, 4))  # fmt: skip


@pytest.mark.parametrize("reduce", [*REDUCTIONS, "max"])
@pytest.mark.parametrize("include_self", [True, False])
def test_index_reduce(reduce: str, include_self: bool):
    def along(dim: int) -> Any:
        return lambda M, x, i, src: M.index_reduce(
            x, dim, i, src, reduce, include_self=include_self
        )

    index = np.array([2, 0, 2])
    assert_same(along(0), real(3, 4), index, real(3, 4))
    assert_same(along(-1), real(3, 4), index, real(3, 3))
    assert_same(along(1), real(2, 3, 2), index[:1], real(2, 1, 2))
    assert_same(along(0), np.arange(12).reshape(3, 4), index, np.arange(12).reshape(3, 4) - 7)
    assert_same(along(0), real(3, 4), index + 1, real(3, 4))
    assert_same(along(0), real(3, 4), index[:2], real(3, 4))


@pytest.mark.parametrize("reduce", REDUCTIONS[1:])
def test_index_reduce_in_place(reduce: str):
    assert_same(
        lambda M, x, i, src: x.clone().index_reduce_(1, i, src, reduce),
        real(3, 4), np.array([3, 0, 3]), real(3, 3),
    )  # fmt: skip


def test_both_write_into_out():
    for name in ("scatter_reduce", "index_reduce"):
        index = tg.tensor([0, 0])
        out = tg.zeros(2)
        call = getattr(tg, name)
        assert call(tg.ones(2), 0, index, tg.tensor([3.0, 4.0]), "prod", out=out) is out
        assert out.tolist() == [12.0, 1.0]
