"""`allow_mutation_on_saved_tensors`: backward sees what ops saved, whatever is written since."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import tracegrad as tg
from tracegrad import optim
from tracegrad.autograd.graph import allow_mutation_on_saved_tensors, saved_tensors_hooks
from tracegrad.graph.observe import hub
from tracegrad.storage import preserving


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def by_itself(h):
    h.add_(1)


def by_a_view(h):
    h[0].mul_(3)


def by_a_view_of_a_view(h):
    h.view(1, 2).t()[1:].zero_()


def by_detach(h):
    h.detach().mul_(2)


def by_setitem(h):
    h[1] = 5.0


def by_a_mask(h):
    h[h > 0] = 0


def by_copy(h):
    h.copy_(tg.zeros(2, dtype=tg.float64))


def under_no_grad(h):
    with tg.no_grad():
        h -= 0.5


def under_no_grad_by_a_tensor(h):
    with tg.no_grad():
        h *= h


def through_data(h):
    h.data.mul_(10)


def through_numpy(h):
    h.detach().numpy()[0] = 100.0


WRITES = [
    by_itself, by_a_view, by_a_view_of_a_view, by_detach, by_setitem, by_a_mask, by_copy,
    under_no_grad, under_no_grad_by_a_tensor, through_data, through_numpy,
]  # fmt: skip
each_write = pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
each_world = pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])


@each_world
@each_write
def test_a_saved_input_is_used_as_it_was(write, create_graph: bool):
    x = leaf(0.5, 1.5)
    with allow_mutation_on_saved_tensors() as preserved:
        h = x * 1
        loss = h.sin().sum()
        write(h)
        loss.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.detach().numpy(), np.cos([0.5, 1.5]))
    assert preserved.copies == 1


@each_world
@each_write
def test_a_saved_output_is_used_as_it_was(write, create_graph: bool):
    x = leaf(0.5, 1.5)
    with allow_mutation_on_saved_tensors():
        y = x.exp()
        loss = (y + 0).sum()
        write(y)
        loss.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.detach().numpy(), np.exp([0.5, 1.5]))


def test_backward_may_be_called_after_the_block():
    x = leaf(0.5, 1.5)
    with allow_mutation_on_saved_tensors():
        y = x.exp()
        y.zero_()
    (y * 2 + x).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_gradients_flow_through_the_writes():
    x = leaf(2.0, 3.0)
    with allow_mutation_on_saved_tensors() as preserved:
        h = x * x
        h.mul_(h)
        h[0].mul_(x[0])
        h.sin_()
    h.sum().backward()
    wanted = [np.cos(32.0) * 5 * 2.0**4, np.cos(81.0) * 4 * 3.0**3]
    np.testing.assert_allclose(x.grad.numpy(), wanted)
    assert preserved.copies >= 1


def test_an_assignment_cuts_the_gradient_off_only_from_there_on():
    x, y = leaf(0.5, 1.5), leaf(3.0, 0.25)
    with allow_mutation_on_saved_tensors():
        h = x * y
        loss = (h.sin() * h.exp() * y).sum()
        h[1] = 5.0
        (loss + h.sum()).backward()
    a, b = np.array([0.5, 1.5]), np.array([3.0, 0.25])
    slope = (np.cos(a * b) + np.sin(a * b)) * np.exp(a * b) * b * b
    np.testing.assert_allclose(x.grad.numpy(), slope + np.array([3.0, 0.0]))


def test_a_second_derivative_sees_what_was_saved():
    x = leaf(2.0)
    with allow_mutation_on_saved_tensors():
        h = x * 1
        y = h.pow(3).sum()
        (slope,) = tg.autograd.grad(y, x, create_graph=True)
        h.zero_()
        (curvature,) = tg.autograd.grad(slope.sum(), x)
    np.testing.assert_allclose(curvature.item(), 12.0)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("size", [3, 20_000], ids=["small", "large"])
def test_an_optimizer_may_step_between_forward_and_backward(kind, size: int):
    weight = tg.full((size,), 2.0, requires_grad=True)
    other = tg.full((2,), 3.0, requires_grad=True)
    optimizer = kind([weight, other], lr=0.1)
    with allow_mutation_on_saved_tensors() as preserved:
        loss = (weight * weight).sum() + (other * other).sum()
        loss.backward(retain_graph=True)
        optimizer.step()
        optimizer.zero_grad()
        loss.backward()
    assert weight.grad[0].item() == 4.0
    assert other.grad.tolist() == [6.0, 6.0]
    assert weight[0].item() != 2.0
    assert preserved.copies == 2


def test_a_gradient_that_a_graph_saved_may_grow():
    x = leaf(2.0)
    (x * 3).sum().backward()
    w = leaf(5.0)
    with allow_mutation_on_saved_tensors():
        penalty = (x.grad * w).sum()
        (x * 3).sum().backward()
        penalty.backward()
    assert x.grad.tolist() == [6.0]
    assert w.grad.tolist() == [3.0]


def test_the_same_memory_is_copied_once_per_write_for_all_that_keep_it():
    x = leaf(1.0, 2.0)
    with allow_mutation_on_saved_tensors() as preserved:
        h = x * 1
        losses = [f(h).sum() for f in (tg.sin, tg.cos, tg.exp, tg.square)]
        h.add_(1)
        assert preserved.copies == 1
        h.add_(1)
        assert preserved.copies == 1
        again = h.square().sum()
        h.add_(1)
        assert preserved.copies == 2
        sum(losses, again).backward()
    a = np.array([1.0, 2.0])
    wanted = np.cos(a) - np.sin(a) + np.exp(a) + 2 * a + 2 * (a + 2)
    np.testing.assert_allclose(x.grad.numpy(), wanted)


def test_what_is_not_written_is_not_copied():
    x = leaf(1.0, 2.0)
    with allow_mutation_on_saved_tensors() as preserved:
        h = x.exp()
        (h + 1).add_(5).sum().backward()
    assert preserved.copies == 0


def test_what_was_saved_before_the_block_is_checked_as_ever():
    x = leaf(1.0, 2.0)
    y = x.exp()
    with allow_mutation_on_saved_tensors():
        y.add_(1)
        with pytest.raises(tg.InplaceModificationError):
            y.sum().backward()


def test_what_is_written_after_the_block_is_checked_as_ever():
    x = leaf(1.0, 2.0)
    with allow_mutation_on_saved_tensors():
        y = x.exp()
    y.add_(1)
    with pytest.raises(tg.InplaceModificationError):
        y.sum().backward()


# -- memory ----------------------------------------------------------------------------------------


def test_a_copy_dies_with_the_node_that_keeps_it():
    x = leaf(1.0, 2.0)
    gc.disable()
    try:
        with allow_mutation_on_saved_tensors():
            y = x.exp()
            y.zero_()
            copy = weakref.ref(_saved_by_exp(y))
            assert copy() is not None
            del y
            assert copy() is None
    finally:
        gc.enable()


def _saved_by_exp(y: tg.Tensor):
    node = y.grad_fn
    while node.name() != "ExpBackward0":
        node = node.next_functions[0][0]
    array = node.saved[0]
    np.testing.assert_allclose(array, np.exp([1.0, 2.0]))
    return array


def test_nothing_is_held_for_values_that_are_gone():
    x = leaf(1.0, 2.0)
    with allow_mutation_on_saved_tensors() as preserved:
        for _ in range(5000):
            h = [x.exp().sin() for _ in range(3)]
        del h
        kept = [x.exp() for _ in range(3000)]
        assert len(preserved._nodes) <= 2 * len(kept) + 1024
        del kept
        [x.exp() for _ in range(3000)]
        assert len(preserved._nodes) <= 2 * 3000 + 1024


# -- the block itself ------------------------------------------------------------------------------


def test_blocks_cannot_be_nested_and_an_error_ends_one():
    message = "allow_mutation_on_saved_tensors contexts cannot be nested"
    inner = allow_mutation_on_saved_tensors()
    with allow_mutation_on_saved_tensors(), pytest.raises(RuntimeError, match=message), inner:
        pass
    with pytest.raises(ZeroDivisionError), allow_mutation_on_saved_tensors():
        1 / 0
    assert preserving == []
    assert hub.observer is None


def test_a_write_of_another_thread_is_seen():
    x = leaf(1.0, 2.0)
    with allow_mutation_on_saved_tensors():
        y = x.exp()
        thread = threading.Thread(target=lambda: y.detach().zero_())
        thread.start()
        thread.join()
        y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1.0, 2.0]))


def test_values_that_hooks_keep_are_the_hooks_own():
    x = leaf(1.0, 2.0)
    hooks = saved_tensors_hooks(lambda t: t.numpy().copy(), tg.from_numpy)
    with hooks, allow_mutation_on_saved_tensors() as preserved:
        y = x.exp()
        y.zero_()
    y = y + 0
    assert preserved.copies == 0
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


# -- in a recording --------------------------------------------------------------------------------


def test_a_recording_shows_each_copy_of_the_value_that_the_op_saved():
    x = leaf(1.0, 2.0)
    with tg.record() as trace, allow_mutation_on_saved_tensors():
        h = x * 2
        loss = (h.sin() + h.cos()).sum()
        h[0] = 5.0
        loss.backward()
    events = {event.op: event for event in trace.events() if event.kind in ("forward", "write")}
    copy = events["preserve"]
    assert copy.inputs == events["mul"].outputs == events["sin"].inputs
    assert copy.id < events["__setitem__"].id
    assert "backward" in copy.options
    np.testing.assert_allclose(trace.array(copy.outputs[0]), [2.0, 4.0])
    np.testing.assert_allclose(trace.array(events["mul"].outputs[0]), [2.0, 4.0])


def test_a_recording_links_a_saved_output_to_the_op_that_made_it():
    x = leaf(1.0, 2.0)
    with tg.record() as trace, allow_mutation_on_saved_tensors():
        y = x.exp()
        y.mul_(2)
    events = {event.op: event for event in trace.events()}
    assert events["preserve"].inputs == events["exp"].outputs
    assert events["preserve"].options == "saved_for='exp backward'"
