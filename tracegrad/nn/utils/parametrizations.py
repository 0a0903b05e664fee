"""Ready parametrizations: normalised and orthogonal weights."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F
from tracegrad.nn.module import Module
from tracegrad.nn.utils.orthogonal import orthogonal as orthogonal
from tracegrad.nn.utils.parametrize import register_parametrization
from tracegrad.nn.utils.power_iteration import as_matrix, iterate, output_dim, random_direction
from tracegrad.nn.utils.weight_norm import norm_except_dim, normed_weight
from tracegrad.ops.install import functions

# -- a length and a direction ----------------------------------------------------------------------


class _WeightNorm(Module):
    """A tensor computed from its lengths along `dim` and a direction."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return normed_weight(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The lengths, and the tensor itself as direction."""
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Compute a parameter from its lengths along `dim` (`None`: of all of it) and a direction.

    They are `module.parametrizations.<name>.original0` and `original1`. A state that the older
    `nn.utils.weight_norm` wrote can be loaded.

    Source: Salimans and Kingma 2016, "Weight normalization".
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def take_old_names(state_dict: Any, prefix: str, *_: Any) -> None:
        old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all(key in state_dict for key in old):
            for n, key in enumerate(old):
                new = f"{prefix}parametrizations.{name}.original{n}"
                state_dict[new] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(take_old_names)
    return module


# -- by the largest singular value -----------------------------------------------------------------


class _SpectralNorm(Module):
    """A tensor by its largest singular value, which each reading in training approaches."""

    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        n = weight.ndim
        if not -n <= dim < n:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{n}, {n - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim, self.eps = dim % n, eps
        if n > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, random_direction(matrix.detach(), size, eps))
            iterate(matrix, self._u, self._v, 15, eps, first="u")

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:  # its length is its singular value
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            iterate(matrix, self._u, self._v, self.n_power_iterations, self.eps, first="u")
        return weight / functions["vdot"](self._u.clone(), matrix.mv(self._v.clone()))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself."""
        return value


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide a parameter by its largest singular value.

    Args:
        n_power_iterations: steps towards that value whenever the parameter is read in training.
        eps: the least length that a vector counts as having.
        dim: which dimension counts the outputs; 0, but 1 for a transposed convolution.

    Source: Miyato et al. 2018, "Spectral normalization for generative adversarial networks".

    Raises:
        ValueError: there is no such parameter or buffer.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    dim = output_dim(module) if dim is None else dim
    normalization = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, normalization)
