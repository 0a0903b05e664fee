"""Batches from a worker process to the program through memory that both see.

Note [Segments]
~~~~~~~~~~~~~~~
A batch is pickled with its arrays beside (protocol 5): the pickle is some hundred bytes, the arrays
are copied once, into a segment, and the program's tensors lie in that very memory.

A segment is a file without a name (`memfd_create`), and travels as an open descriptor. So nothing
has to be unlinked: the kernel frees it with the last process that has it, however that one ends,
and the size of /dev/shm is no limit. When no tensor of a batch is left, its segment goes back to
the worker that owns it, and is used again: 3 MB take 0.2 ms into pages that exist, and 1.5 ms into
new ones.

The program maps at most `HELD` segments of a worker. If it keeps more batches than that (all of
them in a list, say) the next ones are copied into memory of its own, or it would run out of
descriptors.
"""

from __future__ import annotations

import errno
import mmap
import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

HELD = 16
"""Segments of one worker that the program's tensors may lie in at a time."""

_ALIGNMENT = 64
"""Bytes: a line of the processor's cache, and what vector instructions like best."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Buffers in a segment, told to another process.

    Attributes:
        segment: its number at this worker.
        sizes: of the buffers, in bytes; each begins at the next multiple of the alignment.
        new: the size of the segment if it is new, and its descriptor follows; else 0.
        dropped: numbers of segments that are no more.
    """

    segment: int
    sizes: tuple[int, ...]
    new: int
    dropped: tuple[int, ...]


class Outbox:
    """A worker's segments, and which of them are free."""

    def __init__(self) -> None:
        self._segments: dict[int, mmap.mmap] = {}
        self._free: list[int] = []
        self._made = 0

    def take_back(self, numbers: Sequence[int]) -> None:
        """The program has no tensor in these any more."""
        self._free.extend(numbers)

    def put(self, buffers: Sequence[memoryview]) -> tuple[Placed, int | None]:
        """Copy the buffers into a segment; with it comes the descriptor to send, if it is new.

        Raises:
            RuntimeError: there is no memory left.
        """
        sizes = tuple(buffer.nbytes for buffer in buffers)
        offsets, size = _laid_out(sizes)
        number = self._smallest_free(size)
        dropped: tuple[int, ...] = ()
        descriptor = None
        if number is None:
            if self._free:  # too small, all of them: one makes room
                dropped = (self._free.pop(),)
                del self._segments[dropped[0]]
            number, descriptor = self._new(size + size // 8)
        memory = memoryview(self._segments[number])
        for offset, buffer in zip(offsets, buffers, strict=True):
            memory[offset : offset + buffer.nbytes] = buffer
        new = 0 if descriptor is None else len(memory)
        return Placed(number, sizes, new, dropped), descriptor

    def _smallest_free(self, size: int) -> int | None:
        fitting = [n for n in self._free if len(self._segments[n]) >= size]
        if not fitting:
            return None
        number = min(fitting, key=lambda n: len(self._segments[n]))
        self._free.remove(number)
        return number

    def _new(self, size: int) -> tuple[int, int]:
        size = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        descriptor = _unnamed_file(size)
        number, self._made = self._made, self._made + 1
        self._segments[number] = mmap.mmap(descriptor, size)
        return number, descriptor


class Inbox:
    """The program's side of a worker's segments.

    Attributes:
        returned: numbers to be told to the worker: nothing lies in them any more.
    """

    def __init__(self) -> None:
        self.returned: list[int] = []
        self._segments: dict[int, mmap.mmap] = {}
        self._leases: dict[int, weakref.ref[Any]] = {}

    def open(self, placed: Placed, descriptor: int | None) -> list[Any]:
        """The buffers, writable, in place; the segment goes back when nobody has any of them."""
        for number in placed.dropped:
            del self._segments[number]
        if descriptor is not None:
            try:
                self._segments[placed.segment] = mmap.mmap(descriptor, placed.new)
            finally:
                os.close(descriptor)
        lease = np.frombuffer(self._segments[placed.segment], np.uint8)
        if len(self._leases) < HELD:
            self._lend(placed.segment, lease)
        else:
            lease = lease.copy()
            self.returned.append(placed.segment)
        offsets, _ = _laid_out(placed.sizes)
        return [
            lease[start : start + size] for start, size in zip(offsets, placed.sizes, strict=True)
        ]

    def take_returned(self) -> list[int]:
        """`returned`, which begins anew."""
        # In this order: a batch may be freed at any moment, by any thread.
        numbers = self.returned[:]
        del self.returned[: len(numbers)]
        return numbers

    def _lend(self, number: int, lease: Any) -> None:
        # Arrays of a batch are views, and NumPy gives a view of a view the first one as its base:
        # so `lease` lives exactly as long as any of them.
        leases, returned = self._leases, self.returned

        def over(_: Any) -> None:
            del leases[number]
            returned.append(number)

        leases[number] = weakref.ref(lease, over)


# -- memory ---------------------------------------------------------------------------------------


def _laid_out(sizes: Sequence[int]) -> tuple[list[int], int]:
    """Where each buffer begins, and where the last one ends."""
    offsets, end = [], 0
    for size in sizes:
        offsets.append(end)
        end += -(-size // _ALIGNMENT) * _ALIGNMENT
    return offsets, end


def _unnamed_file(size: int) -> int:
    """An open file of zeros in memory, with all its pages: a lack shows here, not as a crash."""
    descriptor = _memory_file()
    try:
        _reserve(descriptor, size)
    except OSError as error:
        os.close(descriptor)
        raise RuntimeError(
            f"DataLoader worker: no shared memory for a batch of {size:,} bytes: {error.strerror}\n"
            "  try: a smaller batch_size or prefetch_factor, or fewer workers"
        ) from error
    return descriptor


def _memory_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("tracegrad batch")
    import tempfile  # takes a while, and Linux has no need of it

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _reserve(descriptor: int, size: int) -> None:
    os.ftruncate(descriptor, size)
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # a file system without it
                raise
