"""One cycle of the learning rate, up and down."""

from __future__ import annotations

import math
from typing import Any

from tracegrad.optim.lr_scheduler.momentum import begin_momenta, set_momentum
from tracegrad.optim.lr_scheduler.schedule import (
    LRScheduler,
    check_optimizer,
    one_each,
)
from tracegrad.optim.optimizer import Optimizer

PHASE = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
"""The last step of a phase; then, as names of a group's options, the rates and the momenta from
which and to which it goes.
"""


def _two_phases(share: float, steps: int) -> list[tuple[Any, ...]]:
    return [
        (float(share * steps) - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
        (steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum"),
    ]


def _three_phases(share: float, steps: int) -> list[tuple[Any, ...]]:
    return [
        (float(share * steps) - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
        (float(2 * share * steps) - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
        (steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
    ]


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)


def _linear(start: float, end: float, share: float) -> float:
    return (end - start) * share + start


STRATEGIES = {"cos": _cosine, "linear": _linear}


class OneCycleLR(LRScheduler):
    """Up to `max_lr`, then down to almost nothing; the momentum the other way.

    Args:
        total_steps: of the cycle; or `epochs` times `steps_per_epoch`.
        pct_start: share of the cycle that goes up.
        anneal_strategy: `cos` or `linear`.
        div_factor: `max_lr` by the first rate.
        final_div_factor: the first rate by the last.
        three_phase: down to the first rate as long as up, then to the last.

    Source: Smith and Topin 2017, "Super-convergence".
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in STRATEGIES:
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy
        phases = (_three_phases if three_phase else _two_phases)(pct_start, self.total_steps)
        self._schedule_phases = [dict(zip(PHASE, phase, strict=True)) for phase in phases]
        highest = one_each("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, highest, strict=True):
                group["initial_lr"], group["max_lr"] = top / div_factor, top
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            momenta = begin_momenta(optimizer, base_momentum, max_momentum, last_epoch == -1)
            self.use_beta1 = momenta.use_beta1
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._now()  # which minds who asks
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        phase, share = self._phase()
        between = STRATEGIES[self._anneal_func_type]
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                limits = group[phase["start_momentum"]], group[phase["end_momentum"]]
                set_momentum(group, between(*limits, share), self.use_beta1)
        return [
            between(group[phase["start_lr"]], group[phase["end_lr"]], share)
            for group in self.optimizer.param_groups
        ]

    def _phase(self) -> tuple[dict[str, Any], float]:
        """The phase of this step, and how far through it the step is."""
        start = 0.0
        for phase in self._schedule_phases[:-1]:
            if self.last_epoch <= phase["end_step"]:
                break
            start = phase["end_step"]
        else:
            phase = self._schedule_phases[-1]
        return phase, (self.last_epoch - start) / (phase["end_step"] - start)


def _total(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> int:
    """The number of steps, from itself or from its factors."""
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    given = (
        {"total_steps": total_steps}
        if total_steps is not None
        else {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    )
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {value}")
    return math.prod(given.values())
