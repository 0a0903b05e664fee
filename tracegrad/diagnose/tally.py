"""A run summary's facts, worked out from a trace's rows in one walk along its time line."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from tracegrad.diagnose.facts import (
    BACKWARD,
    Cost,
    LineFacts,
    ParameterFacts,
    RunFacts,
    WarningFacts,
)
from tracegrad.diagnose.not_finite import first_not_finite
from tracegrad.recording.model import EventKind, EventRow, LocationRow, ValueRow
from tracegrad.recording.source import TraceSource


def run_facts(source: TraceSource) -> RunFacts:
    """Read a whole trace once, as far as it has been written when this begins."""
    values = [source.value(id) for id in range(source.value_count)]
    walk = _Walk(source, values)
    for event in source.events(0, source.event_count):
        walk.see(event)
    memory = _memory(source, values)
    return RunFacts(
        info=source.info,
        kinds=walk.kinds,
        steps=len(walk.ticks),
        backward_passes=walk.passes,
        values=len(values),
        kept_values=sum(value.kept for value in values),
        kept_bytes=sum(cost.total for cost in memory),
        time=walk.time.costs(),
        memory=memory,
        lines=_lines(source, walk.lines.values()),
        parameters=tuple(_parameters(source, walk, values)),
        not_finite=first_not_finite(source),
        warnings=_warnings(source),
    )


# -- sums ------------------------------------------------------------------------------------------


class _Ledger:
    """Adds up costs by name, forward and backward apart."""

    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = {}

    def add(self, name: str, cost: int, *, backward: bool, count: int = 1) -> None:
        row = self._rows.setdefault(name, [0, 0, 0])
        row[0] += count
        row[2 if backward else 1] += cost

    def costs(self) -> tuple[Cost, ...]:
        rows = (Cost(name, *row) for name, row in self._rows.items())
        return tuple(sorted(rows, key=lambda cost: -cost.total))


@dataclass(slots=True)
class _Parameter:
    """What is gathered about the memory of one parameter. Numbers are value ids.

    Attributes:
        first: its first version; `last` is its newest.
        gradients: by tick, the last gradient: the sum, then `.grad`.
        writes: by tick, the version before the first write and the one after the last.
    """

    first: ValueRow
    name: str = ""
    last: int = 0
    gradients: dict[int, int] = field(default_factory=dict)
    writes: dict[int, tuple[int, int]] = field(default_factory=dict)


class _Walk:
    """One pass over the time line.

    A tick is a training step; in a program that updates its weights by hand, so that no optimizer
    counts steps, it is a backward pass.
    """

    def __init__(self, source: TraceSource, values: list[ValueRow]) -> None:
        self.kinds: Counter[EventKind] = Counter()
        self.time = _Ledger()
        self.lines: dict[tuple[str, int], tuple[LocationRow, Cost]] = {}
        self.ticks: dict[int, None] = {}
        self.passes = 0
        self.parameters = {
            value.storage: _Parameter(value)
            for value in reversed(values)
            if value.role == "parameter" and value.storage is not None
        }
        self._source = source
        self._values = values
        count = source.event_count
        self._optimizer_counts = count > 0 and source.event(count - 1).step > 0

    def see(self, event: EventRow) -> None:
        self.kinds[event.kind] += 1
        if event.kind == "warning":  # no op: it took no time and made nothing
            return
        self.time.add(event.op, event.duration, backward=event.kind in BACKWARD)
        self._see_line(event)
        self.passes = max(self.passes, event.backward_pass)
        tick = event.step if self._optimizer_counts else self.passes
        if event.kind == "seed":
            self.ticks[tick] = None
        for output in event.outputs:
            if output is not None:
                self._see_output(event, self._values[output], tick)

    def _see_line(self, event: EventRow) -> None:
        if event.location is None:
            return
        location = self._source.location(event.location)
        first, cost = self.lines.setdefault(
            (location.file, location.line), (location, Cost(location.short, 0, 0, 0))
        )
        backward = event.kind in BACKWARD
        self.lines[location.file, location.line] = (
            first,
            Cost(
                cost.name,
                cost.count + 1,
                cost.forward + (0 if backward else event.duration),
                cost.backward + (event.duration if backward else 0),
            ),
        )

    def _see_output(self, event: EventRow, value: ValueRow, tick: int) -> None:
        if value.of is not None:
            of = self._values[value.of]
            if event.kind == "accumulate" and of.storage is not None:
                # A leaf that was made while recording is a result like any other until here.
                self.parameters.setdefault(of.storage, _Parameter(of))
            parameter = self._parameter_of(of)
            if parameter is not None:
                parameter.gradients[tick] = value.id
            return
        parameter = self._parameter_of(value)
        if parameter is None or event.kind != "write" or value.shape != parameter.first.shape:
            return
        if tick not in self.ticks:  # before the step's backward pass: it is initialised
            return
        before = next((id for id in event.inputs if self._is_version(id, parameter)), None)
        first = parameter.writes.get(tick, (before, 0))[0]
        if first is not None:
            parameter.writes[tick] = first, value.id

    def _is_version(self, id: int | None, parameter: _Parameter) -> bool:
        if id is None:
            return False
        value = self._values[id]
        return value.storage == parameter.first.storage and value.shape == parameter.first.shape

    def _parameter_of(self, value: ValueRow) -> _Parameter | None:
        return None if value.storage is None else self.parameters.get(value.storage)


# -- from ids to numbers ---------------------------------------------------------------------------


def _parameters(source: TraceSource, walk: _Walk, values: list[ValueRow]) -> list[ParameterFacts]:
    """The parameters, in the order in which they appeared."""
    found: dict[int, _Parameter] = {}
    for value in values:
        parameter = None if value.storage is None else walk.parameters.get(value.storage)
        if parameter is None or value.shape != parameter.first.shape or value.storage is None:
            continue
        if value.storage not in found:
            parameter.first = value
            found[value.storage] = parameter
        parameter.name = parameter.name or value.name
        parameter.last = value.id
    return [_parameter(source, one, walk.ticks) for one in found.values()]


def _parameter(source: TraceSource, one: _Parameter, ticks: Iterable[int]) -> ParameterFacts:
    return ParameterFacts(
        name=one.name or _variable(source, one.first),
        signature=one.first.signature,
        norm=_norm(source, one.last),
        gradient_norms=tuple(_norm(source, one.gradients.get(tick)) for tick in ticks),
        update_ratio=_update_ratio(source, one.writes),
    )


def _variable(source: TraceSource, value: ValueRow) -> str:
    """The variable that the value's event was assigned to, else its number."""
    event = source.event(value.event) if value.event is not None else None
    location = source.location(event.location) if event and event.location is not None else None
    return (location.variable if location else "") or f"value {value.id}"


def _norm(source: TraceSource, id: int | None) -> float | None:
    stats = None if id is None else source.stats(id)
    if stats is None:
        return None
    return math.nan if stats.nan or stats.inf else stats.norm


def _update_ratio(source: TraceSource, writes: dict[int, tuple[int, int]]) -> float | None:
    if not writes:
        return None
    before, after = (source.array(id) for id in writes[max(writes)])
    if before is None or after is None:
        return None
    old, new = before.astype(np.float64), after.astype(np.float64)
    length = float(np.linalg.norm(old))
    return float(np.linalg.norm(new - old)) / length if length else None


def _lines(source: TraceSource, lines: Iterable[tuple[LocationRow, Cost]]) -> tuple[LineFacts, ...]:
    return tuple(
        LineFacts(location, _line_text(source, location), cost)
        for location, cost in sorted(lines, key=lambda line: -line[1].total)
    )


def _line_text(source: TraceSource, location: LocationRow) -> str:
    """The line that a place is on, `""` if its source is not in the trace."""
    text = (source.source_text(location.file) or "").splitlines()[location.line - 1 :][:1]
    return text[0].strip() if text else ""


def _warnings(source: TraceSource) -> tuple[WarningFacts, ...]:
    """Warnings in order of time; the same one at the same place, as in a loop, once."""
    found: dict[tuple[str, int | None], WarningFacts] = {}
    for id in source.warnings():
        event = source.event(id)
        known = found.get((event.op, event.location))
        if known is not None:
            found[event.op, event.location] = replace(known, count=known.count + 1)
            continue
        location = None if event.location is None else source.location(event.location)
        text = _line_text(source, location) if location else ""
        found[event.op, event.location] = WarningFacts(event, location, text, 1)
    return tuple(found.values())


def _memory(source: TraceSource, values: list[ValueRow]) -> tuple[Cost, ...]:
    """Memory of kept values by what made them; of values that share it the largest counts."""
    largest: dict[tuple[int, ...], ValueRow] = {}
    for value in values:
        if not value.kept:
            continue
        key = (value.id,) if value.storage is None else (value.storage, value.version)
        if key not in largest or largest[key].nbytes < value.nbytes:
            largest[key] = value
    ledger = _Ledger()
    for value in largest.values():
        event = source.event(value.event) if value.event is not None else None
        name = event.op if event else f"({value.role}s)"
        ledger.add(name, value.nbytes, backward=event is not None and event.kind in BACKWARD)
    return ledger.costs()
