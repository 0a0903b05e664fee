"""Rprop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import check_rate, number, switches


class Rprop(FlatOptimizer):
    """Steps by the sign of the gradient, longer while it stays and shorter when it turns.

    For the gradient of all data: of a batch the sign is too uncertain.

    Args:
        lr: length of the first step.
        etas: factors of the length when the sign turned, and when it stayed.
        step_sizes: least and greatest length.
        maximize: go up instead of down.

    Source: Riedmiller and Braun 1993, "A direct adaptive method for faster backpropagation
        learning", without weight backtracking.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_rate(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        options = {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize,
        } | switches(
            foreach=foreach, differentiable=differentiable, capturable=capturable
        )  # fmt: skip
        super().__init__(params, options)

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"prev": 0.0, "step_size": number(group["lr"])}

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        bucket.count()
        shorter, longer = group["etas"]
        for values, g, before, length in bucket.stretches(group, "prev", "step_size"):
            xp = namespace_of(values)
            turned = g * before
            factor = xp.where(turned > 0, longer, xp.where(turned < 0, shorter, 1.0))
            length *= factor.astype(length.dtype)
            xp.clip(length, *group["step_sizes"], out=length)
            before[...] = xp.where(turned < 0, 0.0, g)
            values -= xp.sign(before) * length
