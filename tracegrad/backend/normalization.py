"""Mean 0 and spread 1, row by row or channel by channel, and the gradient of that.

The number of dimensions says along which: the rows of a matrix, or the channels of `(N, C, L)`.
Statistics keep those dimensions as 1, in float32 for the floats of 16 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tracegrad.backend.device import Array, Namespace
from tracegrad.backend.rows import in_blocks, row_products, row_sums, wide

Slices = tuple[slice, ...]


def dimensions(x: Array) -> tuple[int, ...]:
    """What is averaged over."""
    return (1,) if x.ndim == 2 else (0, 2)


def count(x: Array) -> int:
    """How many elements an average is made of, at least 1."""
    found = 1
    for dim in dimensions(x):
        found *= x.shape[dim]
    return max(found, 1)


def sums(xp: Namespace, x: Array) -> Array:
    """Sums over the rows of a matrix, or over all but the channels."""
    if x.ndim == 2:
        return row_sums(xp, x)
    batch, channels, length = x.shape
    if length == 1 and xp is np and x.dtype.char in "fd":
        return (np.ones(batch, x.dtype) @ x.reshape(batch, channels)).reshape(1, -1, 1)
    rows = row_sums(xp, x.reshape(batch * channels, length)).reshape(batch, channels)
    return xp.add.reduce(rows, 0).reshape(1, -1, 1)


def products(xp: Namespace, x: Array, y: Array) -> Array:
    """Scalar products over the same."""
    if x.ndim == 2:
        return row_products(xp, x, y)
    batch, channels, length = x.shape
    if length == 1:
        return sums(xp, x * y)
    flat = (batch * channels, length)
    rows = row_products(xp, x.reshape(flat), y.reshape(flat)).reshape(batch, channels)
    return xp.add.reduce(rows, 0).reshape(1, -1, 1)


def moments(xp: Namespace, x: Array, centred: bool = True) -> tuple[Any, Array]:
    """The mean (`None` if not centred) and the variance, divided by the count."""
    x = wide(xp, x)
    mean = sums(xp, x) / count(x) if centred else None
    if x.ndim == 3 and mean is not None:
        variance = 0
        for block in _blocks(xp, x):
            part = x[block] - mean
            variance = variance + products(xp, part, part)
        return mean, variance / count(x)
    difference = x if mean is None else x - mean
    return mean, products(xp, difference, difference) / count(x)


def statistics(xp: Namespace, x: Array, eps: float, centred: bool = True) -> tuple[Any, Array]:
    """The mean (`None` if not centred) and one over the spread, `1 / sqrt(variance + eps)`."""
    mean, variance = moments(xp, x, centred)
    return mean, 1 / xp.sqrt(variance + eps)


def standardized(xp: Namespace, x: Array, mean: Array | None, spread: Array) -> Array:
    """`(x - mean) * spread`."""
    found = xp.empty(x.shape, x.dtype)
    for block in _blocks(xp, x):
        part = _less(wide(xp, x[block]), block, mean)
        xp.multiply(part, spread[_of(block, spread)], out=found[block], casting="same_kind")
    return found


def normalized_rows(
    xp: Namespace, x: Array, weight: Any, bias: Any, eps: float, centred: bool
) -> tuple[Array, Any, Array]:
    """A matrix's rows standardized, times a row of weights, plus one of biases; means; spreads."""
    found = xp.empty(x.shape, x.dtype)
    column, dtype = (x.shape[0], 1), wide(xp, x[:0]).dtype
    means = xp.empty(column, dtype) if centred else None
    spreads = xp.empty(column, dtype)
    for block in _blocks(xp, x):
        part, out = wide(xp, x[block]), found[block]
        target = out if part.dtype == out.dtype else None
        if means is not None:
            means[block] = row_sums(xp, part) / count(x)
            part = xp.subtract(part, means[block], out=target)
        spreads[block] = 1 / xp.sqrt(row_products(xp, part, part) / count(x) + eps)
        part = xp.multiply(part, spreads[block], out=target)
        if weight is not None:
            part = xp.multiply(part, weight, out=target)
        if bias is not None:
            part = xp.add(part, bias, out=target)
        if target is None:
            out[...] = part
    return found, means, spreads


def standardized_backward(
    xp: Namespace, g: Array, x: Array, mean: Array | None, spread: Array
) -> Array:
    """The gradient of `x` from that of its standardized form, whose statistics depend on `x` too.

    With n(x) the result and means over what was averaged:
    `spread * (g - mean(g) - n(x) * mean(g * n(x)))`, without `mean(g)` if not centred.
    """
    found = xp.empty(g.shape, g.dtype)
    by_row, size = x.ndim == 2, count(x)
    along, offset = (None, None) if by_row else _slopes(xp, g, x, mean, spread, size)
    for block in _blocks(xp, x):
        gradient, part = wide(xp, g[block]), _less(wide(xp, x[block]), block, mean)
        scale = spread[_of(block, spread)]
        if by_row:
            along = row_products(xp, gradient, part) * (scale * scale * scale / size)
            offset = None if mean is None else row_sums(xp, gradient) * (scale / size)
        change = xp.multiply(part, along, out=None if mean is None else part)
        if offset is not None:
            change += offset
        result = gradient * scale
        xp.subtract(result, change, out=found[block], casting="same_kind")
    return found


def _slopes(
    xp: Namespace, g: Array, x: Array, mean: Array | None, spread: Array, size: int
) -> tuple[Array, Array]:
    """What each channel's gradient takes from `x`, and what it is shifted by."""
    total, product = _channel_sums(xp, g, x, mean)
    return product * (spread * spread * spread / size), total * (spread / size)


def _channel_sums(xp: Namespace, g: Array, x: Array, mean: Array | None) -> tuple[Array, Array]:
    """For each channel the sum of `g`, and of `g * (x - mean)`."""
    total = product = 0
    for block in _blocks(xp, x):
        gradient, part = wide(xp, g[block]), _less(wide(xp, x[block]), block, mean)
        total = total + sums(xp, gradient)
        product = product + products(xp, gradient, part)
    return total, product


def weight_gradient(xp: Namespace, g: Array, x: Array, mean: Array | None, spread: Array) -> Array:
    """Sums of `g` times the standardized `x`: over all rows of a matrix, or for each channel."""
    if x.ndim == 3:
        if not x.size:
            return xp.zeros((1, x.shape[1], 1), g.dtype)
        return (_channel_sums(xp, g, x, mean)[1] * spread).astype(g.dtype, copy=False)
    total = xp.zeros((1, x.shape[1]), wide(xp, g[:0]).dtype)
    for block in _blocks(xp, x):
        part = _less(wide(xp, x[block]), block, mean)
        part = xp.multiply(part, wide(xp, g[block]), out=None if mean is None else part)
        total += xp.matmul(spread[block].reshape(1, -1), part)
    return total.astype(g.dtype, copy=False)


def _less(part: Array, block: slice, mean: Array | None) -> Array:
    """A block less its mean."""
    return part if mean is None else part - mean[_of(block, mean)]


def _blocks(xp: Namespace, x: Array) -> Any:
    """Slices of the first dimension that stay in the cache."""
    if not x.size:
        return (slice(None),)
    return in_blocks(xp, x.shape[0], x.size // x.shape[0])


def _of(block: slice, statistic: Array) -> Any:
    """The statistics of a block: its own rows' ones, or all channels' ones."""
    return block if statistic.ndim == 2 else slice(None)
