"""How wide text is, without asking a font: enough to reserve room for it.

The widths are those of Helvetica, which Arial, Liberation Sans and Nimbus Sans share, and of the
usual monospaced families. The SVG writer also states each width in the file, so that a viewer with
other fonts fits its letters into the room that was reserved.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from tracegrad.viz.plan import Span
from tracegrad.viz.style import TEXT, TextStyle

_MONO = 0.602  # width of a character in units of the font size
_OTHER = 0.62
_BOLD = 1.07
_GAP = 7.0  # between two spans of a line, points

_BY_WIDTH = {
    0.222: "ijl'",
    0.278: "ft!,./:;I[]\\| ",
    0.333: 'r()-`{}"',
    0.5: "cksvxyzJ^*",
    0.556: "abdeghnopqu0123456789L_?#$",
    0.584: "+<=>~",
    0.611: "FTZ",
    0.667: "ABEKPSVXY&",
    0.722: "CDHNRUw",
    0.778: "GOQ",
    0.833: "mM",
    0.889: "%",
    0.944: "W",
    1.015: "@",
}
_SANS = {ord(c): width for width, characters in _BY_WIDTH.items() for c in characters}


def text_width(text: str, style: TextStyle) -> float:
    """Width in points."""
    if style.mono:
        return style.size * sum(_MONO * _cells(c) for c in text)
    units = sum(_SANS.get(ord(c)) or _OTHER * _cells(c) for c in text)
    return style.size * units * (_BOLD if style.bold else 1)


def _cells(character: str) -> int:
    """2 for the wide characters of East Asian scripts, 0 for marks that combine, else 1."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def span_offsets(spans: Sequence[Span]) -> tuple[list[float], float]:
    """Where each span of a line begins, and how wide all are together."""
    offsets: list[float] = []
    x = 0.0
    for span in spans:
        offsets.append(x)
        x += text_width(span.text, TEXT[span.tone]) + _GAP
    return offsets, max(0.0, x - _GAP)
