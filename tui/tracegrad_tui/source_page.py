"""A source file as lines to draw: tabs expanded, tokens coloured, the current expression marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pygments.lexers.python import PythonLexer
from pygments.token import Token
from rich.cells import cell_len

from tracegrad.recording.model import LocationRow
from tracegrad_tui.pieces import Line, Piece

TAB = 4

_ROLES = (
    (Token.Keyword, "keyword"),
    (Token.Operator.Word, "keyword"),
    (Token.Literal.String, "string"),
    (Token.Literal.Number, "literal"),
    (Token.Comment, "comment"),
)

Spans = list[tuple[int, str]]
"""Where each token of a line begins, by character, and its role."""


@dataclass(frozen=True, slots=True)
class Here:
    """The cells of a line that belong to the current expression: `start` up to `stop`."""

    start: int
    stop: int


class SourcePage:
    """The text of one file."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = text.split("\n")  # not splitlines: Python counts lines by newlines alone
        if self.lines and not self.lines[-1]:
            self.lines.pop()
        self.lines = [line.removesuffix("\r") for line in self.lines]
        self.spans: list[Spans] | None = None

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def gutter(self) -> int:
        """Cells for line numbers, with the marker before and a space after."""
        return max(3, len(str(len(self.lines)))) + 3

    def line(self, n: int, here: LocationRow | None = None) -> Line:
        """Line `n` from 0, with what belongs to the expression at `here` marked."""
        text = self.lines[n]
        start, stop = _columns(here, n + 1, text)
        spans = self.spans[n] if self.spans is not None and n < len(self.spans) else []
        bounds = sorted({0, start, stop, len(text), *(at for at, _ in spans if at < len(text))})
        line: Line = []
        cell = 0
        for a, b in pairwise(bounds):
            expanded = _expanded(text[a:b], cell)
            cell += cell_len(expanded)
            role = next((role for at, role in reversed(spans) if at <= a), "")
            line.append(Piece(expanded, role, "here" if start <= a < stop else ""))
        return line

    def where(self, n: int, here: LocationRow) -> Here:
        """The cells of the expression in line `n` from 0."""
        text = self.lines[n]
        start, stop = _columns(here, n + 1, text)
        before = cell_len(_expanded(text[:start], 0))
        return Here(before, before + cell_len(_expanded(text[start:stop], before)))

    def number(self, n: int, here: LocationRow | None) -> Line:
        """The gutter of line `n` from 0."""
        current = here is not None and here.line <= n + 1 <= here.end_line
        first = here is not None and here.line == n + 1
        text = f"{n + 1:>{self.gutter - 3}} "
        return [Piece("▶ " if first else "  ", "strong"), Piece(text, "" if current else "quiet")]


def tokens(text: str) -> list[Spans]:
    """Roles of the tokens of a Python file, line by line."""
    lines: list[Spans] = [[]]
    column = 0
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    for kind, value in lexer.get_tokens(text.replace("\r\n", "\n")):
        role = next((role for base, role in _ROLES if kind in base), "")
        for n, part in enumerate(value.split("\n")):
            if n:
                lines.append([])
                column = 0
            if part and (not lines[-1] or lines[-1][-1][1] != role):
                lines[-1].append((column, role))
            column += len(part)
    return lines


def _columns(here: LocationRow | None, line: int, text: str) -> tuple[int, int]:
    """Characters of a line that an expression takes; an empty range if none."""
    if here is None or not here.line <= line <= here.end_line:
        return 0, 0
    indent = len(text) - len(text.lstrip())
    if not here.column and not here.end_column:  # no columns are known: the whole line
        return indent, len(text)
    start = here.column if line == here.line else indent
    stop = here.end_column if line == here.end_line else len(text)
    return min(start, len(text)), min(max(stop, start), len(text))


def _expanded(text: str, cell: int) -> str:
    return "".join(_cells(text, cell)) if "\t" in text else text


def _cells(text: str, cell: int) -> Iterator[str]:
    for character in text:
        piece = " " * (TAB - cell % TAB) if character == "\t" else character
        cell += cell_len(piece)
        yield piece
