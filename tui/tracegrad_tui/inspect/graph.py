"""The graph pane: the ops around the current event, drawn."""

from __future__ import annotations

from tracegrad_tui.drawn_graph import draw
from tracegrad_tui.inspect.view import View
from tracegrad_tui.neighbourhood import neighbourhood
from tracegrad_tui.pieces import Line, Piece, Sheet, crop, width
from tracegrad_tui.session import Session

MOST = 24
"""Boxes at most: more would take long to lay out and longer to read."""


def graph(session: Session, view: View) -> tuple[Sheet, int]:
    """The drawing, and the line with the current event."""
    if session.event is None:
        return Sheet([[Piece("nothing to draw", "quiet")]]), 0
    if not session.ready:
        text = f"reading the links of this trace: {session.progress:.0%}"
        return Sheet([[Piece(text, "quiet")]]), 0
    most = max(8, min(MOST, view.height))
    drawing = draw(neighbourhood(session.source, session.cursor, most))
    extent = max(width(line) for line in drawing.lines)
    if extent <= view.width:
        left = -((view.width - extent) // 2)
    else:  # the current event in the middle, then what was panned
        left = min(max(0, drawing.column - view.width // 2), extent - view.width)
    left += view.pan * 4
    return Sheet([_shifted(line, left) for line in drawing.lines]), drawing.row


def _shifted(line: Line, left: int) -> Line:
    return [Piece(" " * -left), *line] if left < 0 else crop(line, left)
