"""One cycle of the learning rate, up and down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tracegrad.optim.lr_scheduler.schedule import LRScheduler
from tracegrad.optim.optimizer import Optimizer

Phase = tuple[float, str, str, str, str]
"""The last step; then, as names of a group's options, the rates and the momenta from which and to
which it goes.
"""


def _two_phases(share: float, steps: int) -> list[Phase]:
    return [
        (share * steps - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
        (steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum"),
    ]


def _three_phases(share: float, steps: int) -> list[Phase]:
    return [
        (share * steps - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
        (2 * share * steps - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
        (steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
    ]


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
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError(
                    "You must define either total_steps OR (epochs AND steps_per_epoch)"
                )
            total_steps = epochs * steps_per_epoch
        if total_steps <= 0:
            raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self.total_steps, self._anneal_func_type = total_steps, anneal_strategy
        self._phases = (
            _three_phases(pct_start, total_steps)
            if three_phase
            else _two_phases(pct_start, total_steps)
        )
        count = len(optimizer.param_groups)
        highest = list(max_lr) if isinstance(max_lr, Sequence) else [max_lr] * count
        if len(highest) != count:
            raise ValueError(
                f"max_lr must have the same length as optimizer.param_groups. max_lr has "
                f"{len(highest)} values, param_groups has {count}."
            )
        self.cycle_momentum = cycle_momentum
        self._prepare(optimizer, highest, last_epoch, div_factor, final_div_factor)
        if cycle_momentum:
            self._prepare_momentum(optimizer, last_epoch, base_momentum, max_momentum)
        super().__init__(optimizer, last_epoch)

    @staticmethod
    def _prepare(
        optimizer: Optimizer,
        highest: Sequence[float],
        last_epoch: int,
        div_factor: float,
        final_div_factor: float,
    ) -> None:
        if last_epoch != -1:
            return
        for group, top in zip(optimizer.param_groups, highest, strict=True):
            group["initial_lr"], group["max_lr"] = top / div_factor, top
            group["min_lr"] = group["initial_lr"] / final_div_factor

    def _prepare_momentum(
        self, optimizer: Optimizer, last_epoch: int, lowest: float, highest: float
    ) -> None:
        if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )
        self.use_beta1 = "betas" in optimizer.defaults
        if last_epoch != -1:
            return
        for group in optimizer.param_groups:
            _set_momentum(group, highest, self.use_beta1)
            group["max_momentum"], group["base_momentum"] = highest, lowest

    def _between(self, start: float, end: float, share: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)

    def get_lr(self) -> list[float]:
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        rates = []
        for group in self.optimizer.param_groups:
            start = 0.0
            for n, (end, lr_from, lr_to, m_from, m_to) in enumerate(self._phases):
                if step <= end or n == len(self._phases) - 1:
                    share = (step - start) / (end - start)
                    rates.append(self._between(group[lr_from], group[lr_to], share))
                    if self.cycle_momentum:
                        momentum = self._between(group[m_from], group[m_to], share)
                        _set_momentum(group, momentum, self.use_beta1)
                    break
                start = end
        return rates


def _set_momentum(group: dict[str, Any], momentum: float, use_beta1: bool) -> None:
    if use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum
