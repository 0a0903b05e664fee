"""What is on the main screen, and how it follows the session."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.events import Resize
from textual.screen import Screen
from textual.timer import Timer

from tracegrad_tui import keys
from tracegrad_tui.heading import heading
from tracegrad_tui.inspect import sheet
from tracegrad_tui.inspect.graph import graph
from tracegrad_tui.inspect.view import View
from tracegrad_tui.pieces import Line, Piece
from tracegrad_tui.screens.layout import HEIGHTS, RULES, SMALLEST, WIDTHS
from tracegrad_tui.session import Session
from tracegrad_tui.source_page import SourcePage, tokens
from tracegrad_tui.theme import Paint
from tracegrad_tui.widgets.bars import Bar, KeyLine, StatusLine, TooSmall
from tracegrad_tui.widgets.op_list import OpList
from tracegrad_tui.widgets.pane import Pane, SheetPane
from tracegrad_tui.widgets.source_view import SourceView

CALM, CALM_LARGE = 0.02, 0.12
"""Seconds without a move after which the panes follow; longer where drawing one takes long."""

LARGE = 1 << 21
"""Bytes of a value whose picture takes long to draw."""

LOOK_AGAIN = 0.2
"""Seconds between looks at a trace that is still being written."""

WORK, REST = 0.008, 0.012
"""Seconds of background work at a time, and between two: a key waits for the former at most."""

HIGHLIGHT_AT_ONCE = 400
"""Lines up to which a file is highlighted before it is shown: 30 ms."""


class PanesScreen(Screen[None]):
    """Source, ops, inspector and graph, all of the session's current event."""

    AUTO_FOCUS = "#pane-2"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    DEFAULT_CSS = RULES

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._pages: dict[str, SourcePage | None] = {}
        self._calm: Timer | None = None
        self.pan = 0
        self.shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield Bar(id="heading")
        with Container(id="body"), Horizontal(id="columns"):
            with Vertical(id="left", classes="side"):
                yield SourceView()
                yield OpList(self.session)
            with Vertical(id="right", classes="side"):
                yield SheetPane(number=3, name="inspector")
                yield SheetPane(number=4, name="graph")
        yield StatusLine(id="status")
        yield KeyLine(keys.footer(), id="keys")
        yield TooSmall(*SMALLEST)

    def on_mount(self) -> None:
        self._background = self.set_interval(REST, self._work, pause=True)
        if self.session.info.state == "recording":
            self.set_interval(LOOK_AGAIN, self._look_again)
        if self.session.info.state == "failed":
            self.session.say_failure()

    def on_resize(self, event: Resize) -> None:
        self.shown = ()
        self.call_after_refresh(self.show_all)

    # -- showing the session -------------------------------------------------------------------

    @property
    def paint(self) -> Paint:
        """Roles as styles."""
        paint: Paint = self.app.paint  # type: ignore[attr-defined]
        return paint

    @property
    def at_rest(self) -> bool:
        """Whether everything shows the session and nothing is being read in the background."""
        return self._calm is None and not self.session.busy and bool(self.shown)

    def show_all(self) -> None:
        """Everything anew: the trace has grown, the size or the colours have changed."""
        self.ops.show_rows()
        self.show_bars()
        self.show_panes()

    def repaint(self) -> None:
        """The colours have changed."""
        if not self.panes():  # before the first screen, which will have the new ones
            return
        for pane in self.panes():
            pane.repaint()
        self.shown = ()
        self.show_all()

    def follow(self) -> None:
        """After a move: the cursor's row at once, the other panes when the keys rest."""
        self.ops.show_cursor()
        self.show_bars()
        self._later()

    def _later(self) -> None:
        """Have the panes follow, once no key has come for a moment."""
        if self._calm is not None:
            self._calm.stop()
        operand = self.session.operand
        large = operand is not None and self.session.source.value(operand.value).nbytes > LARGE
        self._calm = self.set_timer(CALM_LARGE if large else CALM, self.show_panes)

    def show_bars(self) -> None:
        self.query_one("#heading", Bar).show(heading(self.session, self.size.width))
        notice = self.session.notice
        line: Line = [Piece(f" {notice.text}", notice.tone)] if notice.text else []
        self.query_one(StatusLine).show(line)
        if self.session.busy:
            self._background.resume()

    def show_panes(self) -> None:
        """The panes that follow the cursor; what shows the same already is left alone."""
        self._calm = None
        session = self.session
        shown = (session.cursor, session.tab, session.operand, self.pan, session.state_of_view())
        if shown == self.shown:
            return
        if session.cursor != (self.shown[0] if self.shown else None):
            self.pan = 0
        self.shown = shown
        self._show_source()
        self._show_inspector()
        self._show_graph()

    def _show_inspector(self) -> None:
        session, pane = self.session, self.inspector
        view = self._view(pane)
        if view is None:
            return
        pane.set_title(self._inspector_title())
        subject = (session.cursor, session.tab, session.operand)
        pane.show(sheet(session, view), subject)

    def _show_graph(self) -> None:
        session, pane = self.session, self.graph
        view = self._view(pane)
        pane.set_title([Piece("graph", "strong")])
        if view is not None:
            drawn, line = graph(session, view)
            pane.show(drawn, (session.cursor, session.count), line=line)

    def _view(self, pane: SheetPane) -> View | None:
        """The space in a pane; `None` when it is not on the screen."""
        region = pane.scrollable_content_region
        if not pane.display or not region.width or not region.height:
            return None
        pan = self.pan if pane is self.focused else 0
        return View(region.width, region.height, pan, self.paint.heat)

    def _inspector_title(self) -> Line:
        session = self.session
        event = session.event
        title: Line = []
        if event is not None:
            title += [Piece(f"#{event.id} {event.op} ", "strong")]
        for tab in session.tabs:
            role = "tab" if tab == session.tab else "quiet"
            title.append(Piece(f" {tab} ", role))
        return title

    def _show_source(self) -> None:
        source, event = self.session.source, self.session.event
        if event is None:
            self.source.say(["nothing was recorded"])
            return
        if event.location is None:
            self.source.say([f"#{event.id} {event.op} ran from no known line of the program"])
            return
        here = source.location(event.location)
        page = self._page(here.file)
        if page is None:
            self.source.say(
                [
                    f"{here.short} in {here.function}",
                    here.expression,
                    "",
                    f"the source of {here.file} is not in this trace",
                ]
            )
            return
        self.source.show(page, here)

    def _page(self, file: str) -> SourcePage | None:
        if file not in self._pages:
            text = self.session.source.source_text(file)
            page = self._pages[file] = SourcePage(file, text) if text is not None else None
            if page is not None and len(page) <= HIGHLIGHT_AT_ONCE:
                page.spans = tokens(page.text)
            elif page is not None:
                self.run_worker(partial(self._highlight, page), thread=True)
        return self._pages[file]

    def _highlight(self, page: SourcePage) -> None:
        """In a thread: 5,000 lines take 0.4 s."""
        page.spans = tokens(page.text)
        self.app.call_from_thread(self.source.forget_lines)

    # -- time passes ---------------------------------------------------------------------------

    def _work(self) -> None:
        if self._calm is not None:
            return
        if not self.session.busy:
            self._background.pause()
            return
        cursor = self.session.cursor
        changes = self.session.work(WORK)
        if "search" in changes:
            self.show_bars()
            if cursor != self.session.cursor or not self.session.searching:
                self.ops.show_rows()
                self.follow()
        if "links" in changes:
            self.show_bars()
            if self.session.ready:
                self.show_all()
        if "stats" in changes:
            self.ops.show_rows()
            self.shown = ()
            self.show_panes()

    def _look_again(self) -> None:
        if self.session.info.state == "recording" and self.session.refresh():
            self.shown = ()
            self.show_all()

    # -- panes ---------------------------------------------------------------------------------

    @property
    def source(self) -> SourceView:
        """Pane 1."""
        return self.query_one(SourceView)

    @property
    def ops(self) -> OpList:
        """Pane 2."""
        return self.query_one(OpList)

    @property
    def inspector(self) -> SheetPane:
        """Pane 3."""
        return self.query_one("#pane-3", SheetPane)

    @property
    def graph(self) -> SheetPane:
        """Pane 4."""
        return self.query_one("#pane-4", SheetPane)

    def panes(self) -> list[Pane]:
        return list(self.query(Pane))

    def focus_pane(self, pane: Pane) -> None:
        self.set_class(pane is self.graph, "graph")
        if self.has_class("zoomed"):
            self.keep(pane)
        self.shown = ()
        pane.focus()
        self.call_after_refresh(self.show_panes)

    def keep(self, pane: Pane | None) -> None:
        """Zoom a pane, or none."""
        for widget in self.query(".kept"):
            widget.remove_class("kept")
        self.set_class(pane is not None, "zoomed")
        if pane is not None and pane.parent is not None:
            pane.add_class("kept")
            self.query_one(f"#{pane.parent.id}").add_class("kept")
        self.shown = ()
        self.call_after_refresh(self.show_all)
