"""Lanes beside the op list, as a commit graph draws them.

A lane is a value that will still be read: it begins at the event that made it and ends at the last
event that reads it. What the whole program reads takes no lane, or all rows would be full of them:
what entered from outside, what was created from nothing (`tensor`, `zeros`), and what was written
with autograd off (parameters, by their initialisation and their optimizer).

Note [Rails from anywhere]
~~~~~~~~~~~~~~~~~~~~~~~~~~
Which column a lane takes depends on every lane before it, so an exact drawing would start at the
first event. Instead a block of rows starts with no lanes one block earlier and draws only its own
part: lanes longer than `LONGEST` rows are cut, so all lanes at the block's edge were born in that
warm-up, and nearly always in the columns an exact drawing gives them. In exchange the drawing of
any row of a million costs the same few milliseconds, and no state is kept.
"""

from __future__ import annotations

from collections import OrderedDict

from tracegrad.recording.model import EventRow
from tracegrad.recording.source import TraceSource

LONGEST = 96
"""Rows that a lane spans at most; a value read later ends where it was read last within them."""

BLOCK = 256
_KEPT = 64


class Rails:
    """Rail drawings of a trace's events, by block."""

    def __init__(self, source: TraceSource) -> None:
        self._source = source
        self._blocks: OrderedDict[int, list[str]] = OrderedDict()
        self._known = source.event_count

    def of(self, event: int) -> str:
        """The rail left of an event: `│ ●─╯`."""
        if self._known != self._source.event_count:
            self._grown()
        block, row = divmod(event, BLOCK)
        if block not in self._blocks:
            start = max(0, (block - 1) * BLOCK)
            stop = min(self._source.event_count, (block + 1) * BLOCK)
            events = list(self._source.events(start, stop + LONGEST))
            rows = draw(events, stop - start)
            self._blocks[block] = rows[block * BLOCK - start :]
            if len(self._blocks) > _KEPT:
                self._blocks.popitem(last=False)
        return self._blocks[block][row]

    def _grown(self) -> None:
        """Forget the blocks whose end has changed: new events may read values from there."""
        first = max(0, self._known - LONGEST) // BLOCK
        for block in [block for block in self._blocks if block >= first]:
            del self._blocks[block]
        self._known = self._source.event_count


def draw(events: list[EventRow], rows: int) -> list[str]:
    """Rails of the first `rows` of some events in order; the others are read as what comes next."""
    ends = _last_readers(events)
    lanes: list[int | None] = []  # the value in each lane
    drawn: list[str] = []
    for event in events[:rows]:
        read = {n for n, value in enumerate(lanes) if value is not None and value in event.inputs}
        ended = {n for n in read if ends[lanes[n] or 0] == event.id}
        for n in ended:
            lanes[n] = None
        free = [n for n, value in enumerate(lanes) if value is None and n not in ended]
        columns = [*sorted(ended), *free]
        made = [value for value in event.outputs if value is not None]
        node = _take(columns, lanes)
        born: set[int] = set()
        for n, value in enumerate(value for value in made if value in ends):
            column = node if n == 0 else _take(columns, lanes)
            lanes[column] = value
            born.add(column)
        drawn.append(_row(lanes, node, read, ended, born))
        while lanes and lanes[-1] is None:
            lanes.pop()
    return drawn


def _last_readers(events: list[EventRow]) -> dict[int, int]:
    """For each value that some event makes and a later one reads: the last reader in reach."""
    maker: dict[int, int] = {}
    ends: dict[int, int] = {}
    for event in events:
        for value in event.inputs:
            if value is not None and event.id - maker.get(value, -LONGEST - 1) <= LONGEST:
                ends[value] = event.id
        goes_on = event.kind != "warning" and (event.kind != "write" or event.grad_enabled)
        if event.inputs and goes_on:
            maker.update((value, event.id) for value in event.outputs if value is not None)
    return ends


def _take(columns: list[int], lanes: list[int | None]) -> int:
    """The next column to draw in: one that ended here, a free one, or a new one at the right."""
    if columns:
        return columns.pop(0)
    lanes.append(None)
    return len(lanes) - 1


def _row(
    lanes: list[int | None], node: int, read: set[int], ended: set[int], born: set[int]
) -> str:
    touched = read | born | {node}
    low, high = min(touched), max(touched)
    cells: list[str] = []
    for n in range(max(len(lanes), high + 1)):
        alive = n < len(lanes) and lanes[n] is not None
        if n == node:
            cell = "●"
        elif n in ended and n not in born:
            cell = "╯" if n > node else "╰"
        elif n in ended:
            cell = "┤" if n > node else "├"
        elif n in born:
            cell = "╮" if n > node else "╭"
        elif n in read:
            cell = "┤" if n > node else "├"
        elif alive:
            cell = "│"  # a lane that passes stays on top of a crossing connection
        else:
            cell = "─" if low < n < high else " "
        cells.append(cell + ("─" if low <= n < high else " "))
    return "".join(cells).rstrip()
