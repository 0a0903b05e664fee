"""Recorded values: as they were at that moment, and no longer in memory than anybody holds them."""

from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import tracegrad as tg
from tests.recording.consistency import assert_consistent
from tracegrad.recording.source import TraceSource

# -- numbers as they were --------------------------------------------------------------------------


def values_of(trace: TraceSource) -> list[list[float]]:
    """The first output of each event that has one."""
    return [trace.array(e.outputs[0]).tolist() for e in trace.events() if e.outputs]


def test_a_value_stays_what_it_was_when_the_tensor_is_written_to():
    x = tg.zeros(2)
    with tg.record() as trace:
        y = x + 1
        view = y[0]
        y.mul_(5.0)
        view.add_(1.0)
        y.detach().sub_(1.0)
        y[1] = 9.0
    y.fill_(-1.0)  # after the recording, too
    assert values_of(trace)[:4] == [[1.0, 1.0], 1.0, [5.0, 5.0], 6.0]
    assert y.tolist() == [-1.0, -1.0]
    last = next(event for event in trace.events() if event.op == "__setitem__")
    assert trace.array(last.outputs[0]).tolist() == 9.0


def test_an_array_that_was_handed_out_does_not_change_either():
    w = tg.zeros(2)
    with tg.record() as trace:
        w.add_(1.0)
        held = trace.array(trace.event(0).outputs[0])
        w.add_(1.0)
    w.add_(1.0)
    assert held.tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        held[0] = 3


def shared_by_numpy():
    x = tg.zeros(2)
    y = x + 1
    array = y.numpy()
    array[:] = 8
    return y + 0


def shared_from_numpy():
    array = np.zeros(2, np.float32)
    y = tg.from_numpy(array)
    y + 0
    array[:] = 8
    return y + 0


def shared_by_data():
    y = tg.zeros(2) + 1
    y.data.fill_(8.0)
    return y + 0


def shared_by_data_of_another():
    y, z = tg.zeros(2) + 1, tg.zeros(2)
    z.data = y
    z.fill_(8.0)
    return y + 0


def shared_by_parameter():
    y = tg.zeros(2) + 1
    parameter = tg.nn.Parameter(y)
    with tg.no_grad():
        parameter.fill_(8.0)
    return y + 0


@pytest.mark.parametrize(
    "program",
    [
        shared_by_numpy,
        shared_from_numpy,
        shared_by_data,
        shared_by_data_of_another,
        shared_by_parameter,
    ],
    ids=lambda f: f.__name__,
)
def test_memory_shared_behind_our_back_cannot_change_what_was_recorded(program):
    with tg.record() as trace:
        program()
    added = [event for event in trace.events() if event.op == "add"]
    assert trace.array(added[0].outputs[0]).max() <= 1
    assert trace.array(added[0].inputs[0]).tolist() == [0.0, 0.0]
    assert trace.array(added[-1].outputs[0]).tolist() == [8.0, 8.0]
    assert_consistent(trace)


def test_an_op_reads_what_was_written_under_another_counter():
    p = tg.ones(2, requires_grad=True)
    with tg.record() as trace:
        p * 2
        apart = p.data
        apart.add_(1)
        p * 2
        p * 2
        with tg.no_grad():
            p.add_(1)
        apart * 2
        p.data[0].fill_(9)
        p * 2
    read = [e.inputs[0] for e in trace.events() if e.op == "mul"]
    found = [trace.array(id).tolist() for id in read]
    assert found == [[1, 1], [2, 2], [2, 2], [3, 3], [9, 3]]
    assert read[1] == read[2]  # nothing was written between
    assert_consistent(trace)


def test_the_gradient_that_backward_was_given_may_be_changed_afterwards():
    x = tg.ones(2, requires_grad=True)
    g = tg.ones(2)
    with tg.record() as trace:
        (x + 1).backward(g)
        g.fill_(7.0)
        x.grad.zero_()
    in_pass = [e for e in trace.events() if e.backward_pass]
    assert [trace.array(e.outputs[0]).tolist() for e in in_pass] == [[1.0, 1.0]] * 3


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_that_is_zeroed_in_place_stays_in_the_trace(create_graph):
    x = tg.ones(2, requires_grad=True)
    with tg.record() as trace:
        (x * x + x).sum().backward(create_graph=create_graph)
        with tg.no_grad():
            x.grad.detach_().zero_()
        (x * x + x).sum().backward()
    last_of_first = [e for e in trace.events() if e.kind in ("fan_in", "accumulate")][:2]
    assert [trace.array(e.outputs[0]).tolist() for e in last_of_first][-1] == [3.0, 3.0]
    assert_consistent(trace)


def test_a_write_through_a_view_is_what_made_the_new_value_of_everything_over_that_memory():
    with tg.record() as trace:
        x = tg.zeros(2)
        other, view = x.detach(), x[0]
        view.add_(1.0)
        x + other
    write = next(event for event in trace.events() if event.kind == "write")
    both = [trace.value(id) for id in trace.event(write.id + 1).inputs]
    assert [(value.event, value.role, value.version) for value in both] == [
        (write.id, "result", 1)
    ] * 2
    assert [trace.array(value.id).tolist() for value in both] == [[1.0, 0.0]] * 2


@pytest.mark.parametrize("part", [slice(None), 0], ids=["whole", "view"])
@pytest.mark.parametrize("unrecorded", [False, True], ids=["", "after a write without gradient"])
def test_the_copy_of_its_old_value_that_a_write_keeps_is_that_value(part, unrecorded):
    x = tg.tensor([0.1, 0.2], requires_grad=True)
    with tg.record() as trace:
        y = (x * 2)[part]
        if unrecorded:
            with tg.no_grad():
                y.add_(1.0)
        y.sin_()
        y.sin_()
        tg.autograd.grad(y.sum(), x, create_graph=True)
    writes = [event for event in trace.events() if event.op == "sin_"]
    second_pass = [event for event in trace.events() if event.op == "cos"]
    assert [e.inputs[0] for e in second_pass] == [e.inputs[0] for e in reversed(writes)]
    assert_consistent(trace)


def test_a_leaf_that_is_a_view_requires_grad_also_after_a_write_through_its_base():
    whole = tg.zeros(2)
    part = whole[0].requires_grad_()
    with tg.record() as trace:
        part.detach()
        with tg.no_grad():
            whole.add_(1.0)
        part.detach()
    before, after = (trace.value(e.inputs[0]) for e in trace.events() if e.op == "detach")
    assert (before.role, before.requires_grad) == ("parameter", True)
    assert (after.role, after.requires_grad, after.version) == ("result", True, 1)


# -- one recording after another -------------------------------------------------------------------


def test_an_older_trace_keeps_its_numbers_while_a_newer_one_is_recorded():
    w = tg.zeros(2)
    with tg.record() as old:
        w.add_(1.0)
    with tg.record() as new:
        w.mul_(10.0)
        w.mul_(10.0)
    assert old.array(old.event(0).outputs[0]).tolist() == [1.0, 1.0]
    assert values_of(new) == [[10.0, 10.0], [100.0, 100.0]]
    assert new.array(new.event(0).inputs[0]).tolist() == [1.0, 1.0]


def test_a_new_recording_trusts_no_note_of_an_old_one():
    x = tg.zeros(2)
    alias = x.detach()
    with tg.record():
        [tg.ones(1) for _ in range(9)]
        x + 1
    with tg.record() as trace:
        alias + 1  # takes the memory over before `x` is seen
        x + 2
    assert_consistent(trace)
    assert [trace.value(e.inputs[0]).event for e in trace.events()] == [None, None]
    assert values_of(trace) == [[1.0, 1.0], [2.0, 2.0]]


def test_a_graph_from_an_old_recording_is_walked_in_a_new_one():
    w = tg.ones(2, requires_grad=True)
    with tg.record():
        y = (w * w).sum()
    with tg.record() as trace:
        y.backward()
    assert_consistent(trace)
    assert {event.forward for event in trace.events()} == {None}
    assert w.grad.tolist() == [2.0, 2.0]


# -- memory ----------------------------------------------------------------------------------------


def test_a_trace_is_freed_with_its_last_reference_although_the_program_goes_on():
    w = tg.nn.Parameter(tg.ones(3))
    kept = []
    with tg.record() as trace:
        y = w * 2
        kept.append(y)
        y.sum().backward(retain_graph=True)
        kept.append(w.grad)
    recorder = weakref.ref(trace._recorder)
    freed = weakref.ref(trace)
    assert trace.event_count == 6
    del trace
    gc.collect()
    assert freed() is None
    assert recorder() is None
    w.data.zero_()
    y.sum().backward()
    assert kept[1].tolist() == [4.0, 4.0, 4.0]


def test_recording_does_not_keep_tensors_and_graphs_alive():
    with tg.record(values=False):
        y = tg.ones(3, requires_grad=True) * 2
        node, tensor = weakref.ref(y.grad_fn), weakref.ref(y)
        array = weakref.ref(y._array)
        del y
        gc.collect()
        assert (node(), tensor(), array()) == (None, None, None)


def train(steps: int) -> None:
    net = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.Tanh(), tg.nn.Linear(4, 1))
    optimizer = tg.optim.Adam(net.parameters())
    x = tg.ones(5, 3)
    for n in range(steps):
        loss = (net(x) * x[n % 5, 0]).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_a_recording_into_a_file_takes_no_more_memory_the_longer_it_runs(tmp_path):
    with tg.record(tmp_path / "run.trace") as trace:
        tracemalloc.start()
        try:
            sizes = []
            for _ in range(4):
                train(60)
                trace.flush()
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
    events = trace.event_count / 4
    # A table with an entry per event or scope would take 100 bytes for each.
    assert sizes[-1] - sizes[1] < 2 * events * 30
    trace.close()


def test_many_views_of_one_tensor_do_not_add_up_to_anything(tmp_path):
    x = tg.ones(4)
    with tg.record(tmp_path / "run.trace") as trace:
        for _ in range(30):
            for _ in range(20):
                x[0]
            trace.flush()
    assert len(x._storage.kept) < 128
    trace.close()
