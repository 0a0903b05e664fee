"""Products of matrices and tensors that are made of others, with PyTorch's coefficients."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.engine.worlds import lifted
from tracegrad.ops.contract import einsum

ops = lifted.ops
"""Every op of the table, over tensors."""


# -- a product added to something ------------------------------------------------------------------


def _added(name: str, input: Tensor, product: Tensor, beta: float, alpha: float) -> Tensor:
    """`beta * input + alpha * product`; with `beta` 0, what `input` holds does not matter."""
    _check_broadcast(name, input, product)
    if product.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}: expected tensors of one dtype, but got {input.dtype} and {product.dtype}\n"
            "  try: .to(dtype) on one of them"
        )
    scaled = product if alpha == 1 else product * alpha
    if beta == 0:
        return ops.expand(scaled, shape=tuple(product.shape))
    return (input if beta == 1 else input * beta) + scaled


def _check_broadcast(name: str, input: Tensor, product: Tensor) -> None:
    shape, wanted = tuple(input.shape), tuple(product.shape)
    extra = len(wanted) - len(shape)
    if extra < 0 or any(n not in (1, m) for n, m in zip(shape, wanted[extra:], strict=True)):
        raise RuntimeError(
            f"{name}: The expanded size of the tensor must match the existing size: input of shape "
            f"{list(shape)} does not broadcast to the product's {list(wanted)}"
        )


def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """`beta * input + alpha * (mat1 @ mat2)`."""
    return _added("addmm", input, ops.mm(mat1, mat2), beta, alpha)


def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """`beta * input + alpha * (mat @ vec)`."""
    return _added("addmv", input, ops.mv(mat, vec), beta, alpha)


def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """`beta * input + alpha * outer(vec1, vec2)`."""
    return _added("addr", input, ops.outer(vec1, vec2), beta, alpha)


def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """`beta * input + alpha * bmm(batch1, batch2)`."""
    return _added("baddbmm", input, ops.bmm(batch1, batch2), beta, alpha)


def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """`beta * input + alpha * bmm(batch1, batch2).sum(0)`."""
    return _added("addbmm", input, ops.sum(ops.bmm(batch1, batch2), dim=0), beta, alpha)


def _in_place(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The form that writes to `self`, which scales it and adds: two writes, no copy of it."""

    def write(self: Tensor, *args: Any, beta: float = 1, alpha: float = 1, **named: Any) -> Tensor:
        product = function(self.detach(), *args, beta=0, alpha=alpha, **named)
        if beta == 0:
            return self.copy_(product)
        return (self if beta == 1 else self.mul_(beta)).add_(product)

    write.__name__ = write.__qualname__ = function.__name__ + "_"
    write.__doc__ = f"In place: {function.__doc__}"
    return write


# -- products of any rank --------------------------------------------------------------------------


def inner(input: Tensor, other: Tensor) -> Tensor:
    """Products summed over the last dimension of both."""
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors, the first one conjugated."""
    return ops.dot(ops.conj(input) if input.is_complex() else input, other)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Products summed over the last `dims` dimensions of `a` and the first of `b`; or over the
    dimensions that two lists name.
    """
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(
                "tensordot expects dims < ndim_a or ndim_b, but got "
                f"dims={dims} for {a.ndim} and {b.ndim} dimensions"
            )
        pairs = list(zip(range(a.ndim - dims, a.ndim), range(dims), strict=True))
    else:
        of_a, of_b = (d.tolist() if isinstance(d, Tensor) else d for d in dims)
        of_a, of_b = ([d] if isinstance(d, int) else list(d) for d in (of_a, of_b))
        if len(of_a) != len(of_b):
            raise RuntimeError("both dimension lists should have same length")
        pairs = [
            (kernels.axis(m, a.ndim), kernels.axis(n, b.ndim))
            for m, n in zip(of_a, of_b, strict=True)
        ]
    for m, n in pairs:
        if a.shape[m] != b.shape[n] and 1 not in (a.shape[m], b.shape[n]):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[m]} in dim {m} "
                f"and second has size {b.shape[n]} in dim {n}"
            )
    labels = string.ascii_letters
    left = labels[: a.ndim]
    right = list(labels[a.ndim : a.ndim + b.ndim])
    for m, n in pairs:
        right[n] = left[m]
    shared = {left[m] for m, _ in pairs}
    result = "".join(n for n in (*left, *right) if n not in shared)
    return einsum(f"{left},{''.join(right)}->{result}", a, b)


def kron(input: Tensor, other: Tensor) -> Tensor:
    """Every element of `input` times all of `other`, as blocks."""
    rank = max(input.ndim, other.ndim)
    shapes = [[1] * (rank - t.ndim) + list(t.shape) for t in (input, other)]
    rows = ops.reshape(input, shape=tuple(s for n in shapes[0] for s in (n, 1)))
    blocks = ops.reshape(other, shape=tuple(s for n in shapes[1] for s in (1, n)))
    return ops.reshape(rows * blocks, shape=tuple(m * n for m, n in zip(*shapes, strict=True)))


def chain_matmul(*matrices: Any) -> Tensor:
    """The product of several matrices, in the order that takes the least time."""
    given: Sequence[Tensor] = matrices[0] if isinstance(matrices[0], list | tuple) else matrices
    if len(given) == 1:
        return given[0]
    labels = string.ascii_letters
    terms = ",".join(labels[n : n + 2] for n in range(len(given)))
    return einsum(f"{terms}->{labels[0]}{labels[len(given)]}", *given)


# -- what is installed where -----------------------------------------------------------------------

SUMS = (addmm, addmv, addr, baddbmm, addbmm)

FUNCTIONS: dict[str, Callable[..., Any]] = {f.__name__: f for f in (*SUMS, inner, vdot, kron)}
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {f.__name__ + "_": _in_place(f) for f in SUMS}
"""Methods only."""

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {f.__name__: f for f in (tensordot, chain_matmul)}
"""Public functions that are no methods."""
