"""What every tab of the inspector uses: the space there is, and how one value is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracegrad._util.text import number, size
from tracegrad.recording.model import Stats, ValueRow
from tracegrad_tui import picture
from tracegrad_tui.operands import name
from tracegrad_tui.pieces import Line, Piece, Sheet, flow, join
from tracegrad_tui.pieces import width as cells_of
from tracegrad_tui.session import Session

ROWS_SHOWN = 100_000
"""Rows of an array's table that one can scroll to."""


@dataclass(frozen=True, slots=True)
class View:
    """The space to draw in.

    Attributes:
        width, height: cells and lines.
        pan: columns of numbers scrolled away to the left.
        coloured: whether there is colour, or shades only.
    """

    width: int
    height: int
    pan: int = 0
    coloured: bool = True


def label(word: str, text: str, role: str = "") -> Line:
    """`word text`, the word quiet."""
    return [Piece(f"{word} ", "quiet"), Piece(text, role)]


def title(text: str, role: str = "strong") -> Line:
    """A heading within a tab."""
    return [Piece(text, role)]


def identity(session: Session, row: ValueRow, called: str, view: View) -> list[Line]:
    """What a value is: its name, type and shape, place and version."""
    parts: list[Line] = [
        [Piece(called, "quiet")],
        [Piece(name(session.source, row), "parameter" if row.role == "parameter" else "strong")],
        [Piece(row.signature)],
        [Piece(size(row.nbytes), "quiet")],
    ]
    if row.device != "cpu":
        parts.append([Piece(row.device)])
    if row.storage is not None:
        parts.append(label("storage", f"{row.storage} v{row.version}"))
    if row.requires_grad:
        parts.append([Piece("requires grad", "quiet")])
    return flow(parts, view.width)


def numbers(session: Session, row: ValueRow, view: View) -> list[Line]:
    """Statistics and histogram, or why there are none."""
    stats = session.measures.of(row.id)
    if stats == "pending":
        return [[Piece("measuring…", "quiet")]]
    if stats is None or stats.count == 1:  # one number is its own statistics
        return []
    if row.dtype == "bool":
        true = stats.count - stats.zero
        return [label("true", f"{true:,} of {stats.count:,}, {true / max(stats.count, 1):.1%}")]
    bars = picture.histogram(stats, 3 if view.height >= 24 else 1)
    facts = picture.facts(stats)
    if row.dtype.startswith("complex"):
        facts.insert(0, [Piece("magnitudes:", "quiet")])
    if len(bars) == 1:
        return flow([*facts, *bars], view.width)
    return [*flow(facts, view.width), *bars]


def drawing(session: Session, row: ValueRow, view: View) -> Sheet:
    """Heat map and table of a value's elements, or why there are none."""
    array = session.source.array(row.id)
    if array is None:
        return Sheet([[Piece(_why_no_elements(row), "quiet")]])
    if not array.size:
        return Sheet([[Piece("no elements", "quiet")]])
    if array.ndim == 0:
        return Sheet([[Piece("= ", "quiet"), picture.element(array[()])]])
    if array.dtype.kind not in "biufc":
        return Sheet([[Piece(f"elements of {array.dtype} are not drawn", "quiet")]])
    values = picture.matrix(array, session.slice_of(row))
    lying = values.reshape(1, -1) if values.shape[1] == 1 else values  # a column is drawn as a row
    pooled = picture.pooled(lying, *_picture_size(view))
    _, top = picture.levels(pooled)
    heat = [] if _fits(values, view) else _heat(pooled, top, view)
    return Sheet(
        [*_slice_line(session, row), *heat, *_head(values, view)],
        more=min(len(values), ROWS_SHOWN),
        line=lambda n: picture.table_row(values, n, _first(values, view), view.width, top),
    )


def whole(
    session: Session, row: ValueRow, called: str, view: View, also: Sequence[Line] = ()
) -> Sheet:
    """All about one value: what it is, what else is to say, its statistics, picture, numbers."""
    drawn = drawing(session, row, view)
    lines = [*identity(session, row, called, view), *also, *numbers(session, row, view)]
    return Sheet(lines, more=len(drawn), line=lambda n: drawn[n])


def brief(session: Session, value: int, width: int) -> Line:
    """A value on one line: signature and, as far as they fit, magnitude and histogram."""
    row = session.source.value(value)
    stats = session.measures.of(value)
    parts: list[Line] = [[Piece(row.signature)]]
    if isinstance(stats, Stats):
        parts += [_magnitude(row, stats), *picture.histogram(stats)]
    while len(parts) > 1 and cells_of(join(parts)) > width:
        parts.pop()
    return join(parts)


def and_brief(line: Line, session: Session, value: int, view: View) -> Line:
    """A line, then a value in what is left of it."""
    return [*line, *brief(session, value, view.width - cells_of(line))]


def _magnitude(row: ValueRow, stats: Stats) -> Line:
    if stats.nan or stats.inf:
        return join(
            [
                [Piece(f"{stats.nan:,} NaN", "nan")] if stats.nan else [],
                [Piece(f"{stats.inf:,} inf", "inf")] if stats.inf else [],
            ]
        )
    word, x = ("=", stats.mean) if row.shape == () else ("norm", stats.norm)
    return label(word, number(x))


def _slice_line(session: Session, row: ValueRow) -> list[Line]:
    index = session.slice_of(row)
    if not index:
        return []
    at = ", ".join([*(str(n) for n in index), ":", ":"])
    return [[Piece("slice "), Piece(f"[{at}]", "strong"), Piece("   ( ) other slices", "quiet")]]


def _picture_size(view: View) -> tuple[int, int]:
    """Rows and columns of cells that a heat map may have."""
    return 2 * max(2, min(16, view.height // 3)), min(view.width, 96)


def _fits(values: np.ndarray, view: View) -> bool:
    """Whether the table, whose cells are tinted, shows all that a heat map would, in a low pane."""
    wide = 8 + values.shape[1] * picture.cell_width(values) <= view.width
    return values.size < 2 or (view.height < 16 and len(values) <= view.height and wide)


def _heat(pooled: np.ndarray, top: float, view: View) -> list[Line]:
    rows, columns = _picture_size(view)
    lines = picture.heat_map(pooled, rows // 2, columns, coloured=view.coloured)
    return [*lines, picture.legend(top, coloured=view.coloured)]


def _first(values: np.ndarray, view: View) -> int:
    return max(0, min(view.pan, int(values.shape[1]) - 1))


def _head(values: np.ndarray, view: View) -> list[Line]:
    if values.shape[1] < 2:
        return []
    return [picture.table_head(values, _first(values, view), view.width)]


def _why_no_elements(row: ValueRow) -> str:
    if row.kept:
        return "the elements cannot be read from this trace"
    return "the elements were not kept in this trace"
