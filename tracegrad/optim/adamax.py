"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import check_betas, check_not_negative, check_rate, number, switches


class Adamax(FlatOptimizer):
    """Adam that divides by the largest gradient so far, which it forgets slowly.

    Args:
        lr: learning rate.
        betas: how slowly the mean changes, and the largest gradient is forgotten.
        eps: added to each gradient's size.
        weight_decay: times the parameter, added to its gradient.
        maximize: go up instead of down.

    Source: Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_rate(lr)
        check_not_negative(eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        options = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize,
        } | switches(
            foreach=foreach, differentiable=differentiable, capturable=capturable
        )  # fmt: skip
        super().__init__(params, options)

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        steps = bucket.count()
        beta1, beta2 = group["betas"]
        rate = number(group["lr"]) / (1 - beta1**steps)
        for values, g, mean, largest in bucket.stretches(group, "exp_avg", "exp_inf"):
            xp = namespace_of(values)
            mean += (g - mean) * (1 - beta1)
            largest *= beta2
            xp.maximum(largest, abs(g) + group["eps"], out=largest)
            values -= mean / largest * rate
