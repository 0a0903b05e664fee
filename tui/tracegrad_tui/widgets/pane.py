"""What all panes have in common."""

from __future__ import annotations

from typing import Protocol, cast

from rich.text import Text
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tracegrad_tui.pieces import Line, Piece, Sheet, clean
from tracegrad_tui.theme import Paint


class Painted(Protocol):
    """An app that has a `Paint`."""

    paint: Paint


class Pane(ScrollView, can_focus=True, inherit_bindings=False):
    """A numbered pane that draws its own lines.

    Bindings are not inherited: those of a scrolling container would take the arrow keys.
    """

    DEFAULT_CSS = """
    Pane {
        border: round $panel-lighten-2;
        border-title-color: $foreground;
        background: $surface;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        scrollbar-color: $panel-lighten-2;
        scrollbar-background: $surface;
    }
    Pane:focus { border: round $primary; }
    Pane:nocolor:focus { border: double $primary; }
    """

    def __init__(self, *, number: int, name: str) -> None:
        super().__init__(id=f"pane-{number}")
        self.number = number
        self.called = name
        self._title: Line = []

    @property
    def paint(self) -> Paint:
        """The app's roles as styles."""
        return cast("Painted", self.app).paint

    def set_title(self, line: Line) -> None:
        """Write the title; an equal one costs no repaint."""
        line = [Piece(f"{self.number} ", "key"), *line] if self.number else line
        if line == self._title:
            return
        self._title = line
        text = Text()
        for piece in line:
            text.append(clean(piece.text), self.paint.style(piece.role, piece.back))
        self.border_title = text

    def set_lines(self, count: int) -> None:
        """Tell how many lines there are to scroll through."""
        size = Size(self.scrollable_content_region.width, count)
        if size != self.virtual_size:
            self.virtual_size = size

    def reveal(self, line: int, *, margin: int = 0, centre: bool = False) -> None:
        """Scroll so that a line is seen, as little as that needs."""
        height = self.scrollable_content_region.height
        if height < 1:
            return
        margin = min(margin, (height - 1) // 2)
        top = round(self.scroll_y)
        if top + margin <= line <= top + height - 1 - margin:
            return
        if centre:
            target = line - height // 3
        elif line < top + margin:
            target = line - margin
        else:
            target = line - height + 1 + margin
        self.scroll_to(y=max(0, target), animate=False, force=True, immediate=True)

    def move(self, lines: int) -> None:
        """Scroll by lines."""
        target = min(max(round(self.scroll_y) + lines, 0), round(self.max_scroll_y))
        self.scroll_to(y=target, animate=False, force=True, immediate=True)

    @property
    def page(self) -> int:
        """Lines that are seen at once."""
        return max(1, self.scrollable_content_region.height)

    def repaint(self) -> None:
        """Draw everything anew: colours or width have changed."""
        self._title = []
        self.refresh()


class SheetPane(Pane):
    """A pane that shows a `Sheet`."""

    def __init__(self, *, number: int, name: str) -> None:
        super().__init__(number=number, name=name)
        self._sheet = Sheet()
        self._shown: object = None

    def show(self, sheet: Sheet, subject: object, *, line: int = 0) -> None:
        """Show lines; of another subject than before from where `line` is in the middle."""
        self._sheet = sheet
        self.set_lines(len(sheet))
        if subject != self._shown:
            self._shown = subject
            top = max(0, line - self.page // 2)
            self.scroll_to(y=top, animate=False, force=True, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        n = round(self.scroll_y) + y
        if n >= len(self._sheet):
            return Strip.blank(width, self.rich_style)
        strip = self.paint.strip(self._sheet[n])
        return strip.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)
