"""Normalisation: mean 0 and spread 1, then a weight and a bias, as one node each.

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


def _known(
    xp: Any, x: Array, mean: Array | None, spread: Array | None, eps: float, centred: bool
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
    return along.standardized(xp, x, *_known(xp, x, mean, spread, eps, centred))


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
    known = _known(xp, x, mean, spread, eps, centred)
    sums = None if total is None else (total, product)
    return along.standardized_backward(xp, g, x, *known, weight, sums)


@op(vjp={"x": lambda ops, g, x, out, mean, spread, eps, centred: (
    -g * (out * out) * ops.standardized(x, mean, spread, eps=eps, centred=centred)
    * (1.0 / along.count(x)))}, public=False)  # fmt: skip
def inverse_spread(xp, x, mean=None, spread=None, *, eps, centred=True):
    """`1 / sqrt(variance + eps)` of each row, channel or group."""
    return _known(xp, x, mean, spread, eps, centred)[1]


@op(vjp={
    "g": lambda ops, h, x, mean, spread, eps, centred: (
        h * ops.standardized(x, mean, spread, eps=eps, centred=centred)),
    "x": lambda ops, h, g, x, mean, spread, eps, centred: ops.standardized_backward(
        h * g, x, mean, spread, eps=eps, centred=centred),
}, public=False)  # fmt: skip
def weight_gradient(xp, g, x, mean=None, spread=None, *, eps, centred=True):
    """Sums of `g` times the standardized `x` over all rows of a matrix."""
    return along.weight_gradient(xp, g, x, *_known(xp, x, mean, spread, eps, centred))


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
    size = math.prod(normalized_shape)
    rows = math.prod(x.shape[: len(x.shape) - len(normalized_shape)])
    return ops.reshape(x, shape=(rows, size))


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
    rows = math.prod(g.shape) // max(math.prod(shape), 1)
    return ops.reshape(g, shape=(rows, *shape))


def _rows_forward(
    xp: Any, x: Array, weight: Any, bias: Any, shape: tuple[int, ...], eps: float, centred: bool
) -> tuple[Array, Array, Array]:
    """Result, means and spreads."""
    size = math.prod(shape)
    rows = x.reshape(x.size // max(size, 1), size)
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


# -- by channel, or by groups of them --------------------------------------------------------------


def _planes(ops: Any, x: Array, groups: int | None) -> Array:
    """`(N, C, *)` as `(N, C, L)`, or as `(N, G, C / G, L)`."""
    batch, channels, *sizes = x.shape
    split = (channels,) if groups is None else (groups, channels // max(groups, 1))
    return ops.reshape(x, shape=(batch, *split, math.prod(sizes)))


def _per_channel(ops: Any, values: Array, x: Array) -> Array:
    """One number for each channel, to be broadcast against `(N, C, *)` or what `_planes` made."""
    if x.ndim == 4
    return ops.reshape(values, shape=(1, -1, *[1] * (x.ndim - 2)))
# -- by channel: batch norm ------------------------------------------------------------------------


def _length(shape: tuple[int, ...]) -> int:
    """How many places a channel of `(N, C, *)` has."""
    return math.prod(shape[2:])


def _as_channels(ops: Any, x: Array) -> Array:
    """`(N, C, *)` as `(N, C, L)`."""
    return ops.reshape(x, shape=(x.shape[0], x.shape[1], _length(x.shape)))


def _per_channel(ops: Any, values: Array, ndim: int) -> Array:
    """One number for each channel, to be broadcast against `(N, C, *)`."""
    return ops.reshape(values, shape=(1, -1, *[1] * (ndim - 2)))


def _channels_x(
    ops: Any, g: Array, x: Array, weight: Any, mean: Any, spread: Any, eps: float, frozen: bool
) -> Array:
    weighted = g if weight is None else g * _per_channel(ops, weight, x.ndim)
    if frozen:
        return weighted * _per_channel(ops, ops.to_like(spread, x), x.ndim)
    found = ops.standardized_backward(
        _as_channels(ops, weighted), _as_channels(ops, x), mean, spread, eps=eps
    )
    return ops.reshape(found, shape=x.shape)


def _channels_weight(
    ops: Any, g: Array, x: Array, mean: Any, spread: Any, eps: float, frozen: bool
) -> Array:
    channels = _as_channels(ops, x)
    if frozen:
        result = (channels - ops.to_like(mean, x)) * ops.to_like(spread, x)
        return ops.sum(_as_channels(ops, g) * result, dim=(0, 2))
    found = ops.weight_gradient(_as_channels(ops, g), channels, mean, spread, eps=eps)
    return ops.reshape(found, shape=(x.shape[1],))


def _all_but_channels(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (0, *range(2, len(shape)))


def _affine(xp: Any, x: Array, mean: Array, spread: Array, weight: Any, bias: Any) -> Array:
    """`(x - mean) * spread * weight + bias` of `(N, C, L)`; statistics broadcast against it.

    In two passes over `x`, as a factor and a summand.
    """
    factor = spread if weight is None else spread * weight.reshape(1, -1, 1)
    summand = -mean * factor
    if bias is not None:
        summand = summand + bias.reshape(1, -1, 1)
    out = xp.multiply(x, factor.astype(x.dtype, copy=False) if x.dtype.itemsize > 2 else factor)
    xp.add(out, summand.astype(out.dtype, copy=False), out=out)
    return out.astype(x.dtype, copy=False)


@op(outputs=2, public=False)
def batch_statistics(xp, x):
    """Mean and variance (divided by the count) of each channel of `(N, C, *)`."""
    mean, variance = along.moments(xp, x.reshape(x.shape[0], x.shape[1], _length(x.shape)))
    return mean.reshape(-1), variance.reshape(-1)


@op(vjp={
    "x": lambda ops, g, x, weight, known_mean, known_spread, eps, frozen: _channels_x(
        ops, g, x, weight, known_mean, known_spread, eps, frozen),
    "weight": lambda ops, g, x, known_mean, known_spread, eps, frozen: _channels_weight(
        ops, g, x, known_mean, known_spread, eps, frozen),
    "bias": lambda ops, g: ops.sum(g, dim=_all_but_channels(g.shape)),
}, aux=("known_mean", "known_spread"), public=False)  # fmt: skip
def batch_norm(xp, x, weight=None, bias=None, mean=None, variance=None, *, eps=1e-5, frozen=False):
    """Mean 0 and spread 1 for each channel of `(N, C, *)`, times `weight`, plus `bias`.

    With `frozen`, mean and variance are constants; else they are those of `x`, which a caller that
    has them already may pass on. See Note [Known statistics].
    """
    channels = x.reshape(x.shape[0], x.shape[1], _length(x.shape))
    if variance is None:
        mean, variance = along.moments(xp, channels)
    mean, spread = mean.reshape(1, -1, 1), 1 / xp.sqrt(variance + eps).reshape(1, -1, 1)
    out = _affine(xp, channels, mean, spread, weight, bias).reshape(x.shape)
    return out, xp.array(mean), spread  # a copy: running statistics are written to in place


# -- by groups of channels: group norm, instance norm ----------------------------------------------


def _as_groups(ops: Any, x: Array, groups: int) -> Array:
    """A matrix with one row for each group of channels of each sample."""
    rows = x.shape[0] * groups
    return ops.reshape(x, shape=(rows, math.prod(x.shape) // max(rows, 1)))


def _groups_x(
    ops: Any, g: Array, x: Array, weight: Any, mean: Any, spread: Any, groups: int, eps: float
) -> Array:
    weighted = g if weight is None else g * _per_channel(ops, weight, x.ndim)
    rows = ops.standardized_backward(
        _as_groups(ops, weighted, groups), _as_groups(ops, x, groups), mean, spread, eps=eps
    )
    return ops.reshape(rows, shape=x.shape)


def _groups_weight(
    ops: Any, g: Array, x: Array, mean: Any, spread: Any, groups: int, eps: float
) -> Array:
    rows = ops.standardized(_as_groups(ops, x, groups), mean, spread, eps=eps)
    return ops.sum(_as_channels(ops, g) * _as_channels(ops, ops.reshape(rows, shape=x.shape)),
                   dim=(0, 2))  # fmt: skip


def _by_group(
    xp: Any, x: Array, weight: Any, bias: Any, groups: int, eps: float
) -> tuple[Array, Array, Array]:
    """Result, means and spreads."""
    batch, channels = x.shape[:2]
    rows = x.reshape(batch * groups, x.size // max(batch * groups, 1))
    mean, spread = along.statistics(xp, rows, eps)
    shape = (batch, groups, channels // max(groups, 1), _length(x.shape))
    each = (batch, groups, 1, 1)
    per_channel = (batch, channels, 1)
    means, spreads = (
        xp.broadcast_to(s.reshape(each), (*shape[:3], 1)).reshape(per_channel)
        for s in (mean, spread)
    )
    out = _affine(xp, x.reshape(batch, channels, shape[3]), means, spreads, weight, bias)
    return out.reshape(x.shape), mean, spread


@op(vjp={
    "x": lambda ops, g, x, weight, mean, spread, groups, eps: _groups_x(
        ops, g, x, weight, mean, spread, groups, eps),
    "weight": lambda ops, g, x, mean, spread, groups, eps: _groups_weight(
        ops, g, x, mean, spread, groups, eps),
    "bias": lambda ops, g: ops.sum(g, dim=_all_but_channels(g.shape)),
}, aux=("mean", "spread"), public=False)  # fmt: skip
def group_norm(xp, x, weight=None, bias=None, *, groups, eps=1e-5):
    """Mean 0 and spread 1 for each group of channels of each sample of `(N, C, *)`, times `weight`,
    plus `bias`.
    """
    return _by_group(xp, x, weight, bias, groups, eps)


@op(vjp={
    "x": lambda ops, g, x, weight, mean, spread, eps: _groups_x(
        ops, g, x, weight, mean, spread, x.shape[1], eps),
    "weight": lambda ops, g, x, mean, spread, eps: _groups_weight(
        ops, g, x, mean, spread, x.shape[1], eps),
    "bias": lambda ops, g: ops.sum(g, dim=_all_but_channels(g.shape)),
}, aux=("mean", "spread"), public=False)  # fmt: skip
def instance_norm(xp, x, weight=None, bias=None, *, eps=1e-5):
    """Mean 0 and spread 1 for each channel of each sample of `(N, C, *)`, times `weight`, plus
    `bias`.
    """
    return _by_group(xp, x, weight, bias, x.shape[1], eps)
