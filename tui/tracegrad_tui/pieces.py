"""Lines of a pane as data: text with the role it plays. No toolkit, no colours.

What is drawn is made by pure functions that return these, so a test reads a screen as plain text
and only `theme.py` knows how a role looks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, overload

from rich.cells import cell_len, set_cell_size


class Piece(NamedTuple):
    """Text in one style.

    Attributes:
        text: any text without newlines.
        role: what it is, a key of `theme.ROLES` (`quiet`, `backward`, `nan`), or a heat level
            (`heat+7`); `""` is plain text.
        back: a role for the background, `""` for the pane's own.
    """

    text: str
    role: str = ""
    back: str = ""


Line = list[Piece]

_CONTROL = dict.fromkeys(
    # C0 and C1 controls, and the characters that reorder or hide the text around them
    (*range(32), *range(127, 160), *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xFEFF),
    "·",
)


def clean(text: str) -> str:
    """`text` without control characters: those of a trace's texts must not reach the terminal."""
    return text if text.isprintable() else text.translate(_CONTROL)


def plain(line: Line) -> str:
    """The text of a line."""
    return "".join(piece.text for piece in line)


def width(line: Line) -> int:
    """Terminal cells that a line takes."""
    return sum(cell_len(piece.text) for piece in line)


def crop(line: Line, left: int) -> Line:
    """A line without its first `left` cells."""
    rest: Line = []
    for piece in line:
        cells = cell_len(piece.text)
        if left >= cells:
            left -= cells
            continue
        while left > 0 and piece.text:
            left -= cell_len(piece.text[0])
            piece = piece._replace(text=piece.text[1:])
        rest.append(piece)
    return rest


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """`text` in exactly `cells` terminal cells: padded, or cut with an ellipsis."""
    if cells <= 0:
        return ""
    text = clean(text)
    length = cell_len(text)
    if length > cells:
        return set_cell_size(text, cells - 1) + "…"
    return " " * (cells - length) + text if right else text + " " * (cells - length)


def fit_end(text: str, cells: int) -> str:
    """Like `fit`, but what is cut is the beginning: of a path, the end tells most."""
    text = clean(text)
    while cells > 0 and cell_len(text) > cells:
        text = "…" + text[1 + max(1, cell_len(text) - cells) :]
    return fit(text, cells)


def join(parts: Sequence[Line], gap: str = "  ") -> Line:
    """Lines side by side, the empty ones left out."""
    joined: Line = []
    for part in parts:
        if not part:
            continue
        if joined:
            joined.append(Piece(gap))
        joined += part
    return joined


def flow(parts: Sequence[Line], cells: int, gap: str = "  ") -> list[Line]:
    """Parts in reading order on as many lines of `cells` as they need; no part is broken."""
    lines: list[Line] = []
    used = 0
    for part in parts:
        if not part:
            continue
        length = width(part)
        if lines and used + len(gap) + length <= cells:
            lines[-1] += [Piece(gap), *part]
            used += len(gap) + length
        else:
            lines.append(list(part))
            used = length
    return lines


def wrap(text: str, cells: int) -> list[str]:
    """`text` on lines of at most `cells`, broken at spaces where it has any."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            while cell_len(word) > cells > 0:
                room = cells - cell_len(line) - (1 if line else 0)
                if line and room < 8:
                    lines.append(line)
                    line = ""
                    continue
                cut = _prefix(word, room)
                lines.append(f"{line} {word[:cut]}" if line else word[:cut])
                line, word = "", word[cut:]
            if line and cell_len(line) + 1 + cell_len(word) > cells:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    return lines


def _prefix(text: str, cells: int) -> int:
    """How many characters of `text` fit into `cells`; at least one."""
    used = 0
    for n, character in enumerate(text):
        used += cell_len(character)
        if used > cells:
            return max(1, n)
    return len(text)


class Sheet(Sequence[Line]):
    """Lines of a pane: some made already, then maybe many more that are made when looked at."""

    def __init__(
        self,
        lines: Sequence[Line] = (),
        *,
        more: int = 0,
        line: Callable[[int], Line] | None = None,
    ) -> None:
        self._lines = list(lines)
        self._more = more
        self._line = line

    def __len__(self) -> int:
        return len(self._lines) + self._more

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        if index < len(self._lines):
            return self._lines[index]
        if self._line is None or index >= len(self):
            raise IndexError(index)
        return self._line(index - len(self._lines))

    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join(plain(line).rstrip() for line in self)
