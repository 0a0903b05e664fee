"""From the recorder's raw facts to rows: numbers for places and scopes, options as text."""

from __future__ import annotations

import linecache
import os
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tracegrad.backend.device import device_of
from tracegrad.dtypes import dtype as Dtype
from tracegrad.dtypes import from_numpy
from tracegrad.graph.location import place
from tracegrad.graph.scope import Scope
from tracegrad.ops.declare import PUBLIC_NAMES, TABLE
from tracegrad.recording.growing import Batch
from tracegrad.recording.model import EventRow, LocationRow, ScopeRow, ValueRow, dtype_short
from tracegrad.recording.raw import ArrayShape, RawEvent, RawValue
from tracegrad.recording.recorder import Recorder

LONGEST_OPTION = 60
LARGEST_SOURCE = 4 << 20  # bytes of one source file that a trace carries along


class LocationTable:
    """Numbers for places in the program, and the rows and source texts that go with them."""

    def __init__(self) -> None:
        # By identity: hashing a code object takes 1 us. The code is kept, so that its id stays its
        # own.
        self._numbers: dict[tuple[int, int], tuple[int | None, CodeType]] = {}
        self._count = 0
        self._files: set[str] = set()
        self._rows: list[LocationRow] = []
        self._sources: dict[str, str] = {}

    def number(self, code: CodeType | None, lasti: int) -> int | None:
        """The place's number, a new one at first sight."""
        if code is None:
            return None
        key = (id(code), lasti)
        if key not in self._numbers:
            self._numbers[key] = (self._new_row(code, lasti), code)
        return self._numbers[key][0]

    def take_rows(self) -> list[LocationRow]:
        """Rows of the places that were new since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def take_sources(self) -> dict[str, str]:
        """Texts of the files that were new since the last time."""
        sources, self._sources = self._sources, {}
        return sources

    def _new_row(self, code: CodeType, lasti: int) -> int | None:
        where = place(code, lasti)
        if where is None:
            return None
        file = _full_path(where.file)
        if file not in self._files:
            self._files.add(file)
            text = "".join(linecache.getlines(where.file))
            if text and len(text) <= LARGEST_SOURCE:
                self._sources[file] = text
        self._rows.append(
            LocationRow(
                self._count, file, where.function, where.line, where.end_line, where.column,
                where.end_column, where.expression, where.variable,
            )
        )  # fmt: skip
        self._count += 1
        return self._count - 1


class ScopeTable:
    """Numbers for scopes, and their rows. Scope 0 is the program."""

    def __init__(self) -> None:
        # Weak: a training loop goes through scopes without end, and does not come back to one.
        self._numbers: WeakKeyDictionary[Scope, int] = WeakKeyDictionary()
        self._count = 0
        self._last: tuple[Scope | None, int] = (None, 0)
        self._rows: list[ScopeRow] = []

    def number(self, scope: Scope | None) -> int:
        """The scope's number; parents get theirs first."""
        if scope is self._last[0]:
            return self._last[1]
        chain = []
        at = scope
        while at is not None and at not in self._numbers:
            chain.append(at)
            at = at.parent
        for new in reversed(chain):
            self._count += 1
            parent = self._numbers[new.parent] if new.parent is not None else 0
            self._numbers[new] = self._count
            self._rows.append(
                ScopeRow(self._count, parent, new.name, new.path, new.kind, new.type, new.label)
            )
        number = self._numbers[scope] if scope is not None else 0
        self._last = (scope, number)
        return number

    def take_rows(self) -> list[ScopeRow]:
        """Rows of the scopes that were new since the last time."""
        rows, self._rows = self._rows, []
        return rows


class RowMaker:
    """Makes rows of what a recorder collected, batch by batch."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._locations = LocationTable()
        self._scopes = ScopeTable()

    def make(self) -> Batch:
        """Rows of everything since the last time; the arrays stay with the recorder."""
        first_event, events, first_value, values = self._recorder.take()
        event_rows = [self._event(n, raw) for n, raw in enumerate(events, first_event)]
        value_rows = [_value(n, raw) for n, raw in enumerate(values, first_value)]
        return Batch(
            events=event_rows, values=value_rows, locations=self._locations.take_rows(),
            scopes=self._scopes.take_rows(), sources=self._locations.take_sources(),
        )  # fmt: skip

    def _event(self, id: int, raw: RawEvent) -> EventRow:
        (
            kind, op, inputs, outputs, options, operands, code, lasti, scope, step, backward_pass,
            forward, grad_enabled, start, duration, thread,
        ) = raw  # fmt: skip
        if kind == "warning":
            text = details_text(options)
        else:
            text = options_text(op, options, operands) if options or operands else ""
        return EventRow(
            id, kind, op, inputs, outputs, text, self._locations.number(code, lasti),
            self._scopes.number(scope), step, backward_pass, forward, grad_enabled, start, duration,
            thread,
        )  # fmt: skip


def _full_path(file: str) -> str:
    """Absolute for real files; `<stdin>` and notebook cells stay as they are."""
    return os.path.abspath(file) if os.path.exists(file) else file


def _value(id: int, raw: RawValue) -> ValueRow:
    (
        event, output, role, name, array, requires_grad, storage, version, of, kept, view, earlier,
    ) = raw  # fmt: skip
    # NumPy works a dtype's name out anew each time, which takes 1.5 us.
    dtype = from_numpy(array.dtype).name
    return ValueRow(
        id, event, output, role, name, array.shape, dtype, _device(array), requires_grad, storage,
        version, of, array.nbytes, kept, view, earlier,
    )  # fmt: skip


# -- options as text -------------------------------------------------------------------------------


def options_text(op: str, options: Mapping[str, Any], operands: Sequence[Any]) -> str:
    """Arguments that are no tensors, as the user would write them; defaults are left out."""
    entry = TABLE.get(op) or TABLE.get(op.rstrip("_"))
    parts = []
    if operands and entry is not None:
        names = [PUBLIC_NAMES.get(i, i) for i in entry.inputs]
        parts += [f"{n}={_text(v)}" for n, v in zip(names, operands, strict=False) if v is not None]
    for name, value in options.items():
        if entry is not None and _is_default(entry.declaration.options.get(name, _NOTHING), value):
            continue
        parts.append(f"[{_key_text(value)}]" if name == "key" else f"{name}={_text(value)}")
    return ", ".join(parts)


def details_text(options: Mapping[str, Any]) -> str:
    """The details of a warning as words: `between mul and exp` for `{"between": "mul and exp"}`."""
    return ", ".join(f"{name} {value}" for name, value in options.items())


_NOTHING = object()


def _is_default(default: Any, value: Any) -> bool:
    if default is value:
        return True
    return (
        isinstance(default, bool | int | float | str)
        and type(default) is type(value)
        and default == value
    )


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{dtype_short(str(value.dtype))}{list(value.shape)}"
    if isinstance(value, Dtype):
        return value.name
    array = getattr(value, "_array", None)
    if array is not None:
        return _text(array)
    text = repr(tuple(value) if isinstance(value, tuple) else value)
    return text if len(text) <= LONGEST_OPTION else text[: LONGEST_OPTION - 1] + "…"


def _key_text(key: Any) -> str:
    """`:, 0` for `(slice(None), 0)`."""
    return ", ".join(_key_part(part) for part in (key if isinstance(key, tuple) else (key,)))


def _key_part(part: Any) -> str:
    if part is Ellipsis:
        return "..."
    if not isinstance(part, slice):
        return _text(part)
    bounds = [part.start, part.stop] + ([part.step] if part.step not in (None, 1) else [])
    return ":".join("" if b is None else str(b) for b in bounds)


def _device(array: Any) -> str:
    if isinstance(array, np.ndarray):
        return "cpu"  # `str(device)` takes 0.5 us
    return array.device if isinstance(array, ArrayShape) else str(device_of(array))
