"""Mean 0 and spread 1, and the gradient of that.

The number of dimensions says over what: each row of a matrix; each channel of `(N, C, L)`; each
group of `(N, G, C / G, L)`. Statistics keep those dimensions as 1.
"""

from __future__ import annotations

import math
from typing import Any

from tracegrad.backend import kernels, planes
from tracegrad.backend.device import Array, Namespace
from tracegrad.backend.rows import in_blocks, row_products, row_sums

AVERAGED = {2: (1,), 3: (0, 2), 4: (2, 3)}


def dimensions(x: Array) -> tuple[int, ...]:
    """What is averaged over."""
    return AVERAGED[x.ndim]


def count(x: Array) -> int:
    """How many elements an average is made of, at least 1."""
    return max(math.prod([x.shape[dim] for dim in dimensions(x)]), 1)


def statistics(xp: Namespace, x: Array, eps: float, centred: bool = True) -> tuple[Any, Array]:
    """The mean (`None` if not centred) and one over the spread, `1 / sqrt(variance + eps)`."""
    if x.ndim == 2:
        mean, variance = _row_moments(xp, x, centred)
    else:
        mean, variance = moments(xp, x)
    return mean, 1 / xp.sqrt(variance + eps)


def standardized(xp: Namespace, x: Array, mean: Any, spread: Array) -> Array:
    """`(x - mean) * spread`."""
    if x.ndim != 2:
        return affine(xp, x, spread, -mean * spread)
    found = xp.empty(x.shape, x.dtype)
    for block in _blocks(xp, x):
        xp.multiply(_less(x[block], block, mean), spread[block], out=found[block])
    return found


# -- over channels or groups of them ---------------------------------------------------------------


def _as_planes(x: Array) -> Array:
    """`(N, C, L)`, of `(N, G, C / G, L)` too."""
    return x if x.ndim == 3 else x.reshape(x.shape[0], x.shape[1] * x.shape[2], x.shape[3])


def _by_plane(xp: Namespace, numbers: Array, x: Array) -> Array:
    """Numbers that broadcast to `x` with a last dimension of 1, so that they do to `(N, C, 1)`."""
    if x.ndim == 3:
        return numbers
    # One row of them stays one row.
    full = xp.broadcast_to(numbers, (numbers.shape[0], *x.shape[1:3], 1))
    return full.reshape(numbers.shape[0], x.shape[1] * x.shape[2], 1)


def _gathered(xp: Namespace, by_plane: Array, x: Array) -> Array:
    """Sums over planes added up to those over a channel or a group."""
    if x.ndim == 3:
        return kernels.sum_to(xp, by_plane, (1, x.shape[1])).reshape(1, -1, 1)
    return xp.add.reduce(by_plane.reshape(x.shape[:3]), 2).reshape(*x.shape[:2], 1, 1)


def moments(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """The mean and the variance, divided by the count, of each channel or group."""
    each = _as_planes(x)
    mean = _gathered(xp, planes.sums(xp, each), x) / count(x)
    squares = planes.squares(xp, each, _by_plane(xp, mean, x))
    return mean, _gathered(xp, squares, x) / count(x)


def affine(xp: Namespace, x: Array, factor: Array, summand: Array) -> Array:
    """`x * factor + summand`; both broadcast to `x` without its last dimension."""
    factor, summand = (_by_plane(xp, n.astype(x.dtype, copy=False), x) for n in (factor, summand))
    return planes.affine(xp, _as_planes(x), factor, summand).reshape(x.shape)


def plane_sums(
    xp: Namespace, g: Array, x: Array, mean: Array, spread: Array
) -> tuple[Array, Array]:
    """Over each plane the sums of `g` and of `g` times the standardized `x`, both `(N, C)`."""
    means, spreads = (_by_plane(xp, n.astype(x.dtype, copy=False), x) for n in (mean, spread))
    total, product = planes.sums_and_products(xp, _as_planes(g), _as_planes(x), means)
    product *= spreads[..., 0]
    return total, product


def _planes_backward(
    xp: Namespace, g: Array, x: Array, mean: Array, spread: Array, weight: Any, sums: Any
) -> Array:
    """See `standardized_backward`. As a factor for `g`, a factor for `x` and a summand."""
    total, product = plane_sums(xp, g, x, mean, spread) if sums is None else sums
    factor = spread
    if weight is not None:
        factor = spread * weight
        weights = _by_plane(xp, weight, x)[..., 0]
        total, product = total * weights, product * weights
    share = spread / count(x)
    along = -_gathered(xp, product, x) * share * spread
    summand = -_gathered(xp, total, x) * share - mean * along
    numbers = [_by_plane(xp, n, x) for n in (factor, along, summand)]
    found = planes.affine_pair(xp, _as_planes(g), numbers[0], _as_planes(x), *numbers[1:])
    return found.reshape(x.shape)


# -- along rows ------------------------------------------------------------------------------------


def _row_moments(xp: Namespace, x: Array, centred: bool) -> tuple[Any, Array]:
    """The mean (`None` if not centred) and the variance of each row, divided by its length."""
    mean = row_sums(xp, x) / count(x) if centred else None
    difference = x if mean is None else x - mean
    return mean, row_products(xp, difference, difference) / count(x)


def normalized_rows(
    xp: Namespace, x: Array, weight: Any, bias: Any, eps: float, centred: bool
) -> tuple[Array, Any, Array]:
    """A matrix's rows standardized, times a row of weights, plus one of biases; means; spreads."""
    found, column = xp.empty(x.shape, x.dtype), (x.shape[0], 1)
    means = xp.empty(column, x.dtype) if centred else None
    spreads = xp.empty(column, x.dtype)
    for block in _blocks(xp, x):
        part, out = x[block], found[block]
        if means is not None:
            means[block] = row_sums(xp, part) / count(x)
            part = xp.subtract(part, means[block], out=out)
        spreads[block] = 1 / xp.sqrt(row_products(xp, part, part) / count(x) + eps)
        xp.multiply(part, spreads[block], out=out)
        if weight is not None:
            out *= weight
        if bias is not None:
            out += bias
    return found, means, spreads


def standardized_backward(
    xp: Namespace, g: Array, x: Array, mean: Any, spread: Array,
    weight: Any = None, sums: Any = None,
) -> Array:  # fmt: skip
    """The gradient of `x` from that of its standardized form, whose statistics depend on `x` too.

    With n(x) the result and means over what was averaged:
    `spread * (g - mean(g) - n(x) * mean(g * n(x)))`, without `mean(g)` if not centred. With weights
    that the standardized form was multiplied by after that, `g * weight` takes the place of `g`.
    `sums` are the `plane_sums` of `g` without weights, where they are known.
    """
    if x.ndim == 2:
        return _rows_backward(xp, g, x, mean, spread, weight)
    return _planes_backward(xp, g, x, mean, spread, weight, sums)


def _rows_backward(
    xp: Namespace, g: Array, x: Array, mean: Array | None, spread: Array, weight: Any
) -> Array:
    """The same along rows: no array of all weighted gradients, and in place where there is room."""
    found, size = xp.empty(g.shape, g.dtype), count(x)
    for block in _blocks(xp, x):
        gradient, scale, out = g[block], spread[block], found[block]
        part = _less(x[block], block, mean)
        if weight is not None:
            gradient = xp.multiply(gradient, weight, out=out)
        along = row_products(xp, gradient, part) * (scale * scale / size)
        part = xp.multiply(part, along, out=None if mean is None else part)
        if mean is not None:
            part += row_sums(xp, gradient) / size
        xp.subtract(gradient, part, out=out)
        out *= scale
    return found


def weight_gradient(xp: Namespace, g: Array, x: Array, mean: Array | None, spread: Array) -> Array:
    """Sums of `g` times the standardized `x` over all rows of a matrix."""
    total = xp.zeros((1, x.shape[1]), g.dtype)
    for block in _blocks(xp, x):
        part = _less(x[block], block, mean)
        part = xp.multiply(part, g[block], out=None if mean is None else part)
        total += xp.matmul(spread[block].reshape(1, -1), part)
    return total


def _less(part: Array, block: slice, mean: Array | None) -> Array:
    """A block of rows less its means."""
    return part if mean is None else part - mean[block]


def _blocks(xp: Namespace, x: Array) -> Any:
    """Slices of a matrix's rows that stay in the cache."""
    return in_blocks(xp, *x.shape) if x.size else (slice(None),)
