"""NAdam."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import check_betas, check_not_negative, check_rate, number, switches


class NAdam(FlatOptimizer):
    """Adam with Nesterov's momentum: each step looks ahead along the mean.

    Args:
        lr: learning rate.
        betas: how slowly the means of the gradient and of its square change.
        eps: added to the denominator.
        weight_decay: times the parameter, added to its gradient.
        momentum_decay: how fast the momentum comes to be `betas[0]`.
        decoupled_weight_decay: let the weight decay shrink the parameter itself.
        maximize: go up instead of down.

    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam", algorithm 2.
    """

    numbers: ClassVar[tuple[str, ...]] = ("step", "mu_product")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        check_not_negative(weight_decay=weight_decay, momentum_decay=momentum_decay)
        options = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        } | switches(
            foreach=foreach, capturable=capturable, differentiable=differentiable
        )  # fmt: skip
        super().__init__(params, options)

    def _numbers(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "mu_product": 1.0}

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        steps = bucket.count()
        lr, (beta1, beta2) = number(group["lr"]), group["betas"]
        correction = 1 - beta2**steps
        mu, mu_next = (
            beta1 * (1 - 0.5 * 0.96 ** (n * group["momentum_decay"])) for n in (steps, steps + 1)
        )
        products = bucket.numbers["mu_product"]
        products *= mu
        product = float(products[0])
        of_gradient = lr * (1 - mu) / (1 - product)
        of_mean = lr * mu_next / (1 - product * mu_next)
        for values, g, mean, square in bucket.stretches(group, "exp_avg", "exp_avg_sq"):
            mean += (g - mean) * (1 - beta1)
            square *= beta2
            square += g * g * (1 - beta2)
            denominator = namespace_of(values).sqrt(square / correction) + group["eps"]
            values -= g / denominator * of_gradient
            values -= mean / denominator * of_mean
