"""Reading a trace file: one that is done, one that grows, or one whose writer was killed."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from tracegrad._util.recent import Recent
from tracegrad.errors import TraceFileError
from tracegrad.recording.chunk import Chunk, Damaged, decode
from tracegrad.recording.columns import CHUNK
from tracegrad.recording.file_kind import check_can_be_read, check_is_trace
from tracegrad.recording.links import TraceLinks
from tracegrad.recording.model import (
    EventRow,
    LocationRow,
    ScopeRow,
    Stats,
    TraceInfo,
    ValueRow,
)
from tracegrad.recording.payload import load_array
from tracegrad.recording.schema import (
    LAYOUTS,
    TEXT_LIMIT,
    Place,
    decode_info,
    displayable,
    storable,
)
from tracegrad.recording.source import TraceSource
from tracegrad.recording.sqlite_file import abandon, connect_reader, reading, remove_log
from tracegrad.recording.stats import describe


def open_trace(path: str | os.PathLike[str]) -> FileTrace:
    """Open a trace file for reading. It may still be growing: see `FileTrace.refresh`.

    Raises:
        TraceFileError: there is no such file, or it is no trace, or it is damaged or cut short.
    """
    return FileTrace(path)


class FileTrace(TraceSource):
    """The rows of a trace file.

    Only pieces that were lately asked for are in memory. Rows and counts are those of the moment of
    opening or of the last `refresh`. May be used from several threads.

    Every method may raise `TraceFileError` when it meets a damaged part of the file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._chunks: Recent[tuple[str, int], Chunk[Any]] = Recent(96)
        self._texts: Recent[int, str] = Recent(1 << 14)
        self._stats: Recent[int, Stats | None] = Recent(1 << 12)
        self._links = TraceLinks()
        self._closed = False
        check_can_be_read(self.path)
        with reading(self.path):
            self._connection = connect_reader(self.path)
            try:
                check_is_trace(self._connection, self.path)
                self._version = self._data_version()
                self._info, self._counts = self._read_overview()
            except BaseException:
                self._connection.close()
                raise

    # -- rows ----------------------------------------------------------------------------------

    @property
    def info(self) -> TraceInfo:
        return self._info

    @property
    def event_count(self) -> int:
        return self._counts["event"]

    @property
    def value_count(self) -> int:
        return self._counts["value"]

    def event(self, id: int) -> EventRow:
        row: EventRow = self._row("event", id)
        return row

    def value(self, id: int) -> ValueRow:
        row: ValueRow = self._row("value", id)
        return row

    def location(self, id: int) -> LocationRow:
        row: LocationRow = self._row("location", id)
        return row

    def scope(self, id: int) -> ScopeRow:
        row: ScopeRow = self._row("scope", id)
        return row

    def array(self, value: int) -> np.ndarray | None:
        with self._reading() as connection:
            row, place = self.value(value), self._place(value)
            return None if place.block is None else load_array(connection, row, place)

    def stats(self, value: int) -> Stats | None:
        with self._reading():
            if value not in self._stats:
                stored = self._place(value).stats
                array = self.array(value) if stored is None else None
                if stored is not None:
                    self._stats[value] = self._row("stats", stored)
                else:
                    self._stats[value] = None if array is None else describe(array)
            return self._stats[value]

    def source_text(self, file: str) -> str | None:
        with self._reading() as connection:
            query = "SELECT text FROM source WHERE file = ?"
            row = connection.execute(query, (storable(file),)).fetchone()
            return displayable(str(row[0])) if row else None

    def refresh(self) -> bool:
        """Look for rows that came since; tell whether rows or the info changed."""
        with self._reading():
            version = self._data_version()
            if version == self._version:
                return False
            before = self._info, self._counts
            self._info, self._counts = self._read_overview()
            self._version = version
            self._chunks.clear()
            self._stats.clear()
            return before != (self._info, self._counts)

    def close(self) -> None:
        if os.getpid() != self._owner:
            abandon(self._connection)
            self._closed = True
            return
        with self._lock:
            if self._closed:
                return
            with suppress(TraceFileError):
                self.refresh()  # a writer may have finished meanwhile
            self._closed = True
            self._chunks.clear()
            self._texts.clear()
            self._connection.close()
            if self._info.state != "recording":
                remove_log(self.path)

    # -- questions -----------------------------------------------------------------------------

    def events(self, start: int = 0, stop: int | None = None) -> Iterator[EventRow]:
        if start < 0:
            raise IndexError(f"no event {start}: there are {self.event_count}")
        upto = self.event_count if stop is None else min(stop, self.event_count)
        for first, begin, end in _pieces(start, upto):
            with self._lock:  # per chunk: a row at a time takes twice as long
                chunk = self._chunk("event", first // CHUNK)
                rows = [chunk.row(n, first + n, self._text) for n in range(begin, end)]
            yield from rows

    def consumers(self, value: int) -> Sequence[int]:
        with self._reading():
            return self._current_links().consumers.of(value)

    def gradients(self, value: int) -> Sequence[int]:
        with self._reading():
            return self._current_links().gradients.of(value)

    def backward_events(self, event: int) -> Sequence[int]:
        with self._reading():
            return self._current_links().backward.of(event)

    def locations(self) -> Sequence[LocationRow]:
        with self._reading():
            return [self.location(id) for id in self._current_links().locations]

    def in_storage(self, storage: int) -> Sequence[int]:
        with self._reading():
            return self._current_links().storages.of(storage)

    def warnings(self) -> Sequence[int]:
        with self._reading():
            return list(self._current_links().warnings)

    def prepare(self, rows: int) -> bool:
        with self._reading():
            links = self._read_links(self._links.events + rows, self._links.values + rows)
            return links.events >= self.event_count and links.values >= self.value_count

    def _current_links(self) -> TraceLinks:
        return self._read_links(self.event_count, self.value_count)

    def _read_links(self, events: int, values: int) -> TraceLinks:
        links = self._links
        for first, start, stop in _pieces(links.events, min(events, self.event_count)):
            links.add_events(self._read_chunk("event", first // CHUNK), first, start, stop)
        for first, start, stop in _pieces(links.values, min(values, self.value_count)):
            links.add_values(self._read_chunk("value", first // CHUNK), first, start, stop)
        return links

    # -- reading -------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone and made by this process."""
        if os.getpid() != self._owner:
            self._open_again_after_fork()
        with self._lock, reading(self.path):
            if self._closed:
                raise ValueError(f"the trace '{self.path}' is closed")
            yield self._connection

    def _open_again_after_fork(self) -> None:
        """A forked child needs a connection, and a lock that no thread of its parent holds."""
        abandon(self._connection)
        self._lock, self._owner = threading.RLock(), os.getpid()
        with reading(self.path):
            self._connection = connect_reader(self.path)

    def _data_version(self) -> int:
        """A number that changes whenever another connection has written."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _read_overview(self) -> tuple[TraceInfo, dict[str, int]]:
        """The info and how many rows each table has, all of one moment."""
        connection = self._connection
        connection.execute("BEGIN")
        try:
            row = connection.execute("SELECT value FROM meta WHERE key = 'info'").fetchone()
            counts = {table: _count_rows(connection, table) for table in LAYOUTS}
        finally:
            connection.execute("COMMIT")
        if row is None:
            raise Damaged("it has no info")
        if counts["place"] != counts["value"]:
            raise Damaged(f"it has {counts['value']} values, but places of {counts['place']}")
        return decode_info(str(row[0])), counts

    def _row(self, table: str, id: int) -> Any:
        count = self._counts[table]
        if not 0 <= id < count:
            raise IndexError(f"no {table} {id}: there are {count}")
        with self._lock:
            return self._chunk(table, id // CHUNK).row(id % CHUNK, id, self._text)

    def _chunk(self, table: str, number: int) -> Chunk[Any]:
        chunk: Chunk[Any] | None = self._chunks.get((table, number))
        if chunk is None:
            with self._reading():
                chunk = self._chunks[table, number] = self._read_chunk(table, number)
        return chunk

    def _place(self, value: int) -> Place:
        place: Place = self._row("place", value)
        return place

    def _read_chunk(self, table: str, number: int) -> Chunk[Any]:
        query = f"SELECT rows, data FROM {table} WHERE id = ?"
        row = self._connection.execute(query, (number,)).fetchone()
        rows, data = row if row else (0, b"")
        known = min(CHUNK, self._counts[table] - number * CHUNK)
        if type(rows) is not int or type(data) is not bytes or rows < known:
            raise Damaged(f"chunk {number} of table '{table}' is missing")
        try:
            chunk = decode(LAYOUTS[table], data, rows)
        except Damaged as error:
            raise Damaged(f"chunk {number} of table '{table}': {error}") from None
        self._check_references(chunk, table, number, known)
        return chunk

    def _check_references(self, chunk: Chunk[Any], table: str, number: int, known: int) -> None:
        for column in LAYOUTS[table].columns:
            if column.refers and chunk.highest(column, known) >= self._counts[column.refers]:
                raise Damaged(
                    f"chunk {number} of table '{table}' names a {column.refers} that is not there"
                )

    def _text(self, number: int) -> str:
        text: str | None = self._texts.get(number)
        if text is None:
            with self._reading() as connection:
                query = "SELECT text FROM string WHERE id = ?"
                row = connection.execute(query, (number,)).fetchone()
                if row is None:
                    raise Damaged(f"text {number} is missing")
            text = self._texts[number] = displayable(str(row[0])[:TEXT_LIMIT])
        return text


def _count_rows(connection: sqlite3.Connection, table: str) -> int:
    query = f"SELECT id, rows FROM {table} ORDER BY id DESC LIMIT 1"
    number, rows = connection.execute(query).fetchone() or (0, 0)
    if type(rows) is not int or not 0 <= rows <= CHUNK or number < 0:
        raise Damaged(f"the last chunk of table '{table}' has a wrong number of rows")
    return int(number) * CHUNK + rows


def _pieces(start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Rows `start` to `stop` by chunks: the chunk's first row, and from where to where in it."""
    while start < stop:
        first = start - start % CHUNK
        end = min(first + CHUNK, stop)
        yield first, start - first, end - first
        start = end
