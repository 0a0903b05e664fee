"""Going over a graph without recursion: 100,000 nodes deep is ordinary."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tracegrad.graph.node import AccumulateGrad, Edge, Node, Output


def below(edge: Edge) -> tuple[Edge | None, ...]:
    """The edges that a gradient at `edge` goes on to."""
    if isinstance(edge, Node):
        return edge.edges
    return (edge.node,) if isinstance(edge, Output) else ()


def ancestors(roots: Iterable[Edge]) -> Iterator[Edge]:
    """Everything that gradients from the roots can reach, roots included, each once.

    In no promised order: sort by `Node.order` where consumers must come first.
    """
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        edge = stack.pop()
        if edge.order in seen:
            continue
        seen.add(edge.order)
        yield edge
        stack.extend(e for e in below(edge) if e is not None and e.order not in seen)


def orders_leading_to(roots: Iterable[Edge], targets: Collection[int]) -> set[int]:
    """Orders of everything between the roots and the targets: what `grad(inputs=...)` must
    visit.
    """
    found = sorted(ancestors(roots), key=lambda edge: edge.order, reverse=True)
    leading = set(targets)
    # Highest order first: every edge of a node has been decided before the node itself.
    for edge in found:
        if any(e is not None and e.order in leading for e in below(edge)):
            leading.add(edge.order)
    return leading


def leaves(roots: Iterable[Edge]) -> list[AccumulateGrad]:
    """The leaves that gradients from the roots can reach, in the order in which they were made."""
    found = [edge for edge in ancestors(roots) if isinstance(edge, AccumulateGrad)]
    return sorted(found, key=lambda leaf: leaf.order)
