"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import check_not_negative, check_rate, number, switches


class Adagrad(FlatOptimizer):
    """Steps scaled by the sum of all squared gradients so far.

    Args:
        lr: learning rate, divided by `1 + (step - 1) * lr_decay`.
        weight_decay: times the parameter, added to its gradient.
        initial_accumulator_value: what the sum of squares starts from.
        eps: added to the denominator.
        maximize: go up instead of down.

    Source: Duchi, Hazan and Singer 2011, "Adaptive subgradient methods", eq. 1.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_rate(lr)
        check_not_negative(
            lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, eps=eps,
        )  # fmt: skip
        options = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "maximize": maximize,
        } | switches(
            foreach=foreach, differentiable=differentiable, fused=fused
        )  # fmt: skip
        super().__init__(params, options)
        for n, group in enumerate(self.param_groups):
            # Sums are there before the first step, as programs that look at them expect.
            self._make_buckets(n, group, group["params"])

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"sum": self.defaults["initial_accumulator_value"]}

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        steps = bucket.count()
        rate = number(group["lr"]) / (1 + (steps - 1) * group["lr_decay"])
        for values, g, total in bucket.stretches(group, "sum"):
            xp = namespace_of(values)
            squares = g * g
            total += squares
            size = xp.sqrt(total, out=squares)
            size += group["eps"]
            update = xp.divide(g, size, out=size)
            update *= rate
            values -= update
