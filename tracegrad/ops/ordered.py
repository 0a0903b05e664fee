"""Sorting and counting in PyTorch's words: overloads, named results, what several ops make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.engine.worlds import lifted
from tracegrad.ops.create import full, linspace, ones_like
from tracegrad.ops.overloads import ValuesAndIndices

ops = lifted.ops
"""Every op of the table, over tensors."""


class Histogram(NamedTuple):
    """What `histogram` returns."""

    hist: Tensor
    bin_edges: Tensor


# -- orders ----------------------------------------------------------------------------------------


def sort(
    input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False
) -> ValuesAndIndices:
    """Values in order along `dim`, and where each came from. Equal values stay in their order."""
    return ValuesAndIndices(*ops.sort(input, dim=dim, descending=descending, stable=stable))


def msort(input: Tensor) -> Tensor:
    """Values in order along the first dimension."""
    return sort(input, 0).values


def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> ValuesAndIndices:
    """The `k` largest (or smallest) elements along `dim`, and where they are; always in order."""
    return ValuesAndIndices(*ops.topk(input, k=k, dim=dim, largest=largest, sorted=sorted))


def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """The `k`-th smallest elements along `dim`, counted from 1, and where each is."""
    return ValuesAndIndices(*ops.kthvalue(input, k=k, dim=dim, keepdim=keepdim))


def _median(input: Tensor, dim: int | None, keepdim: bool, ignore_nan: bool) -> Any:
    if dim is not None:
        found = ops.median_dim(input, dim=dim, keepdim=keepdim, ignore_nan=ignore_nan)
        return ValuesAndIndices(*found)
    if not input.numel():
        return ops.sum(input) + float("nan")
    return ops.median_dim(ops.reshape(input, -1), dim=0, ignore_nan=ignore_nan)[0]


def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, the lower of two; with `dim` (values, indices) along it."""
    return _median(input, dim, keepdim, ignore_nan=False)


def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle of the elements that are not NaN; with `dim` (values, indices) along it."""
    return _median(input, dim, keepdim, ignore_nan=True)


def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """The elements that stand most often along `dim`, the smallest of equals, and where."""
    return ValuesAndIndices(*ops.mode(input, dim=dim, keepdim=keepdim))


# -- quantiles -------------------------------------------------------------------------------------

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(
    input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignore_nan: bool
) -> Tensor:
    name = "nanquantile" if ignore_nan else "quantile"
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of {', '.join(INTERPOLATIONS)}, but got "
            f"{interpolation!r}"
        )
    if not isinstance(q, Tensor):
        q = full((), q, dtype=input.dtype)
    if q.dtype is not input.dtype or q.ndim > 1:
        raise RuntimeError(
            f"{name}() q must be a scalar or 1D tensor of the input's dtype, got {q.ndim} "
            f"dimensions of {q.dtype}"
        )
    if not bool(((q >= 0) & (q <= 1)).all()):
        raise RuntimeError(f"{name}() q must be in the range [0, 1]")
    if not input.numel():
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    rank = input.ndim
    axis = kernels.axis(0 if dim is None else dim, rank)
    flat = ops.reshape(input, -1) if dim is None or not rank else input
    ordered = ops.sort(flat, dim=axis)[0]
    ordered = ops.transpose(ordered, dim0=axis, dim1=-1)
    found = _between(ordered, ops.reshape(q, -1), interpolation, ignore_nan)
    found = ops.transpose(found, dim0=axis, dim1=-1) if dim is not None and rank else found
    # The quantiles come first, then what is left of the input's dimensions.
    if dim is None or not rank:
        found = ops.reshape(found, -1, *[1] * (rank if keepdim else 0))
    else:
        order = (axis, *[n for n in range(rank) if n != axis])
        found = ops.permute(found, dims=order)
        found = ops.unsqueeze(found, dim=axis + 1) if keepdim else found
    return found if q.ndim else ops.squeeze(found, dim=0)


def _between(ordered: Tensor, q: Tensor, interpolation: str, ignore_nan: bool) -> Tensor:
    """Quantiles of ordered rows, one for each `q` along the last dimension."""
    missing = ops.isnan(ordered)
    count = ops.sum(ops.logical_not(missing), dim=-1, keepdim=True)
    if ignore_nan:
        last = ops.clamp(count - 1, min=0)
    else:
        last = ops.where(count < ordered.shape[-1], ordered.shape[-1] - 1, count - 1)
        has_nan = ops.any(missing, dim=-1, keepdim=True)
        ordered = ops.masked_fill(ordered, has_nan, value=float("nan"))
    rank = last.to(q.dtype) * q
    if interpolation in ("lower", "higher", "nearest"):
        function = {"lower": ops.floor, "higher": ops.ceil, "nearest": ops.round}[interpolation]
        return ops.take_along(ordered, function(rank).to(dtypes.int64), dim=-1)
    below = ops.floor(rank).to(dtypes.int64)
    weight = full((), 0.5, dtype=q.dtype) if interpolation == "midpoint" else rank - below
    above = ops.ceil(rank).to(dtypes.int64)
    low, high = (ops.gather(ordered, place, dim=-1) for place in (below, above))
    return ops.lerp(low, high, weight)


def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """The numbers below which a share `q` of the elements along `dim` lies."""
    return _quantile(input, q, dim, keepdim, interpolation, ignore_nan=False)


def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """As `quantile`, of the elements that are not NaN."""
    return _quantile(input, q, dim, keepdim, interpolation, ignore_nan=True)


# -- different elements ----------------------------------------------------------------------------


def _as_asked(parts: tuple[Tensor, ...]) -> Any:
    return parts[0] if len(parts) == 1 else parts


def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """The different elements (or slices along `dim`), always in order; if asked where each element
    went, and how often each is there.
    """
    return _as_asked(ops.unique(input, inverse=return_inverse, counts=return_counts, dim=dim))


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements (or slices along `dim`) that differ from the one before; if asked which of them
    each element belongs to, and how often each is there.
    """
    options = {"inverse": return_inverse, "counts": return_counts, "dim": dim}
    return _as_asked(ops.unique_consecutive(input, **options))


# -- where numbers belong --------------------------------------------------------------------------


def searchsorted(
    sorted_sequence: Tensor, input: Any, *, out_int32: bool = False, right: bool = False,
    side: str | None = None, sorter: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Where each number would go in a sorted row so that it stays sorted; before equal ones, or
    after them with `right`.
    """
    if side not in (None, "left", "right"):
        raise RuntimeError(
            f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}"
        )
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left "
            "while right was True"
        )
    if sorter is not None:
        if sorter.shape != sorted_sequence.shape:
            raise RuntimeError(
                "torch.searchsorted(): boundary and sorter must have the same size, but got "
                f"boundary tensor {list(sorted_sequence.shape)} and got sorter tensor "
                f"{list(sorter.shape)}"
            )
        sorted_sequence = ops.gather(sorted_sequence, sorter, dim=-1)
    shape = () if not isinstance(input, Tensor) else tuple(input.shape)
    rows = tuple(sorted_sequence.shape)
    if len(rows) != 1 and shape[:-1] != rows[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
            "dimensions of boundaries tensor and input value tensor must match, but we got "
            f"boundaries tensor {list(rows)} and input value tensor {list(shape)}"
        )
    right = right or side == "right"
    return ops.searchsorted(sorted_sequence, input, right=right, out_int32=out_int32)


def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """Between which of the sorted boundaries each number lies."""
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return ops.searchsorted(boundaries, input, right=right, out_int32=out_int32)


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each whole number from 0 is there, or the sum of its weights."""
    if weights is not None and weights.dtype is not dtypes.float32:
        weights = weights.to(dtypes.float64)
    return ops.bincount(input, weights, minlength=minlength)


def histogram(
    input: Tensor, bins: Any, *, range: Sequence[float] | None = None,
    weight: Tensor | None = None, density: bool = False,
) -> Histogram:  # fmt: skip
    """How many elements (or how much weight) lie between edges, given as a count or a tensor."""
    if isinstance(bins, Tensor):
        edges = bins
    else:
        low, high = range if range is not None else _extent(input)
        edges = linspace(low, high, int(bins) + 1, dtype=input.dtype)
    count = edges.numel() - 1
    flat = ops.reshape(input, -1)
    # The last part has its upper edge.
    part = searchsorted(edges, flat, right=True) - 1
    part = ops.where(flat == edges[-1], count - 1, part)
    inside = (flat >= edges[0]) & (flat <= edges[-1])
    weights = ones_like(flat) if weight is None else ops.reshape(weight, -1)
    total = bincount(part[inside], weights[inside].detach(), minlength=count).to(input.dtype)
    if density:
        total = total / ops.sum(total) / (edges[1:] - edges[:-1])
    return Histogram(total, edges)


def _extent(input: Tensor) -> tuple[float, float]:
    if not input.numel():
        return 0.0, 1.0
    low, high = ops.amin(input).item(), ops.amax(input).item()
    return (low - 0.5, high + 0.5) if low == high else (low, high)


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        sort, msort, topk, kthvalue, median, nanmedian, mode, quantile, nanquantile, unique,
        unique_consecutive, searchsorted, bucketize, bincount, histogram,
    )
}  # fmt: skip
"""Public functions; each is a method too, but for those in `NO_METHODS`."""

METHODS: dict[str, Callable[..., Any]] = {}
"""Methods only."""
