"""The debugger as a program: `run(source)` shows a trace in the terminal until one leaves it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from os import PathLike

from textual.app import App, SystemCommand
from textual.events import Key
from textual.screen import Screen

from tracegrad.errors import TracegradError
from tracegrad.recording.source import TraceSource
from tracegrad_tui.keys import KEYS
from tracegrad_tui.screens.main import MainScreen
from tracegrad_tui.session import Session
from tracegrad_tui.theme import THEME, Paint


class DebuggerApp(App[None]):
    """A trace on the screen.

    Attributes:
        paint: how roles look under the current theme.
        failure: what kept the trace from being read on.
    """

    TITLE = "tracegrad"
    ALLOW_SELECT = False  # panes draw their own lines, and ctrl+c is to quit
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, session: Session, *, heat: bool | None = None) -> None:
        """Prepare to show a session.

        Args:
            session: what to show.
            heat: whether heat maps are in colour. By default if the terminal has enough of them.
        """
        # Without colour, Textual's own themes still send greys; the terminal's colours and
        # attributes alone are what NO_COLOR asks for.
        plain = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if plain else None)
        few = self.console.color_system in (None, "standard")  # 16 colours make no heat map
        self._heat = (not few if heat is None else heat) and not plain
        self.session = session
        self.failure: TracegradError | None = None
        self.register_theme(THEME)
        self.theme = "ansi-dark" if plain else THEME.name
        self.paint = self._mixed()

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, lambda _: self._repaint())

    def on_key(self, event: Key) -> None:
        """Before the bindings: a key typed ahead may belong to a prompt that has just opened."""
        if isinstance(self.screen, MainScreen) and self.screen.take_key(event):
            event.prevent_default()

    def get_default_screen(self) -> Screen[None]:
        return MainScreen(self.session)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the keys table, and Textual's own choice of theme."""
        if isinstance(screen, MainScreen):
            for key in KEYS:
                if not key.action.startswith(("digit", "palette")):
                    title = f"{key.name}  ({key.shown})"
                    run = partial(screen.run_action, key.action)
                    yield SystemCommand(title, key.help, run)
        yield SystemCommand("Theme", "choose other colours", self.action_change_theme)

    def _handle_exception(self, error: Exception) -> None:
        """A trace that cannot be read on ends the debugger with that error, not with ours."""
        if isinstance(error, TracegradError):
            self.failure = self.failure or error
            self.exit()
        else:
            super()._handle_exception(error)

    def _mixed(self) -> Paint:
        return Paint(
            self.theme_variables,
            dark=self.current_theme.dark,
            coloured=not self.no_color,
            heat=self._heat,
        )

    def _repaint(self) -> None:
        self.paint = self._mixed()
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.repaint()


def run(source: TraceSource, *, start: int | None = None) -> None:
    """Show a trace until the user leaves it.

    Args:
        source: any trace, also one that is still being recorded.
        start: the event to begin at. By default the first, or the last of a program that failed.

    Raises:
        TraceFileError: a part of the file that was looked at is damaged.
    """
    app = DebuggerApp(Session(source, start=start))
    app.run()
    if app.failure is not None:
        raise app.failure


def run_path(path: str | PathLike[str], *, start: int | None = None) -> None:
    """Show a trace file until the user leaves it.

    Raises:
        TraceFileError: the file is no trace, or is damaged.
    """
    from tracegrad.recording.reader import open_trace

    with open_trace(path) as source:
        run(source, start=start)
