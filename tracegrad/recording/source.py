"""What a reader may ask of a trace, wherever the trace lives.

A `TraceSource` is made in two places: `live.py` (in memory, of this process) and `reader.py` (a
file, maybe still growing). The abstract methods give rows; the others are questions that follow
from rows and are answered here once, for both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np

from tracegrad.recording.history import History, history_of
from tracegrad.recording.model import (
    EventRow,
    LocationRow,
    ScopeRow,
    Stats,
    TraceInfo,
    ValueRow,
)


class TraceSource(ABC):
    """Rows of one trace, by number. Ids out of range raise `IndexError`."""

    # -- rows ----------------------------------------------------------------------------------

    @property
    @abstractmethod
    def info(self) -> TraceInfo:
        """The trace as a whole."""

    @property
    @abstractmethod
    def event_count(self) -> int: ...

    @property
    @abstractmethod
    def value_count(self) -> int: ...

    @abstractmethod
    def event(self, id: int) -> EventRow: ...

    @abstractmethod
    def value(self, id: int) -> ValueRow: ...

    @abstractmethod
    def location(self, id: int) -> LocationRow: ...

    @abstractmethod
    def scope(self, id: int) -> ScopeRow: ...

    @abstractmethod
    def array(self, value: int) -> np.ndarray | None:
        """The value's elements as a read-only NumPy array, or `None` when they were not kept."""

    @abstractmethod
    def stats(self, value: int) -> Stats | None:
        """Statistics of the value; `None` when they were neither stored nor can be computed."""

    @abstractmethod
    def source_text(self, file: str) -> str | None:
        """The text of a source file as it was when recorded."""

    @abstractmethod
    def refresh(self) -> bool:
        """Look for rows that came since; tell whether there are any."""

    @abstractmethod
    def close(self) -> None: ...

    # -- questions -----------------------------------------------------------------------------

    def events(self, start: int = 0, stop: int | None = None) -> Iterator[EventRow]:
        """Events from `start` up to `stop`, in order."""
        for id in range(start, self.event_count if stop is None else min(stop, self.event_count)):
            yield self.event(id)

    def consumers(self, value: int) -> Sequence[int]:
        """Ids of the events that read the value, in order."""
        return self._index().consumers.get(value, ())

    def gradients(self, value: int) -> Sequence[int]:
        """Ids of all gradients of the value: contributions, sums and `.grad`, in order."""
        return self._index().gradients.get(value, ())

    def backward_events(self, event: int) -> Sequence[int]:
        """Ids of the backward events that differentiate a forward event, in order."""
        return self._index().backward.get(event, ())

    def gradient(self, value: int, backward_pass: int | None = None) -> int | None:
        """Id of the whole gradient of a value in one backward pass (the last one by default).

        This is the sum where several contributions met, else the only one. What a leaf had gathered
        in `.grad` over several passes is the output of its `accumulate` event instead, and is given
        only where nothing else is known.
        """
        best: int | None = None
        gathered: int | None = None
        for id in self.gradients(value):
            made_by = self.value(id).event
            event = self.event(made_by) if made_by is not None else None
            if event is None or (
                backward_pass is not None and event.backward_pass != backward_pass
            ):
                continue
            if event.kind == "accumulate":
                gathered = id
            else:
                best = id
        return gathered if best is None else best

    def files(self) -> list[str]:
        """Source files named by any location, in order of first appearance."""
        return list(dict.fromkeys(row.file for row in self.locations()))

    def locations(self) -> Sequence[LocationRow]:
        """Every location that an event names, in order of first appearance."""
        return self._index().locations

    def in_storage(self, storage: int) -> Sequence[int]:
        """Ids of the values that share a storage: aliases and versions, in order."""
        return self._index().storages.get(storage, ())

    def history(self, value: int, *, most: int | None = None) -> History:
        """Every version of the memory that a value lives in, and the write that made each.

        Args:
            most: read at most so many values of that memory, those around `value`.
        """
        return history_of(self, value, most)

    def warnings(self) -> Sequence[int]:
        """Ids of the events of kind `warning`, in order."""
        return self._index().warnings

    def prepare(self, rows: int) -> bool:
        """Read at most `rows` more rows for the questions above; tell whether none are left.

        A question reads whatever is missing at once, which takes seconds for a million events. A
        reader that must answer keys meanwhile calls this in between.
        """
        if self._cached_index is None:
            self._cached_index = _Index()
        return self._cached_index.extend(self, rows)

    # -- the index behind the questions --------------------------------------------------------

    _cached_index: _Index | None = None

    def _index(self) -> _Index:
        """The index, brought up to the last event."""
        if self._cached_index is None:
            self._cached_index = _Index()
        index = self._cached_index
        if index.upto_event < self.event_count or index.upto_value < self.value_count:
            index.extend(self)
        return index

    def __enter__(self) -> TraceSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Index:
    """Links that the rows hold in one direction only, turned around. Grows with the trace."""

    def __init__(self) -> None:
        self.upto_event = 0
        self.upto_value = 0
        self.consumers: dict[int, list[int]] = {}
        self.gradients: dict[int, list[int]] = {}
        self.backward: dict[int, list[int]] = {}
        self.storages: dict[int, list[int]] = {}
        self.locations: list[LocationRow] = []
        self.warnings: list[int] = []
        self._seen_locations: set[int] = set()

    def extend(self, source: TraceSource, rows: int | None = None) -> bool:
        """Read on, at most `rows` events and as many values; tell whether all have been read."""
        last_event, last_value = source.event_count, source.value_count
        if rows is not None:
            last_event = min(last_event, self.upto_event + rows)
            last_value = min(last_value, self.upto_value + rows)
        for event in source.events(self.upto_event, last_event):
            for value in dict.fromkeys(event.inputs):
                if value is not None:
                    self.consumers.setdefault(value, []).append(event.id)
            if event.kind == "backward" and event.forward is not None:
                self.backward.setdefault(event.forward, []).append(event.id)
            if event.kind == "warning":
                self.warnings.append(event.id)
            if event.location is not None and event.location not in self._seen_locations:
                self._seen_locations.add(event.location)
                self.locations.append(source.location(event.location))
            self.upto_event = event.id + 1
        for id in range(self.upto_value, last_value):
            row = source.value(id)
            if row.of is not None:
                self.gradients.setdefault(row.of, []).append(id)
            if row.storage is not None:
                self.storages.setdefault(row.storage, []).append(id)
            self.upto_value = id + 1
        return self.upto_event >= source.event_count and self.upto_value >= source.value_count
