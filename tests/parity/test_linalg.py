"""`linalg` and its top-level names give what PyTorch's do: values, gradients, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="compares with PyTorch")
import torch

import tracegrad as tg
from tests.parity.on_arrays import assert_same, complex_, real, run

pytestmark = pytest.mark.parity

INF = float("inf")


def positive(array: Any) -> Any:
    return array @ array.conj().swapaxes(-1, -2) + np.eye(array.shape[-1])


def absolute(parts: Any) -> Any:
    """Of vectors that may be turned, what does not change."""
    return tuple(part.abs() for part in parts)


MATRICES = {
    "inv": lambda M, a: M.linalg.inv(a),
    "inverse": lambda M, a: a.inverse(),
    "det": lambda M, a: M.linalg.det(a),
    "det method": lambda M, a: a.det(),
    "slogdet": lambda M, a: M.linalg.slogdet(a),
    "eigvals": lambda M, a: (M.linalg.eigvals(a) ** 3).sum(-1),
    "eig": lambda M, a: M.linalg.eig(a).eigenvectors.abs().sum(-1).sum(-1),
    "matrix_power": lambda M, a: M.linalg.matrix_power(a, 5),
    "matrix_power of -2": lambda M, a: M.matrix_power(a, -2),
    "matrix_power of 0": lambda M, a: a.matrix_power(0),
    "matrix_exp": lambda M, a: M.linalg.matrix_exp(a),
    "matrix_exp method": lambda M, a: a.matrix_exp(),
    "qr": lambda M, a: M.linalg.qr(a),
    "lu": lambda M, a: M.linalg.lu(a),
    "lu_factor": lambda M, a: M.linalg.lu_factor(a),
    "vector_norm of zeros": lambda M, a: M.linalg.vector_norm(a * 0, 3, dim=-1),
    "vander": lambda M, a: M.linalg.vander(a, N=3),
    "diagonal": lambda M, a: M.linalg.diagonal(a, offset=1),
    "matrix_norm dim": lambda M, a: M.linalg.matrix_norm(a, "nuc", dim=(0, -1), keepdim=True),
    "cond": lambda M, a: M.linalg.cond(a),
    "cond -2": lambda M, a: M.linalg.cond(a, -2),
    "cond nuc": lambda M, a: M.linalg.cond(a.detach(), "nuc"),
}  # fmt: skip
HERMITIAN = {
    "cholesky of real": lambda M, a: M.linalg.cholesky(a),
    "logdet": lambda M, a: M.logdet(a),
    "eigvalsh": lambda M, a: M.linalg.eigvalsh(a),
    "eigvalsh of the upper": lambda M, a: M.linalg.eigvalsh(a, "U"),
    "eigh": lambda M, a: absolute(M.linalg.eigh(a)),
    "pinv": lambda M, a: M.linalg.pinv(a, hermitian=True),
    "matrix_rank": lambda M, a: M.linalg.matrix_rank(a.detach(), hermitian=True),
    "cholesky": lambda M, a: M.linalg.cholesky(a).abs(),
    "upper cholesky": lambda M, a: M.linalg.cholesky(a, upper=True).abs(),
    "cholesky_inverse": lambda M, a: M.cholesky_inverse(M.linalg.cholesky(a)),
}
SHAPES = {
    "qr": lambda M, a: M.linalg.qr(a),
    "complete qr": lambda M, a: M.linalg.qr(a.detach(), mode="complete"),
    "old qr": lambda M, a: M.qr(a),
    "r": lambda M, a: M.linalg.qr(a.detach(), mode="r"),
    "svdvals": lambda M, a: M.linalg.svdvals(a),
    "svd": lambda M, a: absolute(M.linalg.svd(a, full_matrices=False)),
    "full svd": lambda M, a: absolute(M.linalg.svd(a.detach())),
    "old svd": lambda M, a: absolute(a.svd()),
    "pinv": lambda M, a: M.linalg.pinv(a),
    "pinv cut": lambda M, a: M.linalg.pinv(a, rtol=0.3),
    "pinverse": lambda M, a: a.pinverse(),
    "lu": lambda M, a: M.linalg.lu(a.detach()),
    "lu_factor": lambda M, a: M.linalg.lu_factor(a.detach()),
    "matrix_rank": lambda M, a: M.linalg.matrix_rank(a.detach()),
    "lstsq": lambda M, a: M.linalg.lstsq(a, M.ones(*a.shape[:-1], 2, dtype=a.dtype)).solution,
    "norm": lambda M, a: M.linalg.norm(a),
    "old norm": lambda M, a: M.norm(a),
    "old norm of order 1": lambda M, a: a.norm(1, dim=-1, keepdim=True),
    "old nuclear norm": lambda M, a: M.norm(a, "nuc"),
} | {
    f"matrix_norm {order} keepdim={keepdim}": (
        lambda M, a, order=order, keepdim=keepdim: M.linalg.matrix_norm(a, order, keepdim=keepdim))
    for order in ("fro", "nuc", 2, -2, 1, -1, INF, -INF)
    for keepdim in (False, True)
}  # fmt: skip
VECTORS = {
    f"vector_norm {order} of {dim}": (
        lambda M, a, order=order, dim=dim: M.linalg.vector_norm(a, order, dim, dim is not None))
    for order in (0, 0.5, 1, 2, 2.5, 3, INF, -INF, -1)
    for dim in (None, 0, (0, -1))
}  # fmt: skip
SEVERAL = {
    "solve": (lambda M, a, b: M.linalg.solve(a, b), (2, 3, 3), (2, 3, 4)),
    "solve of vectors": (lambda M, a, b: M.linalg.solve(a, b), (2, 3, 3), (2, 3)),
    "solve from the right": (
        lambda M, a, b: M.linalg.solve(a, b, left=False), (2, 3, 3), (2, 4, 3)),
    "solve broadcast": (lambda M, a, b: M.linalg.solve(a, b), (3, 3), (2, 3, 4)),
    "solve_triangular": (
        lambda M, a, b: M.linalg.solve_triangular(a, b, upper=True), (2, 3, 3), (2, 3, 4)),
    "unit triangle": (
        lambda M, a, b: M.linalg.solve_triangular(a, b, upper=False, unitriangular=True),
        (2, 3, 3), (3, 1)),
    "triangle from the right": (
        lambda M, a, b: M.linalg.solve_triangular(a, b, upper=True, left=False), (3, 3), (2, 3)),
    "cholesky_solve": (
        lambda M, a, b: M.cholesky_solve(b, a.tril() + 3 * M.eye(3, dtype=a.dtype)),
        (3, 3), (3, 2)),
    "upper cholesky_solve": (
        lambda M, a, b: M.cholesky_solve(b, a.triu() + 3 * M.eye(3, dtype=a.dtype), upper=True),
        (3, 3), (3, 2)),
    "lu_solve": (
        lambda M, a, b: M.linalg.lu_solve(*M.linalg.lu_factor(a), b), (2, 3, 3), (2, 3, 2)),
    "cross": (lambda M, a, b: M.linalg.cross(a, b), (2, 3), (1, 3)),
    "old cross": (lambda M, a, b: M.cross(a, b, dim=0), (3, 2), (3, 2)),
    "vecdot": (lambda M, a, b: M.linalg.vecdot(a, b, dim=0), (2, 3), (2, 1)),
    "multi_dot": (lambda M, a, b, c: M.linalg.multi_dot([a, b, c]), (2, 5), (5, 3), (3, 4)),
    "multi_dot of vectors": (lambda M, a, b, c: M.linalg.multi_dot([a, b, c]), (5,), (5, 3), (3,)),
    "tensorsolve": (lambda M, a, b: M.linalg.tensorsolve(a, b), (2, 3, 6), (2, 3)),
    "tensorsolve dims": (lambda M, a, b: M.linalg.tensorsolve(a, b, dims=(0, 2)), (2, 6, 3), (6,)),
    "tensorinv": (lambda M, a: M.linalg.tensorinv(a, ind=1), (4, 2, 2)),
    "householder_product": (
        lambda M, a, b: M.linalg.householder_product(a, b), (2, 4, 3), (2, 3)),
}  # fmt: skip

KINDS = {"real": real, "complex": complex_}
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2), (0, 2, 2)], ids=str)
@pytest.mark.parametrize("name", MATRICES)
def test_square_matrices(name: str, shape: tuple[int, ...], kind: str):
    assert_same(MATRICES[name], KINDS[kind](*shape))


@each_kind
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2), (0, 2, 2)], ids=str)
@pytest.mark.parametrize("name", HERMITIAN)
def test_hermitian_matrices(name: str, shape: tuple[int, ...], kind: str):
    if name == "cholesky of real" and kind == "complex":
        # Its diagonal is real; PyTorch lets the imaginary part of a gradient there flow on. Finite
        # differences (tests/ops/test_complex_gradients.py) say that it does not count.
        return
    assert_same(HERMITIAN[name], positive(KINDS[kind](*shape)))


@pytest.mark.filterwarnings("ignore:torch.qr is deprecated")
@each_kind
@pytest.mark.parametrize("shape", [(4, 3), (2, 4), (2, 3, 2)], ids=str)
@pytest.mark.parametrize("name", SHAPES)
def test_matrices_of_any_shape(name: str, shape: tuple[int, ...], kind: str):
    assert_same(SHAPES[name], KINDS[kind](*shape))


@each_kind
@pytest.mark.parametrize("name", VECTORS)
def test_vector_norms(name: str, kind: str):
    assert_same(VECTORS[name], KINDS[kind](2, 3, 4))


@each_kind
@pytest.mark.parametrize("name", SEVERAL)
def test_several_operands(name: str, kind: str):
    function, *shapes = SEVERAL[name]
    assert_same(function, *(KINDS[kind](*shape) for shape in shapes))


SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
BATCH = np.stack([np.eye(2), np.zeros((2, 2))])
ERRORS = {
    "singular": (lambda M, a: M.linalg.inv(a), SINGULAR),
    "singular in a batch": (lambda M, a: M.linalg.inv(a), BATCH),
    "singular system": (lambda M, a: M.linalg.solve(a, a), BATCH),
    "not positive-definite": (lambda M, a: M.linalg.cholesky(a), np.diag([1.0, -1.0, 1.0])),
    "not positive-definite in a batch": (lambda M, a: M.linalg.cholesky(a), BATCH),
    "not square": (lambda M, a: M.linalg.inv(a), real(2, 3)),
    "a vector": (lambda M, a: M.linalg.det(a), real(3)),
    "integers": (lambda M, a: M.linalg.inv(a), np.eye(2, dtype=np.int64)),
    "half precision": (lambda M, a: M.linalg.eig(a.half()), real(2, 2)),
    "shapes that don't fit": (lambda M, a, b: M.linalg.solve(a, b), real(2, 2), real(3, 1)),
    "two dtypes": (lambda M, a, b: M.linalg.solve(a, b.float()), real(2, 2), real(2, 1)),
    "NaN": (lambda M, a: M.linalg.svd(a * float("nan")), real(2, 2)),
    "a mode": (lambda M, a: M.linalg.qr(a, mode="x"), real(2, 2)),
    "complete": (lambda M, a: M.linalg.qr(a, mode="complete").Q.sum().backward(), real(3, 2)),
    "a triangle": (lambda M, a: M.linalg.eigh(a, UPLO="x"), real(2, 2)),
    "cross": (lambda M, a: M.linalg.cross(a, a), real(2, 4)),
    "order": (lambda M, a: M.linalg.matrix_norm(a, 3), real(2, 2)),
    "norm of integers": (lambda M, a: M.linalg.norm(a), np.eye(2, dtype=np.int64)),
    "largest of nothing": (lambda M, a: M.linalg.vector_norm(a, INF), real(0)),
    "one factor": (lambda M, a: M.linalg.multi_dot([a]), real(2, 2)),
    "driver": (lambda M, a: M.linalg.lstsq(a, a, driver="x"), real(2, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_of_pytorchs_class_and_say_its_sentence(name: str):
    function, *arrays = ERRORS[name]
    theirs = run(torch, function, tuple(arrays))
    ours = run(tg, function, tuple(arrays))
    assert isinstance(theirs, Exception)
    assert isinstance(ours, Exception)
    assert type(ours).__name__ == type(theirs).__name__.lstrip("_"), (ours, theirs)
    if name not in ("integers", "half precision", "two dtypes", "norm of integers", "driver"):
        sentence = str(theirs).split("\n")[0].split(".")[0]  # without the advice after it
        assert sentence in str(ours)


def test_a_singular_system_of_triangles_is_infinite_as_in_pytorch():
    singular = np.zeros((2, 2))
    assert_same(
        lambda M, a, b: M.linalg.solve_triangular(a.detach(), b.detach(), upper=True),
        singular, real(2, 1),
    )  # fmt: skip


def test_the_determinant_of_a_singular_matrix_has_its_cofactors_for_gradient():
    """PyTorch gives zeros here; the matrix of cofactors is what finite differences give."""
    x = tg.tensor(SINGULAR, requires_grad=True)
    tg.linalg.det(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), [[4, -2], [-2, 1]], atol=1e-12)


@pytest.mark.parametrize("driver", ["gels", "gelsy", "gelsd", "gelss"])
def test_lstsq_returns_what_each_driver_does(driver: str):
    assert_same(
        lambda M, a, b: M.linalg.lstsq(a.detach(), b.detach(), driver=driver),
        real(2, 4, 3), real(2, 4, 2),
    )  # fmt: skip


def test_results_have_pytorchs_names():
    a = real(3, 3)
    for name in ("slogdet", "qr", "svd", "eigh", "eig", "lu", "lu_factor", "lstsq"):
        arguments = (a, a) if name == "lstsq" else (a,)
        theirs = getattr(torch.linalg, name)(*map(torch.tensor, arguments))
        ours = getattr(tg.linalg, name)(*map(tg.tensor, arguments))
        for field in ours._fields:
            assert hasattr(theirs, field)
        assert len(ours) == len(theirs)


TOP_LEVEL = {
    "det": lambda M, a: M.det(a),
    "slogdet": lambda M, a: tuple(M.slogdet(a)),
    "inverse": lambda M, a: M.inverse(a),
    "pinverse": lambda M, a: M.pinverse(a),
    "matrix_exp": lambda M, a: M.matrix_exp(a),
    "cholesky": lambda M, a: M.cholesky(a @ a.mT + M.eye(3, dtype=a.dtype)),
    "svd": lambda M, a: M.svd(a)[1],
    "lu_solve": lambda M, a: M.lu_solve(a, *M.linalg.lu_factor(a)),
    "lu_unpack": lambda M, a: M.lu_unpack(*M.linalg.lu_factor(a)),
    "is_conj": lambda M, a: M.resolve_conj(a) if not M.is_conj(a) else None,
    "index_put_": lambda M, a: M.index_put_(a * 1, (M.tensor([0]),), a[1]),
}


@pytest.mark.filterwarnings("ignore:torch.* is deprecated")
@pytest.mark.parametrize("name", TOP_LEVEL)
def test_names_on_the_top_level_are_those_of_linalg(name: str):
    assert_same(TOP_LEVEL[name], real(3, 3) + 3 * np.eye(3))
