"""Where a new trace may be written."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from tracegrad.cli.complaint import Complaint
from tracegrad.recording.file_kind import looks_like_trace


def check_room(path: Path, *, overwrite: bool) -> None:
    """See that a trace can be written to `path`, before anything runs.

    Raises:
        Complaint: if the folder is missing or read-only, or something is there that must stay.
    """
    folder = path.parent
    if not folder.exists():
        make = f"mkdir -p {shlex.quote(str(folder))}"
        raise Complaint(f"cannot write {path}: the folder {folder} does not exist", make)
    if not folder.is_dir():
        raise Complaint(f"cannot write {path}: {folder} is not a folder", "another path after -o")
    if path.is_dir():
        raise Complaint(f"{path} is a folder", f"-o {shlex.quote(str(path / 'run.trace'))}")
    if not os.access(folder, os.W_OK):
        raise Complaint(
            f"cannot write {path}: you may not write into {folder}", "another path after -o"
        )
    if path.exists():
        _check_replaceable(path, overwrite=overwrite)


def _check_replaceable(path: Path, *, overwrite: bool) -> None:
    try:
        replaceable = path.is_file() and looks_like_trace(path)
    except OSError as error:
        raise Complaint(f"cannot write {path}: {error.strerror}", "another path after -o") from None
    if not replaceable:
        raise Complaint(f"{path} exists and is not a trace", "another path after -o")
    if not overwrite:
        raise Complaint(f"{path} exists already", "--overwrite, or another path after -o")
