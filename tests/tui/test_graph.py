"""The graph pane: which ops, and that the lines drawn are the links there are."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sample_trace import RowsTrace, sample_trace
from tests.tui.traces import LongTrace
from tracegrad_tui.drawn_graph import Drawing, draw
from tracegrad_tui.neighbourhood import HOPS, Neighbourhood, Node, neighbourhood
from tracegrad_tui.pieces import plain

OPEN = {"╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "│": "ud", "─": "lr"}
OPEN |= {"├": "udr", "┤": "udl", "┬": "ldr", "┴": "lur", "┼": "udlr", "╵": "u", "╷": "d"}
STEP = {"u": (-1, 0), "d": (1, 0), "l": (0, -1), "r": (0, 1)}
BACK = {"u": "d", "d": "u", "l": "r", "r": "l"}


def followed(drawing: Drawing) -> set[tuple[str, str]]:
    """Links read off a drawing, by following its lines down from every box as an eye does."""
    grid = [plain(line) for line in drawing.lines]
    at = lambda r, c: grid[r][c] if 0 <= r < len(grid) and 0 <= c < len(grid[r]) else " "  # noqa: E731
    boxes: dict[tuple[int, int], str] = {}
    for r, line in enumerate(grid):
        start = None
        for c, character in enumerate(line):
            if character in "[▐":
                start = c
            if start is not None:
                boxes[r, c] = line[start : c + 1]
            if character in "]▌":
                name = line[start : c + 1].strip("[]▐▌")
                for k in range(start or 0, c + 1):
                    boxes[r, k] = name
                start = None
    links: set[tuple[str, str]] = set()
    for (r, c), name in boxes.items():
        if "u" not in OPEN.get(at(r + 1, c), ""):
            continue
        seen: set[tuple[int, int, str]] = set()
        todo = [(r + 1, c, "d")]
        while todo:
            y, x, moving = todo.pop()
            if (y, x, moving) in seen:
                continue
            seen.add((y, x, moving))
            if (y, x) in boxes:
                if moving == "d":
                    links.add((name, boxes[y, x]))
                continue
            ways = OPEN.get(at(y, x), "")
            if BACK[moving] not in ways:
                # a line that runs under a vertical one goes straight on
                if moving in "lr" and at(y, x) == "│":
                    todo.append((y + STEP[moving][0], x + STEP[moving][1], moving))
                continue
            for way in ways:
                if way != BACK[moving] and way != "u":
                    todo.append((y + STEP[way][0], x + STEP[way][1], way))
    return links


def named(graph: Neighbourhood) -> set[tuple[str, str]]:
    return {(graph.nodes[a].label, graph.nodes[b].label) for a, b in graph.links}


def made(links: list[tuple[int, int]]) -> Neighbourhood:
    count = max(max(pair) for pair in links) + 1
    nodes = tuple(Node(f"op {n}", "forward", n, n == 0) for n in range(count))
    return Neighbourhood(nodes, tuple(links))


@pytest.mark.parametrize("event", range(16))
def test_the_drawing_of_the_sample_has_exactly_its_links(event: int) -> None:
    graph = neighbourhood(sample_trace(), event, 14)
    assert followed(draw(graph)) == named(graph)


@pytest.mark.parametrize("seed", range(30))
def test_the_drawing_of_any_small_graph_has_exactly_its_links(seed: int) -> None:
    random = np.random.default_rng(seed)
    links = []
    for n in range(1, 12):
        for m in {int(m) for m in random.integers(0, n, size=random.integers(1, 3))}:
            links.append((m, n))
    graph = made(links)
    drawing = draw(graph)
    assert followed(drawing) == named(graph), "\n".join(plain(line) for line in drawing.lines)


def test_the_current_event_stands_out_and_is_where_the_drawing_says() -> None:
    drawing = draw(neighbourhood(sample_trace(), 3, 14))
    line = plain(drawing.lines[drawing.row])
    assert "▐sub 3▌" in line
    assert line.index("▐sub 3▌") <= drawing.column < line.index("▌")


def test_the_neighbourhood_is_bounded_in_boxes_and_hops() -> None:
    trace = LongTrace(1000)
    while not trace.prepare(1000):
        pass
    graph = neighbourhood(trace, 505, 100)
    events = sorted(node.event for node in graph.nodes if node.event is not None)
    assert events == list(range(505 - HOPS, 505 + HOPS + 1))
    assert len(neighbourhood(trace, 505, 5).nodes) <= 6


def test_other_readers_of_what_led_to_an_event_are_left_out() -> None:
    trace = RowsTrace()
    x = np.ones(2)
    data = trace.add_event("forward", "tensor", (), [x])
    wanted = trace.add_event("forward", "exp", data.outputs, [x])
    trace.add_event("forward", "log", data.outputs, [x])
    other = trace.add_event("forward", "ones", (), [x])
    trace.add_event("forward", "add", (*wanted.outputs, *other.outputs), [x])
    labels = {node.label for node in neighbourhood(trace, wanted.id, 20).nodes}
    assert labels == {"tensor 0", "exp 1", "add 4", "ones 3"}


def test_parameters_are_named_by_the_end_of_their_path() -> None:
    labels = [node.label for node in neighbourhood(sample_trace(), 0, 14).nodes]
    assert "0.weight" in labels


def test_a_single_event_is_a_drawing_too() -> None:
    trace = RowsTrace()
    trace.add_event("forward", "ones", (), [np.ones(2)])
    drawing = draw(neighbourhood(trace, 0, 8))
    assert [plain(line) for line in drawing.lines] == ["▐ones 0▌"]
