"""Batch, group and instance norm: `(N, C, *)` normalised by channel, or by groups of channels.

What gradients need of the memory are two sums for each channel of each sample, that of `g` and that
of `g` times the standardized `x`. The rules of input, weight and bias share them.
"""

from __future__ import annotations

import math
from typing import Any

from tracegrad.backend import normalization as along
from tracegrad.ops.declare import op
from tracegrad.ops.normalize import known_statistics

Array = Any

# -- shapes ----------------------------------------------------------------------------------------


def _split(ops: Any, x: Array, groups: int | None = None) -> Array:
    """`(N, C, *)` as `(N, C, L)`, or as `(N, G, C / G, L)`."""
    batch, channels, *sizes = x.shape
    split = (channels,) if groups is None else (groups, channels // max(groups, 1))
    return ops.reshape(x, shape=(batch, *split, math.prod(sizes)))


def _by_channel(ops: Any, numbers: Any, groups: int | None = None) -> Any:
    """One number for each channel, to be broadcast against what `_split` made."""
    if numbers is None:
        return None
    split = (-1,) if groups is None else (groups, -1)
    return ops.reshape(numbers, shape=(1, *split, 1))


def _by_plane(ops: Any, numbers: Array, x: Array) -> Array:
    """`(N, C)`, to be broadcast against `x`, which `_split` made."""
    return ops.reshape(numbers, shape=(*x.shape[:-1], 1))


# -- the sums that gradients are made of -----------------------------------------------------------


def _sums_g(
    ops: Any, h: Any, x: Array, mean: Any, spread: Any, eps: float, frozen: bool
) -> Array | None:
    total, product = (None if part is None else _by_plane(ops, part, x) for part in h)
    if product is None:
        return ops.expand(total, shape=x.shape)
    if frozen:
        standardized = (x - ops.to_like(mean, x)) * ops.to_like(spread, x)
    else:
        standardized = ops.standardized(x, mean, spread, eps=eps)
    found = product * standardized
    return found if total is None else found + total


def _sums_x(
    ops: Any, h: Any, g: Array, x: Array, mean: Any, spread: Any, eps: float, frozen: bool
) -> Array | None:
    if h[1] is None:
        return None
    weighted = _by_plane(ops, h[1], x) * g
    if frozen:
        return weighted * ops.to_like(spread, x)
    return ops.standardized_backward(weighted, x, mean, spread, eps=eps)


@op(vjp={
    "g": lambda ops, h, x, mean, spread, eps, frozen: _sums_g(
        ops, h, x, mean, spread, eps, frozen),
    "x": lambda ops, h, g, x, mean, spread, eps, frozen: _sums_x(
        ops, h, g, x, mean, spread, eps, frozen),
}, outputs=2, public=False)  # fmt: skip
def plane_sums(xp, g, x, mean=None, spread=None, *, eps, frozen=False):
    """For each channel of each sample the sums of `g` and of `g` times the standardized `x`.

    With `frozen`, mean and spread are constants; else see Note [Known statistics].

    Shapes: `(N, C, L)` or `(N, G, C / G, L)`; the results are `(N, C)`.
    """
    return along.plane_sums(xp, g, x, *known_statistics(xp, x, mean, spread, eps))


def _shared_sums(
    ops: Any, g: Array, x: Array, mean: Any, spread: Any, eps: float,
    groups: int | None = None, frozen: bool = False,
) -> Any:  # fmt: skip
    g, x = _split(ops, g, groups), _split(ops, x, groups)
    return ops.plane_sums(g, x, mean, spread, eps=eps, frozen=frozen)


def _x_gradient(
    ops: Any, g: Array, x: Array, weight: Any, mean: Any, spread: Any, sums: Any, eps: float,
    groups: int | None = None,
) -> Array:  # fmt: skip
    found = ops.standardized_backward(
        _split(ops, g, groups), _split(ops, x, groups), mean, spread,
        _by_channel(ops, weight, groups), *sums, eps=eps,
    )  # fmt: skip
    return ops.reshape(found, shape=x.shape)


def _over_samples(ops: Any, by_plane: Array) -> Array:
    """The gradient of a weight or a bias."""
    return ops.sum(by_plane, dim=0)


def _weighted(
    xp: Any, x: Array, mean: Array, spread: Array, weight: Any, bias: Any, groups: int | None = None
) -> Array:
    """`(x - mean) * spread * weight + bias` of what `_split` made, as a factor and a summand."""
    weight, bias = (
        None if n is None else n.reshape((1, -1, 1) if groups is None else (1, groups, -1, 1))
        for n in (weight, bias)
    )
    factor = spread if weight is None else spread * weight
    summand = -mean * factor
    return along.affine(xp, x, factor, summand if bias is None else summand + bias)


# -- batch norm ------------------------------------------------------------------------------------


def _frozen_x(ops: Any, g: Array, weight: Any, spread: Array) -> Array:
    """The gradient of what was multiplied by constants."""
    factor = ops.to_like(spread, g)
    if weight is not None:
        factor = factor * _by_channel(ops, weight)
    return g * ops.reshape(factor, shape=(1, -1, *[1] * (g.ndim - 2)))


@op(outputs=2, public=False)
def batch_statistics(xp, x):
    """Mean and variance (divided by the count) of each channel of `(N, C, *)`."""
    mean, variance = along.moments(xp, x.reshape(*x.shape[:2], math.prod(x.shape[2:])))
    return mean.reshape(-1), variance.reshape(-1)


@op(vjp={
    "x": lambda ops, g, x, weight, known_mean, known_spread, sums, eps, frozen: (
        _frozen_x(ops, g, weight, known_spread) if frozen
        else _x_gradient(ops, g, x, weight, known_mean, known_spread, sums, eps)),
    "weight": lambda ops, g, sums: _over_samples(ops, sums[1]),
    "bias": lambda ops, g, sums: _over_samples(ops, sums[0]),
}, shared={
    "sums": lambda ops, g, x, known_mean, known_spread, eps, frozen: _shared_sums(
        ops, g, x, known_mean, known_spread, eps, frozen=frozen),
}, aux=("known_mean", "known_spread"), public=False)  # fmt: skip
def batch_norm(xp, x, weight=None, bias=None, mean=None, variance=None, *, eps=1e-5, frozen=False):
    """Mean 0 and spread 1 for each channel of `(N, C, *)`, times `weight`, plus `bias`.

    With `frozen`, mean and variance are constants; else they are those of `x`, which a caller that
    has them already may pass on. See Note [Known statistics].
    """
    channels = x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
    if variance is None:
        mean, variance = along.moments(xp, channels)
    mean, spread = mean.reshape(1, -1, 1), 1 / xp.sqrt(variance + eps).reshape(1, -1, 1)
    out = _weighted(xp, channels, mean, spread, weight, bias)
    # The mean as a copy: running statistics are written to in place.
    return out.reshape(x.shape), xp.array(mean), spread


# -- group norm, instance norm ---------------------------------------------------------------------


def _by_group(
    xp: Any, x: Array, weight: Any, bias: Any, groups: int, eps: float
) -> tuple[Array, Array, Array]:
    """Result, means and spreads."""
    batch, channels, *sizes = x.shape
    split = x.reshape(batch, groups, channels // max(groups, 1), math.prod(sizes))
    mean, spread = along.statistics(xp, split, eps)
    return _weighted(xp, split, mean, spread, weight, bias, groups).reshape(x.shape), mean, spread


@op(vjp={
    "x": lambda ops, g, x, weight, mean, spread, sums, groups, eps: _x_gradient(
        ops, g, x, weight, mean, spread, sums, eps, groups),
    "weight": lambda ops, g, sums: _over_samples(ops, sums[1]),
    "bias": lambda ops, g, sums: _over_samples(ops, sums[0]),
}, shared={
    "sums": lambda ops, g, x, mean, spread, groups, eps: _shared_sums(
        ops, g, x, mean, spread, eps, groups),
}, aux=("mean", "spread"), public=False)  # fmt: skip
def group_norm(xp, x, weight=None, bias=None, *, groups, eps=1e-5):
    """Mean 0 and spread 1 for each group of channels of each sample of `(N, C, *)`, times `weight`,
    plus `bias`.
    """
    return _by_group(xp, x, weight, bias, groups, eps)


@op(vjp={
    "x": lambda ops, g, x, weight, mean, spread, sums, eps: _x_gradient(
        ops, g, x, weight, mean, spread, sums, eps, x.shape[1]),
    "weight": lambda ops, g, sums: _over_samples(ops, sums[1]),
    "bias": lambda ops, g, sums: _over_samples(ops, sums[0]),
}, shared={
    "sums": lambda ops, g, x, mean, spread, eps: _shared_sums(
        ops, g, x, mean, spread, eps, x.shape[1]),
}, aux=("mean", "spread"), public=False)  # fmt: skip
def instance_norm(xp, x, weight=None, bias=None, *, eps=1e-5):
    """Mean 0 and spread 1 for each channel of each sample of `(N, C, *)`, times `weight`, plus
    `bias`.
    """
    return _by_group(xp, x, weight, bias, x.shape[1], eps)
