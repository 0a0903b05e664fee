"""Writing a trace file: while a program runs, batch by batch, or at once from another trace."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tracegrad.errors import TraceFileError, with_details
from tracegrad.recording.columns import CHUNK
from tracegrad.recording.file_place import (
    beside,
    check_replaceable,
    check_still_ours,
    create_in_place,
    identity,
    remove,
)
from tracegrad.recording.growing import Addition, Batch, Contents
from tracegrad.recording.model import TraceInfo
from tracegrad.recording.schema import encode_info, storable
from tracegrad.recording.source import TraceSource
from tracegrad.recording.sqlite_file import abandon, connect_writer, fold_log, writing

__all__ = ["Batch", "TraceWriter", "save_trace"]

Row = TypeVar("Row")

_SAVED_AT_ONCE = 16 << 20  # bytes of arrays that `save_trace` holds


class TraceWriter:
    """A trace file that grows.

    What a batch brought is safe against the death of the process when `append` returns, and readers
    in other processes see it. May be used from any thread. After `fork()` the child's copy is
    closed: it never touches the file.

    Args:
        path: where the file is to be. A trace or an empty file there is replaced.
        overwrite: replace whatever file is there.

    Raises:
        TraceFileError: the file cannot be created there, or is there and is no trace.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        info: TraceInfo,
        *,
        overwrite: bool = False,
        _called: Path | None = None,
    ) -> None:
        self._place = Path(path).resolve()
        self.path = _called or Path(path)  # what messages name: `save_trace` writes beside it first
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._contents = Contents()
        self._connection: sqlite3.Connection | None = None
        with writing(self.path):
            _check_not_open(Path(path))
            check_replaceable(Path(path), overwrite)
            self._descriptor: int | None = create_in_place(self._place)
            self._file = identity(self._descriptor)
            try:
                self._connection = connect_writer(self._place)
                check_still_ours(self._place, self._descriptor)
            except BaseException:
                self._release()
                raise
        _open_writers.add(self)
        try:
            self.update_info(info)
        except BaseException:
            self.close()
            raise

    @property
    def closed(self) -> bool:
        return self._connection is None

    def append(self, batch: Batch) -> None:
        """Add a batch: all of it or, when this raises, nothing.

        After a failure the writer is as it was before: what is in the file can be read, and the
        same batch may be tried again.

        Raises:
            TraceFileError: the disk is full or fails, or the writer is closed.
            ValueError: rows leave gaps, or an array is not what its row says.
        """
        with self._exclusive() as connection:
            addition = Addition(self._contents, connection)
            with _transaction(connection):
                addition.add(batch)
            addition.keep()

    def update_info(self, info: TraceInfo) -> None:
        """Replace the trace's info: its state, error and duration change while it is recorded."""
        rows = [
            ("info", encode_info(info)),
            ("writer", storable(f"tracegrad {info.versions.get('tracegrad', '')}".rstrip())),
        ]
        with self._exclusive() as connection, _transaction(connection):
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def close(self) -> None:
        """Leave one file, without the write-ahead log beside it. Closing again does nothing.

        Raises:
            TraceFileError: the log could not be moved into the file, for lack of space. Nothing is
                lost: the two files together are the trace.
        """
        if os.getpid() != self._owner:
            return
        with self._lock:
            connection = self._connection
            _open_writers.discard(self)
            if connection is None:
                return
            try:
                with writing(self.path):
                    if identity(self._place) == self._file:  # else another trace took its place
                        fold_log(connection)
            finally:
                self._release()

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _exclusive(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone."""
        if os.getpid() != self._owner:  # first of all: the lock may have been copied locked
            raise TraceFileError(
                f"cannot write the trace '{self.path}': process {self._owner} writes it, and this "
                f"is process {os.getpid()}, which was made by fork()"
            )
        with self._lock, writing(self.path):
            if self._connection is None:
                raise TraceFileError(f"cannot write the trace '{self.path}': it is closed")
            yield self._connection

    def _release(self) -> None:
        """Close the connection, then give up the lock; see Note [One writer]."""
        connection, self._connection = self._connection, None
        descriptor, self._descriptor = self._descriptor, None
        try:
            if connection is not None:
                connection.close()
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _forget(self) -> None:
        """In a forked child: be closed without closing. The lock stays the parent's."""
        connection, self._connection = self._connection, None
        descriptor, self._descriptor = self._descriptor, None
        if connection is not None:
            abandon(connection)
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise


_open_writers: weakref.WeakSet[TraceWriter] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for writer in list(_open_writers):
        writer._forget()
    _open_writers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _check_not_open(path: Path) -> None:
    place = path.resolve()
    if any(writer._place == place for writer in _open_writers):
        raise TraceFileError(
            with_details(
                f"cannot write the trace '{path}': this program is already writing it",
                [],
                "another path, or close the other recording first",
            )
        )


# -- saving ----------------------------------------------------------------------------------------


def save_trace(
    source: TraceSource, path: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """Write any trace into a file, which is there whole or not at all.

    Args:
        source: the trace, which may still grow; what it has now is written.
        path: where the file is to be.
        overwrite: replace a file of that name even if it is no trace.

    Raises:
        TraceFileError: the file cannot be written there, or is there and is no trace.
    """
    path = Path(path)
    with writing(path):
        _check_not_open(path)
        check_replaceable(path, overwrite)
        place = path.resolve()
        new = beside(place, "saving")
        try:
            with TraceWriter(new, source.info, _called=path) as writer:
                for batch in _batches(source):
                    writer.append(batch)
            remove(place, "-wal", "-shm", "-journal")
            new.replace(place)
        finally:
            remove(new, "", "-wal", "-shm", "-journal")


def _batches(source: TraceSource) -> Iterator[Batch]:
    """The whole source, little by little: what rows refer to comes first."""
    event_count, value_count = source.event_count, source.value_count
    texts = {file: source.source_text(file) for file in source.files()}
    yield Batch(
        locations=_all_rows(source.location),
        scopes=_all_rows(source.scope),
        sources={file: text for file, text in texts.items() if text is not None},
    )
    yield from _value_batches(source, value_count)
    for start in range(0, event_count, CHUNK):
        yield Batch(events=list(source.events(start, min(start + CHUNK, event_count))))


def _value_batches(source: TraceSource, count: int) -> Iterator[Batch]:
    values, arrays, stats, held = [], [], [], 0
    for id in range(count):
        row = source.value(id)
        values.append(row)
        array = source.array(id) if row.kept else None
        if array is not None:
            arrays.append((id, array))
            held += array.nbytes
        elif (known := source.stats(id)) is not None:
            stats.append((id, known))
        if len(values) == CHUNK or held >= _SAVED_AT_ONCE or id == count - 1:
            yield Batch(values=values, arrays=arrays, stats=stats)
            values, arrays, stats, held = [], [], [], 0


def _all_rows(row: Callable[[int], Row]) -> list[Row]:
    """Rows 0, 1, 2, ... until there are no more."""
    rows: list[Row] = []
    while True:
        try:
            rows.append(row(len(rows)))
        except IndexError:
            return rows
