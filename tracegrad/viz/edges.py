"""The edges of a plan: values on their way down, contributions to gradients on their way up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from tracegrad._util import text
from tracegrad.recording.model import EventRow, ValueRow
from tracegrad.recording.source import TraceSource
from tracegrad.viz.drawing import drawn_inputs
from tracegrad.viz.names import printable
from tracegrad.viz.plan import ForwardEdge, GradientEdge
from tracegrad.viz.selection import Measured, Selection


@dataclass(frozen=True, slots=True)
class Homes:
    """Which box each thing is in.

    Attributes:
        of_event: index of the box of each drawn event.
        of_value: index of the box of each value drawn as a box of its own.
        slots: for each drawn event, the argument positions that its box tells apart.
        told: (event, argument position) of arguments that get no edge: words tell them.
    """

    of_event: Mapping[int, int]
    of_value: Mapping[int, int]
    slots: Mapping[int, Collection[int]]
    told: Collection[tuple[int, int]]

    def maker(self, row: ValueRow) -> int | None:
        """The box that a value comes from."""
        if row.event is not None and row.event in self.of_event:
            return self.of_event[row.event]
        return self.of_value.get(row.id)


def forward_edges(
    source: TraceSource, events: Mapping[int, EventRow], homes: Homes
) -> list[ForwardEdge]:
    """One edge per argument; between the same two boxes without slots, one for all."""
    found: dict[tuple[int, int, int | None, bool], ForwardEdge] = {}
    for event in events.values():
        target = homes.of_event[event.id]
        for slot, value in drawn_inputs(source, event):
            row = source.value(value)
            maker = homes.maker(row)
            if maker is None or maker == target or (event.id, slot) in homes.told:
                continue
            shown = slot if slot in homes.slots[event.id] else None
            write = event.kind == "write" and _changes(source, event, row)
            key = (maker, target, shown, write)
            if key in found:
                found[key] = replace(found[key], count=found[key].count + 1)
            else:
                words = printable(" ".join((row.name, row.signature)).strip(), 200)
                found[key] = ForwardEdge(maker, target, shown, write, 1, words)
    return list(found.values())


def _changes(source: TraceSource, event: EventRow, row: ValueRow) -> bool:
    """Whether a write changes the memory of this input."""
    written = (source.value(v) for v in event.outputs if v is not None)
    return row.storage is not None and any(
        out.storage == row.storage and out.version > row.version for out in written
    )


def gradient_edges(
    source: TraceSource,
    measured: Measured,
    selection: Selection,
    events: Mapping[int, EventRow],
    homes: Homes,
) -> list[GradientEdge]:
    """One edge per contribution; between the same two boxes without slots, the largest for all."""
    found: dict[tuple[int, int, int | None, int], GradientEdge] = {}
    for visit in selection.backward:
        forward = events.get(visit.forward) if visit.forward is not None else None
        if forward is None:
            continue
        for slot, gradient in enumerate(visit.outputs):
            edge = _contribution(source, measured, selection, visit, forward, slot, gradient, homes)
            if edge is None:
                continue
            key = (edge.source, edge.target, edge.slot, edge.backward_pass)
            found[key] = _larger(found[key], edge) if key in found else edge
    return list(found.values())


def _contribution(
    source: TraceSource,
    measured: Measured,
    selection: Selection,
    visit: EventRow,
    forward: EventRow,
    slot: int,
    gradient: int | None,
    homes: Homes,
) -> GradientEdge | None:
    of = source.value(gradient).of if gradient is not None else None
    if gradient is None or of is None:
        return None
    maker, reader = homes.maker(source.value(of)), homes.of_event[forward.id]
    if maker is None or maker == reader or (forward.id, slot) in homes.told:
        return None
    stats = measured(gradient)
    several = selection.contributions.get((of, visit.backward_pass), 0) > 1
    norm = "" if stats is None else f", |g| {text.number(stats.norm)}"
    return GradientEdge(
        source=reader,
        target=maker,
        slot=slot if slot in homes.slots[forward.id] else None,
        norm=None if stats is None else stats.norm,
        alarm=stats is not None and stats.nan + stats.inf > 0,
        fan_in=several,
        count=1,
        backward_pass=visit.backward_pass,
        tooltip=printable(
            f"gradient {source.value(gradient).signature} from {forward.op} argument {slot}"
            f"{norm}{', one of several contributions' if several else ''}",
            300,
        ),
    )


def _larger(a: GradientEdge, b: GradientEdge) -> GradientEdge:
    larger = b if (b.norm or 0) > (a.norm or 0) else a
    return replace(
        larger, count=a.count + b.count, alarm=a.alarm or b.alarm, fan_in=a.fan_in or b.fan_in
    )


def fan_in_norms(
    source: TraceSource, measured: Measured, selection: Selection
) -> dict[tuple[int, int], str]:
    """Norms of contributions that are one of several, by forward event and argument position."""
    norms: dict[tuple[int, int], str] = {}
    for visit in selection.backward:
        for slot, gradient in enumerate(visit.outputs):
            of = source.value(gradient).of if gradient is not None else None
            if gradient is None or of is None or visit.forward is None:
                continue
            if selection.contributions.get((of, visit.backward_pass), 0) > 1:
                stats = measured(gradient)
                norms[visit.forward, slot] = "" if stats is None else text.number(stats.norm)
    return norms
