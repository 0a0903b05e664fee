"""The words in a box: what an op, a value or a fold says about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracegrad._util import text
from tracegrad.recording.model import EventRow, LocationRow, ValueRow
from tracegrad.recording.source import TraceSource
from tracegrad.viz.facts import alarms, facts, gradient_tone, histogram, single, statistics
from tracegrad.viz.names import argument_name, printable, short_label
from tracegrad.viz.plan import Line, Span
from tracegrad.viz.selection import Measured, Selection, is_parameter

_TITLE, _OPTIONS, _NOTE = 28, 26, 24  # characters; the rest is in the tooltip
_SHOWN_OUTPUTS = 2
_SHOWN_PARAMETERS = 4


class Mention(NamedTuple):
    """An argument told in words: its position, the value's name, the norm that flows back."""

    slot: str
    name: str
    contribution: str


@dataclass(frozen=True, slots=True)
class Wording:
    """How boxes are worded in one picture.

    Attributes:
        measured: statistics of values.
        values: whether to tell statistics and draw histograms.
        contributions: norms of contributions that are one of several, by event and argument.
        backward: whether to tell gradients.
        main_file: lines of this file are written `:9`, of others `layers.py:9`.
        readers: ids of the drawn events that read a value.
    """

    source: TraceSource
    measured: Measured
    selection: Selection
    readers: Mapping[int, Sequence[int]]
    contributions: Mapping[tuple[int, int], str]
    values: bool
    backward: bool
    main_file: str

    # -- places ----------------------------------------------------------------------------------

    def location(self, event: EventRow) -> LocationRow | None:
        return None if event.location is None else self.source.location(event.location)

    def place(self, event: EventRow) -> str:
        """`:9`, `layers.py:9`, or `""` where the location is unknown."""
        row = self.location(event)
        if row is None:
            return ""
        return f":{row.line}" if row.file == self.main_file else row.short

    def variable(self, event: EventRow) -> str:
        """The variable that the event's result is assigned to.

        All ops inside `h = net(x)` share that expression; the name goes to the one whose result
        leaves it.
        """
        row = self.location(event)
        if row is None or not row.variable:
            return ""
        outputs = [v for v in event.outputs if v is not None]
        readers = [self.source.event(r) for v in outputs for r in self.readers.get(v, ())]
        leaves = not readers or any(reader.location != event.location for reader in readers)
        return row.variable if leaves else ""

    def input_name(self, value: int) -> str:
        """What the program calls a value from outside, `""` if its readers do not say."""
        for reader in self.readers.get(value, ()):
            event = self.source.event(reader)
            row = self.location(event)
            if row is None:
                continue
            in_module = self.source.scope(event.scope).kind == "module"
            name = argument_name(row.expression, event.op, event.inputs.index(value), in_module)
            if name:
                return name
        return ""

    # -- values ----------------------------------------------------------------------------------

    def value_lines(self, value: int, prefix: str = "", versions: str = "") -> list[Line]:
        """Type, shape and histogram; then statistics."""
        row = self.source.value(value)
        signature = [Span(f"{prefix}{row.signature}", "code")]
        if versions:
            signature.append(Span(versions, "label"))
        stats = self.measured(value) if self.values else None
        if stats is None:
            return [Line(tuple(signature))]
        if stats.count == 1:
            return [Line((*signature, single(stats, row)))]
        first = Line(tuple(signature), histogram=histogram(stats, row))
        told = (*facts(stats, row), *alarms(stats))
        return [first, Line(told)] if told else [first]

    def gradient_line(self, value: int) -> Line | None:
        """`∂ |g| 2.2e-02`; `∂ none` for a parameter that no gradient reached."""
        if not (self.backward and self.selection.differentiated):
            return None
        spans = self.gradient_spans(value, "|g| ")
        return Line(tuple(spans)) if spans else None

    def gradient_spans(self, value: int, norm: str) -> list[Span]:
        row = self.source.value(value)
        gradient = self.selection.gradients.get(value)
        if gradient is None:
            return [Span("∂ none", "alarm")] if self._misses_gradient(row) else []
        stats = self.measured(gradient)
        if stats is None:
            return [Span("∂ not kept", "gradient")]
        if stats.count == 1 and stats.nan + stats.inf:
            return [Span("∂ nan" if stats.nan else "∂ inf", "alarm")]
        if stats.count == 1:
            return [Span(f"∂ {text.number(stats.mean)}", gradient_tone(stats))]
        return [Span(f"∂ {norm}{text.number(stats.norm)}", gradient_tone(stats)), *alarms(stats)]

    def _misses_gradient(self, row: ValueRow) -> bool:
        """Whether a parameter took part in what was differentiated, yet got no gradient."""
        readers = map(self.source.event, self.readers.get(row.id, ()))
        return (
            is_parameter(row)
            and row.requires_grad
            and any(event.kind == "forward" and event.grad_enabled for event in readers)
        )

    def has_alarm(self, values: Sequence[int | None]) -> bool:
        """Whether any of the values, or their gradients, holds NaN or infinity."""
        known = [v for v in values if v is not None]
        gradients = [self.selection.gradients[v] for v in known if v in self.selection.gradients]
        checked = [*(known if self.values else ()), *(gradients if self.backward else ())]
        return any(s is not None and s.nan + s.inf > 0 for s in map(self.measured, checked))

    # -- boxes -----------------------------------------------------------------------------------

    def contribution(self, event: int, slot: int) -> str:
        """`∂ 0.03`: what flows back through an argument, `""` if nothing is known."""
        norm = self.contributions.get((event, slot), "")
        return f"∂ {norm}" if norm and self.backward else ""

    def event_lines(
        self, event: EventRow, variable: str, mentions: Sequence[Mention], read_by: int
    ) -> tuple[list[Line], int | None]:
        """Lines of an op's box, and which of them is its gradient."""
        title = [Span(printable(event.op, _TITLE), "title")]
        if event.options:
            title.append(Span(printable(event.options, _OPTIONS), "quiet"))
        note = "  ".join(part for part in (printable(variable, _NOTE), self.place(event)) if part)
        lines = [Line(tuple(title), (Span(note),) if note else ())]
        for slot, name, contribution in mentions:
            words = (Span(slot), Span(f"← {printable(name, _NOTE)}", "label"))
            right = (Span(contribution, "gradient"),) if contribution else ()
            lines.append(Line(words, right))
        outputs = [v for v in event.outputs if v is not None]
        for n, value in enumerate(outputs[:_SHOWN_OUTPUTS]):
            prefix = f"{n}: " if len(outputs) > 1 else ""
            version = self.source.value(value).version
            changed = event.kind == "write"
            lines += self.value_lines(value, prefix, f"v{version}" if changed else "")
        if len(outputs) > _SHOWN_OUTPUTS:
            lines.append(Line((Span(f"… {len(outputs) - _SHOWN_OUTPUTS} more outputs"),)))
        lines += _read_by(read_by)
        gradients = [line for v in outputs[:_SHOWN_OUTPUTS] if (line := self.gradient_line(v))]
        return [*lines, *gradients], len(lines) if gradients else None

    def value_box_lines(
        self, value: int, title: str, note: str, updates: Sequence[EventRow], read_by: int
    ) -> tuple[list[Line], int | None]:
        """Lines of a box for a value that no drawn event made, and which is its gradient."""
        lines = [Line((Span(printable(title, _TITLE), "title"),), (Span(note),) if note else ())]
        lines += self.value_lines(value) + _read_by(read_by)
        gradient = self.gradient_line(value)
        if gradient:
            lines.append(gradient)
        at = len(lines) - 1 if gradient else None
        for event in updates:
            version = self.source.value(next(v for v in event.outputs if v is not None)).version
            words = " ".join(("then", printable(event.op, _TITLE), self.place(event)))
            lines.append(Line((Span(words.strip()),), (Span(f"v{version}", "label"),)))
        return lines, at

    def fold_lines(
        self,
        name: str,
        label: str,
        events: Sequence[EventRow],
        outputs: Sequence[int],
        parameters: Sequence[tuple[str, int]],
        reads: Sequence[str],
        read_by: int,
    ) -> tuple[list[Line], int | None]:
        """Lines of a box that stands for several events, and which of them is its gradient."""
        title = [Span(printable(name, _TITLE), "title")] if name else []
        if label:
            title.append(Span(short_label(label), "label"))
        if not title:
            title = [Span(self._stretch_name(events), "title")]
        lines = [Line(tuple(title), (Span(text.count(len(events), "op")),))]
        for value in outputs[:_SHOWN_OUTPUTS]:
            lines += self.value_lines(value)
        if len(outputs) > _SHOWN_OUTPUTS:
            lines.append(Line((Span(f"… {len(outputs) - _SHOWN_OUTPUTS} more outputs"),)))
        lines += _read_by(read_by)
        if reads:
            more = ", …" if len(reads) > _SHOWN_PARAMETERS else ""
            names = ", ".join(printable(name, _NOTE) for name in reads[:_SHOWN_PARAMETERS])
            lines.append(Line((Span(f"← {names}{more}", "label"),)))
        gradients = [line for v in outputs[:1] if (line := self.gradient_line(v))]
        summary = self.parameter_summary(parameters)
        at = len(lines) + len(summary) if gradients else None
        return [*lines, *summary, *gradients], at

    def _stretch_name(self, events: Sequence[EventRow]) -> str:
        """`train.py:9 to :14`, from the first and last event whose place is known."""
        places = [place for event in events if (place := self.place(event))]
        if not places:
            return f"events {events[0].id} to {events[-1].id}"
        return places[0] if places[0] == places[-1] else f"{places[0]} to {places[-1]}"

    def parameter_summary(self, parameters: Sequence[tuple[str, int]]) -> list[Line]:
        """One line per parameter inside a fold, so that no gradient is hidden by folding."""
        lines = []
        for name, value in parameters[:_SHOWN_PARAMETERS]:
            signature = Span(self.source.value(value).signature, "code")
            spans = self.gradient_spans(value, "") if self.backward else []
            differentiated = self.selection.differentiated
            lines.append(
                Line(
                    (Span(printable(name, _TITLE), "quiet"), signature),
                    tuple(spans) if differentiated else (),
                )
            )
        hidden = parameters[_SHOWN_PARAMETERS:]
        if hidden:
            words = Span(f"… {text.count(len(hidden), 'more parameter')}")
            lines.append(Line((words,), self._hidden_gradients([value for _, value in hidden])))
        return lines

    def _hidden_gradients(self, values: Sequence[int]) -> tuple[Span, ...]:
        """The range of several parameters' gradient norms, and how many have none."""
        if not (self.backward and self.selection.differentiated):
            return ()
        gradients = [self.selection.gradients.get(v) for v in values]
        known = [s for g in gradients if g is not None and (s := self.measured(g)) is not None]
        spans = []
        if known:
            low, high = min(s.norm for s in known), max(s.norm for s in known)
            words = (
                text.number(low) if low == high else f"{text.number(low)} to {text.number(high)}"
            )
            spans.append(Span(f"∂ {words}", "gradient"))
        missing = sum(
            gradient is None and self._misses_gradient(self.source.value(value))
            for value, gradient in zip(values, gradients, strict=True)
        )
        if missing:
            spans.append(Span(f"{missing} none", "alarm"))
        bad = sum(1 for s in known if s.nan + s.inf)
        if bad:
            spans.append(Span(f"{bad} with nan or inf", "alarm"))
        return tuple(spans)

    # -- tooltips --------------------------------------------------------------------------------

    def tooltip(self, event: EventRow | None, value: int | None) -> str:
        """Everything that a box has no room for, one fact a line."""
        lines = []
        if event is not None:
            lines.append(f"{event.op}({event.options})" if event.options else event.op)
            lines += self._whereabouts(event)
        if value is not None:
            lines += self._about_value(self.source.value(value))
        return "\n".join(printable(line, 200) for line in lines)

    def fold_tooltip(self, path: str, label: str, ops: int, outputs: Sequence[int]) -> str:
        """What a fold stands for."""
        lines = [f"{path}  {label}".strip(), f"{text.count(ops, 'op')} drawn as one box"]
        for value in outputs[:_SHOWN_OUTPUTS]:
            lines += self._about_value(self.source.value(value))
        return "\n".join(printable(line, 200) for line in lines if line)

    def _whereabouts(self, event: EventRow) -> list[str]:
        row, scope = self.location(event), self.source.scope(event.scope)
        lines = [f"in {scope.path}  {scope.label}"] if scope.path else []
        if row is not None:
            lines.append(f"{row.file}:{row.line} in {row.function}")
            lines += [row.expression] if row.expression else []
        lines.append(f"event {event.id}, step {event.step}, {text.duration(event.duration)}")
        return lines

    def _about_value(self, row: ValueRow) -> list[str]:
        version = f", version {row.version}" if row.version else ""
        lines = [f"{row.name} {row.signature} on {row.device}, value {row.id}{version}".strip()]
        stats = self.measured(row.id) if self.values else None
        if stats is not None:
            lines.append(statistics(stats))
        gradient = self.selection.gradients.get(row.id)
        of_gradient = self.measured(gradient) if gradient is not None and self.backward else None
        if of_gradient is not None:
            lines.append(f"gradient: {statistics(of_gradient)}")
        return lines


def _read_by(boxes: int) -> list[Line]:
    """Said where not all readers get an edge."""
    return [Line((Span(f"read by {boxes:,} boxes"),))] if boxes else []
