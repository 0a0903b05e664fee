"""A number to keep an eye on: which one, and when it is better than before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tracegrad.training.errors import TrainingError

if TYPE_CHECKING:
    from tracegrad.training.context import Context

Mode = Literal["min", "max"]

NO_VALID_DATA = "fit(..., valid_data=0.2), or monitor='train_loss'"


@dataclass(frozen=True, slots=True)
class Monitor:
    """One number of each epoch.

    Args:
        name: the set and the metric, as `valid_loss` or `train_acc`; or a set whose loss is meant.
        mode: which is better, the smaller or the larger.
        min_delta: how much better it must be to count.

    Raises:
        ValueError: the name has no set, the mode is another, or the distance negative.
    """

    name: str = "valid_loss"
    mode: Mode = "min"
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        if self.set not in ("train", "valid"):
            raise ValueError(
                f"monitor: expected a set and a metric, as 'valid_loss'; got {self.name!r}\n"
                f"  try: 'valid_{self.name}' or 'train_{self.name}'"
            )
        if self.mode not in ("min", "max"):
            raise ValueError(f"mode: expected 'min' or 'max', got {self.mode!r}")
        if not self.min_delta >= 0:
            raise ValueError(f"min_delta: expected 0 or more, got {self.min_delta}")

    @property
    def set(self) -> str:
        """`train` or `valid`."""
        return self.name.partition("_")[0]

    @property
    def metric(self) -> str:
        """`loss`, or the name of a metric."""
        return self.name.partition("_")[2] or "loss"

    @property
    def worst(self) -> float:
        """What any number is better than."""
        return math.inf if self.mode == "min" else -math.inf

    def is_better(self, value: float, than: float) -> bool:
        """Whether a number improves on another. NaN never does."""
        if self.mode == "min":
            return value < than - self.min_delta
        return value > than + self.min_delta

    def check(self, ctx: Context) -> None:
        """Before an epoch of work: look whether there can be such a number.

        Raises:
            TrainingError: it is the validation loss, and nothing is validated.
        """
        if (self.set, self.metric) == ("valid", "loss") and ctx.valid_data is None:
            raise TrainingError(
                f"monitor={self.name!r}: nothing is validated\n  try: {NO_VALID_DATA}"
            )

    def value(self, ctx: Context) -> float:
        """The number of the running epoch.

        Raises:
            TrainingError: there is none; the message says what there is.
        """
        values = ctx.records.epoch(self.set, ctx.epoch)
        if self.metric in values:
            return values[self.metric]
        there = [f"{one}_{name}" for one in ctx.records.sets
                 for name in ctx.records.epoch(one, ctx.epoch)]  # fmt: skip
        tries = f"monitor={there[0]!r}" if there else "metrics= of setup"
        if self.set == "valid" and ctx.valid_data is None:
            tries = NO_VALID_DATA
        raise TrainingError(
            f"monitor={self.name!r}: no such number in epoch {ctx.epoch}\n"
            f"  there is: {', '.join(there) or 'nothing'}\n"
            f"  try: {tries}"
        )
