"""What the screens look like, as pictures. After a wanted change: `pytest --snapshot-update`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tests.sample_trace import sample_trace
from tests.tui.driving import LARGE, SMALL, Driver
from tests.tui.traces import failed_trace, odd_trace
from tracegrad.recording.source import TraceSource
from tracegrad_tui.app import DebuggerApp
from tracegrad_tui.session import Session

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same colours whatever terminal the tests run in."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")


def shown(
    source: TraceSource, *keys: str, start: int | None = None, theme: str = ""
) -> tuple[DebuggerApp, Callable[[Pilot[None]], Awaitable[None]]]:
    """An app, and what to do before the picture is taken."""
    app = DebuggerApp(Session(source, start=start), heat=True)

    async def before(pilot: Pilot[None]) -> None:
        driver = Driver(app, pilot)
        if theme:
            app.theme = theme
        await driver.settle()
        await pilot.press(*keys)
        await driver.settle()

    return app, before


@pytest.mark.parametrize(
    ("source", "keys", "start", "size", "theme"),
    [
        pytest.param(sample_trace, (), 2, SMALL, "", id="forward_small"),
        pytest.param(sample_trace, (), 1, LARGE, "", id="forward_large"),
        pytest.param(sample_trace, (), 13, LARGE, "", id="backward_large"),
        pytest.param(sample_trace, ("4",), 11, SMALL, "", id="graph_small"),
        pytest.param(sample_trace, ("slash", *"relu"), 0, SMALL, "", id="searching"),
        pytest.param(sample_trace, ("question_mark",), 0, LARGE, "", id="help"),
        pytest.param(sample_trace, (), 2, LARGE, "textual-light", id="light"),
        pytest.param(sample_trace, (), 2, (40, 10), "", id="too_small"),
        pytest.param(failed_trace, (), None, LARGE, "", id="failed"),
        pytest.param(odd_trace, ("3", "z"), 0, SMALL, "", id="nan_and_infinity"),
        pytest.param(odd_trace, (), 7, LARGE, "", id="wide_array"),
    ],
)
def test_screen(
    snap_compare: Compare,
    source: Callable[[], TraceSource],
    keys: tuple[str, ...],
    start: int | None,
    size: tuple[int, int],
    theme: str,
) -> None:
    app, before = shown(source(), *keys, start=start, theme=theme)
    assert snap_compare(app, terminal_size=size, run_before=before)


def test_screen_without_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app, before = shown(sample_trace(), start=13)
    assert snap_compare(app, terminal_size=LARGE, run_before=before)
