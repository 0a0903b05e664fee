"""The error function, fast in float32."""

from __future__ import annotations

from tracegrad.backend import kernels
from tracegrad.backend.device import Array, Namespace
from tracegrad.backend.rows import in_blocks

COEFFICIENTS = (
    1.4184439564518657e-07, -5.668327426615122e-06, 8.76363415905581e-05, -6.197818039058959e-04,
    -1.9183441483835648e-04, 1.027690575327333e-01, 1.1283792740968948e00,
)  # fmt: skip
"""`atanh(erf(x)) / x` as a polynomial in `x * x` on [0, 4], highest power first.

Fitted by least squares, reweighted until the relative error of `erf` is even (Lawson's algorithm).
The result's relative error in float32 is below 2.8e-7; beyond 4 `erf` rounds to 1.
"""


def erf(xp: Namespace, x: Array) -> Array:
    """The error function of real numbers.

    NumPy has none, and SciPy's takes 12 ns an element. `tanh`, which NumPy vectorises, has nearly
    the same shape: `erf(x) = tanh(x * p(x * x))`, with a polynomial `p`, takes 2.3 ns.
    """
    if x.dtype.kind != "f" or x.dtype.itemsize != 4:
        return kernels.special(xp, "erf", x)
    flat = x.reshape(-1)
    out = xp.empty(flat.shape, flat.dtype)
    for block in in_blocks(xp, flat.size, 1, 16_384):
        part = xp.clip(flat[block], -4, 4)
        square = part * part
        value = square * COEFFICIENTS[0]
        for coefficient in COEFFICIENTS[1:-1]:
            value += coefficient
            value *= square
        value += COEFFICIENTS[-1]
        value *= part
        xp.tanh(value, out=out[block])
    return out.reshape(x.shape)
