"""What registering a hook gives back."""

from __future__ import annotations

from itertools import count
from typing import Any

_numbers = count().__next__


class RemovableHandle:
    """Takes a hook away again; as a context manager, at the end of the block."""

    __slots__ = ("_hooks", "id")

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self.id = _numbers()
        self._hooks = hooks
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()
