"""How a history looks as text: one aligned line per version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tracegrad._util.text import count, number
from tracegrad.recording.model import LocationRow

if TYPE_CHECKING:
    from tracegrad.recording.history import History, Version
    from tracegrad.recording.source import TraceSource

FIRST, LAST = 20, 20
"""Writes shown of a long history: a parameter may be written a million times."""

SHOWN = 3
"""Elements of an array that are shown."""

LONGEST_LINE = 44
"""Characters of a source line."""

TITLES = ("version", "op", "line", "through", "before -> after")


def history_text(history: History) -> str:
    """The whole history as a table, headed by where the memory came from."""
    writes = history.writes
    texts = _Texts(history.source)
    lines = [_heading(history, texts)]
    if not writes:
        return f"{lines[0]}\n  never written in place while it was recorded"
    left_out = len(writes) - FIRST - LAST
    shown = writes if left_out <= 0 else (*writes[:FIRST], *writes[-LAST:])
    lines += _aligned([TITLES, *(_cells(version, texts) for version in shown)])
    if left_out > 0:
        lines.insert(2 + FIRST, f"  … {count(left_out, 'more version')}, in history.versions …")
    return "\n".join(lines)


def written_through(version: Version) -> str:
    """What a write went through: `x[0] f32[3]` without its dtype, `the whole`."""
    view = version.through
    if version.event is None:
        return ""
    if view is None:
        return "some elements" if version.op == "__setitem__" else "the whole"
    shape = str(list(view.shape))
    if view.expression:
        return f"{view.expression} {shape}"
    return f"a view {shape}" if not view.op else f"{view.op} {shape}"


class _Texts:
    """Source lines of one trace, each file split once."""

    def __init__(self, source: TraceSource) -> None:
        self.source = source
        self._files: dict[str, list[str]] = {}

    def line(self, location: LocationRow) -> str:
        """The line that a place is on; its expression alone if the source is not known."""
        if location.file not in self._files:
            text = self.source.source_text(location.file) or ""
            self._files[location.file] = text.splitlines()
        lines = self._files[location.file]
        text = lines[location.line - 1].strip() if location.line <= len(lines) else ""
        return _cut(text or location.expression, LONGEST_LINE)


# -- cells -----------------------------------------------------------------------------------------


def _heading(history: History, texts: _Texts) -> str:
    """`x (f32[2, 3]) of train.py:3   x = tg.zeros(2, 3)`."""
    origin, source = history.origin, history.source
    first = next(
        (id for v in history.versions for id in (v.whole_after, v.after) if id is not None), None
    )
    row = source.value(history.value if first is None else first)
    called = history.name or {"result": "tensor"}.get(row.role, row.role)
    words = f"{called} ({row.signature})"
    if origin.location is not None:
        line = texts.line(origin.location)
        return f"{words} of {origin.location.short}" + (f"   {line}" if line else "")
    if origin.event is not None:
        return f"{words} made by {origin.op}"
    known = f", at version {origin.version} then" if origin.version else ""
    return f"{words} from outside the recording{known}"


def _cells(version: Version, texts: _Texts) -> Sequence[str]:
    where = version.location
    return (
        f"{version.since} -> {version.version}",
        version.op or "not recorded",
        f"{where.short}   {texts.line(where)}" if where is not None else "",
        written_through(version),
        _change(version, texts.source),
    )


def _change(version: Version, source: TraceSource) -> str:
    """Elements before and after the write, from the first that changed."""
    before, after = (
        None if id is None else source.array(id) for id in (version.before, version.after)
    )
    if after is None:
        return "" if before is None else f"{preview(before)} ->"
    if before is None or before.shape != after.shape:
        return f"-> {preview(after)}"
    changed = np.flatnonzero((before != after) & ~((before != before) & (after != after)))
    if not changed.size:
        return f"{preview(before)} unchanged"
    first = int(changed[0])
    return f"{preview(before, first)} -> {preview(after, first)}"


def preview(array: np.ndarray, first: int = 0) -> str:
    """A few elements in a row, the `first`-th among them: `[0 0 0 …]`."""
    flat = array.reshape(-1)
    if array.ndim == 0:
        return _element(flat[0])
    start = max(0, min(first, flat.size - SHOWN))
    words = [_element(x) for x in flat[start : start + SHOWN]]
    front = ["…"] if start else []
    back = ["…"] if start + SHOWN < flat.size else []
    return f"[{' '.join([*front, *words, *back])}]"


def _element(x: Any) -> str:
    if x.dtype.kind == "f":
        return number(float(x))
    return f"{x:.3g}" if x.dtype.kind == "c" else str(x)


# -- lines -----------------------------------------------------------------------------------------


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with columns of equal width; places and their source lines are aligned as two."""
    places = [row[2].partition("   ") for row in rows]
    place = max(len(short) for short, _, _ in places)
    cells = [
        [*row[:2], f"{short:<{place}}   {line}".rstrip(), *row[3:]]
        for row, (short, _, line) in zip(rows, places, strict=True)
    ]
    widths = [max(len(row[n]) for row in cells) for n in range(len(TITLES))]
    for row in cells:
        yield (
            "  "
            + "  ".join(
                f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
            ).rstrip()
        )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
