"""Reductions: many elements to one, along some dimensions."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import kernels
from tracegrad.graph.location import warn
from tracegrad.ops.declare import Domain, op, reduction

Array = Any
DISTINCT = Domain(-3.0, 3.0)


def _unreduce(ops: Any, g: Array, shape: tuple[int, ...], dim: Any) -> Array:
    """The gradient of a reduced value with its dimensions back, as size 1."""
    return ops.reshape(g, shape=kernels.kept_shape(shape, dim))


def _spread(ops: Any, g: Array, shape: tuple[int, ...], dim: Any) -> Array:
    """The gradient of a reduced value, repeated over what was reduced."""
    if not g.shape:
        return ops.expand(g, shape=shape)
    return ops.expand(_unreduce(ops, g, shape, dim), shape=shape)


# -- sums ------------------------------------------------------------------------------------------


@reduction(vjp=lambda ops, g, x_shape, dim: _spread(ops, g, x_shape, dim))
def sum(xp, x, *, dim=None, keepdim=False, dtype=None):
    """The sum over `dim`, after conversion to `dtype`. Bools and integers sum up as int64."""
    if x.dtype.kind in "biu":
        x = x.astype(xp.int64)
    if dim is None and not keepdim:
        return xp.add.reduce(x, None)
    return xp.add.reduce(x, kernels.axes(dim, x.ndim), keepdims=keepdim)


@reduction(
    vjp=lambda ops, g, x_shape, dim: _spread(
        ops, g * (1.0 / max(kernels.reduced_count(x_shape, dim), 1)), x_shape, dim
    ),
)
def mean(xp, x, *, dim=None, keepdim=False, dtype=None):
    """The mean over `dim`, after conversion to `dtype`; NaN of nothing."""
    if x.dtype.kind not in "fc":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. Got: {x.dtype}\n  try: .float() first"
        )
    if dim is None and not keepdim and x.size:
        return xp.add.reduce(x, None) / x.size
    count = kernels.reduced_count(x.shape, dim)
    total = xp.add.reduce(x, kernels.axes(dim, x.ndim), keepdims=keepdim)
    return total / count if count else total * xp.nan


@reduction(
    vjp=lambda ops, g, x, dim: _unreduce(ops, g, x.shape, dim) * ops.product_of_others(x, dim=dim),
)
def prod(xp, x, *, dim=None, keepdim=False, dtype=None):
    """The product over `dim`, after conversion to `dtype`. Its gradient is right at zeros too."""
    if x.dtype.kind in "biu":
        x = x.astype(xp.int64)
    return xp.multiply.reduce(x, kernels.axes(dim, x.ndim), keepdims=keepdim)


def _others_of_two(ops: Any, g: Array, x: Array, dim: Any) -> Array:
    """Gradient of `product_of_others`: at j the sum over i of g[i] times the product of all but i
    and j.
    """
    axes = kernels.axes(dim, x.ndim)
    order = (*[n for n in range(x.ndim) if n not in axes], *axes)
    moved = ops.permute(x, dims=order)
    n = kernels.reduced_count(x.shape, dim)
    flat_shape = (*moved.shape[: x.ndim - len(axes)], n)
    diagonal = ops.identity_mask(x, size=n)
    rows = ops.where(diagonal, 1.0, ops.unsqueeze(ops.reshape(moved, shape=flat_shape), dim=-2))
    pairs = ops.where(diagonal, 0.0, ops.product_of_others(rows, dim=-1))
    g_flat = ops.reshape(ops.permute(g, dims=order), shape=flat_shape)
    total = ops.sum(ops.unsqueeze(g_flat, dim=-1) * pairs, dim=-2)
    inverse = tuple(order.index(m) for m in range(x.ndim))
    return ops.permute(ops.reshape(total, shape=moved.shape), dims=inverse)


@op(vjp=lambda ops, g, x, dim: _others_of_two(ops, g, x, dim), public=False)
def product_of_others(xp, x, *, dim=None):
    """At each place the product of all other elements along `dim`, without dividing."""
    axes = kernels.axes(dim, x.ndim)
    rest = [n for n in range(x.ndim) if n not in axes]
    order = (*rest, *axes)
    moved = x.transpose(order)
    flat = moved.reshape(*[x.shape[n] for n in rest], kernels.reduced_count(x.shape, dim))
    before, after = xp.ones_like(flat), xp.ones_like(flat)
    before[..., 1:] = xp.multiply.accumulate(flat[..., :-1], -1)
    after[..., :-1] = xp.multiply.accumulate(flat[..., :0:-1], -1)[..., ::-1]
    inverse = tuple(order.index(n) for n in range(x.ndim))
    return (before * after).reshape(moved.shape).transpose(inverse)


@op(public=False)
def identity_mask(xp, x, *, size):
    """A square matrix that is true on the diagonal."""
    return xp.eye(size, dtype=bool)


@reduction(vjp=lambda ops, g, x, dim: ops.keep_where(_spread(ops, g, x.shape, dim), x == x))
def nansum(xp, x, *, dim=None, keepdim=False, dtype=None):
    """The sum over `dim` of what is not NaN, after conversion to `dtype`."""
    return sum.declaration.kernel(xp, xp.where(x == x, x, 0), dim=dim, keepdim=keepdim)


# -- spread ----------------------------------------------------------------------------------------


def _var_x(ops: Any, g: Array, x: Array, dim: Any, correction: float) -> Array:
    degrees = kernels.reduced_count(x.shape, dim) - correction
    scale = 2.0 / degrees if degrees > 0 else float("nan")
    return _unreduce(ops, g, x.shape, dim) * (x - ops.mean(x, dim=dim, keepdim=True)) * scale


@reduction(
    vjp=lambda ops, g, x, dim, correction: _var_x(ops, g, x, dim, correction),
)
def var(xp, x, *, dim=None, correction=1, keepdim=False):
    """The variance over `dim`, divided by the count less `correction`."""
    if x.dtype.kind not in "fc":
        raise RuntimeError(
            "std and var only support floating point and complex dtypes\n  try: .float() first"
        )
    if x.dtype.kind == "c":
        raise NotImplementedError("var of complex numbers is not implemented\n  try: var of .abs()")
    axes, count = kernels.axes(dim, x.ndim), kernels.reduced_count(x.shape, dim)
    centred = x - xp.add.reduce(x, axes, keepdims=True) / count if count else x
    total = xp.add.reduce(centred * centred, axes, keepdims=keepdim)
    degrees = count - correction
    if degrees <= 0:
        warn(
            "var(): degrees of freedom is <= 0. Correction should be strictly less than the "
            f"reduction factor. Got correction={correction} for {degrees + correction} elements."
        )
    return total / max(degrees, 0)


@reduction(
    vjp=lambda ops, g, x, out, dim, correction: _var_x(
        ops, ops.safe_ratio(g, out * 2), x, dim, correction
    ),
)
def std(xp, x, *, dim=None, correction=1, keepdim=False):
    """The standard deviation over `dim`, the square root of `var`. Its gradient at 0 is 0."""
    return xp.sqrt(var.declaration.kernel(xp, x, dim=dim, correction=correction, keepdim=keepdim))


@reduction(
    vjp=lambda ops, g, x, out, dim: (
        _unreduce(ops, g, x.shape, dim)
        * ops.exp(x - ops.zero_for_minus_infinity(_unreduce(ops, out, x.shape, dim)))
    ),
    promotes="float",
)
def logsumexp(xp, x, *, dim, keepdim=False):
    """The logarithm of the sum of exponentials over `dim`, without overflow."""
    axes = kernels.axes(dim, x.ndim)
    top = kernels.largest(xp, x, axes)
    top = xp.where(xp.isfinite(top), top, 0)
    total = xp.log(xp.add.reduce(xp.exp(x - top), axes, keepdims=True)) + top
    return total if keepdim else total.reshape([n for i, n in enumerate(x.shape) if i not in axes])


@op(vjp=lambda ops, g, mask: ops.keep_where(g, mask), aux=("mask",), public=False)
def zero_for_minus_infinity(xp, x):
    """Each element, but 0 for minus infinity: `logsumexp` of nothing but that has no slope."""
    mask = x != -xp.inf
    return xp.where(mask, x, 0), mask


# -- the largest and the smallest ------------------------------------------------------------------


def _to_winners(ops: Any, g: Array, x: Array, out: Array, dim: Any) -> Array:
    """The gradient, shared equally by all elements that are the extreme one."""
    won = ops.to_like(x == _unreduce(ops, out, x.shape, dim), x)
    return _unreduce(ops, g, x.shape, dim) * won / ops.sum(won, dim=dim, keepdim=True)


@op(public=False)
def to_like(xp, x, y):
    """The first tensor with the dtype of the second."""
    return x.astype(y.dtype)


@reduction(vjp=lambda ops, g, x, out, dim: _to_winners(ops, g, x, out, dim))
def amax(xp, x, *, dim=None, keepdim=False):
    """The largest elements over `dim`. Equal ones share the gradient."""
    return xp.max(x, kernels.axes(dim, x.ndim), keepdims=keepdim)


@reduction(vjp=lambda ops, g, x, out, dim: _to_winners(ops, g, x, out, dim))
def amin(xp, x, *, dim=None, keepdim=False):
    """The smallest elements over `dim`. Equal ones share the gradient."""
    return xp.min(x, kernels.axes(dim, x.ndim), keepdims=keepdim)


def pick_backward(ops: Any, g: Any, x_shape: tuple[int, ...], index: Array, dim: int) -> Array:
    """The gradient put where the value was picked."""
    shape = kernels.kept_shape(x_shape, dim)
    return ops.put_along(
        ops.reshape(g[0], shape=shape), ops.reshape(index, shape=shape), dim=dim, shape=x_shape
    )


@op(vjp={"x": lambda ops, g, index, dim: ops.take_along(g, index, dim=dim)}, public=False)
def put_along(xp, x, index, *, dim, shape):
    """Zeros of `shape` with values put at indices along `dim` that are all different."""
    return kernels.put_along(xp, shape, index, x, kernels.axis(dim, len(shape)))


@op(vjp={"x": lambda ops, g, index, dim, x_shape: ops.put_along(
    g, index, dim=dim, shape=x_shape)}, public=False)  # fmt: skip
def take_along(xp, x, index, *, dim):
    """The elements at indices along `dim` that are all different."""
    return xp.take_along_axis(x, index, kernels.axis(dim, x.ndim)) if x.ndim else x.copy()


def pick(xp: Any, x: Array, index: Array, dim: int, keepdim: bool) -> tuple[Array, Array, Array]:
    """Values at the indices, the indices, and a copy of them for the rule: the program may write to
    those that it got.
    """
    if x.ndim == 0:
        return x.copy(), index, index.copy()
    values = xp.take_along_axis(x, index, dim)
    if not keepdim:
        values, index = values.squeeze(dim), index.squeeze(dim)
    return values, index, index.copy()


@reduction(
    name="max_dim", outputs=2, aux=("index",), public=False,
    vjp=lambda ops, g, x_shape, index, dim: pick_backward(ops, g, x_shape, index, dim),
)  # fmt: skip
def max_dim(xp, x, *, dim, keepdim=False):
    """The largest elements along `dim`, and where each is."""
    dim = kernels.axis(dim, x.ndim)
    return pick(xp, x, xp.asarray(xp.argmax(x, dim, keepdims=True)), dim, keepdim)


@reduction(
    name="min_dim", outputs=2, aux=("index",), public=False,
    vjp=lambda ops, g, x_shape, index, dim: pick_backward(ops, g, x_shape, index, dim),
)  # fmt: skip
def min_dim(xp, x, *, dim, keepdim=False):
    """The smallest elements along `dim`, and where each is."""
    dim = kernels.axis(dim, x.ndim)
    return pick(xp, x, xp.asarray(xp.argmin(x, dim, keepdims=True)), dim, keepdim)


@reduction()
def argmax(xp, x, *, dim=None, keepdim=False):
    """Where the largest element along `dim` is; in the flattened tensor when `dim` is `None`."""
    return xp.argmax(x, dim if dim is None else kernels.axis(dim, x.ndim), keepdims=keepdim)


@reduction()
def argmin(xp, x, *, dim=None, keepdim=False):
    """Where the smallest element along `dim` is; in the flattened tensor when `dim` is `None`."""
    return xp.argmin(x, dim if dim is None else kernels.axis(dim, x.ndim), keepdims=keepdim)


# -- logic -----------------------------------------------------------------------------------------


@reduction()
def all(xp, x, *, dim=None, keepdim=False):
    """Whether all elements over `dim` are nonzero."""
    found = xp.all(x, kernels.axes(dim, x.ndim), keepdims=keepdim)
    return found.astype(x.dtype) if x.dtype == xp.uint8 else found  # PyTorch's old bools


@reduction()
def any(xp, x, *, dim=None, keepdim=False):
    """Whether some element over `dim` is nonzero."""
    found = xp.any(x, kernels.axes(dim, x.ndim), keepdims=keepdim)
    return found.astype(x.dtype) if x.dtype == xp.uint8 else found  # PyTorch's old bools


@reduction()
def count_nonzero(xp, x, *, dim=None):
    """How many elements over `dim` are nonzero."""
    return xp.count_nonzero(x, kernels.axes(dim, x.ndim))


# -- norms -----------------------------------------------------------------------------------------


@reduction(
    name="norm2", public=False,
    vjp=lambda ops, g, x, out, dim: (
        x * ops.safe_ratio(_unreduce(ops, g, x.shape, dim), _unreduce(ops, out, x.shape, dim))),
)  # fmt: skip
def norm2(xp, x, *, dim=None, keepdim=False):
    """The Euclidean norm over `dim`. Its gradient at 0 is 0."""
    squares = xp.square(x) if x.dtype.kind != "c" else xp.square(x.real) + xp.square(x.imag)
    return xp.sqrt(xp.add.reduce(squares, kernels.axes(dim, x.ndim), keepdims=keepdim))


@op(public=False, vjp={
    "x": lambda ops, g, y: ops.safe_ratio(g, y),
    "y": lambda ops, g, x, y: -ops.safe_ratio(ops.safe_ratio(g * x, y), y),
}, domain=Domain(0.5, 2.0))  # fmt: skip
def safe_ratio(xp, x, y):
    """The quotient, and 0 where the divisor is 0."""
    return xp.where(y == 0, 0, x / xp.where(y == 0, 1, y))
