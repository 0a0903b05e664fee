"""Learning rates that fall as half a cosine does."""

from __future__ import annotations

import math
from typing import Any

from tracegrad.optim.lr_scheduler.schedule import LRScheduler
from tracegrad.optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the first rate to `eta_min` in `T_max` steps, and back.

    Source: Loshchilov and Hutter 2017, "SGDR", eq. 5, without restarts.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        now, step, half = self._now(), self.last_epoch, self.T_max
        if self._is_initial:
            return now
        if self._step_count == 1 and step > 0:
            return self._get_closed_form_lr()
        if (step - 1 - half) % (2 * half) == 0:  # the recurrence would divide by 0 here
            return [
                lr + (base - self.eta_min) * (1 - math.cos(math.pi / half)) / 2
                for base, lr in zip(self.base_lrs, now, strict=True)
            ]
        change = (1 + math.cos(math.pi * step / half)) / (1 + math.cos(math.pi * (step - 1) / half))
        return [change * (lr - self.eta_min) + self.eta_min for lr in now]

    def _get_closed_form_lr(self) -> list[Any]:
        share = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine in `T_0` steps, then again in `T_mult` times as many, and so on.

    Source: Loshchilov and Hutter 2017, "SGDR", eq. 5.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, float | int):
            raise ValueError(
                f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}"
            )
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._now()  # which minds who asks
        share = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the next rates; `epoch` may be a fraction, of a batch in an epoch."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur, self.T_i = self.T_cur % self.T_i, self.T_i * self.T_mult
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        else:
            self._find_cycle(epoch)
        self.last_epoch = math.floor(epoch)
        self._set(self.get_lr)

    def _find_cycle(self, epoch: float) -> None:
        """Set how long the cycle of a step is, and how far it is into it."""
        start, length = 0, self.T_0
        if self.T_mult == 1:
            start = epoch // length * length  # type: ignore[assignment]
        while epoch >= start + length:
            start, length = start + length, length * self.T_mult
        self.T_cur, self.T_i = epoch - start, length
