"""Muon."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import Array, namespace_of
from tracegrad.optim.one_by_one import OneByOneOptimizer, between, wide
from tracegrad.optim.options import check_rate, number

MOST_ITERATIONS = 100

ADJUSTMENTS = {
    "original": lambda rows, columns: math.sqrt(max(1, rows / columns)),
    "match_rms_adamw": lambda rows, columns: 0.2 * math.sqrt(max(rows, columns)),
}
"""How the rate follows from a matrix's shape, by the name of the choice."""


class Muon(OneByOneOptimizer):
    """Momentum made orthogonal: all directions of a matrix change by the same amount.

    For the matrices of hidden layers; biases, embeddings and the last layer go to `AdamW`.

    Args:
        lr: learning rate.
        weight_decay: times the learning rate and the parameter, taken off the parameter.
        momentum: how slowly the mean of the gradient changes.
        nesterov: look ahead along the mean.
        ns_coefficients: of the polynomial that brings singular values near 1.
        eps: least norm that the mean is divided by.
        ns_steps: how often the polynomial is applied.
        adjust_lr_fn: how the rate follows from the shape: `original` or `match_rms_adamw`.

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks";
        `match_rms_adamw`: Liu et al. 2025, "Muon is scalable for LLM training", eq. 4.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_rate(lr, "Learning rate should be >= 0 but is: {}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn is not None and adjust_lr_fn not in ADJUSTMENTS:
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        options = {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }  # fmt: skip
        super().__init__(params, options)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add matrices with options of their own.

        Raises:
            ValueError: a parameter is no matrix; and as for every optimizer.
        """
        super().add_param_group(param_group)
        for p in param_group["params"]:
            if p.ndim != 2:
                self.param_groups.pop()
                raise ValueError(
                    "Muon only supports 2D parameters whereas we found a parameter with size: "
                    f"{p.size()}\n  try: another optimizer for those, such as AdamW"
                )

    def _updated(self, p: Tensor, group: Mapping[str, Any]) -> Array:
        g: Array = wide(p.grad._array)  # type: ignore[union-attr]
        values, lr, momentum = wide(p._array), number(group["lr"]), group["momentum"]
        mean = self._mean(p, "momentum_buffer", g, 1 - momentum)
        update = between(g, mean, momentum) if group["nesterov"] else mean
        update = orthogonal(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rate = lr * ADJUSTMENTS[group["adjust_lr_fn"] or "original"](*p.shape)
        return values * (1 - lr * group["weight_decay"]) - update.astype(values.dtype) * rate


def orthogonal(matrix: Array, coefficients: Sequence[float], steps: int, eps: float) -> Array:
    """A matrix with its singular values brought near 1 by Newton and Schulz's iteration.

    Each product is rounded to bfloat16, which is what the coefficients were chosen for.
    """
    if steps >= MOST_ITERATIONS:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    xp = namespace_of(matrix)
    a, b, c = coefficients
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = _rounded(matrix.T if is_tall else matrix)
    x = _rounded(x / max(float(_rounded(xp.linalg.norm(x).reshape(1))[0]), eps))
    for _ in range(steps):
        gram = _rounded(x @ x.T)
        polynomial = _rounded(gram * b + (gram @ gram) * c)
        x = _rounded(x * a + polynomial @ x)
    return x.T if is_tall else x


def _rounded(x: Array) -> Array:
    """Rounded to bfloat16, as float32."""
    return x.astype(dtypes.bfloat16.numpy).astype("float32")
