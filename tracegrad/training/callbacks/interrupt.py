"""Ctrl-C as the end of a fit instead of its failure."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any

from tracegrad.training.callback import Callback

if TYPE_CHECKING:
    from tracegrad.training.context import Context


class Interrupt(Callback):
    """Ends the fit in order on Ctrl-C, with what was learnt and measured so far.

    Without it `KeyboardInterrupt` leaves `fit`. The weights are those after the last whole step: a
    Ctrl-C while an optimizer writes waits until it has written.
    """

    def __init__(self) -> None:
        self._replaced: Any = None
        self._waiting = False

    # -- an optimizer's step is not cut in two -------------------------------------------------

    def on_train_batch_before_step(self, ctx: Context) -> None:
        self._waiting = False
        in_main_thread = threading.current_thread() is threading.main_thread()
        if in_main_thread and signal.getsignal(signal.SIGINT) is not None:
            self._replaced = signal.signal(signal.SIGINT, self._wait)

    def on_train_batch_after_step(self, ctx: Context) -> None:
        before = self._put_back()
        if self._waiting and callable(before):
            before(signal.SIGINT, None)  # Python's own raises KeyboardInterrupt

    def on_error(self, ctx: Context) -> None:
        self._put_back()

    def _wait(self, number: int, frame: FrameType | None) -> None:
        self._waiting = True

    def _put_back(self) -> Any:
        before, self._replaced = self._replaced, None
        if before is not None:
            signal.signal(signal.SIGINT, before)
        return before

    # -- the end -------------------------------------------------------------------------------

    def on_interrupt(self, ctx: Context) -> None:
        self._put_back()
        of = " of validation" if ctx.stage == "valid" else ""
        at = f"in epoch {ctx.epoch}, batch {ctx.batch_number}{of}" if ctx.epoch else "at the start"
        ctx.stop(f"interrupted {at}", at_once=True)
