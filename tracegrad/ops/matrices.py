"""Functions of matrices over the ops of `decompose.py` and `spectral.py`: PyTorch's arguments, what
they return, and what has a good gradient without an op of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.backend.matrices import row_order
from tracegrad.engine.worlds import lifted
from tracegrad.graph.mode import grad_enabled
from tracegrad.ops.complex_functions import adjoint
from tracegrad.ops.create import FUNCTIONS as CREATE

ops = lifted.ops
"""Every op of the table, over tensors."""


class SlogdetResult(NamedTuple):
    sign: Tensor
    logabsdet: Tensor


class QRResult(NamedTuple):
    Q: Tensor
    R: Tensor


class SVDResult(NamedTuple):
    U: Tensor
    S: Tensor
    Vh: Tensor


class SVDResultOld(NamedTuple):
    U: Tensor
    S: Tensor
    V: Tensor


class EigResult(NamedTuple):
    eigenvalues: Tensor
    eigenvectors: Tensor


class LUFactors(NamedTuple):
    LU: Tensor
    pivots: Tensor


class LUResult(NamedTuple):
    P: Tensor
    L: Tensor
    U: Tensor


# -- inverse and determinant -----------------------------------------------------------------------


def inverse(input: Tensor) -> Tensor:
    """The inverse of square matrices.

    Raises:
        LinAlgError: a matrix is singular.
    """
    return ops.linalg_inv(input)


def det(input: Tensor) -> Tensor:
    """The determinant of square matrices. Its gradient is right for singular ones too."""
    return ops.linalg_det(input)


def slogdet(input: Tensor) -> SlogdetResult:
    """The sign of the determinant and the logarithm of its absolute value, without overflow."""
    return SlogdetResult(*ops.linalg_slogdet(input))


def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant; NaN where that is negative."""
    sign, logarithm = ops.linalg_slogdet(input)
    if input.is_complex():
        return logarithm + ops.log(sign)
    return ops.where(sign == -1, float("nan"), logarithm)


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The `X` with `A @ X = B`, or with `X @ A = B` if not `left`.

    Shapes: A `(..., n, n)`, B `(..., n, k)`; or B `(..., n)`, a vector for each matrix.

    Raises:
        LinAlgError: a matrix is singular.
    """
    is_vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and A.shape[:-1] == B.shape)
    if is_vector:
        if not left:
            raise RuntimeError(
                "linalg.solve: Vector broadcasting of the left hand side is not supported for "
                "left=False. In this case linalg.solve is equivalent to B / A.squeeze(-1)"
            )
        return ops.squeeze(ops.linalg_solve(A, ops.unsqueeze(B, -1)), -1)
    return ops.linalg_solve(A, B) if left else _mT(ops.linalg_solve(_mT(A), _mT(B)))


def _mT(x: Tensor) -> Tensor:
    return ops.transpose(x, -2, -1)


def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """As `solve`, for a triangle `A` whose other half is not read; with `unitriangular` neither is
    its diagonal, taken to be 1.
    """
    options = {"unitriangular": unitriangular}
    if left:
        return ops.linalg_solve_triangular(A, B, upper=upper, **options)
    return _mT(ops.linalg_solve_triangular(_mT(A), _mT(B), upper=not upper, **options))


# -- factors ---------------------------------------------------------------------------------------


def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """The triangle `L` with `L @ L.mH = input` of positive-definite matrices, or `L.mH`.

    Raises:
        LinAlgError: a matrix is not positive-definite.
    """
    return adjoint(ops.linalg_cholesky(adjoint(input))) if upper else ops.linalg_cholesky(input)


def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """The `X` with `A @ X = B`, given the triangle `L` of `A`."""
    lower = adjoint(L) if upper else L
    half = ops.linalg_solve_triangular(lower, B, upper=False)
    return ops.linalg_solve_triangular(adjoint(lower), half, upper=True)


def cholesky_inverse(L: Tensor, upper: bool = False) -> Tensor:
    """The inverse of `A`, given its triangle `L`."""
    one = CREATE["eye"](L.shape[-1], dtype=L.dtype, device=L.device)
    return cholesky_solve(ops.expand(one, shape=L.shape), L, upper)


def qr(input: Tensor, mode: str = "reduced") -> QRResult:
    """Orthonormal `Q` and upper triangle `R` with `Q @ R = input`.

    Args:
        mode: `"reduced"`; `"complete"` for a square `Q`; `"r"` for `R` alone.

    Raises:
        RuntimeError: the gradient of a complete `Q` of more rows than columns is asked for.
    """
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', "
            "or 'complete'"
        )
    rows, columns = input.shape[-2:] if input.ndim > 1 else (0, 0)
    if mode == "complete" and rows > columns:
        _refuse_gradient(input, "The QR decomposition is not differentiable when mode='complete' "
            "and nrows > ncols.", "mode='reduced'")  # fmt: skip
        return QRResult(*ops.linalg_qr_complete(input, mode=mode))
    if rows >= columns:
        q, r = ops.linalg_qr(input)
    else:  # the first square decides Q
        q, square = ops.linalg_qr(ops.narrow(input, -1, 0, rows))
        rest = ops.matmul(adjoint(q), ops.narrow(input, -1, rows, columns - rows))
        r = ops.cat([square, rest], -1)
    return QRResult(ops.zeros_of(input, shape=(0,)) if mode == "r" else q, r)


def _refuse_gradient(input: Tensor, message: str, advice: str) -> None:
    if input.requires_grad and grad_enabled():
        raise RuntimeError(f"{message}\n  try: {advice}, or .detach() if no gradient is needed")


def linalg_svd(A: Tensor, full_matrices: bool = True) -> SVDResult:
    """Orthonormal `U` and `Vh` and the singular values with `U * S @ Vh = A`; square ones if
    `full_matrices`.
    """
    if full_matrices and A.ndim > 1 and A.shape[-1] != A.shape[-2]:
        _refuse_gradient(A, "linalg.svd: the vectors that full_matrices=True adds have no gradient",
            "full_matrices=False")  # fmt: skip
        return SVDResult(*ops.linalg_svd_full(A))
    return SVDResult(*ops.linalg_svd(A))


def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> SVDResultOld:
    """As `linalg.svd`, with `V` for its adjoint; `some` for the smaller factors."""
    if not compute_uv:
        n, m = input.shape[-2:]
        zeros = [ops.zeros_of(input, shape=(*input.shape[:-2], k, k)) for k in (n, m)]
        return SVDResultOld(zeros[0], ops.linalg_svdvals(input), zeros[1])
    u, s, vh = linalg_svd(input, full_matrices=not some)
    return SVDResultOld(u, s, adjoint(vh))


def lu_factor(A: Tensor, *, pivot: bool = True) -> LUFactors:
    """Both triangles of elimination in one matrix, and which row was exchanged with which."""
    if not pivot:
        raise NotImplementedError("lu_factor without pivoting is not supported\n  try: pivot=True")
    if A.ndim > 1 and A.shape[-1] != A.shape[-2]:
        _refuse_gradient(A, "linalg.lu_factor: only square matrices have a gradient here", "qr")
    return LUFactors(*ops.linalg_lu_factor(A))


def lu(A: Tensor, *, pivot: bool = True) -> LUResult:
    """Exchanged rows `P`, lower triangle `L` and upper triangle `U` with `P @ L @ U = A`."""
    return lu_unpack(*lu_factor(A, pivot=pivot))


def lu_unpack(LU_data: Tensor, LU_pivots: Tensor) -> LUResult:
    """`P`, `L` and `U` of what `lu_factor` gave."""
    rows, columns = LU_data.shape[-2:]
    count = min(rows, columns)
    one = CREATE["eye"](rows, columns, dtype=LU_data.dtype, device=LU_data.device)
    lower = ops.narrow(ops.tril(LU_data, -1) + one, -1, 0, count)
    upper = ops.narrow(ops.triu(LU_data), -2, 0, count)
    order = _row_order(LU_pivots, rows)
    permutation = CREATE["eye"](rows, dtype=LU_data.dtype, device=LU_data.device)
    return LUResult(_mT(permutation[order]), lower, upper)


def _row_order(pivots: Tensor, rows: int) -> Tensor:
    array = pivots._array
    return Tensor._of(row_order(namespace_of(array), array - 1, rows))


def lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Tensor:
    """The `X` with `A @ X = B`, given what `lu_factor(A)` gave."""
    if not left or adjoint:
        raise NotImplementedError(
            "lu_solve with left=False or adjoint=True is not supported\n  try: linalg.solve"
        )
    permutation, lower, upper = lu_unpack(LU, pivots)
    half = ops.linalg_solve_triangular(lower, ops.matmul(_mT(permutation), B), upper=False)
    return ops.linalg_solve_triangular(upper, half, upper=True)


# -- pseudoinverse and powers ----------------------------------------------------------------------


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudoinverse: singular values up to `rcond` times the largest count as 0."""
    return ops.linalg_pinv(input, rtol=rcond)


def matrix_power(input: Tensor, n: int) -> Tensor:
    """A square matrix multiplied with itself; of a negative `n` its inverse is."""
    if input.ndim < 2 or input.shape[-1] != input.shape[-2]:
        raise RuntimeError(
            "linalg.matrix_power: A must be batches of square matrices, but they are "
            f"{' by '.join(str(k) for k in input.shape[-2:])} matrices"
        )
    if n == 0:
        one = CREATE["eye"](input.shape[-1], dtype=input.dtype, device=input.device)
        nothing = ops.masked_fill(input, ops.isfinite(input) | True, 0)
        return nothing + one
    factor: Tensor = ops.linalg_inv(input) if n < 0 else ops.clone(input)
    result, n = factor, abs(n)
    for bit in bin(n)[3:]:  # after the highest
        result = ops.matmul(result, result)
        if bit == "1":
            result = ops.matmul(result, factor)
    return result


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vector product along `dim`, of size 3; by default along the first of that size."""
    if dim is None:
        sizes = input.shape
        if 3 not in sizes:
            raise RuntimeError("no dimension of size 3 in input")
        dim = tuple(sizes).index(3)
    return ops.linalg_cross(input, other, dim=dim)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        cross, inverse, det, slogdet, logdet, cholesky, cholesky_solve, cholesky_inverse, svd,
        pinverse, matrix_power,
    )
} | {"lu_solve": lambda b, LU_data, LU_pivots: lu_solve(LU_data, LU_pivots, b)}  # fmt: skip
"""Public functions; each is a method too."""

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {"lu_unpack": lu_unpack}


def _qr_old(input: Tensor, some: bool = True) -> QRResult:
    """As `linalg.qr`; `some` for the smaller factors."""
    return qr(input, "reduced" if some else "complete")


_qr_old.__name__ = "qr"
FUNCTIONS["qr"] = _qr_old
METHODS: dict[str, Callable[..., Any]] = {}
