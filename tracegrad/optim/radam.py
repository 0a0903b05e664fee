"""RAdam."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import check_betas, check_not_negative, check_rate, number, switches


class RAdam(FlatOptimizer):
    """Adam that scales its steps only once it has seen enough gradients to know how.

    Args:
        lr: learning rate.
        betas: how slowly the means of the gradient and of its square change.
        eps: added to the denominator.
        weight_decay: times the parameter, added to its gradient.
        decoupled_weight_decay: let the weight decay shrink the parameter itself.
        maximize: go up instead of down.

    Source: Liu et al. 2020, "On the variance of the adaptive learning rate and beyond",
        algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate(lr)
        check_not_negative(eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        options = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize, "decoupled_weight_decay": decoupled_weight_decay,
        } | switches(
            foreach=foreach, capturable=capturable, differentiable=differentiable
        )  # fmt: skip
        super().__init__(params, options)

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        steps = bucket.count()
        beta1, beta2 = group["betas"]
        rate = number(group["lr"]) / (1 - beta1**steps)
        correction = 1 - beta2**steps
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * steps * beta2**steps / correction
        knows = length > 5.0
        if knows:
            rate *= _rectification(length, longest) * math.sqrt(correction)
        for values, g, mean, square in bucket.stretches(group, "exp_avg", "exp_avg_sq"):
            mean += (g - mean) * (1 - beta1)
            square *= beta2
            square += g * g * (1 - beta2)
            if knows:
                values -= mean / (namespace_of(values).sqrt(square) + group["eps"]) * rate
            else:
                values -= mean * rate


def _rectification(length: float, longest: float) -> float:
    """How much of its variance a mean over that many gradients has, as a factor of the step."""
    seen = (length - 4) * (length - 2) * longest
    return math.sqrt(seen / ((longest - 4) * (longest - 2) * length))
