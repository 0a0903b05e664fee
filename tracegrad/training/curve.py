"""Numbers over a learning rate as a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from tracegrad._util.text import number

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 24, 48
"""Room around the curves, in pixels."""

COLORS = ("#999999", "#0072b2")
MARK = "#d55e00"
"""Of the palette of Okabe and Ito (2008), told apart with any kind of colour vision."""


def curve_svg(
    xs: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    *,
    mark: float | None,
    labels: tuple[str, str],
) -> str:
    """Curves over numbers above 0 on a logarithmic axis.

    Args:
        curves: by name, one number for each of `xs`.
        mark: an x to draw a line at.
        labels: of the axes.
    """
    low_x, high_x = math.log10(xs[0]), math.log10(xs[-1])
    finite = sorted(y for ys in curves.values() for y in ys if math.isfinite(y))
    # A few numbers of a run that diverges would press all others flat.
    low, high = finite[0], finite[int(0.95 * (len(finite) - 1))]
    span = (high - low) or 1.0

    def x_of(x: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(x) - low_x) / ((high_x - low_x) or 1.0)

    def y_of(y: float) -> float:
        share = (min(y, high + 0.05 * span) - low) / span
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share / 1.05

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for power in range(math.ceil(low_x), math.floor(high_x) + 1):
        parts.append(_line(x_of(10.0**power), TOP, x_of(10.0**power), HEIGHT - BOTTOM, "#e5e5e5"))
        parts.append(_text(x_of(10.0**power), HEIGHT - BOTTOM + 18, f"1e{power}", "middle"))
    for y in _round_numbers(low, high):
        parts.append(_line(LEFT, y_of(y), WIDTH - RIGHT, y_of(y), "#e5e5e5"))
        parts.append(_text(LEFT - 8, y_of(y) + 4, number(y), "end"))
    for (name, ys), color in zip(curves.items(), COLORS, strict=False):
        points = " ".join(
            f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in zip(xs, ys, strict=True) if math.isfinite(y)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2">'
            f"<title>{escape(name)}</title></polyline>"
        )
    if mark is not None:
        parts.append(_line(x_of(mark), TOP, x_of(mark), HEIGHT - BOTTOM, MARK))
        parts.append(_text(x_of(mark), TOP - 8, number(mark), "middle", MARK))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, labels[0], "middle"))
    parts.append(_text(LEFT, TOP - 8, labels[1], "end"))
    return "\n".join([*parts, "</svg>\n"])


def _round_numbers(low: float, high: float) -> list[float]:
    """About five numbers in a range, one, two or five tens apart."""
    rough = (high - low) / 5 or abs(low) or 1.0
    ten = 10.0 ** math.floor(math.log10(rough))
    step = next(n * ten for n in (1, 2, 5, 10) if n * ten >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [n * step for n in range(first, last + 1)]


def _line(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def _text(x: float, y: float, text: str, anchor: str, color: str = "#333333") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{escape(text)}</text>'
    )
