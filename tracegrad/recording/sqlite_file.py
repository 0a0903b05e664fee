"""SQLite connections to a trace, which may be anything when it is read; their errors in words."""

from __future__ import annotations

import ctypes
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tracegrad._util import text
from tracegrad.errors import TraceFileError, with_details
from tracegrad.recording.chunk import Damaged
from tracegrad.recording.file_kind import damaged, explain, has_log
from tracegrad.recording.schema import APPLICATION_ID, FORMAT, PAGE_SIZE, TABLES, displayable

LARGEST_CELL: Final = 1 << 26
"""Bytes that one text or blob read from a file may have."""

_READ_LIMITS: Final = {
    # What SQLite's "Defense Against The Dark Arts" advises for files from elsewhere.
    sqlite3.SQLITE_LIMIT_LENGTH: LARGEST_CELL,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 20,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 10,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 8,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 10,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
}

# -- connections -----------------------------------------------------------------------------------


def create(path: Path) -> None:
    """Make a trace file with empty tables."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
        connection.execute("BEGIN")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={FORMAT}")
        for statement in TABLES.values():
            connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        connection.close()


def connect_writer(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "rw")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA secure_delete=OFF")  # replaced chunks need no zeroing
    connection.execute(f"PRAGMA wal_autocheckpoint={(64 << 20) // PAGE_SIZE}")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write and believes nothing that the file says."""
    try:
        return _connect_reader(path, "ro")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        # SQLite wants a file beside the trace, and the folder does not allow one.
        if has_log(path):
            message = f"cannot read '{path}': its last rows are in '{path.name}-wal'"
            tries = "copy both files into a folder that you may write to, and open it there"
            raise TraceFileError(with_details(message, [], tries)) from error
        return _connect_reader(path, "ro&immutable=1")


def _connect_reader(path: Path, mode: str) -> sqlite3.Connection:
    connection = _connect(path, mode)
    try:
        for limit, value in _READ_LIMITS.items():
            connection.setlimit(limit, value)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        connection.execute("PRAGMA mmap_size=0")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=5,
    )


def fold_log(connection: sqlite3.Connection) -> None:
    """Move the write-ahead log into the file and leave only that."""
    connection.execute("PRAGMA busy_timeout=200")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        # A reader has it open. All is in the file by now; that reader removes the empty log.


def remove_log(path: Path) -> None:
    """Remove what a writer had to leave beside the file because a reader still had it open.

    Only SQLite may do that: it knows whether somebody else has the file open now.
    """
    if not path.with_name(path.name + "-shm").exists():
        return
    try:
        connection = _connect(path, "rw")
        try:
            connection.execute("PRAGMA busy_timeout=0")
            connection.execute("PRAGMA journal_mode=DELETE")
        finally:
            connection.close()
    except sqlite3.Error:
        pass  # the next reader may, or the folder is read-only and there is nothing to tidy


def abandon(connection: sqlite3.Connection) -> None:
    """Never touch a connection again that came into this process by `fork()`, not even to close it.

    Closing would be done by SQLite as if it were the parent, and deleting the object closes. So it
    gets one reference too many.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


# -- errors --------------------------------------------------------------------------------------


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what SQLite and the decoders raise into a `TraceFileError`."""
    try:
        yield
    except Damaged as error:
        raise TraceFileError(damaged(path, error)) from None
    except sqlite3.Error as error:
        raise TraceFileError(_read_message(path, error)) from error
    except (UnicodeDecodeError, MemoryError) as error:
        # Python's sqlite3 lets these through: an error message that quotes damaged text, a page
        # that asks for more memory than there is.
        raise TraceFileError(explain(path)) from error
    except OSError as error:
        raise TraceFileError(f"cannot read '{path}': {error.strerror}") from error


def _read_message(path: Path, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT):
        return explain(path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return with_details(
            f"cannot read '{path}': another process has locked it", [], "again in a moment"
        )
    if code == sqlite3.SQLITE_TOOBIG:
        most = text.size(LARGEST_CELL)
        return damaged(path, f"it has a text or a blob of more than {most}")
    if isinstance(error, sqlite3.OperationalError):
        return f"cannot read '{path}': {displayable(str(error))}"
    return damaged(path, displayable(str(error)))


_WRITE_FAILURES: Final = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space, or record fewer values"),
    sqlite3.SQLITE_READONLY: ("it may not be written", "another path, or the file's permissions"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be created there", "a folder that you may write to"),
    sqlite3.SQLITE_PERM: ("permission denied", "a folder that you may write to"),
    sqlite3.SQLITE_IOERR: (
        "the disk reports an error",
        "a folder on a local disk (a trace cannot grow on some network disks)",
    ),
    sqlite3.SQLITE_BUSY: ("another process has locked it", "another path"),
}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into a `TraceFileError`."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        what, tries = _WRITE_FAILURES.get(code, (str(error), ""))
        message = with_details(f"cannot write the trace '{path}': {what}", [], tries)
        raise TraceFileError(message) from error
    except OSError as error:
        message = f"cannot write the trace '{path}': {(error.strerror or str(error)).lower()}"
        raise TraceFileError(
            with_details(message, [], "a folder on a local disk that you may write to")
        ) from error
