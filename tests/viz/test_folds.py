"""Folding modules when there are too many boxes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.sample_trace import RowsTrace
from tests.viz.test_plan import words
from tests.viz.traces import Recorder, mlp_trace, plain_trace
from tracegrad._util.text import number
from tracegrad.viz.plan import Plan
from tracegrad.viz.planning import make_plan


def nested_trace(blocks: int, layers: int) -> RowsTrace:
    """`blocks` modules of `layers` Linear modules of three ops each."""
    r = Recorder()
    x = r.trace.add_value(np.ones(4, np.float32), "input")
    net = r.scope(0, "net", "Net", "Net()")
    for b in range(blocks):
        block = r.scope(net, f"block{b}", "Block", "Block()")
        for n in range(layers):
            layer = r.scope(block, str(n), "Linear", "Linear(4, 4)")
            w = r.parameter(f"net.block{b}.{n}.weight", 4)
            for op in ("mul", "add", "sub"):
                (x,) = r.op(op, (x, w), r.array(x), scope=layer).outputs
    return r.trace


def acyclic(plan: Plan) -> bool:
    """Whether edges lead from earlier to later in some order of the boxes."""
    left = {n: {e.source for e in plan.forward if e.target == n} for n in range(len(plan.boxes))}
    while left:
        free = [n for n, sources in left.items() if not sources & left.keys()]
        if not free:
            return False
        for n in free:
            del left[n]
    return True


def test_the_deepest_modules_are_folded_first_and_named_with_their_label() -> None:
    trace = nested_trace(blocks=12, layers=3)
    everything = make_plan(trace)
    assert len(everything.boxes) == 1 + 12 * 3 * 4
    layers = make_plan(trace, max_boxes=100)
    assert [each.kind for each in layers.boxes].count("fold") == 36
    assert words(layers.boxes[1])[:3] == ["0", "Linear(4, 4)", "3 ops"]
    blocks = make_plan(trace, max_boxes=20)
    assert [each.kind for each in blocks.boxes].count("fold") == 12
    assert "108 ops in 12 folded boxes" in blocks.header.facts


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 10, 15, 20, 60, 165, 300])
@pytest.mark.parametrize(
    "trace", [mlp_trace(40), plain_trace(300), nested_trace(3, 4), mlp_trace(2, steps=20)]
)
def test_no_more_boxes_than_the_limit_and_no_op_lost(trace: RowsTrace, limit: int) -> None:
    plan = make_plan(trace, events=(0, trace.event_count), max_boxes=limit)
    assert len(plan.boxes) <= limit
    drawn = sorted(event for each in plan.boxes for event in each.events)
    told = [e.id for e in trace.events() if e.kind == "write" and e.id not in set(drawn)]
    made = [e.id for e in trace.events() if e.kind in ("forward", "write")]
    assert sorted(drawn + told) == made
    assert acyclic(plan)


def test_folding_keeps_the_gradient_of_every_parameter_visible() -> None:
    trace = mlp_trace(40)
    plan = make_plan(trace, max_boxes=60)
    shown = {text for each in plan.boxes for text in words(each)}
    for row in trace.value_rows:
        if row.role == "parameter" and row.version == 0:
            norm = float(np.linalg.norm(trace.array(trace.gradient(row.id))))
            assert f"∂ {number(norm)}" in shown, row.name


def test_many_parameters_in_one_fold_are_told_as_a_range_with_those_that_have_none() -> None:
    trace = mlp_trace(20)
    norms = {
        row.name: float(np.linalg.norm(trace.array(trace.gradient(row.id))))
        for row in trace.value_rows
        if row.role == "parameter" and row.version == 0
    }
    plan = make_plan(trace, max_boxes=1)
    (fold,) = plan.boxes
    hidden = list(norms.values())[4:]
    assert "… 36 more parameters" in words(fold)
    assert f"∂ {number(min(hidden))} to {number(max(hidden))}" in words(fold)
    lost = next(r for r in trace.value_rows if r.name == "net.38.bias" and not r.version)
    trace.value_rows = [
        replace(row, of=None) if row.of == lost.id else row for row in trace.value_rows
    ]
    (fold,) = make_plan(trace, max_boxes=1).boxes
    assert "1 none" in words(fold)


def test_a_long_program_without_modules_is_folded_into_stretches() -> None:
    plan = make_plan(plain_trace(3_000))
    folds = [each for each in plan.boxes if each.kind == "fold"]
    assert len(plan.boxes) <= 300
    assert sum(len(each.events) for each in folds) == 3_000
    assert "3,000 ops" in " ".join(plan.header.facts)
    assert [each for each in plan.boxes if each.kind == "parameter"], "the shared weight stays"


def test_several_steps_become_clusters_and_then_boxes() -> None:
    trace = mlp_trace(2, steps=30)
    whole = (0, trace.event_count)
    plan = make_plan(trace, events=whole, max_boxes=1_000)
    names = [c.name for c in plan.clusters if c.parent is None]
    assert names == [f"step {n}" for n in range(30)]
    folded = make_plan(trace, events=whole, max_boxes=60)
    assert [words(each)[0] for each in folded.boxes if each.kind == "fold"] == names


def test_a_module_with_a_single_box_gets_no_frame() -> None:
    plan = make_plan(mlp_trace(2))
    assert [c.name for c in plan.clusters] == ["net", "0", "2"]  # not the two ReLU modules


def test_a_cell_called_again_is_a_cluster_of_its_own() -> None:
    r = Recorder()
    cell = r.scope(0, "cell", "Cell", "Cell()")
    x = r.trace.add_value(np.ones(2), "input")
    for _ in range(3):
        for op in ("mul", "tanh"):
            (x,) = r.op(op, (x, x), np.ones(2), scope=cell).outputs
        (x,) = r.op("neg", (x,), np.ones(2)).outputs
    plan = make_plan(r.trace)
    assert [c.name for c in plan.clusters] == ["cell"] * 3
    assert acyclic(make_plan(r.trace, max_boxes=8))


def test_a_module_that_holds_only_another_shares_its_frame() -> None:
    r = Recorder()
    outer = r.scope(0, "model", "Model", "Model()")
    inner = r.scope(outer, "decoder", "Decoder", "Decoder()")
    x = r.trace.add_value(np.ones(2), "input")
    for op in ("exp", "log"):
        (x,) = r.op(op, (x,), np.ones(2), scope=inner).outputs
    assert [(c.name, c.label) for c in make_plan(r.trace).clusters] == [
        ("model.decoder", "Decoder()")
    ]


def test_nan_inside_a_fold_raises_its_alarm() -> None:
    trace = nested_trace(4, 4)
    value = trace.event(1).outputs[0]
    trace.arrays[value] = np.array([np.nan, 1, 1, 1], np.float32)
    plan = make_plan(trace, max_boxes=20)
    assert [each.events[0] for each in plan.boxes if each.alarm] == [0]
