"""Running results along one dimension: as many as there are elements."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import kernels
from tracegrad.ops.declare import Domain, op, reduction

Array = Any


def _backwards(ops: Any, function: str, x: Array, dim: int) -> Array:
    """A running result from the end to the start."""
    turned = ops.flip(x, dims=(dim,))
    return ops.flip(getattr(ops, function)(turned, dim=dim), dims=(dim,))


@reduction(vjp=lambda ops, g, dim: _backwards(ops, "cumsum", g, dim))
def cumsum(xp, x, *, dim, dtype=None):
    """Sums of all elements up to each one, along `dim`, after conversion to `dtype`."""
    dim = kernels.axis(dim, x.ndim)
    if x.dtype.kind in "biu":
        x = x.astype(xp.int64)
    return xp.add.accumulate(x, dim) if x.ndim else x.copy()


def _cumprod_x(ops: Any, g: Array, x: Array, out: Array, dim: int, has_zeros: bool) -> Array:
    """With zeros, the product of what came before times a sum that never divides."""
    if not g.shape:
        return g
    if not has_zeros:
        return _backwards(ops, "cumsum", g * out, dim) / x
    before = ops.shifted(out, dim=dim, by=1, fill=1.0)
    rest = _scan_from_end(ops, ops.shifted(x, dim=dim, by=-1, fill=0.0), g, dim)
    return before * rest


@reduction(
    vjp=lambda ops, g, x, out, dim, has_zeros: _cumprod_x(ops, g, x, out, dim, has_zeros),
    aux=("has_zeros",),
)
def cumprod(xp, x, *, dim, dtype=None):
    """Products of all elements up to each one, along `dim`, after conversion to `dtype`. Its
    gradient is right at zeros too.
    """
    dim = kernels.axis(dim, x.ndim)
    if x.dtype.kind in "biu":
        x = x.astype(xp.int64)
    out = xp.multiply.accumulate(x, dim) if x.ndim else x.copy()
    return out, not bool(x.all())


def _logcumsumexp_x(ops: Any, g: Array, x: Array, out: Array, dim: int) -> Array:
    """Each share `exp(x[j] - out[i])` as a product of numbers up to 1, which cannot overflow."""
    if not g.shape:
        return g
    total = ops.zero_for_minus_infinity(out)
    shrink = ops.exp(out - ops.shifted(total, dim=dim, by=-1, fill=0.0))
    return ops.exp(x - total) * _scan_from_end(ops, _but_last(ops, shrink, dim), g, dim)


def _but_last(ops: Any, x: Array, dim: int) -> Array:
    """The tensor with 0 for the last element along `dim`."""
    return ops.shifted(ops.shifted(x, dim=dim, by=1, fill=0.0), dim=dim, by=-1, fill=0.0)


@reduction(vjp=lambda ops, g, x, out, dim: _logcumsumexp_x(ops, g, x, out, dim))
def logcumsumexp(xp, x, *, dim):
    """The logarithm of the sum of exponentials up to each element, along `dim`."""
    if x.dtype.kind in "biu":
        raise NotImplementedError(
            f'"logcumsumexp" not implemented for {x.dtype}\n  try: .float() first'
        )
    dim = kernels.axis(dim, x.ndim)
    return kernels.accumulate(xp, "logaddexp", x, dim) if x.ndim else x.copy()


# -- running extremes ------------------------------------------------------------------------------


def _running(xp: Any, name: str, x: Array, dim: int) -> tuple[Array, Array, Array]:
    """Values, and where each stood: the last place of equal ones, as in PyTorch."""
    dim = kernels.axis(dim, x.ndim)
    if x.ndim == 0:
        return x.copy(), xp.zeros((), "int64"), xp.zeros((), "int64")
    values = kernels.accumulate(xp, name, x, dim)
    places = xp.arange(x.shape[dim]).reshape([-1 if n == dim else 1 for n in range(x.ndim)])
    is_new = (x == values) | (x != x)
    index = kernels.accumulate(xp, "maximum", xp.where(is_new, places, 0), dim)
    return values, index, index.copy()


@reduction(outputs=2, aux=("index",), vjp=lambda ops, g, x_shape, index, dim: ops.gather_backward(
    g[0], index, dim=dim, shape=x_shape))  # fmt: skip
def cummax(xp, x, *, dim):
    """The largest elements so far along `dim`, and where each stood."""
    return _running(xp, "maximum", x, dim)


@reduction(outputs=2, aux=("index",), vjp=lambda ops, g, x_shape, index, dim: ops.gather_backward(
    g[0], index, dim=dim, shape=x_shape))  # fmt: skip
def cummin(xp, x, *, dim):
    """The smallest elements so far along `dim`, and where each stood."""
    return _running(xp, "minimum", x, dim)


# -- what the rules above are made of --------------------------------------------------------------


@op(vjp=lambda ops, g, dim, by: ops.shifted(g, dim=dim, by=-by, fill=0.0), public=False)
def shifted(xp, x, *, dim, by, fill):
    """The elements moved one place along `dim` (`by` is 1 or -1), with a number at the free end."""
    full = xp.moveaxis(xp.full_like(x, fill), dim, 0)
    source = xp.moveaxis(x, dim, 0)
    if by == 1:
        full[1:] = source[:-1]
    else:
        full[:-1] = source[1:]
    return xp.moveaxis(full, 0, dim)


def _scan_from_end(ops: Any, a: Array, b: Array, dim: int) -> Array:
    """`s[i] = a[i] * s[i + 1] + b[i]`."""
    turned = ops.scan(ops.flip(a, dims=(dim,)), ops.flip(b, dims=(dim,)), dim=dim)
    return ops.flip(turned, dims=(dim,))


def _scan_b(ops: Any, g: Array, a: Array, dim: int) -> Array:
    return _scan_from_end(ops, ops.shifted(a, dim=dim, by=-1, fill=0.0), g, dim)


@op(vjp={
    "a": lambda ops, g, a, out, dim: (
        _scan_b(ops, g, a, dim) * ops.shifted(out, dim=dim, by=1, fill=0.0)),
    "b": lambda ops, g, a, dim: _scan_b(ops, g, a, dim),
}, public=False, domain=Domain(-1.5, 1.5))  # fmt: skip
def scan(xp, a, b, *, dim):
    """`out[i] = a[i] * out[i - 1] + b[i]` along `dim`."""
    return kernels.scan(xp, a, b, dim)
