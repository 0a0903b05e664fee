"""Statistics of values, kept once made, and the expensive ones made later."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from tracegrad.recording.model import Stats
from tracegrad.recording.source import TraceSource

AT_ONCE = 1 << 18
"""Bytes up to which statistics are computed while drawing: about 0.5 ms."""

KEPT = 8192

Pending = Literal["pending"]


class Measures:
    """`Stats` by value; those of large arrays are promised and made by `work`."""

    def __init__(self, source: TraceSource) -> None:
        self._source = source
        self._known: OrderedDict[int, Stats | None] = OrderedDict()
        self._wanted: list[int] = []

    def of(self, value: int, *, wait: bool = False) -> Stats | Pending | None:
        """Statistics of a value, `None` if there are none, or a promise unless one waits."""
        if value in self._known:
            self._known.move_to_end(value)
            return self._known[value]
        row = self._source.value(value)
        if not wait and row.kept and row.nbytes > AT_ONCE:
            if value in self._wanted:
                self._wanted.remove(value)
            self._wanted.append(value)  # the last one asked for is done first: it is on the screen
            del self._wanted[:-256]
            return "pending"
        return self._make(value)

    @property
    def waiting(self) -> bool:
        """Whether statistics were promised and not made."""
        return bool(self._wanted)

    def work(self) -> bool:
        """Make the statistics asked for last; tell whether there was something to do."""
        if not self._wanted:
            return False
        self._make(self._wanted.pop())
        return True

    def _make(self, value: int) -> Stats | None:
        try:
            stats = self._source.stats(value)
        except TypeError:  # an array of something that is no number
            stats = None
        self._known[value] = stats
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return stats
