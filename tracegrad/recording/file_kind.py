"""Is this file a trace? And if not, what is it?"""

from __future__ import annotations

import os
import sqlite3
import stat
import struct
from pathlib import Path
from typing import Final

from tracegrad.errors import TraceFileError, with_details
from tracegrad.recording.chunk import Damaged
from tracegrad.recording.schema import APPLICATION_ID, FORMAT, TABLES, displayable

_MAGIC: Final = b"SQLite format 3\0"
_KINDS: Final = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive (a PyTorch or NumPy file is one)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80", "a pickle"),
    (b"\x89HDF", "an HDF5 file"),
)
"""First bytes of what people open by mistake."""


# -- checks --------------------------------------------------------------------------------------


def check_can_be_read(path: Path) -> None:
    """Raise unless there is a file with something in it."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise TraceFileError(
            with_details(f"there is no trace file '{path}'", [], _traces_in(path.parent))
        ) from None
    except OSError as error:
        raise TraceFileError(f"cannot read '{path}': {error.strerror}") from None
    if stat.S_ISDIR(status.st_mode):
        raise TraceFileError(
            with_details(f"'{path}' is a folder, not a trace file", [], _traces_in(path))
        )
    if not stat.S_ISREG(status.st_mode):
        raise TraceFileError(f"'{path}' is not a trace: it is a device or a pipe, not a file")
    if status.st_size == 0:
        raise TraceFileError(
            with_details(f"'{path}' is empty: it has 0 bytes", [], "record again, or copy it again")
        )
    if not os.access(path, os.R_OK):
        raise TraceFileError(
            with_details(f"cannot read '{path}': permission denied", [], f"chmod +r '{path}'")
        )


def _traces_in(folder: Path) -> str:
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.suffix == ".trace")
    except OSError:
        return ""
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"a trace in that folder: {', '.join(names[:3])}{more}"


def check_is_trace(connection: sqlite3.Connection, path: Path) -> None:
    """Raise unless the open file is a whole trace of a format that this reader knows."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise TraceFileError(explain(path))
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != FORMAT:
        raise TraceFileError(_other_format(connection, path, version))
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' LIMIT 100"
    ).fetchall()
    if not set(TABLES.items()) <= set(found):
        raise Damaged("its tables are not those of a trace")
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    if not has_log(path) and path.stat().st_size < pages * page_size:
        raise TraceFileError(_cut_short(path, pages * page_size))


def looks_like_trace(path: Path) -> bool:
    """Whether an existing file is a trace or empty, so that a new trace may take its place."""
    with path.open("rb") as file:
        header = file.read(100)
    return not header or _application(header) == APPLICATION_ID


def explain(path: Path) -> str:
    """What is wrong with a file that is there and that SQLite cannot read as a trace."""
    with path.open("rb") as file:
        header = file.read(1000)
    if not header.startswith(_MAGIC) and not _MAGIC.startswith(header):
        return with_details(
            f"'{path}' is not a trace: it is {_kind(header)}",
            [],
            "the file that a recording wrote, usually run.trace",
        )
    if len(header) < 100:
        return _cut_short(path, None)
    if _application(header) != APPLICATION_ID:
        return with_details(
            f"'{path}' is not a trace: it is an SQLite database of another program",
            [],
            "the file that a recording wrote, usually run.trace",
        )
    page_size = 65536 if header[16:18] == b"\0\1" else int.from_bytes(header[16:18], "big")
    whole = page_size * int.from_bytes(header[28:32], "big")
    if not has_log(path) and path.stat().st_size < whole:
        return _cut_short(path, whole)
    return damaged(path, "its pages do not fit together")


def damaged(path: Path, what: object) -> str:
    return with_details(
        f"'{path}' is damaged: {what}",
        [],
        "copy it again from where it was recorded, or record again",
    )


def _application(header: bytes) -> int | None:
    if len(header) < 100 or not header.startswith(_MAGIC):
        return None
    number: int = struct.unpack_from(">I", header, 68)[0]
    return number


def _cut_short(path: Path, whole: int | None) -> str:
    here = f"{path.stat().st_size:,}"
    of = f" of {whole:,}" if whole else ""
    return with_details(
        f"'{path}' is cut short: {here}{of} bytes are here",
        [],
        "copy it again; while it is being recorded, the file ending in -wal belongs to it",
    )


def has_log(path: Path) -> bool:
    """Whether a write-ahead log holds pages that the file itself may not have yet."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except OSError:
        return False


def _other_format(connection: sqlite3.Connection, path: Path, version: int) -> str:
    writer = ""
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'writer'").fetchone()
        writer = displayable(str(row[0])[:80]) if row else ""
    except sqlite3.Error:
        pass  # a newer format may keep it elsewhere
    return with_details(
        f"'{path}' has trace format {version}; this tracegrad reads format {FORMAT}",
        [("written by", writer)],
        "pip install --upgrade tracegrad" if version > FORMAT else "record again",
    )


def _kind(header: bytes) -> str:
    for start, kind in _KINDS:
        if header.startswith(start):
            return kind
    try:
        header.decode()
    except UnicodeDecodeError as error:
        if error.start < len(header) - 3:  # a character may be cut at the end
            return "a binary file of an unknown kind"
    return "a text file" if b"\0" not in header else "a binary file of an unknown kind"
