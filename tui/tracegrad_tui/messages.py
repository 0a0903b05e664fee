"""What widgets tell the screen."""

from __future__ import annotations

from textual.message import Message


class EventChosen(Message):
    """A row of the op list was clicked."""

    def __init__(self, event: int) -> None:
        super().__init__()
        self.event = event


class NeedleTyped(Message):
    """The text of the search prompt changed."""

    def __init__(self, needle: str) -> None:
        super().__init__()
        self.needle = needle

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, NeedleTyped)


class PromptClosed(Message):
    """The search prompt was left with enter (`accepted`) or escape."""

    def __init__(self, needle: str, *, accepted: bool) -> None:
        super().__init__()
        self.needle = needle
        self.accepted = accepted


class LetterTyped(Message):
    """The letter of a mark was typed; `letter` is `""` for any key that is no character."""

    def __init__(self, letter: str) -> None:
        super().__init__()
        self.letter = letter
