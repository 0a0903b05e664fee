"""Coordinates for an arranged level: across by isotonic regression, down layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tracegrad.viz.layers import FEW_NODES, Item, Layered, Node

_ROUNDS = 6
_BOTH, _ONE, _NONE = 8.0, 2.0, 1.0  # pull of a link: between dummies, to one dummy, between items


@dataclass(frozen=True, slots=True)
class Gaps:
    """Distances within a level.

    Attributes:
        beside: between two items of a layer.
        between: between two layers.
        pins: between a layer of ways in or out and the next.
        slope: how much further apart layers move per unit that a link runs sideways.
    """

    beside: float
    between: float
    pins: float
    slope: float


Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """Left and top of each item, the course of each segment, and the size of it all."""

    corners: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def place(items: Sequence[Item], layered: Layered, gaps: Gaps) -> Placed:
    """Coordinates; routes run from source to target and only ever bend between layers."""
    across = _across(layered, items, gaps)
    tops, heights = _down(layered, items, across, gaps)
    corners: list[Point] = []
    for n, item in enumerate(items):
        node = layered.nodes[n]
        slack = heights[node.layer] - item.height
        # What nothing leads to stands as low as it can, next to what reads it.
        corners.append((across[n], tops[node.layer] + (0 if node.above else slack)))
    routes = tuple(
        _route(layered, n, across, (tops, heights), corners, items)
        for n in range(len(layered.chains))
    )
    rights = [corners[n][0] + item.width for n, item in enumerate(items)]
    reach = [across[n] + node.width for n, node in enumerate(layered.nodes)]
    height = tops[-1] + heights[-1] if tops else 0.0
    return Placed(tuple(corners), routes, max([*rights, *reach], default=0.0), height)


# -- across ------------------------------------------------------------------------------------


def _across(layered: Layered, items: Sequence[Item], gaps: Gaps) -> list[float]:
    """Left of each node: as near to its neighbours as the order and the widths allow."""
    left = [0.0] * len(layered.nodes)
    apart = [_distances(layered.nodes, layer, gaps.beside) for layer in layered.layers]
    for layer, distances in zip(layered.layers, apart, strict=True):
        x = 0.0
        for n, distance in zip(layer, distances, strict=True):
            x += distance
            left[n] = x
    rounds = _ROUNDS if len(layered.nodes) <= FEW_NODES else 2
    for turn in range(rounds):
        last = turn >= rounds - 2
        for downwards in (True, False):
            order = range(len(layered.layers))
            for at in order if downwards else reversed(order):
                layer = layered.layers[at]
                wishes = [_wish(layered, n, left, downwards, last) for n in layer]
                spots = _nearest(wishes, apart[at])
                for n, spot in zip(layer, spots, strict=True):
                    left[n] = spot
    _straighten(layered, left, apart)
    smallest = min(left, default=0.0)
    return [x - smallest for x in left]


def _distances(nodes: Sequence[Node], layer: Sequence[int], beside: float) -> list[float]:
    """How far each node's left must be from that of the node before it; 0 for the first."""
    distances = [0.0]
    for a, b in pairwise(layer):
        dummies = (nodes[a].item is None) + (nodes[b].item is None)
        distances.append(nodes[a].width + (beside, beside / 2, 0.0)[dummies])
    return distances[: len(layer)]


def _wish(
    layered: Layered, n: int, left: Sequence[float], downwards: bool, both: bool
) -> tuple[float, float]:
    """Where a node would like its left to be, and how much."""
    node = layered.nodes[n]
    neighbours = node.above + node.below if both else (node.above if downwards else node.below)
    if not neighbours:
        return left[n], 0.05
    total = weight = 0.0
    for other, there, here in neighbours:
        dummies = (node.item is None) + (layered.nodes[other].item is None)
        pull = (_NONE, _ONE, _BOTH)[dummies]
        total += pull * (left[other] + there - here)
        weight += pull
    return total / weight, weight


def _nearest(wishes: Sequence[tuple[float, float]], distances: Sequence[float]) -> list[float]:
    """The places nearest to the wishes (least squares) that keep the distances.

    Taking off the distances turns it into isotonic regression, which pooling adjacent violators
    solves exactly in one pass.
    """
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    taken = 0.0
    for (wish, weight), distance in zip(wishes, distances, strict=True):
        taken += distance
        mean, count = wish - taken, 1
        while blocks and blocks[-1][0] > mean:
            other, heavy, many = blocks.pop()
            mean = (mean * weight + other * heavy) / (weight + heavy)
            weight, count = weight + heavy, count + many
        blocks.append((mean, weight, count))
    spots: list[float] = []
    taken = 0.0
    for mean, _, count in blocks:
        for _ in range(count):
            taken += distances[len(spots)]
            spots.append(mean + taken)
    return spots


def _straighten(layered: Layered, left: list[float], apart: Sequence[Sequence[float]]) -> None:
    """Move the dummies of each link to one line, as far down the link as there is room for it.

    The rounds before move neighbours towards each other but leave long links slightly bent.
    """
    index = {n: k for layer in layered.layers for k, n in enumerate(layer)}

    def room(n: int) -> tuple[float, float]:
        """How far left and how far right a node's left may be."""
        layer, k = layered.layers[layered.nodes[n].layer], index[n]
        distances = apart[layered.nodes[n].layer]
        low = left[layer[k - 1]] + distances[k] if k else -math.inf
        high = left[layer[k + 1]] - distances[k + 1] if k + 1 < len(layer) else math.inf
        return low, high

    for chain in layered.chains:
        run: list[int] = []
        low, high = -math.inf, math.inf
        for n in [*chain[1:-1], None]:
            if n is not None:
                at = room(n)
                if max(low, at[0]) <= min(high, at[1]):
                    low, high = max(low, at[0]), min(high, at[1])
                    run.append(n)
                    continue
            if run:
                mean = sum(left[m] for m in run) / len(run)
                for m in run:
                    left[m] = min(max(mean, low), high)
            if n is not None:
                run, (low, high) = [n], room(n)


# -- down --------------------------------------------------------------------------------------


def _down(
    layered: Layered, items: Sequence[Item], across: Sequence[float], gaps: Gaps
) -> tuple[list[float], list[float]]:
    """Top and height of each layer. Layers move apart where links run far sideways."""
    tops: list[float] = []
    heights: list[float] = []
    y = 0.0
    pinned = {
        node.layer for node in layered.nodes if node.item is not None and items[node.item].pinned
    }
    for at, layer in enumerate(layered.layers):
        tops.append(y)
        own = [items[i] for n in layer if (i := layered.nodes[n].item) is not None]
        heights.append(max((item.height for item in own), default=0.0))
        sideways = max(
            (
                abs(across[n] + here - across[other] - there)
                for n in layer
                for other, there, here in layered.nodes[n].below
            ),
            default=0.0,
        )
        gap = gaps.pins if at in pinned or at + 1 in pinned else gaps.between
        y += heights[-1] + gap + min(gaps.between, gaps.slope * sideways)
    return tops, heights


def _route(
    layered: Layered,
    segment: int,
    across: Sequence[float],
    levels: tuple[Sequence[float], Sequence[float]],
    corners: Sequence[Point],
    items: Sequence[Item],
) -> tuple[Point, ...]:
    """From the bottom of the upper item to the top of the lower; straight down within layers."""
    chain, (out, into) = layered.chains[segment], layered.ends[segment]
    if not chain:
        return ()
    tops, heights = levels
    nodes = layered.nodes
    x = [across[n] + nodes[n].width / 2 for n in chain]
    x[0], x[-1] = across[chain[0]] + out, across[chain[-1]] + into
    points = [(x[0], corners[chain[0]][1] + items[chain[0]].height)]
    for k in range(len(chain) - 1):
        upper, lower = nodes[chain[k]].layer, nodes[chain[k + 1]].layer
        points.append((x[k], tops[upper] + heights[upper]))
        points.append((x[k + 1], tops[lower]))
    points.append((x[-1], corners[chain[-1]][1]))
    route = tuple(p for k, p in enumerate(points) if k == 0 or p != points[k - 1])
    return route[::-1] if segment in layered.reversed else route
