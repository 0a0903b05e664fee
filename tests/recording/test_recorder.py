"""The recorder: every kind of event, rows that fit together, numbers as they were then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tracegrad as tg
from tests.recording.consistency import assert_consistent
from tests.recording.programs import PROGRAMS, prepare
from tracegrad.recording.reader import open_trace
from tracegrad.recording.source import TraceSource

every_program = pytest.mark.parametrize("name", PROGRAMS)


def run(name: str) -> list[tg.Tensor]:
    """Run a program from the same beginning each time."""
    tg.manual_seed(0)
    return PROGRAMS[name]()


def record(
    name: str, path: Path | None = None, **options: bool
) -> tuple[TraceSource, list[tg.Tensor]]:
    prepare()
    with tg.record(path, **options) as trace:
        results = run(name)
    return trace, results


def bits(tensors: list[tg.Tensor]) -> list[tuple[bytes, tuple[int, ...]]]:
    arrays = [t.detach().numpy() for t in tensors]
    return [(array.tobytes(), array.shape) for array in arrays]


# -- all programs ----------------------------------------------------------------------------------


@every_program
def test_rows_and_numbers_fit_together(name):
    trace, _ = record(name)
    assert trace.event_count > 3
    assert trace.info.state == "complete"
    assert_consistent(trace)


@every_program
def test_recording_changes_no_bit_of_what_the_program_computes(name):
    prepare()
    unwatched = bits(run(name))
    assert bits(record(name)[1]) == unwatched
    assert bits(record(name, values=False)[1]) == unwatched


@every_program
def test_a_file_holds_the_rows_that_memory_holds(name, tmp_path):
    memory, _ = record(name)
    streamed, _ = record(name, tmp_path / "run.trace")
    streamed.close()
    with open_trace(tmp_path / "run.trace") as file:
        assert_consistent(file)
        if name == "threads":  # interleaved as it happens
            assert file.event_count == memory.event_count
            return
        assert [_timeless(e) for e in file.events()] == [_timeless(e) for e in memory.events()]
        empty = {memory.value(e.outputs[0]).storage for e in memory.events() if e.op == "empty"}
        for id in range(memory.value_count):
            row = memory.value(id)
            assert file.value(id) == row
            if row.version or row.storage not in empty:  # what that held was anybody's
                np.testing.assert_array_equal(file.array(id), memory.array(id))


def _timeless(event):
    return replace(event, start=0, duration=0)


@every_program
def test_without_values_the_rows_are_the_same_and_no_array_is_kept(name):
    full, _ = record(name)
    trace, _ = record(name, values=False)
    assert_consistent(trace)
    assert trace.event_count == full.event_count
    if name == "threads":
        return
    for id in range(trace.value_count):
        assert trace.array(id) is None
        assert trace.stats(id) is None
        assert trace.value(id) == replace(full.value(id), kept=False)


# -- what becomes an event -------------------------------------------------------------------------


def story(trace: TraceSource) -> list[str]:
    return [f"{event.kind} {event.op}" for event in trace.events()]


def test_every_kind_of_event_of_one_training_step_is_there_in_order():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    optimizer = tg.optim.SGD([w], lr=0.1)
    with tg.record() as trace:
        x = tg.ones(2)
        h = w * x
        (h * h).sum().backward()
        optimizer.step()
        w.tolist()
    assert story(trace) == [
        "forward ones", "forward mul", "forward mul", "forward sum", "seed backward",
        "backward sum", "backward mul", "fan_in fan_in", "backward mul", "accumulate accumulate",
        "write SGD.step", "exit tolist",
    ]  # fmt: skip
    assert [event.step for event in trace.events()] == [0] * 11 + [1]
    assert [event.backward_pass for event in trace.events()] == [0] * 4 + [1] * 6 + [0] * 2
    fan_in = trace.event(7)
    assert [trace.array(id).tolist() for id in fan_in.inputs] == [[1.0, 2.0], [1.0, 2.0]]
    assert trace.array(fan_in.outputs[0]).tolist() == [2.0, 4.0]
    assert fan_in.forward == 1
    step = trace.event(10)
    assert trace.array(step.outputs[0]).tolist() == pytest.approx([0.8, 1.6])
    assert trace.event(11).inputs == step.outputs


def test_arguments_that_are_no_tensors_are_told_and_defaults_left_out():
    x = tg.ones(2, 3)
    with tg.record() as trace:
        x + 1
        x.sum(dim=1, keepdim=True)
        x.sum()
        x[:, 0]
        x.add_(2.5)
        tg.zeros(2, 1)
    assert [event.options for event in trace.events()] == [
        "other=1", "dim=1, keepdim=True", "", "[:, 0]", "other=2.5", "size=(2, 1)",
    ]  # fmt: skip


def test_what_runs_without_gradients_is_recorded_as_such():
    w = tg.ones(2, requires_grad=True)
    with tg.record() as trace:
        w * 2
        with tg.no_grad():
            w * 3
    assert [event.grad_enabled for event in trace.events()] == [True, False]
    assert [trace.value(event.outputs[0]).requires_grad for event in trace.events()] == [
        True,
        False,
    ]


def test_nothing_is_recorded_outside_the_block():
    with tg.record() as trace:
        x = tg.ones(2)
    x + 1
    assert story(trace) == ["forward ones"]


# -- links -----------------------------------------------------------------------------------------


def test_saved_values_that_a_second_derivative_uses_are_the_values_of_the_first():
    x = tg.tensor([2.0], requires_grad=True)
    w = tg.tensor([5.0])
    with tg.record() as trace:
        y = x * w * x
        (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
        g.sum().backward()
    assert x.grad.item() == 10.0
    inputs = [v for v in map(trace.value, range(trace.value_count)) if v.event is None]
    assert [v.role for v in inputs] == ["parameter", "input"]


def test_the_gradient_that_grad_returns_is_known_where_it_is_used():
    x = tg.ones(2, requires_grad=True)
    with tg.record() as trace:
        (g,) = tg.autograd.grad((x * 3).sum(), x)
        g * 2
    use = trace.event(trace.event_count - 1)
    assert trace.value(use.inputs[0]).role == "gradient"
    assert trace.value(use.inputs[0]).of == trace.event(0).inputs[0]


def test_a_hook_that_replaces_a_gradient_is_an_event_between():
    x = tg.ones(2, requires_grad=True)
    with tg.record() as trace:
        h = x * 3
        h.register_hook(lambda g: g * 10)
        h.sum().backward()
    hook = next(event for event in trace.events() if event.op == "hook")
    product = trace.event(hook.id - 1)
    assert hook.inputs == product.outputs
    assert trace.value(product.inputs[0]).of == trace.event(0).outputs[0]
    assert trace.array(hook.outputs[0]).tolist() == [10.0, 10.0]
    assert trace.event(hook.id + 1).inputs == hook.outputs
    assert trace.gradient(trace.event(0).outputs[0]) == hook.outputs[0]


def test_a_hook_that_only_looks_is_no_event():
    x = tg.ones(2, requires_grad=True)
    with tg.record() as trace:
        h = x * 3
        h.register_hook(lambda g: None)
        h.sum().backward()
    assert "forward hook" not in story(trace)


def test_several_outputs_keep_their_places_and_integers_get_no_gradient():
    x = tg.tensor([[1.0, 3.0], [4.0, 2.0]], requires_grad=True)
    with tg.record() as trace:
        values, _ = x.max(dim=1)
        values.sum().backward()
    forward = trace.event(0)
    (backward,) = trace.backward_events(forward.id)
    first, second = trace.event(backward).inputs
    assert trace.value(first).of == forward.outputs[0]
    assert second is None


def test_two_threads_in_backward_do_not_mix_their_passes():
    trace, _ = record("threads")
    seeds = [event for event in trace.events() if event.kind == "seed"]
    assert len(seeds) == 60
    for seed in seeds:
        in_pass = [e for e in trace.events() if e.backward_pass == seed.backward_pass]
        assert {e.thread for e in in_pass} == {seed.thread}
        assert [e.op for e in in_pass] == [
            "backward", "sum", "add", "mul", "fan_in", "fan_in", "tanh", "accumulate",
        ]  # fmt: skip


def test_a_pass_within_a_pass_has_its_own_number_and_the_outer_one_goes_on():
    trace, _ = record("backward_within_backward")
    passes = [event.backward_pass for event in trace.events() if event.backward_pass]
    assert passes[0] == passes[-1] == 1
    assert set(passes) == {1, 2}
    inner = [e for e in trace.events() if e.backward_pass == 2]
    assert (inner[0].kind, inner[-1].kind) == ("seed", "accumulate")


# -- names, roles, scopes --------------------------------------------------------------------------


def roles(trace: TraceSource) -> dict[str, str]:
    return {v.name: v.role for v in map(trace.value, range(trace.value_count)) if v.event is None}


def test_parameters_and_buffers_have_their_path_wherever_they_are_used():
    net = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.Linear(3, 1))
    net[1].requires_grad_(False)
    net.register_buffer("shift", tg.ones(2))
    with tg.record() as trace:
        with tg.scope("warm up"):
            net(tg.ones(1, 2) + net.shift)
        net(tg.ones(1, 2) + net.shift)
    assert roles(trace) == {
        "": "input", "net.0.weight": "parameter", "net.0.bias": "parameter",
        "net.1.weight": "parameter", "net.1.bias": "parameter",
    }  # fmt: skip
    names = [trace.value(e.inputs[1]).name for e in trace.events() if e.op == "linear"]
    assert names == ["net.0.weight", "net.1.weight"] * 2


def test_a_leaf_that_is_made_while_recording_requires_its_gradient_from_the_start():
    with tg.record() as trace:
        tg.ones(2, requires_grad=True)
    assert trace.value(0).requires_grad
    assert trace.value(0).event == 0


def test_scopes_nest_as_calls_do_and_each_call_is_one():
    trace, _ = record("modules")
    paths = [trace.scope(e.scope).path for e in trace.events() if e.op in ("linear", "tanh", "mul")]
    assert paths[:5] == [
        "training.model.first", "training.model.body.0", "training.model.body.1",
        "training.model.mixing.body.0", "training.model.mixing.body.1",
    ]  # fmt: skip
    linear = next(e for e in trace.events() if e.op == "linear")
    scope = trace.scope(linear.scope)
    assert (scope.kind, scope.type) == ("module", "Linear")
    assert scope.label == "Linear(in_features=3, out_features=4, bias=True)"
    model = trace.scope(scope.parent)
    assert (model.type, model.label) == ("Shared", "Shared")
    firsts = {e.scope for e in trace.events() if trace.scope(e.scope).path.endswith(".first")}
    assert len(firsts) == 4  # in training and in evaluation, twice each


class Caller:
    def __init__(self) -> None:
        self.encoder = tg.nn.Linear(2, 2)
        self.layers = [tg.nn.Linear(2, 2)]

    def paths(self, call) -> list[str]:
        with tg.record() as trace:
            call(self, tg.ones(1, 2))
        return [trace.scope(e.scope).path for e in trace.events() if e.op == "linear"]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda self, x: self.encoder(x), "encoder"),
        (lambda self, x: self.layers[0](x), "Linear"),
        (lambda self, x: self.encoder.eval()(x), "encoder"),
        (lambda self, x: tg.nn.Linear(2, 2).eval()(x), "Linear"),
        (lambda self, x: list(map(self.encoder, [x])), "Linear"),
        (lambda self, x: self.encoder(float(x[0, 0]) * x), "encoder"),
        (lambda self, x: self.encoder.__call__(x), "__call__"),
    ],
)
def test_the_outermost_module_is_called_what_the_program_calls_it(call, path):
    assert Caller().paths(call) == [path]
