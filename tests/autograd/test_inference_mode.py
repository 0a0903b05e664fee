"""`inference_mode`: what is made in it, and what may be done with that outside."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.graph.observe import hub

CANNOT_SAVE = "Inference tensors cannot be saved for backward."
CANNOT_WRITE = "Inplace update to inference tensor outside InferenceMode is not allowed."


@pytest.fixture
def made() -> tg.Tensor:
    with tg.inference_mode():
        return tg.ones(3)


@pytest.fixture
def leaf() -> tg.Tensor:
    return tg.tensor([1.0, 2.0, 3.0], requires_grad=True)


# -- inside ----------------------------------------------------------------------------------------


def test_new_tensors_are_inference_tensors_and_require_no_grad(leaf):
    with tg.inference_mode():
        computed = leaf * 2
        several = leaf.unbind()
        from_numpy = tg.from_numpy(np.ones(2))
        assert tg.is_inference_mode_enabled()
        assert not tg.is_grad_enabled()
    assert computed.is_inference()
    assert tg.is_inference(from_numpy)
    assert not computed.requires_grad
    assert not any(part.is_inference() for part in several)  # views of a tensor from outside
    assert not leaf.is_inference()
    assert not tg.is_inference_mode_enabled()
    assert tg.is_grad_enabled()


def test_views_and_detached_tensors_of_an_inference_tensor_are_inference_tensors(made):
    assert made[:1].is_inference()
    assert made.detach().is_inference()
    assert made.data.is_inference()
    assert made.reshape(3, 1).t().is_inference()
    assert not made.clone().is_inference()
    assert not (made + 1).is_inference()


def test_enable_grad_changes_nothing_for_what_is_made_inside(leaf):
    with tg.inference_mode(), tg.enable_grad():
        y = leaf * 2
    assert not y.requires_grad
    assert y.is_inference()


def test_mode_false_ends_inference_mode_inside_and_records_gradients(leaf):
    with tg.inference_mode(), tg.inference_mode(mode=False):
        assert not tg.is_inference_mode_enabled()
        y = leaf * 2
    assert y.requires_grad
    assert not y.is_inference()
    with tg.no_grad(), tg.inference_mode(False):
        assert tg.is_grad_enabled()


@pytest.mark.parametrize(
    "decorate", [tg.inference_mode, tg.inference_mode(), tg.inference_mode(True)]
)
def test_it_is_a_decorator_with_and_without_parentheses(decorate, leaf):
    @decorate
    def predict(x):
        return x * 2

    for _ in range(2):
        assert predict(leaf).is_inference()
    assert not (leaf * 2).is_inference()
    assert hub.observer is None


def test_a_generator_is_in_the_mode_only_while_it_runs(leaf):
    @tg.inference_mode()
    def parts():
        yield leaf * 2
        yield leaf * 3

    for part in parts():
        assert part.is_inference()
        assert not tg.is_inference_mode_enabled()
        assert (leaf * 2).requires_grad


def test_writes_inside_change_tensors_of_both_kinds(leaf):
    normal = tg.zeros(2)
    with tg.inference_mode():
        made = tg.zeros(2)
        made.add_(1).mul_(3)
        made[0] = 7.0
        normal.add_(1)
    assert made.tolist() == [7.0, 3.0]
    assert normal.tolist() == [1.0, 1.0]
    assert normal._version == 1


def test_a_write_inside_is_still_seen_by_a_backward_outside(leaf):
    factor = tg.ones(3)
    y = (leaf * factor).sum()
    with tg.inference_mode():
        factor.mul_(2)
    with pytest.raises(tg.InplaceModificationError):
        y.backward()


def test_the_mode_ends_when_the_block_raises(leaf):
    with pytest.raises(ValueError, match="mine"), tg.inference_mode():
        raise ValueError("mine")
    assert not tg.is_inference_mode_enabled()
    assert not (leaf * 2).is_inference()
    assert hub.observer is None


def test_other_threads_and_tasks_are_not_in_the_mode(leaf):
    inside, done = threading.Event(), threading.Event()
    found = []

    def other() -> None:
        inside.wait()
        found.append((leaf * 2).is_inference())
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with tg.inference_mode():
        inside.set()
        done.wait()
        assert (leaf * 2).is_inference()
    thread.join()

    async def task(on: bool) -> bool:
        with tg.inference_mode(on):
            await asyncio.sleep(0)
            return (leaf * 2).is_inference()

    async def both() -> list[bool]:
        return list(await asyncio.gather(task(True), task(False)))

    assert found == [False]
    assert asyncio.run(both()) == [True, False]


def test_a_recording_sees_the_same_ops_and_tensors_stay_inference_tensors(leaf):
    with tg.record() as trace, tg.inference_mode():
        y = (leaf * 2).sum()
    assert y.is_inference()
    assert [event.op for event in trace.events()] == ["mul", "sum"]


# -- outside ---------------------------------------------------------------------------------------


def test_saving_an_inference_tensor_for_backward_is_refused(made, leaf):
    with pytest.raises(RuntimeError, match=CANNOT_SAVE) as raised:
        made * leaf
    assert "make a clone to get a normal tensor" in str(raised.value)
    with pytest.raises(RuntimeError, match=CANNOT_SAVE):
        leaf * made[:1]
    with pytest.raises(RuntimeError, match=CANNOT_SAVE):
        leaf.clone().mul_(made)
    (leaf * made.clone()).sum().backward()
    assert leaf.grad.tolist() == [1.0, 1.0, 1.0]


def test_what_backward_does_not_need_may_be_an_inference_tensor(made, leaf):
    (leaf + made).sum().backward()
    assert leaf.grad.tolist() == [1.0, 1.0, 1.0]
    with tg.no_grad():
        assert (leaf * made).tolist() == [1.0, 2.0, 3.0]


def test_a_function_may_not_save_an_inference_tensor(made, leaf):
    class Scale(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.save_for_backward(factor)
            return x * factor

        @staticmethod
        def backward(ctx, g):
            raise AssertionError("not reached")

    with pytest.raises(RuntimeError, match=CANNOT_SAVE):
        Scale.apply(leaf, made)


@pytest.mark.parametrize(
    "write",
    [
        lambda t: t.add_(1),
        lambda t: t.mul_(t),
        lambda t: t.zero_(),
        lambda t: t.relu_(),
        lambda t: t.t_(),
        lambda t: t[:1].fill_(2),
        lambda t: t.detach().add_(1),
        lambda t: t.__setitem__(0, 5.0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("gradients", [True, False])
def test_writing_to_an_inference_tensor_outside_is_refused(made, write, gradients):
    with tg.set_grad_enabled(gradients), pytest.raises(RuntimeError, match=CANNOT_WRITE):
        write(made)
    assert made.tolist() == [1.0, 1.0, 1.0]


def test_it_has_no_version(made):
    with pytest.raises(RuntimeError, match="Inference tensors do not track version counter"):
        made._version


def test_it_cannot_begin_to_require_grad_outside(made):
    message = "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed"
    with pytest.raises(RuntimeError, match=message):
        made.requires_grad_()
    with pytest.raises(RuntimeError, match=message):
        tg.nn.Parameter(made)
    made.requires_grad_(False)
