"""Links that the rows hold in one direction only, turned around: which events read this value?

One sorted pair of integer columns per question, 8 bytes a link, so that a million events take 30 MB
and half a second once; what came since is merged in.
"""

from __future__ import annotations

import numpy as np

from tracegrad.recording.chunk import Chunk
from tracegrad.recording.columns import Integers
from tracegrad.recording.model import EventRow, ValueRow
from tracegrad.recording.schema import EVENT

_SORTED_AT_ONCE = 1 << 17
_BACKWARD, _WARNING = (EVENT.columns[0].words.index(kind) for kind in ("backward", "warning"))


class Links:
    """From keys to the items that were added with them, in order of adding."""

    def __init__(self) -> None:
        self._new: list[tuple[Integers, Integers]] = []
        self._unsorted = 0
        # Each run is sorted by key; later ones are shorter.
        self._runs: list[tuple[Integers, Integers]] = []

    def add(self, keys: Integers, items: Integers) -> None:
        if keys.size:
            self._new.append((_narrow(keys), _narrow(items)))
            self._unsorted += keys.size
            if self._unsorted >= _SORTED_AT_ONCE:  # so that the first question need not sort all
                self._sort_new()

    def of(self, key: int) -> list[int]:
        """The items of a key, each once."""
        self._sort_new()
        found: dict[int, None] = {}
        for keys, items in self._runs:
            if not 0 <= key <= np.iinfo(keys.dtype).max:
                continue
            wanted = keys.dtype.type(key)  # of another type, all keys would be converted
            begin, end = keys.searchsorted(wanted), keys.searchsorted(wanted, side="right")
            found.update(dict.fromkeys(items[begin:end].tolist()))
        return list(found)

    def _sort_new(self) -> None:
        if not self._new:
            return
        keys, items = _joined(self._new)
        self._new, self._unsorted = [], 0
        # Like carrying in binary addition: a run is merged again only when it has doubled.
        while self._runs and self._runs[-1][0].size <= 2 * keys.size:
            keys, items = _joined([self._runs.pop(), (keys, items)])
        order = np.argsort(keys, kind="stable")
        self._runs.append((keys[order], items[order]))


def _narrow(numbers: Integers) -> Integers:
    """In 32 bits while they fit; joining widens again where a later run does not."""
    return numbers.astype(np.int32) if numbers.max() < 2**31 else numbers


def _joined(pairs: list[tuple[Integers, Integers]]) -> tuple[Integers, Integers]:
    return np.concatenate([keys for keys, _ in pairs]), np.concatenate(
        [items for _, items in pairs]
    )


class TraceLinks:
    """The questions about a trace, filled chunk by chunk.

    Attributes:
        events, values: how many rows are in.
        locations: every location that an event names, in order of first appearance.
        warnings: every event of that kind.
    """

    def __init__(self) -> None:
        self.events = 0
        self.values = 0
        self.consumers = Links()
        self.gradients = Links()
        self.backward = Links()
        self.storages = Links()
        self.locations: dict[int, None] = {}
        self.warnings: list[int] = []

    def add_events(self, chunk: Chunk[EventRow], first: int, start: int, stop: int) -> None:
        """Take in rows `start` to `stop` of a chunk whose first row is event `first`."""
        begins, items = chunk.tuples["inputs"]
        inputs = items.numbers()[begins[start] : begins[stop]]
        rows = np.arange(first + start, first + stop)
        readers = np.repeat(rows, np.diff(begins[start : stop + 1]))
        tensors = inputs >= 0
        self.consumers.add(inputs[tensors], readers[tensors])

        forward = chunk.numbers["forward"][start:stop]
        kinds = chunk.numbers["kind"][start:stop]
        self.warnings += rows[kinds == _WARNING].tolist()
        linked = (kinds == _BACKWARD) & (forward >= 0)
        self.backward.add(forward[linked], rows[linked])

        named, at = np.unique(chunk.numbers["location"][start:stop], return_index=True)
        in_order = named[np.argsort(at)].tolist()
        self.locations.update(dict.fromkeys(number for number in in_order if number >= 0))
        self.events = first + stop

    def add_values(self, chunk: Chunk[ValueRow], first: int, start: int, stop: int) -> None:
        """Take in rows `start` to `stop` of a chunk whose first row is value `first`."""
        of = chunk.numbers["of"][start:stop]
        gradients = np.flatnonzero(of >= 0)
        self.gradients.add(of[gradients], gradients + (first + start))
        storage = chunk.numbers["storage"][start:stop]
        owners = np.flatnonzero(storage >= 0)
        self.storages.add(storage[owners], owners + (first + start))
        self.values = first + stop
