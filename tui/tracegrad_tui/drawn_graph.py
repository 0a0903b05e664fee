"""A small graph in box characters.

`viz.layout` decides the layers and who stands left of whom; what is done here is what characters
need: whole columns, and rows of their own for lines that run sideways between two layers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from tracegrad.viz.layout import Layout, Link, Size, Spacing, lay_out
from tracegrad_tui.neighbourhood import Neighbourhood, Node
from tracegrad_tui.pieces import Line, Piece

SPACING = Spacing(beside=2, between=1, lane=2, padding=0, slope=0)
UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
LINES = {
    UP: "╵", DOWN: "╷", LEFT: "╴", RIGHT: "╶",
    UP | DOWN: "│", LEFT | RIGHT: "─", DOWN | RIGHT: "╭", DOWN | LEFT: "╮", UP | RIGHT: "╰",
    UP | LEFT: "╯", UP | DOWN | RIGHT: "├", UP | DOWN | LEFT: "┤", DOWN | LEFT | RIGHT: "┬",
    UP | LEFT | RIGHT: "┴", UP | DOWN | LEFT | RIGHT: "┼",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawing:
    """Lines of text, and where the middle of the event that it is about lies."""

    lines: tuple[Line, ...]
    row: int
    column: int


@dataclass(slots=True)
class _Net:
    """Lines that leave one place above a gap for places below it."""

    out: int
    into: set[int]
    track: int = 0

    @property
    def span(self) -> tuple[int, int]:
        return min(self.out, *self.into), max(self.out, *self.into)

    @property
    def straight(self) -> bool:
        return self.into == {self.out}


def draw(graph: Neighbourhood) -> Drawing:
    """A graph as text."""
    texts = [f"▐{n.label}▌" if n.around else f"[{n.label}]" for n in graph.nodes]
    sizes = [Size(len(text), 1) for text in texts]
    rough = lay_out(sizes, [Link(a, b) for a, b in graph.links], spacing=SPACING)
    layout = lay_out(sizes, _side_by_side(graph, rough), spacing=SPACING)
    layers = sorted({box.y for box in layout.boxes})
    gaps = [_gap(layout, top + 1, below) for top, below in pairwise(layers)]
    rows: dict[float, int] = {}
    at = 0
    for n, top in enumerate(layers):
        rows[top] = at
        at += 1 + (_height(gaps[n]) if n < len(gaps) else 0)
    canvas: defaultdict[int, dict[int, Piece]] = defaultdict(dict)
    for n, nets in enumerate(gaps):
        _draw_gap(canvas, rows[layers[n]] + 1, nets)
    centre = (0, 0)
    for node, text, box in zip(graph.nodes, texts, layout.boxes, strict=True):
        row, column = rows[box.y], round(box.x)
        _write(canvas[row], column, node, text)
        if node.around:
            centre = (row, column + len(text) // 2)
    _carry_through(canvas, layout, rows)
    lines = tuple(_line(canvas[row]) for row in range(at))
    return Drawing(lines, *centre)


def _side_by_side(graph: Neighbourhood, rough: Layout) -> list[Link]:
    """Links that enter a box side by side, in the order in which they come, so that none cross."""
    into: defaultdict[int, list[int]] = defaultdict(list)
    for n, (_, target) in enumerate(graph.links):
        into[target].append(n)
    links = [Link(source, target) for source, target in graph.links]
    for target, numbers in into.items():
        # Where a line comes down on the box tells best; lines end at the box's middle.
        numbers.sort(key=lambda n: rough.routes[n][-3:-1] or rough.routes[n])
        width = rough.boxes[target].width
        for place, n in enumerate(numbers, 1):
            enter = width * place // (len(numbers) + 1)
            links[n] = Link(links[n].source, target, enter=enter)
    return links


# -- between two layers ----------------------------------------------------------------------------


def _gap(layout: Layout, above: float, below: float) -> list[_Net]:
    """The nets between two layers, each with a track of its own where they would touch."""
    nets: dict[int, _Net] = {}
    for route in layout.routes:
        points = route if not route or route[0][1] <= route[-1][1] else route[::-1]
        for (x, y), (to, low) in pairwise(points):
            if y == above and low == below:
                nets.setdefault(round(x), _Net(round(x), set())).into.add(round(to))
    return _on_tracks(sorted(nets.values(), key=lambda net: net.span))


def _on_tracks(nets: list[_Net]) -> list[_Net]:
    """Give each net that runs sideways the highest row where it touches no other."""
    waiting = [net for net in nets if not net.straight]
    placed: list[_Net] = []
    while waiting:
        # A line that comes down a column must have turned off before another turns into it.
        net = next((n for n in waiting if not any(_before(o, n) for o in waiting)), waiting[0])
        waiting.remove(net)
        first = 1 + max((other.track for other in placed if _before(other, net)), default=0)
        taken = {other.track for other in placed if _touch(net, other)}
        net.track = next(n for n in range(first, first + len(nets) + 1) if n not in taken)
        placed.append(net)
    return nets


def _before(one: _Net, other: _Net) -> bool:
    return one is not other and one.out in other.into


def _touch(one: _Net, other: _Net) -> bool:
    (a, b), (c, d) = one.span, other.span
    return a <= d + 1 and c <= b + 1


def _height(nets: list[_Net]) -> int:
    return max([net.track for net in nets], default=0) or 1


def _draw_gap(canvas: dict[int, dict[int, Piece]], top: int, nets: list[_Net]) -> None:
    height = _height(nets)
    for net in nets:
        bits: defaultdict[tuple[int, int], int] = defaultdict(int)
        track = net.track or 1
        for n in range(1, track):
            bits[n, net.out] |= UP | DOWN
        bits[track, net.out] |= UP
        low, high = net.span
        for column in range(low, high + 1):
            bits[track, column] |= (LEFT if column > low else 0) | (RIGHT if column < high else 0)
        for column in net.into:
            bits[track, column] |= DOWN
            for n in range(track + 1, height + 1):
                bits[n, column] |= UP | DOWN
        for (n, column), bit in bits.items():
            cell = canvas[top + n - 1]
            if column in cell and bit == LEFT | RIGHT:
                continue  # a line that crosses runs under the other one
            cell[column] = Piece(LINES[bit], "faint")


def _carry_through(
    canvas: dict[int, dict[int, Piece]], layout: Layout, rows: dict[float, int]
) -> None:
    """Lines that pass a layer go straight down through its row."""
    for route in layout.routes:
        for (x, y), (to, low) in pairwise(route):
            upper = min(y, low)
            if x == to and abs(y - low) == 1 and upper in rows:
                canvas[rows[upper]].setdefault(round(x), Piece("│", "faint"))


# -- characters ------------------------------------------------------------------------------------


def _write(cells: dict[int, Piece], column: int, node: Node, text: str) -> None:
    role = "strong" if node.around else "" if node.role == "forward" else node.role
    back = "cursor" if node.around else ""
    for n, character in enumerate(text):
        cells[column + n] = Piece(character, role, back)


def _line(cells: dict[int, Piece]) -> Line:
    line: Line = []
    for column in range(max(cells, default=-1) + 1):
        piece = cells.get(column, Piece(" "))
        if line and line[-1][1:] == piece[1:]:
            line[-1] = line[-1]._replace(text=line[-1].text + piece.text)
        else:
            line.append(piece)
    return line
