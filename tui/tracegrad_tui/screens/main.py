"""The main screen: every key ends in an action here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Key

from tracegrad_tui import keys
from tracegrad_tui.messages import EventChosen, LetterTyped, NeedleTyped, PromptClosed
from tracegrad_tui.screens.panes import PanesScreen
from tracegrad_tui.screens.sheet import FailureScreen, HelpScreen
from tracegrad_tui.session import Session
from tracegrad_tui.widgets.bars import StatusLine
from tracegrad_tui.widgets.pane import Pane

PAN = 8
"""Cells of source, or columns of numbers, that one key scrolls sideways."""


class MainScreen(PanesScreen):
    """The panes, and what keys do to them and to the session."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings()]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._origin = session.cursor  # where a search began
        self._focus_before: Pane | None = None  # where to return to from a prompt

    # -- actions -------------------------------------------------------------------------------

    def _do(self, action: Callable[[], None]) -> None:
        """One action of the session, and what it changes on the screen."""
        folds, marks = self.session.folds.version, len(self.session.journey.marks)
        action()
        if (folds, marks) != (self.session.folds.version, len(self.session.journey.marks)):
            self.ops.show_rows()
        self.follow()

    def action_step(self, by: int) -> None:
        self._do(lambda: self.session.step(by))

    def action_over(self, direction: int) -> None:
        self._do(lambda: self.session.over(direction))

    def action_counterpart(self) -> None:
        self._do(self.session.counterpart)

    def action_down(self, by: int) -> None:
        focused = self.focused
        if isinstance(focused, Pane) and focused is not self.ops:
            focused.move(by)
        else:
            self._do(lambda: self.session.down(by))

    def action_page(self, by: int) -> None:
        self._page_by(by * max(1, self._moved_pane().page - 1))

    def action_half_page(self, by: int) -> None:
        self._page_by(by * max(1, self._moved_pane().page // 2))

    def _page_by(self, lines: int) -> None:
        self.action_down(lines)

    def _moved_pane(self) -> Pane:
        return self.focused if isinstance(self.focused, Pane) else self.ops

    def action_first(self) -> None:
        self._do(self.session.first)

    def action_last(self) -> None:
        if self.session.digits and self._focus_before is not None:
            self.focus_pane(self._focus_before)
        self._focus_before = None
        self._do(self.session.last)

    def action_fold(self) -> None:
        self._do(self.session.fold)

    def action_producer(self) -> None:
        self._do(self.session.producer)

    def action_consumer(self) -> None:
        self._do(self.session.consumer)

    def action_version(self, direction: int) -> None:
        self._do(lambda: self.session.version(direction))

    def action_warning(self, direction: int) -> None:
        self._do(lambda: self.session.warning(direction))

    def action_digit(self, digit: int) -> None:
        """A digit chooses a pane; if it turns out to be of a number, G takes that back."""
        if not self.session.digits:
            self._focus_before = self._moved_pane()
        pane = next((pane for pane in self.panes() if pane.number == digit), None)
        if pane is not None:
            self.focus_pane(pane)
        self.session.digit(digit)
        self.show_bars()

    def action_search(self) -> None:
        self._origin = self.session.cursor
        self._focus_before = self._moved_pane()
        self.query_one(StatusLine).open_search()
        self.session.find("", self._origin)
        self.ops.show_rows()
        self.show_bars()

    def on_needle_typed(self, message: NeedleTyped) -> None:
        if self.query_one(StatusLine).searching:
            self._find(message.needle)

    def on_prompt_closed(self, message: PromptClosed) -> None:
        if not message.accepted:
            self._find("")
        elif message.needle != (self.session.search.needle if self.session.search else ""):
            self._find(message.needle)
        self.session.accept_search(self._origin)
        self._close_prompt()

    def _find(self, needle: str) -> None:
        self.session.find(needle, self._origin)
        self.ops.show_rows()
        self.follow()

    def action_hit(self, direction: int) -> None:
        self._do(lambda: self.session.hit(direction))

    def action_mark(self) -> None:
        self._ask_letter(self.session.mark, "mark this event as: a letter")

    def action_to_mark(self) -> None:
        self._ask_letter(self.session.to_mark, "go to mark: a letter")

    def _ask_letter(self, use: Callable[[str], None], prompt: str) -> None:
        self._use_letter = use
        self._focus_before = self._moved_pane()
        self.session.say(prompt)
        self.show_bars()
        self.query_one(StatusLine).open_letter()

    def on_letter_typed(self, message: LetterTyped) -> None:
        self.session.clear_notice()
        if message.letter:
            self._do(partial(self._use_letter, message.letter))
        self._close_prompt()

    def take_key(self, event: Key) -> bool:
        """Give a key that no widget took to the open prompt; see Note [Typing ahead].

        Any key but a digit or `G` ends the number being typed.
        """
        if not event.key.isdigit() and event.key not in ("G", "end"):
            self.session.digits = ""
        taken = self.query_one(StatusLine).take(event)
        if isinstance(taken, PromptClosed):
            self.on_prompt_closed(taken)
        elif isinstance(taken, LetterTyped):
            self.on_letter_typed(taken)
        return bool(taken)

    def _close_prompt(self) -> None:
        self.query_one(StatusLine).close()
        self.set_focus(self._focus_before or self.ops)
        self._focus_before = None
        self.ops.show_rows()
        self.follow()

    def action_jump_back(self) -> None:
        self._do(self.session.jump_back)

    def action_jump_forward(self) -> None:
        self._do(self.session.jump_forward)

    def action_next_pane(self, by: int) -> None:
        panes = [pane for pane in self.panes() if self.has_class("zoomed") or pane.display]
        here = panes.index(self._moved_pane()) if self._moved_pane() in panes else 0
        self.focus_pane(panes[(here + by) % len(panes)])

    def action_zoom(self) -> None:
        self.keep(None if self.has_class("zoomed") else self._moved_pane())

    def action_pan(self, direction: int) -> None:
        if self._moved_pane() is self.source:
            self.source.pan(direction * PAN)
            return
        self.pan = max(0, self.pan + direction)
        self.show_panes()

    def action_tab(self, by: int) -> None:
        self._do(lambda: self.session.turn_tab(by))

    def action_operand(self, by: int) -> None:
        self._do(lambda: self.session.turn_operand(by))

    def action_slice(self, by: int) -> None:
        self._do(lambda: self.session.turn_slice(by))

    def action_failure(self) -> None:
        if self.session.info.state == "failed":
            self.app.push_screen(FailureScreen(self.session))
        else:
            self.session.say("the program did not fail")
            self.show_bars()

    def action_palette(self) -> None:
        self.app.action_command_palette()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_leave(self) -> None:
        self.app.exit()

    def on_event_chosen(self, message: EventChosen) -> None:
        self._do(lambda: self.session.goto(message.event))
