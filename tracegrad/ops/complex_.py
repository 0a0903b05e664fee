"""Complex numbers: their parts, their conjugates, and tensors of one kind seen as the other.

Gradients follow PyTorch's convention, see Note [Gradients of complex numbers] in
`complex_gradients.py`. The rules here are written for complex numbers and say `conj` themselves.
"""

from __future__ import annotations

from typing import Any

from tracegrad.engine.worlds import meet_complex
from tracegrad.ops.declare import Domain, elementwise, op, view

Array = Any
KINK_AT_ZERO = Domain(-3.0, 3.0, avoid=(0.0,))


def is_complex(x: Array) -> bool:
    """Whether an array, or a tensor, is of complex numbers."""
    dtype = x.dtype
    return dtype.kind == "c" if hasattr(dtype, "kind") else dtype.is_complex


def conjugate(ops: Any, x: Array) -> Array:
    """The conjugate in either world; real numbers as they are, uncopied."""
    return ops.conj(x) if is_complex(x) else x


def adjoint(ops: Any, x: Array) -> Array:
    """The conjugate transpose of matrices, in either world."""
    return conjugate(ops, ops.transpose(x, dim0=-2, dim1=-1))


def real_part(ops: Any, x: Array) -> Array:
    """The real part in either world; real numbers as they are."""
    return ops.real(x) if is_complex(x) else x


# -- parts -----------------------------------------------------------------------------------------


@elementwise(vjp=lambda ops, g: conjugate(ops, g), inplace=False, promotes="none")
def conj(xp, x):
    """The complex conjugate of each element."""
    return xp.conj(x)


def _parts_of(x: Array) -> Array:
    """Real numbers in place of complex ones: the two parts of each along a new last dimension."""
    if x.dtype.kind != "c":
        raise RuntimeError(
            "view_as_real is only supported for complex tensors\n  try: .to(torch.complex64) first"
        )
    meet_complex()
    return x[..., None].view(x.real.dtype)


@view(
    method=False, vjp=lambda ops, g: ops.complex(*(ops.select(g, dim=-1, index=n) for n in (0, 1)))
)
def view_as_real(xp, x):
    """Complex numbers seen as pairs of real ones, along a new last dimension of size 2."""
    return _parts_of(x)


@view(method=False, vjp=lambda ops, g: ops.complex(g, ops.zeros_of(g, shape=g.shape)))
def real(xp, x):
    """The real parts, in the same memory."""
    return _parts_of(x)[..., 0]


@view(method=False, vjp=lambda ops, g: ops.complex(ops.zeros_of(g, shape=g.shape), g))
def imag(xp, x):
    """The imaginary parts, in the same memory."""
    return _parts_of(x)[..., 1]


@view(method=False, vjp=lambda ops, g: ops.view_as_real(g))
def view_as_complex(xp, x):
    """Pairs of real numbers along the last dimension, of size 2, seen as complex numbers."""
    if x.dtype.kind != "f" or x.dtype.itemsize < 4:
        raise RuntimeError(
            "view_as_complex is only supported for floating point tensors of 32 or 64 bits, but "
            f"got a tensor of {x.dtype}"
        )
    if x.ndim == 0:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if x.shape[-1] != 2:
        raise RuntimeError(
            f"Tensor must have a last dimension of size 2, this one has {x.shape[-1]}"
        )
    if x.strides[-1] != x.dtype.itemsize:
        raise RuntimeError(
            "Tensor must have a last dimension with stride 1\n  try: .contiguous() first"
        )
    if any(s % (2 * x.dtype.itemsize) for s in x.strides[:-1]):
        raise RuntimeError(
            "Tensor must have a stride divisible by 2 for all but last dimension\n"
            "  try: .contiguous() first"
        )
    meet_complex()
    return x.view(xp.complex64 if x.dtype.itemsize == 4 else xp.complex128)[..., 0]


# -- out of real numbers ---------------------------------------------------------------------------


@op(method=False, vjp={
    "real": lambda ops, g: real_part(ops, g),
    "imag": lambda ops, g: ops.imag(g) if is_complex(g) else ops.zeros_of(g, shape=g.shape),
})  # fmt: skip
def complex(xp, real, imag):
    """Complex numbers of real and imaginary parts."""
    if real.dtype.kind != "f" or imag.dtype.kind != "f":
        raise RuntimeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{real.dtype} and {imag.dtype}\n  try: .float() first"
        )
    if real.dtype != imag.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {real.dtype} but got scalar type {imag.dtype} for "
            "second argument\n  try: .to(dtype) on one of them"
        )
    if real.dtype.itemsize < 4:
        raise NotImplementedError("complex32 is not supported\n  try: .float() first")
    meet_complex()
    out = xp.empty((real + imag).shape, xp.complex64 if real.dtype.itemsize == 4 else xp.complex128)
    parts = _parts_of(out)
    parts[..., 0], parts[..., 1] = real, imag
    return out


# -- direction -------------------------------------------------------------------------------------


def _angle_x(ops: Any, g: Array, x: Array) -> Array:
    if not is_complex(x):
        return ops.zeros_of(g, shape=g.shape)
    # Turning by dz changes the angle by the part of dz across z, over |z|.
    return ops.safe_ratio(g, ops.abs(x)) * ops.sgn(x) * 1j


@elementwise(
    vjp=lambda ops, g, x: _angle_x(ops, g, x), domain=KINK_AT_ZERO, promotes="float", inplace=False
)
def angle(xp, x):
    """The angle of each number in radians: of real ones 0 or pi. Its gradient at 0 is 0."""
    if x.dtype.kind == "c":
        meet_complex()
        return xp.arctan2(x.imag, x.real)
    return xp.where(xp.isnan(x), x, xp.where(x < 0, xp.pi, 0).astype(x.dtype))


def sgn_x(ops: Any, g: Array, x: Array) -> Array:
    """Gradient of `sgn`: what of `g` lies across the direction, over the distance from 0."""
    if not is_complex(x):
        return ops.zeros_of(g, shape=g.shape)
    direction = ops.sgn(x)
    along = ops.real(ops.conj(direction) * g)
    return (g - direction * along) * ops.safe_ratio(ops.abs(direction), ops.abs(x))
