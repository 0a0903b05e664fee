"""The weights of the best epoch instead of the last."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor
from tracegrad.training.callback import Callback
from tracegrad.training.callbacks.monitor import Mode, Monitor

if TYPE_CHECKING:
    from tracegrad.training.context import Context


class KeepBestModel(Callback):
    """Keeps the weights of the best epoch in memory, and ends the fit with those.

    Args:
        monitor: as `valid_loss` or `valid_acc`.
        mode: whether smaller or larger is better.
        min_delta: how much better counts as an improvement.

    Attributes:
        best, best_epoch: the number, and the epoch that it is of.
    """

    def __init__(
        self, monitor: str = "valid_loss", mode: Mode = "min", min_delta: float = 0.0
    ) -> None:
        self.monitor = Monitor(monitor, mode, min_delta)
        self._start()

    def _start(self) -> None:
        self.best, self.best_epoch = self.monitor.worst, 0
        self._weights: dict[str, Any] = {}

    def on_fit_begin(self, ctx: Context) -> None:
        self.monitor.check(ctx)
        self._start()

    def on_epoch_end(self, ctx: Context) -> None:
        value = self.monitor.value(ctx)
        if self.monitor.is_better(value, self.best):
            self.best, self.best_epoch = value, ctx.epoch
            self._weights = {
                name: kept.clone() if isinstance(kept, Tensor) else deepcopy(kept)
                for name, kept in ctx.model.state_dict().items()
            }

    def on_fit_end(self, ctx: Context) -> None:
        if self._weights:
            ctx.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self._weights}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]
        self._weights = dict(state_dict["weights"])
