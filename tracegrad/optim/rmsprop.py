"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any

from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.optimizer import Optimizer, refuse_differentiable


class RMSprop(Optimizer):
    """Steps scaled by a running mean of the gradient's square.

    Args:
        lr: learning rate.
        alpha: how slowly the running mean changes.
        eps: added to the denominator.
        weight_decay: times the parameter, added to its gradient.
        momentum: how much of the last update goes on; 0 for none.
        centered: divide by the standard deviation instead.

    Source: Tieleman and Hinton 2012, lecture 6.5; centered: Graves 2013, eq. 38 to 45.
    """

    STATE = ("square_avg", "momentum_buffer", "grad_avg")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse_differentiable(differentiable)
        named = {
            "learning rate": lr, "epsilon value": eps, "momentum value": momentum,
            "weight_decay value": weight_decay, "alpha value": alpha,
        }  # fmt: skip
        for name, value in named.items():
            if value < 0.0:
                raise ValueError(f"Invalid {name}: {value}")
        options = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "maximize": maximize,
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
        square = bucket.zeros("square_avg")
        square *= group["alpha"]
        square += g * g * (1 - group["alpha"])
        spread = square
        if group["centered"]:
            mean = bucket.zeros("grad_avg")
            mean += (g - mean) * (1 - group["alpha"])
            spread = square - mean * mean
        update = g / (namespace_of(g).sqrt(spread) + group["eps"])
        if group["momentum"] > 0:
            buffer = bucket.zeros("momentum_buffer")
            buffer *= group["momentum"]
            buffer += update
            update = buffer
        bucket.subtract(update * group["lr"], "RMSprop.step", code, lasti)
