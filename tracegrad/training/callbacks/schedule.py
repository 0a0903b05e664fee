"""A learning rate that changes while training."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tracegrad.optim.lr_scheduler import LRScheduler as Schedule
from tracegrad.optim.lr_scheduler import ReduceLROnPlateau
from tracegrad.optim.optimizer import Optimizer
from tracegrad.training.callback import EVENTS, Callback
from tracegrad.training.callbacks.monitor import Monitor
from tracegrad.training.errors import TrainingError

if TYPE_CHECKING:
    from tracegrad.training.context import Context

STEPS_AT = tuple(
    event for event in EVENTS if event.startswith(("on_epoch", "on_train", "on_valid"))
)
"""Events at which a schedule may step: those that come again."""


class LRScheduler(Callback):
    """Makes a schedule of the optimizer when the fit begins, and steps it.

    The rate of each epoch, at its end and of the first group, is in the records of `train`: as
    `lr`, or `lr_NAME` where `opt_name` chose an optimizer.

    Args:
        schedule: a class of `tg.optim.lr_scheduler`, or a function of the optimizer that gives a
            schedule.
        call_on: the event after which it steps: `on_epoch_end`, or `on_train_batch_end` for
            schedules that count batches, as `OneCycleLR`.
        opt_name: which optimizer, where there are several.
        monitor: what `ReduceLROnPlateau` is told.
        options: further arguments of the schedule. `total_steps`, where it takes that and neither
            it nor `epochs` is given, is worked out.

    Attributes:
        schedule: of the running fit.

    Raises:
        TypeError: it is a schedule already. ValueError: there is no such event.

    Example:
        >>> LRScheduler(OneCycleLR, call_on="on_train_batch_end", max_lr=0.1)
    """

    def __init__(
        self,
        schedule: Any,
        *,
        call_on: str = "on_epoch_end",
        opt_name: str | None = None,
        monitor: str = "valid_loss",
        **options: Any,
    ) -> None:
        if isinstance(schedule, Schedule):
            name = type(schedule).__name__
            raise TypeError(
                f"schedule: a {name} belongs to an optimizer, and fit makes its own\n"
                f"  try: LRScheduler({name}, ...), with its arguments"
            )
        if call_on not in STEPS_AT:
            raise ValueError(
                f"call_on: a schedule cannot step at {call_on!r}\n  events: {', '.join(STEPS_AT)}"
            )
        self.make: Callable[..., Any] = schedule
        self.call_on, self.opt_name = call_on, opt_name
        self.options = options
        self.monitor = Monitor(monitor)
        self.schedule: Any = None
        if call_on != "on_epoch_end":
            setattr(self, call_on, self._step)

    def on_fit_begin(self, ctx: Context) -> None:
        self.schedule = self.make(self._chosen(ctx), **self._all_options(ctx))
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.monitor.check(ctx)

    def on_epoch_end(self, ctx: Context) -> None:
        name = "lr" if self.opt_name is None else f"lr_{self.opt_name}"
        ctx.log(name, float(self._chosen(ctx).param_groups[0]["lr"]), "train")
        if self.call_on == "on_epoch_end":
            self._step(ctx)

    def _step(self, ctx: Context) -> None:
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(self.monitor.value(ctx))
        else:
            self.schedule.step()

    def _all_options(self, ctx: Context) -> dict[str, Any]:
        takes = inspect.signature(self.make).parameters
        counted = {"total_steps", "epochs", "steps_per_epoch"} & set(self.options)
        if "total_steps" not in takes or counted:
            return self.options
        times = _batches(ctx) if "batch" in self.call_on else 1
        return {**self.options, "total_steps": ctx.max_epochs * times}

    def _chosen(self, ctx: Context) -> Optimizer:
        if self.opt_name is None and len(ctx.optimizers) == 1:
            return next(iter(ctx.optimizers.values()))
        if self.opt_name not in ctx.optimizers:
            there = ", ".join(map(repr, ctx.optimizers))
            what = "which optimizer?" if self.opt_name is None else "there is none of that name"
            raise TrainingError(f"opt_name={self.opt_name!r}: {what}\n  there are: {there}")
        return ctx.optimizers[self.opt_name]

    def state_dict(self) -> dict[str, Any]:
        return {} if self.schedule is None else dict(self.schedule.state_dict())

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        if self.schedule is not None:
            self.schedule.load_state_dict(dict(state_dict))


def _batches(ctx: Context) -> int:
    try:
        return len(ctx.data)
    except TypeError:
        raise TrainingError(
            "the training data have no length, so that the schedule's steps cannot be counted\n"
            "  try: LRScheduler(..., total_steps=...)"
        ) from None
