"""The user's program, with the expression that is running marked."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.events import Resize
from textual.strip import Strip

from tracegrad.recording.model import LocationRow
from tracegrad_tui.pieces import Line, Piece, fit_end
from tracegrad_tui.source_page import SourcePage
from tracegrad_tui.widgets.pane import Pane

AHEAD = 8
"""Cells kept in sight left of an expression that one had to scroll to."""


class SourceView(Pane):
    """A source file: a gutter that stays, and lines that scroll sideways to the expression."""

    def __init__(self) -> None:
        super().__init__(number=1, name="source")
        self._page: SourcePage | None = None
        self._here: LocationRow | None = None
        self._note: list[str] = []
        self._left = 0
        self._strips: LRUCache[int, Strip] = LRUCache(512)

    @property
    def left(self) -> int:
        """Cells scrolled away to the left."""
        return self._left

    def show(self, page: SourcePage, here: LocationRow | None) -> None:
        """Show a file and mark an expression in it."""
        if page is self._page and here == self._here and not self._note:
            return
        before = self._here
        moved_file = page is not self._page or bool(self._note)
        self._page, self._here, self._note = page, here, []
        if moved_file:
            self._strips.clear()
            self.set_lines(len(page))
        if here is not None:
            left = self._left
            self._reveal_expression(page, here)
            moved_file = moved_file or left != self._left
            self._write_title(here)
        if moved_file:
            self.refresh()
        else:
            for row in (before, here):
                self._refresh_lines(row)

    def say(self, lines: list[str]) -> None:
        """Show why there is no source."""
        if lines == self._note:
            return
        self._note, self._here = lines, None
        self._strips.clear()
        self.set_lines(len(lines))
        self.set_title([Piece("source", "strong")])
        self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self.refresh()

    def forget_lines(self) -> None:
        """Draw the lines anew: they have been highlighted."""
        self._strips.clear()
        self.refresh()

    def pan(self, cells: int) -> None:
        """Scroll sideways."""
        self._left = max(0, self._left + cells)
        self.refresh()

    def repaint(self) -> None:
        super().repaint()
        self._strips.clear()
        if self._here is not None:
            self._write_title(self._here)
        else:
            self.set_title([Piece("source", "strong")])

    # -- drawing -------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        cells = self.scrollable_content_region.width
        n = round(self.scroll_y) + y
        style = self.rich_style
        if self._note:
            text = self._note[n] if n < len(self._note) else ""
            return (
                self.paint.strip([Piece(text, "quiet")])
                .apply_style(style)
                .adjust_cell_length(cells, style)
            )
        page = self._page
        if page is None or n >= len(page):
            return Strip.blank(cells, style)
        gutter = self.paint.strip(page.number(n, self._here))
        back = "here-line" if self._on(n) and self.paint.coloured else ""
        code = self._code(page, n, back).crop(self._left)
        rest = max(0, cells - page.gutter)
        code = code.adjust_cell_length(rest, self.paint.style("", back))
        return Strip.join([gutter, code]).apply_style(style).crop(0, cells)

    def _code(self, page: SourcePage, n: int, back: str) -> Strip:
        if self._on(n):
            return self.paint.strip(page.line(n, self._here), back)
        strip = self._strips.get(n)
        if strip is None:
            strip = self._strips[n] = self.paint.strip(page.line(n))
        return strip

    def _on(self, n: int) -> bool:
        here = self._here
        return here is not None and here.line <= n + 1 <= here.end_line

    # -- following -----------------------------------------------------------------------------

    def _reveal_expression(self, page: SourcePage, here: LocationRow) -> None:
        if not 1 <= here.line <= len(page):
            return
        last = min(here.end_line, len(page)) - 1
        self.reveal(last, margin=1, centre=True)
        self.reveal(here.line - 1, margin=1, centre=True)
        where = page.where(here.line - 1, here)
        room = self.scrollable_content_region.width - page.gutter
        if where.stop <= room:
            self._left = 0
        elif not self._left <= where.start or not where.stop <= self._left + room:
            self._left = max(0, where.start - AHEAD)

    def _refresh_lines(self, here: LocationRow | None) -> None:
        if here is not None:
            self.refresh_lines(here.line - 1, here.end_line - here.line + 1)

    def _write_title(self, here: LocationRow) -> None:
        place = (
            here.short if here.function in ("", "<module>") else f"{here.short} in {here.function}"
        )
        if self._page is not None and here.line > len(self._page):
            place += f" (the source that was kept has {len(self._page)} lines)"
        cells = max(8, self.scrollable_content_region.width - 12)
        title: Line = [Piece("source ", "strong"), Piece(fit_end(place, cells).rstrip(), "quiet")]
        self.set_title(title)

    def on_resize(self, event: Resize) -> None:
        if self._page is not None and not self._note:
            self.set_lines(len(self._page))
            if self._here is not None:
                self._reveal_expression(self._page, self._here)
        self.refresh()
