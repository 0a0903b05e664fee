"""The values that one can look at from an event, and what to call them."""

from __future__ import annotations

from dataclasses import dataclass

from tracegrad.recording.model import EventRow, ValueRow
from tracegrad.recording.source import TraceSource


@dataclass(frozen=True, slots=True)
class Operand:
    """One value of an event.

    Attributes:
        label: what it is to the event: `output`, `input 1`, `incoming gradient`.
        value: its id.
    """

    label: str
    value: int


def operands(source: TraceSource, event: EventRow) -> list[Operand]:
    """Values of an event, the one that it is about first."""
    made = _labelled(event.outputs, "output", numbered=len(event.outputs) > 1)
    read = _labelled(event.inputs, "input", numbered=len(event.inputs) > 1)
    if event.kind == "backward":
        made = [Operand(_contribution(source, event, o.value), o.value) for o in made]
        read = _labelled(event.inputs, "incoming gradient", numbered=len(event.inputs) > 1)
        return read + made
    if event.kind == "seed":
        made = [Operand("first gradient", o.value) for o in made]
        read = [Operand("differentiated value", o.value) for o in read]
    elif event.kind == "fan_in":
        made = [Operand("sum of contributions", o.value) for o in made]
        read = _labelled(event.inputs, "contribution", numbered=True)
    elif event.kind == "accumulate":
        made = [Operand(".grad", o.value) for o in made]
        read = [Operand("gradient of this pass", o.value) for o in read]
    elif event.kind == "warning":
        made = _labelled(event.outputs, "as it was found", numbered=len(event.outputs) > 1)
        read = _labelled(event.inputs, "as it was recorded", numbered=len(event.inputs) > 1)
    return made + read


def name(source: TraceSource, value: ValueRow) -> str:
    """A value in a few words: its parameter path, else the event that made it."""
    if value.role == "gradient":
        if value.of is None:
            return "gradient"
        return f"gradient of {name(source, source.value(value.of))}"
    if value.name:
        return value.name
    if value.event is None:
        return "parameter" if value.role == "parameter" else "input"
    return f"#{value.event} {source.event(value.event).op}"


def _labelled(values: tuple[int | None, ...], word: str, *, numbered: bool) -> list[Operand]:
    return [
        Operand(f"{word} {n}" if numbered else word, value)
        for n, value in enumerate(values)
        if value is not None
    ]


def _contribution(source: TraceSource, event: EventRow, gradient: int) -> str:
    n = event.outputs.index(gradient)
    of = source.value(gradient).of
    target = name(source, source.value(of)) if of is not None else "an input"
    return f"gradient for input {n}, {target}"
