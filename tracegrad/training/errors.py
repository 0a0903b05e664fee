"""What goes wrong in training beyond PyTorch's words.

::

    TracegradError
    └── TrainingError          the loop cannot go on, or was asked for something impossible
          ├── CallbackError      a callback raised; the original is its `__cause__`
          ├── NonFiniteError     numbers stopped being numbers; nothing was written to the weights
          │     ├── NonFiniteLossError
          │     └── NonFiniteGradientError
          └── CheckpointError    a file of a fit cannot be read, or is of another network
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracegrad.errors import TracegradError

if TYPE_CHECKING:
    from tracegrad.diagnose import Finding
    from tracegrad.recording.live import Trace


class TrainingError(TracegradError):
    """The training loop cannot go on, or was asked for something impossible."""


class CheckpointError(TrainingError):
    """A file of a fit cannot be read, or is of another network."""


class CallbackError(TrainingError):
    """A callback raised. What it raised is the `__cause__`.

    Attributes:
        callback: its class, as `EarlyStopping`.
        event: as `on_epoch_end`.
        epoch, batch: where training was, counted from 1; 0 before the first.
        where: `train.py:41   self.best = min(...)`, the callback's line that raised or called what
            did.
    """

    def __init__(
        self, message: str, *, callback: str, event: str, epoch: int, batch: int, where: str
    ) -> None:
        super().__init__(message)
        self.callback = callback
        self.event = event
        self.epoch = epoch
        self.batch = batch
        self.where = where


class NonFiniteError(TrainingError):
    """NaN or infinity where training needs a number. The weights are those before the step.

    Attributes:
        epoch, batch: where training was, counted from 1.
        finding: which op made the first such number, in which module and line; `None` if the step
            could not be repeated, or went well when it was.
        trace: the recording of the repeated step, to be looked at or saved; `None` likewise.
    """

    def __init__(
        self,
        message: str,
        *,
        epoch: int,
        batch: int,
        finding: Finding | None = None,
        trace: Trace | None = None,
    ) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.batch = batch
        self.finding = finding
        self.trace = trace


class NonFiniteLossError(NonFiniteError):
    """The loss of a batch is NaN or infinite."""


class NonFiniteGradientError(NonFiniteError):
    """The loss is a number and a gradient is not: the step would have made the weights NaN."""
