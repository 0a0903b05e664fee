"""Where one has been: marks by letter, and the jumps with their way back."""

from __future__ import annotations

KEPT = 200


class Journey:
    """Marks, and a history of jumps that is walked as in a browser."""

    def __init__(self) -> None:
        self.marks: dict[str, int] = {}
        self._back: list[int] = []
        self._forward: list[int] = []

    def left(self, event: int) -> None:
        """A jump leaves from an event."""
        if not self._back or self._back[-1] != event:
            self._back.append(event)
        del self._back[:-KEPT]
        self._forward.clear()

    def back(self, here: int) -> int | None:
        """Where the last jump came from; `None` at the beginning."""
        return _turn(self._back, self._forward, here)

    def forward(self, here: int) -> int | None:
        """Undo `back`."""
        return _turn(self._forward, self._back, here)


def _turn(source: list[int], other: list[int], here: int) -> int | None:
    while source and source[-1] == here:  # arrived there by other means meanwhile
        source.pop()
    if not source:
        return None
    other.append(here)
    return source.pop()
