"""Several schedules of one optimizer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from tracegrad.optim.lr_scheduler.schedule import LRScheduler
from tracegrad.optim.optimizer import Optimizer


class _Several(LRScheduler):
    """Schedules whose states are saved together."""

    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """The state of each, and everything else but the optimizer."""
        left_out = ("optimizer", "_schedulers")
        own = {k: v for k, v in self.__dict__.items() if k not in left_out}
        return own | {"_schedulers": [one.state_dict() for one in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for one, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            one.load_state_dict(state)


def _check_same(optimizer: Optimizer, schedulers: Sequence[LRScheduler], name: str) -> None:
    if not schedulers:
        raise ValueError(f"{name} expects at least one scheduler")
    for n, one in enumerate(schedulers):
        if one.optimizer is not optimizer:
            raise ValueError(
                f"{name} expects all schedulers to belong to the same optimizer, but got "
                f"scheduler {type(one).__name__} at index {n} of another one"
            )


class SequentialLR(_Several):
    """One schedule after the other, changed at the `milestones`."""

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        _check_same(optimizer, schedulers, "SequentialLR")
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got number of schedulers {len(schedulers)} "
                f"and the number of milestones to be equal to {len(milestones)}"
            )
        self.optimizer, self._schedulers = optimizer, list(schedulers)
        self._milestones, self.last_epoch = list(milestones), last_epoch + 1
        # Each schedule changed the rates when it was made: undo all but the first one's change.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for one in self._schedulers:
            one.last_epoch -= 1
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial = True
        first.step()
        first._initial = False
        self._last_lr = first.get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Set the next rates by the schedule whose turn it is."""
        self.last_epoch += 1
        n = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[n]
        if n > 0 and self._milestones[n - 1] == self.last_epoch:
            scheduler.last_epoch = 0
            scheduler._restart()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Several):
    """Several schedules, each of which changes what the one before it left."""

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        optimizer = optimizer or schedulers[0].optimizer
        _check_same(optimizer, schedulers, "ChainedScheduler")
        self.optimizer, self._schedulers = optimizer, list(schedulers)
        self._last_lr = self._now()

    def step(self, epoch: int | None = None) -> None:
        """One step of each."""
        for one in self._schedulers:
            one.step()
        self._last_lr = self._now()
