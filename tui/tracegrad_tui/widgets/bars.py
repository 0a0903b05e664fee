"""The lines at the top and the bottom: what the trace is, what was said, which keys there are."""

from __future__ import annotations

from typing import cast

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal
from textual.events import Blur, Key, Resize
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from tracegrad_tui.messages import LetterTyped, NeedleTyped, PromptClosed
from tracegrad_tui.pieces import Line, Piece
from tracegrad_tui.theme import Paint
from tracegrad_tui.widgets.pane import Painted


class Bar(Widget):
    """One line."""

    DEFAULT_CSS = """
    Bar { height: 1; background: $panel; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._line: Line = []

    def show(self, line: Line) -> None:
        """Show a line; an equal one costs no repaint."""
        if line != self._line:
            self._line = line
            self.refresh()

    def render_line(self, y: int) -> Strip:
        paint: Paint = cast("Painted", self.app).paint
        style = self.rich_style
        return paint.strip(self._line).apply_style(style).adjust_cell_length(self.size.width, style)


class LetterPrompt(Widget, can_focus=True):
    """Takes the next key whatever it is bound to: the letter of a mark."""

    DEFAULT_CSS = """
    LetterPrompt { width: 1; height: 1; display: none; }
    """

    open = False

    def render(self) -> RenderResult:
        return "_"

    def on_key(self, event: Key) -> None:
        if self.open:
            event.stop()
            self.open = False
            self.post_message(LetterTyped(letter_of(event)))


class Needle(Input):
    """The search prompt's text field."""

    open = False

    def on_key(self, event: Key) -> None:
        if not self.open:  # typed ahead of a prompt that has closed meanwhile: for a pane
            event.prevent_default()
        elif event.key in ("enter", "escape"):
            event.stop()
            event.prevent_default()
            self.finish(accepted=event.key == "enter")

    def finish(self, *, accepted: bool) -> None:
        """Close, once."""
        if self.open:
            self.open = False
            self.post_message(PromptClosed(self.value, accepted=accepted))


class StatusLine(Horizontal):
    """What the last action said, or a prompt.

    Note [Typing ahead]
    ~~~~~~~~~~~~~~~~~~~
    A widget handles its keys in its own task, so the keys after `/` may be on their way to a pane
    before the prompt that `/` opens has the focus, and those after enter on their way to the
    prompt. So a prompt is open from the moment its key acts to the moment it is finished, whoever
    has the focus: open, it gets what comes by at the app (`take`); closed, it passes keys on.
    """

    DEFAULT_CSS = """
    StatusLine { height: 1; background: $panel; }
    StatusLine > Bar { width: 1fr; }
    StatusLine > #slash { display: none; width: 1; }
    StatusLine > Needle {
        display: none; width: 30%; min-width: 20; height: 1; border: none; padding: 0 1 0 0;
        background: $panel;
    }
    StatusLine > Needle:focus { border: none; }
    """

    def compose(self) -> ComposeResult:
        yield Static("/", id="slash", markup=False)
        yield Needle(id="needle", compact=True)
        yield LetterPrompt(id="letter")
        yield Bar(id="said")

    def show(self, line: Line) -> None:
        """Show what was said."""
        self.query_one("#said", Bar).show(line)

    @property
    def searching(self) -> bool:
        """Whether the search prompt is open."""
        return self.query_one(Needle).open

    def open_search(self) -> None:
        """Ask for what to search."""
        needle = self.query_one(Needle)
        with needle.prevent(Input.Changed):
            needle.value = ""
        needle.open = True
        self._show_prompt(needle, self.query_one("#slash"))

    def open_letter(self) -> None:
        """Ask for a letter."""
        prompt = self.query_one(LetterPrompt)
        prompt.open = True
        self._show_prompt(prompt)

    def close(self) -> None:
        """Take the prompt away."""
        for id in ("#slash", "#needle", "#letter"):
            self.query_one(id).display = False

    def take(self, event: Key) -> PromptClosed | LetterTyped | bool:
        """Give a key that came by at the app to the open prompt.

        Returns: what that finished, else whether the prompt took the key.
        """
        needle, prompt = self.query_one(Needle), self.query_one(LetterPrompt)
        if prompt.open:
            prompt.open = False
            return LetterTyped(letter_of(event))
        if not needle.open:
            return False
        if event.key in ("enter", "escape"):
            needle.open = False
            return PromptClosed(needle.value, accepted=event.key == "enter")
        if event.is_printable and event.character:
            needle.insert_text_at_cursor(event.character)
            return True
        return False

    def _show_prompt(self, prompt: Widget, *others: Widget) -> None:
        for widget in (prompt, *others):
            widget.display = True
        # At once: `prompt.focus()` waits for a refresh.
        self.screen.set_focus(prompt)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(NeedleTyped(event.value))

    def on_descendant_blur(self, event: Blur) -> None:
        """A click elsewhere leaves the prompt."""
        self.query_one(Needle).finish(accepted=True)
        prompt = self.query_one(LetterPrompt)
        if prompt.open:
            prompt.open = False
            self.post_message(LetterTyped(""))


def letter_of(event: Key) -> str:
    """The character that a key types, `""` if none."""
    return event.character if event.is_printable and event.character else ""


class KeyLine(Bar):
    """As many keys as there is room for, the most important first."""

    def __init__(self, keys: list[tuple[str, str]], *, id: str) -> None:
        super().__init__(id=id)
        self._keys = keys

    def on_resize(self, event: Resize) -> None:
        self.show(key_line(self._keys, event.size.width))


def key_line(keys: list[tuple[str, str]], width: int) -> Line:
    """Keys and words on one line. The last two, help and quit, are always there."""
    last = keys[-2:]
    room = width - sum(_length(key) for key in last)
    chosen: list[tuple[str, str]] = []
    for key in keys[:-2]:
        room -= _length(key)
        if room < 0:
            break
        chosen.append(key)
    line: Line = []
    for letter, word in [*chosen, *last]:
        line += [Piece(f" {letter}", "key"), Piece(f" {word} ")]
    return line


def _length(key: tuple[str, str]) -> int:
    return len(key[0]) + len(key[1]) + 3


class TooSmall(Static):
    """Says that the terminal is too small; nothing else is shown then."""

    DEFAULT_CSS = """
    TooSmall { display: none; width: 1fr; height: 1fr; content-align: center middle; }
    """

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(id="too-small", markup=False)
        self._need = (columns, rows)

    def on_resize(self, event: Resize) -> None:
        columns, rows = self._need
        width, height = self.app.size
        self.update(f"tracegrad needs at least {columns}x{rows}; this terminal is {width}x{height}")
