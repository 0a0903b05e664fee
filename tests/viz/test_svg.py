"""The built-in SVG: valid, complete, and with all text inside its box."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tests.sample_trace import RowsTrace, sample_trace
from tests.viz.traces import mlp_trace, plain_trace
from tracegrad.viz.planning import make_plan
from tracegrad.viz.style import DARK, LIGHT, THEMES
from tracegrad.viz.svg import to_svg

NS = "{http://www.w3.org/2000/svg}"
TRACES = [sample_trace(), mlp_trace(3), mlp_trace(2, steps=2), plain_trace(30), RowsTrace()]


def parse(trace: RowsTrace, theme: str = "light", **options: object) -> ElementTree.Element:
    plan = make_plan(trace, events=(0, trace.event_count), **options)
    return ElementTree.fromstring(to_svg(plan, THEMES[theme]))


def boxes(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [group for group in root.iter(f"{NS}g") if group.get("id")]


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_of_a_box_is_inside_its_rectangle(trace: RowsTrace, theme: str) -> None:
    for group in boxes(parse(trace, theme)):
        rectangle = group.find(f"{NS}rect")
        x, y, width, height = (float(rectangle.get(k)) for k in ("x", "y", "width", "height"))
        for text in group.findall(f"{NS}text"):
            left, baseline = float(text.get("x")), float(text.get("y"))
            assert x <= left
            assert left + float(text.get("textLength")) <= x + width + 0.2, text.text
            assert y < baseline - 0.7 * float(text.get("font-size"))
            assert baseline < y + height


@pytest.mark.parametrize("trace", TRACES)
def test_texts_of_a_line_do_not_overlap(trace: RowsTrace) -> None:
    for group in boxes(parse(trace)):
        lines: dict[str, list[tuple[float, float]]] = {}
        for text in group.findall(f"{NS}text"):
            left = float(text.get("x"))
            lines.setdefault(text.get("y"), []).append((left, left + float(text.get("textLength"))))
        for spans in lines.values():
            spans.sort()
            assert all(a[1] <= b[0] + 0.2 for a, b in pairwise(spans))


def test_every_box_and_edge_has_a_tooltip() -> None:
    trace = sample_trace()
    plan = make_plan(trace)
    root = ElementTree.fromstring(to_svg(plan, LIGHT))
    tooltips = {g.get("id"): g.findtext(f"{NS}title") for g in root.iter(f"{NS}g") if g.get("id")}
    assert set(tooltips) == {box.key for box in plan.boxes}
    relu = tooltips["op1"].replace("\xa0", " ")
    assert "in net.1  ReLU()" in relu
    assert "/home/ada/train.py:4" in relu
    assert "net(x)" in relu
    assert "gradient: mean" in relu
    edges = [g for g in root.iter(f"{NS}g") if g.find(f"{NS}path") is not None and not g.get("id")]
    assert len(edges) == len(plan.forward) + len(plan.gradients)


def test_gradient_edges_are_wider_for_larger_norms() -> None:
    plan = make_plan(sample_trace())
    root = ElementTree.fromstring(to_svg(plan, LIGHT))
    widths = [
        float(path.get("stroke-width"))
        for path in root.iter(f"{NS}path")
        if path.get("stroke") == LIGHT.gradient
    ]
    norms = [edge.norm for edge in plan.gradients]
    assert len(widths) == len(norms)
    order = sorted(range(len(norms)), key=norms.__getitem__)
    assert [widths[n] for n in order] == sorted(widths)


def test_nothing_in_it_comes_from_elsewhere() -> None:
    text = to_svg(make_plan(sample_trace()), DARK)
    assert text.count("http") == 1  # the name space
    assert "<style" not in text
    assert "<script" not in text


def test_no_bar_of_a_histogram_leaves_its_box() -> None:
    for group in boxes(parse(mlp_trace(3))):
        rectangle, bars = group.find(f"{NS}rect"), group.find(f"{NS}path")
        if bars is None:
            continue
        x, width = float(rectangle.get("x")), float(rectangle.get("width"))
        starts = [float(part.split()[0]) for part in bars.get("d").split("M")[1:]]
        assert x < min(starts)
        assert max(starts) + 3 <= x + width
