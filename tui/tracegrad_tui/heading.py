"""The line at the top: which trace, which event, which pass, and how the program fared."""

from __future__ import annotations

from tracegrad._util.text import count
from tracegrad_tui.pieces import Line, Piece, fit, join, width
from tracegrad_tui.session import Session


def heading(session: Session, cells: int) -> Line:
    """Left: where one is. Right: the state of the program."""
    right = state(session, cells // 2)
    left = join([[Piece(f" {_title(session, cells)}", "strong")], *_place(session)], "   ")
    room = cells - width(right) - 1
    if width(left) > room:
        left = _cut(left, room)
    gap = max(1, cells - width(left) - width(right))
    return [*left, Piece(" " * gap), *right]


def state(session: Session, cells: int) -> Line:
    """How the program fared, and what is still being read."""
    parts: list[Line] = []
    if not session.ready:
        parts.append([Piece(f"reading links {session.progress:.0%}", "quiet")])
    warnings = len(session.source.warnings()) if session.ready else 0
    if warnings:
        parts.append([Piece(f"! {count(warnings, 'warning')}", "bad")])
    info = session.info
    if info.state == "failed":
        parts.append([Piece(f"✗ failed: {session.error_line}", "bad")])
    elif info.state == "recording":
        parts.append([Piece("● still recording", "write")])
    else:
        parts.append([Piece("✓ complete", "good")])
    line = [*join(parts), Piece(" ")]
    return line if width(line) <= cells else _cut(line, cells)


def _place(session: Session) -> list[Line]:
    event = session.event
    if event is None:
        return [[Piece("no events", "quiet")]]
    if event.backward_pass:
        phase = Piece(f"BACKWARD {event.backward_pass}", "backward")
    else:
        phase = Piece("FORWARD", "forward")
    return [
        [Piece("event ", "quiet"), Piece(f"#{session.cursor:,}"), Piece(f" of {session.count:,}")],
        [Piece("step ", "quiet"), Piece(f"{event.step}")],
        [phase],
    ]


def _title(session: Session, cells: int) -> str:
    title = session.info.title or "untitled trace"
    return fit(title, min(len(title), max(8, cells // 4))).rstrip()


def _cut(line: Line, cells: int) -> Line:
    """A line that is too long, with an ellipsis in its last piece."""
    kept: Line = []
    for piece in line:
        room = cells - width(kept)
        if width([piece]) > room:
            return [*kept, piece._replace(text=fit(piece.text, room))] if room > 0 else kept
        kept.append(piece)
    return kept


def events_word(n: int) -> str:
    """`1,204 events`."""
    return count(n, "event")
