"""What is wrong with what the user asked for, and what to type instead."""

from __future__ import annotations

import shlex
import shutil
import sys
from difflib import get_close_matches
from pathlib import Path

import click

BAD_INPUT = 2
SCRIPT_FAILED = 1
INTERRUPTED = 130
"""Exit codes, as shells use them: 128 + SIGINT for ctrl-c."""

PATH = click.Path(path_type=Path, readable=False)
"""A path as it was typed. Whether it can be read is found out, and worded, by whoever reads it."""


class Complaint(Exception):
    """Bad input, to be shown as `error: message` and `try: tries`, without a traceback."""

    def __init__(self, message: str, tries: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.tries = tries


def to_type(*words: str | Path) -> str:
    """A `tracegrad` command that works when it is pasted into the shell that this one came from."""
    beside = Path(sys.executable).with_name("tracegrad")
    if _on_the_path():
        program = "tracegrad"
    elif beside.exists():  # in an environment that was not activated, as `make demo` leaves it
        program = shlex.quote(_shortest(beside))
    else:
        program = f"{shlex.quote(_shortest(Path(sys.executable)))} -m tracegrad"
    return f"{program} {shlex.join(str(word) for word in words)}"


def _on_the_path() -> bool:
    return shutil.which("tracegrad") is not None


def _shortest(path: Path) -> str:
    """From the current folder if it is in there, else the whole path."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def similar_file(path: Path) -> str:
    """A file beside `path` with nearly its name, or `""`: what was probably meant."""
    folder = path.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    return ", ".join(str(folder / name) for name in get_close_matches(path.name, names, 1))
