"""Learning rates that fall as half a cosine does."""

from __future__ import annotations

import math

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

    def get_lr(self) -> list[float]:
        step, half = self.last_epoch, self.T_max
        if step == 0:
            return self._now()
        if self._initial and step > 0:
            return self._closed_form()
        if (step - 1 - half) % (2 * half) == 0:  # the recurrence would divide by 0 here
            return [
                lr + (base - self.eta_min) * (1 - math.cos(math.pi / half)) / 2
                for base, lr in zip(self.base_lrs, self._now(), strict=True)
            ]
        change = (1 + math.cos(math.pi * step / half)) / (1 + math.cos(math.pi * (step - 1) / half))
        return [change * (lr - self.eta_min) + self.eta_min for lr in self._now()]

    def _closed_form(self) -> list[float]:
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
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        share = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the next rates; `epoch` may be a fraction, of a batch in an epoch."""
        if epoch is not None and epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        now = self.last_epoch + 1 if epoch is None else epoch
        start, length = 0, self.T_0
        while now >= start + length:
            start, length = start + length, length * self.T_mult
        self.T_cur, self.T_i = now - start, length
        self.last_epoch = math.floor(now)
        self._set(self.get_lr())
