"""What the inspector shows, one file per tab: rows of a trace in, lines of text out."""

from __future__ import annotations

from collections.abc import Callable

from tracegrad_tui.inspect.about import about
from tracegrad_tui.inspect.failure import failure
from tracegrad_tui.inspect.gradient import gradient
from tracegrad_tui.inspect.history import history
from tracegrad_tui.inspect.links import links
from tracegrad_tui.inspect.value import value
from tracegrad_tui.inspect.view import View
from tracegrad_tui.pieces import Piece, Sheet
from tracegrad_tui.session import Session

PAGES: dict[str, Callable[[Session, View], Sheet]] = {
    "error": failure,
    "value": value,
    "gradient": gradient,
    "links": links,
    "about": about,
    "history": history,
}


def sheet(session: Session, view: View) -> Sheet:
    """The lines of the current tab."""
    if session.event is None:
        running = session.info.state == "recording"
        text = "no event so far" if running else "this trace has no events"
        return Sheet([[Piece(text, "quiet")]])
    return PAGES[session.tab](session, view)
