"""Where in the user's program an op was called: file, line, columns, expression, variable.

On the hot path only `(frame.f_code, frame.f_lasti)` of the first frame outside tracegrad is taken
(0.1 us; `traceback.extract_stack` takes 28). Everything else follows from those two when somebody
asks: the code object knows the columns of each instruction (`co_positions`), and the source text
    around them
shows the expression and the name that it is assigned to.
"""

from __future__ import annotations

import ast
import linecache
import os
import sys
import warnings
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import CodeType

LIBRARY = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class _InsideLibrary(dict[str, bool]):
    """Whether a file belongs to tracegrad, by file name; worked out once per file."""

    def __missing__(self, file: str) -> bool:
        inside = self[file] = file.startswith((LIBRARY, "<tracegrad "))
        return inside


inside_library = _InsideLibrary()


def caller() -> tuple[CodeType | None, int]:
    """Code and instruction of the innermost frame outside tracegrad."""
    frame = sys._getframe(1)
    while inside_library[frame.f_code.co_filename]:
        if frame.f_back is None:
            return None, -1
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


@dataclass(frozen=True, slots=True)
class Place:
    """One expression of the user's program. Lines count from 1, columns (characters) from 0.

    Attributes:
        expression: its text on one line; `""` when there is no source.
        statement: text of the line that it starts on, stripped.
        variable: the name it is assigned to, or `""`.
    """

    file: str
    function: str
    line: int
    end_line: int
    column: int
    end_column: int
    expression: str
    statement: str
    variable: str

    @property
    def short(self) -> str:
        """`train.py:14`."""
        return f"{os.path.basename(self.file)}:{self.line}"

    def __str__(self) -> str:
        """`train.py:14   h = x @ w`, as error messages show it."""
        return f"{self.short}   {self.statement}" if self.statement else self.short


def place(code: CodeType | None, lasti: int) -> Place | None:
    """The expression at an instruction; `None` if it is unknown."""
    return None if code is None else _place(code.co_filename, code, lasti)


@lru_cache(maxsize=16384)
def _place(file: str, code: CodeType, lasti: int) -> Place | None:
    """The expression at an instruction.

    `lru_cache` hashes the code object (1 us): this is never called on the hot path. The file is
    part of the key, since code objects from two files can be equal.
    """
    line, end_line, start, end = next(
        islice(code.co_positions(), max(lasti, 0) // 2, None), (None, None, None, None)
    )
    function = code.co_qualname
    first = line or code.co_firstlineno
    lines = linecache.getlines(file)
    if line is None or end_line is None or start is None or end is None or end_line > len(lines):
        statement = lines[first - 1].strip() if 0 < first <= len(lines) else ""
        return Place(file, function, first, first, 0, 0, "", statement, "")
    syntax = _syntax("".join(lines))
    position = line, start, end_line, end
    line, start, end_line, end = position = syntax.meant.get(position, position)
    text = [lines[n - 1].rstrip("\n") for n in range(line, end_line + 1)]
    column = _characters(text[0], start)
    end_column = _characters(text[-1], end)
    return Place(
        file, function, line, end_line, column, end_column, _joined(text, column, end_column),
        text[0].strip(), syntax.assigned.get(position, ""),
    )  # fmt: skip


def _characters(line: str, utf8_offset: int) -> int:
    """Characters before a UTF-8 offset: code objects count bytes."""
    return len(line.encode()[:utf8_offset].decode(errors="replace"))


def _joined(lines: list[str], column: int, end_column: int) -> str:
    """The text between two columns, on one line."""
    if len(lines) == 1:
        return lines[0][column:end_column]
    parts = [lines[0][column:], *lines[1:-1], lines[-1][:end_column]]
    return " ".join(part.strip() for part in parts)


# -- what the syntax tree knows --------------------------------------------------------------------

Position = tuple[int, int, int, int]
"""Line, column, last line, column after the end; columns in bytes of UTF-8, as Python counts."""


@dataclass(frozen=True, slots=True)
class _Syntax:
    """What the syntax tree of a source tells beyond the positions in code objects.

    Attributes:
        assigned: for each expression that is the whole right side of a `=`, what is on the left.
        meant: for positions that are not those of an expression, the expression that is meant.
    """

    assigned: dict[Position, str]
    meant: dict[Position, Position]


@lru_cache(maxsize=64)
def _syntax(text: str) -> _Syntax:
    """Everything about one source. (By its text: a notebook's cell changes under its name.)"""
    syntax = _Syntax({}, {})
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return syntax
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _match(target, node.value, syntax.assigned)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            _match(node.target, node.value, syntax.assigned)
        elif isinstance(node, ast.AugAssign):
            # `w -= g` calls the in-place op with the position of the whole statement.
            syntax.assigned[_position(node)] = ast.unparse(node.target)
        elif isinstance(node, ast.If | ast.While | ast.Assert):
            # Python 3.11 decides about a truth value at the position of the whole statement,
            syntax.meant[_position(node)] = _position(node.test)
        elif isinstance(node, ast.For | ast.AsyncFor):
            # and begins to iterate at that of the whole loop.
            syntax.meant[_position(node)] = _position(node.iter)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            # A method on a line of its own is called at the position of `name(...)` alone.
            name, call = node.func, _position(node)
            start = (name.end_col_offset or 0) - len(name.attr.encode())
            syntax.meant[(name.end_lineno or 0, start, *call[2:])] = call
    return syntax


def _match(target: ast.expr, value: ast.expr, found: dict[Position, str]) -> None:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, other in zip(target.elts, value.elts, strict=False):
            _match(one, other, found)
    elif isinstance(target, ast.Name | ast.Attribute | ast.Subscript | ast.Tuple):
        found[_position(value)] = ast.unparse(target)


def _position(node: ast.expr | ast.stmt) -> Position:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the user's line, not at one of ours."""
    where = place(*caller())
    file, line = (where.file, where.line) if where else ("<unknown>", 1)
    warnings.warn_explicit(message, category, file, line)
