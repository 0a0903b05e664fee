"""Tab `links`: where the inputs come from and who reads the outputs."""

from __future__ import annotations

from tracegrad._util.text import count
from tracegrad.recording.model import EventRow
from tracegrad_tui.inspect.view import View, and_brief, title
from tracegrad_tui.operands import name
from tracegrad_tui.pieces import Line, Piece, Sheet
from tracegrad_tui.rows import MARKS
from tracegrad_tui.session import Session

SHOWN = 500
"""Links listed per value at most: a parameter may be read a million times."""


def links(session: Session, view: View) -> Sheet:
    """Inputs with their makers, outputs with their readers, and the other direction of the pass."""
    event = session.event
    assert event is not None
    lines: list[Line] = [title("inputs" if event.inputs else "no inputs")]
    for n, value in enumerate(event.inputs):
        lines.append(_value_line(session, n, value, view))
    lines.append(title("outputs" if event.outputs else "no outputs"))
    for n, value in enumerate(event.outputs):
        lines.append(_value_line(session, n, value, view))
        if value is not None:
            lines += _readers(session, value)
    return Sheet([*lines, *_other_direction(session, event)])


def _value_line(session: Session, n: int, value: int | None, view: View) -> Line:
    if value is None:
        return [Piece(f"  {n} ", "quiet"), Piece("none", "quiet")]
    row = session.source.value(value)
    role = "parameter" if row.role == "parameter" else "strong"
    called = name(session.source, row)
    line = [Piece(f"  {n} ", "quiet"), Piece(called, role), Piece("  ")]
    return and_brief(line, session, value, view)


def _readers(session: Session, value: int) -> list[Line]:
    if not session.ready:
        return [[Piece(f"      readers: still being read ({session.progress:.0%})", "quiet")]]
    readers = session.source.consumers(value)
    if not readers:
        return [[Piece("      read by no recorded event", "quiet")]]
    lines = [_event_line(session, "read by", session.source.event(id)) for id in readers[:SHOWN]]
    if len(readers) > SHOWN:
        lines.append([Piece(f"      and {count(len(readers) - SHOWN, 'more event')}", "quiet")])
    return lines


def _other_direction(session: Session, event: EventRow) -> list[Line]:
    if event.forward is not None:
        other = session.source.event(event.forward)
        return [title("forward"), _event_line(session, "", other)]
    if not session.ready:
        return []
    visits = session.source.backward_events(event.id)
    if not visits:
        return []
    events = [session.source.event(id) for id in visits[:SHOWN]]
    return [
        title("backward"),
        *(_event_line(session, f"pass {visit.backward_pass}", visit) for visit in events),
    ]


def _event_line(session: Session, word: str, event: EventRow) -> Line:
    mark = MARKS[event.kind]
    path = session.source.scope(event.scope).path
    return [
        Piece(f"      {word} " if word else "      ", "quiet"),
        Piece(f"{mark.sign} ", mark.role),
        Piece(f"#{event.id} {event.op}"),
        Piece(f"  {path}" if path else "", "quiet"),
    ]
