"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import check_rate, number, switches


class SGD(FlatOptimizer):
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

    numbers: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_rate(lr)
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        options = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize,
        } | switches(
            foreach=foreach, differentiable=differentiable, fused=fused
        )  # fmt: skip
        super().__init__(params, options)

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"momentum_buffer": 0.0} if group["momentum"] else {}

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        lr, momentum = number(group["lr"]), group["momentum"]
        if not momentum:
            for values, g in bucket.stretches(group):
                values -= g * lr
            return
        is_first = "momentum_buffer" in bucket.fresh
        for values, g, buffer in bucket.stretches(group, "momentum_buffer"):
            if is_first:
                buffer[...] = g
            else:
                buffer *= momentum
                buffer += g * (1 - group["dampening"]) if group["dampening"] else g
            values -= (g + buffer * momentum if group["nesterov"] else buffer) * lr
