"""What the user sees of a fit: a bar in a terminal, one plain line an epoch elsewhere.

On standard error: what a program prints itself stays clean.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any, TextIO

from tracegrad._util.text import number
from tracegrad.training.callback import SHOWING, Callback

if TYPE_CHECKING:
    from tracegrad.training.context import Context

SECONDS_BETWEEN = 0.1
"""At most ten screen updates a second, however short batches and epochs are."""

BAR = 20
"""Width of the bar in characters."""

NARROW = 70
"""Width of a terminal below which the bar is left out."""

LABELS = {"train": "Epoch", "valid": "Evaluate", "predict": "Predict"}
"""What a pass is called that belongs to no epoch."""


class Progress(Callback):
    """Shows how far training is, and how well it goes.

    Args:
        file: where to; standard error by default.
    """

    order = SHOWING

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file
        self._live: Any = None
        self._batches = 0
        self._waiting: list[str] = []
        self._shown = 0.0

    # -- events --------------------------------------------------------------------------------

    def on_fit_begin(self, ctx: Context) -> None:
        self._open()

    def on_train_batch_end(self, ctx: Context) -> None:
        self._update(ctx)

    def on_train_end(self, ctx: Context) -> None:
        self._batches = ctx.batch_number

    def on_valid_begin(self, ctx: Context) -> None:
        self._open()

    def on_valid_batch_end(self, ctx: Context) -> None:
        self._update(ctx)

    def on_valid_end(self, ctx: Context) -> None:
        if not ctx.epoch:
            self._close()

    def on_predict_begin(self, ctx: Context) -> None:
        self._open()

    def on_predict_batch_end(self, ctx: Context) -> None:
        self._update(ctx)

    def on_predict_end(self, ctx: Context) -> None:
        self._close()

    def on_epoch_end(self, ctx: Context) -> None:
        if self._live is None:
            print(epoch_line(ctx), file=self._stream, flush=True)
            return
        self._waiting.append(self._finished_line(ctx))
        self._update(ctx, finished=True)

    def on_fit_end(self, ctx: Context) -> None:
        self._close()
        if ctx.stop_reason:
            print(f"ended after epoch {ctx.epoch}: {ctx.stop_reason}", file=self._stream)

    def on_error(self, ctx: Context) -> None:
        self._close()

    def _finished_line(self, ctx: Context) -> str:
        """An epoch's line as the terminal is wide enough for: the numbers before the bar."""
        width = self._live.console.width
        line = epoch_line(ctx, f"{'━' * BAR}  {self._batches}/{self._batches}  ")
        return line if len(line) <= width else wrapped(epoch_line(ctx), width)

    # -- the screen ----------------------------------------------------------------------------

    @property
    def _stream(self) -> TextIO:
        return self._file or sys.stderr

    def _open(self) -> None:
        """Begin to draw, if there is a terminal and nothing is drawn yet."""
        if self._live is not None or not self._stream.isatty():
            return
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, highlight=False)
        if console.is_terminal and not console.is_dumb_terminal:
            self._live = Live(console=console, auto_refresh=False, transient=True)
            self._live.start()

    def _update(self, ctx: Context, finished: bool = False) -> None:
        if self._live is None:
            return
        now = perf_counter()
        if now - self._shown < SECONDS_BETWEEN:
            return
        self._shown = now
        self._print_finished()
        line = "" if finished else running_line(ctx, self._live.console.width)
        self._live.update(line, refresh=True)

    def _print_finished(self) -> None:
        if self._waiting:
            self._live.console.print("\n".join(self._waiting), markup=False, soft_wrap=True)
            self._waiting.clear()

    def _close(self) -> None:
        if self._live is None:
            return
        self._live.update("")
        self._print_finished()
        self._live.stop()
        self._live = None


# -- lines -----------------------------------------------------------------------------------------


def epoch_line(ctx: Context, bar: str = "") -> str:
    """`Epoch 3/10  loss 0.312  acc 0.92 | valid loss 0.401  acc 0.88  1.2 s`."""
    sets = [
        ("" if name == "train" else f"{name} ") + _numbers(values)
        for name in ctx.records.sets
        if (values := ctx.records.epoch(name, ctx.epoch))
    ]
    seconds = number(ctx.records.seconds.get(ctx.epoch, 0.0), 2)
    return f"{_epoch(ctx)}  {bar}{' | '.join(sets)}  {seconds} s"


def wrapped(line: str, width: int) -> str:
    """A line broken between its numbers, never between a name and its number."""
    together = re.sub(r"(?<=[^ ]) (?=[^ |])", "\N{NO-BREAK SPACE}", line)
    broken = textwrap.fill(together, width, subsequent_indent="    ", break_long_words=False)
    return broken.replace("\N{NO-BREAK SPACE}", " ")


def running_line(ctx: Context, width: int) -> Any:
    """The line of the pass that runs, with a bar where there is room; it stays one line."""
    from rich.progress_bar import ProgressBar
    from rich.table import Column, Table
    from rich.text import Text

    label = _epoch(ctx) if ctx.epoch else LABELS[ctx.stage]
    so_far = f"{ctx.batch_number}/{ctx.batches}" if ctx.batches else str(ctx.batch_number)
    prefix = "valid " if ctx.epoch and ctx.stage == "valid" else ""
    numbers = Text(prefix + _numbers(ctx.tally.results()), no_wrap=True, overflow="ellipsis")
    bar = ProgressBar(total=ctx.batches, completed=ctx.batch_number, width=BAR)
    cells: list[Any] = [label, *[bar] * (width >= NARROW), so_far, numbers]
    # What gives way in a narrow terminal is the last column alone.
    line = Table.grid(*[Column(no_wrap=True) for _ in cells[:-1]], Column(), padding=(0, 2, 0, 0))
    line.add_row(*cells)
    return line


def _epoch(ctx: Context) -> str:
    width = len(str(ctx.max_epochs))
    return f"Epoch {ctx.epoch:>{width}}/{ctx.max_epochs}"


def _numbers(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {number(value)}" for name, value in values.items())


def with_progress(callbacks: Iterable[Callback], verbose: bool | None) -> list[Callback]:
    """The callbacks and, unless nothing shall be shown or there is one already, a `Progress`."""
    given = list(callbacks)
    if verbose is False or any(isinstance(one, Progress) for one in given):
        return given
    return [*given, Progress()]
