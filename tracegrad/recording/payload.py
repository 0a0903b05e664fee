"""Elements of arrays to blocks of bytes and back. Numbers only; see Note [Trace file]."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable

import numpy as np

from tracegrad.recording.chunk import Damaged
from tracegrad.recording.model import ValueRow
from tracegrad.recording.schema import BLOCK, DTYPE_NAMES, DTYPES, Place

_MOST_DIMENSIONS = 64  # NumPy's limit


class BlockPacker:
    """Lays arrays into blocks, small ones together, and hands each block on when it is full.

    The caller calls `finish` after the last array.
    """

    def __init__(self, insert: Callable[[int, bytes | memoryview], None], next_block: int) -> None:
        self.next_block = next_block
        self._insert = insert
        self._open: list[bytes] = []
        self._size = 0

    def add(self, array: np.ndarray) -> tuple[int, int]:
        """Store an array; give the block in which it begins and the offset there."""
        if array.nbytes > BLOCK:
            return self._add_large(array), 0
        if self._size + array.nbytes > BLOCK:
            self.finish()
        place = self.next_block, self._size
        self._open.append(array.tobytes())
        self._size += array.nbytes
        return place

    def finish(self) -> None:
        """Hand on the block that is not full yet."""
        if self._size:
            self._insert(self.next_block, b"".join(self._open))
            self.next_block += 1
        self._open, self._size = [], 0

    def _add_large(self, array: np.ndarray) -> int:
        self.finish()
        first = self.next_block
        data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        for start in range(0, len(data), BLOCK):
            self._insert(self.next_block, data[start : start + BLOCK])
            self.next_block += 1
        return first


def storable_array(array: np.ndarray, row: ValueRow) -> np.ndarray:
    """The array in the file's byte order.

    Raises:
        ValueError: it is not the array that its row describes, or a file cannot hold its dtype.
    """
    name = DTYPE_NAMES.get(array.dtype)
    if name is None:
        raise ValueError(f"value {row.id} has dtype {array.dtype}, which a trace file cannot hold")
    if name != row.dtype or array.shape != row.shape:
        raise ValueError(
            f"the array of value {row.id} is {name}{list(array.shape)}, "
            f"its row says {row.dtype}{list(row.shape)}"
        )
    if not row.kept:
        raise ValueError(f"the array of value {row.id} came, but its row says that it is not kept")
    return array.astype(DTYPES[name], copy=False)


def load_array(connection: sqlite3.Connection, row: ValueRow, place: Place) -> np.ndarray:
    """A value's elements, read-only.

    Raises:
        Damaged: the file does not have as many bytes there as the row's dtype and shape need.
    """
    what = f"the elements of value {row.id}"
    dtype = DTYPES.get(row.dtype)
    if dtype is None or len(row.shape) > _MOST_DIMENSIONS:
        raise Damaged(f"{what} cannot be {row.dtype[:80]!r} in {len(row.shape)} dimensions")
    nbytes = math.prod(row.shape) * dtype.itemsize  # Python's integers: no overflow
    if nbytes > BLOCK:
        data: bytes | bytearray = _read_blocks(connection, place, nbytes, what)
    else:
        data = _read_from_block(connection, place, nbytes, what) if nbytes else b""
    try:
        array = np.frombuffer(data, dtype).reshape(row.shape)
        if dtype.kind == "b":
            # NumPy trusts that a truth value is 0 or 1.
            array = np.asarray(array.view(np.uint8) != 0)
    except ValueError:  # such as (0, 2**62): no elements, but more than an index can count
        raise Damaged(f"{what} cannot have the shape {row.shape}") from None
    array.flags.writeable = False
    return array


def _read_from_block(connection: sqlite3.Connection, place: Place, nbytes: int, what: str) -> bytes:
    if _length(connection, place.block) < place.offset + nbytes or place.offset < 0:
        raise Damaged(f"{what} are not where they should be")
    with connection.blobopen("payload", "data", place.block or 0, readonly=True) as blob:
        blob.seek(place.offset)
        return blob.read(nbytes)


def _read_blocks(connection: sqlite3.Connection, place: Place, nbytes: int, what: str) -> bytearray:
    count = -(-nbytes // BLOCK)
    first = place.block or 0
    last_length = nbytes - (count - 1) * BLOCK
    # The last block is looked at before memory is taken: a shape may promise anything.
    if place.offset != 0 or _length(connection, first + count - 1) != last_length:
        raise Damaged(f"{what} are not where they should be")
    data = bytearray()
    for block in range(first, first + count):
        row = connection.execute("SELECT data FROM payload WHERE id = ?", (block,)).fetchone()
        if row is None or type(row[0]) is not bytes:
            raise Damaged(f"{what} are not where they should be")
        if len(row[0]) != (BLOCK if block < first + count - 1 else last_length):
            raise Damaged(f"{what} have the wrong length")
        data += row[0]
    return data


def _length(connection: sqlite3.Connection, block: int | None) -> int:
    """Bytes in a block, -1 if there is none; does not read them."""
    if block is None or block >= 2**63:
        return -1
    query = "SELECT length(data) FROM payload WHERE id = ? AND typeof(data) = 'blob'"
    row = connection.execute(query, (block,)).fetchone()
    return int(row[0]) if row else -1
