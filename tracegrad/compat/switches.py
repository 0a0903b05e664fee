"""Switches that programs set for speed and that change nothing here, kept as they were set."""

from __future__ import annotations

from typing import Any


class Switches:
    """Attributes that may be set if the class has them: a misspelt switch is an error."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not hasattr(type(self), name):
            raise AttributeError(f"{type(self).__name__.strip('_')} has no switch '{name}'")
        super().__setattr__(name, value)
