"""Functions of complex numbers that leave real ones as they are, as PyTorch's do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted

ops = lifted.ops
"""Every op of the table, over tensors."""


def real(input: Tensor) -> Tensor:
    """The real part of each element, in the same memory; a real tensor is its own."""
    return ops.real(input) if input.is_complex() else input


def imag(input: Tensor) -> Tensor:
    """The imaginary part of each element, in the same memory.

    Raises:
        RuntimeError: the tensor is real.
    """
    if not input.is_complex():
        raise RuntimeError(
            f"imag is not implemented for tensors with non-complex dtypes, this one is "
            f"{input.dtype}\n  try: zeros_like"
        )
    return ops.imag(input)


def conj(input: Tensor) -> Tensor:
    """The complex conjugate of each element, in memory of its own; a real tensor is its own.

    Note:
        PyTorch gives a view here that is conjugated when it is read; a write to one is a write to
        the other. Here they are apart.
    """
    return ops.conj(input) if input.is_complex() else input


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: conjugates are computed when they are asked for."""
    return input


def is_conj(input: Tensor) -> bool:
    """Whether the elements still wait to be conjugated: never."""
    return False


def adjoint(input: Tensor) -> Tensor:
    """The conjugate transpose of matrices."""
    return conj(ops.transpose(input, -2, -1))


def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Complex numbers of absolute values and angles in radians."""
    return ops.complex(abs * ops.cos(angle), abs * ops.sin(angle))


def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Complex numbers of real and imaginary parts.

    Raises:
        NotImplementedError: the parts are of half precision.
    """
    if real.dtype.is_floating_point and real.dtype.itemsize < 4:
        raise NotImplementedError("complex32 is not supported\n  try: .float() first")
    return ops.complex(real, imag)


def isreal(input: Tensor) -> Tensor:
    """Whether the imaginary part of each element is 0."""
    return ops.eq(ops.imag(input), 0) if input.is_complex() else ops.eq(input, input) | True


FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (real, imag, conj, resolve_conj, is_conj, adjoint, isreal)
} | {"conj_physical": conj}
"""Public functions; each is a method too, but for `METHODS`."""

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {"polar": polar, "complex": complex}
"""Functions that are no methods of the table."""


def _matrix_adjoint(self: Tensor) -> Tensor:
    if self.ndim not in (0, 2):
        raise RuntimeError(
            "tensor.H is only supported on matrices (2-D tensors). Got "
            f"{self.ndim}-D tensor.\n  try: .mH, which works on batches of matrices"
        )
    return adjoint(self) if self.ndim else conj(self)


def _part(function: Callable[[Tensor], Tensor]) -> property:
    def overwrite(self: Tensor, value: Any) -> None:
        function(self).copy_(value)

    return property(function, overwrite, doc=function.__doc__)


METHODS: dict[str, Any] = {
    "real": _part(real), "imag": _part(imag), "mH": property(adjoint, doc=adjoint.__doc__),
    "H": property(_matrix_adjoint, doc="The conjugate transpose of a matrix."),
}  # fmt: skip
"""Attributes."""
