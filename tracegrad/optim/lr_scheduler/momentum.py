"""Momenta that go down while learning rates go up."""

from __future__ import annotations

from typing import Any, NamedTuple

from tracegrad.optim.lr_scheduler.schedule import one_each
from tracegrad.optim.optimizer import Optimizer


class Momenta(NamedTuple):
    """Between what the momentum of each group goes.

    Attributes:
        use_beta1: whether it is Adam's first beta.
    """

    lowest: list[Any]
    highest: list[Any]
    use_beta1: bool


def begin_momenta(optimizer: Optimizer, lowest: Any, highest: Any, is_start: bool) -> Momenta:
    """Limits for each group, from which momenta begin at the highest.

    Args:
        is_start: whether to begin; else training goes on, and the groups know all of it.

    Raises:
        ValueError: the optimizer has no momentum, or there are too few limits.
    """
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError(
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
        )
    use_beta1 = "betas" in optimizer.defaults
    highs = one_each("max_momentum", optimizer, highest)
    lows = one_each("base_momentum", optimizer, lowest)
    if is_start:
        for group, low, high in zip(optimizer.param_groups, lows, highs, strict=True):
            set_momentum(group, high, use_beta1)
            group["max_momentum"], group["base_momentum"] = high, low
    return Momenta(lows, highs, use_beta1)


def set_momentum(group: dict[str, Any], momentum: float, use_beta1: bool) -> None:
    """Set the momentum of a group, or Adam's first beta."""
    if use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum
