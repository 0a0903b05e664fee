"""Parameters whose gradients are missing, zero, tiny or exploding."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from tracegrad._util.text import count, number
from tracegrad.diagnose.facts import ParameterFacts
from tracegrad.diagnose.finding import Finding

TINY = 1e-6
"""A gradient is vanishing when its norm is below this share of the median parameter's."""

GROWTH = 1e3
"""A gradient explodes when its norm grew by this factor over the recorded steps."""


def gradient_findings(parameters: Sequence[ParameterFacts]) -> list[Finding]:
    """What deserves a look about the gradients, parameter by parameter.

    A trace without any gradient has no findings: nothing asked for one.
    """
    norms = [norm for one in parameters if (norm := last_norm(one)) is not None]
    finite = [norm for norm in norms if math.isfinite(norm) and norm > 0]
    typical = float(np.median(finite)) if finite else 0.0
    if not any(norm is not None for one in parameters for norm in one.gradient_norms):
        return []
    found = [look(one, typical) for one in parameters for look in _LOOKS]
    return [finding for finding in found if finding is not None]


def last_norm(one: ParameterFacts) -> float | None:
    """The norm of a parameter's last gradient, `None` if it never had one."""
    return next((norm for norm in reversed(one.gradient_norms) if norm is not None), None)


_DEPTH = "ReLU-like activations, normalisation, residual connections, another initialisation"
_BIAS = "bias=False, if a normalisation follows: it takes the bias out again"


def _missing(one: ParameterFacts, typical: float) -> Finding | None:
    if last_norm(one) is not None:
        return None
    return Finding(
        "no_gradient",
        f"{one.name} never got a gradient",
        (("parameter", f"{one.name} {one.signature}"), _steps(one)),
        "see that the loss depends on it: its module is called, nothing between is detached, "
        "under no_grad, or turned into Python numbers",
    )


def _zero(one: ParameterFacts, typical: float) -> Finding | None:
    norms = [norm for norm in one.gradient_norms if norm is not None]
    if not norms or any(norm != 0 for norm in norms):
        return None
    return Finding(
        "zero_gradient",
        f"the gradient of {one.name} is zero in every step",
        (("parameter", f"{one.name} {one.signature}"), _steps(one)),
        "look at what follows it: a ReLU whose inputs are all negative, a saturated sigmoid, a "
        "mask, a clamp",
    )


def _vanishing(one: ParameterFacts, typical: float) -> Finding | None:
    norm = last_norm(one)
    if not norm or not norm < TINY * typical:
        return None
    return Finding(
        "vanishing",
        f"the gradient of {one.name} has all but vanished",
        (
            ("parameter", f"{one.name} {one.signature}"),
            ("|grad|", f"{number(norm)}; {number(typical)} is typical of this network"),
        ),
        _BIAS if one.name.endswith("bias") else _DEPTH,
    )


def _exploding(one: ParameterFacts, typical: float) -> Finding | None:
    norms = [norm for norm in one.gradient_norms if norm is not None and math.isfinite(norm)]
    if len(norms) < 2 or not norms[0] or norms[-1] < GROWTH * norms[0]:
        return None
    return Finding(
        "exploding",
        f"the gradient of {one.name} explodes",
        (
            ("parameter", f"{one.name} {one.signature}"),
            ("|grad|", f"{number(norms[0])} -> {number(norms[-1])} in "
             f"{count(len(one.gradient_norms), 'step')}"),
        ),
        "a smaller learning rate, nn.utils.clip_grad_norm_",
    )  # fmt: skip


def _steps(one: ParameterFacts) -> tuple[str, str]:
    return "steps", f"{len(one.gradient_norms):,}"


_LOOKS: tuple[Callable[[ParameterFacts, float], Finding | None], ...] = (
    _missing, _zero, _vanishing, _exploding,
)  # fmt: skip
