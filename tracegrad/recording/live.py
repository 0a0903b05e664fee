"""`record()`: watching a running program, into memory or into a file."""

from __future__ import annotations

import contextlib
import datetime
import gc
import os
import platform
import runpy
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad._version import __version__
from tracegrad.errors import TracegradError
from tracegrad.graph.location import inside_library
from tracegrad.graph.observe import hub
from tracegrad.recording.growing import Batch
from tracegrad.recording.history import History
from tracegrad.recording.interrupts import interrupts_between_events
from tracegrad.recording.memory import MemoryTrace
from tracegrad.recording.model import (
    EventRow,
    LocationRow,
    ScopeRow,
    Stats,
    TraceInfo,
    ValueRow,
    dtype_short,
)
from tracegrad.recording.reader import FileTrace, open_trace
from tracegrad.recording.recorder import Recorder
from tracegrad.recording.rows import RowMaker
from tracegrad.recording.source import TraceSource
from tracegrad.recording.writer import TraceWriter, save_trace

FLUSH_SECONDS = 0.05
"""How much of a recording a killed process can lose."""


class Trace(MemoryTrace):
    """A recording in this process's memory: what `with tg.record() as trace:` gives.

    It can be read at any time, also while it grows.
    """

    def __init__(self, recorder: Recorder, info: TraceInfo) -> None:
        super().__init__(info)
        self._recorder = recorder
        self._maker = RowMaker(recorder)

    def __repr__(self) -> str:
        return f"<Trace {self._info.title}: {self.event_count} events, {self._info.state}>"

    @property
    def info(self) -> TraceInfo:
        if self._info.state == "recording":
            return replace(self._info, duration=perf_counter_ns() - self._recorder.origin)
        return self._info

    @property
    def event_count(self) -> int:
        return self._recorder.event_count

    @property
    def value_count(self) -> int:
        return self._recorder.value_count

    def event(self, id: int) -> EventRow:
        self.refresh()
        return super().event(id)

    def value(self, id: int) -> ValueRow:
        self.refresh()
        return super().value(id)

    def location(self, id: int) -> LocationRow:
        self.refresh()
        return super().location(id)

    def scope(self, id: int) -> ScopeRow:
        self.refresh()
        return super().scope(id)

    def source_text(self, file: str) -> str | None:
        self.refresh()
        return super().source_text(file)

    def array(self, value: int) -> np.ndarray | None:
        self.value(value)
        array = self._recorder.own_array(value)
        if array is None:
            return None
        shown = array.view()
        shown.flags.writeable = False
        return shown

    def refresh(self) -> bool:
        """Bring the rows up to what was recorded; tell whether anything came."""
        with self._recorder.lock:  # several threads may read
            if not self._recorder.events and not self._recorder.values:
                return False
            batch = self._maker.make()
            self.event_rows += batch.events
            self.value_rows += batch.values
            self.location_rows += batch.locations
            self.scope_rows += batch.scopes
            self.sources |= batch.sources
            return bool(batch.events)

    def history(self, value: int | Tensor, *, most: int | None = None) -> History:
        """Every version of the memory that a tensor lives in, and the write that made each.

        Args:
            value: a tensor of the recorded program, a view or `detach()` of it, or a value's id.
            most: read at most so many values of that memory, those around this one.

        Raises:
            ValueError: the recording never saw the tensor.
        """
        return super().history(_value_id(self, self._recorder, value), most=most)

    def _finish(self, info: TraceInfo) -> None:
        self._info = info


class StreamedTrace(TraceSource):
    """A recording that goes into a file as it happens: what `with tg.record(path) as trace:` gives.

    A thread writes every 50 ms; memory stays flat. Reading goes through the file.
    """

    def __init__(
        self, recorder: Recorder, info: TraceInfo, path: str | os.PathLike[str], overwrite: bool
    ) -> None:
        self._recorder = recorder
        self._maker = RowMaker(recorder)
        self._info = info
        self._owner = os.getpid()
        self._place = Path(path).absolute()
        self._writer = TraceWriter(path, info, overwrite=overwrite)
        self._writer.append(Batch(scopes=[ScopeRow(0, None, "", "", "program", "", "")]))
        self.path = self._writer.path
        self._reader: FileTrace | None = None
        self._failed: Exception | None = None
        self._done = threading.Event()
        recorder.when_full = self.flush
        self._thread = threading.Thread(
            target=self._keep_flushing, name="tracegrad-writer", daemon=True
        )
        self._thread.start()

    def __repr__(self) -> str:
        return (
            f"<StreamedTrace {self.path}: {self._recorder.event_count} events, {self._info.state}>"
        )

    def flush(self) -> None:
        """Write what was recorded so far; the program waits, so that nothing it writes gets mixed
        in.
        """
        with self._recorder.lock:
            if self._writer.closed:
                return
            try:
                batch = self._maker.make()
                arrays = self._recorder.arrays.take()
                if self._failed is None and (batch.events or batch.values):
                    self._writer.append(replace(batch, arrays=arrays))
            except Exception as error:  # whatever it is, it is not the program's fault
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """The file takes no more: what is in it stays, and the program goes on unwatched."""
        if self._failed is not None:
            return
        self._failed = error
        self._recorder.given_up = True
        what = str(error) if isinstance(error, TracegradError) else repr(error)
        warnings.warn(f"recording stopped: {what}", RuntimeWarning, stacklevel=2)

    def _keep_flushing(self) -> None:
        while not self._done.wait(FLUSH_SECONDS):
            self.flush()

    def _finish(self, info: TraceInfo) -> None:
        if os.getpid() != self._owner:
            return  # a forked child, in which neither the thread nor the writer goes on
        self._done.set()
        self._thread.join()
        self.flush()
        self._info = info
        self.close()  # our own reader, which would keep the write-ahead log beside the file
        try:
            if self._failed is None:
                self._writer.update_info(info)
            self._writer.close()
        except TracegradError as error:
            self._give_up(error)

    # -- TraceSource, through the file ---------------------------------------------------------

    def _file(self) -> FileTrace:
        """The file as a reader sees it, up to now."""
        if self._reader is None:
            self.flush()
            self._reader = open_trace(self._place)
        elif not self._writer.closed:
            self.flush()
            self._reader.refresh()
        return self._reader

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copy the trace to another file."""
        save_trace(self, path)

    @property
    def info(self) -> TraceInfo:
        if self._info.state == "recording":
            return replace(self._info, duration=perf_counter_ns() - self._recorder.origin)
        return self._info

    @property
    def event_count(self) -> int:
        return self._file().event_count

    @property
    def value_count(self) -> int:
        return self._file().value_count

    def event(self, id: int) -> EventRow:
        return self._file().event(id)

    def value(self, id: int) -> ValueRow:
        return self._file().value(id)

    def location(self, id: int) -> LocationRow:
        return self._file().location(id)

    def scope(self, id: int) -> ScopeRow:
        return self._file().scope(id)

    def array(self, value: int) -> np.ndarray | None:
        return self._file().array(value)

    def stats(self, value: int) -> Stats | None:
        return self._file().stats(value)

    def source_text(self, file: str) -> str | None:
        return self._file().source_text(file)

    def history(self, value: int | Tensor, *, most: int | None = None) -> History:
        """Every version of the memory that a tensor lives in; see `Trace.history`."""
        return self._file().history(_value_id(self, self._recorder, value), most=most)

    def consumers(self, value: int) -> Sequence[int]:
        return self._file().consumers(value)

    def gradients(self, value: int) -> Sequence[int]:
        return self._file().gradients(value)

    def backward_events(self, event: int) -> Sequence[int]:
        return self._file().backward_events(event)

    def locations(self) -> Sequence[LocationRow]:
        return self._file().locations()

    def in_storage(self, storage: int) -> Sequence[int]:
        return self._file().in_storage(storage)

    def warnings(self) -> Sequence[int]:
        return self._file().warnings()

    def refresh(self) -> bool:
        before = self._reader.event_count if self._reader is not None else 0
        return self._file().event_count > before

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def _value_id(trace: TraceSource, recorder: Recorder, of: int | Tensor) -> int:
    """The value to ask a trace about: an id as it is, a tensor by what was noted down on it.

    Raises:
        ValueError: the recording never saw the tensor.
    """
    if not isinstance(of, Tensor):
        return of
    noted = recorder.noted(of)
    if noted is not None:
        value, storage = noted
        # A gradient on its way has no storage; once something writes to it there is a later value.
        if value is not None and trace.value(value).storage is not None:
            return value
        values = trace.in_storage(storage)
        if values or value is not None:
            return values[0] if values or value is None else value
    shown = f"{dtype_short(of.dtype.name)}{list(of.shape)}"
    raise ValueError(
        f"this trace does not know the tensor {shown}: no recorded op made, read or wrote it\n"
        "  try: use the tensor inside `with tg.record()`; if a later recording saw it too, ask\n"
        "       that trace, or ask this one by a value's number: trace.history(12)"
    )


# -- record ----------------------------------------------------------------------------------------


@contextmanager
def record(
    path: str | os.PathLike[str] | None = None,
    *,
    values: bool = True,
    title: str | None = None,
    overwrite: bool = False,
) -> Iterator[Trace | StreamedTrace]:
    """Record every op, value and gradient inside the `with` block.

    Args:
        path: a file to write to as the program runs; `None` keeps the trace in memory.
        values: keep the elements of values and gradients, not only their shapes.
        title: what to call the trace; the script's name if `None`.
        overwrite: replace a file at `path` that is no trace.

    Returns:
        The trace, which can be read inside the block and after it.

    Raises:
        RuntimeError: something is being recorded already.
        TraceFileError: the file cannot be written.

    Note:
        When the block raises, the trace keeps everything up to there, is marked as failed, and the
        exception goes on.
    """
    if hub.find(Recorder) is not None:
        raise RuntimeError(
            "this process is already recording: record() cannot be nested\n"
            "  try: tg.scope('name') to mark a part of a recording"
        )
    recorder = Recorder(values)
    info = _new_info(title)
    trace = (
        Trace(recorder, info) if path is None else StreamedTrace(recorder, info, path, overwrite)
    )
    hub.add(recorder)
    error: BaseException | None = None
    try:
        with _patient_collector(), interrupts_between_events():
            yield trace
    except BaseException as raised:
        error = raised
        raise
    finally:
        hub.remove(recorder)
        trace._finish(_ended(info, recorder, error))


@contextmanager
def _patient_collector() -> Iterator[None]:
    """Let the garbage collector look less often.

    Rows make many objects and no cycles: at the default threshold it takes 30% of the time.
    """
    before = gc.get_threshold()
    patient = (max(before[0], 100_000), *before[1:]) if before[0] else before  # 0: switched off
    gc.set_threshold(*patient)
    try:
        yield
    finally:
        if gc.get_threshold() == patient:  # else the program has set its own
            gc.set_threshold(*before)


def _new_info(title: str | None) -> TraceInfo:
    script = os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else "interactive session"
    return TraceInfo(
        title=title or script,
        argv=tuple(sys.argv),
        created=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        state="recording",
        error="",
        duration=0,
        versions={
            "tracegrad": __version__, "python": platform.python_version(), "numpy": np.__version__,
        },
    )  # fmt: skip


def _ended(info: TraceInfo, recorder: Recorder, error: BaseException | None) -> TraceInfo:
    ended = replace(info, duration=perf_counter_ns() - recorder.origin, state="complete")
    if error is None or (isinstance(error, SystemExit) and not error.code):
        return ended
    return replace(ended, state="failed", error=user_traceback(error))


def user_traceback(error: BaseException) -> str:
    """The traceback as text, without the frames inside tracegrad."""
    whole = traceback.TracebackException.from_exception(error)
    parts: list[traceback.TracebackException | None] = [whole]
    while parts:
        shown = parts.pop()
        if shown is not None:
            kept = [frame for frame in shown.stack if not _is_ours(frame.filename)]
            shown.stack = traceback.StackSummary.from_list(kept)
            parts += [shown.__cause__, shown.__context__, *(shown.exceptions or ())]
    return "".join(whole.format()).rstrip()


_AROUND = (runpy.__file__, contextlib.__file__)
"""What runs a script, and our own `with` blocks."""


def _is_ours(file: str) -> bool:
    return inside_library[file] or file in _AROUND or file.startswith("<frozen runpy")


def _stop_in_child() -> None:
    """A forked child does not record: the trace belongs to its parent."""
    recorder = hub.find(Recorder)
    if recorder is not None:
        recorder.after_fork()
        hub.remove(recorder)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_stop_in_child)
