"""Hooks on what is saved for backward: what they see, when, and that nothing gets lost by them."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.autograd.graph import (
    allow_mutation_on_saved_tensors,
    saved_tensors_hooks,
)
from tracegrad.graph.observe import hub


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def same(t):
    return t


class Notes:
    """Hooks that write down what they get."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.packed: list[object] = []
        self.unpacked: list[object] = []

    def pack(self, t):
        self.packed.append(t.tolist())
        return t

    def unpack(self, t):
        self.unpacked.append(t.tolist())
        return t

    def hooks(self) -> saved_tensors_hooks:
        return saved_tensors_hooks(self.pack, self.unpack)


# -- when they are called --------------------------------------------------------------------------


def test_each_value_that_a_rule_needs_is_packed_forward_and_unpacked_backward():
    notes = Notes()
    x, y = leaf(2.0), leaf(3.0)
    with notes.hooks():
        z = x * y
        assert notes.packed == [[2.0], [3.0]] or notes.packed == [[3.0], [2.0]]
        loss = z.exp().sum()
    assert len(notes.packed) == 3
    assert notes.unpacked == []
    loss.backward()
    assert len(notes.unpacked) == 3
    np.testing.assert_allclose(x.grad.numpy(), 3.0 * np.exp(6.0))
    np.testing.assert_allclose(y.grad.numpy(), 2.0 * np.exp(6.0))


def test_what_no_gradient_needs_is_not_packed():
    notes = Notes()
    with notes.hooks():
        leaf(1.0) * 2.0  # a number is no tensor
        leaf(1.0) + leaf(2.0)  # keeps nothing
        tg.ones(2) * tg.ones(2)
        with tg.no_grad():
            leaf(1.0).exp()
    assert notes.packed == []


def test_only_the_innermost_hooks_apply():
    outer, inner = Notes(), Notes()
    x = leaf(2.0)
    with outer.hooks():
        a = x.exp()
        with inner.hooks():
            b = x.sin()
        c = x.cos()
    (a + b + c).sum().backward()
    assert (len(outer.packed), len(inner.packed)) == (2, 1)
    assert (len(outer.unpacked), len(inner.unpacked)) == (2, 1)


def test_the_same_hooks_can_be_entered_within_themselves():
    notes = Notes()
    hooks = notes.hooks()
    x = leaf(2.0)
    with hooks:
        with hooks:
            x.exp()
        x.exp()
    x.exp()
    assert len(notes.packed) == 2


def test_unpacking_happens_by_the_hooks_of_the_forward_pass():
    forward, backward = Notes(), Notes()
    x = leaf(2.0)
    with forward.hooks():
        y = x.exp().sum()
    with backward.hooks():
        y.backward()
    assert len(forward.unpacked) == 1
    assert backward.packed == backward.unpacked == []


def test_ops_inside_of_the_hooks_are_not_hooked_and_record_no_gradients():
    calls = []

    def pack(t):
        calls.append((t * 2).requires_grad)
        return t.exp().log()

    x = leaf(2.0)
    with saved_tensors_hooks(pack, lambda t: t * 1):
        y = x.sin()
    y.sum().backward()
    assert calls == [False]
    np.testing.assert_allclose(x.grad.numpy(), np.cos(2.0))


def test_a_retained_graph_is_unpacked_by_each_pass():
    notes = Notes()
    x = leaf(2.0)
    with notes.hooks():
        y = x.exp().sum()
    y.backward(retain_graph=True)
    y.backward()
    assert len(notes.unpacked) == 2
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(2.0))
    with pytest.raises(tg.FreedGraphError):
        y.backward()


def test_a_gradient_that_is_not_asked_for_unpacks_nothing():
    notes = Notes()
    x, y = leaf(2.0), leaf(3.0)
    with notes.hooks():
        a, b = x.exp(), y.exp()
    tg.autograd.grad((a + b).sum(), x)
    assert len(notes.unpacked) == 1


def test_hooks_are_those_of_their_thread():
    notes = Notes()
    entered, done = threading.Event(), threading.Event()

    def elsewhere() -> None:
        entered.wait(10)
        leaf(1.0).exp()
        done.set()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    with notes.hooks():
        entered.set()
        assert done.wait(10)
    thread.join()
    assert notes.packed == []


def test_hooks_that_come_and_go_in_many_threads_leave_nobody_watching():
    def churn() -> None:
        for _ in range(200):
            with saved_tensors_hooks(same, same):
                pass

    threads = [threading.Thread(target=churn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hub.observer is None


# -- what they give back ---------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
def test_gradients_are_of_what_unpack_gives(create_graph: bool):
    x = leaf(2.0)
    with saved_tensors_hooks(same, lambda t: t * 10):
        y = (x * x).sum()
    y.backward(create_graph=create_graph)
    assert x.grad.tolist() == [40.0]


def test_double_backward_goes_through_the_hooks():
    notes = Notes()
    x = leaf(2.0)
    with notes.hooks():
        y = x.pow(3).sum()
        (slope,) = tg.autograd.grad(y, x, create_graph=True)
    packed = len(notes.packed)
    assert packed > 1  # of the backward pass too
    (curvature,) = tg.autograd.grad(slope.sum(), x)
    np.testing.assert_allclose(slope.item(), 12.0)
    np.testing.assert_allclose(curvature.item(), 12.0)


@pytest.mark.parametrize(
    ("pack", "unpack"),
    [
        (lambda t: t.numpy(), tg.from_numpy),
        (lambda t: t.numpy().copy(), tg.from_numpy),
        (lambda t: t.tolist(), lambda values: tg.tensor(values, dtype=tg.float64)),
        (lambda t: t.clone(), same),
        (lambda t: t.view(-1), lambda t: t.view(2, 2)),
        (lambda t: t.t(), lambda t: t.t()),
        (lambda t: (t, t.shape), lambda pair: pair[0].reshape(pair[1])),
    ],
    ids=["numpy", "numpy copy", "list", "clone", "view", "transpose", "tuple"],
)
@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
def test_whatever_form_a_value_is_kept_in_the_gradient_is_right(pack, unpack, create_graph):
    x = tg.tensor([[0.5, 1.0], [2.0, 3.0]], dtype=tg.float64, requires_grad=True)
    with saved_tensors_hooks(pack, unpack):
        y = (x.sin() * x @ x).exp().sum() * 1e-3
    wanted = x.detach().clone().requires_grad_()
    ((wanted.sin() * wanted @ wanted).exp().sum() * 1e-3).backward()
    y.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.detach().numpy(), wanted.grad.numpy())


def test_a_value_comes_back_in_the_dtype_that_it_had():
    x = tg.tensor([1.5, 2.5], requires_grad=True)
    with saved_tensors_hooks(lambda t: t.half(), lambda t: t.double()):
        y = (x * x).sum()
    y.backward()
    assert x.grad.dtype is tg.float32
    assert x.grad.tolist() == [3.0, 5.0]


def test_unpacking_to_something_else_than_a_tensor_is_refused():
    x = leaf(1.0)
    with saved_tensors_hooks(same, lambda t: t.tolist()):
        y = x.exp()
    with pytest.raises(TypeError, match=r"expected to be a Tensor but got result of type list\n.*"):
        y.sum().backward()


def test_unpacking_to_another_shape_is_refused_with_the_line_that_saved():
    x = leaf(1.0, 2.0)
    with saved_tensors_hooks(same, lambda t: t[:1]):
        y = x.exp()
    with pytest.raises(RuntimeError, match=r"shape \[1\] .* shape \[2\]\n  saved by  exp .*x\.exp"):
        y.sum().backward()


# -- errors ----------------------------------------------------------------------------------------


def raising(_):
    raise ValueError("no")


def test_an_error_in_pack_leaves_the_op_and_later_ops_are_hooked_no_more():
    x = leaf(1.0)
    with pytest.raises(ValueError, match="no"), saved_tensors_hooks(raising, same):
        x.exp()
    assert hub.observer is None
    x.exp().sum().backward()
    np.testing.assert_allclose(x.grad.item(), np.e)


def test_an_error_in_unpack_leaves_backward_and_the_graph_can_be_used_again():
    x = leaf(1.0)
    answers = [raising, same]
    with saved_tensors_hooks(same, lambda t: answers.pop(0)(t)):
        y = x.exp().sum()
    with pytest.raises(ValueError, match="no"):
        y.backward()
    assert tg.is_grad_enabled()
    assert x.grad is None
    y.backward()
    np.testing.assert_allclose(x.grad.item(), np.e)


def test_a_pack_hook_that_writes_to_its_input_is_refused():
    x = leaf(1.0, 2.0)
    message = "A saved tensor pack hook is modifying its input in place"
    with saved_tensors_hooks(lambda t: t.mul_(2), same), pytest.raises(RuntimeError, match=message):
        x.exp()
    y = x * 1
    y[0] = 5.0  # it has a storage now
    with (
        saved_tensors_hooks(lambda t: t[0].zero_(), same),
        pytest.raises(RuntimeError, match=message),
    ):
        y.exp()


# -- writes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unpack", [same, lambda t: t.view(2)], ids=["itself", "a view"])
@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
def test_a_write_to_what_hooks_hand_through_is_refused(unpack, create_graph: bool):
    y = leaf(1.0, 2.0) * 1
    with saved_tensors_hooks(same, unpack):
        z = y.sin().sum()
    y[0] = 7.0
    with pytest.raises(tg.InplaceModificationError) as raised:
        z.backward(create_graph=create_graph)
    assert raised.value.saved_by.op == "sin"
    assert [write.by.op for write in raised.value.changes] == ["__setitem__"]


def test_a_write_to_memory_that_hooks_keep_through_numpy_is_refused():
    y = leaf(1.0, 2.0) * 1
    with saved_tensors_hooks(lambda t: t.numpy(), tg.from_numpy):
        z = y.sin().sum()
    y.add_(1)
    with pytest.raises(tg.InplaceModificationError):
        z.backward()


def test_a_write_through_data_to_what_had_been_replaced_by_data_is_counted():
    y = tg.zeros(2, dtype=tg.float64)
    y.data = tg.ones(2, dtype=tg.float64)
    x = leaf(1.0, 2.0)
    with saved_tensors_hooks(same, same):
        z = (x * y).sum()
    y.add_(1)
    with pytest.raises(tg.InplaceModificationError):
        z.backward()


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
def test_a_write_to_what_hooks_copied_is_fine(create_graph: bool):
    x = leaf(1.0, 2.0)
    y = x * 1
    with saved_tensors_hooks(lambda t: t.clone(), same):
        z = y.sin().sum()
    y.zero_()
    z.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.detach().numpy(), np.cos([1.0, 2.0]))


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
def test_a_write_before_the_value_was_saved_is_fine(create_graph: bool):
    x = leaf(1.0, 2.0)
    y = x * 1
    y.add_(1)
    with saved_tensors_hooks(same, same):
        z = (y * y).sum()
    z.backward(create_graph=create_graph)
    assert x.grad.tolist() == [4.0, 6.0]


def test_a_write_between_two_derivatives_is_refused():
    x = leaf(2.0)
    y = x * 1
    with saved_tensors_hooks(same, same):
        z = y.pow(3).sum()
    (slope,) = tg.autograd.grad(z, y, create_graph=True)
    y.mul_(10)
    with pytest.raises(tg.InplaceModificationError):
        slope.sum().backward()


def test_inplace_ops_are_hooked_and_right():
    notes = Notes()
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with notes.hooks():
        h = x * 1
        h.mul_(y)
        h[0].mul_(y[1])
        h[:1].exp_()
    assert len(notes.packed) >= 5
    h.sum().backward()
    e = np.exp(12.0)
    np.testing.assert_allclose(x.grad.numpy(), [12 * e, 4.0])
    np.testing.assert_allclose(y.grad.numpy(), [4 * e, 3 * e + 2.0])


def test_a_write_to_what_the_same_op_saves_is_refused_as_without_hooks():
    y = leaf(1.0, 2.0) * 1
    with saved_tensors_hooks(same, same):
        y.mul_(y)
    with pytest.raises(tg.InplaceModificationError):
        y.sum().backward()


# -- memory ----------------------------------------------------------------------------------------


def test_a_value_that_was_packed_to_disk_is_freed(tmp_path):
    def pack(t):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.npy"
        np.save(path, t.numpy())
        return path

    x = leaf(1.0, 2.0)
    with saved_tensors_hooks(pack, lambda path: tg.from_numpy(np.load(path))):
        h = x * 3
        kept = weakref.ref(h._array)
        y = h.exp().sin()
        del h
    assert kept() is None
    y.sum().backward()
    e = np.exp([3.0, 6.0])
    np.testing.assert_allclose(x.grad.numpy(), 3 * e * np.cos(e))


def test_what_is_packed_dies_with_the_graph_without_the_garbage_collector():
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        with saved_tensors_hooks(same, same):
            y = x.exp()
            z = (y * y).sum()
        memory, node = weakref.ref(y._array), weakref.ref(z.grad_fn)
        del y, z
        assert memory() is None
        assert node() is None
    finally:
        gc.enable()


def test_what_is_packed_dies_with_the_backward_pass():
    x = leaf(1.0, 2.0)
    content = []

    def pack(t):
        copy = t.clone()
        content.append(weakref.ref(copy))
        return copy

    with saved_tensors_hooks(pack, same):
        y = x.exp().sum()
    assert content[0]() is not None
    y.backward()
    assert content[0]() is None


# -- together with others --------------------------------------------------------------------------


def test_a_recording_sees_the_same_program():
    def program() -> tg.Trace:
        x = leaf(1.0, 2.0)
        with tg.record() as trace, saved_tensors_hooks(same, same):
            x.exp().sum().backward()
        assert x.grad is not None
        return trace

    assert [e.op for e in program().events() if e.kind == "backward"] == ["sum", "exp"]


def test_hooks_and_anomaly_detection_work_together():
    x = leaf(1.0, 2.0)
    with tg.autograd.detect_anomaly(check_writes=True), saved_tensors_hooks(same, same):
        y = x.exp().sum()
        y.backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1.0, 2.0]))
    assert hub.observer is None


def test_hooks_inside_of_allowed_mutation_keep_their_own_values():
    x = leaf(1.0, 2.0)
    with allow_mutation_on_saved_tensors(), saved_tensors_hooks(lambda t: t.clone(), same):
        y = x.exp()
        y.zero_()
        z = y.sum()
    z.backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_a_custom_function_saves_through_the_hooks():
    class Square(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * x * g

    notes = Notes()
    x = leaf(3.0)
    with notes.hooks():
        y = Square.apply(x)
    y.sum().backward()
    assert notes.packed == notes.unpacked == [[3.0]]
    assert x.grad.tolist() == [6.0]
