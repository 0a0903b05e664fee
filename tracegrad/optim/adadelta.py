"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import check_not_negative, check_rate, number, switches


class Adadelta(FlatOptimizer):
    """Steps as large as the last ones were, by the gradient in units of its own size.

    Args:
        lr: times each step.
        rho: how slowly the means of squares change.
        eps: added to both means.
        weight_decay: times the parameter, added to its gradient.
        maximize: go up instead of down.

    Source: Zeiler 2012, "ADADELTA: an adaptive learning rate method", algorithm 1.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative(eps=eps, weight_decay=weight_decay)
        options = {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
        } | switches(
            capturable=capturable, foreach=foreach, differentiable=differentiable
        )  # fmt: skip
        super().__init__(params, options)

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        bucket.count()
        lr, rho, eps = number(group["lr"]), group["rho"], group["eps"]
        for values, g, square, moved in bucket.stretches(group, "square_avg", "acc_delta"):
            xp = namespace_of(values)
            square *= rho
            square += g * g * (1 - rho)
            delta = xp.sqrt(moved + eps)
            delta /= xp.sqrt(square + eps)
            delta *= g
            moved *= rho
            moved += delta * delta * (1 - rho)
            values -= delta * lr
