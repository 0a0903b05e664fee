"""Traces that the debugger must cope with: long, failed, growing, empty, and full of oddities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import tracegrad as tg
from tests.sample_trace import RowsTrace, sample_trace
from tracegrad.errors import TraceFileError
from tracegrad.graph.location import caller
from tracegrad.graph.observe import hub
from tracegrad.recording.model import (
    EventRow,
    LocationRow,
    ScopeRow,
    Stats,
    TraceInfo,
    ValueRow,
)
from tracegrad.recording.source import TraceSource
from tracegrad.recording.stats import describe
from tracegrad.storage import storage_of

TRACEBACK = """\
Traceback (most recent call last):
  File "/home/ada/train.py", line 8, in <module>
    optimizer.step()
ValueError: the learning rate must not be negative, got -0.1
"""


def failed_trace() -> RowsTrace:
    """The sample, of a program that raised at its last line."""
    trace = sample_trace()
    trace.trace_info = replace(trace.trace_info, state="failed", error=TRACEBACK)
    return trace


class GrowingTrace(RowsTrace):
    """A trace whose rows come in portions, one per `refresh`."""

    def __init__(self, whole: RowsTrace, portions: list[int]) -> None:
        super().__init__()
        self.__dict__.update(whole.__dict__)
        self.whole = whole.event_rows, whole.value_rows
        self.portions = list(portions)
        self.show(self.portions.pop(0))
        self.trace_info = replace(self.trace_info, state="recording")
        self.final = whole.trace_info

    def refresh(self) -> bool:
        if not self.portions:
            changed = self.trace_info != self.final
            self.trace_info = self.final
            return changed
        self.show(self.portions.pop(0))
        return True

    def show(self, events: int) -> None:
        """Have the first so many events, and the values up to those of the next."""
        rows, values = self.whole
        later = [row.id for row in values if row.event is not None and row.event >= events]
        self.event_rows = rows[:events]
        self.value_rows = values[: min(later, default=len(values))]


def growing_trace(*portions: int) -> GrowingTrace:
    """The sample, so many of its events at the beginning and after each refresh."""
    return GrowingTrace(sample_trace(), list(portions))


ODD_FILE = "/home/ada/ködäck.py"
LONG = "result = " + " + ".join(f"term_{n}" for n in range(40)) + " + (x @ w)"
ODD_SOURCE = "\n".join(
    [
        "def forward(x):",
        "\tif x is not None:",
        "\t\ty = größe(x)  # 寸法",
        LONG,
        "z = (x +",
        "     y +",
        "     1)",
        'evil = "\x1b[31m"',
    ]
)


def odd_trace() -> RowsTrace:
    """Values, locations and sources of every awkward kind, one event each."""
    trace = RowsTrace()
    trace.sources[ODD_FILE] = ODD_SOURCE
    places = [
        LocationRow(0, ODD_FILE, "forward", 3, 3, 6, 14, "größe(x)", "y"),
        LocationRow(1, ODD_FILE, "<module>", 4, 4, LONG.index("(x @"), len(LONG), "(x @ w)", ""),
        LocationRow(2, ODD_FILE, "<module>", 5, 7, 4, 7, "(x + y + 1)", "z"),
        LocationRow(3, ODD_FILE, "<module>", 5, 5, 0, 0, "z = (x +", ""),
        LocationRow(4, "/gone/lost.py", "train", 17, 17, 4, 9, "x / 0", ""),
        LocationRow(5, ODD_FILE, "<module>", 999, 999, 0, 4, "", ""),
    ]
    trace.location_rows += places
    trace.scope_rows.append(ScopeRow(1, 0, "a" * 60, "a" * 60, "user", "", ""))
    x = np.float32
    ragged = np.arange(24, dtype=x).reshape(2, 3, 4)
    holes = np.array([[1, np.nan, np.inf], [-np.inf, 0, -2]], x)
    arrays: list[tuple[str, np.ndarray, dict[str, object]]] = [
        ("holes", holes, {"location": 0}),
        ("scalar", np.asarray(x(-0.25)), {"location": 1}),
        ("flags", np.array([True, False, True]), {"location": 2}),
        ("labels", np.array([3, -7, 2**40]), {"location": 3}),
        ("waves", np.array([[1 + 2j, -1j]], np.complex64), {"location": 4}),
        ("cube", ragged, {"location": 5}),
        ("nothing", np.zeros((0, 3), x), {"location": None}),
        ("wide", np.linspace(-1, 1, 6000, dtype=x).reshape(2, 3000), {"scope": 1}),
        ("lost", np.zeros((3, 3), x), {}),
        ("texts", np.array([None], object), {}),
        ("evil\x1b[2J", np.asarray(np.nan), {}),
    ]
    for op, array, fields in arrays:
        trace.add_event("forward", op, (), [array], **fields)
    lost = 8
    del trace.arrays[lost]
    trace.value_rows[lost] = replace(
        trace.value_rows[lost], kept=False, shape=(50_000, 40_000), nbytes=8_000_000_000
    )
    trace.add_event("exit", "item", (1,), [])
    trace.add_event("forward", "split", (7,), [ragged[0], ragged[1], holes])
    return trace


class LongTrace(TraceSource):
    """A training run of any length whose rows are made when they are asked for.

    Every step is a chain of ten forward events and their ten backward events; each makes one value.
    """

    LAYERS = 10
    PARAMETERS = 10

    def __init__(self, events: int) -> None:
        self._events = events
        self.event_reads = 0

    @property
    def info(self) -> TraceInfo:
        return TraceInfo(
            "long.py", ("long.py",), "2026-01-02T03:04:05+00:00", "complete", "", 0, {}
        )

    @property
    def event_count(self) -> int:
        return self._events

    @property
    def value_count(self) -> int:
        return self._events + self.PARAMETERS

    def event(self, id: int) -> EventRow:
        if not 0 <= id < self._events:
            raise IndexError(id)
        self.event_reads += 1
        step, at = divmod(id, 2 * self.LAYERS)
        backward = at >= self.LAYERS
        layer = 2 * self.LAYERS - 1 - at if backward else at
        first = step * 2 * self.LAYERS
        before = self.PARAMETERS + id - 1
        inputs: tuple[int | None, ...] = (layer,) if at == 0 else (before, layer)
        return EventRow(
            id=id, kind="backward" if backward else "forward", op=("matmul", "relu")[layer % 2],
            inputs=(before,) if backward else inputs, outputs=(self.PARAMETERS + id,), options="",
            location=layer, scope=1 + layer // 2, step=step,
            backward_pass=step + 1 if backward else 0, forward=first + layer if backward else None,
            grad_enabled=True, start=1000 * id, duration=900, thread=0,
        )  # fmt: skip

    def value(self, id: int) -> ValueRow:
        if not 0 <= id < self.value_count:
            raise IndexError(id)
        event = id - self.PARAMETERS if id >= self.PARAMETERS else None
        backward = event is not None and event % (2 * self.LAYERS) >= self.LAYERS
        step, at = divmod(event or 0, 2 * self.LAYERS)
        of = None
        if backward:
            of = self.PARAMETERS + step * 2 * self.LAYERS + 2 * self.LAYERS - 1 - at
        return ValueRow(
            id=id, event=event, output=0,
            role="parameter" if event is None else "gradient" if backward else "result",
            name=f"net.{id}.weight" if event is None else "", shape=(64, 32), dtype="float32",
            device="cpu", requires_grad=True, storage=None if backward else id, version=0, of=of,
            nbytes=64 * 32 * 4, kept=True,
        )  # fmt: skip

    def location(self, id: int) -> LocationRow:
        return LocationRow(id, "/long.py", "<module>", 1 + id, 1 + id, 4, 14, f"layer_{id}(x)", "x")

    def scope(self, id: int) -> ScopeRow:
        if id == 0:
            return ScopeRow(0, None, "", "", "program", "", "")
        return ScopeRow(id, 0, f"block{id}", f"block{id}", "module", "Block", "Block()")

    def array(self, value: int) -> np.ndarray | None:
        return np.sin(np.arange(2048, dtype=np.float32) * (1 + value % 97) / 50).reshape(64, 32)

    def stats(self, value: int) -> Stats | None:
        array = self.array(value)
        return None if array is None else describe(array)

    def source_text(self, file: str) -> str | None:
        return "\n".join(f"x = layer_{n}(x)" for n in range(self.LAYERS))

    def refresh(self) -> bool:
        return False

    def close(self) -> None:
        pass


def large_trace() -> RowsTrace:
    """One value of a megabyte."""
    trace = RowsTrace()
    trace.add_event("forward", "ones", (), [np.ones((512, 512), np.float32)])
    return trace


def written_trace() -> TraceSource:
    """A recording of writes to one memory, one of them unseen: events 0 zeros, 1 add_, 2 select,
    3 mul_ (through a view), 4 the warning, 5 zero_.
    """
    with tg.record() as trace:
        x = tg.zeros(2, 3)
        x.add_(1)
        x[0].mul_(2)
        details = {"between": "add_ and mul_"}
        storage_of(x).wrote("a write that no op made", *caller(), None)
        hub.observer.warned("unseen_write", (x,), (x,), details, *caller())  # type: ignore[union-attr]
        x.zero_()
    return trace


class DamagedTrace(RowsTrace):
    """A trace whose end cannot be read."""

    def value(self, id: int) -> ValueRow:
        if id == len(self.value_rows) - 1:
            raise TraceFileError("chunk 3 of 'run.trace' is damaged")
        return super().value(id)

    def prepare(self, rows: int) -> bool:
        return False


def damaged_trace() -> DamagedTrace:
    """The sample with a last value that cannot be read."""
    trace = DamagedTrace()
    trace.__dict__.update(sample_trace().__dict__)
    # Enough ops that the damage is not on the first screen.
    x = np.zeros(2, np.float32)
    for _ in range(60):
        trace.add_event("forward", "relu", (), [x])
    return trace
