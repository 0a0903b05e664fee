"""The public functions that come from the op table, as attributes of a module.

`functions.pyi`, made by `python -m tracegrad.ops.stubs`, declares each with its signature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad.ops.install import functions

__all__ = sorted(functions)


def __getattr__(name: str) -> Callable[..., Any]:
    try:
        return functions[name]
    except KeyError:
        raise AttributeError(f"tracegrad has no function {name!r}") from None


def __dir__() -> list[str]:
    return sorted(functions)
