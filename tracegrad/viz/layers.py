"""One level of a layered drawing: which layer each item is in, and in which order.

The method of Sugiyama, Tagawa and Toda (1981): layers from longest paths, dummy items where a link
crosses a layer, barycentre sweeps against crossings. Nothing recurses.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Literal

from tracegrad.errors import PictureError, with_details

Side = Literal["top", "bottom", ""]

_MOST_BENDS = 200_000  # dummy items; a level with more would take minutes and be unreadable
_SWEEPS = 12
FEW_NODES = 4_000  # up to here no effort is spared; above, a few sweeps and rounds


@dataclass(frozen=True, slots=True)
class Item:
    """A rectangle to be placed.

    Attributes:
        pinned: the side of the level that it belongs to: a way in or out of the level.
        first: whether it stands left of everything in its layer.
    """

    width: float
    height: float
    pinned: Side = ""
    first: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A link within one level, between ports measured from the left of its items."""

    source: int
    target: int
    leave: float
    enter: float


@dataclass(slots=True)
class Node:
    """An item or a dummy, within the layered graph.

    Attributes:
        item: index of the item, `None` for a dummy.
        first: whether it stands left of everything in its layer.
        above, below: (node, port there, port here) of its neighbours in the layers next to it.
    """

    item: int | None
    width: float
    layer: int
    first: bool
    above: list[tuple[int, float, float]] = field(default_factory=list)
    below: list[tuple[int, float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Layered:
    """Nodes in layers, in order.

    Attributes:
        chains: for each segment its nodes from top to bottom; empty for one from an item to itself.
        ends: for each segment the port of its upper and of its lower item.
        reversed: indices of segments that run upwards, since the links form a loop.
    """

    nodes: list[Node]
    layers: list[list[int]]
    chains: list[list[int]]
    ends: list[tuple[float, float]]
    reversed: set[int]


def arrange(items: Sequence[Item], segments: Sequence[Segment], lane: float) -> Layered:
    """Layers, dummies and order. `lane` is the width that a passing link takes."""
    order = _order_without_loops(len(items), segments)
    ranks, turned = _ranks(items, segments, order)
    layered = _with_dummies(items, segments, ranks, turned, lane)
    _reduce_crossings(layered)
    return layered


# -- layers ------------------------------------------------------------------------------------


def _order_without_loops(count: int, segments: Sequence[Segment]) -> list[int]:
    """Position of each item such that links go upwards in it, loops excepted.

    Among the possible the smallest index comes first; so does the rest of a loop.
    """
    after: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for segment in segments:
        if segment.source != segment.target:
            after[segment.source].append(segment.target)
            missing[segment.target] += 1
    ready = [n for n in range(count) if not missing[n]]
    heapify(ready)
    position = [-1] * count
    placed, scan = 0, 0
    while placed < count:
        if ready:
            n = heappop(ready)
        else:
            while position[scan] >= 0:
                scan += 1
            n = scan
        if position[n] >= 0:
            continue
        position[n] = placed
        placed += 1
        for target in after[n]:
            missing[target] -= 1
            if missing[target] == 0 and position[target] < 0:
                heappush(ready, target)
    return position


def _ranks(
    items: Sequence[Item], segments: Sequence[Segment], position: Sequence[int]
) -> tuple[list[int], set[int]]:
    """Layer of each item, and which segments run upwards."""
    turned = {n for n, s in enumerate(segments) if position[s.source] > position[s.target]}
    above: list[list[int]] = [[] for _ in items]
    below: list[list[int]] = [[] for _ in items]
    for n, segment in enumerate(segments):
        if segment.source == segment.target:
            continue
        upper, lower = segment.source, segment.target
        if n in turned:
            upper, lower = lower, upper
        below[upper].append(lower)
        above[lower].append(upper)
    has_top = any(item.pinned == "top" for item in items)
    ranks = [1 if has_top and item.pinned != "top" else 0 for item in items]
    by_position = sorted(range(len(items)), key=position.__getitem__)
    for n in by_position:
        for upper in above[n]:
            ranks[n] = max(ranks[n], ranks[upper] + 1)
    for n in by_position:  # what has nothing above it moves down to what reads it
        if not above[n] and below[n] and not items[n].pinned:
            ranks[n] = max(ranks[n], min(ranks[lower] for lower in below[n]) - 1)
    free = [rank for rank, item in zip(ranks, items, strict=True) if item.pinned != "bottom"]
    bottom = max(free, default=-1) + 1
    ranks = [bottom if item.pinned == "bottom" else r for r, item in zip(ranks, items, strict=True)]
    used = {rank: n for n, rank in enumerate(sorted(set(ranks)))}
    return [used[rank] for rank in ranks], turned


def _with_dummies(
    items: Sequence[Item],
    segments: Sequence[Segment],
    ranks: Sequence[int],
    turned: set[int],
    lane: float,
) -> Layered:
    nodes = [Node(n, item.width, ranks[n], item.first) for n, item in enumerate(items)]
    bends = sum(max(0, abs(ranks[s.target] - ranks[s.source]) - 1) for s in segments)
    if bends > _MOST_BENDS:
        raise PictureError(
            with_details(
                "the graph is too entangled for the built-in layout",
                [("bends", f"{bends:,}"), ("at most", f"{_MOST_BENDS:,}")],
                "a smaller selection or a lower max_boxes, or install Graphviz",
            )
        )
    chains: list[list[int]] = []
    ends: list[tuple[float, float]] = []
    for n, segment in enumerate(segments):
        upper, lower, out, into = segment.source, segment.target, segment.leave, segment.enter
        if n in turned:
            upper, lower, out, into = lower, upper, into, out
        ends.append((out, into))
        if upper == lower:
            chains.append([])
            continue
        chain = [upper]
        for rank in range(ranks[upper] + 1, ranks[lower]):
            chain.append(len(nodes))
            nodes.append(Node(None, lane, rank, False))
        chain.append(lower)
        chains.append(chain)
        for a, b in pairwise(chain):
            port_a = out if a == upper else lane / 2
            port_b = into if b == lower else lane / 2
            nodes[a].below.append((b, port_b, port_a))
            nodes[b].above.append((a, port_a, port_b))
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for n, node in enumerate(nodes):
        layers[node.layer].append(n)
    for layer in layers:
        layer.sort(key=lambda n: not nodes[n].first)
    return Layered(nodes, layers, chains, ends, turned)


# -- order -------------------------------------------------------------------------------------


def _reduce_crossings(layered: Layered) -> None:
    """Order each layer by the mean position of its neighbours, down and up in turns."""
    counted = len(layered.nodes) <= FEW_NODES
    best = [list(layer) for layer in layered.layers]
    fewest = _crossings(layered) if counted else 0
    for sweep in range(_SWEEPS if counted else 2):
        if counted and not fewest:
            break
        downwards = sweep % 2 == 0
        layers = layered.layers if downwards else layered.layers[::-1]
        place = _places(layered)
        for layer in layers:
            _sort_by_neighbours(layered, layer, place, downwards)
        if counted:
            _exchange_neighbours(layered, place)
        if counted and (now := _crossings(layered)) < fewest:
            fewest, best = now, [list(layer) for layer in layered.layers]
    if counted:
        layered.layers = best


def _places(layered: Layered) -> list[float]:
    place = [0.0] * len(layered.nodes)
    for layer in layered.layers:
        for index, n in enumerate(layer):
            place[n] = index
    return place


def _sort_by_neighbours(
    layered: Layered, layer: list[int], place: list[float], downwards: bool
) -> None:
    if len(layer) < 2:
        return
    keys: dict[int, float] = {}
    for n in layer:
        node = layered.nodes[n]
        neighbours = node.above if downwards else node.below
        if node.first or not neighbours:
            keys[n] = -1.0 if node.first else place[n]
            continue
        total = sum(_port_place(layered, other, port, place) for other, port, _ in neighbours)
        keys[n] = total / len(neighbours)
    layer.sort(key=keys.__getitem__)
    for index, n in enumerate(layer):
        place[n] = index


def _exchange_neighbours(layered: Layered, place: list[float]) -> None:
    """Exchange two nodes next to each other where that takes away crossings."""
    for layer in layered.layers:
        for k in range(len(layer) - 1):
            a, b = layer[k], layer[k + 1]
            if layered.nodes[a].first:
                continue
            if _crossed(layered, a, b, place) > _crossed(layered, b, a, place):
                layer[k], layer[k + 1] = b, a
                place[a], place[b] = place[b], place[a]


def _crossed(layered: Layered, left: int, right: int, place: Sequence[float]) -> int:
    """Crossings between the links of two nodes next to each other, in this order."""
    total = 0
    for mine, theirs in (
        (layered.nodes[left].above, layered.nodes[right].above),
        (layered.nodes[left].below, layered.nodes[right].below),
    ):
        ends = sorted(_port_place(layered, other, port, place) for other, port, _ in theirs)
        for other, port, _ in mine:
            total += bisect_left(ends, _port_place(layered, other, port, place))
    return total


def _port_place(layered: Layered, n: int, port: float, place: Sequence[float]) -> float:
    """Position of a port in its layer: that of the node, and where along the node it is."""
    width = layered.nodes[n].width
    return place[n] + (port / width - 0.5 if width else 0.0) * 0.9


def _crossings(layered: Layered) -> int:
    place = _places(layered)
    total = 0
    for layer in layered.layers:
        ends = [
            (
                _port_place(layered, n, here, place),
                _port_place(layered, other, there, place),
            )
            for n in layer
            for other, there, here in layered.nodes[n].below
        ]
        ends.sort()
        passed: list[float] = []
        for _, end in ends:
            total += len(passed) - bisect_right(passed, end)
            insort(passed, end)
    return total
