"""Several schedules of one optimizer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from tracegrad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tracegrad.optim.lr_scheduler.schedule import LRScheduler, put, values_of
from tracegrad.optim.optimizer import Optimizer


class _Several(LRScheduler):
    """Schedules whose states are saved together."""

    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """The state of each, and everything else but the optimizer."""
        return super().state_dict() | {
            "_schedulers": [one.state_dict() for one in self._schedulers]
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for one, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            one.load_state_dict(state)


def _check(name: str, optimizer: Any, schedulers: Sequence[Any]) -> None:
    """Refuse schedules that cannot be combined.

    Raises:
        TypeError: something is none.
        ValueError: it needs a measure at each step, or belongs to another optimizer.
    """
    for n, one in enumerate(schedulers):
        if not hasattr(one, "optimizer"):
            raise TypeError(f"{name} at index {n} should have `optimizer` as its attribute.")
        if isinstance(one, ReduceLROnPlateau):
            raise ValueError(
                f"{name} does not support `ReduceLROnPlateau` scheduler as it requires additional "
                f"kwargs to be specified when calling `step`, but got one at index {n} in the "
                "given schedulers sequence."
            )
        if one.optimizer is not optimizer:
            raise ValueError(
                f"{name} expects all schedulers to belong to the same optimizer, but got scheduler "
                f"{type(one).__name__} at index {n} has {one.optimizer}, which is different from "
                f"{type(optimizer).__name__}."
            )


class SequentialLR(_Several):
    """One schedule after the other, changed at the `milestones`."""

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        if not schedulers:
            raise ValueError("SequentialLR expects at least one scheduler, but got no scheduler.")
        _check("SequentialLR", optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got number of schedulers {len(schedulers)} "
                f"and the number of milestones to be equal to {len(milestones)}"
            )
        self.optimizer, self._schedulers = optimizer, schedulers
        self._milestones, self.last_epoch = milestones, last_epoch + 1
        # Each schedule changed the rates when it was made: undo that, and begin with the first.
        for group in optimizer.param_groups:
            put(group, "lr", group["initial_lr"])
        self.recursive_undo()
        first = self._schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self, sched: Any = None) -> None:
        """Take back the first step of a schedule, or of all that it consists of."""
        sched = self if sched is None else sched
        if hasattr(sched, "_schedulers"):
            for one in sched._schedulers:
                self.recursive_undo(one)
        elif hasattr(sched, "last_epoch"):
            sched.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]
        """Set the next rates by the schedule whose turn it is."""
        self.last_epoch += 1
        n = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[n]
        if n > 0 and self._milestones[n - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Several):
    """Several schedules, each of which changes what the one before it left."""

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        if not schedulers:
            raise ValueError(
                "ChainedScheduler expects at least one scheduler to be chained, but got no "
                "scheduler."
            )
        optimizer = optimizer or schedulers[0].optimizer
        _check("ChainedScheduler", optimizer, schedulers)
        self._schedulers, self.optimizer = list(schedulers), optimizer
        self._last_lr = values_of(optimizer, "lr")

    def step(self) -> None:  # type: ignore[override]
        """One step of each."""
        for one in self._schedulers:
            one.step()
        self._last_lr = values_of(self.optimizer, "lr")
