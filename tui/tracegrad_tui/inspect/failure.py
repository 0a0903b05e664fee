"""Tab `error`: the exception that ended the program."""

from __future__ import annotations

from tracegrad_tui.inspect.view import View
from tracegrad_tui.pieces import Line, Piece, Sheet, wrap
from tracegrad_tui.session import Session


def failure(session: Session, view: View) -> Sheet:
    """Class and message first, then the traceback as Python prints it."""
    return Sheet([*headline(session, view.width), *traceback(session, view.width)])


def headline(session: Session, width: int) -> list[Line]:
    """What was raised, and after which event."""
    lines: list[Line] = [[Piece(text, "bad")] for text in wrap(session.error_line, width)]
    if session.count:
        last = session.source.event(session.count - 1)
        after = f"the program stopped after event #{last.id} {last.op}"
        lines += [[Piece(text, "quiet")] for text in wrap(after, width)]
    return [*lines, []]


def traceback(session: Session, width: int) -> list[Line]:
    """The recorded traceback, long lines wrapped with their indent."""
    lines: list[Line] = []
    for raw in session.info.error.rstrip().splitlines():
        text = raw.expandtabs(4)
        indent = " " * (len(text) - len(text.lstrip()))
        room = max(8, width - len(indent))
        lines += [[Piece(indent + part)] for part in wrap(text.strip(), room)]
    return lines
