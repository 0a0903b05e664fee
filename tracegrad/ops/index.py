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
    "x": lambda ops, g, key, accumulate: g if accumulate else ops.index_put(
        g, ops.zeros_of(g, shape=()), key=key),
    "values": lambda ops, g, key: ops.index(g, key=key),
}, public=False)  # fmt: skip
def index_put(xp, x, values, *, key, accumulate=False):
    """`x` with the elements that `key` points at replaced: what `x[key] = values` writes.

    With `accumulate` they are added to, an element that is named several times as often.
    """
    full = x.copy()
    if accumulate:
        kernels.add_at(xp, full, key, values)
    else:
        full[key] = values
    return full


# -- along one dimension ---------------------------------------------------------------------------


POINTS_OUTSIDE = frozenset({"index_select", "index_copy", "index_reduce"})
"""Ops that raise IndexError, as in PyTorch, where an index points outside; others RuntimeError."""


def _check_index(index: Array, size: int, name: str, dim: int) -> None:
    if index.dtype not in ("int64", "int32"):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index, got {index.dtype}")
    if index.size and (index.min() < 0 or index.max() >= size):
        worst = index.max() if index.max() >= size else index.min()
        raise (IndexError if name in POINTS_OUTSIDE else RuntimeError)(
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
    grid = kernels.grid(xp, index.shape)
    grid[dim % len(shape)] = index
    kernels.add_at(xp, full, tuple(grid), x)
    return full


@op(vjp={
    "x": lambda ops, g, index, dim: ops.scatter_value(g, index, dim=dim, value=0),
    "src": lambda ops, g, index, dim, src_shape: as_large_as(
        ops, ops.gather(g, index, dim=dim), src_shape),
}, inplace=True)  # fmt: skip
def scatter(xp, x, index, src, *, dim):
    """`input` with `src[i][j]` at `[index[i][j]][j]` for `dim=0`, and so on."""
    full = xp.array(x)
    key, part = scattered(xp, x, index, src, "scatter", dim)
    xp.atleast_1d(full)[key] = part
    return full


@op(vjp={"x": lambda ops, g, index, dim: ops.scatter_value(g, index, dim=dim, value=0)},
    public=False)  # fmt: skip
def scatter_value(xp, x, index, *, dim, value):
    """`input` with a number at `[index[i][j]][j]` for `dim=0`, and so on."""
    full = xp.array(x)
    key, _ = scattered(xp, x, index, None, "scatter", dim)
    xp.atleast_1d(full)[key] = kernels.scalar(xp, value, x.dtype)
    return full


@op(vjp={
    "x": lambda ops, g: g,
    "src": lambda ops, g, index, dim, src_shape: as_large_as(
        ops, ops.gather(g, index, dim=dim), src_shape),
}, inplace=True)  # fmt: skip
def scatter_add(xp, x, index, src, *, dim):
    """`input` with `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
    full = xp.array(x)
    key, part = scattered(xp, x, index, src, "scatter_add", dim)
    kernels.add_at(xp, xp.atleast_1d(full), key, part)
    return full


def scattered(xp: Any, x: Array, index: Array, src: Array | None, name: str, dim: int) -> Any:
    """The key at which a scatter writes, and what it writes there; 0-d counts as one element.

    Raises:
        RuntimeError: the index is larger than what it is for, or points outside.
    """
    if src is not None and x.dtype != src.dtype:
        raise RuntimeError(
            f"scatter(): Expected self.dtype to be equal to src.dtype, got {x.dtype} and "
            f"{src.dtype}"
        )
    dim = kernels.axis(dim, x.ndim)
    if not index.size:
        return xp.zeros(0, "int64"), xp.zeros(0, x.dtype).reshape(0, *x.shape[1:])
    x, index = xp.atleast_1d(x), xp.atleast_1d(index)
    src = None if src is None else xp.atleast_1d(src)
    for what, other in (("self", x), ("src", src)):
        if other is not None and index.ndim != other.ndim:
            raise RuntimeError(
                f"Index tensor must have the same number of dimensions as {what} tensor, got "
                f"{index.ndim} and {other.ndim}"
            )
    for n, count in enumerate(index.shape):
        if (n != dim and count > x.shape[n]) or (src is not None and count > src.shape[n]):
            raise RuntimeError(
                f"Expected index {list(index.shape)} to be no larger than self {list(x.shape)} "
                f"apart from dimension {dim}"
                + ("" if src is None else f" and to be no larger size than src {list(src.shape)}")
            )
    _check_index(index, x.shape[dim], name, dim)
    grid = kernels.grid(xp, index.shape)
    grid[dim] = index
    corner = tuple([slice(0, n) for n in index.shape])
    return tuple(grid), None if src is None else src[corner]


def as_large_as(ops: Any, g: Array, shape: tuple[int, ...]) -> Array:
    """A gradient of the corner of `src` that the index covers, with zeros for the rest."""
    corner = tuple([slice(0, n) for n in g.shape])
    return g if g.shape == shape else ops.slice_backward(g, key=corner, shape=shape)


# -- slices along one dimension --------------------------------------------------------------------


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
    if x.ndim == 0 and index.size != 1:
        raise IndexError("index_select(): Index to scalar can have only 1 value")
    _check_index(index, x.shape[dim] if x.ndim else 1, "index_select", dim)
    return xp.take(x, index.reshape(-1), dim) if x.ndim else xp.array(x)


@op(vjp={"x": lambda ops, g, index, dim: ops.index_select(g, index, dim=dim)}, public=False)
def index_select_backward(xp, x, index, *, dim, shape):
    """Zeros of `shape` with slices added where `index_select` read."""
    full = xp.zeros(shape, x.dtype)
    kernels.add_at(xp, full, _slices(full, index, dim), x)
    return full


@op(vjp={
    "x": lambda ops, g: g,
    "source": lambda ops, g, index, dim, alpha, source_shape: ops.mul(
        _of_slices(ops, g, index, dim, source_shape), alpha),
}, inplace=True)  # fmt: skip
def index_add(xp, x, index, source, *, dim, alpha=1):
    """`input` with slices of `alpha * source` added along `dim` at the indices of a vector."""
    full = xp.array(x)
    check_slices(x, index, source, "index_add", dim)
    kernels.add_at(xp, full, _slices(x, index, dim), source if alpha == 1 else source * alpha)
    return full


@op(vjp={
    "x": lambda ops, g, index, dim: ops.index_fill(g, index, dim=dim, value=0),
    "source": lambda ops, g, index, dim, source_shape: _of_slices(
        ops, g, index, dim, source_shape),
}, inplace=True)  # fmt: skip
def index_copy(xp, x, index, source, *, dim):
    """`input` with its slices along `dim` at the indices of a vector replaced by those of
    `source`.
    """
    full = xp.array(x)
    check_slices(x, index, source, "index_copy", dim)
    full[_slices(x, index, dim)] = source if x.ndim else source.reshape(())
    return full


@op(vjp={"x": lambda ops, g, index, dim: ops.index_fill(g, index, dim=dim, value=0)}, inplace=True)
def index_fill(xp, x, index, *, dim, value):
    """`input` with a number in its slices along `dim` at the indices of a vector."""
    full = xp.array(x)
    kernels.check_fill_index(index, x.shape, dim)
    full[_slices(x, index, dim)] = kernels.scalar(xp, value, x.dtype)
    return full


def _slices(x: Array, index: Array, dim: int) -> tuple[Any, ...]:
    """The key of the slices along `dim`; a 0-d array is a slice by itself."""
    return (*[slice(None)] * (dim % x.ndim), index.reshape(-1)) if x.ndim else (...,)


def _of_slices(ops: Any, g: Array, index: Array, dim: int, shape: tuple[int, ...]) -> Array:
    """The gradient of a source of slices."""
    return ops.reshape(ops.index_select(g, index, dim=dim), shape=shape)


def check_slices(x: Array, index: Array, source: Array, name: str, dim: int) -> None:
    """What PyTorch asks of the source of slices, and of their indices.

    Raises:
        RuntimeError, IndexError: dtypes, shapes or indices do not fit.
    """
    dim = kernels.axis(dim, x.ndim)
    if x.dtype != source.dtype:
        raise RuntimeError(
            f"{name}_(): self ({x.dtype}) and source ({source.dtype}) must have the same scalar "
            "type"
        )
    if index.ndim > 1:
        raise IndexError(
            f"{name}_(): Index is supposed to be a vector, got {index.ndim} dimensions"
        )
    if name == "index_copy" and index.dtype != "int64":
        raise RuntimeError(f"{name}_(): Expected a long tensor for index, but got {index.dtype}")
    wanted = (*x.shape[:dim], index.size, *x.shape[dim + 1 :]) if x.ndim else ()
    given = source.shape if x.ndim or source.size != 1 or name == "index_add" else ()
    if given != wanted:
        error = IndexError if name == "index_copy" and len(given) != len(wanted) else RuntimeError
        raise error(
            "source tensor shape must match self tensor shape, excluding the specified dimension, "
            f"along which there are as many slices as indices ({index.size}). Got self.shape = "
            f"{list(x.shape)} source.shape = {list(source.shape)} for dim {dim}"
        )
    _check_index(index, x.shape[dim] if x.ndim else 1, name, dim)


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


@op(vjp={
    "x": lambda ops, g, mask: ops.keep_where(g, ops.logical_not(mask)),
    "value": lambda ops, g, mask: ops.keep_where(g, mask),
}, public=False)  # fmt: skip
def masked_fill_tensor(xp, x, mask, value):
    """The tensor with a 0-d tensor where the mask is true."""
    _check_mask(mask)
    return xp.where(mask, value, x)


@op(vjp={
    "x": lambda ops, g, mask: ops.keep_where(g, ops.logical_not(mask)),
    "source": lambda ops, g, mask, source_shape: ops.masked_gather(g, mask, shape=source_shape),
}, inplace=True)  # fmt: skip
def masked_scatter(xp, x, mask, source):
    """The tensor with the elements of `source`, one after the other, where the mask is true."""
    if mask.dtype != bool:
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype}"
        )
    if x.dtype != source.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got {x.dtype} and "
            f"{source.dtype}"
        )
    shape = xp.broadcast_shapes(x.shape, mask.shape)
    full, mask = xp.array(xp.broadcast_to(x, shape)), xp.broadcast_to(mask, shape)
    count = xp.count_nonzero(mask)
    if source.size < count:
        raise RuntimeError(
            f"Number of elements of source < number of ones in mask: {source.size} < {count}"
        )
    full[mask] = source.reshape(-1)[:count]
    return full


@op(vjp={"x": lambda ops, g, mask, x_shape: ops.masked_scatter(
    ops.zeros_of(g, shape=x_shape), mask, g)}, public=False)  # fmt: skip
def masked_gather(xp, x, mask, *, shape):
    """The elements where the mask is true, one after the other in a tensor of a shape, then
    zeros.
    """
    found = x[xp.broadcast_to(mask, x.shape)]
    full = xp.zeros(shape, x.dtype)
    full.reshape(-1)[: found.size] = found
    return full


# -- overwriting -----------------------------------------------------------------------------------


@op(vjp={"x": lambda ops, g: ops.zeros_of(g, shape=g.shape), "y": lambda ops, g: g}, public=False)
def copy(xp, x, y, *, non_blocking=False):
    """The second tensor in the shape of the first: what `x.copy_(y)` writes."""
    return xp.broadcast_to(y, x.shape)


@op(vjp=lambda ops, g: ops.zeros_of(g, shape=g.shape), public=False)
def fill(xp, x, *, value):
    """A number everywhere: what `x.fill_(value)` writes."""
    return xp.broadcast_to(kernels.scalar(xp, value, x.dtype), x.shape)
