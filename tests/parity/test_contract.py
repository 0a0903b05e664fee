"""Products of tensors, called as PyTorch's are."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.both import assert_same

pytestmark = pytest.mark.parity

EQUATIONS = {
    "ij,jk->ik": "a, m", "ij,jk": "a, m", "ij->ji": "a", "ij->": "a", "ij": "a", "ba": "a",
    "ij->i": "a", "ij->j": "a", "ii": "q", "ii->i": "q", "ij,ij->": "a, b", "ij,ij->ij": "a, b",
    "i,j->ij": "row, v", "i,i": "row, row", "i,i->i": "row, row", "ij,j": "a, row",
    "bij,bjk->bik": "c, c.mT", "bij,bik->bjk": "c, c", "...ij,...jk->...ik": "c, c.mT",
    "...j,jk": "a, m", "...,...->...": "a, row", "i...,i...": "a, b", "...ii->...i": "c[:, :, :3]",
    "ij,jk,kl->il": "a, m, m.T", "ij,jk,kl,lm->im": "a, m, m.T, q", "a,b,c->abc": "row, v, row",
    "ab,bc,ac->abc": "a, q, b", "ij,ij,ij->i": "a, b, p", ",ij->ij": "s, a", ",": "s, s2",
    "ij,kj->ik": "column, a", "ij,ij->i": "column, a", "b...,b...->...b": "c, c",
    "iij->ij": "c[:, :2]", "iji->j": "T.stack([q, q], 1)", "ijk,ljk->il": "c, c",
    " i j , j k -> i k": "a, m",
    "ij,j->": "e, row", "ij,jk->ik ": "e, m", "Ab,bC->AC": "a, m", "i->": "row",
    "ijij->ij": "T.ones(2, 3, 2, 3)", "ij,jk->i": "a, m", "ij,k->": "a, v", "i...->...": "c",
    "...->": "a", "...a->a...": "c", "ab...,...b->a": "a, row",
}  # fmt: skip
WRONG = {
    "ij,jk->ik": ("a, a", "a"), "ij->k": ("a",), "ij->ii": ("a",), "ijk": ("a",), "i": ("a",),
    "ij,jk": ("a, m, m",), "i?": ("a",), "ii": ("a",), "ij,jk->jk": ("a, d",), "...": (),
}  # fmt: skip

CALLS = [
    *[f"T.einsum('{equation}', {operands})" for equation, operands in EQUATIONS.items()],
    *[f"T.einsum('{equation}', {o})" for equation, several in WRONG.items() for o in several],
    "T.einsum('ij,jk', [a, m])", "T.einsum(a, [0, 1], m, [1, 2], [0, 2])",
    "T.einsum(a, [0, 1], m, [1, 2])", "T.einsum(c, [Ellipsis, 0], [0, Ellipsis])", "T.einsum('')",
    "T.einsum('i,i', i[0], j)", "T.einsum('ij,j->i', n.T, row)",
    "T.tensordot(a, m, 1)", "T.tensordot(c, c, ([0, 2], [0, 2]))", "T.tensordot(a, b, 2)",
    "T.tensordot(a, b, 0)", "T.tensordot(a, b, 1)", "T.tensordot(a, b, 3)", "T.tensordot(a, b, -1)",
    "T.tensordot(c, m, dims=([1], [0]))", "T.tensordot(c, m, dims=((-2,), (0,)))",
    "T.tensordot(a, m, ([1], [0, 1]))", "T.tensordot(a, b, [[1], [1]])",
    "T.inner(a, b)", "T.inner(row, row)", "T.inner(c, v)", "T.inner(s, a)", "a.inner(q)",
    "T.inner(a, v)", "T.vdot(row, row)", "row.vdot(row)", "T.vdot(a, b)", "T.vdot(z, z)",
    "T.kron(a, m)", "T.kron(a, row)", "T.kron(s, a)", "a.kron(c)", "T.kron(i, j)",
    "T.addmm(column, a, m)", "T.addmm(v, a, m, beta=0.5, alpha=2)", "T.addmm(row, a, m)",
    "T.addmm(T.full((4,), nan), a, m, beta=0)", "v.addmm(a, m)", "T.addmm(d, a, m)",
    "T.addmv(row, q, row)", "T.addmv(s, q, row, beta=2, alpha=0.5)", "row.addmv(q, row)",
    "T.addmv(v, q, row)", "T.addr(m, row, v)", "T.addr(v, row, v, alpha=3)", "m.addr(row, v)",
    "T.addr(m, v, row)", "T.baddbmm(c, c, T.stack([m.T @ m, m.T @ m]))",
    "T.baddbmm(v, c, T.stack([m.T @ m, m.T @ m]), beta=0.5, alpha=2)", "T.baddbmm(c, c, c)",
    "c.baddbmm(c, T.stack([m.T @ m, m.T @ m]))", "T.addbmm(q, c, c.mT)",
    "T.addbmm(row, c, c.mT, beta=0.1, alpha=2)", "q.addbmm(c, c.mT)", "T.addbmm(m, c, c.mT)",
    "x = m.clone(); x.addmm_(q, m); x", "x = m.clone(); x.addmm_(q, m, beta=0.5, alpha=2); x",
    "x = row.clone(); x.addmv_(q, row, beta=0); x", "x = m.clone(); x.addr_(row, v); x",
    "x = q.clone(); x.addbmm_(c, c.mT); x", "x = T.zeros(2, 3, 3); x.baddbmm_(c, c.mT); x",
    "x = row.clone(); T.addmv_(x, q, row); x", "x = v.clone(); x.addmm_(a, m)",
    "T.trace(q)", "a.trace()", "T.trace(c)", "T.trace(i)", "T.diag(row)", "T.diag(q)",
    "T.diag(m, 1)",
    "T.diag(row, -1)", "q.diag(-1)", "T.diag(c)", "T.diag(s)", "T.diagflat(a)", "a.diagflat(1)",
    "T.diagflat(s)", "T.diag_embed(a)", "T.diag_embed(a, 1, 0, 2)", "a.diag_embed(-1)",
    "T.diag_embed(c, 0, 1, -1)", "T.diag_embed(a, 0, 1, 1)", "T.vander(row.detach())",
    "T.vander(row.detach(), 5)",
    "T.vander(row.detach(), 2, True)", "T.vander(a)", "T.vander(j)",
    "T.block_diag(a, row, s)", "T.block_diag(q, m)", "T.block_diag(c)", "T.block_diag(a)",
    "T.cov(a)", "T.cov(row)", "T.cov(a, correction=0)", "T.cov(a, fweights=T.tensor([1, 2, 3]))",
    "T.cov(a, aweights=p[0].detach())",
    "T.cov(a, aweights=p[0].detach(), fweights=T.tensor([1, 2, 3]))",
    "T.cov(c)", "T.corrcoef(m)", "T.corrcoef(row)", "m.corrcoef()", "a.cov()",
]  # fmt: skip


@pytest.mark.parametrize("call", list(dict.fromkeys(CALLS)))
def test_call_gives_what_pytorch_gives(call: str) -> None:
    assert_same(call)


@pytest.mark.filterwarnings("ignore:torch.chain_matmul is deprecated")  # said once in a process
@pytest.mark.parametrize(
    "call", ["T.chain_matmul(a)", "T.chain_matmul(a, m, m.T)", "T.chain_matmul(a, m, m.T, q)"]
)
def test_a_chain_of_products_is_what_pytorch_gives(call: str):
    assert_same(call)
