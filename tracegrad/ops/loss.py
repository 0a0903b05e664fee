"""Losses: made ops of their own for speed, stability, and for nodes by these names."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import kernels
from tracegrad.ops.declare import Domain, elementwise, op

Array = Any

# -- from one number for each element to what was asked for ----------------------------------------


def _reduce(xp: Any, losses: Array, reduction: str) -> Array:
    """One loss per element to what was asked for."""
    if reduction == "mean":
        return (
            xp.add.reduce(losses, None) / losses.size
            if losses.size
            else xp.add.reduce(losses, None) * xp.nan
        )
    if reduction == "sum":
        return xp.add.reduce(losses, None)
    if reduction == "none":
        return losses
    raise ValueError(
        f"{reduction} is not a valid value for reduction\n  try: 'mean', 'sum' or 'none'"
    )


def _share(g: Array, shape: tuple[int, ...], reduction: str) -> Array:
    """The loss's gradient as each element gets it."""
    return g * (1.0 / max(kernels.reduced_count(shape, None), 1)) if reduction == "mean" else g


APART = {"x": Domain(-3.0, -0.1), "y": Domain(0.1, 3.0)}

# -- differences -----------------------------------------------------------------------------------


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction: _share(g, x_shape, reduction) * ((x - y) * 2.0),
    "y": lambda ops, g, x, y, x_shape, reduction: _share(g, x_shape, reduction) * ((y - x) * 2.0),
}, promotes="types", public=False)  # fmt: skip
def mse_loss(xp, x, y, *, reduction="mean"):
    """The squared difference of two tensors of one shape."""
    difference = x - y
    return _reduce(xp, difference * difference, reduction)


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction: _share(g, x_shape, reduction) * ops.sgn(x - y),
    "y": lambda ops, g, x, y, x_shape, reduction: _share(g, x_shape, reduction) * ops.sgn(y - x),
}, promotes="types", public=False, domain=APART)  # fmt: skip
def l1_loss(xp, x, y, *, reduction="mean"):
    """The absolute difference of two tensors of one shape."""
    return _reduce(xp, xp.abs(x - y), reduction)


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction, beta: (
        _share(g, x_shape, reduction) * ops.clamp((x - y) * (1.0 / beta), min=-1.0, max=1.0)),
    "y": lambda ops, g, x, y, x_shape, reduction, beta: (
        _share(g, x_shape, reduction) * ops.clamp((y - x) * (1.0 / beta), min=-1.0, max=1.0)),
}, promotes="types", public=False, domain=APART)  # fmt: skip
def smooth_l1_loss(xp, x, y, *, reduction="mean", beta=1.0):
    """The absolute difference, rounded to a parabola where it is smaller than `beta`."""
    distance = xp.abs(x - y)
    small = distance * distance * (0.5 / beta)
    return _reduce(xp, xp.where(distance < beta, small, distance - 0.5 * beta), reduction)


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction, delta: (
        _share(g, x_shape, reduction) * ops.clamp(x - y, min=-delta, max=delta)),
    "y": lambda ops, g, x, y, x_shape, reduction, delta: (
        _share(g, x_shape, reduction) * ops.clamp(y - x, min=-delta, max=delta)),
}, promotes="types", public=False, domain=APART)  # fmt: skip
def huber_loss(xp, x, y, *, reduction="mean", delta=1.0):
    """Half the squared difference, and a straight line where it is larger than `delta`."""
    distance = xp.abs(x - y)
    small = distance * distance * 0.5
    return _reduce(xp, xp.where(distance <= delta, small, (distance - 0.5 * delta) * delta),
                   reduction)  # fmt: skip


# -- probabilities of yes and no -------------------------------------------------------------------


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction: (
        _share(g, x_shape, reduction) * (ops.sigmoid(x) - y)),
    "y": lambda ops, g, x, x_shape, reduction: _share(g, x_shape, reduction) * -x,
}, promotes="types", public=False)  # fmt: skip
def binary_cross_entropy_with_logits(xp, x, y, *, reduction="mean"):
    """Cross entropy of `sigmoid(x)` against probabilities `y`, without overflow."""
    losses = (1 - y) * x - xp.minimum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))
    return _reduce(xp, losses, reduction)


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction: (
        _share(g, x_shape, reduction) * (x - y) / ops.clamp(x * (1 - x), min=1e-12)),
    "y": lambda ops, g, x, x_shape, reduction: (
        _share(g, x_shape, reduction) * (ops.log_at_least(1 - x) - ops.log_at_least(x))),
}, promotes="types", public=False, domain=Domain(0.1, 0.9))  # fmt: skip
def binary_cross_entropy(xp, x, y, *, reduction="mean"):
    """Cross entropy of probabilities `x` against probabilities `y`; logarithms stop at -100."""
    if x.size and (x.min() < 0 or x.max() > 1):
        raise RuntimeError(
            "all elements of input should be between 0 and 1\n"
            "  try: the loss with logits, which takes scores; or input.sigmoid()"
        )
    losses = -(y * xp.maximum(xp.log(x), -100) + (1 - y) * xp.maximum(xp.log(1 - x), -100))
    return _reduce(xp, losses, reduction)


@elementwise(
    vjp=lambda ops, g, x: ops.where(x > 3.8e-44, g / x, 0.0),
    public=False,
    inplace=False,
    domain=Domain(0.1, 0.9),
)
def log_at_least(xp, x):
    """The logarithm, but not below -100."""
    return xp.maximum(xp.log(x), -100)


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction: (
        _share(g, x_shape, reduction) * -y * ops.sigmoid(-(x * y))),
    "y": lambda ops, g, x, y, x_shape, reduction: (
        _share(g, x_shape, reduction) * -x * ops.sigmoid(-(x * y))),
}, promotes="types", public=False)  # fmt: skip
def soft_margin_loss(xp, x, y, *, reduction="mean"):
    """`log(1 + exp(-x * y))` of scores `x` and signs `y`."""
    z = -x * y
    return _reduce(xp, xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z))), reduction)


@op(vjp={
    "x": lambda ops, g, y, x_shape, reduction, log_target: (
        _share(g, x_shape, reduction) * -(ops.exp(y) if log_target else y)),
    "y": lambda ops, g, x, y, x_shape, reduction, log_target: (
        _share(g, x_shape, reduction) * (
            ops.exp(y) * (y - x + 1) if log_target
            else ops.where(y == 0, -x, ops.log(ops.where(y == 0, 1.0, y)) + 1 - x))),
}, promotes="types", public=False, domain={"x": Domain(-3.0, -0.1), "y": Domain(0.1, 1.0)},
)  # fmt: skip
def kl_div(xp, x, y, *, reduction="mean", log_target=False):
    """`y * (log(y) - x)`, the divergence of log probabilities `x` from probabilities `y`.

    0 where `y` is 0; NaN where it is negative, and so no probability.
    """
    if log_target:
        return _reduce(xp, xp.exp(y) * (y - x), reduction)
    return _reduce(xp, y * (xp.log(xp.where(y == 0, 1, y)) - x), reduction)
