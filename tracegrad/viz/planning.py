"""From the rows of a trace to a plan: clusters, boxes, edges and a header."""

from __future__ import annotations

import functools
import math
from collections import Counter

from tracegrad.errors import PictureError, with_details
from tracegrad.recording.source import TraceSource
from tracegrad.viz.boxes import Boxer
from tracegrad.viz.drawing import Drawing, drawn_inputs
from tracegrad.viz.edges import Homes, fan_in_norms, forward_edges, gradient_edges
from tracegrad.viz.folds import fold
from tracegrad.viz.header import make_header
from tracegrad.viz.modules import members
from tracegrad.viz.names import printable, short_label
from tracegrad.viz.plan import Box, Cluster, Counts, Plan
from tracegrad.viz.selection import is_parameter, select
from tracegrad.viz.wording import Wording

MOST_BOXES = 10_000  # beyond this no layout engine ends within minutes
_MANY_READERS = 6  # a value that more boxes read than this is told in words by all but the first
_MOST_GOALS = 3  # when more values than this are left over, none of them is the point


def make_plan(
    source: TraceSource,
    *,
    step: int | None = None,
    events: tuple[int, int] | None = None,
    value: int | None = None,
    backward: bool = True,
    values: bool = True,
    max_boxes: int = 300,
    title: str | None = None,
) -> Plan:
    """Plan the picture of one selection. The arguments are those of `tracegrad.viz.draw`.

    Raises:
        PictureError: When the selection is not in the trace, or `max_boxes` cannot be drawn.
    """
    if not 1 <= max_boxes <= MOST_BOXES:
        raise PictureError(
            with_details(
                f"max_boxes={max_boxes:,} cannot be drawn",
                [("expected", f"1 to {MOST_BOXES:,}: no layout of more ends within minutes")],
                "a smaller selection, as step=, events=(start, stop) or value=",
            )
        )
    selection = select(source, step=step, events=events, value=value)
    drawing = Drawing.of(source, selection)
    fold(drawing.calls, drawing.readers, max_boxes)
    measured = functools.cache(source.stats)
    contributions = fan_in_norms(source, measured, selection) if backward else {}
    wording = Wording(
        source,
        measured,
        selection,
        drawing.readers,
        contributions,
        values,
        backward,
        drawing.main_file,
    )
    return _Planner(drawing, wording, title).plan()


class _Planner:
    """Joins the boxes and edges of a drawing into a plan."""

    def __init__(self, drawing: Drawing, wording: Wording, title: str | None) -> None:
        self.drawing, self.wording, self.title = drawing, wording, title
        self.source, self.calls = drawing.source, drawing.calls
        self.fold_events: dict[int, list[int]] = {}
        self.fold_values: dict[int, list[int]] = {}

    def plan(self) -> Plan:
        cluster_of, clusters = self._clusters()
        units = self._units()
        homes = self._homes(units)
        mentions, read_by = self._mentions(homes)
        goals = self._goals()
        boxer = Boxer(
            self.drawing, self.wording, frozenset(goals), cluster_of,
            self.wording.contributions, mentions, read_by,
        )  # fmt: skip
        boxes = [self._box(boxer, what, id) for _, what, id in units]
        drawing, selection = self.drawing, self.drawing.selection
        told = {(event, slot) for event, slots in mentions.items() for slot, _ in slots}
        slots = {
            e: frozenset(slot.position for slot in boxer.slots(row))
            for e, row in drawing.events.items()
        }
        homes = Homes(homes.of_event, homes.of_value, slots, told)
        forward = forward_edges(self.source, drawing.events, homes)
        gradients = gradient_edges(
            self.source, self.wording.measured, selection, drawing.events, homes
        )
        counts = self._counts()
        header = make_header(selection, self.wording, counts, boxes, goals, self.title)
        return Plan(
            header,
            counts,
            tuple(boxes),
            tuple(clusters),
            tuple(forward),
            tuple(gradients) if self.wording.backward else (),
        )

    def _goals(self) -> tuple[int, ...]:
        """What the picture is about: the value asked for, differentiated, or left over."""
        selection = self.drawing.selection
        if selection.value is not None:
            return (selection.value,)
        if selection.seeds:
            return selection.seeds
        left_over = [
            v
            for row in self.drawing.events.values()
            for v in row.outputs
            if v is not None and v not in self.drawing.readers
        ]
        return tuple(left_over) if len(left_over) <= _MOST_GOALS else ()

    def _clusters(self) -> tuple[dict[int, int], list[Cluster]]:
        """Calls that are neither folded nor empty, and the index of each in the plan."""
        index: dict[int, int] = {}
        clusters: list[Cluster] = []
        boxes = members(self.calls)
        for n, call in enumerate(self.calls.calls):
            if not boxes[n] or self.calls.fold_of(n) is not None:
                continue
            index[n] = len(clusters)
            parent = None if call.parent is None else index[call.parent]
            name, label = printable(call.name, 60), short_label(call.label)
            clusters.append(Cluster(parent, printable(call.path, 200), name, label))
        return index, clusters

    def _units(self) -> list[tuple[float, str, int]]:
        """What gets a box: (when, what, id), in order. A value comes before its first reader."""
        units: list[tuple[float, str, int]] = []
        for event, call in self.calls.event_call.items():
            folded = self.calls.fold_of(call)
            if folded is None:
                units.append((event, "event", event))
            else:
                self.fold_events.setdefault(folded, []).append(event)
        for value, call in self.calls.value_call.items():
            folded = self.calls.fold_of(call)
            readers = self.drawing.readers.get(value, [])
            if folded is None:
                units.append((readers[0] - 0.5 if readers else -1, "value", value))
            else:
                self.fold_values.setdefault(folded, []).append(value)
        units += [(events[0], "fold", n) for n, events in self.fold_events.items()]
        return sorted(units, key=lambda unit: unit[0])

    def _homes(self, units: list[tuple[float, str, int]]) -> Homes:
        """Which box each event and value is in."""
        index = {(what, id): n for n, (_, what, id) in enumerate(units)}

        def home(what: str, id: int, call: int | None) -> int:
            folded = self.calls.fold_of(call)
            return index[what, id] if folded is None else index["fold", folded]

        return Homes(
            {e: home("event", e, call) for e, call in self.calls.event_call.items()},
            {v: home("value", v, call) for v, call in self.calls.value_call.items()},
            {},
            set(),
        )

    def _mentions(self, homes: Homes) -> tuple[dict[int, list[tuple[int, int]]], dict[int, int]]:
        """Arguments told in words, and how many boxes read such a value.

        A weight that is read in a hundred places would run edges through the whole picture (and
        Graphviz needs minutes to route them), so only the first reader gets one.
        """
        readers = {
            value: list(dict.fromkeys(homes.of_event[event] for event in events))
            for value, events in self.drawing.readers.items()
        }
        mentions: dict[int, list[tuple[int, int]]] = {}
        read_by: dict[int, int] = {}
        for event in self.drawing.events.values():
            for slot, value in drawn_inputs(self.source, event):
                home, maker = homes.of_event[event.id], homes.maker(self.source.value(value))
                elsewhere = [box for box in readers[value] if box != maker]
                if len(elsewhere) > _MANY_READERS and home not in (maker, elsewhere[0]):
                    mentions.setdefault(event.id, []).append((slot, value))
                    read_by[value] = len(elsewhere)
        return mentions, read_by

    def _box(self, boxer: Boxer, what: str, id: int) -> Box:
        if what == "event":
            return boxer.of_event(id)
        if what == "value":
            return boxer.of_value(id)
        return boxer.of_fold(id, sorted(self.fold_events[id]), self.fold_values.get(id, ()))

    # -- counting --------------------------------------------------------------------------------

    def _counts(self) -> Counts:
        selection = self.drawing.selection
        kinds = Counter(row.kind for row in selection.events)
        memory: dict[int, int] = {}
        for event in selection.events:
            for v in event.outputs:
                made = self.source.value(v) if v is not None else None
                if made is not None and made.storage is not None:
                    memory[made.storage] = max(made.nbytes, memory.get(made.storage, 0))
        parameters = {
            row.storage if row.storage is not None else ~v: math.prod(row.shape)
            for v in self.drawing.outside
            if is_parameter(row := self.source.value(v))
        }
        return Counts(
            forward=kinds["forward"],
            writes=kinds["write"],
            backward=len(selection.backward) if self.wording.backward else 0,
            parameters=sum(parameters.values()),
            nbytes=sum(memory.values()),
            folded_ops=sum(map(len, self.fold_events.values())),
            folds=len(self.fold_events),
        )
