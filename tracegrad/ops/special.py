"""Special functions: of probability, of factorials, of waves. SciPy computes them.

Those that PyTorch has only in `torch.special` are not public here: `tracegrad/special.py` names
them.
"""

from __future__ import annotations

import math
from typing import Any

from tracegrad.backend import error_function, kernels
from tracegrad.ops.declare import POSITIVE, UNIT, Domain, elementwise

Array = Any
PROBABILITY = Domain(0.05, 0.95)
SMOOTH = Domain(-3.0, 3.0)
AWAY_FROM_ZERO = Domain(-3.0, 3.0, avoid=(0.0,))
ABOVE_ONE = Domain(1.2, 4.0)

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
ROOT_TWO_PI = math.sqrt(2 * math.pi)

# -- the error function and its relatives ----------------------------------------------------------


@elementwise(vjp=lambda ops, g, x: g * ops.exp(-(x * x)) * TWO_OVER_ROOT_PI, promotes="float")
def erf(xp, x):
    """The error function."""
    return error_function.erf(xp, x)


@elementwise(vjp=lambda ops, g, x: g * ops.exp(-(x * x)) * -TWO_OVER_ROOT_PI, promotes="float")
def erfc(xp, x):
    """`1 - erf(x)`, exact where that is tiny."""
    return kernels.special(xp, "erfc", x)


@elementwise(
    vjp=lambda ops, g, out: g * ops.exp(out * out) * (1 / TWO_OVER_ROOT_PI),
    domain=UNIT,
    promotes="float",
)
def erfinv(xp, x):
    """The number whose error function each element is."""
    return kernels.special(xp, "erfinv", x)


@elementwise(
    vjp=lambda ops, g, x, out: g * (x * out * 2 - TWO_OVER_ROOT_PI), promotes="float", public=False,
    inplace=False,
)  # fmt: skip
def erfcx(xp, x):
    """`exp(x ** 2) * erfc(x)`, without overflow."""
    return kernels.special(xp, "erfcx", x)


@elementwise(
    vjp=lambda ops, g, x: g * ops.exp(x * x * -0.5) * (1 / ROOT_TWO_PI), promotes="float",
    public=False, inplace=False,
)  # fmt: skip
def ndtr(xp, x):
    """The area under the normal distribution up to each element."""
    return kernels.special(xp, "ndtr", x)


@elementwise(
    vjp=lambda ops, g, out: g * ops.exp(out * out * 0.5) * ROOT_TWO_PI, promotes="float",
    domain=PROBABILITY, public=False, inplace=False,
)  # fmt: skip
def ndtri(xp, x):
    """The number up to which the area under the normal distribution is each element."""
    return kernels.special(xp, "ndtri", x)


@elementwise(
    vjp=lambda ops, g, x: g / ops.erfcx(x * -math.sqrt(0.5)) * math.sqrt(2 / math.pi),
    promotes="float", public=False, inplace=False,
)  # fmt: skip
def log_ndtr(xp, x):
    """The logarithm of `ndtr`, exact where that is tiny."""
    return kernels.special(xp, "log_ndtr", x)


# -- factorials ------------------------------------------------------------------------------------


@elementwise(
    vjp=lambda ops, g, x: g * ops.digamma(x), domain=POSITIVE, promotes="float"
)  # fmt: skip
def lgamma(xp, x):
    """The logarithm of the absolute value of the gamma function."""
    return xp.where(x == -xp.inf, xp.inf, kernels.special(xp, "gammaln", x))


@elementwise(
    vjp=lambda ops, g, x: g * ops.polygamma(x, n=1), domain=POSITIVE, promotes="float"
)  # fmt: skip
def digamma(xp, x):
    """The derivative of `lgamma`; minus or plus infinity at 0, NaN at negative whole numbers."""
    return xp.where(x == 0, xp.copysign(xp.inf, -x), kernels.special(xp, "digamma", x))


@elementwise(
    vjp=lambda ops, g, x, n: g * ops.polygamma(x, n=n + 1), domain=POSITIVE, promotes="float",
    public=False, inplace=True,
)  # fmt: skip
def polygamma(xp, x, *, n):
    """The derivative of order `n` of `digamma`."""
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    if n == 0:
        return digamma.declaration.kernel(xp, x)
    if n > 1:
        sign = 1.0 if n % 2 else -1.0
        return kernels.special(xp, "zeta", n + 1.0, x) * (sign * math.factorial(n))
    mirrored = x < 0.5  # SciPy's zeta is NaN there: the reflection formula
    z = kernels.special(xp, "zeta", 2.0, xp.where(mirrored, 1 - x, x))
    return xp.where(mirrored, xp.square(xp.pi / xp.sin(xp.pi * x)) - z, z).astype(x.dtype)


@elementwise(
    vjp={"y": lambda ops, g, x, y: g * -x * ops.zeta(x + 1, y)}, domain=ABOVE_ONE,
    promotes="float", public=False, inplace=False,
)  # fmt: skip
def zeta(xp, x, y):
    """The Hurwitz zeta function: the sum of `(k + other) ** -input` over k from 0."""
    return kernels.special(xp, "zeta", x, y)


def _gamma_density(ops: Any, g: Array, x: Any, y: Array) -> Array:
    """The gamma distribution's density at `y`, times a gradient."""
    scale = ops.lgamma(x) if hasattr(x, "shape") else math.lgamma(x)
    return g * ops.exp(ops.log(y) * (x - 1) - y - scale)


@elementwise(
    vjp={"y": lambda ops, g, x, y: _gamma_density(ops, g, x, y)}, domain=POSITIVE, promotes="float"
)  # fmt: skip
def igamma(xp, x, y):
    """The lower incomplete gamma function of order `input` at `other`, between 0 and 1."""
    return kernels.special(xp, "gammainc", x, y)


@elementwise(
    vjp={"y": lambda ops, g, x, y: -_gamma_density(ops, g, x, y)}, domain=POSITIVE, promotes="float"
)  # fmt: skip
def igammac(xp, x, y):
    """The upper incomplete gamma function of order `input` at `other`, between 0 and 1."""
    return kernels.special(xp, "gammaincc", x, y)


# -- logarithms with a factor ----------------------------------------------------------------------


@elementwise(
    vjp=lambda ops, g, x, eps: _logit_x(ops, g, x, eps), domain=PROBABILITY, promotes="float"
)  # fmt: skip
def logit(xp, x, *, eps=None):
    """`log(x / (1 - x))`; with `eps` each element is first brought between it and `1 - eps`."""
    if eps is not None:
        x = xp.clip(x, eps, 1 - eps)
    return xp.log(x / (1 - x))


def _logit_x(ops: Any, g: Array, x: Array, eps: float | None) -> Array:
    slope = g / ops.abs(x * (1 - x))  # infinite in the direction of `g` at both ends, and at -0.0
    low = 0.0 if eps is None else eps
    inside = (x >= low) & (x <= 1 - low)
    return ops.where(inside, slope, math.nan if eps is None else 0.0)


@elementwise(vjp={
    "x": lambda ops, g, x, y: ops.where(
        (x == 0) & (y <= 0), 0.0, g * ops.xlogy(_one(ops, x), y)),
    "y": lambda ops, g, x, y: g * x / y,
}, domain=POSITIVE, promotes="float")  # fmt: skip
def xlogy(xp, x, y):
    """`input * log(other)`, and 0 where `input` is 0."""
    return kernels.special(xp, "xlogy", x, y)


@elementwise(vjp={
    "x": lambda ops, g, x, y: ops.where(
        (x == 0) & (y <= -1), 0.0, g * ops.xlog1py(_one(ops, x), y)),
    "y": lambda ops, g, x, y: g * x / (y + 1),
}, domain=POSITIVE, promotes="float", public=False, inplace=False)  # fmt: skip
def xlog1py(xp, x, y):
    """`input * log(1 + other)`, and 0 where `input` is 0."""
    return kernels.special(xp, "xlog1py", x, y)


def _one(ops: Any, x: Array) -> Array:
    return ops.zeros_of(x, shape=()) + 1


@elementwise(
    vjp=lambda ops, g, x: g * (-ops.log(x) - 1), domain=POSITIVE, promotes="float", public=False,
    inplace=False,
)  # fmt: skip
def entr(xp, x):
    """`-x * log(x)`, 0 at 0 and minus infinity below."""
    return kernels.special(xp, "entr", x)


# -- Bessel functions ------------------------------------------------------------------------------


def _over_x(ops: Any, out: Array, x: Array, at_zero: float) -> Array:
    """`out / x`, and its limit at 0."""
    return ops.where(x == 0, at_zero, ops.safe_ratio(out, x))


@elementwise(vjp=lambda ops, g, x: g * ops.i1(x), promotes="float")
def i0(xp, x):
    """The modified Bessel function of the first kind, of order 0."""
    return kernels.special(xp, "i0", x)


@elementwise(
    vjp=lambda ops, g, x, out: g * (ops.i1e(x) - ops.sgn(x) * out), promotes="float", public=False,
    domain=AWAY_FROM_ZERO, inplace=False,
)  # fmt: skip
def i0e(xp, x):
    """`exp(-|x|) * i0(x)`."""
    return kernels.special(xp, "i0e", x)


@elementwise(
    vjp=lambda ops, g, x, out: g * (ops.i0(x) - _over_x(ops, out, x, 0.5)), promotes="float",
    public=False, inplace=False,
)  # fmt: skip
def i1(xp, x):
    """The modified Bessel function of the first kind, of order 1."""
    return kernels.special(xp, "i1", x)


@elementwise(
    vjp=lambda ops, g, x, out: g * (
        ops.i0e(x) - ops.sgn(x) * out - _over_x(ops, out, x, 0.5)),
    promotes="float", domain=AWAY_FROM_ZERO, public=False, inplace=False,
)  # fmt: skip
def i1e(xp, x):
    """`exp(-|x|) * i1(x)`."""
    return kernels.special(xp, "i1e", x)


@elementwise(
    vjp=lambda ops, g, x: -g * ops.bessel_j1(x), promotes="float", public=False, inplace=False
)  # fmt: skip
def bessel_j0(xp, x):
    """The Bessel function of the first kind, of order 0."""
    return kernels.special(xp, "j0", x)


@elementwise(
    vjp=lambda ops, g, x, out: g * (ops.bessel_j0(x) - _over_x(ops, out, x, 0.5)),
    promotes="float", public=False, inplace=False,
)  # fmt: skip
def bessel_j1(xp, x):
    """The Bessel function of the first kind, of order 1."""
    return kernels.special(xp, "j1", x)


@elementwise(
    vjp=lambda ops, g, x: -g * ops.bessel_y1(x), promotes="float", domain=POSITIVE, public=False,
    inplace=False,
)  # fmt: skip
def bessel_y0(xp, x):
    """The Bessel function of the second kind, of order 0."""
    return kernels.special(xp, "y0", x)


@elementwise(
    vjp=lambda ops, g, x, out: g * (ops.bessel_y0(x) - out / x), promotes="float",
    domain=POSITIVE, public=False, inplace=False,
)  # fmt: skip
def bessel_y1(xp, x):
    """The Bessel function of the second kind, of order 1."""
    return kernels.special(xp, "y1", x)


@elementwise(
    vjp=lambda ops, g, x: -g * ops.modified_bessel_k1(x), promotes="float", domain=POSITIVE,
    public=False, inplace=False,
)  # fmt: skip
def modified_bessel_k0(xp, x):
    """The modified Bessel function of the second kind, of order 0."""
    return kernels.special(xp, "k0", x)


@elementwise(
    vjp=lambda ops, g, x, out: -g * (ops.modified_bessel_k0(x) + out / x), promotes="float",
    domain=POSITIVE, public=False, inplace=False,
)  # fmt: skip
def modified_bessel_k1(xp, x):
    """The modified Bessel function of the second kind, of order 1."""
    return kernels.special(xp, "k1", x)


@elementwise(
    vjp=lambda ops, g, x, out: g * (out - ops.scaled_modified_bessel_k1(x)), promotes="float",
    domain=POSITIVE, public=False, inplace=False,
)  # fmt: skip
def scaled_modified_bessel_k0(xp, x):
    """`exp(x)` times the modified Bessel function of the second kind, of order 0."""
    return kernels.special(xp, "k0e", x)


@elementwise(
    vjp=lambda ops, g, x, out: g * (out - ops.scaled_modified_bessel_k0(x) - out / x),
    promotes="float", domain=POSITIVE, public=False, inplace=False,
)  # fmt: skip
def scaled_modified_bessel_k1(xp, x):
    """`exp(x)` times the modified Bessel function of the second kind, of order 1."""
    return kernels.special(xp, "k1e", x)


@elementwise(
    vjp=lambda ops, g, x, out: g * ops.where(
        x == 0, 0.0, ops.safe_ratio(ops.cos(x) - out, x)),
    promotes="float", public=False, inplace=False,
)  # fmt: skip
def spherical_bessel_j0(xp, x):
    """`sin(x) / x`, and 1 at 0."""
    safe = xp.where(x == 0, 1, x)
    return xp.where(x == 0, 1, xp.sin(safe) / safe)


@elementwise(
    vjp=lambda ops, g, x: g * ops.airy_ai_slope(x), promotes="float", public=False, inplace=False
)  # fmt: skip
def airy_ai(xp, x):
    """The Airy function Ai."""
    return kernels.special(xp, "airy", x, part=0)


@elementwise(
    vjp=lambda ops, g, x: g * x * ops.airy_ai(x), promotes="float", public=False, inplace=False
)  # fmt: skip
def airy_ai_slope(xp, x):
    """The derivative of the Airy function Ai."""
    return kernels.special(xp, "airy", x, part=1)


# -- orthogonal polynomials (as in PyTorch, without derivatives) -----------------------------------

POLYNOMIALS = {
    "chebyshev_polynomial_t": ("eval_chebyt", "Chebyshev polynomial of the first kind"),
    "chebyshev_polynomial_u": ("eval_chebyu", "Chebyshev polynomial of the second kind"),
    "hermite_polynomial_h": ("eval_hermite", "physicist's Hermite polynomial"),
    "hermite_polynomial_he": ("eval_hermitenorm", "probabilist's Hermite polynomial"),
    "laguerre_polynomial_l": ("eval_laguerre", "Laguerre polynomial"),
    "legendre_polynomial_p": ("eval_legendre", "Legendre polynomial"),
    "shifted_chebyshev_polynomial_t": (
        "eval_sh_chebyt", "Chebyshev polynomial of the first kind, moved to 0 to 1"),
    "shifted_chebyshev_polynomial_u": (
        "eval_sh_chebyu", "Chebyshev polynomial of the second kind, moved to 0 to 1"),
}  # fmt: skip
"""SciPy's name for each, and what it is."""


def _declare_polynomial(name: str, function: str, what: str) -> None:
    def polynomial(xp, x, n):
        # The degree counts, and SciPy's Hermite polynomials take nothing but integers for it.
        degree = n.astype("int64") if hasattr(n, "astype") else int(n)
        return kernels.special(xp, function, degree, x)

    polynomial.__doc__ = f"The {what} of degree `n`."
    elementwise(name=name, promotes="float", public=False, inplace=False)(polynomial)


for _name, (_function, _what) in POLYNOMIALS.items():
    _declare_polynomial(_name, _function, _what)
