"""From the recorder's raw facts to rows: numbers for places and scopes, options as text."""

from __future__ import annotations

import linecache
import os
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

import numpy as np

from tracegrad.dtypes import dtype as Dtype
from tracegrad.graph.location import place
from tracegrad.graph.scope import Scope
from tracegrad.ops.declare import PUBLIC_NAMES, TABLE
from tracegrad.recording.growing import Batch
from tracegrad.recording.model import EventRow, LocationRow, ScopeRow, ValueRow, dtype_short
from tracegrad.recording.recorder import RawEvent, RawValue, Recorder

LONGEST_OPTION = 60
LARGEST_SOURCE = 4 << 20  # bytes of one source file that a trace carries along


class RowMaker:
    """Makes rows of what a recorder collected, batch by batch."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        # By identity: hashing a code object takes 1 us. The code is kept, so that its id stays its own.
        self._locations: dict[tuple[int, int], tuple[int | None, CodeType]] = {}
        self._location_count = 0
        self._scopes: dict[Scope, int] = {}
        self._sources: set[str] = set()
        self._new_locations: list[LocationRow] = []
        self._new_scopes: list[ScopeRow] = [ScopeRow(0, None, "", "", "program", "", "")]
        self._new_sources: dict[str, str] = {}

    def make(self) -> Batch:
        """Rows of everything since the last time; the arrays stay with the recorder."""
        first_event, events, first_value, values = self._recorder.take()
        event_rows = [self._event(n, raw) for n, raw in enumerate(events, first_event)]
        value_rows = [_value(n, raw) for n, raw in enumerate(values, first_value)]
        batch = Batch(
            events=event_rows, values=value_rows, locations=self._new_locations,
            scopes=self._new_scopes, sources=self._new_sources,
        )  # fmt: skip
        self._new_locations, self._new_scopes, self._new_sources = [], [], {}
        return batch

    def _event(self, id: int, raw: RawEvent) -> EventRow:
        return EventRow(
            id=id, kind=raw.kind, op=raw.op, inputs=raw.inputs, outputs=raw.outputs,
            options=options_text(raw.op, raw.options, raw.operands),
            location=self._location(raw.code, raw.lasti), scope=self._scope(raw.scope), step=raw.step,
            backward_pass=raw.backward_pass, forward=raw.forward, grad_enabled=raw.grad_enabled,
            start=raw.start, duration=raw.duration, thread=raw.thread,
        )  # fmt: skip

    def _location(self, code: CodeType | None, lasti: int) -> int | None:
        if code is None:
            return None
        key = (id(code), lasti)
        if key not in self._locations:
            self._locations[key] = (self._new_location(code, lasti), code)
        return self._locations[key][0]

    def _new_location(self, code: CodeType, lasti: int) -> int | None:
        where = place(code, lasti)
        if where is None:
            return None
        file = _full_path(where.file)
        if file not in self._sources:
            self._sources.add(file)
            text = "".join(linecache.getlines(where.file))
            if text and len(text) <= LARGEST_SOURCE:
                self._new_sources[file] = text
        number = self._location_count
        self._location_count += 1
        self._new_locations.append(
            LocationRow(
                number, file, where.function, where.line, where.end_line, where.column, where.end_column,
                where.expression, where.variable,
            )
        )  # fmt: skip
        return number

    def _scope(self, scope: Scope | None) -> int:
        """The scope's number; parents first, without recursion."""
        if scope is None:
            return 0
        chain = []
        at: Scope | None = scope
        while at is not None and at not in self._scopes:
            chain.append(at)
            at = at.parent
        for new in reversed(chain):
            number = len(self._scopes) + 1
            parent = self._scopes[new.parent] if new.parent is not None else 0
            self._scopes[new] = number
            self._new_scopes.append(
                ScopeRow(number, parent, new.name, new.path, new.kind, new.type, new.label)
            )
        return self._scopes[scope]


def _full_path(file: str) -> str:
    """Absolute for real files; `<stdin>` and notebook cells stay as they are."""
    return os.path.abspath(file) if os.path.exists(file) else file


def _value(id: int, raw: RawValue) -> ValueRow:
    return ValueRow(
        id=id, event=raw.event, output=raw.output, role=raw.role, name=raw.name, shape=raw.shape,
        dtype=str(raw.dtype), device="cpu", requires_grad=raw.requires_grad, storage=raw.storage,
        version=raw.version, of=raw.of, nbytes=raw.nbytes, kept=raw.kept,
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


_NOTHING = object()


def _is_default(default: Any, value: Any) -> bool:
    if default is value:
        return True
    return isinstance(default, bool | int | float | str) and type(default) is type(value) and default == value


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
