"""A trace as lists of rows in this process's memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from tracegrad.recording.model import (
    EventKind,
    EventRow,
    LocationRow,
    ScopeRow,
    Stats,
    TraceInfo,
    ValueRow,
)
from tracegrad.recording.source import TraceSource
from tracegrad.recording.stats import describe
from tracegrad.recording.writer import save_trace

Row = TypeVar("Row")


class MemoryTrace(TraceSource):
    """A trace whose rows are lists. Whoever makes it fills them.

    Attributes:
        arrays: elements of kept values by id.
        sources: text of source files by name.
    """

    def __init__(self, info: TraceInfo) -> None:
        self._info = info
        self.event_rows: list[EventRow] = []
        self.value_rows: list[ValueRow] = []
        self.location_rows: list[LocationRow] = []
        self.scope_rows: list[ScopeRow] = [ScopeRow(0, None, "", "", "program", "", "")]
        self.sources: dict[str, str] = {}
        self.arrays: dict[int, np.ndarray] = {}
        self._stats: dict[int, Stats] = {}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trace to a file, whole or not at all.

        Raises:
            TraceFileError: the file cannot be written there.
        """
        save_trace(self, path)

    # -- TraceSource ---------------------------------------------------------------------------

    @property
    def info(self) -> TraceInfo:
        return self._info

    @property
    def event_count(self) -> int:
        return len(self.event_rows)

    @property
    def value_count(self) -> int:
        return len(self.value_rows)

    def event(self, id: int) -> EventRow:
        return _row(self.event_rows, id)

    def value(self, id: int) -> ValueRow:
        return _row(self.value_rows, id)

    def location(self, id: int) -> LocationRow:
        return _row(self.location_rows, id)

    def scope(self, id: int) -> ScopeRow:
        return _row(self.scope_rows, id)

    def array(self, value: int) -> np.ndarray | None:
        self.value(value)
        array = self.arrays.get(value)
        if array is None:
            return None
        shown = array.view()
        shown.flags.writeable = False
        return shown

    def stats(self, value: int) -> Stats | None:
        if value not in self._stats:
            array = self.array(value)
            if array is None:
                return None
            self._stats[value] = describe(array)
        return self._stats[value]

    def source_text(self, file: str) -> str | None:
        return self.sources.get(file)

    def refresh(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close: the trace lives as long as somebody holds it."""

    # -- making --------------------------------------------------------------------------------

    def add_event(
        self,
        kind: EventKind,
        op: str,
        inputs: tuple[int | None, ...],
        outputs: tuple[int | None, ...],
        location: int | None,
        backward_pass: int = 0,
    ) -> None:
        """A row for an event of which no more is known."""
        self.event_rows.append(
            EventRow(
                id=len(self.event_rows), kind=kind, op=op, inputs=inputs, outputs=outputs,
                options="",
                location=location, scope=0, step=0, backward_pass=backward_pass, forward=None,
                grad_enabled=True, start=0, duration=0, thread=0,
            )
        )  # fmt: skip


def _row(rows: Sequence[Row], id: int) -> Row:
    if not 0 <= id < len(rows):
        raise IndexError(f"no row {id}: there are {len(rows)}")
    return rows[id]
