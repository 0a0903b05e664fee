"""Normalisation: mean 0 and spread 1, then a weight and a bias, as one node each. Here is what all
kinds share, and those along the last dimensions; `channels.py` has those by channel.

Layer, batch, group, instance and RMS norm differ only in what they average over. Each brings its
input to a matrix (averaged along rows), to `(N, C, L)` (averaged along all but the channels) or to
`(N, G, C / G, L)` (averaged over each group of channels).

Note [Known statistics]
~~~~~~~~~~~~~~~~~~~~~~~
Mean and spread are functions of `x`. A node keeps the numbers, so that backward need not compute
them again; but a second gradient must go through them. So the ops that rules call take them as
inputs `mean` and `spread` that only tell what is known already: `None` gives the same values, and
the rule for `x` accounts for them.
"""

from __future__ import annotations

import math
from typing import Any

from tracegrad.backend import normalization as along
from tracegrad.ops.declare import op

Array = Any

# -- the common core -------------------------------------------------------------------------------


def _weighted(g: Array, weight: Any) -> Array:
    return g if weight is None else g * weight


def known_statistics(
    xp: Any, x: Array, mean: Any, spread: Any, eps: float, centred: bool = True
) -> tuple[Any, Array]:
    """What is known, or computed now. See Note [Known statistics]."""
    if spread is None:
        return along.statistics(xp, x, eps, centred)
    return (mean if centred else None), spread


@op(
    vjp={"x": lambda ops, g, x, mean, spread, eps, centred: ops.standardized_backward(
        g, x, mean, spread, eps=eps, centred=centred)},
    public=False,
)  # fmt: skip
def standardized(xp, x, mean=None, spread=None, *, eps, centred=True):
    """`x` less its mean, times one over its spread: along the rows of a matrix, the channels of
    `(N, C, L)`, or the groups of `(N, G, C / G, L)`.
    """
    return along.standardized(xp, x, *known_statistics(xp, x, mean, spread, eps, centred))


@op(vjp={
    "g": lambda ops, h, x, mean, spread, weight, eps, centred: _weighted(
        ops.standardized_backward(h, x, mean, spread, eps=eps, centred=centred), weight),
    "x": lambda ops, h, g, x, mean, spread, weight, eps, centred: _standardized_twice(
        ops, h, _weighted(g, weight), x, mean, spread, eps, centred),
    "weight": lambda ops, h, g, x, mean, spread, eps, centred: (
        g * ops.standardized_backward(h, x, mean, spread, eps=eps, centred=centred)),
}, public=False)  # fmt: skip
def standardized_backward(
    xp, g, x, mean=None, spread=None, weight=None, total=None, product=None, *, eps, centred=True
):
    """The gradient of `standardized`: a symmetric matrix times `g`, for each row, channel or group.

    With weights that broadcast against `x`, by which that was multiplied then, times `g * weight`.
    `total` and `product` only tell the `plane_sums` of `g`, where they are known.
    """
    known = known_statistics(xp, x, mean, spread, eps, centred)
    sums = None if total is None else (total, product)
    return along.standardized_backward(xp, g, x, *known, weight, sums)


@op(vjp={"x": lambda ops, g, x, out, mean, spread, eps, centred: (
    -g * (out * out) * ops.standardized(x, mean, spread, eps=eps, centred=centred)
    * (1.0 / along.count(x)))}, public=False)  # fmt: skip
def inverse_spread(xp, x, mean=None, spread=None, *, eps, centred=True):
    """`1 / sqrt(variance + eps)` of each row, channel or group."""
    return known_statistics(xp, x, mean, spread, eps, centred)[1]


@op(vjp={
    "g": lambda ops, h, x, mean, spread, eps, centred: (
        h * ops.standardized(x, mean, spread, eps=eps, centred=centred)),
    "x": lambda ops, h, g, x, mean, spread, eps, centred: ops.standardized_backward(
        h * g, x, mean, spread, eps=eps, centred=centred),
}, public=False)  # fmt: skip
def weight_gradient(xp, g, x, mean=None, spread=None, *, eps, centred=True):
    """Sums of `g` times the standardized `x` over all rows of a matrix."""
    return along.weight_gradient(xp, g, x, *known_statistics(xp, x, mean, spread, eps, centred))


def _standardized_twice(
    ops: Any, h: Array, g: Array, x: Array, mean: Any, spread: Any, eps: float, centred: bool
) -> Array:
    """The gradient of `standardized_backward` with respect to `x`.

    With n the standardized x, r one over the spread, J = r (1 - 11'/m - nn'/m) and m elements in a
    row: dr/dx = -r^2 n / m and dn/dx = J, so that
    d<h, Jg>/dx = -<h, Jg> r n / m - r (mean(g n) Jh + mean(h n) Jg).
    """
    options = {"eps": eps, "centred": centred}
    dims, share = along.dimensions(x), 1.0 / along.count(x)
    n = ops.standardized(x, mean, spread, **options)
    r = ops.inverse_spread(x, mean, spread, **options)
    jg = ops.standardized_backward(g, x, mean, spread, **options)
    jh = ops.standardized_backward(h, x, mean, spread, **options)

    def average(y: Array) -> Array:
        return ops.sum(y, dim=dims, keepdim=True) * share

    return -(r * (average(h * jg) * n + average(g * n) * jh + average(h * n) * jg))


# -- along the last dimensions: layer norm, RMS norm -----------------------------------------------


def _as_rows(ops: Any, x: Array, normalized_shape: tuple[int, ...]) -> Array:
    """A matrix with one row for each thing that is normalised by itself."""
    return ops.reshape(x, shape=(_row_count(x, normalized_shape), math.prod(normalized_shape)))


def _row_count(x: Array, normalized_shape: tuple[int, ...]) -> int:
    return math.prod(x.shape[: len(x.shape) - len(normalized_shape)])


def _rows_x(
    ops: Any, g: Array, x: Array, weight: Any, mean: Any, spread: Any,
    shape: tuple[int, ...], eps: float, centred: bool = True,
) -> Array:  # fmt: skip
    """The gradient of the input."""
    row = None if weight is None else ops.reshape(weight, shape=(math.prod(shape),))
    rows = ops.standardized_backward(
        _as_rows(ops, g, shape), _as_rows(ops, x, shape), mean, spread, row,
        eps=eps, centred=centred,
    )  # fmt: skip
    return ops.reshape(rows, shape=x.shape)


def _rows_weight(
    ops: Any, g: Array, x: Array, mean: Any, spread: Any,
    shape: tuple[int, ...], eps: float, centred: bool = True,
) -> Array:  # fmt: skip
    """The gradient of the weight."""
    found = ops.weight_gradient(
        _as_rows(ops, g, shape), _as_rows(ops, x, shape), mean, spread, eps=eps, centred=centred
    )
    return ops.reshape(found, shape=shape)


def _rows_bias(ops: Any, g: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of the bias, one for each row."""
    return ops.reshape(g, shape=(_row_count(g, shape), *shape))


def _rows_forward(
    xp: Any, x: Array, weight: Any, bias: Any, shape: tuple[int, ...], eps: float, centred: bool
) -> tuple[Array, Array, Array]:
    """Result, means and spreads."""
    size = math.prod(shape)
    rows = x.reshape(_row_count(x, shape), size)
    row, offset = (None if t is None else t.reshape(1, size) for t in (weight, bias))
    out, mean, spread = along.normalized_rows(xp, rows, row, offset, eps, centred)
    return out.reshape(x.shape), mean, spread


@op(vjp={
    "x": lambda ops, g, x, weight, mean, spread, normalized_shape, eps: _rows_x(
        ops, g, x, weight, mean, spread, normalized_shape, eps),
    "weight": lambda ops, g, x, mean, spread, normalized_shape, eps: _rows_weight(
        ops, g, x, mean, spread, normalized_shape, eps),
    "bias": lambda ops, g, normalized_shape: _rows_bias(ops, g, normalized_shape),
}, aux=("mean", "spread"), public=False)  # fmt: skip
def layer_norm(xp, x, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """Mean 0 and spread 1 over the last dimensions, times `weight`, plus `bias`."""
    return _rows_forward(xp, x, weight, bias, normalized_shape, eps, True)


@op(vjp={
    "x": lambda ops, g, x, weight, spread, normalized_shape, eps: _rows_x(
        ops, g, x, weight, None, spread, normalized_shape, eps, centred=False),
    "weight": lambda ops, g, x, spread, normalized_shape, eps: _rows_weight(
        ops, g, x, None, spread, normalized_shape, eps, centred=False),
}, aux=("spread",), public=False)  # fmt: skip
def rms_norm(xp, x, weight=None, *, normalized_shape, eps):
    """Mean square 1 over the last dimensions, times `weight`."""
    out, _, spread = _rows_forward(xp, x, weight, None, normalized_shape, eps, False)
    return out, spread
