"""Colours, fonts and pen widths of a picture: the Okabe-Ito palette, one role per colour.

Colour only where it means something: orange learns, blue comes from outside, green is a gradient,
reddish purple is the goal, vermilion is wrong. Everything else is grey.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tracegrad.viz.plan import Box, GradientEdge, Kind, Tone

ThemeName = Literal["light", "dark"]

# First the families that Graphviz's own renderers find, then what browsers have elsewhere.
SANS = "Helvetica,Arial,Liberation Sans,sans-serif"
MONO = "DejaVu Sans Mono,Menlo,Consolas,Liberation Mono,monospace"


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How text of one tone is set. Sizes are points."""

    size: float
    mono: bool = False
    bold: bool = False
    italic: bool = False


TEXT: Mapping[Tone, TextStyle] = {
    "title": TextStyle(12, bold=True),
    "label": TextStyle(10, italic=True),
    "quiet": TextStyle(9),
    "code": TextStyle(9.5, mono=True),
    "value": TextStyle(9.5, mono=True, bold=True),
    "gradient": TextStyle(9, mono=True),
    "alarm": TextStyle(9, mono=True, bold=True),
}


@dataclass(frozen=True, slots=True)
class Paint:
    """Border and fill of a box."""

    line: str
    fill: str


@dataclass(frozen=True, slots=True)
class Theme:
    """Every colour of a picture, by what it means.

    Attributes:
        text: colour of each tone.
        boxes: paint of each kind of box.
        clusters: fills of nested clusters, by depth, the last one for all deeper.
        plain: paint of ops that no gradient flows through.
    """

    name: ThemeName
    background: str
    header: str
    edge: str
    gradient: str
    alarm: str
    cluster_line: str
    clusters: tuple[str, ...]
    goal: Paint
    plain: Paint
    text: Mapping[Tone, str] = field(default_factory=dict)
    boxes: Mapping[Kind, Paint] = field(default_factory=dict)

    def paint(self, box: Box) -> Paint:
        """Border and fill of a box: alarm before goal before kind."""
        paint = self.goal if box.goal else self.boxes[box.kind]
        if box.kind == "op" and not box.goal and not box.differentiable:
            paint = self.plain
        return Paint(self.alarm, paint.fill) if box.alarm else paint

    def cluster_fill(self, depth: int) -> str:
        """Fill of a cluster; the outermost has depth 0."""
        return self.clusters[min(depth, len(self.clusters) - 1)]

    def gradient_colour(self, edge: GradientEdge) -> str:
        """Green, or the alarm colour for NaN and infinity."""
        return self.alarm if edge.alarm else self.gradient


LIGHT = Theme(
    name="light",
    background="#ffffff",
    header="#1f2933",
    edge="#9aa5b1",
    gradient="#009e73",
    alarm="#d55e00",
    cluster_line="#d5dde6",
    clusters=("#fafbfc", "#f2f5f8", "#e9eef3"),
    goal=Paint("#cc79a7", "#fdeaf3"),
    plain=Paint("#b6c0ca", "#fbfcfd"),
    text={
        "title": "#1f2933",
        "label": "#52606d",
        "quiet": "#697784",
        "code": "#323f4b",
        "value": "#1f2933",
        "gradient": "#007a59",
        "alarm": "#c25100",
    },
    boxes={
        "op": Paint("#7b8794", "#ffffff"),
        "write": Paint("#52606d", "#eef1f4"),
        "input": Paint("#0072b2", "#eaf3fb"),
        "parameter": Paint("#e69f00", "#fff6e2"),
        "gradient": Paint("#009e73", "#e6f6f0"),
        "earlier": Paint("#9aa5b1", "#f2f5f8"),
        "fold": Paint("#7b8794", "#eef2f6"),
    },
)

DARK = Theme(
    name="dark",
    background="#10161c",
    header="#e8edf2",
    edge="#66727f",
    gradient="#2cc295",
    alarm="#ff8a3d",
    cluster_line="#2c3743",
    clusters=("#141b22", "#1a222b", "#202a34"),
    goal=Paint("#e29cc3", "#3a2030"),
    plain=Paint("#475360", "#161d24"),
    text={
        "title": "#eef2f6",
        "label": "#b3bec9",
        "quiet": "#93a0ad",
        "code": "#cbd4dd",
        "value": "#eef2f6",
        "gradient": "#3ed3a5",
        "alarm": "#ff9d5c",
    },
    boxes={
        "op": Paint("#7c8a98", "#1c252e"),
        "write": Paint("#b3bec9", "#27313b"),
        "input": Paint("#56b4e9", "#14293a"),
        "parameter": Paint("#e69f00", "#33270c"),
        "gradient": Paint("#2cc295", "#0f2c24"),
        "earlier": Paint("#66727f", "#1a222b"),
        "fold": Paint("#7c8a98", "#222d38"),
    },
)

THEMES: Mapping[ThemeName, Theme] = {"light": LIGHT, "dark": DARK}

_THINNEST, _THICKEST = 0.7, 4.5


def pen_width(edge: GradientEdge) -> float:
    """0.8 points of width per factor of ten of the norm, 2.4 points at norm 1: the same everywhere.

    The scale is absolute, so that a vanishing gradient looks thin in every picture and two pictures
    can be compared.
    """
    if edge.norm is None or not math.isfinite(edge.norm):
        return 1.5
    if edge.norm <= 0:
        return _THINNEST
    return min(_THICKEST, max(_THINNEST, 2.4 + 0.8 * math.log10(edge.norm)))
