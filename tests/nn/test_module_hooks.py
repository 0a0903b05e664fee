"""Hooks of modules beyond what PyTorch's show: handles, copies, refusals, cost, memory."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import pytest

import tracegrad as tg
from tracegrad import nn
from tracegrad.nn.modules.module import register_module_backward_hook


def adds_one(module, args, output):
    return output + 1


def doubles(module, args, kwargs, output):
    return output * 2


class Renames(nn.Module):
    """Loads under another key, by a hook that is one of its methods."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(tg.zeros(1))
        self.loaded_by = []
        self.register_load_state_dict_pre_hook(Renames.rename)

    def rename(self, state, prefix, *_):
        self.loaded_by.append(prefix)
        state[prefix + "w"] = state.pop(prefix + "old")


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_a_copy_has_the_hooks_and_they_are_its_own(copied):
    layer = nn.Identity()
    layer.register_forward_hook(adds_one)
    layer.register_forward_hook(doubles, with_kwargs=True)
    other = copied(layer)
    assert other(3) == layer(3) == 8
    other._forward_hooks.clear()
    assert (other(3), layer(3)) == (3, 8)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_a_hook_with_the_module_gets_the_copy_that_loads(copied):
    original = Renames()
    other = copied(original)
    other.load_state_dict({"old": tg.ones(1)})
    assert (other.w.item(), original.w.item()) == (1.0, 0.0)
    assert (other.loaded_by, original.loaded_by) == ([""], [])


def test_a_hook_never_takes_the_number_of_one_that_came_with_a_pickle():
    layer = nn.Identity()
    taken = layer.register_forward_hook(adds_one).id
    # As if the module came from another process, which counts from the start too.
    layer._forward_hooks = type(layer._forward_hooks)(
        (n, adds_one) for n in range(taken, taken + 3)
    )
    layer.register_forward_hook(adds_one)
    assert layer(0) == 4


def test_a_module_from_before_a_registry_was_added_can_be_used():
    layer = nn.Linear(1, 1)
    state = {k: v for k, v in layer.__dict__.items() if "hooks" not in k}
    other = nn.Linear.__new__(nn.Linear)
    other.__setstate__(state)
    other.register_forward_hook(adds_one)
    assert other(tg.zeros(1)).item() == pytest.approx(layer.bias.item() + 1)


def test_removing_a_hook_removes_what_was_noted_about_it():
    layer = nn.Identity()
    with layer.register_forward_hook(doubles, with_kwargs=True, always_call=True):
        assert layer(2) == 4
        assert len(layer._forward_hooks_with_kwargs) == len(layer._forward_hooks_always_called) == 1
    assert not layer._forward_hooks_with_kwargs
    assert not layer._forward_hooks_always_called
    assert layer(2) == 2


def test_a_hook_may_remove_itself_while_it_runs():
    layer = nn.Identity()

    def once(module, args, output):
        handle.remove()
        return output + 1

    handle = layer.register_forward_hook(once)
    layer.register_forward_hook(adds_one)
    assert (layer(0), layer(0)) == (2, 1)


def test_hooks_that_pytorch_gave_up_are_refused_with_what_took_their_place():
    with pytest.raises(NotImplementedError, match="try: register_full_backward_hook"):
        nn.ReLU().register_backward_hook(print)
    with pytest.raises(NotImplementedError, match="try: register_full_backward_hook"):
        register_module_backward_hook(print)


def test_a_gradient_that_is_not_in_a_tuple_is_refused():
    layer = nn.Tanh()
    layer.register_full_backward_hook(lambda m, i, o: i[0])
    x = tg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="invalid number of grad_input, got a Tensor, but expec"):
        layer(x).sum().backward()


def test_a_graph_with_backward_hooks_is_freed_without_the_garbage_collector():
    layer = nn.Linear(2, 2)
    layer.register_full_backward_hook(lambda m, i, o: None)
    gc.collect()
    gc.disable()
    try:
        x = tg.ones(1, 2, requires_grad=True)
        y = layer(x)
        node = weakref.ref(y.grad_fn)
        y.sum().backward()
        del y, x
        assert node() is None
    finally:
        gc.enable()


def test_named_tuples_stay_named_behind_backward_hooks():
    class Best(nn.Module):
        def forward(self, x):
            return x.max(dim=0)

    best = Best()
    seen = []
    best.register_full_backward_hook(lambda m, i, o: seen.append(len(o)))
    x = tg.tensor([[1.0, 4.0], [3.0, 2.0]], requires_grad=True)
    out = best(x)
    assert out.indices.tolist() == [1, 0]
    out.values.sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert seen == [2]
