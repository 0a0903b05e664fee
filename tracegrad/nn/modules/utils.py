"""One number or several, for layers of one to three dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def tupled(value: Any, n: int) -> tuple[Any, ...]:
    """The value for each of `n` dimensions: itself if it is a sequence, else repeated."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * n


def _single(value: Any) -> tuple[Any, ...]:
    return tupled(value, 1)


def _pair(value: Any) -> tuple[Any, ...]:
    return tupled(value, 2)


def _triple(value: Any) -> tuple[Any, ...]:
    return tupled(value, 3)


def _quadruple(value: Any) -> tuple[Any, ...]:
    return tupled(value, 4)
