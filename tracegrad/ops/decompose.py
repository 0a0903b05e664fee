"""Solving with matrices: inverse, determinant, and the factorisations by elimination.

All take batches. Rules of `linalg_inv`, `linalg_solve`, `linalg_det` and `matrix_exp` are analytic
formulas: they transpose, and complex numbers are conjugated before they come here (Note [Gradients
of complex numbers]). The others say `adjoint` themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad.backend import matrices
from tracegrad.engine.worlds import lifted, meet_complex
from tracegrad.errors import LinAlgError
from tracegrad.ops.complex_ import adjoint, conjugate, is_complex
from tracegrad.ops.declare import op

Array = Any

# -- what all of them need -------------------------------------------------------------------------


def check_matrix(name: str, x: Array, square: bool = False) -> None:
    """Refuse what is no matrix of floating-point or complex numbers.

    Raises:
        RuntimeError: it has too few dimensions, is not square, or of another dtype.
    """
    if x.dtype.kind not in "fc":
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {x.dtype}\n"
            "  try: .float() first"
        )
    if x.dtype.itemsize < 4:
        raise RuntimeError(
            f"{name}: Low precision dtypes not supported. Got {x.dtype}\n  try: .float() first"
        )
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if square and x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {x.shape[-2]} by "
            f"{x.shape[-1]} matrices"
        )
    if x.dtype.kind == "c":
        meet_complex()


def transposed(ops: Any, x: Array) -> Array:
    """The last two dimensions exchanged, in either world."""
    return ops.transpose(x, dim0=-2, dim1=-1)


def factors(ops: Any, name: str, kept: tuple[Array, ...], x: Array, **options: Any) -> Any:
    """What a decomposition gave: as it was kept; over tensors decomposed again, so that a second
    derivative sees where it comes from.
    """
    return getattr(ops, name)(x, **options) if ops is lifted.ops else kept


def explained(
    xp: Any, run: Callable[[Array], Any], x: Array, message: Callable[[Array], str], name: str
) -> Any:
    """What the routine gives; its failure as PyTorch tells it, with the matrix of the batch.

    Args:
        message: what is wrong with one matrix, computed after the routine has refused it.
    """
    try:
        return run(x)
    except xp.linalg.LinAlgError:
        flat = x.reshape(-1, *x.shape[-2:])
        for n, matrix in enumerate(flat):
            try:
                run(matrix)
            except xp.linalg.LinAlgError:
                which = f"(Batch element {n}): " if x.ndim > 2 else ""
                raise LinAlgError(f"{name}: {which}{message(matrix)}") from None
        raise


def first_zero_pivot(matrix: Array) -> int:
    """Which diagonal element of a singular matrix elimination finds to be 0, counted from 1."""
    rows = matrix.tolist()
    for n in range(len(rows)):
        best = max(range(n, len(rows)), key=lambda i: abs(rows[i][n]))
        if rows[best][n] == 0:
            return n + 1
        rows[n], rows[best] = rows[best], rows[n]
        for i in range(n + 1, len(rows)):
            factor = rows[i][n] / rows[n][n]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[n], strict=True)]
    return len(rows)


# -- inverse and determinant -----------------------------------------------------------------------


def _inv_x(ops: Any, g: Array, out: Array) -> Array:
    inverse = transposed(ops, out)
    return -ops.matmul(ops.matmul(inverse, g), inverse)


@op(vjp=lambda ops, g, out: _inv_x(ops, g, out), public=False)
def linalg_inv(xp, x):
    """The inverse of square matrices."""
    check_matrix("linalg.inv", x, square=True)
    return explained(xp, xp.linalg.inv, x, lambda matrix: (
        f"The diagonal element {first_zero_pivot(matrix)} is zero, the inversion could not be "
        "completed because the input matrix is singular."
    ), "linalg.inv")  # fmt: skip


def _solve_x(ops: Any, g: Array, x: Array, out: Array) -> Array:
    return -ops.matmul(ops.linalg_solve(transposed(ops, x), g), transposed(ops, out))


@op(public=False, vjp={
    "x": lambda ops, g, x, out: _solve_x(ops, g, x, out),
    "y": lambda ops, g, x: ops.linalg_solve(transposed(ops, x), g),
})  # fmt: skip
def linalg_solve(xp, x, y):
    """The matrices `z` with `x @ z = y`."""
    check_matrix("linalg.solve", x, square=True)
    check_same("linalg.solve", x, y)
    if x.shape[-1] != y.shape[-2]:
        raise RuntimeError(
            "linalg.solve: Incompatible shapes of A and B for the equation AX = B "
            f"({x.shape[-2]}x{x.shape[-1]} and {y.shape[-2]}x{y.shape[-1]})"
        )
    return explained(xp, lambda a: xp.linalg.solve(a, y if a is x else xp.ones_like(a)), x,
        lambda _: "The solver failed because the input matrix is singular.", "torch.linalg.solve",
    )  # fmt: skip


def check_same(name: str, x: Array, y: Array) -> None:
    """Refuse operands of two dtypes."""
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"{name}: Expected A and B to have the same dtype, but found A of type {x.dtype} and B "
            f"of type {y.dtype} instead\n  try: .to(dtype) on one of them"
        )


@op(
    public=False,
    vjp=lambda ops, g, x: ops.unsqueeze(ops.unsqueeze(g, dim=-1), dim=-1) * ops.linalg_cofactor(x),
)
def linalg_det(xp, x):
    """The determinant of square matrices."""
    check_matrix("linalg.det", x, square=True)
    return xp.linalg.det(x)


def _cofactor_x(ops: Any, g: Array, x: Array, out: Array) -> Array:
    inverse = transposed(ops, ops.linalg_inv(x))
    along = ops.sum(g * out, dim=(-2, -1), keepdim=True) * inverse
    return along - ops.matmul(ops.matmul(inverse, transposed(ops, g)), out)


@op(vjp=lambda ops, g, x, out: _cofactor_x(ops, g, x, out), public=False)
def linalg_cofactor(xp, x):
    """The cofactors of square matrices, which are the gradient of the determinant; of singular ones
    too, as they come from singular values: `det(U V) U prod(other values) V`.
    """
    determinant = xp.linalg.det(x)
    if xp.all(determinant != 0):
        return determinant[..., None, None] * xp.linalg.inv(x).swapaxes(-2, -1)
    u, s, vh = xp.linalg.svd(x)
    n = s.shape[-1]
    others = xp.where(xp.eye(n, dtype=bool), xp.ones((), s.dtype), s[..., None, :])
    scale = xp.multiply.reduce(others, -1) * (xp.linalg.det(u) * xp.linalg.det(vh))[..., None]
    # The transpose of the adjugate, without a conjugate: det' is analytic.
    return xp.conj(xp.matmul(u * xp.conj(scale)[..., None, :], vh))


def _slogdet_x(ops: Any, g: Any, x: Array, sign: Array) -> Array:
    """Gradient through the logarithm, and of complex numbers through the direction too."""
    along = ops.zeros_of(x, shape=sign.shape) if g[1] is None else g[1]
    if is_complex(x) and g[0] is not None:
        sign = factors(ops, "linalg_slogdet", (sign,), x)[0]
        along = along - ops.imag(conjugate(ops, g[0]) * sign) * 1j
    inverse = adjoint(ops, ops.linalg_inv(x))
    return ops.unsqueeze(ops.unsqueeze(along, dim=-1), dim=-1) * inverse


@op(
    outputs=2, aux=("sign",), public=False,
    vjp=lambda ops, g, x, sign: _slogdet_x(ops, g, x, sign),
)  # fmt: skip
def linalg_slogdet(xp, x):
    """The sign of the determinant (a direction, of complex numbers), and the logarithm of its
    absolute value.
    """
    check_matrix("linalg.slogdet", x, square=True)
    sign, logarithm = xp.linalg.slogdet(x)
    return sign, logarithm, xp.array(sign)


# -- triangular factors ----------------------------------------------------------------------------


def _triangle(ops: Any, x: Array, upper: bool, unitriangular: bool) -> Array:
    """What a triangular solve reads of its matrix."""
    shift = 1 if unitriangular else 0
    return ops.triu(x, diagonal=shift) if upper else ops.tril(x, diagonal=-shift)


def _triangular_x(
    ops: Any, g: Array, x: Array, out: Array, upper: bool, unitriangular: bool
) -> Array:
    solved = ops.linalg_solve_triangular(
        transposed(ops, x), g, upper=not upper, unitriangular=unitriangular
    )
    return _triangle(ops, -ops.matmul(solved, transposed(ops, out)), upper, unitriangular)


@op(public=False, vjp={
    "x": lambda ops, g, x, out, upper, unitriangular: (
        _triangular_x(ops, g, x, out, upper, unitriangular)),
    "y": lambda ops, g, x, upper, unitriangular: ops.linalg_solve_triangular(
        transposed(ops, x), g, upper=not upper, unitriangular=unitriangular),
})  # fmt: skip
def linalg_solve_triangular(xp, x, y, *, upper, unitriangular=False):
    """The matrices `z` with `x @ z = y` for a triangle `x`; the other half of it is not read."""
    check_matrix("linalg.solve_triangular", x, square=True)
    check_same("linalg.solve_triangular", x, y)
    if y.ndim < 2 or x.shape[-1] != y.shape[-2]:
        raise RuntimeError(
            "linalg.solve_triangular: Incompatible shapes of A and B for the equation AX = B "
            f"({x.shape[-2]}x{x.shape[-1]} and {'x'.join(map(str, y.shape[-2:]))})"
        )
    batch = xp.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x = xp.broadcast_to(x, (*batch, *x.shape[-2:]))
    y = xp.broadcast_to(y, (*batch, *y.shape[-2:]))
    if not y.size:
        return xp.zeros(y.shape, y.dtype)
    return matrices.solve_triangular(xp, x, y, upper=upper, unitriangular=unitriangular)


def _hermitian(ops: Any, x: Array) -> Array:
    return (x + adjoint(ops, x)) * 0.5


def _cholesky_x(ops: Any, g: Array, out: Array) -> Array:
    """Source: I. Murray (2016), "Differentiation of the Cholesky decomposition", eq. 10."""
    lower = ops.tril(ops.matmul(adjoint(ops, out), g))
    lower = lower - ops.tril(ops.triu(lower)) * 0.5
    upper = adjoint(ops, out)
    left = ops.linalg_solve_triangular(upper, lower, upper=True)
    both = ops.linalg_solve_triangular(upper, adjoint(ops, left), upper=True)
    return _hermitian(ops, both)


def _minor(xp: Any, matrix: Array) -> str:
    """The first leading minor that is not positive."""
    for order in range(1, matrix.shape[-1] + 1):
        try:
            xp.linalg.cholesky(matrix[:order, :order])
        except xp.linalg.LinAlgError:
            break
    return (
        "The factorization could not be completed because the input is not positive-definite (the "
        f"leading minor of order {order} is not positive-definite)."
    )


@op(vjp=lambda ops, g, out: _cholesky_x(ops, g, out), public=False)
def linalg_cholesky(xp, x):
    """The lower triangle `L` with `L @ L.mH = x` for positive-definite `x`, of which only the lower
    triangle is read.
    """
    check_matrix("linalg.cholesky", x, square=True)
    if not x.size:
        return x.copy()
    name = "linalg.cholesky"
    return explained(xp, xp.linalg.cholesky, x, lambda matrix: _minor(xp, matrix), name)


def _qr_x(ops: Any, g: Any, x: Array, q: Array, r: Array) -> Array:
    """Source: S. F. Walter, L. Lehmann and R. Lamour (2012), "On evaluating higher-order
    derivatives of the QR decomposition", for as many rows as columns or more.
    """
    q, r = factors(ops, "linalg_qr", (q, r), x)
    g_q, g_r = g
    square = ops.zeros_of(x, shape=r.shape)
    if g_r is not None:
        square = ops.matmul(r, adjoint(ops, g_r))
    if g_q is not None:
        square = square - ops.matmul(adjoint(ops, g_q), q)
    below = ops.tril(square, diagonal=-1)
    diagonal = ops.tril(ops.triu(square))
    mirrored = below + adjoint(ops, below) + _hermitian(ops, diagonal)
    total = ops.matmul(q, mirrored)
    if g_q is not None:
        total = total + g_q
    solved = ops.linalg_solve_triangular(r, adjoint(ops, total), upper=True)
    return adjoint(ops, solved)


@op(
    outputs=2, aux=("q", "r"), public=False,
    vjp=lambda ops, g, x, q, r: _qr_x(ops, g, x, q, r),
)  # fmt: skip
def linalg_qr(xp, x):
    """An orthonormal `q` and an upper triangle `r` with `q @ r = x`, of matrices that have at least
    as many rows as columns.
    """
    check_matrix("linalg.qr", x)
    q, r = xp.linalg.qr(x)
    return q, r, q.copy(), r.copy()


@op(outputs=2, public=False)
def linalg_qr_complete(xp, x, *, mode):
    """As `linalg_qr` with a square `q`; without gradients."""
    check_matrix("linalg.qr", x)
    return tuple(xp.linalg.qr(x, mode))


# -- elimination -----------------------------------------------------------------------------------


def _lu_x(ops: Any, g: Any, x: Array, lu: Array, order: Array) -> Array:
    """Gradient of the two triangles in one square matrix; rows go back to where they were."""
    lu = factors(ops, "linalg_lu_factor", (lu,), x)[0]
    upper = ops.triu(lu)
    lower = ops.tril(lu, diagonal=-1)
    g_lower, g_upper = ops.tril(g[0], diagonal=-1), ops.triu(g[0])
    # With the ones of its diagonal `lower` is unitriangular: they are not stored.
    one = ops.matmul(adjoint(ops, lower), g_lower) + g_lower
    inner = ops.tril(one, diagonal=-1) + ops.triu(ops.matmul(g_upper, adjoint(ops, upper)))
    left = ops.linalg_solve_triangular(adjoint(ops, lower), inner, upper=True, unitriangular=True)
    right = ops.linalg_solve_triangular(upper, adjoint(ops, left), upper=True)
    return ops.gather(adjoint(ops, right), ops.expand(order, shape=lu.shape), dim=-2)


@op(
    outputs=2, aux=("lu", "order"), public=False,
    vjp=lambda ops, g, x, lu, order: _lu_x(ops, g, x, lu, order),
)  # fmt: skip
def linalg_lu_factor(xp, x):
    """The triangles of elimination with exchanged rows, in one matrix each, and which row was
    exchanged with each (counted from 1).
    """
    check_matrix("linalg.lu_factor", x)
    lu, pivots = matrices.lu_factor(xp, x)
    rows = matrices.row_order(xp, pivots, x.shape[-2])
    back = xp.argsort(rows, -1)
    return lu, (pivots + 1).astype(xp.int32), lu.copy(), back[..., None]


# -- exponential -----------------------------------------------------------------------------------


def _exp_x(ops: Any, g: Array, x: Array) -> Array:
    """The derivative in direction `g` is a block of the exponential of `[[x', g], [0, x']]`."""
    n = x.shape[-1]
    turned = transposed(ops, x)
    zeros = ops.zeros_of(x, shape=x.shape)
    rows = [ops.cat([turned, g], dim=-1), ops.cat([zeros, turned], dim=-1)]
    whole = ops.matrix_exp(ops.cat(rows, dim=-2))
    return ops.narrow(ops.narrow(whole, dim=-2, start=0, length=n), dim=-1, start=n, length=n)


@op(vjp=lambda ops, g, x: _exp_x(ops, g, x))
def matrix_exp(xp, x):
    """The exponential of square matrices: the limit of `(1 + x / n) ** n`."""
    check_matrix("linalg.matrix_exp", x, square=True)
    if not x.size:
        return x.copy()
    exponential = matrices.matrix_routine(xp, "expm")
    return matrices.each_matrix(xp, lambda a: (exponential(a),), x)[0]


# -- vector product --------------------------------------------------------------------------------


@op(public=False, promotes="types", vjp={
    "x": lambda ops, g, y, dim: ops.linalg_cross(y, g, dim=dim),
    "y": lambda ops, g, x, dim: ops.linalg_cross(g, x, dim=dim),
})  # fmt: skip
def linalg_cross(xp, x, y, *, dim=-1):
    """The vector product along `dim`, of size 3."""
    if x.ndim != y.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    if x.shape[dim] != 3 or y.shape[dim] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {x.shape[dim]} and "
            f"{y.shape[dim]}"
        )
    return xp.cross(x, y, axis=dim)
