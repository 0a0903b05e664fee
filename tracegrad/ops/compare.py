"""Comparisons, logic and whole numbers: no gradient flows.

Comparisons give bools; their in-place forms write them as 0 and 1.
"""

from __future__ import annotations

from tracegrad.backend import kernels
from tracegrad.ops.declare import elementwise, op

# -- comparisons -----------------------------------------------------------------------------------


@elementwise(ufunc="equal")
def eq(xp, x, y):
    """Whether two elements are equal."""


@elementwise(ufunc="not_equal")
def ne(xp, x, y):
    """Whether two elements differ."""


@elementwise(ufunc="less")
def lt(xp, x, y):
    """Whether the first element is smaller."""


@elementwise(ufunc="less_equal")
def le(xp, x, y):
    """Whether the first element is not larger."""


@elementwise(ufunc="greater")
def gt(xp, x, y):
    """Whether the first element is larger."""


@elementwise(ufunc="greater_equal")
def ge(xp, x, y):
    """Whether the first element is not smaller."""


@elementwise(promotes="none", inplace=False)
def isclose(xp, x, y, *, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether each pair of elements differs by at most `atol + rtol * |other|`."""
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"{x.dtype} did not match {y.dtype}: isclose needs two tensors of one dtype\n"
            "  try: .to(dtype) on one of them"
        )
    return xp.isclose(x, y, rtol, atol, equal_nan)


@op(promotes="types", method=False)
def isin(xp, elements, test_elements, *, assume_unique=False, invert=False):
    """Whether each element is among the test elements."""
    return xp.isin(elements, test_elements, assume_unique=assume_unique, invert=invert)


# -- logic -----------------------------------------------------------------------------------------


@elementwise(ufunc="logical_and")
def logical_and(xp, x, y):
    """Whether both elements are nonzero."""


@elementwise(ufunc="logical_or")
def logical_or(xp, x, y):
    """Whether one element is nonzero."""


@elementwise(ufunc="logical_xor")
def logical_xor(xp, x, y):
    """Whether exactly one element is nonzero."""


# -- bits and whole numbers ------------------------------------------------------------------------


@elementwise(ufunc="bitwise_and")
def bitwise_and(xp, x, y):
    """The bits that both elements have."""


@elementwise(ufunc="bitwise_or")
def bitwise_or(xp, x, y):
    """The bits that either element has."""


@elementwise(ufunc="bitwise_xor")
def bitwise_xor(xp, x, y):
    """The bits that exactly one element has."""


@elementwise(ufunc="left_shift")
def bitwise_left_shift(xp, x, y):
    """The bits of each element moved up by `other` places."""


@elementwise(ufunc="right_shift")
def bitwise_right_shift(xp, x, y):
    """The bits of each element moved down by `other` places; the sign stays."""


@elementwise()
def gcd(xp, x, y):
    """The greatest common divisor of two whole numbers."""
    kernels.need_integers(xp, "gcd", x, y)
    return xp.gcd(x, y)


@elementwise()
def lcm(xp, x, y):
    """The least common multiple of two whole numbers."""
    kernels.need_integers(xp, "lcm", x, y)
    return xp.lcm(x, y)
