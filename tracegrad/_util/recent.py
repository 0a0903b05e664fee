"""A dictionary that forgets."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")


class Recent(OrderedDict[Key, Item]):
    """The `most` items that were used last; `get` counts as use."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def get(self, key: Key, default: Any = None) -> Any:
        if key not in self:
            return default
        self.move_to_end(key)
        return self[key]

    def __setitem__(self, key: Key, item: Item) -> None:
        super().__setitem__(key, item)
        if len(self) > self._most:
            self.popitem(last=False)
