"""What a run summary says, against a trace whose every number is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import tracegrad as tg
from tests.sample_trace import RowsTrace, sample_trace
from tracegrad import nn
from tracegrad.diagnose.tally import run_facts
from tracegrad.recording.model import LocationRow


def two_steps(*, optimizer: bool) -> RowsTrace:
    """A weight given gradients of norm 5 and then 1, each followed by an update."""
    trace = RowsTrace()
    weight = trace.add_value(np.array([3.0, 4.0]), "parameter", name="w")
    current, gradient = weight, None
    for n, values in enumerate(([3.0, 4.0], [0.6, 0.8])):
        array, step = np.array(values), n if optimizer else 0
        trace.add_event("seed", "backward", (), [], step=step, backward_pass=n + 1)
        made = trace.add_event(
            "accumulate",
            "accumulate",
            (gradient,),
            [array],
            role="gradient",
            of=(current,),
            step=step,
            backward_pass=n + 1,
        )
        (gradient,) = made.outputs
        moved = trace.arrays[current] - 0.1 * array
        write = trace.add_event(
            "write",
            "sub_",
            (current, gradient),
            [moved],
            step=step,
            value_fields={"storage": weight, "version": n + 1},
        )
        (current,) = write.outputs
    if optimizer:
        trace.add_event("forward", "relu", (current,), [np.zeros(2)], step=2)
    return trace


def test_events_are_counted_forward_and_backward():
    facts = run_facts(sample_trace())
    assert (facts.forward_events, facts.backward_events) == (7, 9)
    assert facts.kinds["write"] == 1
    assert facts.backward_passes == 1
    assert facts.steps == 1


def test_time_of_an_op_is_split_between_forward_and_backward_and_adds_up_to_all_of_it():
    trace = sample_trace()
    facts = run_facts(trace)
    matmul = next(cost for cost in facts.time if cost.name == "matmul")
    rows = [event for event in trace.events() if event.op == "matmul"]
    assert [event.kind for event in rows] == ["forward", "backward"]
    assert (matmul.forward, matmul.backward) == (rows[0].duration, rows[1].duration)
    assert matmul.count == 2
    assert sum(cost.total for cost in facts.time) == sum(event.duration for event in trace.events())


def test_ops_are_in_order_of_their_time():
    totals = [cost.total for cost in run_facts(sample_trace()).time]
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) > 1


def test_values_that_share_memory_are_counted_once():
    trace = RowsTrace()
    x = trace.add_value(np.zeros((4, 4)), "input", storage=0)
    trace.add_event("forward", "view", (x,), [np.zeros(16)], value_fields={"storage": 0})
    trace.add_event("forward", "getitem", (x,), [np.zeros(4)], value_fields={"storage": 0})
    facts = run_facts(trace)
    assert facts.kept_bytes == 16 * 8
    assert [(cost.name, cost.count) for cost in facts.memory] == [("(inputs)", 1)]


def test_values_that_are_not_kept_take_no_memory():
    trace = RowsTrace()
    trace.add_value(np.zeros(100), "input", kept=False)
    trace.add_value(np.zeros(2), "input")
    facts = run_facts(trace)
    assert (facts.values, facts.kept_values, facts.kept_bytes) == (2, 1, 16)


def test_a_parameter_has_the_norms_of_its_weight_and_gradient_and_how_far_it_moved():
    trace = sample_trace()
    facts = run_facts(trace)
    (weight,) = facts.parameters
    before, after = trace.array(1), trace.array(trace.value_count - 1)
    gradient = trace.array(trace.event(trace.event_count - 2).outputs[0])
    assert weight.name == "net.0.weight"
    assert weight.signature == "f32[3, 2]"
    assert weight.norm == pytest.approx(np.linalg.norm(after))
    assert weight.gradient_norms == (pytest.approx(np.linalg.norm(gradient)),)
    assert weight.update_ratio == pytest.approx(
        np.linalg.norm(after - before) / np.linalg.norm(before)
    )


@pytest.mark.parametrize("optimizer", [True, False], ids=["optimizer", "by hand"])
def test_gradient_norms_come_step_by_step_whoever_updates_the_weights(optimizer):
    facts = run_facts(two_steps(optimizer=optimizer))
    (weight,) = facts.parameters
    assert facts.steps == 2
    assert weight.gradient_norms == (pytest.approx(5.0), pytest.approx(1.0))
    assert weight.update_ratio == pytest.approx(0.1 / np.linalg.norm([2.7, 3.6]))


def test_a_step_without_a_gradient_is_none_and_one_with_nan_is_nan():
    trace = two_steps(optimizer=True)
    other = trace.add_value(np.ones(1), "parameter", name="b")
    trace.add_event(
        "accumulate",
        "accumulate",
        (None,),
        [np.array([math.nan])],
        role="gradient",
        of=(other,),
        step=1,
        backward_pass=2,
    )
    trace.add_event("forward", "relu", (), [], step=2)
    bias = next(one for one in run_facts(trace).parameters if one.name == "b")
    assert bias.gradient_norms[0] is None
    assert math.isnan(bias.gradient_norms[1])
    assert bias.update_ratio is None


def test_a_parameter_without_a_path_takes_the_name_of_its_variable():
    trace = RowsTrace()
    trace.location_rows.append(
        LocationRow(0, "a.py", "<module>", 1, 1, 4, 12, "tg.zeros(2)", "bias")
    )
    trace.add_event("forward", "zeros", (), [np.zeros(2)], role="parameter", location=0)
    trace.add_value(np.zeros(2), "parameter")
    assert [one.name for one in run_facts(trace).parameters] == ["bias", "value 1"]


def test_a_leaf_that_was_made_while_recording_is_a_parameter_too():
    trace = RowsTrace()
    trace.location_rows.append(LocationRow(0, "a.py", "<module>", 1, 1, 4, 9, "tg.ones(2)", "w"))
    made = trace.add_event("forward", "ones", (), [np.ones(2)], location=0)
    trace.add_event("forward", "mul", made.outputs, [np.ones(2)])
    (w,) = made.outputs
    gradient = [np.array([3.0, 4.0])]
    trace.add_event("seed", "backward", (), [], backward_pass=1)
    trace.add_event("accumulate", "accumulate", (None,), gradient, role="gradient", of=(w,))
    (weight,) = run_facts(trace).parameters
    assert (weight.name, weight.gradient_norms) == ("w", (pytest.approx(5.0),))


def test_a_line_costs_what_its_expressions_cost_in_both_directions():
    trace = sample_trace()
    facts = run_facts(trace)
    line = next(line for line in facts.lines if line.location.line == 6)
    events = [e for e in trace.events() if trace.location(e.location).line == 6]
    assert line.cost.count == len(events) == 6
    assert line.cost.total == sum(event.duration for event in events)
    assert line.text == "loss = (out - y).pow(2).mean()"
    assert facts.lines[0] is line


def test_a_line_whose_source_was_not_recorded_has_no_text():
    trace = sample_trace()
    trace.sources.clear()
    assert {line.text for line in run_facts(trace).lines} == {""}


def test_the_first_nan_and_the_first_infinity_are_found_with_the_op_that_made_them():
    trace = sample_trace()
    trace.add_event("forward", "log", (0,), [np.array([-math.inf, 1.0])], location=1)
    first = trace.add_event("forward", "sqrt", (0,), [np.array([math.nan] * 3)], location=2)
    trace.add_event("forward", "exp", (0,), [np.array([math.nan])])
    infinite, nan = run_facts(trace).not_finite
    assert (infinite.what, infinite.count, infinite.event.op) == ("inf", 1, "log")
    assert (nan.what, nan.count, nan.event.id) == ("NaN", 3, first.id)
    assert nan.location == trace.location(2)


def test_a_run_with_finite_numbers_only_has_no_such_findings():
    assert run_facts(sample_trace()).not_finite == ()


def test_an_empty_trace_gives_facts():
    trace = RowsTrace()
    trace.trace_info = replace(trace.trace_info, state="failed", error="ValueError: no data")
    facts = run_facts(trace)
    assert facts.forward_events == facts.backward_events == facts.steps == 0
    assert facts.parameters == facts.time == facts.lines == ()


def test_weights_that_are_initialised_in_the_recording_did_not_move_by_that():
    with tg.record() as trace:
        net = nn.Linear(2, 1)
        net(tg.ones(1, 2)).sum().backward()
        with tg.no_grad():
            for p in net.parameters():
                p -= 0.5 * p.detach()
    moved = {one.name: one.update_ratio for one in run_facts(trace).parameters}
    assert moved == {"net.weight": pytest.approx(0.5), "net.bias": pytest.approx(0.5)}


def test_parameters_written_through_data_keep_their_names_and_have_their_last_norm():
    net = nn.Linear(2, 1)
    with tg.record() as trace:
        for _ in range(2):
            net(tg.ones(1, 2)).sum().backward()
            for p in net.parameters():
                p.data.mul_(0.5)
        net(tg.ones(1, 2))
    facts = {one.name: one for one in run_facts(trace).parameters}
    assert set(facts) == {"net.weight", "net.bias"}
    assert facts["net.weight"].norm == pytest.approx(net.weight.detach().norm().item())
