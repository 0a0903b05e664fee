"""Reductions and running results, called as PyTorch's are."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.both import assert_same

pytestmark = pytest.mark.parity

GAPS = "T.tensor([[3.0, nan, 1.0], [nan, -1.0, nan]], requires_grad=True)"
ZEROS = "T.tensor([[2.0, 0.0, 3.0, 1.5], [1.0, 2.0, 0.0, 0.0]], requires_grad=True)"

RUNNING = [
    f"T.{name}({x})"
    for name in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp")
    for x in (
        "a, 0", "a, 1", "a, -1", "n, 0", "s, 0", "e, 0", "e, 1", "c, 1", "special, 0", "ties, 1",
        "a, dim=3", "v, dim=0",
    )
    if (name, x) != ("cumprod", "special, 0")  # where 0 times NaN is 0 for PyTorch
] + [
    f"T.{name}({x})"
    for name in ("cumsum", "cumprod", "cummax", "cummin")
    for x in ("i, 1", "t, 0", "u, 1")
]  # fmt: skip

CALLS = [
    *RUNNING, f"T.cumprod({ZEROS}, 1)", f"T.cumprod({ZEROS}, 0)",
    "T.cumprod(a, 0, dtype=T.float64)",
    "a.cumprod(dim=1)", "a.cummax(1).indices", "a.logcumsumexp(-1)",
    "T.logcumsumexp(T.tensor([-inf, -inf, 1.0, -inf], requires_grad=True), 0)",
    "T.logcumsumexp(a * 30, 1)", "T.logcumsumexp(i, 1)",
    "x = a.clone(); x.cumsum_(1); x", "x = a.clone(); x.cumprod_(0); x",
    "x = i.clone(); x.cumsum_(0); x",
    *[f"T.{name}({GAPS}{rest})" for name in ("nansum", "nanmean") for rest in (
        "", ", 1", ", 0, True", ", dim=(0, 1)", ", dim=-1")],
    "T.nansum(i)", "T.nansum(a, dtype=T.float64)", "T.nanmean(i)", "a.nansum(1)", "a.nanmean()",
    "T.nansum(s, 0)", "T.nansum(e, 0)",
    *[f"T.{name}({rest})" for name in ("var_mean", "std_mean") for rest in (
        "a", "a, 1", "a, dim=0, keepdim=True", "c, (0, 2)", "a, 0, False", "a, correction=0", "d",
        "a, False", "i")],
    "T.std(T.ones(3, requires_grad=True))", "T.std(ties, 1)", "a.std(1, correction=0)",
    "T.std(a, [0, 1])",
    "T.var(c, (0, -1))", "T.var(a, None)", "T.std(a, unbiased=False)", "a.var(0, True, True)",
    "T.aminmax(a)", "T.aminmax(a, dim=1)", "T.aminmax(ties, dim=0, keepdim=True)",
    "a.aminmax().min",
    "T.aminmax(e)", "T.aminmax(i, dim=1)", "T.aminmax(s)",
    "T.amax(c, (0, 1))", "T.amin(a, -1, True)", "T.amax(a, ())", "T.amax(a, (0, 0))",
    "T.max(special, 0)", "T.min(special, 0)", "T.argmax(ties, 1)", "T.argmin(ties)",
    "T.max(ties, 1)", "T.argmax(ties, dim=1, keepdim=True)", "T.max(e, 0)", "T.argmax(e)",
    "T.sum(c, (0, -1), True)", "T.mean(c, [1])", "T.prod(c, 1, True)", "T.all(t, (0, 1))",
    "T.any(t, dim=(0, 1), keepdim=True)", "T.count_nonzero(i, (0, 1))",
    "T.logsumexp(c, (0, 2), True)",
    "T.logsumexp(i, 0)", "c.sum((1, 2))", "T.sum(c, dim=[])",
    "T.diff(a)", "T.diff(a, n=2)", "T.diff(a, dim=0)", "T.diff(a, prepend=column)",
    "T.diff(a, append=column, prepend=column)", "T.diff(t)", "T.diff(i)", "T.diff(a, n=5)",
    "T.diff(a, n=0)", "a.diff()", "T.diff(s)", "T.diff(e, dim=0)",
    "T.trapezoid(a)", "T.trapezoid(a, dx=0.5)", "T.trapezoid(a, row)", "T.trapezoid(a, b)",
    "T.trapezoid(a, dim=0)", "T.trapz(a)", "T.trapezoid(c, row, dim=1)", "T.trapezoid(i)",
    "T.cumulative_trapezoid(a)", "T.cumulative_trapezoid(a, row)",
    "T.cumulative_trapezoid(a, dx=2, dim=0)", "T.trapezoid(row, row)",
]  # fmt: skip

SHAPES = [
    "T.movedim(c, 0, 2)", "T.movedim(c, (0, 1), (2, 0))", "c.moveaxis(-1, 0)", "T.movedim(c, 0, 5)",
    "T.moveaxis(c, 1, 0)", "T.movedim(c, (0, 0), (1, 2))", "T.movedim(c, (0,), (1, 2))",
    "T.unflatten(m, 1, (2, 2))", "m.unflatten(-1, (-1, 2))", "m.unflatten(0, (2, 2))",
    "m.unflatten(1, (4,))", "T.unflatten(m, dim=0, sizes=(3, 1))", "T.ravel(a)", "n.ravel()",
    "a.reshape_as(T.ones(3, 2))", "T.broadcast_to(row, (2, 3))", "row.broadcast_to((4, 3))",
    "T.broadcast_shapes((2, 1), (3,), 1)", "T.broadcast_shapes((2,), (3,))",
    "T.broadcast_tensors(column, row)", "T.broadcast_tensors(a, v)", "T.atleast_1d(s)",
    "T.atleast_2d(row)", "T.atleast_3d(a)", "T.atleast_3d(row)", "T.atleast_2d([row, s])",
    "T.atleast_1d(s, a)", "T.atleast_3d((s, row, a, c))",
    "T.hstack((row, v))", "T.hstack([a, column])", "T.hstack([s, s2])", "T.vstack([row, row])",
    "T.vstack((a, row))", "T.row_stack([a, b])", "T.dstack([a, b])", "T.dstack([row, row])",
    "T.column_stack([row, row])", "T.column_stack([a, column])", "T.column_stack([s, s2])",
    "T.tensor_split(v, 3)", "T.tensor_split(m, (1, 3), 1)", "m.tensor_split(2, dim=1)",
    "T.tensor_split(m, [1, 2, 7])", "T.tensor_split(m, T.tensor([1, 2]))", "T.tensor_split(v, 0)",
    "T.tensor_split(s, 2)", "T.tensor_split(m, T.tensor(2))",
    "T.hsplit(m, 2)", "T.hsplit(v, 2)", "T.hsplit(m, [1, 3])", "T.hsplit(m, 3)", "T.vsplit(m, 3)",
    "m.vsplit((1, 2))", "T.vsplit(v, 2)", "T.dsplit(c, 2)", "c.dsplit([1])", "T.dsplit(m, 2)",
    "T.hsplit(s, 2)", "T.split_with_sizes(m, [1, 2])", "m.split_with_sizes((3, 1), 1)",
    "T.meshgrid(row, v, indexing='ij')", "T.meshgrid(row, v, indexing='xy')",
    "T.meshgrid([row, v, s], indexing='ij')", "T.meshgrid(row, v, row, indexing='xy')",
    "T.meshgrid(row, v, indexing='yx')", "T.meshgrid(a, v, indexing='ij')",
    "T.meshgrid(row, j, indexing='ij')", "T.cartesian_prod(row, v)", "T.cartesian_prod(row)",
    "T.cartesian_prod(j, j, j)", "T.combinations(row)", "T.combinations(v, 3)",
    "T.combinations(row, 2, True)", "T.combinations(row, 0)", "T.combinations(a)",
    "T.combinations(row, 5)",
    "T.tile(a, (2, 1))", "a.tile(2)", "row.tile(2, 2)", "T.tile(c, (2,))", "a.tile((1, 2, 1))",
    "T.repeat_interleave(a, 2)", "T.repeat_interleave(a, 2, dim=0)", "a.repeat_interleave(2, 1)",
    "T.repeat_interleave(a, T.tensor([1, 2]), 0)", "T.repeat_interleave(T.tensor([1, 0, 2]))",
    "T.repeat_interleave(row, T.tensor([0, 3, 1]))",
    "T.repeat_interleave(a, T.tensor([1, 2, 3]), 0)",
    "T.repeat_interleave(s, 3)", "T.repeat_interleave(a, -1)",
    "T.repeat_interleave(a, T.tensor([2]), 1)",
    "T.repeat_interleave(c, 2, -2)", "T.repeat_interleave(a, T.tensor([-1, 2]), 0)",
    "T.repeat_interleave(a, T.tensor([1, 2]), dim=0, output_size=3)",
    "T.roll(a, 1)", "T.roll(a, 1, 0)", "T.roll(a, (1, -1), (0, 1))", "a.roll(-2, dims=1)",
    "T.roll(a, (1, 2))", "T.roll(a, 1, 2)", "T.roll(s, 1)", "T.roll(e, 1, 1)",
    "c.roll(shifts=5, dims=-1)",
    "T.fliplr(a)", "T.flipud(a)", "a.fliplr()", "row.flipud()", "T.fliplr(row)", "T.flipud(s)",
    "T.rot90(a)", "T.rot90(a, 2)", "T.rot90(a, 3)", "T.rot90(a, -1)", "T.rot90(c, 1, (1, 2))",
    "T.rot90(a, 4)", "T.rot90(a, 1, (0, 0))", "T.rot90(row)", "a.rot90(1, [1, 0])",
    "T.rot90(a, 1, [0])",
    "T.diagonal_scatter(q, row)", "T.diagonal_scatter(q, row[:2], 1)", "T.diagonal_scatter(q, v)",
    "q.diagonal_scatter(row)", "T.select_scatter(a, row, 0, 1)", "a.select_scatter(row[:2], 1, -1)",
    "T.select_scatter(a, v, 0, 0)", "T.slice_scatter(m, a, 0, 1)",
    "T.slice_scatter(m, row[:, None], 1, 0, 1)",
    "T.slice_scatter(m, T.ones(3, 2), 1, 0, 4, 2)", "m.slice_scatter(a, 1)",
    "x = a.detach(); x.resize_as_(b); x",
    "x = q.clone(); x.fill_diagonal_(5); x", "x = T.zeros(7, 3); x.fill_diagonal_(1, True); x",
    "x = T.zeros(7, 3); x.fill_diagonal_(1); x", "x = T.zeros(2, 2, 2); x.fill_diagonal_(1); x",
    "x = row.clone(); x.fill_diagonal_(1)", "x = m.clone(); x.fill_diagonal_(0.0); x",
]  # fmt: skip


@pytest.mark.parametrize("call", list(dict.fromkeys([*CALLS, *SHAPES])))
def test_call_gives_what_pytorch_gives(call: str) -> None:
    assert_same(call)
