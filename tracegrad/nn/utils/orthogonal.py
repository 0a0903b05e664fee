"""Orthogonal (or unitary) weights: any numbers mapped to a matrix with right angles.

Source: Lezcano-Casado 2019, "Trivializations for gradient-based optimization on manifolds".
"""

from __future__ import annotations

from collections.abc import Callable

from tracegrad import linalg
from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.dtypes import finfo
from tracegrad.nn.module import Module
from tracegrad.nn.utils.parametrize import register_parametrization
from tracegrad.ops.install import functions

# -- maps ------------------------------------------------------------------------------------------
# Each takes tall matrices (..., n, k) and gives ones whose columns have length 1 and right angles.


def _skew(x: Tensor) -> Tensor:
    """A skew-symmetric (or skew-Hermitian) matrix of size n from the lower triangle."""
    n, k = x.size(-2), x.size(-1)
    x = x.tril()
    if n != k:
        x = functions["cat"]([x, x.new_zeros((*x.shape[:-1], n - k))], dim=-1)
    return x - x.mH


def _by_exponential(x: Tensor) -> Tensor:
    return functions["matrix_exp"](_skew(x))[..., : x.size(-1)]


def _by_cayley(x: Tensor) -> Tensor:
    """`(I - A / 2)^-1 (I + A / 2)`."""
    half = _skew(x) / 2
    identity = functions["eye"](half.size(-1), dtype=half.dtype, device=half.device)
    return linalg.solve(identity - half, identity + half)[..., : x.size(-1)]


def _by_householder(x: Tensor) -> Tensor:
    """A product of reflections, each along a column below the diagonal, which holds signs."""
    along = x.tril(-1)
    scales = 2.0 / (1.0 + (along * along).sum(-2))
    signs = x.detach().diagonal(dim1=-2, dim2=-1).sign()
    return linalg.householder_product(along, scales) * signs.unsqueeze(-2)


MAPS: dict[str, Callable[[Tensor], Tensor]] = {
    "matrix_exp": _by_exponential, "cayley": _by_cayley, "householder": _by_householder,
}  # fmt: skip


def _nearest_basis(x: Tensor) -> Tensor:
    """The columns made orthogonal, so that the triangle of `x = Q R` has a positive diagonal."""
    q, r = linalg.qr(x)
    return q * r.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def _is_orthogonal(q: Tensor) -> bool:
    identity = functions["eye"](q.size(-1), dtype=q.dtype, device=q.device)
    tolerance = 10.0 * q.size(-2) * finfo(q.dtype).eps
    return bool(functions["allclose"](q.mH @ q, identity, atol=tolerance))


# -- the parametrization ---------------------------------------------------------------------------


class _Orthogonal(Module):
    """An orthogonal matrix from any numbers: `base` times one of the maps.

    With a base the numbers start where the map gives the identity, near which it changes evenly.
    """

    def __init__(
        self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True
    ) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        wide = X.size(-2) < X.size(-1)
        q = MAPS[self.orthogonal_map](X.mT if wide else X)
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if wide else q

    @no_grad()
    def right_inverse(self, Q: Tensor) -> Tensor:
        """What gives `Q`, or the orthogonal matrix near it.

        Raises:
            ValueError: it has another shape.
            NotImplementedError: without a base only reflections can be told from their product.
        """
        if self.shape != Q.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of "
                f"shape {Q.shape}."
            )
        wide = Q.size(-2) < Q.size(-1)
        tall = Q.mT if wide else Q
        if not hasattr(self, "base"):
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley "
                    "parametrizations when use_trivialization=False."
                )
            reflections = _reflections(tall)
            return reflections.mT if wide else reflections
        self.base = _completed(tall)
        # The diagonal is the signs of the reflections: -1 makes their product the identity.
        start = functions["zeros_like"](Q)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start


def _completed(q: Tensor) -> Tensor:
    """A square orthogonal matrix that begins with the columns of `q`, made orthogonal."""
    n, k = q.size(-2), q.size(-1)
    if n == k:
        return q.clone() if _is_orthogonal(q) else _nearest_basis(q)
    return _nearest_basis(functions["cat"]([q, _normal_like(q, n - k)], dim=-1))


def _normal_like(q: Tensor, columns: int) -> Tensor:
    """So many columns of normal numbers; complex ones of variance 1 are two numbers of 1/2."""
    shape = (*q.shape[:-1], columns)
    if not q.is_complex():
        return functions["randn"](shape, dtype=q.dtype, device=q.device)
    parts = functions["randn"]((*shape, 2), dtype=q.real.dtype, device=q.device)
    return functions["view_as_complex"](parts * 0.5**0.5)


def _reflections(q: Tensor) -> Tensor:
    """What `_by_householder` maps to `q`, or to the orthogonal matrix near it.

    LAPACK's way: column after column, a reflection takes it to a multiple of a unit vector. Its
    direction, with a 1 on the diagonal that is not stored, is below the diagonal; above it is what
    is left of `q`, which no map reads, so that a state is PyTorch's.
    """
    rest, found = q.clone(), functions["zeros_like"](q)
    n, k = q.size(-2), q.size(-1)
    for i in range(k):
        column = rest[..., i:, i].clone()
        length = linalg.vector_norm(column, dim=-1)
        head = column[..., 0]
        turned = functions["where"](head < 0, length, -length)
        if i == n - 1:
            turned = head  # LAPACK reflects no single number
        scale = functions["where"](head == turned, functions["ones_like"](head), head - turned)
        along = column / scale.unsqueeze(-1)
        along[..., 0] = 1.0
        tau = functions["where"](head == turned, functions["zeros_like"](head),
                                 2.0 / (along * along).sum(-1))  # fmt: skip
        below = along.unsqueeze(-1)
        kept = rest[..., i:, i:].clone()
        product = below.mT @ kept
        rest[..., i:, i:] = kept - tau[..., None, None] * (below @ product)
        found[..., i + 1 :, i] = along[..., 1:]
        found[..., i, i] = functions["where"](tau == 0, -turned.sign(), turned.sign())
    return found + rest.triu(1)


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Keep a matrix, or a batch of matrices, orthogonal: with its rows if they are fewer.

    Args:
        orthogonal_map: `matrix_exp`, `cayley` or `householder`; left out, `matrix_exp` for square
            or complex matrices and `householder` for others.
        use_trivialization: store a base that the map starts from.

    Raises:
        ValueError: there is no such parameter or buffer, it has fewer than two dimensions, or there
            is no such map.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in MAPS:
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". '
            f"Got: {orthogonal_map}"
        )
    parametrization = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)
