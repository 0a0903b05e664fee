"""Training steps as recordings: what the gradients do, and what is wrong with them."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.diagnose import Finding, findings
from tracegrad.graph.observe import hub
from tracegrad.recording.live import Trace, record
from tracegrad.recording.recorder import Recorder
from tracegrad.recording.writer import save_trace
from tracegrad.training.callback import EARLY, Callback
from tracegrad.training.checkpoint import FilePath
from tracegrad.training.errors import NonFiniteError, NonFiniteGradientError

if TYPE_CHECKING:
    from tracegrad.training.context import Context

Steps = int | Iterable[int] | Callable[["Context"], bool]


@dataclass(frozen=True, slots=True)
class Watched:
    """One recorded training step.

    Attributes:
        step: counted from 1 over all epochs. epoch, batch: likewise where it was.
        norms: of each parameter's gradient, by the name it has in `named_parameters()`, before it
            is clipped; `None` where there was none, NaN where it held NaN or infinities.
        findings: what deserves a look.
        file: the trace, `None` if it was not kept.
    """

    step: int
    epoch: int
    batch: int
    norms: Mapping[str, float | None]
    findings: tuple[Finding, ...]
    file: Path | None


class GradientWatch(Callback):
    """Records chosen training steps, says what is wrong with their gradients, and keeps the trace.

    Steps that are not chosen cost nothing. When a loss or gradient is NaN or infinite, the fit
    repeats that step recorded, whether it was chosen or not; its trace is always kept.

    Args:
        steps: every so many steps, beginning with the first; or the numbers of steps, from 1; or a
            function of the context that says yes.
        folder: where to keep traces, as `step-000001.trace`, for `tracegrad open`; by default only
            that of a NaN is kept, in a new folder among the temporary files.
        open_on_nan: open the debugger at the first NaN, if there is a terminal.
        report: print findings, each once, on standard error.

    Attributes:
        watched: the recorded steps, in order.

    Raises:
        TypeError: `steps` is something else. ValueError: it is 0 or negative.

    Note:
        There is one recording at a time. Where the program is recorded already, as by `tracegrad
        record`, norms are kept as always, and everything else is left to that recording.

    Example:
        >>> watch = GradientWatch(steps=100, folder="watch")
        >>> recipe.fit(data, callbacks=[watch])
        >>> watch.watched[-1].norms
        {'0.weight': 0.0123, '0.bias': 0.0041}
    """

    order = EARLY

    def __init__(
        self,
        steps: Steps = 100,
        *,
        folder: FilePath | None = None,
        open_on_nan: bool = False,
        report: bool = True,
    ) -> None:
        self._is_chosen = _choice(steps)
        self.open_on_nan, self.report = open_on_nan, report
        self.folder = None if folder is None else Path(folder)
        self._start()

    def _start(self) -> None:
        self.watched: list[Watched] = []
        self._step = 0
        self._told: set[str] = set()
        self._watching = False
        self._norms: dict[int, float | None] = {}
        self._recording = ExitStack()
        self._trace: Trace | None = None
        self._to_open: list[str] = []

    # -- events --------------------------------------------------------------------------------

    def on_fit_begin(self, ctx: Context) -> None:
        self._start()
        # When all others have closed what they show in the terminal.
        ctx.callbacks.surround("on_error", self, last=self._open)

    def on_train_batch_begin(self, ctx: Context) -> None:
        self._step += 1
        self._watching, self._norms = self._is_chosen(self._step, ctx), {}
        if self._watching:
            self._begin()

    def on_train_batch_before_step(self, ctx: Context) -> None:
        if self._watching:
            self._measure(_parameters(ctx))

    def on_train_batch_end(self, ctx: Context) -> None:
        if not self._watching:
            return
        trace = self._stopped()
        if not self._norms:  # the network's own step(ctx) has done without `ctx.optimize`
            self._measure(ctx.model.parameters())
        self._look(ctx, trace, None if self.folder is None else self._place("step"))

    def on_interrupt(self, ctx: Context) -> None:
        self._stopped()

    def on_error(self, ctx: Context) -> None:
        recorded = self._stopped()
        if not isinstance(ctx.error, NonFiniteError):
            return
        if isinstance(ctx.error, NonFiniteGradientError) and not self._norms:
            self._measure(_parameters(ctx))
        trace = ctx.error.trace if ctx.error.trace is not None else recorded
        if trace is not None:
            self._keep_nan(ctx, ctx.error, trace)

    # -- one recorded step ---------------------------------------------------------------------

    def _begin(self) -> None:
        if hub.find(Recorder) is not None:
            self._say_once("GradientWatch: the program is recorded already; look there for traces")
            return
        trace = self._recording.enter_context(record(title=f"step {self._step}"))
        assert isinstance(trace, Trace)  # without a path
        self._trace = trace

    def _stopped(self) -> Trace | None:
        """End the recording; what it holds, `None` if none ran."""
        trace, self._trace, self._watching = self._trace, None, False
        self._recording.close()
        return trace

    def _measure(self, parameters: Iterable[Tensor]) -> None:
        for p in parameters:
            self._norms[id(p)] = None if p.grad is None else _norm(p.grad)

    def _look(self, ctx: Context, trace: Trace | None, file: Path | None) -> Watched:
        norms = {name: self._norms.get(id(p)) for name, p in ctx.model.named_parameters()}
        found = () if trace is None else tuple(findings(trace))
        if trace is None:
            file = None
        elif file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            save_trace(trace, file)
        one = Watched(self._step, ctx.epoch, ctx.batch_number, norms, found, file)
        self.watched.append(one)
        self._tell(one)
        return one

    def _keep_nan(self, ctx: Context, error: NonFiniteError, trace: Trace) -> None:
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="tracegrad-"))
        one = self._look(ctx, trace, self._place("nan"))
        to_open = ["open", str(one.file)]
        bad = [finding for finding in one.findings if finding.kind == "not_finite"]
        event = _first_event(trace, bad)
        if event is not None:
            to_open += ["--event", str(event)]
        if error.finding is None:  # the step was recorded as it failed, and not repeated
            error.add_note("\n".join(map(str, bad)))
        error.add_note(f"see it with: tracegrad {' '.join(to_open)}")
        if self.open_on_nan:
            self._to_open = to_open

    def _open(self, ctx: Context) -> None:
        """Start the debugger, if there is something to see and somebody who looks."""
        arguments, self._to_open = self._to_open, []
        if arguments and sys.stdin.isatty() and sys.stdout.isatty():
            subprocess.run([sys.executable, "-m", "tracegrad", *arguments], check=False)

    def _place(self, name: str) -> Path:
        assert self.folder is not None  # asked for only then
        return self.folder / f"{name}-{self._step:06d}.trace"

    # -- in words ------------------------------------------------------------------------------

    def _tell(self, one: Watched) -> None:
        """Print what was not told before."""
        new = [finding for finding in one.findings if finding.headline not in self._told]
        self._told |= {finding.headline for finding in new}
        if not self.report or not new:
            return
        print(f"step {one.step} (epoch {one.epoch}, batch {one.batch})", file=sys.stderr)
        for finding in new:
            print("  " + str(finding).replace("\n", "\n  "), file=sys.stderr)
        if one.file is not None:
            print(f"  see it with: tracegrad open {one.file}", file=sys.stderr)

    def _say_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            print(text, file=sys.stderr)

    # -- for resuming --------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        rows = [
            [one.step, one.epoch, one.batch, dict(one.norms), [*map(astuple, one.findings)],
             None if one.file is None else str(one.file)]
            for one in self.watched
        ]  # fmt: skip
        return {"step": self._step, "told": sorted(self._told), "watched": rows}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._step, self._told = state_dict["step"], set(state_dict["told"])
        self.watched = [
            Watched(
                *(step, epoch, batch, norms),
                findings=tuple(Finding(*fields) for fields in found),
                file=None if file is None else Path(file),
            )
            for step, epoch, batch, norms, found, file in state_dict["watched"]
        ]


def _choice(steps: Steps) -> Callable[[int, Context], bool]:
    """Whether a step is to be watched: a function of its number and the context."""
    if callable(steps):
        return lambda step, ctx: bool(steps(ctx))
    try:
        given = list(steps) if isinstance(steps, Iterable) else [steps]
        numbers = [index(n) for n in given]
    except TypeError:
        raise TypeError(
            f"steps: expected a number, several, or a function of the context; got {steps!r:.60}"
        ) from None
    if any(n < 1 for n in numbers):
        raise ValueError(f"steps: expected numbers from 1, got {steps!r:.60}")
    if isinstance(steps, Iterable):
        return lambda step, ctx: step in numbers
    return lambda step, ctx: (step - 1) % numbers[0] == 0


def _first_event(trace: Trace, bad: list[Finding]) -> int | None:
    """The event that made the first number that is none; or that read it, where it came in."""
    first = bad[0] if bad else None
    if first is None or first.event is not None or first.value is None:
        return None if first is None else first.event
    return next(iter(trace.consumers(first.value)), None)


def _parameters(ctx: Context) -> list[Tensor]:
    """Those of the optimizer that steps next."""
    return [p for group in ctx.optimizer.param_groups for p in group["params"]]


def _norm(gradient: Tensor) -> float:
    """The Euclidean norm, NaN if something is not finite. Of arrays: nothing of it is recorded."""
    array = gradient._array
    xp = namespace_of(array)
    norm = float(xp.sqrt(xp.square(array.astype(xp.float64)).sum()))
    return norm if math.isfinite(norm) else math.nan
