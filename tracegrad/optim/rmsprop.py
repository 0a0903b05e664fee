"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import check_not_negative, check_rate, number, switches


class RMSprop(FlatOptimizer):
    """Steps scaled by a running mean of the gradient's square.

    Args:
        lr: learning rate.
        alpha: how slowly the running mean changes.
        eps: added to the denominator.
        weight_decay: times the parameter, added to its gradient.
        momentum: how much of the last update goes on; 0 for none.
        centered: divide by the standard deviation instead.
        maximize: go up instead of down.

    Source: Tieleman and Hinton 2012, lecture 6.5; centered: Graves 2013, eq. 38 to 45.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate(lr)
        check_not_negative(eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        options = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "maximize": maximize,
        } | switches(
            capturable=capturable, foreach=foreach, differentiable=differentiable
        )  # fmt: skip
        super().__init__(params, options)

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        names = ["square_avg"]
        names += ["momentum_buffer"] * (group["momentum"] > 0) + ["grad_avg"] * group["centered"]
        return dict.fromkeys(names, 0.0)

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        bucket.count()
        lr, alpha = number(group["lr"]), group["alpha"]
        names = self._arrays(group)
        for values, g, *arrays in bucket.stretches(group, *names):
            xp = namespace_of(values)
            kept = dict(zip(names, arrays, strict=True))
            square = kept["square_avg"]
            square *= alpha
            squares = g * g
            squares *= 1 - alpha
            square += squares
            spread = square
            if group["centered"]:
                mean = kept["grad_avg"]
                mean += (g - mean) * (1 - alpha)
                spread = square - mean * mean
            size = xp.sqrt(spread, out=squares)
            size += group["eps"]
            update = xp.divide(g, size, out=size)
            if group["momentum"] > 0:
                buffer = kept["momentum_buffer"]
                buffer *= group["momentum"]
                buffer += update
                update = buffer
            values -= update * lr
