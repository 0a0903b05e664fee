"""Indexing with tensors: what copies, gathers, scatters and overwrites."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import kernels
from tracegrad.ops.declare import op

Array = Any

# -- x[key] with tensors in it ---------------------------------------------------------------------


@op(vjp=lambda ops, g, key, x_shape: ops.index_backward(g, key=key, shape=x_shape), public=False)
def index(xp, x, *, key):
    """The elements that index arrays in `key` point at. Made by `x[key]`."""
    return xp.array(x[key])


@op(vjp=lambda ops, g, key: ops.index(g, key=key), public=False)
def index_backward(xp, g, *, key, shape):
    """Zeros of `shape` with a gradient added wherever `key` points, as often as it does."""
    full = xp.zeros(shape, g.dtype)
    kernels.add_at(xp, full, key, g)
    return full


@op(vjp={
    "x": lambda ops, g, key: ops.index_put(g, ops.zeros_of(g, shape=()), key=key),
    "values": lambda ops, g, key: ops.index(g, key=key),
}, public=False)  # fmt: skip
def index_put(xp, x, values, *, key):
    """`x` with the elements that `key` points at replaced. Made by `x[key] = values`."""
    full = x.copy()
    full[key] = values
    return full


# -- along one dimension ---------------------------------------------------------------------------


def _check_index(index: Array, size: int, name: str, dim: int) -> None:
    if index.dtype not in ("int64", "int32"):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index, got {index.dtype}")
    if index.size and (index.min() < 0 or index.max() >= size):
        worst = index.max() if index.max() >= size else index.min()
        raise (IndexError if name == "index_select" else RuntimeError)(
            ("index out of range in self: " if name == "index_select" else "")
            + f"index {worst} is out of bounds for dimension {dim} with size {size}"
        )


@op(
    vjp={
        "x": lambda ops, g, index, dim, x_shape: ops.gather_backward(
            g, index, dim=dim, shape=x_shape
        )
    }
)
def gather(xp, x, index, *, dim):
    """`out[i][j] = input[index[i][j]][j]` for `dim=0`, and so on."""
    dim = kernels.axis(dim, x.ndim)
    if index.ndim != x.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    _check_index(index, x.shape[dim] if x.ndim else 1, "gather", dim)
    if x.ndim == 0:
        return x.copy()
    for n in range(x.ndim):
        if n != dim and index.shape[n] > x.shape[n]:
            raise RuntimeError(
                f"Size does not match at dimension {n} expected index {list(index.shape)} to be "
                f"no larger than self {list(x.shape)} apart from dimension {dim}"
            )
    lead = tuple(slice(0, n) if i != dim else slice(None) for i, n in enumerate(index.shape))
    return xp.take_along_axis(x[lead], index, dim)


@op(vjp={"x": lambda ops, g, index, dim: ops.gather(g, index, dim=dim)}, public=False)
def gather_backward(xp, x, index, *, dim, shape):
    """Zeros of `shape` with gradients added where `gather` read."""
    full = xp.zeros(shape, x.dtype)
    if not shape:
        return full + x
    grid = list(xp.indices(index.shape, sparse=True))
    grid[dim % len(shape)] = index
    kernels.add_at(xp, full, tuple(grid), x)
    return full


@op(vjp={
    "x": lambda ops, g: g,
    "src": lambda ops, g, index, dim, src_shape: _as_large_as(
        ops, ops.gather(g, index, dim=dim), src_shape),
}, inplace=True)  # fmt: skip
def scatter_add(xp, x, index, src, *, dim):
    """`input` with `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
    dim = kernels.axis(dim, x.ndim)
    _check_index(index, x.shape[dim], "scatter_add", dim)
    if x.dtype != src.dtype:
        raise RuntimeError(
            f"scatter(): Expected self.dtype to be equal to src.dtype, got {x.dtype} and "
            f"{src.dtype}"
        )
    full = x.copy()
    grid = list(xp.indices(index.shape, sparse=True))
    grid[dim] = index
    kernels.add_at(xp, full, tuple(grid), src[tuple(slice(0, n) for n in index.shape)])
    return full


def _as_large_as(ops: Any, g: Array, shape: tuple[int, ...]) -> Array:
    """A gradient of the corner of `src` that the index covers, with zeros for the rest."""
    corner = tuple([slice(0, n) for n in g.shape])
    return g if g.shape == shape else ops.slice_backward(g, key=corner, shape=shape)


@op(
    vjp={
        "x": lambda ops, g, index, dim, x_shape: ops.index_select_backward(
            g, index, dim=dim, shape=x_shape
        )
    }
)
def index_select(xp, x, index, *, dim):
    """The slices along `dim` at the indices of a vector."""
    dim = kernels.axis(dim, x.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    _check_index(index, x.shape[dim], "index_select", dim)
    return xp.take(x, index.reshape(-1), dim)


@op(vjp={"x": lambda ops, g, index, dim: ops.index_select(g, index, dim=dim)}, public=False)
def index_select_backward(xp, x, index, *, dim, shape):
    """Zeros of `shape` with slices added where `index_select` read."""
    full = xp.zeros(shape, x.dtype)
    kernels.add_at(xp, full, (*[slice(None)] * (dim % len(shape)), index.reshape(-1)), x)
    return full


# -- by a mask -------------------------------------------------------------------------------------


def _check_mask(mask: Array) -> None:
    if mask.dtype != bool:
        raise RuntimeError(
            f"masked_fill only supports boolean masks, but got mask with dtype {mask.dtype}"
        )


@op(vjp={"x": lambda ops, g, mask: ops.keep_where(g, ops.logical_not(mask))}, inplace=True)
def masked_fill(xp, x, mask, *, value):
    """The tensor with `value` where the mask is true."""
    _check_mask(mask)
    return xp.where(mask, kernels.scalar(xp, value, x.dtype), x)


# -- overwriting -----------------------------------------------------------------------------------


@op(vjp={"x": lambda ops, g: ops.zeros_of(g, shape=g.shape), "y": lambda ops, g: g}, public=False)
def copy(xp, x, y, *, non_blocking=False):
    """The second tensor in the shape of the first: what `x.copy_(y)` writes."""
    return xp.broadcast_to(y, x.shape)


@op(vjp=lambda ops, g: ops.zeros_of(g, shape=g.shape), public=False)
def fill(xp, x, *, value):
    """A number everywhere: what `x.fill_(value)` writes."""
    return xp.broadcast_to(kernels.scalar(xp, value, x.dtype), x.shape)
