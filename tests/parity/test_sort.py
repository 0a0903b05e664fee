"""Sorting, counting and picking, called as PyTorch's are."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.both import assert_same

pytestmark = pytest.mark.parity

SOME = "T.tensor([[3.0, nan, 1.0, 2.0], [nan, -inf, nan, 5.0]], requires_grad=True)"

CALLS = [
    "T.sort(a)", "T.sort(a, 0, True)", "T.sort(u, descending=True)", "T.sort(t)",
    "T.sort(special)", "T.sort(special, descending=True)", "T.sort(ties, stable=True)",
    "T.sort(ties, dim=1, descending=True, stable=True)", "T.sort(e)", "T.sort(e, 0)",
    "T.sort(n, 0)",
    "T.sort(c, -2)", "T.sort(s)", "T.sort(a, 2)", "T.sort(i, stable=True)", "T.msort(a)",
    "a.msort()", "T.argsort(special, descending=True, stable=True)",
    "a.sort(descending=True).indices",
    "T.argsort(T.zeros(40), stable=True)", "T.sort(T.zeros(40), descending=True, stable=True)",
    "T.topk(a, 2)", "T.topk(a, 1, 0)", "T.topk(a, 2, largest=False)", "T.topk(c, 3, 1)",
    "T.topk(special[1:], 2)", "T.topk(special, 1)", "T.topk(a, 0)", "T.topk(a, 4)", "T.topk(s, 1)",
    "T.topk(i, 2).values", "T.topk(n, 2, 0)", "T.topk(a, 3)", "T.topk(a, 2, sorted=True).indices",
    "T.kthvalue(a, 2)", "T.kthvalue(a, 1, 0, True)", "T.kthvalue(c, 3, 1)", "T.kthvalue(a, 0)",
    "T.kthvalue(a, 4)", "a.kthvalue(2).values", "T.kthvalue(s, 1)", "T.kthvalue(i, 2)",
    "T.median(a)", "T.median(a, 1)", "T.median(a, 0, True)", "T.median(i)", "T.median(special)",
    "T.median(c, 2)", "T.median(v)", "T.median(s)", "T.median(s, 0)", "T.median(e)",
    "T.median(e, 0)",
    f"T.median({SOME}, 1).values", f"T.nanmedian({SOME}, 1).values", f"T.nanmedian({SOME})",
    f"T.nanmedian({SOME}, 1)", f"{SOME}.nanmedian(1, True)",
    "a.median(dim=1, keepdim=True).indices",
    "T.nanmedian(a, 1)", "T.nanmedian(special[:1])", "T.mode(ties, 1).values", "T.mode(i)",
    "T.mode(T.tensor([[1, 2, 2, 1, 3], [4, 4, 4, 0, 0]]), 1).values", "a.mode(0, True).values",
    "T.mode(s)", "T.mode(e, 0)", "T.mode(u.T, 0)",
    "T.quantile(a, 0.3)", "T.quantile(a, 0.5, 1)", "T.quantile(a, 0.5, 1, True)",
    "T.quantile(a, T.tensor([0.1, 0.9]), 1)", "T.quantile(c, T.tensor([0.1, 0.5, 0.9]), 1, True)",
    "T.quantile(c, T.tensor([0.25]), -1)", "T.quantile(a, T.tensor([0.1, 0.9]))",
    "T.quantile(a, T.tensor([0.1, 0.9]), keepdim=True)", "T.quantile(a, 0.5, keepdim=True)",
    *[
        f"T.quantile(a, 0.35, 1, interpolation='{kind}')"
        for kind in ("linear", "lower", "higher", "midpoint", "nearest")
    ],
    "T.quantile(a, 0.5, interpolation='cubic')", "T.quantile(a, 1.5)", "T.quantile(i, 0.5)",
    "T.quantile(a, T.tensor(0.5).double())", "T.quantile(e, 0.5)", "T.quantile(s, 0.5)",
    f"T.quantile({SOME}, 0.5, 1)", f"T.nanquantile({SOME}, 0.4, 1)", f"T.nanquantile({SOME}, 0.4)",
    f"T.nanquantile({SOME}, T.tensor([0.2, 0.7]), 1)", "a.quantile(0.2, dim=0)",
    "a.nanquantile(0.2)", "T.quantile(d, 0.2, 0)",
    "T.unique(i)", "T.unique(ties.detach())", "T.unique(i, return_inverse=True)",
    "T.unique(i, return_counts=True)", "T.unique(i, return_inverse=True, return_counts=True)",
    "T.unique(ties.detach(), dim=0)",
    "T.unique(T.tensor([[1, 2], [0, 1], [1, 2]]), dim=0, return_inverse=True, return_counts=True)",
    "T.unique(T.tensor([[1, 1, 0], [2, 2, 5]]), dim=1, return_inverse=True)", "i.unique()",
    "T.unique(t)", "T.unique(s.detach())", "i.unique(return_counts=True)",
    "T.unique(u, True, True)",
    "T.unique(T.tensor([], dtype=T.int64))",
    "T.unique_consecutive(T.tensor([1, 1, 2, 2, 3, 1]))",
    "T.unique_consecutive(T.tensor([1, 1, 2, 2, 3, 1]), True, True)",
    "T.unique_consecutive(T.tensor([[1, 1], [1, 1], [2, 1]]), dim=0, return_counts=True)",
    "T.unique_consecutive(T.tensor([[1, 1, 2], [1, 1, 2]]), dim=1, return_inverse=True)",
    "T.unique_consecutive(T.tensor([[1, 1], [1, 2]]), return_inverse=True)",
    "i.unique_consecutive()",
    "T.searchsorted(v.detach().sort().values, a)", "T.searchsorted(T.tensor([1, 3, 5]), i)",
    "T.searchsorted(T.tensor([1, 3, 5]), i, right=True)", "T.searchsorted(T.tensor([1, 3, 5]), 3)",
    "T.searchsorted(T.tensor([1, 3, 5]), T.tensor(3), side='right')",
    "T.searchsorted(T.tensor([1, 3, 5]), i, out_int32=True)",
    "T.searchsorted(ties.detach().sort().values, a.detach())",
    "T.searchsorted(T.tensor([5, 1, 3]), i, sorter=T.tensor([1, 2, 0]))",
    "T.searchsorted(T.tensor([1, 3, 5]), i, side='middle')",
    "T.searchsorted(T.tensor([1, 3, 5]), i, side='left', right=True)",
    "T.searchsorted(T.tensor([[1, 3, 5]]), i)", "T.bucketize(a, T.tensor([-0.5, 0.0, 0.5]))",
    "T.bucketize(i, T.tensor([0, 2, 4]), right=True)", "T.bucketize(3, T.tensor([0, 2, 4]))",
    "T.bucketize(a, q)", "T.bucketize(i, T.tensor([0, 2, 4]), out_int32=True)",
    "T.histc(a.detach(), 4)", "T.histc(a.detach(), 5, -1, 1)", "T.histc(ties.detach(), 3)",
    "T.histc(T.ones(3), 4)", "T.histc(a.detach(), 0)", "T.histc(d.detach(), bins=3, min=0, max=2)",
    "T.histc(special, 3)", "a.detach().histc(3, 2, 1)",
    "T.histogram(a.detach(), 4)", "T.histogram(a.detach(), 4, range=(-1.0, 1.0))",
    "T.histogram(a.detach(), T.tensor([-1.0, 0.0, 0.5, 2.0]))",
    "T.histogram(a.detach(), 3, density=True)",
    "T.histogram(a.detach(), 3, weight=p.detach()).hist",
    "T.histogram(T.ones(3), 3)", "T.bincount(T.tensor([1, 3, 1]))",
    "T.bincount(T.tensor([1, 3, 1]), T.tensor([0.5, 1.0, 2.0]))",
    "T.bincount(T.tensor([1]), minlength=4)",
    "T.bincount(i)", "T.bincount(j)",
    "T.bincount(T.tensor([1, 3, 1]), weights=T.tensor([1, 2, 3]))",
    "T.tensor([1, 0]).bincount()", "T.bincount(T.tensor([], dtype=T.int64))", "T.bincount(a[0])",
    "T.masked_select(a, t)", "a.masked_select(f)", "T.masked_select(a, i)",
    "T.masked_select(row, t)", "T.argwhere(i)", "i.argwhere()", "T.argwhere(s.detach())",
    "T.nonzero(i, as_tuple=True)", "T.where(t)", "T.take(a, idx)", "a.take(T.tensor([5, -1]))",
    "a.take(T.tensor([6]))", "T.take(a, pos.int())", "T.take_along_dim(a, idx, 1)",
    "T.take_along_dim(a, idx[:1], 0)", "T.take_along_dim(a, T.tensor([5, 0]))",
    "T.take_along_dim(a, a.argsort(1), dim=-1)", "T.take_along_dim(a, pos, 0)",
    "a.take_along_dim(idx, 1)", "T.put(a, T.tensor([1, 5]), T.tensor([7.0, 8.0]))",
    "a.put(T.tensor([1, 1]), v[:2], True)", "a.put(idx, b)",
    "x = a.clone(); x.put_(T.tensor([0, -1]), v[:2]); x",
    "x = a.clone(); x.put_(T.tensor([0, 0]), v[:2], accumulate=True); x",
    "T.isin(a.detach(), a.detach()[0])", "T.unravel_index(T.tensor([5, 0, 3]), (2, 3))",
    "T.unravel_index(T.tensor([[5], [11]]), (2, 3, 2))",
]  # fmt: skip


@pytest.mark.parametrize("call", list(dict.fromkeys(CALLS)))
def test_call_gives_what_pytorch_gives(call: str) -> None:
    assert_same(call)
