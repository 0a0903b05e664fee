"""The largest singular value of a weight, followed from call to call by a few products.

Source: Miyato et al. 2018, "Spectral normalization for generative adversarial networks", algorithm
1.
"""

from __future__ import annotations

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.nn import functional as F
from tracegrad.nn.module import Module
from tracegrad.nn.modules.conv import _ConvTranspose


def output_dim(module: Module) -> int:
    """The dimension of a module's weight that counts its outputs."""
    return 1 if isinstance(module, _ConvTranspose) else 0


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """A weight with `dim` as rows and all else as columns."""
    return weight.movedim(dim, 0).flatten(1)


def random_direction(matrix: Tensor, size: int, eps: float) -> Tensor:
    """A vector of length 1 in a direction that is drawn."""
    return F.normalize(matrix.new_empty(size).normal_(0, 1), dim=0, eps=eps)


@no_grad()
def iterate(matrix: Tensor, u: Tensor, v: Tensor, steps: int, eps: float, first: str) -> None:
    """Bring `u` and `v` nearer to the first singular vectors, in place.

    In place, since a module's copies share them; whoever differentiates takes clones, since a
    second call before backward writes again.

    Args:
        first: which of the two is computed first in each step, `u` or `v`.
    """
    for _ in range(steps):
        for which in ("uv", "vu")[first == "v"]:
            if which == "u":
                u.copy_(F.normalize(matrix.mv(v), dim=0, eps=eps))
            else:
                v.copy_(F.normalize(matrix.mH.mv(u), dim=0, eps=eps))
