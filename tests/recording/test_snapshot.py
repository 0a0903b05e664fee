"""The graph behind a tensor, read without any recording."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.recording.snapshot import snapshot


def network() -> tuple[tg.Tensor, tg.Tensor, tg.Tensor]:
    x = tg.tensor([[1.0, 2.0]])
    w = tg.tensor([[3.0], [4.0]], requires_grad=True)
    return x, w, (x @ w).exp().sum()


def test_each_node_becomes_a_forward_event_in_the_order_of_calling():
    _, _, loss = network()
    trace = snapshot(loss)
    assert [(e.kind, e.op) for e in trace.events()] == [
        ("forward", "matmul"),
        ("forward", "exp"),
        ("forward", "sum"),
    ]
    assert trace.location(trace.event(0).location).expression == "x @ w"


def test_values_that_nodes_saved_are_shown_and_others_are_not_kept():
    _, _, loss = network()
    trace = snapshot(loss)
    out_of_exp = trace.event(1).outputs[0]
    assert np.array_equal(trace.array(out_of_exp), np.exp(np.float32([[11.0]])))
    out_of_matmul = trace.event(0).outputs[0]
    assert trace.array(out_of_matmul) is None
    assert not trace.value(out_of_matmul).kept
    assert trace.array(trace.event(2).outputs[0]) == loss.item()


def test_after_backward_leaves_show_their_gradient_and_freed_values_are_gone():
    _, w, loss = network()
    loss.backward()
    trace = snapshot(loss)
    leaf = trace.event(0).inputs[1]
    gradient = trace.gradient(leaf)
    assert np.array_equal(trace.array(gradient), w.grad.numpy())
    assert trace.array(trace.event(1).outputs[0]) is None


def test_a_saved_value_that_was_written_to_since_is_not_shown_as_what_it_was():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    z = y * y
    with tg.no_grad():
        y.fill_(7.0)
    trace = snapshot(z)
    of_y = trace.event(0).outputs[0]
    assert trace.array(of_y) is None


def test_several_outputs_of_one_node_belong_to_one_event():
    x = tg.arange(6.0, requires_grad=True)
    a, b = x.split(3)
    trace = snapshot((a * b).sum())
    split = next(e for e in trace.events() if e.op == "split_sections")
    assert [trace.value(o).shape for o in split.outputs] == [(3,), (3,)]


def test_a_tensor_without_a_graph_is_refused_with_what_to_do():
    with pytest.raises(RuntimeError) as caught:
        snapshot(tg.ones(2))
    assert str(caught.value) == (
        "there is no graph behind this tensor: it does not require grad\n"
        "  try: record the program, `with tg.record() as trace:`, and draw the trace"
    )


def test_a_chain_of_100_000_nodes_is_no_recursion():
    x = tg.ones(1, requires_grad=True)
    for _ in range(100_000):
        x = x + 1.0
    assert snapshot(x).event_count == 100_000


def test_a_tensor_can_be_drawn(tmp_path):
    _, _, loss = network()
    picture = tg.viz.draw(loss, tmp_path / "loss.svg")
    assert "3 ops forward" in str(picture)
    assert "matmul" in (tmp_path / "loss.svg").read_text()
