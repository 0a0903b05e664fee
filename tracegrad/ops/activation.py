"""Activations: what networks put between layers, and softmax."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import gelu as normal_share
from tracegrad.backend import kernels, rows
from tracegrad.ops.declare import REAL, Domain, elementwise, op

Array = Any
KINK_AT_ZERO = Domain(-3.0, 3.0, avoid=(0.0,))

# -- smooth ----------------------------------------------------------------------------------------


def _sigmoid(xp: Any, x: Array) -> Array:
    """Through `tanh`, which neither overflows nor branches: twice as fast as through `exp`."""
    share = xp.tanh(x * 0.5)
    share *= 0.5
    share += 0.5
    return share


@elementwise(
    vjp=lambda ops, g, x: g * ops.silu_slope(x), promotes="float", public=False, inplace=False
)
def silu(xp, x):
    """`x * sigmoid(x)`, also called swish."""
    share = _sigmoid(xp, x)
    share *= x
    return share


@elementwise(
    vjp=lambda ops, g, x: g * (ops.sigmoid(x) * (1 - ops.sigmoid(x))
                               * (x * (1 - ops.sigmoid(x) * 2) + 2)),
    promotes="float", public=False, inplace=False,
)  # fmt: skip
def silu_slope(xp, x):
    """The derivative of `silu`."""
    s = _sigmoid(xp, x)
    slope = 1 - s
    slope *= x
    slope += 1
    slope *= s
    return slope


@elementwise(
    vjp=lambda ops, g, x: g * ops.sigmoid(-x), promotes="float", public=False, inplace=False
)
def logsigmoid(xp, x):
    """`log(sigmoid(x))`, without overflow."""
    return xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.abs(x)))


@elementwise(
    vjp=lambda ops, g, x, beta, threshold: ops.where(
        x * beta > threshold, g, g * ops.sigmoid(x * beta)
    ),
    promotes="float",
    public=False,
    inplace=False,
)
def softplus(xp, x, *, beta=1.0, threshold=20.0):
    """`log(1 + exp(beta * x)) / beta`; the identity where `beta * x` exceeds the threshold."""
    z = x * beta
    smooth = (xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))) / beta
    return xp.where(z > threshold, x, smooth)


def _mish_slope(ops: Any, x: Array) -> Array:
    t = ops.tanh(ops.softplus(x))
    return t + x * ops.sigmoid(x) * (1 - t * t)


@elementwise(
    vjp=lambda ops, g, x: g * _mish_slope(ops, x), promotes="float", public=False, inplace=False
)
def mish(xp, x):
    """`x * tanh(softplus(x))`."""
    return x * xp.tanh(xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x))))


# -- gelu ------------------------------------------------------------------------------------------


@elementwise(
    vjp=lambda ops, g, x, share, approximate: ops.gelu_backward(
        g, x, share, approximate=approximate),
    aux=("share",), promotes="float", public=False, inplace=False,
)  # fmt: skip
def gelu(xp, x, *, approximate="none"):
    """`x` times the share of the normal distribution that lies below it.

    `approximate="tanh"` takes that share from `tanh`. Source: Hendrycks and Gimpel 2016.
    """
    return normal_share.gelu(xp, x, approximate)


@op(vjp={
    "g": lambda ops, h, x, share, approximate: ops.gelu_backward(
        h, x, share, approximate=approximate),
    "x": lambda ops, h, g, x, approximate: h * g * _gelu_curvature(ops, x, approximate),
}, public=False)  # fmt: skip
def gelu_backward(xp, g, x, share=None, *, approximate="none"):
    """`g` times the derivative of `gelu`; `share` is what is known of it already."""
    return normal_share.gelu_backward(xp, g, x, share, approximate)


def _gelu_curvature(ops: Any, x: Array, approximate: str) -> Array:
    """The second derivative of `gelu`."""
    if approximate == "none":
        return ops.exp(x * x * -0.5) * normal_share.NORMAL_DENSITY * (2 - x * x)
    c, k = normal_share.SLOPE, normal_share.CUBIC
    t = ops.tanh((x + x * x * x * k) * c)
    slope = (x * x * (3 * k) + 1) * c
    first = (1 - t * t) * slope
    return first + x * ((1 - t * t) * (6 * k * c) * x - t * first * slope * 2) * 0.5


# -- made of straight lines ------------------------------------------------------------------------


@elementwise(
    vjp=lambda ops, g, x, negative_slope: ops.where(x > 0, g, g * negative_slope),
    domain=KINK_AT_ZERO, public=False, inplace=False,
)  # fmt: skip
def leaky_relu(xp, x, *, negative_slope=0.01):
    """`x` where positive, `negative_slope * x` elsewhere."""
    return xp.where(x > 0, x, x * negative_slope)


@elementwise(vjp={
    "x": lambda ops, g, x, y: ops.where(x > 0, g, g * y),
    "y": lambda ops, g, x: ops.where(x > 0, 0.0, g * x),
}, domain={"x": KINK_AT_ZERO, "y": REAL}, public=False, inplace=False)  # fmt: skip
def prelu_kernel(xp, x, y):
    """`x` where positive, `y * x` elsewhere."""
    return xp.where(x > 0, x, x * y)


@elementwise(
    vjp=lambda ops, g, x, min_val, max_val: ops.keep_where(
        g, ops.bitwise_and(x > min_val, x < max_val)
    ),
    domain=Domain(-3.0, 3.0, avoid=(-1.0, 1.0)), public=False, inplace=False,
)  # fmt: skip
def hardtanh(xp, x, *, min_val=-1.0, max_val=1.0):
    """Each element brought between `min_val` and `max_val`; no gradient at either, unlike
    `clamp`.
    """
    return xp.clip(x, min_val, max_val)


@elementwise(
    vjp=lambda ops, g, x: ops.keep_where(g, ops.bitwise_and(x > -3, x < 3)) * (1 / 6),
    domain=Domain(-5.0, 5.0, avoid=(-3.0, 3.0)), public=False, inplace=False,
)  # fmt: skip
def hardsigmoid(xp, x):
    """`x / 6 + 1 / 2`, brought between 0 and 1."""
    return xp.clip(x + 3, 0, 6) / 6


@elementwise(
    vjp=lambda ops, g, x: ops.where(x <= -3, 0.0, ops.where(x < 3, g * (x * (1 / 3) + 0.5), g)),
    domain=Domain(-5.0, 5.0, avoid=(-3.0, 3.0)), public=False, inplace=False,
)  # fmt: skip
def hardswish(xp, x):
    """`x * hardsigmoid(x)`."""
    return x * xp.clip(x + 3, 0, 6) / 6


@elementwise(
    vjp=lambda ops, g, x, lambd: ops.where(ops.bitwise_and(x >= -lambd, x <= lambd), 0.0, g),
    domain=Domain(-2.0, 2.0, avoid=(-0.5, 0.5)), inplace=False,
)  # fmt: skip
def hardshrink(xp, x, *, lambd=0.5):
    """`x`, but 0 between `-lambd` and `lambd`."""
    return xp.where((x >= -lambd) & (x <= lambd), 0, x)


@elementwise(
    vjp=lambda ops, g, x, lambd: ops.where(ops.bitwise_and(x >= -lambd, x <= lambd), 0.0, g),
    domain=Domain(-2.0, 2.0, avoid=(-0.5, 0.5)), public=False, inplace=False,
)  # fmt: skip
def softshrink(xp, x, *, lambd=0.5):
    """`x` brought nearer to 0 by `lambd`, and 0 if it is that near."""
    # `x * 0` keeps NaN.
    return xp.where(x > lambd, x - lambd, xp.where(x < -lambd, x + lambd, x * 0))


@elementwise(
    vjp=lambda ops, g, x, threshold: ops.where(x <= threshold, 0.0, g),
    domain=Domain(-3.0, 3.0, avoid=(0.5,)), public=False, inplace=False,
)  # fmt: skip
def threshold(xp, x, *, threshold, value):
    """`x` where it exceeds the threshold, `value` elsewhere."""
    return xp.where(x <= threshold, kernels.scalar(xp, value, x.dtype), x)


# -- exponential below zero ------------------------------------------------------------------------


def _below(ops: Any, g: Array, x: Array, scale: float, steepness: float) -> Array:
    """The slope 1 where positive, `scale * steepness * exp(steepness * x)` elsewhere."""
    curve = ops.exp(ops.clamp(x, max=0.0) * steepness) * (scale * steepness)
    return ops.where(x > 0, g, g * curve)


@elementwise(
    vjp=lambda ops, g, x, alpha: _below(ops, g, x, alpha, 1.0),
    domain=KINK_AT_ZERO, public=False, inplace=False,
)  # fmt: skip
def elu(xp, x, *, alpha=1.0):
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere."""
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0)))


@elementwise(
    vjp=lambda ops, g, x, alpha: _below(ops, g, x, alpha, 1.0 / alpha),
    domain=KINK_AT_ZERO, public=False, inplace=False,
)  # fmt: skip
def celu(xp, x, *, alpha=1.0):
    """`x` where positive, `alpha * (exp(x / alpha) - 1)` elsewhere."""
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0) / alpha))


SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@elementwise(
    vjp=lambda ops, g, x: _below(ops, g * SELU_SCALE, x, SELU_ALPHA, 1.0),
    domain=KINK_AT_ZERO, public=False, inplace=False,
)  # fmt: skip
def selu(xp, x):
    """`elu`, scaled so that mean 0 and variance 1 stay. Source: Klambauer et al. 2017."""
    return SELU_SCALE * xp.where(x > 0, x, SELU_ALPHA * xp.expm1(xp.minimum(x, 0)))


# -- with numbers that were drawn ------------------------------------------------------------------


@op(vjp={"x": lambda ops, g, mask: g * mask}, public=False)
def apply_mask(xp, x, mask):
    """The tensor times a mask that was drawn: 0, or 1 / (1 - p). The mask is saved, not the
    generator.
    """
    return x * mask


@op(vjp={"x": lambda ops, g, slopes: g * slopes}, public=False)
def rrelu_with_noise(xp, x, slopes):
    """The tensor times slopes that were drawn; they are 1 where it is positive."""
    return x * slopes


# -- softmax ---------------------------------------------------------------------------------------


@op(vjp=lambda ops, g, out, dim: ops.softmax_backward(g, out, dim=dim), promotes="float")
def softmax(xp, x, *, dim, dtype=None):
    """Exponentials along `dim` that sum to 1, without overflow."""
    dim = kernels.axis(dim, x.ndim)
    if not x.ndim:
        return xp.ones_like(x)
    return rows.from_rows(xp, rows.softmax(xp, rows.as_rows(xp, x, dim)), x, dim)


@op(vjp={
    "x": lambda ops, h, out_known, dim: ops.softmax_backward(h, out_known, dim=dim),
    "out_known": lambda ops, h, x, out_known, dim: (
        h * (x - ops.sum(x * out_known, dim=dim, keepdim=True))
        - x * ops.sum(h * out_known, dim=dim, keepdim=True)),
}, public=False)  # fmt: skip
def softmax_backward(xp, x, out_known, *, dim):
    """The gradient of a softmax's input, from that of its result and the result."""
    dim = kernels.axis(dim, x.ndim)
    if not x.ndim:
        return out_known * (x - x * out_known)
    flat = rows.as_rows(xp, x, dim)
    found = rows.softmax_backward(xp, flat, rows.as_rows(xp, out_known, dim))
    return rows.from_rows(xp, found, x, dim)


@op(vjp=lambda ops, g, out, dim: ops.log_softmax_backward(g, out, dim=dim), promotes="float")
def log_softmax(xp, x, *, dim, dtype=None):
    """The logarithm of `softmax`, exact where softmax would round to 0."""
    if not x.ndim:
        kernels.axis(dim, 0)
        return xp.zeros_like(x)
    dim = kernels.axis(dim, x.ndim)
    flat = rows.as_rows(xp, x, dim)
    shifts, logs = rows.log_sums(xp, flat)
    found = flat - shifts
    found -= logs
    return rows.from_rows(xp, found.astype(x.dtype, copy=False), x, dim)


@op(vjp={
    "x": lambda ops, h, out_known, dim: (
        h - ops.sum(h * ops.exp(out_known), dim=dim, keepdim=True)),
    "out_known": lambda ops, h, x, out_known, dim: (
        -h * ops.exp(out_known) * ops.sum(x, dim=dim, keepdim=True)),
}, public=False)  # fmt: skip
def log_softmax_backward(xp, x, out_known, *, dim):
    """The gradient of a log_softmax's input, from that of its result and the result."""
    if not x.ndim:
        return x - x * xp.exp(out_known)
    dim = kernels.axis(dim, x.ndim)
    flat = rows.as_rows(xp, x, dim)
    found = rows.log_softmax_backward(xp, flat, rows.as_rows(xp, out_known, dim))
    return rows.from_rows(xp, found, x, dim)
