"""Pruning parameters: `random_unstructured(module, "weight", 0.2)` and other ways to choose.

The ways themselves are in `pruning_methods.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from tracegrad._tensor import Tensor
from tracegrad.nn.module import Module
from tracegrad.nn.utils.convert_parameters import parameters_to_vector
from tracegrad.nn.utils.pruning_methods import BasePruningMethod as BasePruningMethod
from tracegrad.nn.utils.pruning_methods import CustomFromMask as CustomFromMask
from tracegrad.nn.utils.pruning_methods import Identity as Identity
from tracegrad.nn.utils.pruning_methods import L1Unstructured as L1Unstructured
from tracegrad.nn.utils.pruning_methods import LnStructured as LnStructured
from tracegrad.nn.utils.pruning_methods import PruningContainer as PruningContainer
from tracegrad.nn.utils.pruning_methods import RandomStructured as RandomStructured
from tracegrad.nn.utils.pruning_methods import RandomUnstructured as RandomUnstructured
from tracegrad.ops.install import functions

M = TypeVar("M", bound=Module)

# -- one parameter ---------------------------------------------------------------------------------


def identity(module: M, name: str) -> M:
    """Mask a parameter with ones: nothing goes."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: M, name: str, amount: float) -> M:
    """Prune elements that are drawn.

    Args:
        amount: a share (a float up to 1) or a number (an int) of them.
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: M, name: str, amount: float, importance_scores: Tensor | None = None
) -> M:
    """Prune the elements that are nearest to zero.

    Args:
        amount: a share (a float up to 1) or a number (an int) of them.
        importance_scores: look at these numbers instead of the parameter's own.
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: M, name: str, amount: float, dim: int) -> M:
    """Prune slices along `dim` that are drawn."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: M, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> M:
    """Prune the slices along `dim` whose norms of order `n` are least."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: M, name: str, mask: Tensor) -> M:
    """Prune where a mask is zero."""
    CustomFromMask.apply(module, name, mask)
    return module


# -- several ---------------------------------------------------------------------------------------


def global_unstructured(
    parameters: Any,
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune several parameters as if they were one.

    Args:
        parameters: pairs of a module and a name.
        pruning_method: a class of the `unstructured` kind, made with `kwargs`.
        importance_scores: by pair, what to look at instead of the parameter.

    Raises:
        TypeError: the arguments are of other kinds.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    pairs = [(module, name, getattr(module, name)) for module, name in parameters]
    relevant = parameters_to_vector(scores.get((m, name), p).detach() for m, name, p in pairs)
    masks = parameters_to_vector(
        getattr(m, f"{name}_mask", functions["ones_like"](p)).detach() for m, name, p in pairs
    )
    method._tensor_name = "all"
    whole = PruningContainer(method).compute_mask(relevant, masks)
    start = 0
    for module, name, p in pairs:
        custom_from_mask(module, name, mask=whole[start : start + p.numel()].view_as(p))
        start += p.numel()


# -- afterwards ------------------------------------------------------------------------------------


def remove(module: M, name: str) -> M:
    """Make the pruned values the parameter; the zeros stay, the mask goes.

    Raises:
        ValueError: it is not pruned.
    """
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(
        f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed"
    )


def is_pruned(module: Module) -> bool:
    """Whether a parameter of the module, or of one below it, is pruned."""
    return any(
        isinstance(hook, BasePruningMethod)
        for part in module.modules()
        for hook in part._forward_pre_hooks.values()
    )
