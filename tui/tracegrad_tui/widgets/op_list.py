"""The whole program as a list of events, of any length."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.events import Click, Resize
from textual.strip import Strip

from tracegrad_tui.messages import EventChosen
from tracegrad_tui.pieces import Piece, width
from tracegrad_tui.rows import Columns, columns, row, title
from tracegrad_tui.session import Session
from tracegrad_tui.theme import cursor_back
from tracegrad_tui.widgets.pane import Pane

MARGIN = 2
"""Rows kept in sight above and below the cursor."""


class OpList(Pane):
    """Rows made when they are drawn, so that a million cost no more than fifty.

    Moving the cursor repaints two rows; see `show_cursor`.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(number=2, name="ops")
        self._session = session
        self._row = -1
        self._widths: Columns | None = None
        self._strips: LRUCache[tuple[int, str], Strip] = LRUCache(1024)

    # -- drawing -------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        session = self._session
        cells = self.scrollable_content_region.width
        n = round(self.scroll_y) + y
        if n >= session.rows:
            return Strip.blank(cells, self.rich_style)
        back = cursor_back(self.has_focus) if n == self._row else ""
        id = session.folds.event(n)
        key = (id, back)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._drawn(id, back, cells)
            self._strips[key] = strip
        return strip

    def _drawn(self, id: int, back: str, cells: int) -> Strip:
        if self._widths is None:
            self._widths = columns(cells, self._session.count)
        line = [Piece(self._pointer(id, back)), *row(self._session, id, self._widths)]
        line.append(Piece(" " * max(0, cells - width(line))))
        return self.paint.strip(line, back).apply_style(self.rich_style).crop(0, cells)

    def _pointer(self, id: int, back: str) -> str:
        letter = next((m for m, at in self._session.journey.marks.items() if at == id), "")
        return ("▶" if back else " ") + (letter or " ")

    # -- following the session -----------------------------------------------------------------

    def show_cursor(self) -> None:
        """Move the cursor to the session's row: two rows are repainted, all only if it scrolls."""
        before, self._row = self._row, self._session.row
        self.reveal(self._row, margin=MARGIN)
        if before != self._row:
            self.refresh_line(before)
        self.refresh_line(self._row)

    def show_rows(self) -> None:
        """Draw all rows anew: there are more, or they show something else."""
        self._strips.clear()
        self._widths = None
        self.set_lines(self._session.rows)
        self._row = self._session.row
        self.reveal(self._row, margin=MARGIN)
        self._write_title()
        self.refresh()

    def forget_row(self) -> None:
        """Draw the cursor's row anew."""
        self._strips.clear()
        self.refresh_line(self._row)

    def repaint(self) -> None:
        super().repaint()
        self.show_rows()

    def _write_title(self) -> None:
        """Column titles stand in the pane's upper edge, above their columns."""
        cells = self.scrollable_content_region.width
        if cells < 1:
            return
        cornered = self.outer_size.width - self.content_size.width > 1
        before = 3 if cornered else 1  # cells of the edge left of the title
        room = self.outer_size.width - 2 * before - len(f"{self.number} ")
        shift = (1 if cornered else 0) - before - len(f"{self.number} ")
        count = self._session.count
        edge = "edge-focus" if self.has_focus else "edge"
        self.set_title(title(columns(cells, count), count, room, shift, edge))

    def on_resize(self, event: Resize) -> None:
        self.show_rows()

    def on_focus(self) -> None:
        self._write_title()
        self.refresh_line(self._row)

    def on_blur(self) -> None:
        self._write_title()
        self.refresh_line(self._row)

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        n = round(self.scroll_y) + offset.y
        if n < self._session.rows:
            self.post_message(EventChosen(self._session.folds.event(n)))
