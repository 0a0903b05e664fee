"""What registering a hook gives back."""

from __future__ import annotations

from itertools import count
from typing import Any

_numbers = count().__next__


class RemovableHandle:
    """Takes a hook away again; as a context manager, at the end of the block.

    `marks` note something about the hook under its number.
    """

    __slots__ = ("_hooks", "_marks", "id")

    def __init__(
        self, hooks: dict[int, Any], hook: Any, *, marks: tuple[dict[int, bool], ...] = ()
    ) -> None:
        self.id = _numbers()
        while self.id in hooks:  # of a module that was pickled by another process
            self.id = _numbers()
        self._hooks, self._marks = hooks, marks
        hooks[self.id] = hook
        for mark in marks:
            mark[self.id] = True

    def remove(self) -> None:
        """Take the hook and its marks away; a second time does nothing."""
        for held in (self._hooks, *self._marks):
            held.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()
