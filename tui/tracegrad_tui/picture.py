"""Arrays as pictures and tables: heat maps in half blocks, histograms, numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tracegrad._util.text import number, spark
from tracegrad.recording.model import Stats
from tracegrad_tui.pieces import Line, Piece, fit
from tracegrad_tui.theme import LEVELS, heat, tint

Matrix = np.ndarray
SHADES = " ·░▒▓█"
NAN, INF = 1 << 10, 1 << 11
"""Levels that are no heat: of a cell that holds a NaN, or an infinity and no NaN."""


def matrix(array: np.ndarray, index: Sequence[int] = ()) -> Matrix:
    """The two-dimensional part to look at: the last two dimensions at an index of the others."""
    if array.ndim <= 1:
        return array.reshape(1, -1)
    return array[tuple(index)] if array.ndim > 2 else array


# -- heat map --------------------------------------------------------------------------------------


def pooled(values: Matrix, rows: int, columns: int) -> Matrix:
    """Float values on at most `rows` x `columns` cells: of each cell the one that stands out most.

    That is the largest by magnitude, with its sign; an infinity before any number and a NaN before
    any infinity. So a single outlier stays visible in a picture of a million numbers.
    """
    if values.dtype.kind == "c":
        values = np.abs(values)
    values = values.astype(np.float64)
    for axis, cells in ((0, rows), (1, columns)):
        extent = values.shape[axis]
        if extent > cells:
            starts = np.arange(cells) * extent // cells
            high = np.maximum.reduceat(values, starts, axis)  # both propagate NaN
            low = np.minimum.reduceat(values, starts, axis)
            values = np.where(-low > high, low, high)
    return values


def levels(values: Matrix, top: float | None = None) -> tuple[np.ndarray, float]:
    """Heat levels of float values, and the magnitude that the highest level stands for.

    That is `top`, by default the largest finite magnitude there is.
    """
    finite = np.isfinite(values)
    if top is None:
        top = float(np.abs(values[finite]).max(initial=0.0))
    scaled = np.where(finite, values, 0.0) / (top or 1.0)
    result = np.rint(scaled * LEVELS).astype(np.int64)
    # A number that is not zero must not look like zero.
    result[(result == 0) & (scaled > 0)] = 1
    result[(result == 0) & (scaled < 0)] = -1
    result[np.isnan(values)] = NAN
    result[np.isinf(values)] = INF
    return result, top


def heat_map(values: Matrix, rows: int, columns: int, *, coloured: bool) -> list[Line]:
    """A picture of at most so many lines and cells; small arrays are enlarged."""
    if not values.size or rows < 1 or columns < 1:
        return []
    per_line = 2 if coloured else 1
    cells, _ = levels(pooled(values, rows * per_line, columns))
    cells = _enlarged(cells, rows, columns, per_line)
    if coloured:
        return [_half_blocks(cells[n : n + 2]) for n in range(0, len(cells), 2)]
    return [_merged([_shade(int(level)) for level in line]) for line in cells]


def legend(top: float, *, coloured: bool) -> Line:
    """What the heat map's colours stand for."""
    if not coloured:
        return [Piece(f"|x|  0 {SHADES[1:]} {number(top)}", "quiet")]
    scale = [Piece(" ", "", heat(level)) for level in range(-LEVELS, LEVELS + 1, 4)]
    return [Piece(f"{number(-top)} ", "quiet"), *scale, Piece(f" {number(top)}", "quiet")]


def _enlarged(cells: np.ndarray, rows: int, columns: int, per_line: int) -> np.ndarray:
    """Small pictures larger, so that one number is a visible square."""
    height, width = cells.shape
    factor = max(1, min(rows * per_line // height, columns // width, 6))
    across = factor if per_line == 2 else max(1, min(2 * factor, columns // width))
    return cells.repeat(factor, axis=0).repeat(across, axis=1)


def _half_blocks(pair: np.ndarray) -> Line:
    """Two rows of cells as one line: the upper is the text's colour, the lower the background's."""
    lower = pair[1] if len(pair) > 1 else None
    return _merged(
        [_cell(int(up), None if lower is None else int(lower[n])) for n, up in enumerate(pair[0])]
    )


def _cell(up: int, down: int | None) -> Piece:
    for special, letter, role in ((NAN, "N", "nan"), (INF, "∞", "inf")):
        if special in (up, down):
            other = down if up == special else up
            plain = other is None or other in (NAN, INF)
            return Piece(letter, role, "" if plain else heat(other or 0))
    if down is None:
        return Piece("▀", heat(up))
    if up == down:
        return Piece(" ", "", heat(up))
    return Piece("▀", heat(up), heat(down))


def _shade(level: int) -> Piece:
    if level in (NAN, INF):
        return Piece("N", "nan") if level == NAN else Piece("∞", "inf")
    return Piece(SHADES[math.ceil(abs(level) * (len(SHADES) - 1) / LEVELS)])


def _merged(pieces: list[Piece]) -> Line:
    """Neighbours of one look as one piece: a picture's size on the wire is its number of pieces."""
    line: Line = []
    for piece in pieces:
        last = line[-1] if line else None
        if last is not None and (last.role, last.back) == (piece.role, piece.back):
            line[-1] = last._replace(text=last.text + piece.text)
        else:
            line.append(piece)
    return line


# -- numbers ---------------------------------------------------------------------------------------


def facts(stats: Stats) -> list[Line]:
    """Statistics in words, each a part that is not to be broken."""
    parts: list[Line] = []
    finite = stats.count - stats.nan - stats.inf
    if finite:
        named = (
            ("mean", stats.mean),
            ("std", stats.std),
            ("min", stats.minimum),
            ("max", stats.maximum),
            ("norm", stats.norm),
        )
        parts += [[Piece(f"{word} ", "quiet"), Piece(number(x))] for word, x in named]
    for word, n, role in (("NaN", stats.nan, "nan"), ("inf", stats.inf, "inf")):
        parts.append([Piece(f"{word} ", "quiet"), Piece(f"{n:,}", role if n else "")])
    if finite:
        parts.append([Piece("zero ", "quiet"), Piece(f"{stats.zero / stats.count:.1%}")])
    return parts


def histogram(stats: Stats, height: int = 1) -> list[Line]:
    """Counts by size, heights by square root so that tails show, with the range beside it."""
    if not any(stats.histogram):
        return []
    heights = [math.sqrt(n) for n in stats.histogram]
    left, right = number(stats.minimum), number(stats.maximum)
    if height == 1:
        return [[Piece(f"{left} ", "quiet"), Piece(spark(heights)), Piece(f" {right}", "quiet")]]
    top = max(heights)
    lines: list[Line] = []
    for n in range(height):
        floor = height - 1 - n
        bars = "".join(_bar(h / top * height - floor) * 2 for h in heights)
        last = n == height - 1
        edge = f"{left} " if last else " " * (len(left) + 1)
        lines.append(
            [Piece(edge, "quiet"), Piece(bars), Piece(f" {right}" if last else "", "quiet")]
        )
    return lines


def _bar(fill: float) -> str:
    if fill <= 0:
        return " "
    return "▁▂▃▄▅▆▇█"[max(0, min(8, math.ceil(fill * 8)) - 1)]


def element(x: object) -> Piece:
    """One number of a table, and its mark if it is none."""
    if isinstance(x, (bool, np.bool_)):
        return Piece("True" if x else "False", "" if x else "quiet")
    if isinstance(x, (int, np.integer)):
        return Piece(str(int(x)) if abs(int(x)) < 10**9 else number(float(x)))
    if isinstance(x, (complex, np.complexfloating)):
        z = complex(x)
        role = "nan" if z != z else "inf" if math.isinf(abs(z)) else ""
        return Piece(f"{number(z.real)}{'' if z.imag < 0 else '+'}{number(z.imag)}j", role)
    value = float(x)  # type: ignore[arg-type]
    if math.isnan(value):
        return Piece("NaN", "nan")
    if math.isinf(value):
        return Piece("∞" if value > 0 else "-∞", "inf")
    return Piece(number(value), "quiet" if value == 0 else "")


def cell_width(values: Matrix) -> int:
    """Cells that a column of the table takes."""
    return 16 if values.dtype.kind == "c" else 10


def table_row(values: Matrix, row: int, first: int, columns: int, top: float) -> Line:
    """One line of the numbers: the row's index, then columns `first` and on as they fit.

    Args:
        values: of which a row is shown.
        row: which.
        first: the first column shown.
        columns: cells there are.
        top: the magnitude whose tint is the strongest.
    """
    cell = cell_width(values)
    index = len(str(len(values) - 1)) + 2
    line = [Piece(fit(f"{row} ", index, right=True), "quiet")]
    shown = values[row, first : first + max(1, (columns - index) // cell)]
    cells, _ = levels(pooled(shown.reshape(1, -1), 1, len(shown)), top)
    for x, level in zip(shown, cells[0], strict=True):
        piece = element(x)
        back = tint(int(level)) if abs(level) <= LEVELS else ""
        line.append(piece._replace(text=fit(piece.text, cell, right=True), back=back))
    if first + len(shown) < values.shape[1]:
        line.append(Piece(" …", "quiet"))
    return line


def table_head(values: Matrix, first: int, columns: int) -> Line:
    """The column numbers above the table."""
    cell = cell_width(values)
    index = len(str(len(values) - 1)) + 2
    last = min(values.shape[1], first + max(1, (columns - index) // cell))
    return [
        Piece(" " * index),
        *(Piece(fit(str(n), cell, right=True), "quiet") for n in range(first, last)),
    ]
