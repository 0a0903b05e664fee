"""Putting a trace file in its place, without harm to what else is there.

Note [One writer]
~~~~~~~~~~~~~~~~~
A file that is being written is locked with `flock`, so that a second program given the same path
is told, instead of taking the first one's place. (SQLite's own locks do not tell a writer between
two batches from a reader, and a reader must not hinder a new recording.) The locked descriptor is
closed only after SQLite's connection: closing any descriptor of a file drops the locks that SQLite
holds on it in this process.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from tracegrad.errors import TraceFileError, with_details
from tracegrad.recording.file_kind import looks_like_trace
from tracegrad.recording.sqlite_file import create

if sys.platform != "win32":  # which by itself refuses to replace a file that is open
    import fcntl


def check_replaceable(path: Path, overwrite: bool) -> None:
    """Raise unless a trace may be put there: over nothing, an empty file or another trace."""
    folder = path.parent
    if not folder.is_dir():
        message = f"cannot write the trace '{path}': there is no folder '{folder}'"
        raise TraceFileError(with_details(message, [], f"mkdir -p '{folder}'"))
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"
        raise TraceFileError(f"cannot write the trace '{path}': that is {kind}")
    if _is_being_written(path):
        raise TraceFileError(_in_use(path))
    if not overwrite and not looks_like_trace(path):
        raise TraceFileError(
            with_details(
                f"cannot write the trace '{path}': a file that is no trace has that name",
                [],
                "another path, or overwrite=True to replace it",
            )
        )


def create_in_place(path: Path) -> int:
    """Make an empty trace. What was there is gone only when the new one is made.

    Returns:
        A descriptor that keeps the file locked for this writer; see Note [One writer].
    """
    new = beside(path, "new")
    descriptor = None
    try:
        create(new)
        if os.name != "nt":  # Windows moves no open file
            descriptor = os.open(new, os.O_RDONLY)
            _try_lock(descriptor)
        # A log left by a killed writer would be taken for the new file's.
        remove(path, "-wal", "-shm", "-journal")
        new.replace(path)
        if descriptor is None:
            descriptor = os.open(path, os.O_RDONLY)
    except BaseException:
        if descriptor is not None:
            os.close(descriptor)
        raise
    finally:
        remove(new, "", "-journal")
    return descriptor


def check_still_ours(path: Path, descriptor: int) -> None:
    """Raise if another program put its trace there at the same moment."""
    if identity(path) != identity(descriptor):
        raise TraceFileError(_in_use(path))


def _is_being_written(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    """Lock a file until the descriptor is closed; tell whether it was free."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # a file system without locks
    return True


def _in_use(path: Path) -> str:
    return with_details(
        f"cannot write the trace '{path}': another program is writing it",
        [],
        "another path for one of the two",
    )


def beside(path: Path, purpose: str) -> Path:
    """A name in the same folder, for a file that will be moved onto `path`."""
    return path.with_name(f".{path.name}.{os.getpid()}.{purpose}")


def remove(path: Path, *endings: str) -> None:
    """Delete the files whose names are the path's with these endings, where they exist."""
    for ending in endings:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def identity(path: Path | int) -> tuple[int, int] | None:
    """What tells the file there now from another one that takes its name later."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
