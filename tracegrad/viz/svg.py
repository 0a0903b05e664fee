"""A plan as SVG, placed by the built-in layout: no Graphviz, no fonts, no style sheet needed.

Every colour and font is an attribute of its element, since a style sheet inside an SVG would apply
to the whole page when a notebook shows it inline.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracegrad.viz.layout import Group, Layout, Link, Rectangle, Size, Spacing, lay_out
from tracegrad.viz.measure import span_offsets, text_width
from tracegrad.viz.plan import Box, Cluster, Header, Line, Plan, Span, Tone
from tracegrad.viz.style import MONO, SANS, TEXT, Paint, TextStyle, Theme, pen_width

_PAD = 7.0  # between a box's border and its text
_ENTRIES = 10.0  # height of the row of argument numbers
_GAP = 14.0  # least distance between the left and the right text of a line
_LINE = 1.5  # height of a line in units of its largest font size
_BARS = Size(48, 13)
_BESIDE = 4.5  # how far a value's edge is right, and a gradient's left, of their common course
_MARGIN = 16.0
_SLOT = TextStyle(7, mono=True)
_CAPTION, _CAPTION_LABEL = TextStyle(10, bold=True), TextStyle(10, italic=True)
_HEADER = (TextStyle(16, bold=True), TextStyle(10), TextStyle(10, bold=True))

Points = Sequence[tuple[float, float]]


def to_svg(plan: Plan, theme: Theme) -> str:
    """The picture as one self-contained SVG document.

    Raises:
        PictureError: When the graph is too entangled for the built-in layout.
    """
    shapes = [_Shape.of(box) for box in plan.boxes]
    links = _links(plan, shapes)
    layout = lay_out(
        [shape.size for shape in shapes],
        [Link(source, target, enter=enter) for source, target, enter in links],
        groups=[Group(c.parent, _caption_size(c)) for c in plan.clusters],
        group_of=[box.cluster for box in plan.boxes],
        spacing=Spacing(),
    )
    head = list(_header(plan.header, theme))
    head_height = _header_height(plan.header)
    width = max(layout.width, _header_width(plan.header)) + 2 * _MARGIN
    height = layout.height + head_height + 2 * _MARGIN
    body = [
        *_clusters(plan, layout, theme),
        *_edges(plan, layout, shapes, links, theme),
        *_captions(plan, layout, theme),
        *(
            element
            for box, shape, place in zip(plan.boxes, shapes, layout.boxes, strict=True)
            for element in _box(box, shape, place, theme)
        ),
    ]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="{SANS}">',
            f"<title>{_escaped(plan.header.title)}</title>",
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="{theme.background}"/>',
            *head,
            f'<g transform="translate({_MARGIN:g} {_MARGIN + head_height:g})">',
            *body,
            "</g>",
            "</svg>",
            "",
        ]
    )


# -- sizes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shape:
    """The size of a box, and where its lines and slots are in it.

    Attributes:
        baselines: of each line, from the top.
        slots: the middle of each way in, from the left, by argument position.
    """

    size: Size
    baselines: tuple[float, ...]
    slots: dict[int, float]

    @classmethod
    def of(cls, box: Box) -> _Shape:
        y = _PAD / 2 + (_ENTRIES if box.slots else 0)
        baselines = []
        for line in box.lines:
            size = max((TEXT[s.tone].size for s in (*line.left, *line.right)), default=9)
            y += _LINE * size
            baselines.append(y - 0.4 * size)
        slot = max((_slot_width(s.contribution, s.number) for s in box.slots), default=0.0)
        inner = max([*map(_line_width, box.lines), slot * len(box.slots)], default=0.0)
        width = inner + 2 * _PAD
        step = width / max(1, len(box.slots))
        slots = {s.position: step * (n + 0.5) for n, s in enumerate(box.slots)}
        return cls(Size(width, y + _PAD / 2), tuple(baselines), slots)


def _line_width(line: Line) -> float:
    left, right = span_offsets(line.left)[1], span_offsets(line.right)[1]
    right = max(right, _BARS.width if line.histogram else 0)
    return left + right + (_GAP if left and right else 0)


def _slot_width(contribution: str, number: str) -> float:
    return 2 * max(text_width(contribution, _SLOT), text_width(number, _SLOT)) + 8


def _caption_size(cluster: Cluster) -> Size:
    name = text_width(cluster.name, _CAPTION)
    label = text_width(cluster.label, _CAPTION_LABEL) + 6 if cluster.label else 0
    return Size(name + label, 18)


def _links(plan: Plan, shapes: Sequence[_Shape]) -> dict[tuple[int, int, float | None], int]:
    """Courses to lay out: a value's edge and its gradient's share one. Numbered in order."""
    links: dict[tuple[int, int, float | None], int] = {}
    ends = [(edge.source, edge.target, edge.slot) for edge in plan.forward]
    ends += [(edge.target, edge.source, edge.slot) for edge in plan.gradients]
    for upper, lower, slot in ends:
        enter = shapes[lower].slots.get(slot) if slot is not None else None
        links.setdefault((upper, lower, enter), len(links))
    return links


# -- edges -------------------------------------------------------------------------------------


def _edges(
    plan: Plan,
    layout: Layout,
    shapes: Sequence[_Shape],
    links: dict[tuple[int, int, float | None], int],
    theme: Theme,
) -> Iterator[str]:
    def course(upper: int, lower: int, slot: int | None) -> Points:
        enter = shapes[lower].slots.get(slot) if slot is not None else None
        return layout.routes[links[upper, lower, enter]]

    for edge in plan.forward:
        points = _beside(course(edge.source, edge.target, edge.slot), _BESIDE)
        dashes = ' stroke-dasharray="4 3"' if edge.write else ""
        yield from _arrow(points, theme.edge, 1.1, dashes, edge.tooltip)
    for flow in plan.gradients:
        points = _beside(course(flow.target, flow.source, flow.slot), -_BESIDE)[::-1]
        yield from _arrow(points, theme.gradient_colour(flow), pen_width(flow), "", flow.tooltip)


def _beside(points: Points, distance: float) -> list[tuple[float, float]]:
    return [(x + distance, y) for x, y in points]


def _arrow(points: Points, colour: str, width: float, more: str, tooltip: str) -> Iterator[str]:
    """A curve that is vertical at every corner of its course, and a tip at its end."""
    if len(points) < 2:
        return
    (x, y), before = points[-1], points[-2]
    down = 1 if y >= before[1] else -1
    length, half = 5.5 + width, 2.2 + 0.8 * width
    path = _curve([*points[:-1], (x, y - down * (length - 1))])
    tip = f"M{x:.1f} {y:.1f}l{-half:.1f} {-down * length:.1f}h{2 * half:.1f}z"
    yield f"<g><title>{_escaped(tooltip)}</title>"
    yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.2f}"{more}/>'
    yield f'<path d="{tip}" fill="{colour}"/></g>'


def _curve(points: Points) -> str:
    x, y = points[0]
    parts = [f"M{x:.1f} {y:.1f}"]
    for to_x, to_y in points[1:]:
        if abs(to_x - x) < 0.05:
            parts.append(f"V{to_y:.1f}")
        else:
            middle = (y + to_y) / 2
            parts.append(f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
    return "".join(parts)


# -- boxes and clusters ------------------------------------------------------------------------


def _clusters(plan: Plan, layout: Layout, theme: Theme) -> Iterator[str]:
    depths: list[int] = []
    for cluster, place in zip(plan.clusters, layout.groups, strict=True):
        depths.append(0 if cluster.parent is None else depths[cluster.parent] + 1)
        yield _rectangle(place, 9, Paint(theme.cluster_line, theme.cluster_fill(depths[-1])))


def _captions(plan: Plan, layout: Layout, theme: Theme) -> Iterator[str]:
    """Names of clusters, above the edges and with a rim in the cluster's colour."""
    depths: list[int] = []
    for cluster, place in zip(plan.clusters, layout.groups, strict=True):
        depths.append(0 if cluster.parent is None else depths[cluster.parent] + 1)
        rim = f' stroke="{theme.cluster_fill(depths[-1])}" stroke-width="3" paint-order="stroke"'
        x, y = place.x + 10, place.y + 14
        colour = theme.text["label"]
        yield _text(cluster.name, x, y, _CAPTION, colour, rim)
        if cluster.label:
            x += text_width(cluster.name, _CAPTION) + 6
            yield _text(cluster.label, x, y, _CAPTION_LABEL, colour, rim)


def _box(box: Box, shape: _Shape, place: Rectangle, theme: Theme) -> Iterator[str]:
    paint = theme.paint(box)
    yield f'<g id="{box.key}"><title>{_escaped(box.tooltip)}</title>'
    yield _rectangle(place, 7, paint)
    for slot in box.slots:
        x, y = place.x + shape.slots[slot.position], place.y + 8.5
        if slot.number:
            yield _text(slot.number, x + 2.5, y, _SLOT, theme.text["quiet"])
        if slot.contribution:
            left = x - 1 - text_width(slot.contribution, _SLOT)
            yield _text(slot.contribution, left, y, _SLOT, theme.text["gradient"])
    for line, baseline in zip(box.lines, shape.baselines, strict=True):
        yield from _line(line, place, place.y + baseline, theme, paint)
    yield "</g>"


def _line(
    line: Line, place: Rectangle, baseline: float, theme: Theme, paint: Paint
) -> Iterator[str]:
    yield from _spans(line.left, place.x + _PAD, baseline, theme)
    right = place.x + place.width - _PAD
    if line.histogram:
        yield _bars(line.histogram, right - _BARS.width, baseline + 2, paint.line)
    yield from _spans(line.right, right - span_offsets(line.right)[1], baseline, theme)


def _spans(spans: Sequence[Span], x: float, baseline: float, theme: Theme) -> Iterator[str]:
    for span, offset in zip(spans, span_offsets(spans)[0], strict=True):
        yield _text(span.text, x + offset, baseline, TEXT[span.tone], theme.text[span.tone])


def _bars(histogram: Sequence[int], x: float, bottom: float, colour: str) -> str:
    top, width = max(histogram), _BARS.width / len(histogram)
    parts = []
    for n, count in enumerate(histogram):
        if count:
            height = max(1.0, _BARS.height * count / top)
            parts.append(
                f"M{x + n * width:.1f} {bottom:.1f}v{-height:.1f}h{width:.1f}v{height:.1f}z"
            )
    return f'<path d="{"".join(parts)}" fill="{colour}"/>'


# -- header ------------------------------------------------------------------------------------


def _header_rows(header: Header) -> list[list[tuple[str, TextStyle, Tone | None]]]:
    title, facts, alarm = _HEADER
    rows: list[list[tuple[str, TextStyle, Tone | None]]] = [[(header.title, title, None)]]
    if header.place:
        rows[0].append((header.place, facts, "quiet"))
    if header.facts:
        rows.append([(" · ".join(header.facts), facts, "quiet")])
    if header.alarms:
        rows.append([(" · ".join(header.alarms), alarm, "alarm")])
    return rows


def _header(header: Header, theme: Theme) -> Iterator[str]:
    y = _MARGIN + 14
    for row in _header_rows(header):
        x = _MARGIN
        for words, style, tone in row:
            yield _text(words, x, y, style, theme.header if tone is None else theme.text[tone])
            x += text_width(words, style) + 12
        y += 18


def _header_width(header: Header) -> float:
    return max(
        sum(text_width(words, style) + 12 for words, style, _ in row) - 12
        for row in _header_rows(header)
    )


def _header_height(header: Header) -> float:
    return 18.0 * len(_header_rows(header)) + 12


# -- elements ----------------------------------------------------------------------------------


def _rectangle(place: Rectangle, radius: float, paint: Paint) -> str:
    return (
        f'<rect x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" '
        f'height="{place.height:.1f}" rx="{radius:g}" fill="{paint.fill}" stroke="{paint.line}"/>'
    )


def _text(words: str, x: float, y: float, style: TextStyle, colour: str, more: str = "") -> str:
    """Text that is as wide as was reserved for it, whatever fonts the viewer has."""
    if not words:
        return ""
    font = f' font-family="{MONO}"' if style.mono else ""
    font += ' font-weight="bold"' if style.bold else ""
    font += ' font-style="italic"' if style.italic else ""
    width = text_width(words, style)
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{style.size:g}"{font} fill="{colour}"{more} '
        f'textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs">{_escaped(words)}</text>'
    )


def _escaped(words: str) -> str:
    """Text for XML. Spaces are made unbreakable, or a viewer shows several as one."""
    return html.escape(words, quote=True).replace(" ", "\N{NO-BREAK SPACE}")
