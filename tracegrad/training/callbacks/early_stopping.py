"""Stopping when training does not help any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tracegrad._util.text import count, number
from tracegrad.training.callback import Callback
from tracegrad.training.callbacks.monitor import Mode, Monitor

if TYPE_CHECKING:
    from tracegrad.training.context import Context


class EarlyStopping(Callback):
    """Ends the fit when a number has not improved for some epochs.

    With `fit(epochs=(least, most))` it does not end before the least, and an improvement until then
    counts.

    Args:
        monitor: as `valid_loss` or `valid_acc`.
        min_delta: how much better counts as an improvement.
        patience: after how many epochs without one it ends; 0 and 1 end at the first.
        mode: whether smaller or larger is better.
        baseline: what the first epoch has to improve on.

    Raises:
        ValueError: patience is negative, or the mode another.
    """

    def __init__(
        self,
        monitor: str = "valid_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        mode: Mode = "min",
        baseline: float | None = None,
    ) -> None:
        if patience < 0:
            raise ValueError(f"patience: expected 0 or more epochs, got {patience}")
        self.monitor = Monitor(monitor, mode, min_delta)
        self.patience, self.baseline = patience, baseline
        self._start()

    def _start(self) -> None:
        self.best = self.monitor.worst if self.baseline is None else self.baseline
        self.best_epoch = self.waited = 0

    def on_fit_begin(self, ctx: Context) -> None:
        self.monitor.check(ctx)
        self._start()

    def on_epoch_end(self, ctx: Context) -> None:
        value = self.monitor.value(ctx)
        if self.monitor.is_better(value, self.best):
            self.best, self.best_epoch, self.waited = value, ctx.epoch, 0
            return
        self.waited += 1
        if self.waited >= self.patience and ctx.epoch >= ctx.min_epochs:
            best = f"{number(self.best)} of epoch {self.best_epoch}" if self.best_epoch else (
                f"the baseline {number(self.best)}"
            )  # fmt: skip
            ctx.stop(
                f"{self.monitor.name} has not improved on {best} for {count(self.waited, 'epoch')}"
            )

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]
        self.waited = state_dict["waited"]
