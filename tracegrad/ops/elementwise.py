"""Functions of one number, applied to each element."""

from __future__ import annotations

from typing import Any

from tracegrad.ops.declare import NONZERO, POSITIVE, REAL, UNIT, Domain, elementwise

Array = Any
SMOOTH = Domain(-3.0, 3.0)
KINK_AT_ZERO = Domain(-3.0, 3.0, avoid=(0.0,))
STEPS = Domain(-2.9, 2.9, avoid=(-2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5))

# -- signs and powers ------------------------------------------------------------------------------


@elementwise(ufunc="negative", vjp=lambda ops, g: -g)
def neg(xp, x):
    """The negative of each element."""


@elementwise(ufunc="positive", vjp=lambda ops, g: g, inplace=False)
def positive(xp, x):
    """Each element as it is."""


@elementwise(ufunc="absolute", vjp=lambda ops, g, x: g * ops.sgn(x), domain=KINK_AT_ZERO)
def abs(xp, x):
    """The absolute value of each element. Its gradient at 0 is 0."""


@elementwise(vjp=lambda ops, g: ops.zeros_of(g, shape=g.shape), domain=STEPS)
def sgn(xp, x):
    """-1, 0 or 1 by the sign of each element; for complex numbers the direction. 0 for NaN."""
    if x.dtype.kind in "bc":
        return xp.sign(x) if x.dtype.kind == "c" else x.copy()
    return xp.subtract(x > 0, x < 0, dtype=x.dtype)


@elementwise(vjp=lambda ops, g: ops.zeros_of(g, shape=g.shape), domain=STEPS)
def sign(xp, x):
    """-1, 0 or 1 by the sign of each element. 0 for NaN."""
    return sgn.declaration.kernel(xp, x)


@elementwise(ufunc="square", vjp=lambda ops, g, x: g * (x * 2))
def square(xp, x):
    """Each element times itself."""


@elementwise(vjp=lambda ops, g, out: g / (out * 2), domain=POSITIVE, promotes="float", ufunc="sqrt")
def sqrt(xp, x):
    """The square root of each element; NaN below 0, and an infinite gradient at 0."""


@elementwise(
    vjp=lambda ops, g, out: g * (out * out * out) * -0.5, domain=POSITIVE, promotes="float"
)
def rsqrt(xp, x):
    """One over the square root of each element."""
    return 1 / xp.sqrt(x)


@elementwise(vjp=lambda ops, g, out: -g * (out * out), domain=NONZERO, promotes="float")
def reciprocal(xp, x):
    """One over each element."""
    return 1 / x


# -- exponentials and logarithms -------------------------------------------------------------------


@elementwise(ufunc="exp", vjp=lambda ops, g, out: g * out, promotes="float")
def exp(xp, x):
    """e to the power of each element."""


@elementwise(ufunc="exp2", vjp=lambda ops, g, out: g * (out * 0.6931471805599453), promotes="float")
def exp2(xp, x):
    """2 to the power of each element."""


@elementwise(ufunc="expm1", vjp=lambda ops, g, out: g * (out + 1), promotes="float")
def expm1(xp, x):
    """`exp(x) - 1`, exact near 0."""


@elementwise(ufunc="log", vjp=lambda ops, g, x: g / x, domain=POSITIVE, promotes="float")
def log(xp, x):
    """The natural logarithm of each element."""


@elementwise(
    ufunc="log2",
    vjp=lambda ops, g, x: g / (x * 0.6931471805599453),
    domain=POSITIVE,
    promotes="float",
)
def log2(xp, x):
    """The logarithm to base 2 of each element."""


@elementwise(
    ufunc="log10",
    vjp=lambda ops, g, x: g / (x * 2.302585092994046),
    domain=POSITIVE,
    promotes="float",
)
def log10(xp, x):
    """The logarithm to base 10 of each element."""


@elementwise(ufunc="log1p", vjp=lambda ops, g, x: g / (x + 1), domain=POSITIVE, promotes="float")
def log1p(xp, x):
    """`log(1 + x)`, exact near 0."""


# -- trigonometry (radians) ------------------------------------------------------------------------


@elementwise(ufunc="sin", vjp=lambda ops, g, x: g * ops.cos(x), promotes="float")
def sin(xp, x):
    """The sine of each element, in radians."""


@elementwise(ufunc="cos", vjp=lambda ops, g, x: -g * ops.sin(x), promotes="float")
def cos(xp, x):
    """The cosine of each element, in radians."""


@elementwise(
    ufunc="tan",
    vjp=lambda ops, g, out: g * (out * out + 1),
    domain=Domain(-1.2, 1.2),
    promotes="float",
)
def tan(xp, x):
    """The tangent of each element, in radians."""


@elementwise(
    ufunc="arcsin", vjp=lambda ops, g, x: g * ops.rsqrt(1 - x * x), domain=UNIT, promotes="float"
)
def asin(xp, x):
    """The angle in radians whose sine each element is."""


@elementwise(
    ufunc="arccos", vjp=lambda ops, g, x: -g * ops.rsqrt(1 - x * x), domain=UNIT, promotes="float"
)
def acos(xp, x):
    """The angle in radians whose cosine each element is."""


@elementwise(ufunc="arctan", vjp=lambda ops, g, x: g / (x * x + 1), promotes="float")
def atan(xp, x):
    """The angle in radians whose tangent each element is."""


@elementwise(ufunc="sinh", vjp=lambda ops, g, x: g * ops.cosh(x), promotes="float")
def sinh(xp, x):
    """The hyperbolic sine of each element."""


@elementwise(ufunc="cosh", vjp=lambda ops, g, x: g * ops.sinh(x), promotes="float")
def cosh(xp, x):
    """The hyperbolic cosine of each element."""


@elementwise(ufunc="tanh", vjp=lambda ops, g, out: g * (1 - out * out), promotes="float")
def tanh(xp, x):
    """The hyperbolic tangent of each element."""


# -- rounding --------------------------------------------------------------------------------------


@elementwise(ufunc="floor", vjp=lambda ops, g: ops.zeros_of(g, shape=g.shape), domain=STEPS)
def floor(xp, x):
    """The largest integer not above each element."""


@elementwise(ufunc="ceil", vjp=lambda ops, g: ops.zeros_of(g, shape=g.shape), domain=STEPS)
def ceil(xp, x):
    """The smallest integer not below each element."""


@elementwise(ufunc="trunc", vjp=lambda ops, g: ops.zeros_of(g, shape=g.shape), domain=STEPS)
def trunc(xp, x):
    """Each element without its fraction."""


@elementwise(vjp=lambda ops, g: ops.zeros_of(g, shape=g.shape), domain=STEPS)
def round(xp, x, *, decimals=0):
    """Each element rounded to `decimals` digits after the point, halves to even."""
    return xp.round(x, decimals)


# -- activations -----------------------------------------------------------------------------------


@elementwise(vjp=lambda ops, g, out: ops.keep_where(g, out != 0), domain=KINK_AT_ZERO)
def relu(xp, x):
    """`max(x, 0)`, with gradient 0 at 0; NaN stays NaN."""
    return xp.maximum(x, 0)


@elementwise(vjp=lambda ops, g, out: g * (out * (1 - out)), promotes="float")
def sigmoid(xp, x):
    """`1 / (1 + exp(-x))`, without overflow."""
    if x.dtype.kind == "c":
        return 1 / (1 + xp.exp(-x))
    e = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, 1 / (1 + e), e / (1 + e))


@elementwise(
    vjp=lambda ops, g, x: g * ops.sigmoid(x) * (x * (1 - ops.sigmoid(x)) + 1),
    promotes="float",
    public=False,
    inplace=False,
)
def silu(xp, x):
    """`x * sigmoid(x)`, also called swish."""
    return x * sigmoid.declaration.kernel(xp, x)


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


@elementwise(
    vjp=lambda ops, g, x, negative_slope: ops.where(x > 0, g, g * negative_slope),
    domain=KINK_AT_ZERO,
    public=False,
    inplace=False,
)
def leaky_relu(xp, x, *, negative_slope=0.01):
    """`x` where positive, `negative_slope * x` elsewhere."""
    return xp.where(x > 0, x, x * negative_slope)


@elementwise(
    vjp=lambda ops, g, x, alpha: ops.where(x > 0, g, g * (ops.exp(ops.clamp(x, max=0.0)) * alpha)),
    domain=KINK_AT_ZERO,
    public=False,
    inplace=False,
)
def elu(xp, x, *, alpha=1.0):
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere."""
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0)))


@elementwise(
    vjp=lambda ops, g, x, min, max: ops.keep_where(g, ops.clamp_mask(x, min=min, max=max)),
    domain=Domain(-3.0, 3.0, avoid=(-1.0, 1.0)),
)
def clamp(xp, x, *, min=None, max=None):
    """Each element brought between `min` and `max`, either of which may be left out."""
    if min is None and max is None:
        raise ValueError("torch.clamp: At least one of 'min' or 'max' must not be None")
    return xp.clip(x, min, max)


@elementwise(public=False, inplace=False)
def clamp_mask(xp, x, *, min=None, max=None):
    """Where `clamp` leaves an element alone."""
    low = True if min is None else x >= min
    return low & (True if max is None else x <= max)


# -- tests for special numbers ---------------------------------------------------------------------


@elementwise(ufunc="isnan", inplace=False)
def isnan(xp, x):
    """Whether each element is NaN."""


@elementwise(ufunc="isinf", inplace=False)
def isinf(xp, x):
    """Whether each element is infinite."""


@elementwise(ufunc="isfinite", inplace=False)
def isfinite(xp, x):
    """Whether each element is neither NaN nor infinite."""


@elementwise(ufunc="logical_not", inplace=False)
def logical_not(xp, x):
    """Whether each element is 0."""


@elementwise(ufunc="invert")
def bitwise_not(xp, x):
    """Each element with all bits turned over; for bools, not."""


# -- dtype -----------------------------------------------------------------------------------------


def _converted_back(ops: Any, g: Array, x_dtype: Any) -> Array:
    """The gradient in the input's dtype. Rules are those of real numbers: complex stops here."""
    if not x_dtype.is_complex and str(g.dtype).rpartition(".")[2].startswith("complex"):
        raise NotImplementedError(
            "gradients through complex tensors are not supported\n"
            "  try: two real tensors, for the real and the imaginary part"
        )
    return ops.to_dtype(g, dtype=x_dtype)


@elementwise(
    vjp=lambda ops, g, x_dtype: _converted_back(ops, g, x_dtype),
    promotes="none", public=False, inplace=False, aux=("x_dtype",), domain=REAL,
)  # fmt: skip
def to_dtype(xp, x, *, dtype):
    """Each element converted to another dtype."""
    from tracegrad import dtypes

    return x.astype(dtype.numpy), dtypes.from_numpy(x.dtype)


@elementwise(promotes="none", public=False, inplace=False)
def to_integer(xp, x, *, dtype):
    """Each element converted to an integer dtype or bool: no gradient comes back from there."""
    return x.astype(dtype.numpy)
