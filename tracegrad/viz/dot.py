"""A plan as DOT text, for Graphviz: HTML-like labels in nested clusters.

Edges enter and leave at ports, so that argument 0 always enters left of argument 1, and a
contribution to a gradient runs beside the edge of the value it belongs to. All text from the trace
is escaped by `dot_labels` or by `_quoted`.

Note [Ways into a cluster]
~~~~~~~~~~~~~~~~~~~~~~~~~~
`dot` puts a layer's parameters next to the op before the layer, and the layer's input then comes
round the cluster from the side, whatever its argument number. So an edge into a cluster, to an op
that also reads parameters there, runs through an invisible point in the cluster beside them, and
the parameters are kept below where the edge begins. The network becomes a straight column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracegrad.viz.dot_labels import box_label, caption, header_label
from tracegrad.viz.plan import Box, Cluster, ForwardEdge, GradientEdge, Plan
from tracegrad.viz.style import MONO, SANS, Theme, pen_width

_LARGE = 1_000  # boxes above which the layout gets limits, or it takes minutes


def to_dot(plan: Plan, theme: Theme) -> str:
    """The picture as text in Graphviz's language."""
    ways = _Ways.of(plan, theme)
    lines = ["digraph tracegrad {", *_graph_attributes(plan, theme)]
    lines += _contents(plan, ways, theme)
    for edge in plan.forward:
        lines += _forward(plan, edge, ways, theme)
    for flow in plan.gradients:
        lines += _gradient(plan, flow, ways, theme)
    lines += [f"  {upper} -> {lower} [style=invis];" for upper, lower in ways.below]
    return "\n".join([*lines, "}", ""])


@dataclass(frozen=True, slots=True)
class _Ways:
    """Edges that run through a point in the cluster of their lower end.

    Attributes:
        through: the point of a pair of boxes (upper, lower), by slot; gradients add `g` to it.
        inside: points by cluster, each with its colour and its diameter in points. They are painted
            like the edge, since Graphviz leaves a small gap between the edge's two parts.
        below: (upper, lower) keys of boxes that must stand in this order.
    """

    through: dict[tuple[int, int, int | None], str]
    inside: dict[int | None, list[tuple[str, str, float]]]
    below: list[tuple[str, str]]

    @classmethod
    def of(cls, plan: Plan, theme: Theme) -> _Ways:
        ways = cls({}, {}, [])
        parameters: dict[int, list[Box]] = {}
        for edge in plan.forward:
            box, target = plan.boxes[edge.source], plan.boxes[edge.target]
            if box.kind == "parameter" and box.cluster == target.cluster is not None:
                parameters.setdefault(edge.target, []).append(box)
        flows = {(flow.target, flow.source, flow.slot): flow for flow in plan.gradients}
        for edge in plan.forward:
            upper, lower = plan.boxes[edge.source], plan.boxes[edge.target]
            if edge.target not in parameters or upper.cluster == lower.cluster:
                continue
            key = (edge.source, edge.target, edge.slot)
            point = ways.through[key] = f"way{len(ways.through)}"
            points = ways.inside.setdefault(lower.cluster, [])
            points.append((point, theme.edge, 1.2))
            if key in flows:
                flow = flows[key]
                points.append((f"{point}g", theme.gradient_colour(flow), pen_width(flow)))
            ways.below.extend((upper.key, box.key) for box in parameters[edge.target])
        return ways


def _graph_attributes(plan: Plan, theme: Theme) -> Iterator[str]:
    yield (
        f'  graph [rankdir=TB bgcolor="{theme.background}" fontname="{SANS}" nodesep=0.3 '
        f'ranksep=0.42 labelloc=t labeljust=l pad=0.2 tooltip=" "];'
    )
    yield f'  node [shape=plain fontname="{SANS}" fontsize=9 margin=0];'
    yield f'  edge [fontname="{MONO}" fontsize=8 color="{theme.edge}" arrowsize=0.55 penwidth=1.1];'
    yield f"  label=<{header_label(plan.header, theme)}>;"
    if len(plan.boxes) > _LARGE:
        # Network simplex, not spline routing, is what takes the time of large graphs: with these
        # limits 9,739 boxes take 6 s and not over 120 s (measured with dot 2.43).
        yield "  nslimit=0.1; nslimit1=0.1; mclimit=0.1; splines=polyline;"


# -- clusters and boxes ------------------------------------------------------------------------


def _contents(plan: Plan, ways: _Ways, theme: Theme) -> Iterator[str]:
    """Boxes and clusters, nested; written with a stack, since scopes may nest deeply."""
    boxes: dict[int | None, list[Box]] = {}
    for box in plan.boxes:
        boxes.setdefault(box.cluster, []).append(box)
    children: dict[int | None, list[int]] = {}
    for index, cluster in enumerate(plan.clusters):
        children.setdefault(cluster.parent, []).append(index)
    todo: list[tuple[str, int | None, int]] = [("open", None, 0)]
    while todo:
        what, n, depth = todo.pop()
        if what == "close":
            yield "  " * depth + "}"
            continue
        if n is not None:
            yield from _cluster_open(plan.clusters[n], n, theme, depth)
            todo.append(("close", None, depth))
        pad = "  " * (depth + 1)
        for point, colour, diameter in ways.inside.get(n, ()):
            yield (
                f'{pad}{point} [shape=point color="{colour}" label="" tooltip=" " '
                f"width={max(1.2, diameter) / 72:.3f}];"
            )
        for box in boxes.get(n, ()):
            label, tooltip = box_label(box, theme), _quoted(box.tooltip)
            yield f"{pad}{box.key} [label=<{label}> tooltip={tooltip}];"
        todo += [("open", child, depth + 1) for child in reversed(children.get(n, ()))]


def _cluster_open(cluster: Cluster, n: int, theme: Theme, depth: int) -> Iterator[str]:
    pad = "  " * depth
    yield f"{pad}subgraph cluster_{n} {{"
    yield (
        f"{pad}  label=<{caption(cluster, theme)}>; labelloc=t; labeljust=r; "
        f'style="rounded,filled"; margin=10; '
        f'color="{theme.cluster_line}"; fillcolor="{theme.cluster_fill(depth - 1)}"; '
        f"tooltip={_quoted(cluster.path or cluster.name)};"
    )


# -- edges -------------------------------------------------------------------------------------


def _forward(plan: Plan, edge: ForwardEdge, ways: _Ways, theme: Theme) -> Iterator[str]:
    source, target = plan.boxes[edge.source], plan.boxes[edge.target]
    slot = "" if edge.slot is None else edge.slot
    start, end = f"{source.key}:o:s", f"{target.key}:i{slot}:n"
    look = f"tooltip={_quoted(edge.tooltip)}{' style=dashed' if edge.write else ''}"
    way = ways.through.get((edge.source, edge.target, edge.slot))
    if way is None:
        yield f"  {start} -> {end} [{look}];"
    else:
        yield f"  {start} -> {way} [{look} dir=none headclip=false weight=2];"
        yield f"  {way} -> {end} [{look} tailclip=false weight=2];"


def _gradient(plan: Plan, edge: GradientEdge, ways: _Ways, theme: Theme) -> Iterator[str]:
    """Written from the upper box to the lower, as the forward edge is, with its arrow reversed."""
    upper, lower = plan.boxes[edge.target], plan.boxes[edge.source]
    slot = "" if edge.slot is None else edge.slot
    start, end = f"{upper.key}:h:s", f"{lower.key}:g{slot}:n"
    look = (
        f'color="{theme.gradient_colour(edge)}" penwidth={pen_width(edge):.2f} arrowsize=0.5 '
        f"tooltip={_quoted(edge.tooltip)}"
    )
    way = ways.through.get((edge.target, edge.source, edge.slot))
    if way is None:
        yield f"  {start} -> {end} [{look} dir=back];"
    else:
        yield f"  {start} -> {way}g [{look} dir=back headclip=false weight=2];"
        yield f"  {way}g -> {end} [{look} dir=none tailclip=false weight=2];"


def _quoted(words: str) -> str:
    """A quoted DOT string. Graphviz reads HTML entities and backslash codes inside, so both go."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + escaped.replace("<", "&lt;").replace(">", "&gt;").replace("\n", "\\n") + '"'
