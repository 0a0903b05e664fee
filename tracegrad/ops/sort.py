"""Sorting, and what follows from an order: the k-th, the middle, the different elements.

NaN counts as larger than every number, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

from tracegrad.backend import kernels
from tracegrad.ops.declare import op, reduction
from tracegrad.ops.reduce import pick, pick_backward

Array = Any

# -- orders ----------------------------------------------------------------------------------------


def _order(xp: Any, x: Array, dim: int, descending: bool) -> Array:
    """Indices that sort along a dimension; equal elements stay in their order."""
    if not descending:
        return kernels.stable_argsort(xp, x, dim)
    # The reverse of the ascending order of the reversed elements keeps equal ones in their order,
    # and needs no `-x`, which whole numbers may not have.
    order = xp.flip(kernels.stable_argsort(xp, xp.flip(x, dim), dim), dim)
    return x.shape[dim] - 1 - order


@op()
def argsort(xp, x, *, dim=-1, descending=False, stable=False):
    """Indices that sort the tensor along `dim`. Equal elements always stay in their order."""
    dim = kernels.axis(dim, x.ndim)
    return _order(xp, x, dim, descending) if x.ndim else xp.zeros((), "int64")


@op(
    outputs=2, aux=("index",), public=False,
    vjp=lambda ops, g, x_shape, index, dim: ops.put_along(g[0], index, dim=dim, shape=x_shape),
)  # fmt: skip
def sort(xp, x, *, dim=-1, descending=False, stable=False):
    """The elements in order along `dim`, and where each came from."""
    dim = kernels.axis(dim, x.ndim)
    if x.ndim == 0:
        return x.copy(), xp.zeros((), "int64"), xp.zeros((), "int64")
    index = _order(xp, x, dim, descending)
    return xp.take_along_axis(x, index, dim), index, index.copy()


@op(
    outputs=2, aux=("index",), public=False,
    vjp=lambda ops, g, x_shape, index, dim: ops.put_along(g[0], index, dim=dim, shape=x_shape),
)  # fmt: skip
def topk(xp, x, *, k, dim=-1, largest=True, sorted=True):
    """The `k` largest (or smallest) elements along `dim` in order, and where they are."""
    dim = kernels.axis(dim, x.ndim)
    size = x.shape[dim] if x.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError(f"selected index k out of range: k={k} of {size} along dim {dim}")
    if x.ndim == 0:
        return x.copy(), xp.zeros((), "int64"), xp.zeros((), "int64")
    lead = (slice(None),) * dim
    if 0 < k < size:
        # `argpartition` takes time in proportion to the size: 4 times faster than sorting all.
        split = size - k if largest else k - 1
        around = xp.argpartition(x, split, dim)
        chosen = around[(*lead, slice(split, None) if largest else slice(0, k))]
        chosen = xp.sort(chosen, dim)  # so that equal elements stay in their order
    else:
        chosen = xp.broadcast_to(
            xp.arange(k).reshape([-1 if n == dim else 1 for n in range(x.ndim)]),
            (*x.shape[:dim], k, *x.shape[dim + 1 :]),
        )
    values = xp.take_along_axis(x, chosen, dim)
    order = _order(xp, values, dim, largest)
    index = xp.take_along_axis(chosen, order, dim)
    return xp.take_along_axis(values, order, dim), index, index.copy()


# -- one element of the order ----------------------------------------------------------------------


@reduction(
    outputs=2, aux=("index",), public=False,
    vjp=lambda ops, g, x_shape, index, dim: pick_backward(ops, g, x_shape, index, dim),
)  # fmt: skip
def kthvalue(xp, x, *, k, dim=-1, keepdim=False):
    """The `k`-th smallest elements along `dim`, counted from 1, and where each is."""
    dim = kernels.axis(dim, x.ndim)
    size = x.shape[dim] if x.ndim else 1
    if not 1 <= k <= size:
        raise RuntimeError(
            f"kthvalue(): selected number k out of range for dimension {dim}: k={k} of {size}"
        )
    return pick(xp, x, _place_of(xp, x, k - 1, dim), dim, keepdim)


def _place_of(xp: Any, x: Array, k: int, dim: int) -> Array:
    """Where the k-th smallest element stands, the dimension kept."""
    if x.ndim == 0:
        return xp.zeros((), "int64")
    around = xp.argpartition(x, k, dim)
    return around[(*[slice(None)] * dim, slice(k, k + 1))]


def _need_elements(x: Array, dim: int, name: str) -> None:
    if x.ndim and not x.shape[dim]:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


@reduction(
    outputs=2, aux=("index",), public=False,
    vjp=lambda ops, g, x_shape, index, dim: pick_backward(ops, g, x_shape, index, dim),
)  # fmt: skip
def median_dim(xp, x, *, dim, keepdim=False, ignore_nan=False):
    """The middle elements along `dim`, the lower of two, and where each is. NaN wins unless it is
    ignored.
    """
    dim = kernels.axis(dim, x.ndim)
    _need_elements(x, dim, "nanmedian" if ignore_nan else "median")
    if x.ndim == 0:
        return pick(xp, x, xp.zeros((), "int64"), dim, keepdim)
    is_nan = x != x
    if not ignore_nan:
        middle = _place_of(xp, x, (x.shape[dim] - 1) // 2, dim)
        first_nan = xp.argmax(is_nan, dim, keepdims=True)
        index = xp.where(xp.any(is_nan, dim, keepdims=True), first_nan, middle)
        return pick(xp, x, index, dim, keepdim)
    count = x.shape[dim] - xp.sum(is_nan, dim, keepdims=True)
    order = kernels.stable_argsort(xp, x, dim)
    index = xp.take_along_axis(order, xp.maximum(count - 1, 0) // 2, dim)
    return pick(xp, x, index, dim, keepdim)


@reduction(
    outputs=2, aux=("index",), public=False,
    vjp=lambda ops, g, x_shape, index, dim: pick_backward(ops, g, x_shape, index, dim),
)  # fmt: skip
def mode(xp, x, *, dim=-1, keepdim=False):
    """The elements that stand most often along `dim`, the smallest of equals, and the last place of
    each.
    """
    dim = kernels.axis(dim, x.ndim)
    if x.ndim == 0:
        return pick(xp, x, xp.zeros((), "int64"), dim, keepdim)
    _need_elements(x, dim, "mode")
    order = kernels.stable_argsort(xp, x, dim)
    values = xp.moveaxis(xp.take_along_axis(x, order, dim), dim, -1)
    places = xp.arange(values.shape[-1])
    starts = xp.concatenate(
        [xp.ones((*values.shape[:-1], 1), bool), values[..., 1:] != values[..., :-1]], -1
    )
    begun = kernels.accumulate(xp, "maximum", xp.where(starts, places, 0), values.ndim - 1)
    longest = xp.argmax(places - begun, -1, keepdims=True)  # the end of the first longest run
    index = xp.take_along_axis(xp.moveaxis(order, dim, -1), longest, -1)
    return pick(xp, x, xp.moveaxis(index, -1, dim), dim, keepdim)


# -- different elements ----------------------------------------------------------------------------


@op(outputs=0, public=False)
def unique(xp, x, *, inverse=False, counts=False, dim=None):
    """The different elements (or slices along `dim`) in order; where each element went; how often
    each is there.
    """
    if dim is not None:
        dim = kernels.axis(dim, x.ndim)
    found = xp.unique(x, return_inverse=inverse, return_counts=counts, axis=dim, equal_nan=False)
    parts = list(found) if isinstance(found, tuple) else [found]
    if inverse:
        parts[1] = parts[1].reshape(x.shape if dim is None else -1)
    return parts


@op(outputs=0, public=False)
def unique_consecutive(xp, x, *, inverse=False, counts=False, dim=None):
    """The elements (or slices along `dim`) that differ from the one before; which of them each
    belongs to; how often each is there.
    """
    rows = x.reshape(-1) if dim is None else xp.moveaxis(x, kernels.axis(dim, x.ndim), 0)
    n = rows.shape[0]
    flat = rows.reshape(n, -1) if rows.size else xp.zeros((n, 1), x.dtype)
    starts = xp.concatenate([xp.ones(min(n, 1), bool), xp.any(flat[1:] != flat[:-1], 1)])
    first = xp.nonzero(starts)[0]
    values = rows[first]
    parts = [values if dim is None else xp.moveaxis(values, 0, kernels.axis(dim, x.ndim))]
    if inverse:
        group = xp.cumsum(starts) - 1
        parts.append(group.reshape(x.shape) if dim is None else group)
    if counts:
        ends = xp.concatenate([first[1:], xp.full(min(n, 1), n, first.dtype)])
        parts.append(ends - first)
    return parts


# -- where numbers belong --------------------------------------------------------------------------


@op(promotes="types", public=False)
def searchsorted(xp, sorted_sequence, x, *, right=False, out_int32=False):
    """Where each number would go in a sorted row; rows of both tensors belong together."""
    side = "right" if right else "left"
    if sorted_sequence.ndim == 1:
        found = xp.searchsorted(sorted_sequence, x, side)
    else:
        rows = sorted_sequence.reshape(-1, sorted_sequence.shape[-1])
        numbers = x.reshape(rows.shape[0], -1)
        places = [xp.searchsorted(r, n, side) for r, n in zip(rows, numbers, strict=True)]
        found = xp.stack(places).reshape(x.shape) if places else xp.zeros(x.shape, "int64")
    return found.astype("int32" if out_int32 else "int64")


@op()
def histc(xp, x, *, bins=100, min=0, max=0):
    """How many elements fall in each of `bins` equal parts from `min` to `max` (those of the
    tensor if they are equal); others are left out.
    """
    if bins <= 0:
        raise RuntimeError("bins must be > 0")
    low, high = min, max
    if low == high and x.size:
        low, high = x.min(), x.max()
    if low == high:
        low, high = low - 1, high + 1
    if not (xp.isfinite(low) and xp.isfinite(high)):
        raise RuntimeError(f"range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError("max must be larger than min")
    inside = x[(x >= low) & (x <= high)]
    return _counts(xp, inside, low, high, bins).astype(x.dtype)


def _counts(xp: Any, x: Array, low: Any, high: Any, bins: int) -> Array:
    part = xp.floor((x.astype("float64") - low) / (high - low) * bins).astype("int64")
    return xp.bincount(xp.minimum(part, bins - 1), minlength=bins)


@op(public=False)
def bincount(xp, x, weights=None, *, minlength=0):
    """How often each whole number from 0 is there, or the sum of its weights."""
    kernels.need_integers(xp, "bincount", x)
    if x.ndim != 1 or (x.size and x.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError(f"minlength should be >= 0: {minlength}")
    if weights is not None and weights.shape != x.shape:
        raise RuntimeError(
            "weights should be 1-d and have the same length as input: "
            f"{weights.shape} and {x.shape}"
        )
    found = xp.bincount(x, weights, minlength)
    if weights is not None and weights.dtype == "float32":
        return found.astype("float32")
    return found
