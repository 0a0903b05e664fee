"""Arguments of the containers: positions, things to add."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any


def within(index: Any, length: int) -> int:
    """A position that may count from the end."""
    index = operator.index(index)
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range")
    return index % length


def iterable(values: Any, container: str) -> Any:
    if not isinstance(values, Iterable):
        raise TypeError(
            f"{container}.extend should be called with an iterable, but got {type(values).__name__}"
        )
    return values


def pairs_of(given: Any, container: str) -> list[tuple[str, Any]]:
    """Names and values, of a mapping, of another container or of pairs."""
    if hasattr(given, "items"):
        return list(given.items())
    if not isinstance(given, Iterable):
        raise TypeError(
            f"{container}.update should be called with an iterable of key/value pairs, but got "
            f"{type(given).__name__}"
        )
    pairs = []
    for n, pair in enumerate(given):
        where = f"{container} update sequence element #{n}"
        if not isinstance(pair, Iterable):
            raise TypeError(f"{where} should be Iterable; is {type(pair).__name__}")
        parts = list(pair)
        if len(parts) != 2:
            raise ValueError(f"{where} has length {len(parts)}; 2 is required")
        pairs.append((parts[0], parts[1]))
    return pairs
