"""Rows to bytes: 1,024 rows become one blob of columns. `chunk.py` reads it.

Note [Columns in a chunk]
~~~~~~~~~~~~~~~~~~~~~~~~~
A blob is a checksum, the number of rows, then one part per column in the order of the layout. A
part is a head (`base`, `count`, `width`) and `count` little-endian unsigned integers of `width`
bytes: the numbers less `base`. Most columns of 1,024 neighbouring rows span little, so that width
is 1 or 2, and a constant column (the step, the thread) is all head and no numbers. Everything but
`float` is first made a column of integers: texts by their number in the `string` table, words by
their place in a fixed list, `None` as -1, tuples as two parts, their lengths and their items end
to end.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar

import numpy as np

Row = TypeVar("Row")
Integers = np.ndarray[Any, np.dtype[np.int64]]

CHUNK = 1024
"""Rows in a full chunk."""

Kind = Literal["int", "id", "flag", "word", "text", "float", "sizes", "ids"]
"""int: any 64-bit number; id: a number from 0 or `None`; sizes: a tuple of numbers from 0;
ids: a tuple of numbers from 0 and `None`; word: one of `Column.words`."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a row.

    Attributes:
        words: for `word`, the words it may be. Their order is part of the file format.
        refers: the table whose rows the numbers name, `""` for plain numbers.
    """

    name: str
    kind: Kind
    words: tuple[str, ...] = ()
    refers: str = ""


@dataclass(frozen=True, slots=True)
class Layout(Generic[Row]):
    """How rows of one type are stored: their columns in the order of the type's fields.

    Attributes:
        numbered: whether the type begins with `id`, which is the row's position and is not stored.
    """

    row: Callable[..., Row]
    columns: tuple[Column, ...]
    numbered: bool = True


CHUNK_HEAD = struct.Struct("<II")
"""Checksum of what follows, number of rows."""

PART_HEAD = struct.Struct("<qIB3x")
"""Base, how many numbers, bytes of each."""

HIGHEST_BASE = 2**62


def encode(layout: Layout[Row], rows: Sequence[Row], number_of: Callable[[str], int]) -> bytes:
    """The blob for some rows, given the number of each text."""
    parts: list[bytes] = []
    for column in layout.columns:
        field = attrgetter(column.name)
        cells = list(map(field, rows))
        if column.kind == "float":
            parts += PART_HEAD.pack(0, len(cells), 8), np.array(cells, "<f8").tobytes()
        elif column.kind in ("ids", "sizes"):
            parts += _pack(np.array(list(map(len, cells)), np.int64))
            items = _without_none(list(chain.from_iterable(cells)))
            parts += _pack(np.array(items, np.int64), least_width=1)
        else:
            parts += _pack(np.array(_as_numbers(column, cells, number_of), np.int64))
    body = b"".join(parts)
    return CHUNK_HEAD.pack(zlib.crc32(body), len(rows)) + body


def _as_numbers(column: Column, cells: list[Any], number_of: Callable[[str], int]) -> list[int]:
    match column.kind:
        case "id":
            return _without_none(cells)
        case "text":
            return list(map(number_of, cells))
        case "word":
            return list(map(column.words.index, cells))
        case _:
            return cells


def _without_none(cells: list[Any]) -> list[int]:
    return [-1 if cell is None else cell for cell in cells] if None in cells else cells


def _pack(numbers: Integers, least_width: int = 0) -> tuple[bytes, bytes]:
    low, high = (int(numbers.min()), int(numbers.max())) if numbers.size else (0, 0)
    span = high - low
    width = next((w for w in (0, 1, 2, 4) if w >= least_width and span < 256**w), 8)
    if width == 8 or low > HIGHEST_BASE:  # as they are: nothing can overflow
        return PART_HEAD.pack(0, numbers.size, 8), numbers.astype("<i8").tobytes()
    data = (numbers - low).astype(f"<u{width}").tobytes() if width else b""
    return PART_HEAD.pack(low, numbers.size, width), data
