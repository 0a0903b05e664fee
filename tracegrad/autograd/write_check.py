"""Writes that no version counter saw, found by fingerprints of what is saved for backward.

Memory can be written behind the counters' back only where the program shares it: through `.data`,
through a NumPy array. So after every event such memory is looked at again, and a fingerprint that
differs puts the write between this op and the one before. The write is then counted after all,
under a name that says so; whether it matters is decided as for every write, by the backward that
needs the value.
"""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.device import on_host
from tracegrad.backend.geometry import may_meet
from tracegrad.engine.explain import changed_error
from tracegrad.engine.instead import THROUGH_DATA, UNSEEN
from tracegrad.engine.saved import edge_of, keeper, kept
from tracegrad.graph.kept import Kept
from tracegrad.graph.location import caller, place
from tracegrad.graph.node import AccumulateGrad, Edge, Node
from tracegrad.graph.observe import OnRequest, hub
from tracegrad.storage import Storage, memory_key, storage_of

Site = tuple[str, CodeType | None, int]
"""An op and where it was called."""


def fingerprint(array: Any) -> int:
    """CRC-32 of the elements: 0.2 ns a byte, and it notices when elements change places."""
    elements: Any = np.ascontiguousarray(on_host(array)).reshape(-1).view(np.uint8)
    return zlib.crc32(elements)


class _Print:
    """The fingerprint of one value that a node keeps."""

    __slots__ = ("check", "name", "node", "place")

    def __init__(self, node: Node, entry: Kept) -> None:
        self.node = weakref.ref(node)
        self.place = entry.place
        self.check = fingerprint(entry.array)

    def entry(self) -> tuple[Node, Kept] | None:
        """The value, unless the node is gone or keeps it no more."""
        node = self.node()
        if node is not None:
            for entry in kept(node):
                if entry.place == self.place:
                    return node, entry
        return None


LEAST_ROOM = 1024
"""Fingerprints after which those of dead values are dropped; then at twice those that are left."""


class WriteCheck(OnRequest):
    """Watches the run for writes past the counters, while somebody asked for it."""

    def __init__(self) -> None:
        super().__init__()
        self.ended()

    def ended(self) -> None:
        """Forget everything."""
        self._prints: dict[int, list[_Print]] = {}  # by `memory_key`
        self._count_prints = 0
        self._room = LEAST_ROOM
        # What the program can write to unseen, likewise. Weak: a value that nobody holds any more
        # but the graph is looked at by its backward.
        self._shared: WeakValueDictionary[int, Storage] = WeakValueDictionary()
        self._before: Site | None = None

    # -- events --------------------------------------------------------------------------------

    def forward(
        self,
        op: str,
        inputs: Sequence[Any],
        options: Mapping[str, Any],
        outputs: Sequence[Any],
        node: Node | None,
        started: int,
    ) -> None:
        self._look(op)
        if op == "data":
            self._share(inputs[0])
        self._remember(node)

    def write(
        self,
        op: str,
        read: Any,
        options: Mapping[str, Any],
        target: Any,
        node: Node | None,
        started: int,
    ) -> None:
        self._look(op, target)
        self._remember(node)

    def exit(self, op: str, tensor: Any) -> None:
        self._look(op)
        if op == "numpy":
            self._share(tensor)

    def seed(
        self, call: str, roots: Sequence[tuple[Edge, Any]], code: CodeType | None, lasti: int
    ) -> None:
        self._look(call)

    def backward(
        self, node: Node, gradient: Any, contributions: Sequence[Any], started: int
    ) -> None:
        """The visit is over, and what a hook wrote just before it was used already."""
        now = ("backward", *caller())
        for entry in kept(node):
            for one in self._prints.get(memory_key(entry.array, entry.storage), ()):
                if one.node() is keeper(node) and one.place == entry.place:
                    self._compare(one, now, None)
        self._before = now
        stale = [entry for entry in kept(node) if entry.changes]
        if stale:
            raise changed_error(node, stale)

    def accumulate(self, leaf: AccumulateGrad, gradient: Any, started: int) -> None:
        self._look("accumulate_grad")

    # -- inside --------------------------------------------------------------------------------

    def _share(self, tensor: Tensor) -> None:
        """From here on the program can write to this memory unseen."""
        storage = storage_of(tensor)
        self._shared[memory_key(None, storage)] = storage

    def _remember(self, node: Node | None) -> None:
        """Fingerprint what a new node keeps."""
        if node is None:
            return
        node = keeper(node)
        for entry in kept(node):
            key = memory_key(entry.array, entry.storage)
            self._prints.setdefault(key, []).append(_Print(node, entry))
            self._count_prints += 1
            if entry.storage is not None and entry.storage.shared:
                self._shared[key] = entry.storage
        if self._count_prints > self._room:
            self._drop_dead()

    def _drop_dead(self) -> None:
        """Forget what no node keeps any more: each step of a training saves everything again."""
        for key, prints in list(self._prints.items()):
            alive = [one for one in prints if one.entry() is not None]
            if alive:
                self._prints[key] = alive
            else:
                del self._prints[key]
        self._count_prints = sum(map(len, self._prints.values()))
        self._room = max(LEAST_ROOM, 2 * self._count_prints)

    def _look(self, op: str, target: Any = None) -> None:
        """Compare all fingerprints of shared memory: it is just after `op`, which may have written
        to `target`.
        """
        now = (op, *caller())
        for key in list(self._shared):
            if key in self._prints:
                prints = self._prints[key]
                prints[:] = [one for one in prints if self._compare(one, now, target)]
        self._before = now

    def _compare(self, one: _Print, now: Site, target: Any) -> bool:
        """Whether the value is still there and as it was. If not, count the write."""
        found = one.entry()
        if found is None or found[1].changes:
            return False  # freed; or a counter saw the write
        node, entry = found
        if fingerprint(entry.array) == one.check:
            return True
        self._count(node, entry, now, target)
        return False

    def _count(self, node: Node, entry: Kept, now: Site, target: Any) -> None:
        """Enter the write into the log of changes, and tell the other observers."""
        op, code, lasti = now
        if target is not None and may_meet(target._array, entry.array):
            when = {"by": f"{op}{THROUGH_DATA}"}
        else:
            when = {"after": _seen(self._before), "before": op}
        saved = Tensor._from_saved(entry.array, edge_of(node, entry.name), entry.storage)
        storage = entry.storage or self._shared.get(memory_key(entry.array, None))
        saved._storage = storage or storage_of(saved)
        what = when.get("by") or f"{UNSEEN}, after {when['after']} and before {op}"
        saved._storage.wrote(what, code, lasti, None)
        if hub.observer is not None:
            hub.observer.warned("unseen_write", (saved,), (saved,), when, code, lasti)


def _seen(before: Site | None) -> str:
    """The op after which the value was last seen as it had been saved."""
    op, code, lasti = before or ("saving", None, -1)
    where = place(code, lasti)
    return f"{op} (line {where.line}: {where.statement})" if where else op


write_check = WriteCheck()
"""The one of this process."""
