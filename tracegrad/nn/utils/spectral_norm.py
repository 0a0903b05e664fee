"""A weight by its largest singular value, computed anew before each call: `spectral_norm`.

Source: Miyato et al. 2018, "Spectral normalization for generative adversarial networks".
"""

from __future__ import annotations

from typing import Any, TypeVar

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.nn.module import Module
from tracegrad.nn.parameter import Parameter, is_lazy
from tracegrad.nn.utils.power_iteration import as_matrix, iterate, output_dim, random_direction
from tracegrad.ops.install import functions

M = TypeVar("M", bound=Module)


class SpectralNorm:
    """The hook: computes `weight` from `weight_orig`, with the vectors `weight_u` and `weight_v`.

    Attributes:
        _version: of the state: 1 since it holds `weight_v` and no weight.
    """

    _version = 1

    def __init__(
        self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.name, self.dim, self.eps = name, dim, eps
        self.n_power_iterations = n_power_iterations

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        """The weight by its largest singular value, perhaps after some steps towards that."""
        weight, u, v = (getattr(module, self.name + part) for part in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            iterate(matrix, u, v, self.n_power_iterations, self.eps, first="v")
            u, v = u.clone(), v.clone()
        return weight / functions["dot"](u, matrix.mv(v))

    @staticmethod
    def apply(
        module: Module, name: str, n_power_iterations: int, dim: int, eps: float
    ) -> SpectralNorm:
        """Put a parameter behind the hook."""
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, SpectralNorm) and hook.name == name:
                raise RuntimeError(
                    f"Cannot register two spectral_norm hooks on the same parameter {name}"
                )
        fn, weight = SpectralNorm(name, n_power_iterations, dim, eps), module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `SpectralNorm` can't have uninitialized parameters. Make "
                "sure to run the dummy forward before applying spectral normalization"
            )
        with no_grad():
            matrix = as_matrix(weight, dim)
            u, v = (random_direction(matrix, size, eps) for size in matrix.shape)
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        setattr(module, name, weight.data)  # a plain attribute, for what looks at it before a call
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(fn)
        module._register_state_dict_hook(_SayVersion(fn))
        module._register_load_state_dict_pre_hook(_TakeOldState(fn))
        return fn

    def remove(self, module: Module) -> None:
        """Make the weight a parameter again."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for part in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + part)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


class _SayVersion:
    """Of a state: which form of it this is."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Any, state_dict: Any, prefix: str, local_metadata: Any) -> None:
        versions = local_metadata.setdefault("spectral_norm", {})
        versions[f"{self.fn.name}.version"] = self.fn._version


class _TakeOldState:
    """Of a state that PyTorch 0.4 wrote: find the `v` that it does not have."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool,
        missing_keys: list[str], unexpected_keys: Any, error_msgs: Any,
    ) -> None:  # fmt: skip
        key = prefix + self.fn.name
        old = key in state_dict and f"{key}_v" not in state_dict
        if not old or not all(key + part in state_dict for part in ("_orig", "_u")):
            return
        with no_grad():
            weight, original = state_dict.pop(key), state_dict[f"{key}_orig"]
            state_dict[f"{key}_v"] = _solved(
                as_matrix(original, self.fn.dim),
                state_dict[f"{key}_u"],
                (original / weight).mean(),
            )


def _solved(matrix: Tensor, u: Tensor, sigma: Tensor) -> Tensor:
    """The `v` with `u = normalize(matrix @ v)` and `u @ matrix @ v = sigma`."""
    v = functions["pinverse"](matrix).mv(u)
    return v * (sigma / functions["dot"](u, matrix.mv(v)))


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a parameter by its largest singular value, which each call in training approaches.

    The newer form is `parametrizations.spectral_norm`.

    Args:
        eps: the least length that a vector counts as having.
        dim: which dimension counts the outputs; 0, but 1 for a transposed convolution.

    Raises:
        RuntimeError: the parameter is normalised already.
        ValueError: there is no such parameter, or no step.
    """
    dim = output_dim(module) if dim is None else dim
    SpectralNorm.apply(module, name, n_power_iterations, dim, eps)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the parameter one again.

    Raises:
        ValueError: it is not normalised.
    """
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            break
    else:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    for hooks in (module._state_dict_hooks, module._load_state_dict_pre_hooks):
        for key, found in list(hooks.items()):
            if getattr(found, "fn", None) is hook:
                del hooks[key]
    return module
