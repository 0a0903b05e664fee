"""Which events and values of a selection get a box, before any box is worded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracegrad.recording.model import EventRow
from tracegrad.recording.source import TraceSource
from tracegrad.viz.modules import (
    Calls,
    dissolve_lone_boxes,
    find_calls,
    place_input,
    place_parameter,
)
from tracegrad.viz.selection import Selection, is_parameter


@dataclass(frozen=True, slots=True)
class Drawing:
    """The events and values that get a box, before any is worded.

    Attributes:
        events: drawn events by id, in order.
        updates: writes of a parameter that nothing reads afterwards (an optimizer's), told in the
            box of the value they write: by that value.
        readers: ids of the drawn events that read each value.
        outside: values drawn as boxes of their own, in order of their first reader.
        calls: the modules and scopes that all of these lie in.
        main_file: the file that most of the events are in.
    """

    source: TraceSource
    selection: Selection
    events: dict[int, EventRow]
    updates: dict[int, list[EventRow]]
    readers: dict[int, list[int]]
    outside: tuple[int, ...]
    calls: Calls
    main_file: str

    @classmethod
    def of(cls, source: TraceSource, selection: Selection) -> Drawing:
        """Decide what is drawn, and in which call."""
        updates = _parameter_updates(source, selection.events)
        told = {row.id for rows in updates.values() for row in rows}
        events = {row.id: row for row in selection.events if row.id not in told}
        readers = _readers(source, events.values())
        outside = [v for v in readers if source.value(v).event not in events]
        if selection.value is not None and source.value(selection.value).event not in events:
            outside = list(dict.fromkeys([*outside, selection.value]))
        calls = find_calls(source, list(events.values()))
        for id in outside:
            row, read_by = source.value(id), readers.get(id, [])
            if not read_by:
                calls.value_call[id] = None
            elif is_parameter(row):
                calls.value_call[id] = place_parameter(calls, row.name, read_by)
            else:
                calls.value_call[id] = place_input(calls, read_by)
        dissolve_lone_boxes(calls)
        file = _main_file(source, events.values())
        return cls(source, selection, events, updates, readers, tuple(outside), calls, file)


def _parameter_updates(
    source: TraceSource, events: Sequence[EventRow]
) -> dict[int, list[EventRow]]:
    """Writes of parameters that no other event reads, by the value at the start of the writing.

    A trained network has one such write per parameter and step. A box for each would double the
    picture to say one thing, so the parameter's own box says it.
    """
    made_by = {v: row for row in events for v in row.outputs if v is not None}
    reads = Counter(v for row in events for v in set(row.inputs) if v is not None)
    written = {row.id: _written_parameter(source, row) for row in events if row.kind == "write"}
    told: dict[int, EventRow] = {}
    for row in reversed(events):
        value = written.get(row.id)
        others = [v for v in row.inputs if v is not None and v != value]
        if any(v in made_by for v in others):
            continue  # computed from what is drawn, so the write belongs in the picture
        if value is not None and not any(reads[v] for v in row.outputs if v is not None):
            told[row.id] = row
            reads.subtract(v for v in set(row.inputs) if v is not None)
    updates: dict[int, list[EventRow]] = {}
    for row in sorted(told.values(), key=lambda row: row.id):
        value = written[row.id]
        while value is not None and value in made_by and made_by[value].id in told:
            value = written[made_by[value].id]
        if value is not None and value not in made_by and reads[value] > 0:
            updates.setdefault(value, []).append(row)
    return updates


def _written_parameter(source: TraceSource, event: EventRow) -> int | None:
    """The parameter that a write changes, as it was before."""
    storages = {source.value(v).storage for v in event.outputs if v is not None}
    for value in event.inputs:
        if value is None:
            continue
        row = source.value(value)
        if row.storage in storages and is_parameter(row):
            return value
    return None


def _readers(source: TraceSource, events: Iterable[EventRow]) -> dict[int, list[int]]:
    readers: dict[int, list[int]] = {}
    for event in events:
        for _, value in drawn_inputs(source, event):
            read_by = readers.setdefault(value, [])
            if not read_by or read_by[-1] != event.id:
                read_by.append(event.id)
    return readers


def _main_file(source: TraceSource, events: Iterable[EventRow]) -> str:
    """The file most of the drawn events are in."""
    ids = Counter(event.location for event in events if event.location is not None)
    files: Counter[str] = Counter()
    for id, times in ids.items():
        files[source.location(id).file] += times
    return files.most_common(1)[0][0] if files else ""


def drawn_inputs(source: TraceSource, event: EventRow) -> Iterator[tuple[int, int]]:
    """(slot, value) of the inputs that get an edge.

    The gradients that an update of a parameter reads are left out: the parameter's own box tells
    its gradient. A write of a gradient itself (`w.grad.zero_()`) has its edge.
    """
    inputs = [(slot, value) for slot, value in enumerate(event.inputs) if value is not None]
    values = [(slot, value) for slot, value in inputs if source.value(value).of is None]
    yield from values if event.kind == "write" and values else inputs
