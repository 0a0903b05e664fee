"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any

from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.optimizer import Optimizer, refuse_differentiable


class Adagrad(Optimizer):
    """Steps scaled by the sum of all squared gradients so far.

    Args:
        lr: learning rate, divided by `1 + (step - 1) * lr_decay`.
        weight_decay: times the parameter, added to its gradient.
        initial_accumulator_value: what the sum of squares starts from.
        eps: added to the denominator.
        maximize: go up instead of down.

    Source: Duchi, Hazan and Singer 2011, "Adaptive subgradient methods", eq. 1.
    """

    STATE = ("sum",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse_differentiable(differentiable)
        named = {
            "learning rate": lr, "lr_decay value": lr_decay, "weight_decay value": weight_decay,
            "initial_accumulator_value value": initial_accumulator_value, "epsilon value": eps,
        }  # fmt: skip
        for name, value in named.items():
            if value < 0.0:
                raise ValueError(f"Invalid {name}: {value}")
        options = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, options)

    def _update(
        self, bucket: Bucket, group: Mapping[str, Any], code: CodeType | None, lasti: int
    ) -> None:
        g = bucket.gradient()
        if group["maximize"]:
            g = -g
        if group["weight_decay"]:
            g = g + bucket.values() * group["weight_decay"]
        is_first = "sum" not in bucket.state
        total = bucket.zeros("sum")
        if is_first:
            total += group["initial_accumulator_value"]
        total += g * g
        rate = group["lr"] / (1 + (bucket.steps - 1) * group["lr_decay"])
        bucket.subtract(
            g / (namespace_of(g).sqrt(total) + group["eps"]) * rate, "Adagrad.step", code, lasti
        )
