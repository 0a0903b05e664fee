"""ASGD."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import check_not_negative, check_rate, number, switches


class ASGD(FlatOptimizer):
    """Gradient descent at a falling rate; the mean of the parameters is kept in `state[p]["ax"]`.

    Args:
        lr: learning rate of the first step.
        lambd: share of the parameter that each unit of the rate takes off it.
        alpha: power by which the rate falls.
        t0: step from which on the mean is formed.
        weight_decay: times the parameter, added to its gradient.
        maximize: go up instead of down.

    Source: Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging".
    """

    numbers: ClassVar[tuple[str, ...]] = ("step", "eta", "mu")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_rate(lr)
        check_not_negative(weight_decay=weight_decay)
        options = {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "maximize": maximize,
        } | switches(
            foreach=foreach, differentiable=differentiable, capturable=capturable
        )  # fmt: skip
        super().__init__(params, options)

    def _numbers(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "eta": number(group["lr"]), "mu": 1.0}

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"ax": 0.0}

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        steps = bucket.count()
        lr, lambd = number(group["lr"]), group["lambd"]
        eta, mu = (float(bucket.numbers[name][0]) for name in ("eta", "mu"))
        for values, g, average in bucket.stretches(group, "ax"):
            values *= 1 - lambd * eta
            values -= g * eta
            if mu == 1:
                average[...] = values
            else:
                average += (values - average) * mu
        bucket.numbers["eta"][:] = lr / (1 + lambd * lr * steps) ** group["alpha"]
        bucket.numbers["mu"][:] = 1 / max(1, steps - group["t0"])
