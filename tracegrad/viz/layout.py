"""A layered layout in pure Python: sizes in, coordinates and courses of links out.

It knows no output format: the SVG writer and a terminal can both use it. Links run downwards, from
the bottom of a box to the top of another; groups become rectangles that hold their members and
nothing else.

Note [Groups are laid out alone]
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
Each group is a level of its own, laid out first and then placed in the level around it as if it
were one box. A link into a group enters the level through a pin in its top row, and leaves through
one in its bottom row; its course is the courses in all levels it passes, joined. So no box can lie
in a foreign group, no link can run across a box, and the work is a sum of small problems. The price
is that the boxes of two groups are not aligned with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tracegrad.viz.layers import Item, Segment, arrange
from tracegrad.viz.placement import Gaps, Placed, Point, place


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a box, in any unit."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """A connection from one box down to another.

    Attributes:
        leave: where it leaves the source's bottom, from the left; the middle by default.
        enter: where it enters the target's top, likewise.
    """

    source: int
    target: int
    leave: float | None = None
    enter: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A rectangle around boxes and other groups. Its parent has a smaller index.

    Attributes:
        label: width and height to keep free for a caption at the top.
    """

    parent: int | None = None
    label: Size = Size(0, 0)


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances, in the unit of the sizes.

    Attributes:
        beside: between two boxes next to each other.
        between: between two layers.
        lane: width that a passing link keeps free.
        padding: between a group's border and what is in it.
        slope: how much further apart layers move per unit that a link runs sideways.
    """

    beside: float = 24
    between: float = 34
    lane: float = 18
    padding: float = 12
    slope: float = 0.16


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Left, top, width and height; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is.

    Attributes:
        routes: corners of each link's course, from source to target; `()` from a box to itself.
    """

    boxes: tuple[Rectangle, ...]
    groups: tuple[Rectangle, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def lay_out(
    sizes: Sequence[Size],
    links: Sequence[Link],
    *,
    groups: Sequence[Group] = (),
    group_of: Sequence[int | None] | None = None,
    spacing: Spacing | None = None,
) -> Layout:
    """Place boxes in layers so that links run downwards.

    Links that close a loop run upwards. The result depends on the arguments alone.

    Args:
        sizes: one per box.
        links: between boxes, by index.
        groups: parents before children.
        group_of: the innermost group of each box, `None` at the top.
        spacing: distances; the defaults suit points or pixels.

    Raises:
        PictureError: When links cross so many layers that the layout would take minutes.
    """
    members = list(group_of) if group_of is not None else [None] * len(sizes)
    return _Nested(sizes, links, groups, members, spacing or Spacing()).layout()


# -- levels ------------------------------------------------------------------------------------

_Key = tuple[Literal["box", "group", "in", "out", "caption"], int, int]
"""An item of a level: a box or a group by its index, the pin of a group for links from a box, or
the group's caption, which stands in the row of the pins so that no link runs across it."""


class _End(NamedTuple):
    """Where a segment begins or ends: an item, and the port on it.

    Attributes:
        port: from the item's left; `None` for the middle.
        pin: for a group, the pin inside that the link continues from.
    """

    item: _Key
    port: float | None = None
    pin: _Key | None = None


@dataclass(slots=True)
class _Level:
    """What lies directly in one group, or at the top, numbered in order of appearance."""

    items: dict[_Key, int] = field(default_factory=dict)
    segments: dict[tuple[_End, _End], int] = field(default_factory=dict)
    placed: Placed | None = None

    def add(self, key: _Key) -> _Key:
        self.items.setdefault(key, len(self.items))
        return key

    def corner(self, key: _Key) -> Point:
        assert self.placed is not None
        return self.placed.corners[self.items[key]]


class _Nested:
    """Lays out groups from the innermost outwards, then joins the courses of links."""

    def __init__(
        self,
        sizes: Sequence[Size],
        links: Sequence[Link],
        groups: Sequence[Group],
        group_of: Sequence[int | None],
        spacing: Spacing,
    ) -> None:
        self.sizes, self.groups, self.group_of = sizes, groups, group_of
        self.spacing = spacing
        self.levels: dict[int | None, _Level] = {n: _Level() for n in range(len(groups))}
        self.levels[None] = _Level()
        self.group_sizes: dict[int, Size] = {}
        for box, group in enumerate(group_of):
            self._add_groups(group)
            self.levels[group].add(("box", box, 0))
        for n in range(len(groups)):
            self._add_groups(n)
        self.courses = [self._course(link) for link in links]

    def _add_groups(self, group: int | None) -> None:
        """Number the groups around a box before the box, so that levels keep the boxes' order."""
        while group is not None:
            parent = self.groups[group].parent
            self.levels[parent].add(("group", group, 0))
            group = parent

    def layout(self) -> Layout:
        order: list[int | None] = [*range(len(self.groups) - 1, -1, -1), None]
        for level in order:
            self._place(level)
        origins: dict[int | None, Point] = {None: (0.0, 0.0)}
        rectangles: list[Rectangle] = []
        for n, group in enumerate(self.groups):
            x, y = self._absolute(group.parent, ("group", n, 0), origins)
            size = self.group_sizes[n]
            rectangles.append(Rectangle(x, y, size.width, size.height))
            origins[n] = (x + self.spacing.padding, y + self._head(n))
        boxes = []
        for n, size in enumerate(self.sizes):
            x, y = self._absolute(self.group_of[n], ("box", n, 0), origins)
            boxes.append(Rectangle(x, y, size.width, size.height))
        routes = tuple(self._joined(course, origins) for course in self.courses)
        top = self.levels[None].placed
        assert top is not None
        return Layout(tuple(boxes), tuple(rectangles), routes, top.width, top.height)

    def _absolute(self, level: int | None, key: _Key, origins: dict[int | None, Point]) -> Point:
        (left, top), (x, y) = origins[level], self.levels[level].corner(key)
        return left + x, top + y

    # -- links through levels --------------------------------------------------------------------

    def _around(self, box: int) -> list[int | None]:
        """The levels that a box lies in, from its own outwards; the last is the top."""
        chain: list[int | None] = []
        group = self.group_of[box]
        while group is not None:
            chain.append(group)
            group = self.groups[group].parent
        return [*chain, None]

    def _course(self, link: Link) -> list[tuple[int | None, int]]:
        """(level, segment) of a link in turn: out of the source's groups, into the target's."""
        ups, downs = self._around(link.source), self._around(link.target)
        while len(ups) > 1 and len(downs) > 1 and ups[-2] == downs[-2]:
            ups.pop()
            downs.pop()
        course: list[tuple[int | None, int]] = []
        here = _End(("box", link.source, 0), link.leave)
        for group in ups[:-1]:
            assert group is not None
            pin = self.levels[group].add(("out", group, link.source))
            course.append(self._segment(group, here, _End(pin)))
            here = _End(("group", group, 0), pin=pin)
        level = ups[-1]
        for group in reversed(downs[:-1]):
            assert group is not None
            self.levels[group].add(("caption", group, 0))
            pin = self.levels[group].add(("in", group, link.source))
            course.append(self._segment(level, here, _End(("group", group, 0), pin=pin)))
            here, level = _End(pin), group
        course.append(self._segment(level, here, _End(("box", link.target, 0), link.enter)))
        return course

    def _segment(self, level: int | None, start: _End, end: _End) -> tuple[int | None, int]:
        segments = self.levels[level].segments
        return level, segments.setdefault((start, end), len(segments))

    def _joined(
        self, course: Sequence[tuple[int | None, int]], origins: dict[int | None, Point]
    ) -> tuple[Point, ...]:
        points: list[Point] = []
        for level, segment in course:
            left, top = origins[level]
            placed = self.levels[level].placed
            assert placed is not None
            for x, y in placed.routes[segment]:
                point = (left + x, top + y)
                if not points or points[-1] != point:
                    points.append(point)
        return tuple(points)

    # -- one level -------------------------------------------------------------------------------

    def _place(self, number: int | None) -> None:
        level, spacing = self.levels[number], self.spacing
        items = [self._as_item(key) for key in level.items]
        segments = [
            Segment(
                level.items[start.item],
                level.items[end.item],
                self._port(start, items[level.items[start.item]]),
                self._port(end, items[level.items[end.item]]),
            )
            for start, end in level.segments
        ]
        gaps = Gaps(spacing.beside, spacing.between, spacing.between / 2, spacing.slope)
        level.placed = place(items, arrange(items, segments, spacing.lane), gaps)
        if number is not None:
            width = max(level.placed.width, self.groups[number].label.width)
            height = level.placed.height + self._head(number) + self._foot(number)
            self.group_sizes[number] = Size(width + 2 * spacing.padding, height)

    def _as_item(self, key: _Key) -> Item:
        kind, n, _ = key
        if kind == "caption":
            return Item(self.groups[n].label.width, 0, "top", first=True)
        if kind in ("in", "out"):
            return Item(self.spacing.lane, 0, "top" if kind == "in" else "bottom")
        size = self.sizes[n] if kind == "box" else self.group_sizes[n]
        return Item(size.width, size.height)

    def _port(self, end: _End, item: Item) -> float:
        """Where a link meets an item: on a group, where its pin is inside."""
        if end.pin is None:
            return item.width / 2 if end.port is None else end.port
        group = end.item[1]
        return (
            self.levels[group].corner(end.pin)[0] + (self.spacing.lane) / 2 + self.spacing.padding
        )

    def _has(self, group: int, kind: str) -> bool:
        return any(key[0] == kind for key in self.levels[group].items)

    def _head(self, group: int) -> float:
        """Height above a group's content: its caption, and less padding where pins make room."""
        return self.groups[group].label.height + (
            0 if self._has(group, "in") else self.spacing.padding
        )

    def _foot(self, group: int) -> float:
        return 0 if self._has(group, "out") else self.spacing.padding
