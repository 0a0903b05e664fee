"""How roles look: the only place that knows colours.

Colour only where it means something: the direction of the pass, what is wrong, what the cursor and
the search point at. Hues are Okabe and Ito's, which colour-blind people can tell apart, and every
role that has one also differs by a mark, a word or weight, so that nothing is lost without colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.theme import Theme

from tracegrad_tui.pieces import Line, Piece, clean

THEME = Theme(
    name="tracegrad",
    primary="#56B4E9",
    secondary="#009E73",
    accent="#E69F00",
    warning="#E69F00",
    error="#F0653A",
    success="#2FBF93",
    foreground="#d8dade",
    background="#14161a",
    surface="#1a1d22",
    panel="#22262d",
    dark=True,
)


@dataclass(frozen=True, slots=True)
class Look:
    """A role's look.

    Attributes:
        colour: `#rrggbb` for dark themes, or the name of a theme variable; `""` is plain text.
        light: the colour in light themes, `""` for the same.
        attributes: Rich's words (`bold`, `underline`); these remain without colour.
        plain: attributes to use instead when there is no colour.
    """

    colour: str = ""
    light: str = ""
    attributes: str = ""
    plain: str = ""


ROLES: dict[str, Look] = {
    "": Look(),
    "strong": Look(attributes="bold"),
    "quiet": Look("#8b919c", "#5f6670"),
    "faint": Look("#565c67", "#9aa0a8"),
    # direction of the pass
    "forward": Look("#56B4E9", "#00629b"),
    "backward": Look("#2FBF93", "#00714f"),
    "write": Look("#E69F00", "#8a5a00"),
    "parameter": Look("#CC9BC0", "#8b3f74"),
    # what is wrong
    "nan": Look("#F0653A", "#b83200", "bold", "bold reverse"),
    "inf": Look("#F0C24A", "#8a6d00", "bold", "bold reverse"),
    "bad": Look("#F0653A", "#b83200", "bold"),
    "good": Look("#2FBF93", "#00714f"),
    # where one is
    "cursor": Look("#2b3442", "#c3d3e6", "bold", "bold reverse"),
    "cursor-idle": Look("#22262d", "#d8dde4", "bold", "bold reverse"),
    "hit": Look("#F0C24A", "#8a5a00", "underline", "underline bold"),
    "here": Look("#3d4a1f", "#dfe8b4", "", "underline bold"),
    "here-line": Look("#1f242b", "#dfe3e8"),
    "key": Look("#56B4E9", "#00629b", "", "bold"),
    "edge": Look("#3a404a", "#b8bec6"),
    "edge-focus": Look("#56B4E9", "#00629b"),
    "tab": Look("", "", "bold reverse"),
    # Python source
    "keyword": Look("#c9a0dc", "#7a3e9d"),
    "string": Look("#a5c587", "#47702a"),
    "literal": Look("#d9b38c", "#8a5a2b"),
    "comment": Look("#7b8290", "#737a85", "italic"),
}

BACKGROUNDS = {"cursor", "cursor-idle", "here", "here-line"}
"""Roles whose colour is that of the background."""

LEVELS = 16
"""Heat levels on either side of zero: the role `heat-16` is the lowest, `heat+0` is zero."""

TINT = 0.5
"""How much of a heat level's colour lies behind a number."""

_NEGATIVE, _POSITIVE = Color.parse("#4aa8ea"), Color.parse("#f2913d")


def heat(level: int) -> str:
    """The role of a heat level, in full strength: for pictures."""
    return f"heat{level:+d}"


def tint(level: int) -> str:
    """The role of a heat level behind text that must stay readable."""
    return f"tint{level:+d}"


class Paint:
    """Roles as styles, under one theme.

    Attributes:
        coloured: whether there is colour at all.
        heat: whether there are enough colours for heat maps and tinted backgrounds; if not, shades
            and attributes stand for them.
    """

    def __init__(
        self, variables: Mapping[str, str], *, dark: bool, coloured: bool, heat: bool
    ) -> None:
        self.coloured = coloured
        self.heat = heat
        self._dark = dark
        self._surface = Color.parse(variables.get("surface", "#1a1d22")) if coloured else None
        self._styles: dict[tuple[str, str], Style] = {}

    def style(self, role: str, back: str = "") -> Style:
        """The style of text in a role, on a background."""
        key = (role, back)
        if key not in self._styles:
            self._styles[key] = self._made(role) + self._made_back(back)
        return self._styles[key]

    def strip(self, line: Iterable[Piece], back: str = "") -> Strip:
        """A line as Textual draws it; `back` lies under pieces that have no background."""
        return Strip(
            Segment(clean(piece.text), self.style(piece.role, piece.back or back))
            for piece in line
            if piece.text
        )

    def _made(self, role: str) -> Style:
        if role.startswith("heat"):
            return Style(color=self._heat(int(role[4:]), 1.0))
        look = ROLES[role]
        if not self.coloured:
            return Style.parse(look.plain or look.attributes or "none")
        colour = look.colour if self._dark else look.light or look.colour
        style = Style.parse(look.attributes or "none")
        return style + Style(color=colour) if colour and role not in BACKGROUNDS else style

    def _made_back(self, role: str) -> Style:
        if not role:
            return Style()
        if role.startswith(("heat", "tint")):
            strength = 1.0 if role.startswith("heat") else TINT
            return Style(bgcolor=self._heat(int(role[4:]), strength))
        look = ROLES[role]
        if not self.heat:  # of 16 colours, none is near a dark one: they would all be black
            return Style.parse(look.plain or "none")
        return self._made(role) + Style(bgcolor=look.colour if self._dark else look.light)

    def _heat(self, level: int, strength: float) -> RichColor | None:
        if self._surface is None or not self.heat:
            return None
        end = _POSITIVE if level > 0 else _NEGATIVE
        zero = self._surface.blend(Color.parse("#808080"), 0.12 * strength)
        return zero.blend(end, abs(level) / LEVELS * strength).rich_color


def cursor_back(focused: bool) -> str:
    """The background role of the cursor's row."""
    return "cursor" if focused else "cursor-idle"


def as_strips(paint: Paint, lines: Iterable[Line]) -> list[Strip]:
    """Lines as strips."""
    return [paint.strip(line) for line in lines]
