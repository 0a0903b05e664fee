"""State of modules beyond PyTorch's: a refused load changes nothing, files, optimizers."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tracegrad import nn


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))


def values(module: nn.Module) -> dict[str, list[float]]:
    return {key: value.tolist() for key, value in module.state_dict().items()}


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize("wrong", ["size", "key", "hook", "class", "interrupt"])
def test_a_load_that_fails_at_its_end_leaves_every_value_and_object_as_it_was(wrong, assign):
    model = net()
    before, objects = values(model), dict(model.named_parameters())
    state = {key: value + 1 for key, value in model.state_dict().items()}
    error = RuntimeError
    if wrong == "size":
        state["2.weight"] = tg.zeros(7)
    elif wrong == "key":
        state["3.weight"] = tg.zeros(7)
    elif wrong == "hook":
        model[2].register_load_state_dict_post_hook(lambda *_: 1 / 0)
        error = ZeroDivisionError
    elif wrong == "interrupt":
        model[2].register_load_state_dict_pre_hook(interrupts)
        error = KeyboardInterrupt
    else:
        model[2]._load_from_state_dict = lambda *a: a[-1].append("no")
    with pytest.raises(error):
        model.load_state_dict(state, assign=assign)
    assert values(model) == before
    assert all(p is objects[name] for name, p in model.named_parameters())


def interrupts(*_):
    raise KeyboardInterrupt


def test_a_value_that_is_no_number_is_named_and_nothing_changes():
    layer = nn.Linear(1, 1)
    before = values(layer)
    state = {"weight": np.array([[2.0]]), "bias": np.array(["x"])}
    with pytest.raises(RuntimeError, match='While copying the parameter named "bias", whose dim'):
        layer.load_state_dict(state)
    assert values(layer) == before


def test_loading_leaves_the_metadata_of_the_state_as_it_is():
    model = net()
    state = model.state_dict()
    before = {key: dict(value) for key, value in state._metadata.items()}
    model.load_state_dict(state, assign=True)
    assert state._metadata == before
    assert before["1"] == {"version": 2}


def test_a_state_goes_through_a_file(tmp_path):
    model, other = net(), net()
    tg.save(model.state_dict(), tmp_path / "model.pt")
    other.load_state_dict(tg.load(tmp_path / "model.pt"))
    assert values(other) == values(model)


def test_a_buffer_that_does_not_last_is_neither_saved_nor_expected():
    class Cached(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cache = nn.Buffer(tg.zeros(2), persistent=False)

    cached = Cached()
    cached.cache = tg.ones(2)  # stays what it is
    assert not cached.state_dict()
    assert cached.load_state_dict({}).missing_keys == []
    assert [name for name, _ in cached.named_buffers()] == ["cache"]


# -- conversions -----------------------------------------------------------------------------------


def test_tied_parameters_stay_tied_through_conversions_and_get_one_gradient():
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    x = tg.ones(1, 2)
    model(x).sum().backward()
    grad = model[0].weight.grad.tolist()
    model.double()
    assert model[1].weight is model[0].weight
    assert model[0].weight.grad.dtype is tg.float64
    assert model[0].weight.grad.tolist() == grad
    model(x.double()).sum().backward()
    assert model[0].weight.grad.tolist() == [pytest.approx([2 * g for g in row]) for row in grad]


def test_a_conversion_counts_as_no_write_to_what_backward_needs():
    layer = nn.Linear(2, 2)
    x = tg.ones(1, 2, requires_grad=True)
    y = layer(x).sum()
    weight = layer.weight.detach().clone()
    layer.double()
    y.backward()  # by the elements from before
    assert x.grad.tolist() == [weight.sum(0).tolist()]


def test_parameters_in_shared_memory_are_refused_with_another_way():
    with pytest.raises(NotImplementedError, match=r"try: send state_dict\(\) to the other process"):
        nn.ReLU().share_memory()


def test_compiling_a_module_warns_and_leaves_it_as_it_is(monkeypatch):
    from tracegrad import compiler

    monkeypatch.setattr(compiler, "_warned", [])
    model = net()
    with pytest.warns(UserWarning, match="runs every op eagerly"):
        assert model.compile() is None
    assert model.eval()(tg.ones(1, 2)).shape == (1, 1)


def test_a_class_may_pass_arguments_on_to_the_next_class():
    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

    class Both(nn.Module, Named):
        call_super_init = True

    assert Both("n").name == "n"
    with pytest.raises(TypeError, match=r"Module\.__init__"):
        nn.Module("n")


@pytest.mark.parametrize("container", [nn.Sequential, nn.ModuleList])
def test_a_container_can_be_extended_by_itself(container):
    layers = container(nn.ReLU()) if container is nn.Sequential else container([nn.ReLU()])
    layers += layers
    layers.extend(layers)
    assert list(layers._modules) == ["0", "1", "2", "3"]
    assert len(set(layers)) == 1
