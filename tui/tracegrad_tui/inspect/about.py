"""Tab `about`: everything else that was recorded of an event."""

from __future__ import annotations

from tracegrad._util.text import duration
from tracegrad.recording.model import EventRow, warning_meaning
from tracegrad_tui.inspect.view import View
from tracegrad_tui.pieces import Line, Piece, Sheet, wrap
from tracegrad_tui.rows import MARKS
from tracegrad_tui.session import Session

WORD = 12


def about(session: Session, view: View) -> Sheet:
    """Options, place in the source, scopes, time."""
    event = session.event
    assert event is not None
    facts = [
        ("event", f"#{event.id} {event.op}, {MARKS[event.kind].meaning}"),
        *_details(event),
        *_place(session, event),
        ("step", f"{event.step}"),
        ("pass", f"backward {event.backward_pass}" if event.backward_pass else "forward"),
        ("took", f"{duration(event.duration)}, {duration(event.start)} after the start"),
        ("thread", f"{event.thread}" if event.thread else "the one that recording began in"),
        ("autograd", "on" if event.grad_enabled else "off (no_grad)"),
        ("trace", f"{session.info.title}, {session.info.created}"),
        *(("", f"{word} {version}") for word, version in session.info.versions.items()),
    ]
    lines: list[Line] = []
    for word, text in facts:
        lines += _fact(word, text, view.width)
    return Sheet(lines)


def _details(event: EventRow) -> list[tuple[str, str]]:
    if event.kind != "warning":
        return [("options", event.options or "none")]
    return [("warning", warning_meaning(event.op)), ("details", event.options or "none")]


def _place(session: Session, event: EventRow) -> list[tuple[str, str]]:
    source = session.source
    facts: list[tuple[str, str]] = []
    if event.location is None:
        facts.append(("source", "not known: the op ran from no Python line of the program"))
    else:
        row = source.location(event.location)
        columns = f", columns {row.column}-{row.end_column}" if row.end_column else ""
        facts.append(("source", f"{row.file}:{row.line} in {row.function}{columns}"))
        if row.expression:
            facts.append(("expression", row.expression))
        if row.variable:
            facts.append(("assigned to", row.variable))
    scope: int | None = event.scope
    word = "module"
    while scope:
        around = source.scope(scope)
        facts.append((word, f"{around.path}  {around.label or around.type or around.kind}"))
        scope, word = around.parent, "within"
    return facts


def _fact(word: str, text: str, width: int) -> list[Line]:
    lines = wrap(text, max(8, width - WORD))
    return [
        [Piece(f"{word if n == 0 else '':<{WORD}}", "quiet"), Piece(line)]
        for n, line in enumerate(lines)
    ]
