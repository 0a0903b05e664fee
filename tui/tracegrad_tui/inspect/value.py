"""Tab `value`: the value that one looks at, in full."""

from __future__ import annotations

from tracegrad.recording.model import warning_text
from tracegrad_tui.inspect.history import step_parts
from tracegrad_tui.inspect.view import View, whole
from tracegrad_tui.pieces import Piece, Sheet, flow, wrap
from tracegrad_tui.session import Session


def value(session: Session, view: View) -> Sheet:
    """The operand looked at: what it is, statistics, heat map, numbers."""
    operand = session.operand
    if operand is None:
        return Sheet([[Piece("this event has no value", "quiet")]])
    row = session.source.value(operand.value)
    also = flow(step_parts(session, row), view.width)
    event = session.event
    if event is not None and event.kind == "warning":
        also += [[Piece(text, "bad")] for text in wrap(f"! {warning_text(event)}", view.width)]
    return whole(session, row, operand.label, view, also)
