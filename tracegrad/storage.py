"""Memory that tensors share: how often it was written, and by what.

Note [Version counters]
~~~~~~~~~~~~~~~~~~~~~~~
A version belongs to the storage, not to the tensor: a view and its base, `x` and `x.detach()` share
one, so a write through any of them is seen by all. Every in-place op does `storage.wrote(...)`. A
node that saves a value keeps (array, storage, version then); when backward unpacks the value it
compares, and a difference is an `InplaceModificationError` that names every write since. `.data`
gets a storage of its own over the same memory, as in PyTorch.

A storage is made only when somebody first needs one: a view, an in-place op, or a node that saves
the value (`storage_of`). A chain of `add` saves nothing and makes none, which is worth 0.1 us an
op.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from types import CodeType
from typing import Any, NamedTuple, Protocol

import numpy as np

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


class Recorded(Protocol):
    """A recorder's part in the storages that it keeps values of."""

    def about_to_write(self, storage: Storage) -> None:
        """Copy what is kept of the memory: it changes next."""


class Storage:
    """One piece of memory under one or more tensors.

    Attributes:
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
        name: path of the buffer that it is, or `""`.
    """

    __slots__ = (
        "__weakref__", "changes", "kept", "last_write", "name", "newest", "number", "recorded",
        "shared", "version",
    )  # fmt: skip

    version: int
    changes: deque[Change] | None
    shared: bool
    recorded: Recorded | None
    kept: list[int]  # set with `recorded`, as are those below
    number: int
    last_write: int | None
    newest: tuple[Any, int, int]
    name: str

    def wrote(
        self, op: str, code: CodeType | None, lasti: int, through: tuple[int, ...] | None
    ) -> None:
        """Count one write and remember it."""
        self.version += 1
        if self.changes is None:
            self.changes = deque(maxlen=LOGGED_CHANGES)
        self.changes.append(Change(self.version, op, code, lasti, through))

    def about_to_write(self) -> None:
        """Give a recorder the chance to copy what it keeps of this memory."""
        if self.recorded is not None:
            self.recorded.about_to_write(self)

    def changes_since(self, version: int) -> list[Change]:
        """The remembered writes after `version`, oldest first."""
        return [change for change in self.changes or () if change.version > version]


_new = object.__new__


def new_storage() -> Storage:
    """A storage that nobody wrote to yet. (Without `__init__`: 0.10 us against 0.17.)"""
    storage = _new(Storage)
    storage.version = 0
    storage.changes = None
    storage.recorded = None
    storage.shared = False
    return storage


def storage_of(tensor: Any) -> Storage:
    """The tensor's storage, made on first need."""
    storage: Storage | None = tensor._storage
    if storage is None:
        storage = tensor._storage = new_storage()
    return storage


# -- view geometry ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Geometry:
    """Which elements of its base a view shows, in bytes of the base's own layout.

    Attributes:
        offset: bytes from the base's first element to the view's.
        strides: bytes from one element to the next along each dimension.
    """

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int


def geometry_of(view: Array, base: Array) -> Geometry:
    """The geometry of array `view`, which shares memory with array `base`."""
    start = view.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    return Geometry(view.shape, view.strides, start)


def empty_with_layout(base: Array) -> Array:
    """A new array whose elements lie as the base's do, so that a geometry fits both."""
    low = sum(s * (n - 1) for s, n in zip(base.strides, base.shape, strict=True) if s < 0 and n)
    high = sum(s * (n - 1) for s, n in zip(base.strides, base.shape, strict=True) if s > 0 and n)
    elements = (high - low) // base.itemsize + 1
    memory = np.zeros(elements, base.dtype)
    return np.ndarray(base.shape, base.dtype, memory, -low, base.strides)


def take_view(base: Array, geometry: Geometry) -> Array:
    """The view with that geometry of an array from `empty_with_layout`."""
    memory = base.base
    start = base.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    return np.ndarray(geometry.shape, base.dtype, memory, start + geometry.offset, geometry.strides)


def add_to_view(base: Array, geometry: Geometry, values: Array) -> None:
    """`view += values`, adding every time where the view shows one element more than once.

    `base` comes from `empty_with_layout`, and so does its one-dimensional memory.
    """
    if not overlaps(geometry):
        view = take_view(base, geometry)
        view += values
        return
    elements = base.base
    start = base.__array_interface__["data"][0] - elements.__array_interface__["data"][0]
    numbers = np.arange(elements.size)
    scale = numbers.itemsize
    where = np.ndarray(
        geometry.shape,
        numbers.dtype,
        numbers,
        (start + geometry.offset) // base.itemsize * scale,
        tuple(s // base.itemsize * scale for s in geometry.strides),
    )
    np.add.at(elements, where, values)


def overlaps(geometry: Geometry) -> bool:
    """Whether two positions of the view may be the same element.

    Exact for what view ops make; `as_strided` can make geometries for which it errs on the safe
    side.
    """
    reach = 0
    steps = sorted(
        (abs(s), n) for s, n in zip(geometry.strides, geometry.shape, strict=True) if n > 1
    )
    for stride, n in steps:
        if stride <= reach:
            return True
        reach += stride * (n - 1)
    return False
