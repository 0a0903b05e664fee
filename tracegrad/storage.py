"""Memory that tensors share: how often it was written, and by what.

Note [Version counters]
~~~~~~~~~~~~~~~~~~~~~~~
A version belongs to the storage, not to the tensor: a view and its base, `x` and `x.detach()` share
one, so a write through any of them is seen by all. Every in-place op does `storage.wrote(...)`. A
node that saves a value keeps (array, storage, version then); when backward unpacks the value it
compares, and a difference is an `InplaceModificationError` that names every write since. `.data`
gets a storage of its own over the same memory, as in PyTorch.

A storage is made only when somebody first needs one: a view or an in-place op (`storage_of`).
Saving a value makes none: the node keeps (array, `None`, `None`), and a storage that is made later
enters the array in `written` at its first write, where backward looks. So an op that saves what was
never written to pays nothing; making a storage for each saved value took 12% of a `mul`.
"""

from __future__ import annotations

import weakref
from collections import deque
from types import CodeType
from typing import Any, NamedTuple, Protocol

from tracegrad.backend.device import Array

LOGGED_CHANGES = 8
"""How many writes a storage remembers: enough to explain, bounded so that a training loop's do not
pile up.
"""


class Change(NamedTuple):
    """One write: it made `version` out of the one before. (A frozen dataclass takes 3 times as long
    to make.)

    Attributes:
        code, lasti: where the program stood, see `graph/location.py`.
        through: shape of the view that was written through, `None` when it was the whole tensor.
    """

    version: int
    op: str
    code: CodeType | None
    lasti: int
    through: tuple[int, ...] | None


class Keeper(Protocol):
    """Who keeps values of memory that the program may write to."""

    def about_to_write(self, storage: Storage) -> None:
        """Copy what is kept of the memory: it changes next."""


class Preserver(Keeper, Protocol):
    """Who keeps what nodes saved for backward as it was."""

    def keeps(self, node: Any) -> None:
        """A node of an op that writes next; it may have saved what is written."""


preserving: list[Preserver] = []
"""Who is told before each write to any storage; empty unless saved values are preserved."""


class Storage:
    """One piece of memory under one or more tensors.

    Attributes:
        array: the elements of the tensor that it was made for; `None` if that has another storage
            too, as `.data` does, in whose name writes are counted.
        version: number of writes so far.
        changes: the last few writes; `None` until the first.
        shared: whether the program has a NumPy array of this memory, through which it can write
            without any counter noticing.
        recorded: the recorder that keeps values of this memory and is told before each write, so
            that it can copy them; `None` when nobody recorded it. See Note [References, not
            copies].
        kept: ids of the values whose arrays are this memory itself, for the recorder.
        number: what the recorder calls this storage.
        last_write: the recorded event that wrote to it last, `None` if there was none.
        newest: array, id and version of its last value that requires no gradient.
        holds: the recorded value that this memory, a node's own, is a copy of; `None` for others.
        name: path of the buffer that it is, or `""`.
    """

    __slots__ = (
        "__weakref__", "array", "changes", "holds", "kept", "last_write", "name", "newest",
        "number", "recorded", "shared", "version",
    )  # fmt: skip

    array: Array | None
    version: int
    changes: deque[Change] | None
    shared: bool
    recorded: Keeper | None
    kept: list[int]  # set with `recorded`, as are those below
    number: int
    last_write: int | None
    newest: tuple[Any, int, int]
    holds: int | None
    name: str
    version_to_keep: int  # what a node reads that keeps a value: see Note [Inference tensors]

    is_inference = False

    def apart(self) -> Storage:
        """A storage of its own for the same memory, in which writes are counted anew."""
        return new_storage(None)

    def check_writable(self) -> None:
        """Refuse a write that memory of this kind never takes."""

    def wrote(
        self, op: str, code: CodeType | None, lasti: int, through: tuple[int, ...] | None
    ) -> None:
        """Count one write and remember it."""
        self.version += 1
        if self.changes is None:
            self.changes = deque(maxlen=LOGGED_CHANGES)
            if self.array is not None:
                _enter(self.array, self.changes)
        self.changes.append(Change(self.version, op, code, lasti, through))

    def about_to_write(self) -> None:
        """An op writes to this memory next."""
        self.tell_keepers()

    def tell_keepers(self) -> None:
        """Give those who keep values of this memory the chance to copy them."""
        if self.recorded is not None:
            self.recorded.about_to_write(self)
        for keeper in preserving:
            keeper.about_to_write(self)


# The slot under a second name, which reads as fast (a property would take 0.03 us).
setattr(Storage, "version_to_keep", Storage.__dict__["version"])

_new = object.__new__


def new_storage(array: Array | None) -> Storage:
    """A storage that nobody wrote to yet. (Without `__init__`: 0.10 us against 0.17.)"""
    storage = _new(Storage)
    storage.array = array
    storage.version = 0
    storage.changes = None
    storage.recorded = None
    storage.shared = False
    return storage


def storage_of(tensor: Any) -> Storage:
    """The tensor's storage, made on first need."""
    storage: Storage | None = tensor._storage
    if storage is None:
        storage = tensor._storage = new_storage(tensor._array)
    return storage


# -- saved values ----------------------------------------------------------------------------------

written: dict[int, tuple[Any, deque[Change]]] = {}
"""By `id` of an array that was written to: a weak reference, which takes the entry away, and the
writes. The array is the one of the tensor that its storage was made for.
"""


def _enter(array: Array, changes: deque[Change]) -> None:
    key = id(array)
    written[key] = weakref.ref(array, lambda _: written.pop(key, None)), changes


def memory_key(array: Any, storage: Storage | None) -> int:
    """A number for the memory that a value lies in, the same for all that share its counter.

    Args:
        array, storage: of a saved value; of a storage, the array is not looked at.
    """
    if storage is None:
        return id(array)
    return id(storage) if storage.array is None else id(storage.array)


def changes_of(array: Any) -> deque[Change] | None:
    """The remembered writes to an array, `None` if there were none."""
    return written[id(array)][1] if id(array) in written else None


def changes_since(array: Any, storage: Storage | None, version: int | None) -> list[Change]:
    """The remembered writes since a value was saved, oldest first: empty if it is as it was.

    Args:
        array: what was saved.
        storage, version: of it when it was saved; `None` if it had no storage yet.
    """
    log = changes_of(array) if storage is None else storage.changes
    return [change for change in log or () if change.version > (version or 0)]
