"""The error function and the normal distribution, fast in float32."""

from __future__ import annotations

from tracegrad.backend import kernels
from tracegrad.backend.device import Array, Namespace
from tracegrad.backend.rows import in_blocks

ERF = (
    1.4184439564518657e-07, -5.668327426615122e-06, 8.76363415905581e-05, -6.197818039058959e-04,
    -1.9183441483835648e-04, 1.027690575327333e-01, 1.1283792740968948e00,
)  # fmt: skip
"""`atanh(erf(x)) / x` as a polynomial in `x * x`, highest power first.

Fitted on [0, 4] by least squares, reweighted until the relative error of `erf` is even (Lawson's
algorithm). The result's relative error in float32 is below 2.8e-7; beyond 4 it rounds to 1.
"""

NORMAL = (
    1.8174976245002357e-09, -1.3397351143882705e-07, 3.977862261006147e-06, -5.530911627756463e-05,
    -3.286103552993843e-05, 3.633379689011073e-02, 7.978845308600955e-01,
)  # fmt: skip
"""The same for `2 * Phi(x) - 1`, where Phi is the normal distribution, fitted on [0, 5.6] until the
error of `max(x, 1) * Phi(x)` is even: 6.6e-8.
"""

SQRT_HALF = 0.7071067811865476
BLOCK = 32_768
"""Elements that are worked on at once: three such arrays stay in the second-level cache."""


def is_single(x: Array) -> bool:
    """Whether the polynomials are as exact as the array's dtype."""
    return bool(x.dtype.kind == "f" and x.dtype.itemsize == 4)


def sigmoidal(xp: Namespace, x: Array, coefficients: tuple[float, ...], out: Array) -> Array:
    """`tanh(x * p(x * x))`, written to `out`: NumPy vectorises `tanh`, and has no `erf`.

    Both polynomials above grow beyond where they were fitted, so that large numbers give 1.
    """
    square = x * x
    value = xp.multiply(square, coefficients[0], out=out)
    for coefficient in coefficients[1:-1]:
        value += coefficient
        value *= square
    value += coefficients[-1]
    value *= x
    return xp.tanh(value, out=out)


def erf(xp: Namespace, x: Array) -> Array:
    """The error function of real numbers. SciPy's takes 12 ns an element, this one 2."""
    if not is_single(x):
        return kernels.special(xp, "erf", x)
    flat = x.reshape(-1)
    out = xp.empty(flat.shape, flat.dtype)
    for block in in_blocks(xp, flat.size, 1, BLOCK):
        sigmoidal(xp, flat[block], ERF, out[block])
    return out.reshape(x.shape)


def normal_distribution(xp: Namespace, x: Array, out: Array) -> Array:
    """The share of the normal distribution below each number, written to `out`."""
    if is_single(x):
        sigmoidal(xp, x, NORMAL, out)
    else:
        out[...] = kernels.special(xp, "erf", x * SQRT_HALF)
    out *= 0.5
    out += 0.5
    return out
