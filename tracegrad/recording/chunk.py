"""Bytes to rows: a blob of columns taken apart, see Note [Columns in a chunk].

A blob may come from anywhere, so nothing here trusts a number in it: what does not add up is
`Damaged`, and no few bytes make it take much memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np

from tracegrad.recording.columns import (
    CHUNK,
    CHUNK_HEAD,
    HIGHEST_BASE,
    PART_HEAD,
    Column,
    Integers,
    Layout,
    Row,
)

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_FEW_ITEMS = 1 << 16


class Damaged(ValueError):
    """Bytes that no writer of this format wrote."""


@dataclass(frozen=True, slots=True)
class Part:
    """A column of integers as stored: `base` plus each of `raw`."""

    base: int
    raw: np.ndarray

    def numbers(self) -> Integers:
        return self.raw.astype(np.int64) + self.base

    def cells(self, start: int, stop: int) -> list[int | None]:
        """Some of the numbers as ids, which may be missing."""
        numbers = (self.raw[start:stop].astype(np.int64) + self.base).tolist()
        return [None if x < 0 else x for x in numbers] if self.base < 0 else numbers


class Chunk(Generic[Row]):
    """A decoded blob. Columns are arrays; rows are made when asked for.

    Attributes:
        count: how many rows there are.
        numbers: the column of each `int`, `id`, `flag`, `word` and `text` field.
        floats: the column of each `float` field.
        tuples: for each `ids` and `sizes` field where each row's items begin (one more than there
            are rows), and all items.
    """

    def __init__(self, layout: Layout[Row], count: int) -> None:
        self.layout = layout
        self.count = count
        self.numbers: dict[str, Integers] = {}
        self.floats: dict[str, np.ndarray] = {}
        self.tuples: dict[str, tuple[Integers, Part]] = {}
        self._cells: list[Callable[[int], Any]] | None = None

    def row(self, index: int, id: int, text: Callable[[int], str]) -> Row:
        """Row `index` of the chunk, row `id` of the trace."""
        if self._cells is None:
            self._cells = [self._cell(column, text) for column in self.layout.columns]
        cells = [cell(index) for cell in self._cells]
        return self.layout.row(id, *cells) if self.layout.numbered else self.layout.row(*cells)

    def _cell(self, column: Column, text: Callable[[int], str]) -> Callable[[int], Any]:
        """What gives one field of a row. Lists, because their elements are Python's own numbers."""
        match column.kind:
            case "float":
                floats: list[float] = self.floats[column.name].tolist()
                return floats.__getitem__
            case "ids" | "sizes":
                begins, items = self.tuples[column.name]
                return _tuples(begins.tolist(), items)
        numbers: list[Any] = self.numbers[column.name].tolist()
        match column.kind:
            case "id":
                numbers = [None if number < 0 else number for number in numbers]
            case "flag":
                numbers = [number == 1 for number in numbers]
            case "word":
                numbers = [column.words[number] for number in numbers]
            case "text":
                return lambda index: text(numbers[index])
        return numbers.__getitem__

    def highest(self, column: Column, rows: int) -> int:
        """The largest number in the first rows of a column of ids; -1 if there is none."""
        if column.kind == "ids":
            begins, items = self.tuples[column.name]
            numbers = Part(items.base, items.raw[: begins[rows]]).numbers()
        else:
            numbers = self.numbers[column.name][:rows]
        return int(numbers.max()) if numbers.size else -1


def _tuples(begins: list[int], items: Part) -> Callable[[int], tuple[int | None, ...]]:
    """What gives one row's tuple. Few items become a list at once; very many stay bytes."""
    few = items.cells(0, items.raw.size) if items.raw.size <= _FEW_ITEMS else None

    def cell(index: int) -> tuple[int | None, ...]:
        begin, end = begins[index], begins[index + 1]
        return tuple(items.cells(begin, end) if few is None else few[begin:end])

    return cell


def decode(layout: Layout[Row], blob: bytes, count: int) -> Chunk[Row]:
    """The rows in a blob.

    Args:
        layout: of the rows.
        blob: what `encode` made of them, or not.
        count: how many rows it is said to have.

    Raises:
        Damaged: the blob is not what `encode` makes of that many rows.
    """
    reader = _BlobReader(blob, count)
    chunk = Chunk(layout, count)
    for column in layout.columns:
        name = column.name
        if column.kind == "float":
            chunk.floats[name] = reader.floats(count)
        elif column.kind in ("ids", "sizes"):
            lengths, items = reader.part(count).numbers(), reader.part()
            _check_range(name, lengths, 0, items.raw.size)
            begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
            if begins[-1] != items.raw.size:
                raise Damaged(f"{name} has {items.raw.size} items where {begins[-1]} belong")
            _check_range(name, items.numbers(), -1 if column.kind == "ids" else 0)
            chunk.tuples[name] = begins, items
        else:
            numbers = chunk.numbers[name] = reader.part(count).numbers()
            _check_range(name, numbers, *_range(column))
    reader.finish()
    return chunk


def _range(column: Column) -> tuple[int, int]:
    match column.kind:
        case "id":
            return -1, _HIGHEST
        case "flag":
            return 0, 1
        case "word":
            return 0, len(column.words) - 1
        case "text":
            return 0, _HIGHEST
        case _:
            return (0 if column.refers else _LOWEST), _HIGHEST


def _check_range(name: str, numbers: Integers, low: int, high: int = _HIGHEST) -> None:
    if (
        (low, high) != (_LOWEST, _HIGHEST)
        and numbers.size
        and (numbers.min() < low or numbers.max() > high)
    ):
        raise Damaged(f"{name} has a number out of range")


class _BlobReader:
    """Takes a blob apart from front to back."""

    def __init__(self, blob: bytes, count: int) -> None:
        if len(blob) < CHUNK_HEAD.size:
            raise Damaged(f"{len(blob)} bytes are too few")
        checksum, rows = CHUNK_HEAD.unpack_from(blob)
        if zlib.crc32(memoryview(blob)[CHUNK_HEAD.size :]) != checksum:
            raise Damaged("its checksum does not match")
        if rows != count or not 0 < rows <= CHUNK:
            raise Damaged(f"it holds {rows} rows, not {count}")
        self._blob = blob
        self._at = CHUNK_HEAD.size

    def part(self, count: int | None = None) -> Part:
        base, length, width = self._head()
        right = (
            width in (0, 1, 2, 4, 8)
            and (count is None or length == count)
            and (base == 0 if width == 8 else base <= HIGHEST_BASE)
            # A few bytes must not claim a billion items.
            and (width or count is not None or not length)
        )
        if not right:
            raise Damaged("a column's head is wrong")
        if width == 0:
            return Part(base, np.zeros(length, np.uint8))
        return Part(base, self._take(f"<u{width}" if width < 8 else "<i8", length))

    def floats(self, count: int) -> np.ndarray:
        _, length, width = self._head()
        if length != count or width != 8:
            raise Damaged("a column's head is wrong")
        return self._take("<f8", length)

    def finish(self) -> None:
        if self._at != len(self._blob):
            raise Damaged(f"{len(self._blob) - self._at} bytes are left over")

    def _head(self) -> tuple[int, int, int]:
        if self._at + PART_HEAD.size > len(self._blob):
            raise Damaged("it ends within a column")
        base, length, width = PART_HEAD.unpack_from(self._blob, self._at)
        self._at += PART_HEAD.size
        return base, length, width

    def _take(self, dtype: str, length: int) -> np.ndarray:
        nbytes = length * np.dtype(dtype).itemsize
        if self._at + nbytes > len(self._blob):
            raise Damaged("it ends within a column")
        array = np.frombuffer(self._blob, dtype, length, self._at)
        self._at += nbytes
        return array
