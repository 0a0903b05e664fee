"""Sheets over the main screen: the keys, and the exception that ended a program."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.screen import ModalScreen

from tracegrad_tui.inspect.failure import headline, traceback
from tracegrad_tui.keys import by_group
from tracegrad_tui.pieces import Line, Piece, Sheet, wrap
from tracegrad_tui.rows import MARKS
from tracegrad_tui.session import Session
from tracegrad_tui.widgets.pane import SheetPane

WIDTHS = [(0, "-narrow"), (100, "-roomy")]


class SheetScreen(ModalScreen[None]):
    """Lines to read, and any of a few keys to close them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark,e", "dismiss", "close"),
        Binding("j,down", "move(1)", "down"),
        Binding("k,up", "move(-1)", "up"),
        Binding("space,pagedown,ctrl+d", "page(1)", "page down"),
        Binding("pageup,ctrl+u", "page(-1)", "page up"),
        Binding("g,home", "page(-1000)", "top"),
        Binding("G,end", "page(1000)", "bottom"),
        Binding("ctrl+c", "app.quit", "quit"),
    ]
    DEFAULT_CSS = """
    SheetScreen { align: center middle; }
    SheetScreen > SheetPane { width: 96; max-width: 100%; height: 90%; padding: 0 1; }
    SheetScreen.-narrow > SheetPane { width: 100%; height: 100%; }
    """
    HORIZONTAL_BREAKPOINTS = WIDTHS

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        yield SheetPane(number=0, name=self._title)

    def on_resize(self, event: Resize) -> None:
        # After the pane has been laid out in the new size, so that its width is known.
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        pane = self.query_one(SheetPane)
        title: Line = [Piece(f"{self._title} ", "strong"), Piece(" esc closes ", "quiet")]
        pane.set_title(title)
        pane.show(self.lines(pane.scrollable_content_region.width), self._title)

    def lines(self, width: int) -> Sheet:
        """What is shown, for so many cells."""
        raise NotImplementedError

    def action_move(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one(SheetPane).move(by)

    def action_page(self, by: int) -> None:
        """Scroll by pages."""
        pane = self.query_one(SheetPane)
        pane.move(by * pane.page)


class HelpScreen(SheetScreen):
    """Every key, from the table."""

    def __init__(self) -> None:
        super().__init__("keys")

    def lines(self, width: int) -> Sheet:
        return Sheet(help_lines(width))


class FailureScreen(SheetScreen):
    """The exception that ended the program."""

    def __init__(self, session: Session) -> None:
        super().__init__("error")
        self._session = session

    def lines(self, width: int) -> Sheet:
        return Sheet([*headline(self._session, width), *traceback(self._session, width)])


def help_lines(width: int) -> list[Line]:
    """The table of keys as text, then what the marks in the op list mean."""
    lines: list[Line] = []
    shown = 14
    for group, keys in by_group().items():
        lines.append([Piece(group, "strong")])
        for key in keys:
            for n, text in enumerate(wrap(key.help, max(8, width - shown))):
                lines.append(
                    [Piece(f"  {key.shown if n == 0 else '':<{shown - 2}}", "key"), Piece(text)]
                )
        lines.append([])
    lines.append([Piece("Marks in the op list", "strong")])
    for mark in MARKS.values():
        lines.append([Piece(f"  {mark.sign:<{shown - 2}}", mark.role), Piece(mark.meaning)])
    return lines
