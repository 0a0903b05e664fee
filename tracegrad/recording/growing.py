"""The tables of a trace file that is being written, and how a batch of rows is added to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np

from tracegrad.recording.chunk import decode
from tracegrad.recording.columns import CHUNK, encode
from tracegrad.recording.model import EventRow, LocationRow, ScopeRow, Stats, ValueRow
from tracegrad.recording.payload import BlockPacker, storable_array
from tracegrad.recording.schema import LAYOUTS, SOURCE_LIMIT, Place, storable
from tracegrad.recording.stats import describe

STATS_FROM = 100_000
"""Elements from which a kept array's statistics are stored; readers compute the others'."""

_MOST_TEXTS = 1 << 17
"""Texts whose numbers are remembered. Beyond that a text may come into the file a second time."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came since the last batch. Rows continue the numbering of those before, without gaps.

    Attributes:
        arrays: elements of values, by value id. The value's row is in this batch or an earlier one.
        stats: statistics of values whose elements are not kept; the others need none.
        sources: text of source files by name.
    """

    events: Sequence[EventRow] = ()
    values: Sequence[ValueRow] = ()
    arrays: Sequence[tuple[int, np.ndarray]] = ()
    stats: Sequence[tuple[int, Stats]] = ()
    locations: Sequence[LocationRow] = ()
    scopes: Sequence[ScopeRow] = ()
    sources: Mapping[str, str] = field(default_factory=dict)


_NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class _Rows:
    """How many rows a table has, and those of its last chunk while that is not full."""

    count: int = 0
    tail: tuple[Any, ...] = ()


class _TextNumbers(dict[str, int]):
    """The number of each text. Looking up a new one numbers it."""

    def __init__(self) -> None:
        super().__init__()
        self.stored = 0
        self.new: list[str] = []

    def __missing__(self, text: str) -> int:
        number = self[text] = self.stored + len(self.new)
        self.new.append(text)
        return number

    def keep_new(self) -> None:
        self.stored += len(self.new)
        self.new.clear()
        if len(self) > _MOST_TEXTS:
            self.clear()

    def drop_new(self) -> None:
        for text in self.new:
            del self[text]
        self.new.clear()


class Contents:
    """What is in a file's tables, as far as adding to them needs to know."""

    def __init__(self) -> None:
        self.tables = dict.fromkeys(LAYOUTS, _Rows())
        self.texts = _TextNumbers()
        self.next_block = 0


class Addition:
    """A batch being added within a transaction. `keep` it when that is committed, else drop it."""

    def __init__(self, contents: Contents, connection: sqlite3.Connection) -> None:
        self._contents = contents
        self._connection = connection
        self._tables = dict(contents.tables)
        contents.texts.drop_new()  # of an addition that failed
        self._blocks = BlockPacker(self._insert_block, contents.next_block)

    def add(self, batch: Batch) -> None:
        first_new = self._tables["value"].count
        self._extend("value", batch.values)
        self._extend("event", batch.events)
        self._extend("location", batch.locations)
        self._extend("scope", batch.scopes)
        places = self._add_stats(batch, self._add_arrays(batch))
        new = [places.pop(id, _NOWHERE) for id in range(first_new, self._tables["value"].count)]
        self._extend("place", new)
        self._replace_places(places)
        texts = self._contents.texts
        self._connection.executemany(
            "INSERT INTO string VALUES (?, ?)",
            [(texts[text], storable(text)) for text in texts.new],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO source VALUES (?, ?)",
            [
                (storable(file), storable(text, SOURCE_LIMIT))
                for file, text in batch.sources.items()
            ],
        )

    def keep(self) -> None:
        """The transaction was committed: this is what the file has now."""
        contents = self._contents
        contents.tables = self._tables
        contents.next_block = self._blocks.next_block
        contents.texts.keep_new()

    # -- rows ----------------------------------------------------------------------------------

    def _extend(self, table: str, rows: Sequence[Any]) -> None:
        if not rows:
            return
        before = self._tables[table]
        if LAYOUTS[table].numbered:
            _check_numbering(table, rows, before.count)
        pending = (*before.tail, *rows)
        first_chunk = before.count // CHUNK
        for at in range(0, len(pending), CHUNK):
            self._write_chunk(table, first_chunk + at // CHUNK, pending[at : at + CHUNK])
        full = len(pending) - len(pending) % CHUNK
        self._tables[table] = _Rows(before.count + len(rows), pending[full:])

    def _write_chunk(self, table: str, number: int, rows: Sequence[Any]) -> None:
        blob = encode(LAYOUTS[table], rows, self._contents.texts.__getitem__)
        statement = f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)"
        self._connection.execute(statement, (number, len(rows), blob))

    def _read_chunk(self, table: str, number: int) -> list[Any]:
        """The rows of a chunk that was written before."""
        rows = self._tables[table]
        if number == rows.count // CHUNK:
            return list(rows.tail)
        query = f"SELECT data FROM {table} WHERE id = ?"
        (blob,) = self._connection.execute(query, (number,)).fetchone()
        chunk = decode(LAYOUTS[table], blob, CHUNK)
        return [chunk.row(n, number * CHUNK + n, self._text) for n in range(CHUNK)]

    def _text(self, number: int) -> str:
        row = self._connection.execute("SELECT text FROM string WHERE id = ?", (number,)).fetchone()
        return str(row[0])

    # -- arrays and statistics -----------------------------------------------------------------

    def _insert_block(self, number: int, data: bytes | memoryview) -> None:
        self._connection.execute("INSERT INTO payload VALUES (?, ?)", (number, data))

    def _add_arrays(self, batch: Batch) -> dict[int, Place]:
        """Store the arrays; tell where each one is."""
        places = {}
        new_rows = {row.id: row for row in batch.values}
        for id, array in batch.arrays:
            row = new_rows.get(id) or self._earlier_value(id)
            block, offset = self._blocks.add(storable_array(array, row))
            places[id] = Place(block, offset)
        self._blocks.finish()
        return places

    def _add_stats(self, batch: Batch, places: dict[int, Place]) -> dict[int, Place]:
        """Store the statistics that a reader cannot quickly compute; add where they are."""
        stats = dict(batch.stats)
        for id, array in batch.arrays:
            if array.size < STATS_FROM:
                stats.pop(id, None)
            elif id not in stats:
                stats[id] = describe(array)
        first = self._tables["stats"].count
        self._extend("stats", list(stats.values()))
        for number, id in enumerate(stats, first):
            self._check_value(id)
            places[id] = places.get(id, _NOWHERE)._replace(stats=number)
        return places

    def _earlier_value(self, id: int) -> ValueRow:
        self._check_value(id)
        row: ValueRow = self._read_chunk("value", id // CHUNK)[id % CHUNK]
        return row

    def _check_value(self, id: int) -> None:
        count = self._tables["value"].count
        if not 0 <= id < count:
            raise ValueError(f"there is no value {id}: there are {count}")

    def _replace_places(self, places: Mapping[int, Place]) -> None:
        """What came now for values of earlier batches."""
        for number, ids in groupby(sorted(places), key=lambda id: id // CHUNK):
            rows = self._read_chunk("place", number)
            for id in ids:
                old, new = rows[id % CHUNK], places[id]
                stats = old.stats if new.stats is None else new.stats
                rows[id % CHUNK] = (old if new.block is None else new)._replace(stats=stats)
            self._write_chunk("place", number, rows)
            before = self._tables["place"]
            if number == before.count // CHUNK:
                self._tables["place"] = replace(before, tail=tuple(rows))


def _check_numbering(table: str, rows: Iterable[Any], first: int) -> None:
    for expected, row in enumerate(rows, first):
        if row.id != expected:
            raise ValueError(
                f"{table} rows are numbered without gaps: after {expected - 1} came {row.id}"
            )
