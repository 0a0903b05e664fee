"""Passes over the rows of an array: what softmax, normalisation and attention are made of.

NumPy's functions go through memory once each; six of them over 2 MB wait for memory six times. So
rows are taken in blocks that stay in the cache. On rows of 128, a product with ones (BLAS) sums
three times as fast as `add.reduce`, and `argmax` finds maxima three times as fast as
`maximum.reduce`. Arrays of another namespace get its own functions: a GPU has no use for blocks.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tracegrad.backend import kernels
from tracegrad.backend.device import Array, Namespace

BLOCK = 65_536
"""Elements of a block: 256 KB of float32, a quarter of the second-level cache of current cores."""


def in_blocks(xp: Namespace, rows: int, columns: int, block: int = BLOCK) -> Iterator[slice]:
    """Slices of a matrix's rows, each of about `block` elements; one of all outside of NumPy."""
    step = max(1, block // max(columns, 1)) if xp is np else max(rows, 1)
    for start in range(0, rows, step):
        yield slice(start, start + step)


def wide(xp: Namespace, x: Array) -> Array:
    """The array in a dtype to compute in: float32 for the floats of 16 bits, else its own."""
    return x.astype(xp.float32) if x.dtype.itemsize == 2 else x


def row_sums(xp: Namespace, x: Array) -> Array:
    """The sum of each row of matrices, as columns."""
    if xp is np and x.dtype.char in "fd":
        return (x @ np.ones(x.shape[-1], x.dtype))[..., None]
    return xp.add.reduce(x, -1, keepdims=True)


def row_products(xp: Namespace, x: Array, y: Array) -> Array:
    """The scalar product of each row of `x` with that of `y`, as a column."""
    if xp is np and x.dtype.char in "fd":
        return np.vecdot(x, y).reshape(-1, 1)
    return xp.add.reduce(x * y, 1, keepdims=True)


def row_maxima(xp: Namespace, x: Array) -> Array:
    """The largest element of each row of matrices, as columns; NaN if there is one."""
    if xp is not np or not x.size:
        shape = (*x.shape[:-1], 1)
        return xp.max(x, -1, keepdims=True) if x.shape[-1] else xp.zeros(shape, x.dtype)
    flat = x.reshape(-1, x.shape[-1])
    return flat[np.arange(flat.shape[0]), np.argmax(flat, 1)].reshape(*x.shape[:-1], 1)


# -- softmax ---------------------------------------------------------------------------------------


def as_rows(xp: Namespace, x: Array, dim: int) -> Array:
    """A matrix whose rows run along `dim`: a view where the memory allows it."""
    moved = x if dim == x.ndim - 1 else xp.moveaxis(x, dim, -1)
    return moved.reshape(-1, x.shape[dim]) if x.size else moved.reshape(0, x.shape[dim])


def from_rows(xp: Namespace, rows: Array, like: Array, dim: int) -> Array:
    """The matrix that `as_rows` made of an array, in the array's shape again."""
    if dim == like.ndim - 1:
        return rows.reshape(like.shape)
    shape = like.shape[:dim] + like.shape[dim + 1 :] + like.shape[dim : dim + 1]
    return xp.ascontiguousarray(xp.moveaxis(rows.reshape(shape), -1, dim))


SAFE = 60.0
"""Between `exp(-60)` and `exp(60)` no float32 overflows, nor does a sum of 10**12 of them."""


def are_small(xp: Namespace, x: Array) -> bool:
    """Whether no exponential of a block's elements can overflow.

    That takes a third of the time of finding each row's largest, which then need not be known.
    """
    return bool(xp is np and x.size and x.min() > -SAFE and x.max() < SAFE)


def exponentials(xp: Namespace, x: Array, out: Array | None = None) -> Array:
    """`exp(x - shift)` for rows of matrices; the shift is 0 if that is safe, else rows' maxima."""
    if are_small(xp, x):
        return xp.exp(x, out=out)
    top = row_maxima(xp, x)
    # Nothing but minus infinity: zeros, not NaN. (`inf - inf` is NaN in PyTorch too.)
    top = xp.where(top == -xp.inf, 0, top).astype(x.dtype, copy=False)
    e = xp.subtract(x, top, out=out)
    return xp.exp(e, out=e)


def softmax(xp: Namespace, x: Array, empty_rows: bool = False) -> Array:
    """Exponentials of each row of a matrix that sum to 1, without overflow.

    A row of nothing but minus infinity gives NaN, as in PyTorch; with `empty_rows` zeros.
    """
    out = xp.empty(x.shape, x.dtype)
    for block in in_blocks(xp, *x.shape):
        part, result = wide(xp, x[block]), out[block]
        e = exponentials(xp, part, result if part.dtype == out.dtype else None)
        total = row_sums(xp, e)
        if empty_rows:
            total = xp.where(total == 0, 1, total)
        xp.multiply(e, xp.divide(1, total), out=result, casting="same_kind")
    return out


def softmax_backward(xp: Namespace, g: Array, out: Array) -> Array:
    """The gradient of a softmax's rows, from that of its result: `out * (g - <g, out>)`."""
    found = xp.empty(g.shape, g.dtype)
    for block in in_blocks(xp, *g.shape):
        gradient, result, target = wide(xp, g[block]), wide(xp, out[block]), found[block]
        change = xp.subtract(
            gradient, row_products(xp, gradient, result),
            out=target if gradient.dtype == target.dtype else None,
        )  # fmt: skip
        xp.multiply(change, result, out=target, casting="same_kind")
    return found


def log_softmax_backward(xp: Namespace, g: Array, out: Array) -> Array:
    """The same for a log_softmax: `g - exp(out) * sum(g)`."""
    found = xp.empty(g.shape, g.dtype)
    for block in in_blocks(xp, *g.shape):
        gradient = wide(xp, g[block])
        change = xp.exp(wide(xp, out[block]))
        change *= row_sums(xp, gradient)
        xp.subtract(gradient, change, out=found[block], casting="same_kind")
    return found


def log_sums(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """The logarithm of the sum of exponentials of each row, as two columns to add up.

    The first is the row's maximum, the second, from 0 to log(columns), would lose digits if they
    were added: the log probability of a class that is nearly certain is a small number. Both are
    in float32 for the floats of 16 bits.
    """
    shape, dtype = (x.shape[0], 1), wide(xp, x[:0]).dtype
    shifts, logs = xp.empty(shape, dtype), xp.empty(shape, dtype)
    for block in in_blocks(xp, *x.shape):
        part = wide(xp, x[block])
        top = row_maxima(xp, part)
        top = xp.where(top == -xp.inf, 0, top).astype(dtype, copy=False)
        e = part - top
        xp.exp(e, out=e)
        shifts[block] = top
        logs[block] = xp.log(row_sums(xp, e))
    return shifts, logs


# -- adding up rows --------------------------------------------------------------------------------


FEW = 2**13
"""Up to here `add.at` takes less than 0.1 ms."""


def added_rows(xp: Namespace, count: int, index: Array, values: Array) -> Array:
    """A matrix of `count` rows, each the sum of the rows of `values` that have its index.

    A product with a sparse matrix that has one 1 in each column: 25 times as fast as `add.at`,
    but not for few numbers, and then SciPy need not be imported either (0.1 s in the first step).
    """
    if xp is not np or values.dtype.char not in "fd" or values.size < FEW:
        full = xp.zeros((count, values.shape[1]), values.dtype)
        xp.add.at(full, index, values)
        return full
    from scipy.sparse import csc_matrix

    ones, starts = np.ones(index.size, values.dtype), np.arange(index.size + 1)
    return csc_matrix((ones, index, starts), shape=(count, index.size)) @ np.ascontiguousarray(
        values
    )


# -- bags of rows ----------------------------------------------------------------------------------


def first_maxima(xp: Namespace, x: Array, bag: Array, bags: int) -> Array:
    """Where each bag's largest element stands, column by column; 0 for an empty bag.

    `bag` tells in ascending order where the rows belong. Of equal elements the first is meant; NaN
    is the largest of all.
    """
    places = xp.arange(x.shape[0]).reshape(-1, 1)
    largest = _of_bags(xp, "maximum", x, bag, bags)
    candidates = xp.where((x == largest[bag]) | (x != x), places, x.shape[0])
    return _of_bags(xp, "minimum", candidates, bag, bags)


def _of_bags(xp: Namespace, ufunc: str, values: Array, bag: Array, bags: int) -> Array:
    """Each bag's rows reduced to one by a ufunc; zeros for an empty bag."""
    found = xp.zeros((bags, values.shape[1]), values.dtype)
    if xp is np:  # `maximum.at` would take 100 ns an element
        filled, starts = np.unique(bag, return_index=True)
        found[filled] = getattr(np, ufunc).reduceat(values, starts, 0)
        return found
    found[bag] = kernels.start_of(xp, ufunc, values.dtype)
    kernels.reduce_at(xp, ufunc, found, bag, values)
    return found
