"""Searching a trace that may be too long to read at once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache

from tracegrad.recording.model import EventRow
from tracegrad.recording.source import TraceSource


class Texts:
    """What the search looks at, of one trace: per event, scope and location, in lower case."""

    def __init__(self, source: TraceSource) -> None:
        self._source = source
        self._scope = lru_cache(4096)(self._of_scope)
        self._location = lru_cache(4096)(self._of_location)

    def holds(self, event: EventRow, needle: str) -> bool:
        """Whether op, module, names, signatures, variable or source expression hold the needle; of
        a warning also that word and its details.
        """
        return (
            needle in event.op.lower()
            or (event.kind == "warning" and needle in f"warning\n{event.options}".lower())
            or needle in self._scope(event.scope)
            or (event.location is not None and needle in self._location(event.location))
            or any(self._value_holds(v, needle) for v in event.outputs if v is not None)
        )

    def _value_holds(self, id: int, needle: str) -> bool:
        value = self._source.value(id)
        texts = (value.signature, value.signature.replace(" ", ""), value.name.lower())
        return any(needle in text for text in texts)

    def _of_scope(self, id: int) -> str:
        scope = self._source.scope(id)
        return f"{scope.path}\n{scope.type}".lower()

    def _of_location(self, id: int) -> str:
        row = self._source.location(id)
        return f"{row.variable}\n{row.expression}\n{row.short}\n{row.function}".lower()


class Search:
    """One search: its hits so far, found from the cursor onward and then from the start.

    Attributes:
        needle: what is searched, as typed.
        origin: the event where it began.
    """

    def __init__(self, source: TraceSource, texts: Texts, needle: str, origin: int) -> None:
        self.needle = needle
        self.origin = origin
        self._source = source
        self._texts = texts
        self._lower = needle.lower()
        self._after: list[int] = []  # hits from the origin on
        self._before: list[int] = []
        self._next_after = origin
        self._next_before = 0

    @property
    def done(self) -> bool:
        """Whether every event there is has been looked at."""
        return self._next_before >= self.origin and self._next_after >= self._source.event_count

    @property
    def seen(self) -> int:
        """Events looked at so far."""
        return self._next_after - self.origin + self._next_before

    @property
    def hits(self) -> list[int]:
        """Hits so far, in order."""
        return self._before + self._after

    def __len__(self) -> int:
        return len(self._before) + len(self._after)

    def scan(self, events: int) -> None:
        """Look at the next so many events: first those after the origin, then those before."""
        self._next_after = self._scan(
            self._after, self._next_after, self._source.event_count, events
        )
        if self._next_after >= self._source.event_count:
            self._next_before = self._scan(self._before, self._next_before, self.origin, events)

    def _scan(self, hits: list[int], start: int, end: int, events: int) -> int:
        stop = min(end, start + events)
        if stop <= start:
            return start
        holds, needle = self._texts.holds, self._lower
        for event in self._source.events(start, stop):
            if holds(event, needle):
                hits.append(event.id)
        return stop

    def nearest(self) -> int | None:
        """The first hit at or after the origin, else the first of all; `None` if none so far."""
        if self._after:
            return self._after[0]
        return self._before[0] if self._before else None

    def next(self, here: int, direction: int) -> tuple[int, bool] | None:
        """The hit after (or before) an event, and whether the way went around the end."""
        hits = self.hits
        if not hits:
            return None
        if direction > 0:
            n = bisect_right(hits, here)
            return (hits[n], False) if n < len(hits) else (hits[0], True)
        n = bisect_left(hits, here) - 1
        return (hits[n], False) if n >= 0 else (hits[-1], True)

    def place(self, event: int) -> int | None:
        """Which hit an event is, from 1."""
        hits = self.hits
        n = bisect_left(hits, event)
        return n + 1 if n < len(hits) and hits[n] == event else None

    def is_hit(self, event: int) -> bool:
        """Whether an event is a hit."""
        part = self._after if event >= self.origin else self._before
        n = bisect_left(part, event)
        return n < len(part) and part[n] == event
