"""The layout's promises, on any graph."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracegrad.errors import PictureError
from tracegrad.viz import layers
from tracegrad.viz.layout import Group, Layout, Link, Rectangle, Size, Spacing, lay_out

ROUNDING = 1e-6
unhurried = settings(deadline=None)  # the machine may be busy; speed is no promise here


@st.composite
def graphs(
    draw: st.DrawFn, loops: bool = False
) -> tuple[list[Size], list[Link], list[Group], list]:
    count = draw(st.integers(1, 24))
    length = st.floats(1, 200, allow_nan=False)
    sizes = [Size(draw(length), draw(length)) for _ in range(count)]
    pairs = draw(
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=40)
    )
    if not loops:
        pairs = [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
    links = [
        Link(a, b, enter=draw(st.one_of(st.none(), st.floats(0, sizes[b].width)))) for a, b in pairs
    ]
    groups: list[Group] = []
    for n in range(draw(st.integers(0, 4))):
        parent = draw(st.one_of(st.none(), st.integers(0, n - 1))) if n else None
        groups.append(Group(parent, Size(draw(length), 18)))
    # Groups are stretches of consecutive boxes, as the calls of modules are: no loops through them.
    bounds = sorted(
        draw(st.lists(st.integers(0, count), min_size=len(groups), max_size=len(groups)))
    )
    group_of: list[int | None] = [None] * count
    if groups and draw(st.booleans()):
        for n in range(len(groups) - 1):
            if groups[n].parent is None:
                group_of[bounds[n] : bounds[n + 1]] = [n] * (bounds[n + 1] - bounds[n])
    return sizes, links, groups, group_of


def overlap(a: Rectangle, b: Rectangle) -> bool:
    return (
        a.x + a.width > b.x + ROUNDING
        and b.x + b.width > a.x + ROUNDING
        and a.y + a.height > b.y + ROUNDING
        and b.y + b.height > a.y + ROUNDING
    )


def inside(inner: Rectangle, outer: Rectangle) -> bool:
    return (
        inner.x >= outer.x - ROUNDING
        and inner.y >= outer.y - ROUNDING
        and inner.x + inner.width <= outer.x + outer.width + ROUNDING
        and inner.y + inner.height <= outer.y + outer.height + ROUNDING
    )


def place(graph: tuple) -> Layout:
    sizes, links, groups, group_of = graph
    return lay_out(sizes, links, groups=groups, group_of=group_of)


@unhurried
@given(graphs(loops=True))
def test_no_two_boxes_overlap(graph: tuple) -> None:
    boxes = place(graph).boxes
    assert not [(a, b) for n, a in enumerate(boxes) for b in boxes[:n] if overlap(a, b)]


@unhurried
@given(graphs())
def test_every_link_runs_down_from_the_sources_bottom_to_the_targets_top(graph: tuple) -> None:
    sizes, links, _, _ = graph
    layout = place(graph)
    for link, route in zip(links, layout.routes, strict=True):
        source, target = layout.boxes[link.source], layout.boxes[link.target]
        enter = sizes[link.target].width / 2 if link.enter is None else link.enter
        assert route[0] == pytest.approx((source.x + source.width / 2, source.y + source.height))
        assert route[-1] == pytest.approx((target.x + enter, target.y))
        heights = [y for _, y in route]
        assert all(a <= b + ROUNDING for a, b in pairwise(heights))


@unhurried
@given(graphs())
def test_no_link_runs_across_a_box(graph: tuple) -> None:
    layout = place(graph)
    for route in layout.routes:
        for (x1, y1), (x2, y2) in pairwise(route):
            left, right = min(x1, x2), max(x1, x2)
            sweep = Rectangle(left, y1, right - left, y2 - y1)
            if x1 == x2:
                sweep = Rectangle(x1 - 1e-4, y1, 2e-4, y2 - y1)
            assert not [box for box in layout.boxes if overlap(sweep, box)]


@unhurried
@given(graphs())
def test_groups_hold_their_members_and_nothing_else(graph: tuple) -> None:
    _, _, groups, group_of = graph
    layout = place(graph)
    for n, group in enumerate(layout.groups):
        parent = groups[n].parent
        if parent is not None:
            assert inside(group, layout.groups[parent])
        assert group.width >= groups[n].label.width
        for box, member in zip(layout.boxes, group_of, strict=True):
            if member == n:
                assert inside(box, group)
            elif member is None:
                assert not overlap(box, group)


@unhurried
@given(graphs(loops=True))
def test_everything_is_within_the_size_it_states(graph: tuple) -> None:
    layout = place(graph)
    whole = Rectangle(0, 0, layout.width, layout.height)
    assert all(inside(each, whole) for each in (*layout.boxes, *layout.groups))
    for route in layout.routes:
        assert all(inside(Rectangle(x, y, 0, 0), whole) for x, y in route)


@unhurried
@given(graphs(loops=True))
def test_the_layout_depends_on_its_arguments_alone(graph: tuple) -> None:
    assert place(graph) == place(graph)


def test_argument_order_is_kept_where_nothing_else_matters() -> None:
    sizes = [Size(50, 20)] * 4
    links = [Link(n, 3, enter=enter) for n, enter in ((0, 40.0), (1, 5.0), (2, 25.0))]
    boxes = lay_out(sizes, links).boxes
    assert boxes[1].x < boxes[2].x < boxes[0].x


def test_a_chain_of_equal_boxes_is_one_straight_column() -> None:
    layout = lay_out([Size(50, 20)] * 30, [Link(n, n + 1) for n in range(29)])
    assert {box.x for box in layout.boxes} == {0.0}


def test_a_long_link_is_straight_beside_the_boxes_it_passes() -> None:
    links = [Link(n, n + 1) for n in range(9)] + [Link(0, 9)]
    route = lay_out([Size(50, 20)] * 10, links).routes[-1]
    assert len({round(x, 6) for x, _ in route[2:-2]}) == 1


def test_what_only_feeds_one_box_stands_right_above_it() -> None:
    links = [Link(0, 1), Link(1, 2), Link(2, 3), Link(4, 3)]
    boxes = lay_out([Size(50, 20)] * 5, links).boxes
    assert boxes[4].y == boxes[2].y


def test_no_links_run_across_a_caption() -> None:
    sizes = [Size(40, 20), Size(40, 20)]
    group = Group(None, Size(90, 18))
    layout = lay_out(sizes, [Link(0, 1)], groups=[group], group_of=[None, 0])
    (rectangle,) = layout.groups
    caption = Rectangle(rectangle.x + 12, rectangle.y, 90, 18)
    for (x1, y1), (x2, y2) in pairwise(layout.routes[0]):
        assert not overlap(caption, Rectangle(min(x1, x2), y1, abs(x2 - x1) + 0.01, y2 - y1))


def test_an_empty_graph_has_no_size() -> None:
    assert lay_out([], []) == Layout((), (), (), 0.0, 0.0)


def test_a_chain_of_100_000_boxes_is_laid_out_without_recursion() -> None:
    count = 100_000
    layout = lay_out([Size(10, 1)] * count, [Link(n, n + 1) for n in range(count - 1)])
    assert layout.boxes[-1].y > layout.boxes[-2].y > layout.boxes[0].y


def test_deeply_nested_groups_are_laid_out_without_recursion() -> None:
    depth = 2_000
    groups = [Group(n - 1 if n else None) for n in range(depth)]
    layout = lay_out(
        [Size(10, 10)] * 2, [Link(0, 1)], groups=groups, group_of=[None, depth - 1],
        spacing=Spacing(padding=1),
    )  # fmt: skip
    assert inside(layout.boxes[1], layout.groups[-1])


def test_an_entangled_graph_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "_MOST_BENDS", 10)
    links = [Link(n, n + 1) for n in range(19)] + [Link(n, 19) for n in range(18)]
    with pytest.raises(PictureError, match="too entangled for the built-in layout") as raised:
        lay_out([Size(10, 10)] * 20, links)
    assert "install Graphviz" in str(raised.value)
