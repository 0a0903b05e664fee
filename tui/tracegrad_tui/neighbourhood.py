"""The part of the graph around one event: a few ops before and after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracegrad.recording.model import EventRow
from tracegrad.recording.source import TraceSource
from tracegrad_tui.rows import MARKS

HOPS = 4
READERS = 4
"""Readers of one value that are drawn; a parameter may have a million."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box: an event, or a value that entered from outside (`event` is `None`).

    Attributes:
        around: whether this is the event in the middle.
    """

    label: str
    role: str
    event: int | None
    around: bool = False


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Boxes and, by their indices, the links between them in order of arguments."""

    nodes: tuple[Node, ...]
    links: tuple[tuple[int, int], ...]


def neighbourhood(source: TraceSource, centre: int, most: int) -> Neighbourhood:
    """The nearest events around one, at most `most` boxes; hop by hop up and down."""
    chosen = _nearest(source, centre, most)
    nodes: list[Node] = []
    index: dict[int, int] = {}
    for id in sorted(chosen):
        index[id] = len(nodes)
        nodes.append(_event_node(source.event(id), id == centre))
    links: dict[tuple[int, int], None] = {}
    leaves: dict[int, int] = {}
    for id in sorted(chosen):
        for value in source.event(id).inputs:
            if value is None:
                continue
            row = source.value(value)
            if row.event in index:
                links[index[row.event], index[id]] = None
            elif row.event is None and (len(nodes) < most or id == centre):
                if value not in leaves:
                    leaves[value] = len(nodes)
                    nodes.append(Node(_leaf_label(row.name, row.role), "parameter", None))
                links[leaves[value], index[id]] = None
    return Neighbourhood(tuple(nodes), tuple(links))


def _nearest(source: TraceSource, centre: int, most: int) -> set[int]:
    """What led to an event and what came of it, then what else the latter read.

    Never the other readers of what led to it: an input's or a parameter's are the whole program.
    """
    before = _reached(source, centre, most - most // 3, _makers)
    after = _reached(source, centre, most - len(before) + 1, _readers)
    chosen = before | after
    for id in sorted(after):
        for other in _makers(source, id):
            if len(chosen) < most:
                chosen.add(other)
    return chosen


def _reached(
    source: TraceSource,
    centre: int,
    most: int,
    neighbours: Callable[[TraceSource, int], list[int]],
) -> set[int]:
    """At most `most` events that can be reached in one direction, the nearest first."""
    chosen = {centre}
    edge = [centre]
    for _ in range(HOPS):
        beyond: list[int] = []
        for id in edge:
            for other in neighbours(source, id):
                if other not in chosen and len(chosen) < most:
                    chosen.add(other)
                    beyond.append(other)
        edge = beyond
    return chosen


def _makers(source: TraceSource, id: int) -> list[int]:
    makers = (source.value(v).event for v in source.event(id).inputs if v is not None)
    return [maker for maker in makers if maker is not None]


def _readers(source: TraceSource, id: int) -> list[int]:
    outputs = (v for v in source.event(id).outputs if v is not None)
    return [reader for v in outputs for reader in source.consumers(v)[:READERS]]


def _event_node(event: EventRow, around: bool) -> Node:
    sign = "" if event.kind == "forward" else f"{MARKS[event.kind].sign} "
    return Node(f"{sign}{event.op} {event.id}", MARKS[event.kind].role, event.id, around)


def _leaf_label(name: str, role: str) -> str:
    """The last two names of a parameter's path; the whole would be wider than its box's column."""
    return ".".join(name.split(".")[-2:]) if name else role
