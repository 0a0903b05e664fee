"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any

from tracegrad.optim.bucket import Bucket
from tracegrad.optim.optimizer import Optimizer, refuse_differentiable


class SGD(Optimizer):
    """Gradient descent, with momentum if asked for.

    Args:
        lr: learning rate.
        momentum: how much of the last update goes on; 0 for none.
        dampening: how much less of the gradient enters the momentum.
        weight_decay: times the parameter, added to its gradient.
        nesterov: look ahead along the momentum.
        maximize: go up instead of down.

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum", in PyTorch's
        form (the learning rate multiplies the whole update).
    """

    STATE = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse_differentiable(differentiable)
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        options = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize,
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
        momentum = group["momentum"]
        if momentum:
            if "momentum_buffer" in bucket.state:
                buffer = bucket.state["momentum_buffer"]
                buffer *= momentum
                buffer += g * (1 - group["dampening"])
            else:
                buffer = bucket.zeros("momentum_buffer")
                buffer[...] = g
            g = g + buffer * momentum if group["nesterov"] else buffer
        bucket.subtract(g * group["lr"], "SGD.step", code, lasti)
