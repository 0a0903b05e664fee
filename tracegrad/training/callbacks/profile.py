"""Where the time of training goes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter_ns
from typing import TYPE_CHECKING

from tracegrad._util.text import count, duration
from tracegrad.training.callback import SAVING, Callback

if TYPE_CHECKING:
    from tracegrad.training.context import Context

ENDS = {
    "on_train_batch_begin": "data",
    "on_train_batch_after_pred": "forward",
    "on_train_batch_after_loss": "loss",
    "on_train_batch_before_backward": "backward",  # old gradients are dropped
    "on_train_batch_before_step": "backward",
    "on_train_batch_after_step": "step",
    "on_train_batch_end": "metrics",
}
"""Events, and the part of a training step that ends with each."""

ENDS_OF_OWN_STEP = {
    "on_train_batch_begin": "data",
    "on_train_batch_before_backward": "forward",
    "on_train_batch_before_step": "backward",
    "on_train_batch_after_step": "step",
    "on_train_batch_end": "the rest",
}
"""Of a network's own `step(ctx)`, of which `ctx.optimize` is all that is seen."""

CALLBACKS = "callbacks"


@dataclass(slots=True)
class Part:
    """How long a part of the step took in all, and at most; in nanoseconds."""

    total: int = 0
    longest: int = 0

    def add(self, taken: int) -> None:
        self.total += taken
        self.longest = max(self.longest, taken)


class Profile(Callback):
    """Measures each part of the training steps, and prints a table when the fit ends.

    Args:
        report: print the table, on standard error.

    Attributes:
        parts: times by name, in the order of a step; `callbacks` are those of all callbacks at the
            events of a batch.
        steps: how many there were.

    Note:
        Validation is not looked at. A GPU works on when a part has ended: its work is counted where
        something waits for it.
    """

    order = SAVING + 2

    def __init__(self, report: bool = True) -> None:
        self.report = report
        self._start({})

    def _start(self, ends: dict[str, str]) -> None:
        self.parts = {name: Part() for name in (*ends.values(), CALLBACKS)}
        self.steps = 0
        self._step: dict[str, int] = dict.fromkeys(self.parts, 0)
        self._last = perf_counter_ns()

    # -- events --------------------------------------------------------------------------------

    def on_fit_begin(self, ctx: Context) -> None:
        ends = ENDS if ctx.own_step is None else ENDS_OF_OWN_STEP
        self._start(ends)
        for event, name in ends.items():
            left: Callable[[Context], None] = partial(self._see, CALLBACKS)
            if event == "on_train_batch_end":
                left = self._end_step
            ctx.callbacks.surround(event, self, first=partial(self._see, name), last=left)

    def on_train_begin(self, ctx: Context) -> None:
        self._last = perf_counter_ns()

    def on_fit_end(self, ctx: Context) -> None:
        if self.report:
            print(self.table(), file=sys.stderr)

    def _see(self, name: str, ctx: Context) -> None:
        """What ran until now was a part, or a piece of it."""
        now = perf_counter_ns()
        self._step[name] += now - self._last
        self._last = now

    def _end_step(self, ctx: Context) -> None:
        self._see(CALLBACKS, ctx)
        self.steps += 1
        for name, taken in self._step.items():
            self.parts[name].add(taken)
            self._step[name] = 0

    # -- what was seen -------------------------------------------------------------------------

    def table(self) -> str:
        """A line for each part: its share, its mean and its longest time in a step."""
        total = sum(part.total for part in self.parts.values())
        lines = [f"{count(self.steps, 'training step')} in {duration(total)}"]
        if self.steps:
            lines.append(f"  {'':<9}  share  {'mean':>8}  {'longest':>8}")
        for name, part in self.parts.items() if self.steps else ():
            mean, longest = duration(part.total / self.steps), duration(part.longest)
            lines.append(f"  {name:<9}  {part.total / total:5.0%}  {mean:>8}  {longest:>8}")
        return "\n".join(lines)
