"""Functions of one number, applied to each element."""

from __future__ import annotations

from typing import Any

from tracegrad.engine.worlds import meet_complex
from tracegrad.ops.complex_ import is_complex, real_part, sgn_x
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


@elementwise(vjp=lambda ops, g, x: sgn_x(ops, g, x), domain=STEPS)
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


@elementwise(ufunc="arcsinh", vjp=lambda ops, g, x: g * ops.rsqrt(x * x + 1), promotes="float")
def asinh(xp, x):
    """The number whose hyperbolic sine each element is."""


def _acosh_x(ops: Any, g: Array, x: Array) -> Array:
    """The root of the product is on the wrong branch where a complex `x` lies left of 0."""
    if is_complex(x):
        return g * ops.rsqrt(x - 1) * ops.rsqrt(x + 1)
    return g * ops.rsqrt(x * x - 1)


@elementwise(
    ufunc="arccosh",
    vjp=lambda ops, g, x: _acosh_x(ops, g, x),
    domain=Domain(1.2, 4.0),
    promotes="float",
)
def acosh(xp, x):
    """The number whose hyperbolic cosine each element is; NaN below 1."""


@elementwise(ufunc="arctanh", vjp=lambda ops, g, x: g / (1 - x * x), domain=UNIT, promotes="float")
def atanh(xp, x):
    """The number whose hyperbolic tangent each element is; NaN outside of -1 to 1."""


@elementwise(ufunc="deg2rad", vjp=lambda ops, g: g * 0.017453292519943295, promotes="float")
def deg2rad(xp, x):
    """Angles in degrees as radians."""


@elementwise(ufunc="rad2deg", vjp=lambda ops, g: g * 57.29577951308232, promotes="float")
def rad2deg(xp, x):
    """Angles in radians as degrees."""


@elementwise(
    vjp=lambda ops, g, x, out: g * ops.where(
        x == 0, 0.0, ops.safe_ratio(ops.cos(x * 3.141592653589793) - out, x)),
    promotes="float",
)  # fmt: skip
def sinc(xp, x):
    """`sin(pi x) / (pi x)`, and 1 at 0."""
    angle = xp.where(x == 0, 1, x) * xp.pi
    return xp.where(x == 0, 1, xp.sin(angle) / angle)


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


@elementwise(vjp=lambda ops, g: g, domain=STEPS)
def frac(xp, x):
    """The fraction of each element, with its sign."""
    if x.dtype.kind not in "fV":
        raise NotImplementedError(
            f"frac is not implemented for {x.dtype}\n  try: .float(); whole numbers have none"
        )
    return x - xp.trunc(x)


@elementwise(
    vjp=lambda ops, g, x: g[0] * ops.mantissa_slope(x), promotes="none", inplace=False,
    public=False, outputs=2, domain=NONZERO,
)  # fmt: skip
def frexp(xp, x):
    """A mantissa between 0.5 and 1, with the element's sign, and a power of two."""
    if x.dtype.kind not in "fV":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes\n  try: .float()")
    return xp.frexp(x)


@elementwise(inplace=False, public=False)
def mantissa_slope(xp, x):
    """Two to the power of minus the exponent that `frexp` finds."""
    return xp.ldexp(xp.ones((), x.dtype), -xp.frexp(x)[1])


@elementwise(
    vjp=lambda ops, g, x: ops.keep_where(g, ops.isfinite(x)), domain=SMOOTH, promotes="types"
)
def nan_to_num(xp, x, *, nan=None, posinf=None, neginf=None):
    """Each element, with NaN and the infinities replaced: by 0 and the largest numbers unless
    given.
    """
    return xp.nan_to_num(x, nan=nan or 0.0, posinf=posinf, neginf=neginf)


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


@elementwise(inplace=False)
def isposinf(xp, x):
    """Whether each element is plus infinity."""
    return x == xp.inf


@elementwise(inplace=False)
def isneginf(xp, x):
    """Whether each element is minus infinity."""
    return x == -xp.inf


@elementwise(inplace=False)
def isreal(xp, x):
    """Whether each element has no imaginary part."""
    return xp.imag(x) == 0 if x.dtype.kind == "c" else xp.ones(x.shape, bool)


@elementwise(inplace=False)
def signbit(xp, x):
    """Whether the sign of each element is set: that of -0.0 is."""
    return xp.signbit(x) if x.dtype.kind not in "biu" else x < 0


@elementwise(ufunc="logical_not")
def logical_not(xp, x):
    """Whether each element is 0."""


@elementwise(ufunc="invert")
def bitwise_not(xp, x):
    """Each element with all bits turned over; for bools, not."""


# -- dtype -----------------------------------------------------------------------------------------


def _converted_back(ops: Any, g: Array, x_dtype: Any) -> Array:
    """The gradient in the input's dtype; of a real input that became complex the real part."""
    return ops.to_dtype(g if x_dtype.is_complex else real_part(ops, g), dtype=x_dtype)


@elementwise(
    vjp=lambda ops, g, x_dtype: _converted_back(ops, g, x_dtype),
    promotes="none", public=False, inplace=False, aux=("x_dtype",), domain=REAL,
)  # fmt: skip
def to_dtype(xp, x, *, dtype):
    """Each element converted to another dtype."""
    from tracegrad import dtypes

    if "c" in (x.dtype.kind, dtype.numpy.kind):
        meet_complex()
    return x.astype(dtype.numpy), dtypes.from_numpy(x.dtype)


@elementwise(promotes="none", public=False, inplace=False)
def to_integer(xp, x, *, dtype):
    """Each element converted to an integer dtype or bool: no gradient comes back from there."""
    return x.astype(dtype.numpy)
