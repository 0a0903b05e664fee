"""Scattering with a reduction: sums, products, means and extremes of what meets in each place."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import kernels
from tracegrad.ops.declare import op
from tracegrad.ops.index import as_large_as, scattered

Array = Any

REDUCTIONS = {"sum": "add", "mean": "add", "prod": "multiply", "amax": "maximum", "amin": "minimum"}
"""What `scatter_reduce` does with elements that meet, and the ufunc that does it."""


@op(vjp={
    "x": lambda ops, g, x, index, src, out, dim, reduce, include_self: _reduced_x(
        ops, g, x, index, src, out, dim, reduce, include_self),
    "src": lambda ops, g, x, index, src, out, dim, reduce, include_self: _reduced_src(
        ops, g, x, index, src, out, dim, reduce, include_self),
})  # fmt: skip
def scatter_reduce(xp, x, index, src, *, dim, reduce, include_self=True):
    """`input` with each `src[i][j]` reduced into `[index[i][j]][j]` for `dim=0`, and so on.

    Without `include_self` what `input` has there is not taken in.
    """
    if reduce not in REDUCTIONS:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}."
        )
    full = xp.array(x)
    key, part = scattered(xp, x, index, src, "scatter_reduce", dim)
    flat = xp.atleast_1d(full)
    if not include_self:
        flat[key] = kernels.start_of(xp, REDUCTIONS[reduce], x.dtype)
    kernels.reduce_at(xp, REDUCTIONS[reduce], flat, key, part)
    if reduce == "mean":
        count = _meeting(xp, x, index, dim, include_self, "int64")
        full = full // count if x.dtype.kind in "iub" else full / count.astype(x.dtype)
    return full.astype(x.dtype, copy=False)


@op(public=False)
def scatter_count(xp, x, index, *, dim, include_self):
    """How many elements meet in each place of `scatter_reduce`, in the dtype of `x`; 1 where there
    is none.
    """
    return _meeting(xp, x, index, dim, include_self, x.dtype)


def _meeting(xp: Any, x: Array, index: Array, dim: int, include_self: bool, dtype: Any) -> Array:
    count = xp.full(x.shape, int(include_self), dtype)
    if index.size:
        key, _ = scattered(xp, x, index, None, "scatter_reduce", dim)
        kernels.add_at(xp, xp.atleast_1d(count), key, xp.ones((), dtype))
    return xp.maximum(count, 1)


# -- gradients -------------------------------------------------------------------------------------


def _covered(index: Array, src: Array) -> Array:
    """The corner of `src` that the index covers."""
    return src if src.shape == index.shape else src[tuple([slice(0, n) for n in index.shape])]


def _reduced_x(
    ops: Any, g: Array, x: Array, index: Array, src: Array, out: Array, dim: int, reduce: str,
    include_self: bool,
) -> Array:  # fmt: skip
    """The gradient of what was there before: nothing where it was not taken in."""
    if include_self:
        g = _each_share(ops, g, x, index, src, out, dim, reduce, include_self)
        if reduce in ("amax", "amin"):
            return ops.keep_where(g, x == out)
        if reduce != "prod":
            return g
        ones = ops.where(x == 0, 1.0, x)
        others = ops.scatter_reduce(ones, index, src, dim=dim, reduce="prod", include_self=True)
        return g * others / ones
    return ops.scatter_value(g, index, dim=dim, value=0)


def _reduced_src(
    ops: Any, g: Array, x: Array, index: Array, src: Array, out: Array, dim: int, reduce: str,
    include_self: bool,
) -> Array:  # fmt: skip
    """The gradient of what was reduced into the other."""
    part = _covered(index, src)
    g = ops.gather(
        _each_share(ops, g, x, index, src, out, dim, reduce, include_self), index, dim=dim
    )
    if reduce in ("amax", "amin"):
        g = ops.keep_where(g, part == ops.gather(out, index, dim=dim))
    elif reduce == "prod":
        g = g * _product_of_others(ops, x, index, part, out, dim, include_self)
    return as_large_as(ops, g, src.shape)


def _each_share(
    ops: Any, g: Array, x: Array, index: Array, src: Array, out: Array, dim: int, reduce: str,
    include_self: bool,
) -> Array:  # fmt: skip
    """The gradient divided among those that meet: all for a mean, the equal ones for extremes."""
    if reduce == "mean":
        return g / ops.scatter_count(x, index, dim=dim, include_self=include_self)
    if reduce not in ("amax", "amin"):
        return g
    mine = ops.to_like(x == out, g)
    if not include_self:
        mine = ops.scatter_value(mine, index, dim=dim, value=0)
    theirs = ops.to_like(_covered(index, src) == ops.gather(out, index, dim=dim), g)
    equal = ops.scatter_add(mine, index, theirs, dim=dim)
    return g / ops.where(equal == 0, 1.0, equal)


def _product_of_others(
    ops: Any, x: Array, index: Array, part: Array, out: Array, dim: int, include_self: bool
) -> Array:
    """For each element of the source the product of those that it meets.

    Of two zeros that meet each gets 0; their second derivatives, which are not 0, get lost, as in
    PyTorch.
    """
    zero = ops.to_like(part == 0, part)
    met = ops.scatter_add(ops.zeros_of(x, shape=x.shape), index, zero, dim=dim)
    alone = (part == 0) & (ops.gather(met, index, dim=dim) == 1)
    whole = ops.scatter_reduce(
        x, index, ops.where(alone, 1.0, part), dim=dim, reduce="prod", include_self=include_self
    )
    rest = ops.gather(out, index, dim=dim) / ops.where(part == 0, 1.0, part)
    return ops.where(alone, ops.gather(whole, index, dim=dim), rest)
