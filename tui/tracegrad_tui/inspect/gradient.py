"""Tab `gradient`: the whole gradient of a value, and the contributions that it was added up from.

Of a backward event: the gradient that came in, and what was sent on to each input.
"""

from __future__ import annotations

from tracegrad._util.text import number
from tracegrad.recording.model import EventRow, Stats, ValueRow
from tracegrad_tui.inspect.view import (
    View,
    and_brief,
    drawing,
    identity,
    label,
    numbers,
    title,
    whole,
)
from tracegrad_tui.moves import why_no_backward
from tracegrad_tui.operands import name
from tracegrad_tui.pieces import Line, Piece, Sheet, flow, wrap
from tracegrad_tui.session import Session


def gradient(session: Session, view: View) -> Sheet:
    """The gradient side of an event."""
    event = session.event
    if event is not None and event.kind == "backward":
        return _visit(session, event, view)
    operand = session.operand
    if operand is None:
        return Sheet([[Piece("this event has no value", "quiet")]])
    row = session.source.value(operand.value)
    if row.role == "gradient":
        return _sum(session, event, row, operand.label, view)
    if not session.ready:
        return Sheet([[Piece(f"reading the links of this trace: {session.progress:.0%}", "quiet")]])
    return _of_value(session, row, view)


def _of_value(session: Session, row: ValueRow, view: View) -> Sheet:
    source = session.source
    best = source.gradient(row.id)
    if best is None:
        return Sheet([[Piece(line, "quiet")] for line in wrap(_why_none(session, row), view.width)])
    whole_gradient = source.value(best)
    ids = source.gradients(row.id)
    others = [id for id in ids if id != best]
    head = identity(session, whole_gradient, _pass_of(session, whole_gradient), view)
    head += flow([_ratio(session, row, whole_gradient)], view.width)
    head += numbers(session, whole_gradient, view)
    if others:
        head += [title("added up from" if len(others) > 1 else "also recorded")]
        head += [_contribution(session, id, view) for id in others[:200]]
    drawn = drawing(session, whole_gradient, view)
    return Sheet(head, more=len(drawn), line=lambda n: drawn[n])


def _visit(session: Session, event: EventRow, view: View) -> Sheet:
    """A backward event: what came in, what went on to each input."""
    source = session.source
    lines: list[Line] = []
    incoming = [value for value in event.inputs if value is not None]
    for value in event.inputs:
        if value is None:
            lines.append([Piece("incoming gradient undefined (no gradient reached it)", "quiet")])
        else:
            lines += identity(session, source.value(value), "incoming gradient", view)
            lines += numbers(session, source.value(value), view)
    lines.append(title("sent on to"))
    targets = _targets(session, event)
    for n, value in enumerate(event.outputs):
        target = targets[n] if n < len(targets) else f"input {n}"
        if value is None:
            lines.append(
                [Piece(f"  input {n} {target}", ""), Piece("  needs no gradient", "quiet")]
            )
            continue
        line = [Piece(f"  input {n} "), Piece(target, "strong"), Piece("  ")]
        lines.append(and_brief(line, session, value, view))
    if not incoming:
        return Sheet(lines)
    drawn = drawing(session, source.value(incoming[0]), view)
    return Sheet(lines, more=len(drawn), line=lambda n: drawn[n])


def _targets(session: Session, event: EventRow) -> list[str]:
    """Names of the forward event's inputs, in the order of the contributions."""
    if event.forward is None:
        return []
    source = session.source
    inputs = source.event(event.forward).inputs
    return ["" if v is None else name(source, source.value(v)) for v in inputs]


def _sum(session: Session, event: EventRow | None, row: ValueRow, called: str, view: View) -> Sheet:
    """A gradient value itself; of a fan-in, with its contributions."""
    if event is None or event.kind != "fan_in" or row.id not in event.outputs:
        return whole(session, row, called, view)
    lines = [*identity(session, row, called, view), *numbers(session, row, view)]
    lines.append(title("added up from"))
    lines += [_contribution(session, v, view) for v in event.inputs if v is not None]
    drawn = drawing(session, row, view)
    return Sheet(lines, more=len(drawn), line=lambda n: drawn[n])


def _contribution(session: Session, gradient: int, view: View) -> Line:
    source = session.source
    made_by = source.value(gradient).event
    maker = "outside" if made_by is None else f"#{made_by} {source.event(made_by).op}"
    kind = "" if made_by is None else source.event(made_by).kind
    word = {"accumulate": ".grad after", "fan_in": "sum", "seed": "seed"}.get(kind, "from")
    line = [Piece(f"  {word} ", "quiet"), Piece(maker), Piece("  ")]
    return and_brief(line, session, gradient, view)


def _pass_of(session: Session, row: ValueRow) -> str:
    made_by = session.source.event(row.event) if row.event is not None else None
    return f"gradient, pass {made_by.backward_pass}" if made_by is not None else "gradient"


def _ratio(session: Session, row: ValueRow, gradient: ValueRow) -> Line:
    """How large the gradient is against its value: what a step of size 1 would change."""
    value, slope = session.measures.of(row.id), session.measures.of(gradient.id)
    if not isinstance(value, Stats) or not isinstance(slope, Stats):
        return []
    if not value.norm > 0 or not slope.norm >= 0:
        return []
    return label("|gradient| / |value|", number(slope.norm / value.norm))


def _why_none(session: Session, row: ValueRow) -> str:
    called = name(session.source, row)
    if row.event is None:
        if not row.requires_grad:
            return f"{called} does not require a gradient, so none was computed."
        return f"{called} requires a gradient, but no backward pass reached it."
    event = session.source.event(row.event)
    return f"#{event.id} {event.op} has no gradient: {why_no_backward(session.source, event)}."
