"""Tab `value`: the value that one looks at, in full."""

from __future__ import annotations

from tracegrad_tui.inspect.view import View, whole
from tracegrad_tui.pieces import Piece, Sheet
from tracegrad_tui.session import Session


def value(session: Session, view: View) -> Sheet:
    """The operand looked at: what it is, statistics, heat map, numbers."""
    operand = session.operand
    if operand is None:
        return Sheet([[Piece("this event has no value", "quiet")]])
    return whole(session, session.source.value(operand.value), operand.label, view)
