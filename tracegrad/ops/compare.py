"""Comparisons and logic: results are bool, and no gradient flows."""

from __future__ import annotations

from tracegrad.ops.declare import elementwise


@elementwise(ufunc="equal", inplace=False)
def eq(xp, x, y):
    """Whether two elements are equal."""


@elementwise(ufunc="not_equal", inplace=False)
def ne(xp, x, y):
    """Whether two elements differ."""


@elementwise(ufunc="less", inplace=False)
def lt(xp, x, y):
    """Whether the first element is smaller."""


@elementwise(ufunc="less_equal", inplace=False)
def le(xp, x, y):
    """Whether the first element is not larger."""


@elementwise(ufunc="greater", inplace=False)
def gt(xp, x, y):
    """Whether the first element is larger."""


@elementwise(ufunc="greater_equal", inplace=False)
def ge(xp, x, y):
    """Whether the first element is not smaller."""


@elementwise(ufunc="logical_and", inplace=False)
def logical_and(xp, x, y):
    """Whether both elements are nonzero."""


@elementwise(ufunc="logical_or", inplace=False)
def logical_or(xp, x, y):
    """Whether one element is nonzero."""


@elementwise(ufunc="logical_xor", inplace=False)
def logical_xor(xp, x, y):
    """Whether exactly one element is nonzero."""


@elementwise(ufunc="bitwise_and")
def bitwise_and(xp, x, y):
    """The bits that both elements have."""


@elementwise(ufunc="bitwise_or")
def bitwise_or(xp, x, y):
    """The bits that either element has."""


@elementwise(ufunc="bitwise_xor")
def bitwise_xor(xp, x, y):
    """The bits that exactly one element has."""
