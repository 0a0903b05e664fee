"""The elements of recorded values: references at first, copies where they would change.

Note [References, not copies]
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
A recorded value is the array itself, not a copy, so recording costs little more than running. What
keeps it true is the storage: each storage knows the recorder of its values (`Storage.recorded`),
and whoever is about to write to it calls `about_to_write` first (one `None` check when nobody
records), which copies them then. Memory that the program shares with NumPy (`numpy()`,
`from_numpy`, `.data`) can change without a word and is copied at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracegrad.backend.device import on_host
from tracegrad.storage import Storage

PRUNED_FROM = 64
"""Values of one storage from which the list of them is looked through for those already written."""


class KeptArrays:
    """Arrays by value id. Whoever calls holds the recorder's lock.

    Attributes:
        nbytes: what they take up, those included that the program has too.
    """

    def __init__(self) -> None:
        self.nbytes = 0
        self._arrays: dict[int, np.ndarray] = {}
        self._copies: set[int] = set()  # ids of arrays that nobody else has

    def keep(self, id: int, array: np.ndarray, storage: Storage | None) -> None:
        """Keep a value's array: itself, or a copy where the program can write to it unnoticed.

        Args:
            storage: whose memory it is; `None` if the program has no tensor of it.
        """
        self.nbytes += array.nbytes
        self._arrays[id] = array
        if storage is None:
            return
        if storage.shared:
            self.copy((id,))
            return
        kept = storage.kept
        kept.append(id)
        count = len(kept)
        # At powers of two: once in a while, however many there are.
        if count >= PRUNED_FROM and not count & (count - 1):
            kept[:] = [id for id in kept if id in self._arrays]

    def copy(self, ids: Sequence[int]) -> None:
        """Replace arrays that are about to change by copies, if they are still here."""
        for id in ids:
            if id in self._arrays and id not in self._copies:
                self._arrays[id] = self._arrays[id].copy()
                self._copies.add(id)

    def own(self, id: int) -> np.ndarray | None:
        """A value's array, which never changes from now on; `None` if it was not kept."""
        self.copy((id,))
        array = self._arrays.get(id)
        return None if array is None else on_host(array)

    def take(self) -> list[tuple[int, np.ndarray]]:
        """Everything since the last time, by id. It may change as soon as the lock is given up."""
        taken = [(id, on_host(array)) for id, array in self._arrays.items()]
        self._arrays, self._copies, self.nbytes = {}, set(), 0
        return taken
