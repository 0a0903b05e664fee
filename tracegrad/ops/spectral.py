"""Singular values, eigenvalues, and what is made of them.

Where two values are equal the vectors are not unique and their gradient is infinite or NaN, as in
PyTorch; that of the values alone is right (`linalg_svdvals`, `linalg_eigvalsh`).
"""

from __future__ import annotations

from typing import Any

from tracegrad.engine.worlds import meet_complex
from tracegrad.errors import LinAlgError
from tracegrad.ops.complex_ import adjoint, is_complex
from tracegrad.ops.declare import op
from tracegrad.ops.decompose import check_matrix, factors

Array = Any

# -- what the rules need ---------------------------------------------------------------------------


def _rows(ops: Any, x: Array) -> Array:
    """A vector as factors of a matrix's rows."""
    return ops.unsqueeze(x, dim=-1)


def _columns(ops: Any, x: Array) -> Array:
    """A vector as factors of a matrix's columns."""
    return ops.unsqueeze(x, dim=-2)


def _skew(ops: Any, x: Array) -> Array:
    return x - adjoint(ops, x)


@op(public=False, vjp=lambda ops, g: ops.diagonal(g, offset=0, dim1=-2, dim2=-1))
def diagonal_matrix(xp, x):
    """Square matrices with the vectors on their diagonals and 0 elsewhere."""
    return xp.where(xp.eye(x.shape[-1], dtype=bool), x[..., None], xp.zeros((), x.dtype))


@op(public=False)
def unit_matrix(xp, x):
    """1 on the diagonal and 0 elsewhere, in the shape and dtype of square matrices."""
    return xp.broadcast_to(xp.eye(x.shape[-1], dtype=x.dtype), x.shape).copy()


def _differences(ops: Any, values: Array) -> Array:
    """`values[j] - values[i]`, with 1 on the diagonal: what the turns of vectors are divided by."""
    gaps = _columns(ops, values) - _rows(ops, values)
    return gaps + ops.unit_matrix(gaps)


# -- singular values -------------------------------------------------------------------------------


def _svd_x(ops: Any, g: Any, x: Array, u: Array, s: Array, vh: Array) -> Array:
    """Source: J. Townsend (2016), "Differentiating the singular value decomposition"; for complex
    matrices Z.-Q. Wan and S.-X. Zhang (2019).
    """
    g_u, g_s, g_vh = g
    u, s, vh = factors(ops, "linalg_svd", (u, s, vh), x)
    inner = ops.zeros_of(u, shape=(*s.shape, s.shape[-1]))
    gaps = _differences(ops, s * s)
    turn_u = None if g_u is None else _skew(ops, ops.matmul(adjoint(ops, u), g_u))
    if turn_u is not None:
        inner = inner + turn_u / gaps * _columns(ops, s)
    if g_vh is not None:
        turn_v = _skew(ops, ops.matmul(vh, adjoint(ops, g_vh)))
        inner = inner + _rows(ops, s) * (turn_v / gaps)
    if g_s is not None:
        inner = inner + ops.diagonal_matrix(g_s)
    if is_complex(u) and turn_u is not None:
        phases = ops.diagonal(turn_u, offset=0, dim1=-2, dim2=-1)
        inner = inner + ops.diagonal_matrix(phases / (s * 2))
    total = ops.matmul(ops.matmul(u, inner), vh)
    if g_u is not None and u.shape[-2] > u.shape[-1]:
        scaled = g_u / _columns(ops, s)
        outside = scaled - ops.matmul(u, ops.matmul(adjoint(ops, u), scaled))
        total = total + ops.matmul(outside, vh)
    if g_vh is not None and vh.shape[-1] > vh.shape[-2]:
        scaled = g_vh / _rows(ops, s)
        outside = scaled - ops.matmul(ops.matmul(scaled, adjoint(ops, vh)), vh)
        total = total + ops.matmul(u, outside)
    return total


def _svd(xp: Any, x: Array, name: str, **options: Any) -> Any:
    check_matrix(name, x)
    try:
        return xp.linalg.svd(x, **options)
    except xp.linalg.LinAlgError:
        raise LinAlgError(
            f"{name}: The algorithm failed to converge because the input matrix contained "
            "non-finite values."
        ) from None


@op(
    outputs=3, aux=("u", "s", "vh"), public=False,
    vjp=lambda ops, g, x, u, s, vh: _svd_x(ops, g, x, u, s, vh),
)  # fmt: skip
def linalg_svd(xp, x):
    """Orthonormal `u` and `vh` and the singular values `s` with `u * s @ vh = x`."""
    u, s, vh = _svd(xp, x, "linalg.svd", full_matrices=False)
    return u, s, vh, u.copy(), s.copy(), vh.copy()


@op(outputs=3, public=False)
def linalg_svd_full(xp, x):
    """As `linalg_svd` with square `u` and `vh`; without gradients."""
    return tuple(_svd(xp, x, "linalg.svd"))


def _svdvals_x(ops: Any, g: Array, x: Array) -> Array:
    u, _, vh = ops.linalg_svd(x)
    return ops.matmul(u * _columns(ops, g), vh)


@op(vjp=lambda ops, g, x: _svdvals_x(ops, g, x), public=False)
def linalg_svdvals(xp, x):
    """The singular values, largest first."""
    return _svd(xp, x, "linalg.svdvals", compute_uv=False)


# -- eigenvalues -----------------------------------------------------------------------------------


def _eigh_x(ops: Any, g: Any, x: Array, values: Array, vectors: Array, uplo: str) -> Array:
    values, vectors = factors(ops, "linalg_eigh", (values, vectors), x, uplo=uplo)
    inner = ops.zeros_of(vectors, shape=vectors.shape)
    if g[1] is not None:
        turns = _skew(ops, ops.matmul(adjoint(ops, vectors), g[1]))
        inner = inner + turns / (_differences(ops, values) * 2)
    if g[0] is not None:
        inner = inner + ops.diagonal_matrix(g[0])
    return ops.matmul(ops.matmul(vectors, inner), adjoint(ops, vectors))


@op(
    outputs=2, aux=("values", "vectors"), public=False,
    vjp=lambda ops, g, x, values, vectors, uplo: _eigh_x(ops, g, x, values, vectors, uplo),
)  # fmt: skip
def linalg_eigh(xp, x, *, uplo="L"):
    """Eigenvalues, smallest first, and orthonormal eigenvectors of symmetric (or Hermitian)
    matrices, of which one triangle is read.
    """
    check_matrix("linalg.eigh", x, square=True)
    values, vectors = xp.linalg.eigh(x, uplo)
    return values, vectors, values.copy(), vectors.copy()


def _eigvalsh_x(ops: Any, g: Array, x: Array, uplo: str) -> Array:
    vectors = ops.linalg_eigh(x, uplo=uplo)[1]
    return ops.matmul(vectors * _columns(ops, g), adjoint(ops, vectors))


@op(vjp=lambda ops, g, x, uplo: _eigvalsh_x(ops, g, x, uplo), public=False)
def linalg_eigvalsh(xp, x, *, uplo="L"):
    """Eigenvalues of symmetric (or Hermitian) matrices, smallest first."""
    check_matrix("linalg.eigvalsh", x, square=True)
    return xp.linalg.eigvalsh(x, uplo)


def _eig_x(ops: Any, g: Any, x: Array, values: Array, vectors: Array) -> Array:
    """Source: C. Boeddeker, P. Hanebrink et al. (2017), "On the computation of complex-valued
    gradients", eq. 4.77, for vectors of length 1.
    """
    values, vectors = factors(ops, "linalg_eig", (values, vectors), x)
    inner = ops.zeros_of(vectors, shape=vectors.shape)
    v_h = adjoint(ops, vectors)
    if g[1] is not None:
        turns = ops.matmul(v_h, g[1])
        along = ops.real(ops.diagonal(turns, offset=0, dim1=-2, dim2=-1))
        turns = turns - ops.matmul(v_h, vectors * _columns(ops, along))
        gaps = _differences(ops, ops.conj(values))
        inner = inner + turns / gaps * (1 - ops.unit_matrix(gaps))
    if g[0] is not None:
        inner = inner + ops.diagonal_matrix(g[0])
    total = ops.linalg_solve(v_h, ops.matmul(inner, v_h))
    return total if is_complex(x) else ops.real(total)


@op(
    outputs=2, aux=("values", "vectors"), public=False,
    vjp=lambda ops, g, x, values, vectors: _eig_x(ops, g, x, values, vectors),
)  # fmt: skip
def linalg_eig(xp, x):
    """Eigenvalues and eigenvectors of length 1 of square matrices; complex, also of real ones."""
    check_matrix("linalg.eig", x, square=True)
    meet_complex()
    if not xp.all(xp.isfinite(x)):
        raise RuntimeError("linalg.eig: input tensor should not contain infs or NaNs.")
    values, vectors = xp.linalg.eig(x)
    wanted = xp.result_type(x.dtype, xp.complex64)  # NumPy gives real ones where all are real
    values, vectors = values.astype(wanted), vectors.astype(wanted)
    return values, vectors, values.copy(), vectors.copy()


# -- pseudoinverse ---------------------------------------------------------------------------------


def _pinv_x(ops: Any, g: Array, x: Array, out: Array) -> Array:
    """Source: G. H. Golub and V. Pereyra (1973), "The differentiation of pseudo-inverses and
    nonlinear least squares problems whose variables separate", eq. 4.12.
    """
    g_h, out_h = adjoint(ops, g), adjoint(ops, out)
    inner = ops.matmul(g_h, out)
    twice = ops.matmul(inner, out_h)
    rows = ops.matmul(ops.matmul(out_h, out), g_h - ops.matmul(inner, x))
    return (
        twice - ops.matmul(ops.matmul(x, out), twice) + rows - adjoint(ops, ops.matmul(out, inner))
    )


@op(vjp=lambda ops, g, x, out: _pinv_x(ops, g, x, out), public=False)
def linalg_pinv(xp, x, *, atol=0.0, rtol=None):
    """The pseudoinverse: singular values up to `max(atol, rtol * largest)` count as 0."""
    u, s, vh = _svd(xp, x, "linalg.pinv", full_matrices=False)
    if not s.size:
        return xp.zeros((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)
    rtol = max(x.shape[-2:]) * float(xp.finfo(x.dtype).eps) if rtol is None else rtol
    large = s > xp.maximum(atol, rtol * s[..., :1])
    inverse = xp.where(large, 1 / xp.where(large, s, 1), 0).astype(s.dtype)
    return xp.matmul(xp.conj(vh).swapaxes(-2, -1) * inverse[..., None, :],
        xp.conj(u).swapaxes(-2, -1))  # fmt: skip
