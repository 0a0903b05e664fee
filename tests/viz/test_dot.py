"""DOT text: Graphviz accepts it whatever the names in the trace are."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest

from tests.sample_trace import RowsTrace, sample_trace
from tests.viz.traces import mlp_trace, plain_trace
from tracegrad.viz.dot import to_dot
from tracegrad.viz.plan import Plan
from tracegrad.viz.planning import make_plan
from tracegrad.viz.style import DARK, LIGHT
from tracegrad.viz.svg import to_svg

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="no `dot` on the PATH")
HOSTILE = '"q" <b>&amp;</b> \\N \\ {}|[]; \n]]>\x00\x1b[31m\ud800\u202e 漢字 -> \\'


def hostile_trace() -> RowsTrace:
    """The sample with every name replaced by one that breaks careless quoting."""
    trace = sample_trace()
    trace.event_rows = [replace(e, op=HOSTILE, options=HOSTILE) for e in trace.event_rows]
    trace.location_rows = [
        replace(row, expression=HOSTILE, variable=HOSTILE, file=HOSTILE, function=HOSTILE)
        for row in trace.location_rows
    ]
    trace.scope_rows = [
        replace(row, name=HOSTILE, path=HOSTILE, label=HOSTILE) if row.parent is not None else row
        for row in trace.scope_rows
    ]
    trace.value_rows = [
        replace(v, name=HOSTILE, device=HOSTILE) if v.role == "parameter" else v
        for v in trace.value_rows
    ]
    trace.trace_info = replace(trace.trace_info, title=HOSTILE, state="failed", error=HOSTILE)
    return trace


def canonical(text: str) -> str:
    done = subprocess.run(
        ["dot", "-Tcanon"], input=text.encode(), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"rror" not in done.stderr, done.stderr.decode()
    return done.stdout.decode()


@needs_dot
@pytest.mark.parametrize(
    "trace",
    [
        sample_trace(),
        mlp_trace(3),
        mlp_trace(2, steps=2),
        plain_trace(30),
        RowsTrace(),
        hostile_trace(),
    ],
    ids=["sample", "mlp", "steps", "plain", "empty", "hostile"],
)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_graphviz_reads_it_with_every_box_and_cluster(trace: RowsTrace, theme: object) -> None:
    plan = make_plan(trace, events=(0, trace.event_count))
    text = canonical(to_dot(plan, theme))
    assert all(f"\t{box.key}\t[" in text for box in plan.boxes)
    assert text.count("subgraph cluster_") == len(plan.clusters)


@needs_dot
def test_graphviz_draws_hostile_names_without_a_warning() -> None:
    text = to_dot(make_plan(hostile_trace()), LIGHT)
    done = subprocess.run(
        ["dot", "-Tsvg"], input=text.encode(), capture_output=True, timeout=60, check=True
    )
    complaints = [line for line in done.stderr.decode().splitlines() if "Fontconfig" not in line]
    assert complaints == []
    assert "漢字" in done.stdout.decode()


def test_hostile_names_are_shown_escaped_by_the_built_in_svg() -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(to_svg(make_plan(hostile_trace()), LIGHT))
    shown = [text.replace("\xa0", " ") for text in root.itertext()]
    assert any('"q" <b>&amp;</b> \\N \\ {}|[];' in text for text in shown)


@needs_dot
def test_edges_only_name_ports_that_exist() -> None:
    for trace in (sample_trace(), mlp_trace(3), plain_trace(40)):
        text = to_dot(make_plan(trace), LIGHT)
        done = subprocess.run(
            ["dot", "-Tsvg"], input=text.encode(), capture_output=True, timeout=60, check=True
        )
        assert b"port" not in done.stderr, done.stderr.decode()


def test_a_large_graph_gets_limits_and_a_small_one_does_not() -> None:
    plan = make_plan(plain_trace(1_200), max_boxes=2_000)
    assert len(plan.boxes) > 1_000
    assert "nslimit=0.1" in to_dot(plan, LIGHT)
    assert "splines=polyline" in to_dot(plan, LIGHT)
    assert "nslimit" not in to_dot(make_plan(sample_trace()), LIGHT)


def test_each_gradient_edge_is_drawn_beside_its_forward_edge() -> None:
    plan = make_plan(sample_trace())
    text = to_dot(plan, LIGHT)
    assert "op1:o:s -> op2:i0:n [" in text
    assert "op1:h:s -> op2:g0:n [" in text
    assert "op1:h:s -> op2:g1:n [" in text


def test_the_same_plan_gives_the_same_text() -> None:
    def text(plan: Plan) -> str:
        return to_dot(plan, LIGHT)

    assert text(make_plan(mlp_trace(4))) == text(make_plan(mlp_trace(4)))


def test_a_dashed_edge_marks_a_write_in_place() -> None:
    trace = mlp_trace(1, steps=2)
    text = to_dot(make_plan(trace, events=(0, trace.event_count)), LIGHT)
    dashed = [line for line in text.splitlines() if "style=dashed" in line]
    assert len(dashed) == 4  # two parameters, written after each of two steps
