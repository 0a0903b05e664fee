"""What a picture shows, compared with the rows it is made from."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import tracegrad as tg
from tests.sample_trace import RowsTrace, sample_trace
from tests.viz.traces import Recorder, mlp_trace, plain_trace
from tracegrad._util.text import number
from tracegrad.errors import PictureError
from tracegrad.graph.location import caller
from tracegrad.graph.observe import hub
from tracegrad.recording.model import LocationRow
from tracegrad.storage import storage_of
from tracegrad.viz.plan import Box, Plan
from tracegrad.viz.planning import make_plan


def box(plan: Plan, key: str) -> Box:
    return next(each for each in plan.boxes if each.key == key)


def words(box: Box) -> list[str]:
    return [span.text for line in box.lines for span in (*line.left, *line.right)]


def tones(box: Box, tone: str) -> list[str]:
    spans = (span for line in box.lines for span in (*line.left, *line.right))
    return [span.text for span in spans if span.tone == tone]


# -- boxes -------------------------------------------------------------------------------------


def test_every_forward_op_has_a_box_with_name_variable_line_and_signature() -> None:
    trace = sample_trace()
    plan = make_plan(trace)
    forward = [event for event in trace.events() if event.kind == "forward"]
    assert {b.events for b in plan.boxes if b.kind == "op"} == {(e.id,) for e in forward}
    relu = box(plan, "op1")
    assert words(relu)[:3] == ["relu", "h  :4", "f32[4, 2]"]
    assert words(box(plan, "op0"))[:2] == ["matmul", ":4"]  # its result does not leave `net(x)`


def test_gradient_line_tells_the_norm_of_the_whole_gradient_after_fan_in() -> None:
    trace = sample_trace()
    relu = box(make_plan(trace), "op1")
    assert relu.gradient_line is not None
    gradient = trace.array(trace.gradient(trace.event(1).outputs[0]))
    line = relu.lines[relu.gradient_line]
    assert line.left[0].text == f"∂ |g| {number(float(np.linalg.norm(gradient)))}"


def test_a_scalar_shows_its_value_and_the_loss_is_the_goal() -> None:
    trace = sample_trace()
    plan = make_plan(trace)
    goals = [each for each in plan.boxes if each.goal]
    assert [each.key for each in goals] == ["op5"]
    loss = float(trace.array(trace.event(5).outputs[0]))
    assert number(loss, 5) in tones(goals[0], "value")
    assert "∂ 1" in tones(goals[0], "gradient")


def test_inputs_are_named_by_the_expression_that_reads_them() -> None:
    plan = make_plan(sample_trace())
    inputs = [each for each in plan.boxes if each.kind == "input"]
    assert [words(each)[0] for each in inputs] == ["x", "y"]


def test_a_parameter_is_named_by_the_last_part_of_its_path_inside_its_modules_cluster() -> None:
    plan = make_plan(sample_trace())
    (parameter,) = (each for each in plan.boxes if each.kind == "parameter")
    assert words(parameter)[0] == "weight"
    assert parameter.cluster is not None
    cluster = plan.clusters[parameter.cluster]
    assert (cluster.name, cluster.label, cluster.path) == ("0", "Linear(3, 2)", "net.0")
    assert cluster.parent is not None
    assert plan.clusters[cluster.parent].name == "net"


def test_the_optimizers_update_is_told_in_the_parameters_box() -> None:
    plan = make_plan(sample_trace())
    (parameter,) = (each for each in plan.boxes if each.kind == "parameter")
    assert "then SGD.step :8" in words(parameter)
    assert "v1" in tones(parameter, "label")
    assert not [each for each in plan.boxes if each.kind == "write"]


def test_zero_share_is_told_for_what_a_relu_made() -> None:
    trace = sample_trace()
    h = trace.array(trace.event(1).outputs[0])
    assert f"zero {100 * np.mean(h == 0):.0f}%" in words(box(make_plan(trace), "op1"))


def test_nan_and_infinity_are_counted_in_alarm_and_in_the_header() -> None:
    trace = sample_trace()
    value = trace.event(1).outputs[0]
    bad = trace.arrays[value].copy()
    bad[0] = np.nan
    bad[1, 0] = np.inf
    trace.arrays[value] = bad
    plan = make_plan(trace)
    assert tones(box(plan, "op1"), "alarm") == ["2 nan", "1 inf"]
    assert box(plan, "op1").alarm
    assert plan.header.alarms == ("nan or inf in 1 box",)


def test_a_parameter_that_no_gradient_reached_says_none() -> None:
    r = Recorder()
    w, frozen = r.parameter("used", 3), r.parameter("lost", 3)
    add = r.op("add", (w, frozen), r.array(w) + r.array(frozen))
    out = r.op("sum", add.outputs, np.asarray(r.array(add.outputs[0]).sum()))
    one = np.ones((), np.float32)
    seed = r.trace.add_event(
        "seed", "backward", out.outputs, [one], role="gradient", of=out.outputs, backward_pass=1
    )
    (g,) = r.visit(out, seed.outputs[0], [np.ones(3)])
    r.visit(add, g, [np.ones(3), None])
    plan = make_plan(r.trace)
    by_name = {words(each)[0]: each for each in plan.boxes if each.kind == "parameter"}
    assert tones(by_name["lost"], "alarm") == ["∂ none"]
    assert tones(by_name["used"], "alarm") == []


def test_without_a_backward_pass_no_box_mentions_a_gradient() -> None:
    plan = make_plan(plain_trace(4))
    assert not any("∂" in text for each in plan.boxes for text in words(each))
    assert plan.gradients == ()


def test_without_values_boxes_keep_their_structure_and_gradients() -> None:
    plan = make_plan(sample_trace(), values=False)
    assert not any(line.histogram for each in plan.boxes for line in each.lines)
    assert not any(text.startswith("mean ") for each in plan.boxes for text in words(each))
    assert "∂ 1" in words(box(plan, "op5"))


def test_a_box_of_several_outputs_tells_the_first_two_and_counts_the_rest() -> None:
    r = Recorder()
    x = r.trace.add_value(np.arange(12.0), "input")
    r.trace.add_event("forward", "split", (x,), list(np.split(r.array(x), 4)), options="size=3")
    split = box(make_plan(r.trace), "op0")
    assert words(split)[:3] == ["split", "size=3", "0: f64[3]"]
    assert "… 2 more outputs" in words(split)


# -- edges -------------------------------------------------------------------------------------


def test_forward_edges_carry_the_argument_positions() -> None:
    plan = make_plan(sample_trace())
    keys = {(plan.boxes[e.source].key, plan.boxes[e.target].key, e.slot) for e in plan.forward}
    assert {("op1", "op2", 0), ("op1", "op2", 1), ("op2", "op3", 0)} <= keys
    assert ("op3", "op4", None) in keys  # one argument needs no number


def test_each_contribution_is_an_edge_with_its_own_norm() -> None:
    trace = sample_trace()
    plan = make_plan(trace)
    visit = next(e for e in trace.events() if e.kind == "backward" and e.forward == 2)
    norms = [float(np.linalg.norm(trace.array(g))) for g in visit.outputs]
    edges = [e for e in plan.gradients if plan.boxes[e.source].key == "op2"]
    assert [e.slot for e in edges] == [0, 1]
    assert [e.norm for e in edges] == pytest.approx(norms)
    assert all(e.fan_in and plan.boxes[e.target].key == "op1" for e in edges)
    slots = box(plan, "op2").slots
    assert [slot.contribution for slot in slots] == [number(norm) for norm in norms]


def test_an_edge_to_a_write_is_marked_and_the_version_told() -> None:
    r = Recorder()
    x = r.trace.add_value(np.ones(3), "input", storage=90)
    y = r.op("mul", (x, x), np.ones(3)).outputs[0]
    changed = {"storage": r.trace.value(y).storage, "version": 1}
    write = r.trace.add_event("write", "add_", (y, x), [2 * np.ones(3)], value_fields=changed)
    r.op("exp", write.outputs, np.exp(2 * np.ones(3)))
    plan = make_plan(r.trace)
    marked = [(plan.boxes[e.source].key, e.write) for e in plan.forward if e.target == 2]
    assert sorted(marked) == [("op0", True), ("value0", False)]
    assert "v1" in tones(box(plan, "op1"), "label")
    assert box(plan, "op1").kind == "write"


def test_a_value_that_many_boxes_read_is_told_in_words_by_all_but_the_first() -> None:
    plan = make_plan(plain_trace(40))
    (w,) = (each for each in plan.boxes if each.kind == "parameter")
    at = plan.boxes.index(w)
    assert [plan.boxes[e.target].key for e in plan.forward if e.source == at] == ["op1"]
    assert "read by 20 boxes" in words(w)
    told = [each for each in plan.boxes if "← w" in words(each)]
    assert [each.key for each in told] == [f"op{n}" for n in range(3, 40, 2)]


def test_every_read_of_a_drawn_value_is_an_edge_or_told_in_words() -> None:
    for trace in (sample_trace(), mlp_trace(5), mlp_trace(2, steps=3)):
        plan = make_plan(trace, events=(0, trace.event_count))
        drawn = {each.events[0] for each in plan.boxes if each.kind in ("op", "write")}
        reads = sum(
            v is not None and not (event.kind == "write" and trace.value(v).of is not None)
            for event in trace.events()
            if event.id in drawn
            for v in event.inputs
        )
        told = sum(text.startswith("← ") for each in plan.boxes for text in words(each))
        assert len(plan.forward) + told == reads


# -- selections --------------------------------------------------------------------------------


def test_the_default_is_the_last_complete_step_with_a_backward_pass() -> None:
    trace = mlp_trace(2, steps=3)
    assert make_plan(trace).header.facts[0] == "step 2"
    trace.trace_info = replace(trace.trace_info, state="recording")
    assert make_plan(trace).header.facts[0] == "step 1"
    assert make_plan(mlp_trace(2)).header.facts[0] == "7 ops forward, 7 backward"


def test_an_unfinished_only_step_is_drawn_and_said_to_be_unfinished() -> None:
    trace = sample_trace()
    trace.trace_info = replace(trace.trace_info, state="recording")
    plan = make_plan(trace)
    assert [each.key for each in plan.boxes if each.kind == "op"] == [f"op{n}" for n in range(6)]
    assert plan.header.alarms == ("unfinished: the program still ran, or was killed",)


def test_a_failed_trace_names_its_error() -> None:
    trace = sample_trace()
    error = "Traceback (most recent call last):\n  ...\nValueError: shapes differ"
    trace.trace_info = replace(trace.trace_info, state="failed", error=error)
    assert make_plan(trace).header.alarms == ("failed: ValueError: shapes differ",)


def test_a_range_of_events_shows_values_from_before_it_as_earlier() -> None:
    plan = make_plan(sample_trace(), events=(2, 4))
    assert [(each.key, each.kind) for each in plan.boxes] == [
        ("value3", "earlier"), ("op2", "op"), ("value5", "input"), ("op3", "op"),
    ]  # fmt: skip
    assert words(plan.boxes[0])[:2] == ["h", "earlier  :4"]
    assert plan.gradients, "the gradients of the range are drawn though they came after it"


def test_a_value_is_drawn_with_all_that_it_is_made_of_and_nothing_else() -> None:
    trace = sample_trace()
    value = trace.event(2).outputs[0]
    plan = make_plan(trace, value=value)
    assert [each.key for each in plan.boxes] == ["value0", "value1", "op0", "op1", "op2"]
    assert [each.key for each in plan.boxes if each.goal] == ["op2"]


def test_what_a_value_is_made_of_ends_where_its_step_begins() -> None:
    trace = mlp_trace(2, steps=3)
    last = [event for event in trace.events() if event.op == "mean" and event.kind == "forward"][-1]
    plan = make_plan(trace, value=last.outputs[0])
    assert plan.counts.forward == 7


def test_an_input_can_be_drawn_by_itself() -> None:
    plan = make_plan(sample_trace(), value=0)
    assert [each.key for each in plan.boxes] == ["value0"]


def test_a_gradient_is_drawn_as_the_value_it_belongs_to() -> None:
    trace = sample_trace()
    value = trace.event(2).outputs[0]
    gradient = trace.gradient(value)
    assert make_plan(trace, value=gradient) == make_plan(trace, value=value)


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"step": 7}, "no step 7 in this trace"),
        ({"events": (5, 2)}, r"events=\(5, 2\) is no range of this trace"),
        ({"events": (-1, 2)}, "with 0 <= start <= stop"),
        ({"value": 10_000}, "no value 10000 in this trace"),
        ({"value": 0, "step": 0}, "choose one of step and value"),
        ({"max_boxes": 0}, "max_boxes=0 cannot be drawn"),
        ({"max_boxes": 20_000}, "1 to 10,000"),
    ],
)
def test_a_selection_that_is_not_there_says_what_is(selection: dict, message: str) -> None:
    with pytest.raises(PictureError, match=message):
        make_plan(sample_trace(), **selection)


def test_statistics_of_a_value_are_asked_for_once() -> None:
    trace = sample_trace()
    asked: Counter[int] = Counter()
    stats = trace.stats

    def counted(value: int) -> object:
        asked[value] += 1
        return stats(value)

    trace.stats = counted
    make_plan(trace)
    assert asked
    assert set(asked.values()) == {1}


# -- traces that lack something ----------------------------------------------------------------


def test_a_trace_without_events_is_an_empty_picture() -> None:
    plan = make_plan(RowsTrace())
    assert plan.boxes == ()
    assert plan.header.facts == ("0 ops forward",)


def test_unknown_locations_leave_the_place_out() -> None:
    trace = sample_trace()
    trace.event_rows = [replace(row, location=None) for row in trace.event_rows]
    plan = make_plan(trace)
    assert words(box(plan, "op1"))[:2] == ["relu", "f32[4, 2]"]
    assert plan.header.title == "mean"


def test_values_that_were_not_kept_are_said_so_once() -> None:
    trace = sample_trace()
    trace.arrays.clear()
    trace.value_rows = [replace(row, kept=False) for row in trace.value_rows]
    plan = make_plan(trace)
    assert "values not kept" in plan.header.facts
    assert "∂ not kept" in words(box(plan, "op1"))
    assert all(edge.norm is None for edge in plan.gradients)


def test_places_in_other_files_than_the_main_one_name_the_file() -> None:
    trace = sample_trace()
    trace.location_rows[0] = replace(trace.location_rows[0], file="/home/ada/layers.py")
    assert "layers.py:4" in words(box(make_plan(trace), "op0"))[1]


# -- header ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layers", "max_boxes"), [(2, 300), (40, 300), (40, 60)])
def test_header_counts_agree_with_a_recount_of_the_rows(layers: int, max_boxes: int) -> None:
    trace = mlp_trace(layers)
    plan = make_plan(trace, max_boxes=max_boxes)
    kinds = Counter(event.kind for event in trace.events())
    parameters = {v.name: int(np.prod(v.shape)) for v in trace.value_rows if v.role == "parameter"}
    memory = {
        trace.value(v).storage: trace.value(v).nbytes
        for event in trace.events()
        if event.kind in ("forward", "write")
        for v in event.outputs
    }
    assert plan.counts.forward == kinds["forward"]
    assert plan.counts.backward == kinds["backward"]
    assert plan.counts.writes == kinds["write"]
    assert plan.counts.parameters == sum(parameters.values())
    assert plan.counts.nbytes == sum(memory.values())
    folds = [each for each in plan.boxes if each.kind == "fold"]
    assert plan.counts.folds == len(folds)
    assert plan.counts.folded_ops == sum(len(each.events) for each in folds)
    assert f"{kinds['forward']} ops forward, {kinds['backward']} backward" in plan.header.facts


def test_the_title_is_the_variable_of_the_loss_unless_another_is_given() -> None:
    header = make_plan(sample_trace()).header
    assert (header.title, header.place) == ("loss", "train.py:6")
    assert make_plan(sample_trace(), title="Figure 1").header.title == "Figure 1"


def test_variables_are_not_given_to_ops_inside_the_expression() -> None:
    trace = sample_trace()
    trace.location_rows[0] = LocationRow(0, "/home/ada/train.py", "f", 4, 4, 0, 9, "net(x)", "h")
    named = [each.key for each in make_plan(trace).boxes if "h  :4" in words(each)]
    assert named == ["op1"]


# -- warnings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", [{}, {"events": (0, 4)}, {"value": 3}])
def test_a_warning_has_no_box_and_cuts_no_edge(choice: dict[str, object]) -> None:
    x = tg.ones(3, requires_grad=True)
    with tg.record() as trace:
        y = x * 2
        storage_of(y).wrote("a write that no op made", *caller(), None)
        hub.observer.warned("unseen_write", (y,), (y,), {}, *caller())
        z = y + 1
        z.sum().backward()
    add = next(event for event in trace.events() if event.op == "add")
    assert add.inputs[0] == trace.event(1).outputs[0]
    if "value" in choice:
        choice = {"value": add.outputs[0]}
    plan = make_plan(trace, **choice)
    assert {each.key for each in plan.boxes} >= {"op0", f"op{add.id}"}
    assert "op1" not in {each.key for each in plan.boxes}
    keys = [each.key for each in plan.boxes]
    assert (keys.index("op0"), keys.index(f"op{add.id}")) in {
        (edge.source, edge.target) for edge in plan.forward
    }
