"""Boxes of a drawing: an op, a value from outside, or a fold, each with all that it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracegrad.recording.model import EventRow
from tracegrad.viz.drawing import Drawing, drawn_inputs
from tracegrad.viz.plan import Box, Kind, Slot
from tracegrad.viz.selection import is_parameter
from tracegrad.viz.wording import Mention, Wording

_MOST_SLOTS = 6  # more arguments than this enter anywhere along the top
_CHEAP_BYTES = 1 << 18  # inside folds, values up to this size are searched for NaN


@dataclass(frozen=True, slots=True)
class Boxer:
    """Makes the boxes of one picture.

    Attributes:
        goals: the values that the picture is about.
        cluster_of: index in the plan of each cluster that is not folded.
        contributions: norms of contributions that are told at the way in they leave by, by event
            and argument position.
        mentions: arguments that are told in words instead of an edge, by event: position, value.
        read_by: how many boxes read a value whose edges are told in words.
    """

    drawing: Drawing
    wording: Wording
    goals: frozenset[int]
    cluster_of: Mapping[int, int]
    contributions: Mapping[tuple[int, int], str]
    mentions: Mapping[int, Sequence[tuple[int, int]]]
    read_by: Mapping[int, int]

    def slots(self, event: EventRow) -> tuple[Slot, ...]:
        """The ways into an op's box that are worth telling apart."""
        calls = self.drawing.calls
        if calls.fold_of(calls.event_call[event.id]) is not None:
            return ()
        everything = [slot for slot, _ in drawn_inputs(self.drawing.source, event)]
        mentioned = {slot for slot, _ in self.mentions.get(event.id, ())}
        positions = [slot for slot in everything if slot not in mentioned]
        if len(positions) > _MOST_SLOTS:
            return ()
        numbered = len(everything) > 1
        found = [
            Slot(at, str(at) if numbered else "", self.contributions.get((event.id, at), ""))
            for at in positions
        ]
        return tuple(found) if any(slot.number or slot.contribution for slot in found) else ()

    # -- ops -------------------------------------------------------------------------------------

    def of_event(self, id: int) -> Box:
        """The box of an op."""
        event = self.drawing.events[id]
        outputs = [v for v in event.outputs if v is not None]
        variable = self.wording.variable(event)
        lines, gradient_line = self.wording.event_lines(
            event, variable, self._mentions(event), self._read_by(outputs)
        )
        return Box(
            key=f"op{event.id}",
            kind="write" if event.kind == "write" else "op",
            lines=tuple(lines),
            slots=self.slots(event),
            cluster=self._cluster(self.drawing.calls.event_call[event.id]),
            goal=not self.goals.isdisjoint(outputs),
            differentiable=self._differentiable(outputs),
            alarm=self.wording.has_alarm(outputs),
            gradient_line=gradient_line,
            events=(event.id,),
            value=outputs[0] if outputs else None,
            tooltip=self.wording.tooltip(event, outputs[0] if outputs else None),
        )

    def _mentions(self, event: EventRow) -> list[Mention]:
        return [
            Mention(str(slot), self.name(value), self.wording.contribution(event.id, slot))
            for slot, value in self.mentions.get(event.id, ())
        ]

    def _read_by(self, values: Sequence[int]) -> int:
        return max((self.read_by.get(v, 0) for v in values), default=0)

    def _differentiable(self, values: Sequence[int]) -> bool:
        return any(self.drawing.source.value(v).requires_grad for v in values)

    def _cluster(self, call: int | None) -> int | None:
        return None if call is None else self.cluster_of[call]

    # -- values ----------------------------------------------------------------------------------

    def of_value(self, value: int) -> Box:
        """The box of a value that no drawn event made."""
        drawing = self.drawing
        row, call = drawing.source.value(value), drawing.calls.value_call[value]
        kind, title, note, maker = self._words(value, call)
        lines, gradient_line = self.wording.value_box_lines(
            value, title, note, drawing.updates.get(value, ()), self.read_by.get(value, 0)
        )
        return Box(
            key=f"value{value}",
            kind=kind,
            lines=tuple(lines),
            slots=(),
            cluster=self._cluster(call),
            goal=value in self.goals,
            differentiable=row.requires_grad,
            alarm=self.wording.has_alarm([value]),
            gradient_line=gradient_line,
            events=(),
            value=value,
            tooltip=self.wording.tooltip(maker, value),
        )

    def name(self, value: int) -> str:
        """What other boxes call a value."""
        maker = self.drawing.source.value(value).event
        if maker in self.drawing.events:
            event = self.drawing.events[maker]
            return self.wording.variable(event) or event.op
        return self._words(value, None)[1]

    def _words(self, value: int, call: int | None) -> tuple[Kind, str, str, EventRow | None]:
        """Kind, title and note of a value's box, and the event that made it if there was one."""
        source = self.drawing.source
        row = source.value(value)
        maker = source.event(row.event) if row.event is not None else None
        if row.of is not None:
            return "gradient", f"∂ {self.name(row.of)}", "gradient", maker
        if is_parameter(row):
            name = row.name or self.wording.input_name(value) or "parameter"
            return "parameter", self._parameter_name(name, call), "parameter", maker
        if maker is None:
            return "input", self.wording.input_name(value) or "input", "input", None
        place = self.wording.location(maker)
        name = place.variable if place is not None and place.variable else maker.op
        return "earlier", name, f"earlier  {self.wording.place(maker)}".rstrip(), maker

    def _parameter_name(self, name: str, call: int | None) -> str:
        """The last part of a parameter's path inside its module's cluster, else the whole path."""
        module, _, last = name.rpartition(".")
        path = self.drawing.calls.calls[call].path if call is not None else ""
        if module and (path == module or path.endswith("." + module)):
            return last
        return name.removeprefix(path + ".") if path else name

    # -- folds -----------------------------------------------------------------------------------

    def of_fold(self, fold: int, events: Sequence[int], values: Sequence[int]) -> Box:
        """The box of a folded call, with these events and values in it."""
        drawing = self.drawing
        call, rows = drawing.calls.calls[fold], [drawing.events[e] for e in events]
        made = [v for row in rows for v in row.outputs if v is not None]
        inside = set(events)
        outputs = [v for v in made if not inside.issuperset(drawing.readers.get(v, (-1,)))]
        parameters = [
            (self._words(v, fold)[1], v) for v in values if is_parameter(drawing.source.value(v))
        ]
        read = dict.fromkeys(v for e in events for _, v in self.mentions.get(e, ()))
        lines, gradient_line = self.wording.fold_lines(
            call.name, call.label, rows, outputs, parameters, [self.name(v) for v in read],
            self._read_by(outputs),
        )  # fmt: skip
        cheap = [v for v in made if drawing.source.value(v).nbytes <= _CHEAP_BYTES]
        return Box(
            key=f"fold{fold}",
            kind="fold",
            lines=tuple(lines),
            slots=(),
            cluster=self._cluster(call.parent),
            goal=not self.goals.isdisjoint(made),
            differentiable=self._differentiable(outputs),
            alarm=self.wording.has_alarm([*dict.fromkeys([*outputs, *values, *cheap])]),
            gradient_line=gradient_line,
            events=tuple(events),
            value=outputs[0] if outputs else None,
            tooltip=self.wording.fold_tooltip(call.path, call.label, len(events), outputs),
        )
