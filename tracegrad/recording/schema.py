"""The trace file's format: its tables, the columns of its chunks, and the info in `meta`.

Note [Trace file]
~~~~~~~~~~~~~~~~~
A trace is one SQLite file (default name `run.trace`) with these tables::

    meta      key, value        `info`: a TraceInfo as JSON
    string    id, text          each text that rows name, once
    source    file, text        source files, so that a trace opens on a machine without them
    event     id, rows, data  ┐
    value     id, rows, data  │ 1,024 rows in columns, see Note [Columns in a chunk]; `id` counts
    place     id, rows, data  │ the chunks, `rows` is less than 1,024 in the last one only, which
    stats     id, rows, data  │ is replaced by a longer one as the trace grows
    location  id, rows, data  │
    scope     id, rows, data  ┘
    payload   id, data          elements of arrays, in blocks of at most 1 MiB

`place` has one row per value: in which payload block its elements begin, and its statistics' row.
An array of up to one block lies within one; a larger one has its own consecutive blocks. Its type
and shape are the value row's. There is nothing else: no pickles, no code, no views, no triggers.

While a trace is written the file is in WAL mode: readers see every batch whole or not at all, and a
batch is safe against the death of the process once `append` has returned. Closing leaves one file.
The format is `user_version`; a reader refuses any but its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final, NamedTuple

import ml_dtypes
import numpy as np

from tracegrad.recording.chunk import Damaged
from tracegrad.recording.columns import Column, Layout
from tracegrad.recording.model import (
    EventRow,
    LocationRow,
    ScopeRow,
    Stats,
    TraceInfo,
    ValueRow,
)

APPLICATION_ID: Final = int.from_bytes(b"tgrd", "big")
FORMAT: Final = 2
PAGE_SIZE: Final = 8192
BLOCK: Final = 1 << 20
"""Bytes in a payload block."""

TEXT_LIMIT: Final = 1 << 16
"""Characters in a text of a row; longer ones are cut."""

SOURCE_LIMIT: Final = 1 << 22
"""Characters in a source file; longer ones are cut."""

DTYPES: Final = {
    name: np.dtype(name).newbyteorder("<")
    for name in (
        "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
        "float16", "float32", "float64", "complex64", "complex128",
    )
} | {"bfloat16": np.dtype(ml_dtypes.bfloat16)}  # fmt: skip
"""What elements may be, by the dtype's name: numbers only."""

DTYPE_NAMES: Final = {
    dtype.newbyteorder(order): name for name, dtype in DTYPES.items() for order in ("little", "big")
}
"""The name of each dtype in either byte order (NumPy works it out anew each time: 3 µs)."""


class Place(NamedTuple):
    """Where the file has what belongs to one value. (A tuple: one is made per value written.)

    Attributes:
        block: payload block in which its elements begin, `None` if they are not in the file.
        offset: byte in that block.
        stats: row of its stored statistics.
    """

    block: int | None = None
    offset: int = 0
    stats: int | None = None


# -- tables ----------------------------------------------------------------------------------------

EVENT: Final = Layout(
    EventRow,
    (
        Column(
            "kind",
            "word",
            words=(
                "forward",
                "write",
                "exit",
                "seed",
                "backward",
                "fan_in",
                "accumulate",
                "warning",
            ),
        ),
        Column("op", "text"),
        Column("inputs", "ids", refers="value"),
        Column("outputs", "ids", refers="value"),
        Column("options", "text"),
        Column("location", "id", refers="location"),
        Column("scope", "int", refers="scope"),
        Column("step", "int"),
        Column("backward_pass", "int"),
        Column("forward", "id", refers="event"),
        Column("grad_enabled", "flag"),
        Column("start", "int"),
        Column("duration", "int"),
        Column("thread", "int"),
    ),
)
VALUE: Final = Layout(
    ValueRow,
    (
        Column("event", "id", refers="event"),
        Column("output", "int"),
        Column("role", "word", words=("input", "parameter", "result", "gradient")),
        Column("name", "text"),
        Column("shape", "sizes"),
        Column("dtype", "text"),
        Column("device", "text"),
        Column("requires_grad", "flag"),
        Column("storage", "id"),
        Column("version", "int"),
        Column("of", "id", refers="value"),
        Column("nbytes", "int"),
        Column("kept", "flag"),
        Column("view", "flag"),
        Column("earlier", "id", refers="value"),
    ),
)
PLACE: Final = Layout(
    Place,
    (Column("block", "id"), Column("offset", "int"), Column("stats", "id", refers="stats")),
    numbered=False,
)
STATS: Final = Layout(
    Stats,
    (
        Column("count", "int"),
        Column("nan", "int"),
        Column("inf", "int"),
        Column("zero", "int"),
        Column("minimum", "float"),
        Column("maximum", "float"),
        Column("mean", "float"),
        Column("std", "float"),
        Column("norm", "float"),
        Column("histogram", "sizes"),
    ),
    numbered=False,
)
LOCATION: Final = Layout(
    LocationRow,
    (
        Column("file", "text"),
        Column("function", "text"),
        Column("line", "int"),
        Column("end_line", "int"),
        Column("column", "int"),
        Column("end_column", "int"),
        Column("expression", "text"),
        Column("variable", "text"),
    ),
)
SCOPE: Final = Layout(
    ScopeRow,
    (
        Column("parent", "id", refers="scope"),
        Column("name", "text"),
        Column("path", "text"),
        Column("kind", "word", words=("program", "module", "user")),
        Column("type", "text"),
        Column("label", "text"),
    ),
)

LAYOUTS: Final[dict[str, Layout[Any]]] = {
    "event": EVENT,
    "value": VALUE,
    "place": PLACE,
    "stats": STATS,
    "location": LOCATION,
    "scope": SCOPE,
}
"""The tables of chunks."""

TABLES: Final[dict[str, str]] = {
    "meta": "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "string": "CREATE TABLE string (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    "source": "CREATE TABLE source (file TEXT PRIMARY KEY, text TEXT NOT NULL)",
    **{
        name: f"CREATE TABLE {name} "
        "(id INTEGER PRIMARY KEY, rows INTEGER NOT NULL, data BLOB NOT NULL)"
        for name in LAYOUTS
    },
    "payload": "CREATE TABLE payload (id INTEGER PRIMARY KEY, data BLOB NOT NULL)",
}
"""Every table as it is created. A reader compares: a view under one of these names is not one."""


# -- texts and info --------------------------------------------------------------------------------


def storable(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text as UTF-8 can hold it (a path may have bytes that are no text), cut to the limit."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text.encode("utf-8", "backslashreplace").decode()


def displayable(text: str) -> str:
    """The text without characters that a terminal would obey: a file may come from anywhere."""
    if text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_CONTROLS)


_CONTROLS: Final = {code: "�" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


def encode_info(info: TraceInfo) -> str:
    fields = asdict(info)
    for name in ("title", "error"):
        fields[name] = storable(fields[name])
    fields["argv"] = [storable(word) for word in info.argv]
    return json.dumps(fields, ensure_ascii=False)


def decode_info(text: str) -> TraceInfo:
    """The info that `encode_info` wrote.

    Raises:
        Damaged: it wrote no such text.
    """
    try:
        fields = _displayable_json(json.loads(text))
        info = TraceInfo(**{**fields, "argv": tuple(fields["argv"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Damaged("its info cannot be read") from None
    words = [info.title, info.created, info.error, *info.argv]
    right = (
        info.state in ("recording", "complete", "failed")
        and type(info.duration) is int
        and isinstance(info.versions, dict)
        and all(isinstance(word, str) for word in [*words, *info.versions.values()])
    )
    if not right:
        raise Damaged("its info cannot be read")
    return info


def _displayable_json(data: Any) -> Any:
    if isinstance(data, str):
        return displayable(data)
    if isinstance(data, list):
        return [_displayable_json(item) for item in data]
    if isinstance(data, dict):
        return {displayable(key): _displayable_json(item) for key, item in data.items()}
    return data
