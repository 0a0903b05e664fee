"""How to call the ops of matrices, of Fourier transforms and of complex numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.calls import ANY_DIMS, Call, real

random = np.random.default_rng(3)


def complex_numbers(*shape: int) -> np.ndarray[Any, Any]:
    """Numbers away from 0, in all directions."""
    sizes = random.uniform(0.5, 2.0, shape)
    return np.asarray(sizes * np.exp(1j * random.uniform(-3, 3, shape)))


def matrices(*shape: int) -> np.ndarray[Any, Any]:
    """Well conditioned matrices with different singular values."""
    return random.normal(size=shape) + 2 * np.eye(*shape[-2:])


def positive_definite(n: int, complex: bool = False) -> np.ndarray[Any, Any]:
    square = matrices(n, n) + (1j * matrices(n, n) if complex else 0)
    return square @ square.conj().T / 4 + np.diag(np.arange(1.0, n + 1))


def with_real_eigenvalues(n: int) -> np.ndarray[Any, Any]:
    vectors = matrices(n, n)
    return vectors @ np.diag(np.arange(1.0, n + 1)) @ np.linalg.inv(vectors)


SQUARE: list[Call] = [
    ((matrices(3, 3),), {}),
    ((matrices(2, 2, 2),), {}),
    ((matrices(2, 2) + 1j * matrices(2, 2),), {}),
    ((np.zeros((0, 2, 2)),), {}),
]
TALL: list[Call] = [((matrices(3, 3),), {}), ((matrices(2, 3, 2),), {})]
ANY: list[Call] = [*TALL, ((matrices(2, 3),), {})]
COMPLEX_TALL: list[Call] = [((complex_numbers(3, 2),), {})]
SYMMETRIC_MATRICES: list[Call] = [
    ((positive_definite(3),), {}),
    ((np.stack([positive_definite(2), positive_definite(2)]),), {}),
]
HERMITIAN: list[Call] = [((positive_definite(2, complex=True),), {})]
TRIANGLES: list[Call] = [
    ((matrices(3, 3), real(3, 2)), {"upper": True}),
    ((matrices(2, 2, 2), real(2, 1)), {"upper": False}),
    ((matrices(3, 3), real(3, 1)), {"upper": False, "unitriangular": True}),
    ((complex_numbers(2, 2), complex_numbers(2, 2)), {"upper": True}),
]


def _placed(calls: list[Call], **options: Any) -> list[Call]:
    return [(inputs, {**given, **options}) for inputs, given in calls]


CALLS: dict[str, list[Call]] = {
    "conj": [((complex_numbers(2, 3),), {}), ((complex_numbers(),), {}), ((real(2),), {})],
    "real": [((complex_numbers(2, 3),), {}), ((complex_numbers(),), {})],
    "imag": [((complex_numbers(2, 3),), {}), ((complex_numbers(),), {})],
    "view_as_real": [((complex_numbers(2, 3),), {}), ((complex_numbers(),), {})],
    "view_as_complex": [((real(3, 2),), {}), ((real(2),), {})],
    "complex": [((real(2, 3), real(3)), {}), ((real(), real()), {})],
    "angle": [((complex_numbers(2, 3),), {}), ((real(2, 3),), {}), ((real(),), {})],
    "fft_c2c": [
        ((complex_numbers(2, 3),), {"dim": (1,), "norm": "backward", "inverse": False}),
        ((complex_numbers(2, 3),), {"dim": (0, 1), "norm": "ortho", "inverse": True}),
        ((complex_numbers(2, 3),), {"dim": (0,), "norm": "forward", "inverse": False}),
    ],
    "fft_r2c": [
        ((real(2, 4),), {"dim": 1, "norm": "backward"}),
        ((real(3, 2),), {"dim": 0, "norm": "forward"}),
        ((real(1),), {"dim": 0, "norm": "ortho"}),
    ],
    "fft_c2r": [
        ((complex_numbers(2, 3),), {"dim": 1, "n": 4, "norm": "backward"}),
        ((complex_numbers(2, 3),), {"dim": 0, "n": 3, "norm": "forward"}),
        ((complex_numbers(1),), {"dim": 0, "n": 1, "norm": "ortho"}),
    ],
    "fft_fold": [((complex_numbers(3),), {"dim": 0, "n": n, "factor": 0.5}) for n in (4, 5)],
    "linalg_inv": SQUARE,
    "linalg_solve": [
        ((matrices(3, 3), real(3, 2)), {}),
        ((matrices(2, 2), real(3, 2, 1)), {}),
        ((complex_numbers(2, 2), complex_numbers(2, 2)), {}),
    ],
    "linalg_solve_triangular": TRIANGLES,
    "linalg_det": [*SQUARE, ((np.zeros((0, 0)),), {})],
    "linalg_cofactor": SQUARE,
    "linalg_slogdet": SQUARE,
    "linalg_cholesky": [*SYMMETRIC_MATRICES, *HERMITIAN, ((np.zeros((0, 2, 2)),), {})],
    "linalg_qr": [*TALL, *COMPLEX_TALL],
    "linalg_qr_complete": [((matrices(3, 2),), {"mode": "complete"})],
    "linalg_lu_factor": [*SQUARE],
    "matrix_exp": SQUARE,
    "linalg_cross": [
        ((real(2, 3), real(1, 3)), {}),
        ((real(3, 2), real(3, 2)), {"dim": 0}),
        ((complex_numbers(3), complex_numbers(3)), {}),
    ],
    "diagonal_matrix": [((real(3),), {}), ((real(2, 2),), {})],
    "unit_matrix": [((real(2, 3, 3),), {})],
    "linalg_svd": ANY,
    "linalg_svd_full": [((matrices(2, 3),), {})],
    "linalg_svdvals": [*ANY, *COMPLEX_TALL],
    "linalg_eigh": [*SYMMETRIC_MATRICES, *_placed(SYMMETRIC_MATRICES, uplo="U")],
    "linalg_eigvalsh": [*SYMMETRIC_MATRICES, *HERMITIAN, *_placed(HERMITIAN, uplo="U")],
    "linalg_eig": [((with_real_eigenvalues(3),), {})],
    "linalg_pinv": [*ANY, *COMPLEX_TALL, ((matrices(3, 3),), {"atol": 1e-3})],
    "vector_norm": [
        *_placed(ANY_DIMS, order=3.0),
        *_placed(ANY_DIMS[:3], order=1.0),
        *_placed(ANY_DIMS[:3], order=-1.0),
        ((real(0, 3),), {"order": 2.5, "dim": 0}),
        ((complex_numbers(2, 3),), {"order": 1.5, "dim": 1}),
    ],
}

SYMMETRIC = {"linalg_cholesky", "linalg_eigh", "linalg_eigvalsh"}
"""Ops that read one triangle of a symmetric matrix, whose gradient is that of both."""

TIED_TO_LAYOUT = {"view_as_complex"}
