"""Running the debugger without a terminal, and reading its screen as text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from textual.pilot import Pilot

from tracegrad.recording.source import TraceSource
from tracegrad_tui.app import DebuggerApp
from tracegrad_tui.screens.main import MainScreen
from tracegrad_tui.session import Session

SMALL, LARGE = (80, 24), (160, 50)


class Driver:
    """A running app, its session and its keyboard."""

    def __init__(self, app: DebuggerApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def session(self) -> Session:
        return self.app.session

    @property
    def main(self) -> MainScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    async def press(self, *keys: str) -> None:
        """Press keys, then wait until the panes show what they led to."""
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        await self.until(lambda: self.main.at_rest, "the screen did not come to rest")

    async def until(self, condition: Callable[[], bool], complaint: str) -> None:
        deadline = monotonic() + 20
        await self.pilot.pause()
        while not condition():
            assert monotonic() < deadline, complaint
            await self.pilot.pause(0.005)
        await self.pilot.pause()

    @property
    def text(self) -> str:
        """The whole screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    def pane(self, number: int) -> str:
        """The lines that a pane shows."""
        region = self.main.query_one(f"#pane-{number}").content_region
        rows = self.text.split("\n")[region.y : region.bottom]
        return "\n".join(row.ljust(region.right)[region.x : region.right].rstrip() for row in rows)

    @property
    def status(self) -> str:
        """The line above the keys."""
        return self.text.split("\n")[-2].strip()

    @property
    def cursor_row(self) -> str:
        """The op list's row with the cursor."""
        rows = [row for row in self.pane(2).split("\n") if row.startswith("▶")]
        assert len(rows) == 1, self.text
        return rows[0]


def drive(
    source: TraceSource,
    script: Callable[[Driver], Awaitable[None]],
    *,
    size: tuple[int, int] = SMALL,
    start: int | None = None,
) -> None:
    """Show a trace, run a script of keys and checks, and leave."""

    async def run() -> None:
        app = DebuggerApp(Session(source, start=start), heat=True)
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: bool(app.screen_stack), "no screen came")
            await script(driver)

    asyncio.run(run())
