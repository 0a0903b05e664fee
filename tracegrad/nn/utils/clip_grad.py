"""Keep gradients from being too large. `foreach` changes nothing: all are one loop here."""

from __future__ import annotations

from collections.abc import Iterable
from types import GeneratorType

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.graph.location import warn
from tracegrad.ops.install import functions


def _given(tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


@no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors as if they were one vector.

    Raises:
        RuntimeError: it is infinite or no number, and `error_if_nonfinite` is set.
    """
    norms = [functions["norm"](t, float(norm_type)) for t in _given(tensors)]
    if not norms:
        return functions["tensor"](0.0)
    total: Tensor = functions["norm"](functions["stack"](norms), float(norm_type))
    if error_if_nonfinite and not bool(functions["isfinite"](total)):
        raise RuntimeError(
            f"The total norm of order {float(norm_type)} for gradients from `parameters` is "
            "non-finite, so it cannot be clipped. To disable this error and scale the gradients by "
            "the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,
) -> None:
    """Scale all gradients by `max_norm / total_norm` if that is less than 1, in place."""
    scale = functions["clamp"](max_norm / (total_norm + 1e-6), max=1.0)
    for p in _given(parameters):
        if p.grad is not None:
            p.grad.mul_(scale)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients, in place, so that together they are no longer than `max_norm`.

    Returns:
        Their norm before.

    Raises:
        RuntimeError: it is infinite or no number, and `error_if_nonfinite` is set.
    """
    used_up = isinstance(parameters, GeneratorType)
    parameters = _given(parameters)
    if used_up and not parameters:
        warn("`parameters` is an empty generator, no gradient clipping will occur.")
    grads = [p.grad for p in parameters if p.grad is not None]
    total_norm = get_total_norm(grads, norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total_norm)
    return total_norm


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """`clip_grad_norm_` under its old name, which warns."""
    warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of "
        "`torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Keep every element of the gradients between `-clip_value` and `clip_value`, in place."""
    for p in _given(parameters):
        if p.grad is not None:
            p.grad.clamp_(-clip_value, clip_value)
