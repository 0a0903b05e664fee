"""Folded stretches of the op list: rows are events less what is folded away.

A fold covers events `start..stop-1` and shows one row, that of `start`. Folds never overlap:
folding around others takes them in. Both directions of the mapping cost a bisection, whatever the
trace's size.
"""

from __future__ import annotations

from bisect import bisect_right


class Folds:
    """Which stretches are folded."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        self._hidden: list[int] = []  # events hidden by all folds before this one

    def __len__(self) -> int:
        return len(self._starts)

    def at(self, event: int) -> tuple[int, int] | None:
        """The fold that holds an event."""
        n = bisect_right(self._starts, event) - 1
        if n >= 0 and event < self._stops[n]:
            return self._starts[n], self._stops[n]
        return None

    def fold(self, start: int, stop: int) -> None:
        """Fold events `start..stop-1` into one row."""
        kept = [
            (a, b)
            for a, b in zip(self._starts, self._stops, strict=True)
            if b <= start or a >= stop
        ]
        self._set(sorted([*kept, (start, stop)]))

    def unfold(self, event: int) -> None:
        """Open the fold that holds an event."""
        self._set(
            [(a, b) for a, b in zip(self._starts, self._stops, strict=True) if not a <= event < b]
        )

    def rows(self, events: int) -> int:
        """Rows for a trace of so many events."""
        return events - self._hidden_before(len(self._starts))

    def row(self, event: int) -> int:
        """The row that shows an event; of a folded one, the fold's."""
        n = bisect_right(self._starts, event)
        fold = self.at(event)
        if fold is not None:
            return fold[0] - self._hidden_before(n - 1)
        return event - self._hidden_before(n)

    def event(self, row: int) -> int:
        """The event that a row shows; of a fold, its first."""
        low, high = 0, len(self._starts)
        while low < high:  # the last fold whose own row is above this row
            middle = (low + high) // 2
            if self._starts[middle] - self._hidden[middle] < row:
                low = middle + 1
            else:
                high = middle
        return row + self._hidden_before(low)

    def _set(self, folds: list[tuple[int, int]]) -> None:
        self._starts = [a for a, _ in folds]
        self._stops = [b for _, b in folds]
        self._hidden = []
        hidden = 0
        for a, b in folds:
            self._hidden.append(hidden)
            hidden += b - a - 1
        self._total = hidden

        self.version += 1

    _total = 0
    version = 0
    """Counts the changes."""

    def _hidden_before(self, n: int) -> int:
        return self._total if n >= len(self._hidden) else self._hidden[n]
