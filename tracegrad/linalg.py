"""`torch.linalg`: matrices, with gradients.

Everything takes batches: `(..., n, m)`. Where a matrix has no answer, `LinAlgError` names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.engine.worlds import lifted
from tracegrad.errors import LinAlgError as LinAlgError
from tracegrad.ops.complex_functions import adjoint as _adjoint
from tracegrad.ops.complex_functions import conj as _conj
from tracegrad.ops.create import FUNCTIONS as _CREATE
from tracegrad.ops.matrices import EigResult as _EigResult
from tracegrad.ops.matrices import cholesky as _cholesky
from tracegrad.ops.matrices import det as det
from tracegrad.ops.matrices import inverse as _inverse
from tracegrad.ops.matrices import linalg_svd as svd
from tracegrad.ops.matrices import lu as lu
from tracegrad.ops.matrices import lu_factor as lu_factor
from tracegrad.ops.matrices import lu_solve as lu_solve
from tracegrad.ops.matrices import matrix_power as _matrix_power
from tracegrad.ops.matrices import qr as qr
from tracegrad.ops.matrices import slogdet as slogdet
from tracegrad.ops.matrices import solve as solve
from tracegrad.ops.matrices import solve_triangular as solve_triangular
from tracegrad.ops.norms import linalg_norm as norm
from tracegrad.ops.norms import matrix_norm as matrix_norm
from tracegrad.ops.norms import vector_norm as vector_norm

ops = lifted.ops
"""Every op of the table, over tensors."""

# -- under PyTorch's argument names ----------------------------------------------------------------


def inv(A: Tensor) -> Tensor:
    """The inverse of square matrices.

    Raises:
        LinAlgError: a matrix is singular.
    """
    return _inverse(A)


def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The triangle `L` with `L @ L.mH = A` of positive-definite matrices, or `L.mH`.

    Raises:
        LinAlgError: a matrix is not positive-definite.
    """
    return _cholesky(A, upper)


def matrix_power(A: Tensor, n: int) -> Tensor:
    """A square matrix multiplied with itself; of a negative `n` its inverse is."""
    return _matrix_power(A, n)


def matrix_exp(A: Tensor) -> Tensor:
    """The exponential of square matrices."""
    return ops.matrix_exp(A)


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product."""
    return ops.matmul(input, other)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """A view of the diagonals of matrices."""
    return ops.diagonal(A, offset, dim1, dim2)


# -- values and vectors ----------------------------------------------------------------------------


def svdvals(A: Tensor) -> Tensor:
    """The singular values, largest first."""
    return ops.linalg_svdvals(A)


def eigh(A: Tensor, UPLO: str = "L") -> _EigResult:
    """Eigenvalues, smallest first, and orthonormal eigenvectors of symmetric (or Hermitian)
    matrices, of which the lower or the upper triangle is read.
    """
    return _EigResult(*ops.linalg_eigh(A, uplo=_triangle(UPLO)))


def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Eigenvalues of symmetric (or Hermitian) matrices, smallest first."""
    return ops.linalg_eigvalsh(A, uplo=_triangle(UPLO))


def _triangle(uplo: str) -> str:
    if uplo.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {uplo}")
    return uplo.upper()


def eig(A: Tensor) -> _EigResult:
    """Eigenvalues and eigenvectors of length 1, which are complex, of square matrices."""
    if A.dtype.is_floating_point and A.dtype.itemsize < 4:
        raise NotImplementedError(
            f"linalg.eig is not implemented for {A.dtype}\n  try: .float() first"
        )
    return _EigResult(*ops.linalg_eig(A))


def eigvals(A: Tensor) -> Tensor:
    """Eigenvalues, which are complex, of square matrices."""
    return eig(A).eigenvalues


def pinv(
    A: Tensor, *, atol: Any = None, rtol: Any = None, hermitian: bool = False, rcond: Any = None
) -> Tensor:
    """The pseudoinverse: singular values up to `max(atol, rtol * largest)` count as 0.

    Args:
        rtol: the larger size times the precision by default, and 0 if `atol` is given.
        hermitian: `A` is known to be; it is computed in the same way.
        rcond: the older name of `rtol`.
    """
    absolute, relative = _tolerances(A, atol, rcond if rtol is None else rtol)
    return ops.linalg_pinv(A, atol=absolute, rtol=relative)


def _tolerances(A: Tensor, atol: Any, rtol: Any) -> tuple[float, float | None]:
    if isinstance(atol, Tensor) or isinstance(rtol, Tensor):
        raise NotImplementedError(
            "a tolerance for each matrix is not supported\n  try: numbers for atol and rtol"
        )
    if rtol is None and atol:
        rtol = 0.0
    return float(atol or 0.0), rtol


def matrix_rank(
    A: Tensor, tol: Any = None, *, atol: Any = None, rtol: Any = None, hermitian: bool = False
) -> Tensor:
    """How many singular values are larger than `max(atol, rtol * largest)`."""
    from numpy import finfo

    absolute, relative = _tolerances(A, tol if atol is None else atol, rtol)
    if relative is None:
        relative = max(A.shape[-2:]) * float(finfo(A.dtype.numpy).eps)
    with_values = ops.abs(eigvalsh(A)) if hermitian else svdvals(A)
    values = with_values.detach()
    if not values.shape[-1]:
        return _CREATE["zeros"](*A.shape[:-2], dtype=int)
    bound = ops.clamp(ops.amax(values, dim=-1, keepdim=True) * relative, min=absolute)
    return ops.sum(values > bound, dim=-1)


def cond(A: Tensor, p: Any = None) -> Tensor:
    """The norm of matrices times that of their inverses: how much they magnify relative errors."""
    if not A.numel():
        return _CREATE["zeros"](*A.shape[:-2], dtype=svdvals(A).dtype)
    if p is None or p in (2, -2):
        values = svdvals(A)
        largest, smallest = values[..., 0], values[..., -1]
        return smallest / largest if p == -2 else largest / smallest
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


class LstsqResult(NamedTuple):
    """What `lstsq` returns."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


def lstsq(
    A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> LstsqResult:
    """The `X` that makes `A @ X - B` smallest, itself as small as possible.

    Args:
        rcond: singular values up to this times the largest count as 0.
        driver: `"gels"` (`A` has full rank), `"gelsy"`, `"gelsd"` or `"gelss"`: what is returned
            besides the solution, as in PyTorch. It is computed by singular values in each case.
    """
    driver = driver or "gelsy"
    if driver not in ("gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), "
            f"got {driver}"
        )
    is_vector = A.ndim - 1 == B.ndim and A.shape[:-1] == B.shape
    right = ops.unsqueeze(B, -1) if is_vector else B
    if A.ndim < 2 or right.ndim < 2 or A.shape[-2] != right.shape[-2]:
        raise RuntimeError("torch.linalg.lstsq: input.size(-2) should match other.size(-2)")
    _, relative = _tolerances(A, None, rcond)
    solution = ops.matmul(ops.linalg_pinv(A, rtol=relative), right)
    values = svdvals(A.detach())
    rank = matrix_rank(A.detach(), rtol=relative)
    empty, full = _CREATE["empty"](0, dtype=values.dtype), min(A.shape[-2:])
    residuals = empty
    if driver != "gelsy" and A.shape[-2] > A.shape[-1] and bool(ops.all(rank == full)):
        left = ops.abs(ops.matmul(A, solution) - right)
        residuals = ops.sum(left * left, dim=-2)
    return LstsqResult(
        ops.squeeze(solution, -1) if is_vector else solution,
        residuals,
        _CREATE["empty"](0, dtype=rank.dtype) if driver == "gels" else rank,
        values if driver in ("gelsd", "gelss") else empty,
    )


# -- products --------------------------------------------------------------------------------------


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of several matrices, in the order that takes the fewest multiplications; the
    first may be a row vector and the last a column.
    """
    if len(tensors) < 2:
        raise RuntimeError("multi_dot(): expected at least 2 tensors but got " + str(len(tensors)))
    factors = list(tensors)
    row, column = factors[0].ndim == 1, factors[-1].ndim == 1
    if row:
        factors[0] = ops.unsqueeze(factors[0], 0)
    if column:
        factors[-1] = ops.unsqueeze(factors[-1], 1)
    for n, factor in enumerate(factors):
        if factor.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {n} must be 2D but got {tensors[n].ndim}D")
    splits = _cheapest([factors[0].shape[0], *(f.shape[1] for f in factors)])
    product = _product(factors, splits, 0, len(factors) - 1)
    if row:
        product = ops.squeeze(product, 0)
    return ops.squeeze(product, -1) if column else product


def _cheapest(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """After which factor to split each run of factors, `sizes[n]` by `sizes[n + 1]` the n-th.

    Source: T. H. Cormen et al. (1990), "Introduction to Algorithms", matrix-chain multiplication.
    """
    count = len(sizes) - 1
    cost = {(n, n): 0 for n in range(count)}
    splits = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            options = [
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            ]
            cost[i, j], splits[i, j] = min(options)
    return splits


def _product(factors: Any, splits: dict[tuple[int, int], int], i: int, j: int) -> Tensor:
    if i == j:
        return factors[i]
    k = splits[i, j]
    return ops.matmul(_product(factors, splits, i, k), _product(factors, splits, k + 1, j))


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector product along `dim`, of size 3."""
    return ops.linalg_cross(input, other, dim=dim)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The inner products along `dim`; the first factor is conjugated."""
    return ops.sum(_conj(x) * y, dim=dim)


def vander(x: Tensor, N: int | None = None) -> Tensor:
    """The powers 0 to `N - 1` of each element, along a new last dimension."""
    N = x.shape[-1] if N is None else N
    if N <= 0:
        raise RuntimeError("N must be greater than 1.")
    powers = [ops.to_like(_CREATE["ones_like"](x), x)]
    for _ in range(N - 1):
        powers.append(powers[-1] * x)
    return ops.stack(powers, -1)


def householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first columns of the product of reflections `1 - tau[i] v v.mH`, where `v` is column `i`
    of `A` from the 1 on its diagonal down.
    """
    rows, columns = A.shape[-2:]
    if rows < columns:
        raise RuntimeError(
            "torch.linalg.householder_product: input.shape[-2] must be greater than or equal to "
            "input.shape[-1]"
        )
    one = _CREATE["eye"](rows, columns, dtype=A.dtype, device=A.device)
    lower = ops.tril(A, -1) + one
    product = ops.expand(one, shape=A.shape)
    for n in reversed(range(tau.shape[-1])):
        v = ops.narrow(lower, -1, n, 1)
        scale = ops.unsqueeze(ops.narrow(tau, -1, n, 1), -1)
        product = product - scale * ops.matmul(v, ops.matmul(_adjoint(v), product))
    return product


# -- tensors as matrices ---------------------------------------------------------------------------


def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of the map from the dimensions from `ind` on to those before."""
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    first, last = A.shape[:ind], A.shape[ind:]
    if prod(first) != prod(last):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {prod(last)} != {prod(first)}"
        )
    matrix = ops.reshape(A, (prod(first), prod(last)))
    return ops.reshape(inv(matrix), (*last, *first))


def tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """The `X` with `tensordot(A, X, X.ndim) = B`; `dims` of `A` are moved to its end before."""
    if dims is not None:
        moved = [kernels.axis(d, A.ndim) for d in dims]
        A = ops.permute(A, dims=[d for d in range(A.ndim) if d not in moved] + moved)
    last = A.shape[B.ndim :]
    if prod(last) != prod(A.shape[: B.ndim]) or prod(last) != B.numel():
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {prod(last)} != {prod(A.shape[: B.ndim])}"
        )
    solved = solve(ops.reshape(A, (prod(last), prod(last))), ops.reshape(B, (-1,)))
    return ops.reshape(solved, tuple(last))


__all__ = [
    "LinAlgError", "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "householder_product", "inv", "lstsq", "lu", "lu_factor", "lu_solve", "matmul",
    "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr",
    "slogdet", "solve", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander",
    "vecdot", "vector_norm",
]  # fmt: skip
