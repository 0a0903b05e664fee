"""Modules: what they register, how they are walked, changed, copied, and printed."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import tracegrad as tg
from tracegrad import nn


class Block(nn.Module):
    """A module with everything: parameters, buffers of both kinds, submodules, plain attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(tg.tensor([2.0, 3.0]))
        self.first = nn.Linear(2, 3)
        self.second = nn.Linear(3, 2, bias=False)
        self.register_buffer("mean", tg.tensor([0.5, 0.5]))
        self.register_buffer("cache", tg.zeros(2), persistent=False)
        self.note = "plain"

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.second(self.first(x - self.mean).tanh()) * self.scale


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2), nn.Tanh()))


def names(pairs) -> list[str]:
    return [name for name, _ in pairs]


# -- registering -----------------------------------------------------------------------------------


def test_parameters_buffers_and_modules_are_found_by_path_in_order_of_assignment():
    block = Block()
    assert names(block.named_parameters()) == [
        "scale",
        "first.weight",
        "first.bias",
        "second.weight",
    ]
    assert names(block.named_buffers()) == ["mean", "cache"]
    assert names(block.named_modules()) == ["", "first", "second"]
    assert names(block.named_children()) == ["first", "second"]
    assert names(block.named_parameters(prefix="net", recurse=False)) == ["net.scale"]
    assert block.second.bias is None
    assert block.note == "plain"


def test_a_parameter_that_is_replaced_keeps_its_place_in_the_order():
    block = Block()
    block.scale = nn.Parameter(tg.tensor([5.0, 5.0]))
    block.first = nn.Linear(2, 3)
    assert names(block.named_parameters())[0] == "scale"
    assert names(block.named_children()) == ["first", "second"]


def test_a_name_belongs_to_one_registry_at_a_time():
    block = Block()
    block.mean = nn.Parameter(tg.zeros(2))
    assert names(block.named_buffers()) == ["cache"]
    block.note = nn.ReLU()
    assert "note" not in block.__dict__
    assert names(block.named_children()) == ["first", "second", "note"]


def test_attributes_are_deleted_from_where_they_are_registered():
    block = Block()
    del block.scale, block.first, block.mean, block.note
    assert names(block.named_parameters()) == ["second.weight"]
    assert not hasattr(block, "note")
    with pytest.raises(AttributeError, match="'Block' object has no attribute 'scale'"):
        block.scale


def test_dir_lists_what_is_registered():
    assert {"scale", "first", "mean", "note", "forward"} <= set(dir(Block()))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale", tg.zeros(2), "cannot assign 'Tensor' as parameter 'scale'"),
        ("mean", 3, "cannot assign 'int' as buffer 'mean'"),
        ("first", 3, "cannot assign 'int' as child module 'first'"),
    ],
)
def test_what_is_registered_cannot_become_something_else(name, value, message):
    block = Block()
    before = getattr(block, name)
    with pytest.raises(TypeError, match=message):
        setattr(block, name, value)
    assert getattr(block, name) is before


def test_none_may_take_the_place_of_anything_that_is_registered():
    block = Block()
    block.scale = block.mean = block.first = None
    assert names(block.named_parameters()) == ["second.weight"]
    assert names(block.named_modules()) == ["", "second"]
    assert list(block.state_dict()) == ["second.weight"]


def test_a_tensor_that_is_no_parameter_is_a_plain_attribute():
    block = Block()
    block.extra = tg.zeros(2)
    assert "extra" not in names(block.named_buffers())
    assert "extra" not in block.state_dict()


@pytest.mark.parametrize(
    ("register", "arguments", "error", "message"),
    [
        ("register_parameter", ("a.b", None), KeyError, "parameter name can.*t contain"),
        ("register_parameter", ("", None), KeyError, "parameter name can.*t be empty"),
        ("register_parameter", (3, None), TypeError, "should be a string"),
        ("register_parameter", ("w", tg.zeros(1)), TypeError, "cannot assign 'Tensor' object"),
        ("register_parameter", ("forward", None), KeyError, "attribute 'forward' already exists"),
        ("register_buffer", ("training", None), KeyError, "attribute 'training' already exists"),
        ("register_buffer", ("scale", None), KeyError, "attribute 'scale' already exists"),
        ("register_buffer", ("b", 3), TypeError, "cannot assign 'int' object to buffer"),
        ("add_module", ("m", 3), TypeError, "int is not a Module subclass"),
        ("add_module", ("mean", None), KeyError, "attribute 'mean' already exists"),
    ],
)  # fmt: skip
def test_registering_refuses_what_is_no_name_or_of_the_wrong_kind(
    register, arguments, error, message
):
    block = Block()
    before = dir(block)
    with pytest.raises(error, match=message):
        getattr(block, register)(*arguments)
    assert dir(block) == before


@pytest.mark.parametrize("value", [nn.Parameter(tg.zeros(1)), nn.ReLU()])
def test_assigning_before_init_says_so(value):
    class Early(nn.Module):
        def __init__(self) -> None:
            self.early = value

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Early()


def test_registering_a_buffer_again_decides_anew_whether_it_lasts():
    block = Block()
    block.register_buffer("cache", tg.ones(2))
    assert "cache" in block.state_dict()


def test_a_module_without_forward_says_what_is_missing():
    with pytest.raises(
        NotImplementedError, match=r'Module \[Module\] is missing the required "forward"'
    ):
        nn.Module()(1)


def test_get_submodule_follows_a_path():
    model = net()
    assert model.get_submodule("2.0") is model[2][0]
    assert model.get_submodule("") is model
    with pytest.raises(AttributeError, match="Sequential has no attribute `7`"):
        model.get_submodule("2.7")


# -- what is shared --------------------------------------------------------------------------------


def test_shared_parameters_and_modules_are_walked_once_and_saved_under_each_path():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    assert names(model.named_parameters()) == ["0.weight", "0.bias"]
    assert len(list(model.modules())) == 3
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_a_shared_parameter_gets_the_sum_of_its_gradients():
    one, two = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    two.weight = one.weight
    with tg.no_grad():
        one.weight.fill_(3.0)
    two(one(tg.tensor([[2.0]]))).sum().backward()
    assert one.weight.grad.item() == 12.0  # of 2 * w * w
    assert two.weight is one.weight


# -- modes, dtypes, gradients ----------------------------------------------------------------------


def test_train_and_eval_reach_every_module():
    model = net()
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    model.train()
    assert all(m.training for m in model.modules())
    with pytest.raises(ValueError, match="training mode is expected to be boolean"):
        model.train("yes")


def test_a_class_may_keep_its_layers_from_training():
    class Frozen(nn.Sequential):
        def train(self, mode=True):
            return super().train(False)

    model = nn.Sequential(Frozen(nn.Dropout()), nn.Dropout()).train()
    assert [model[0][0].training, model[1].training] == [False, True]


def test_apply_visits_children_first_and_in_order():
    seen = []
    model = net()
    assert model.apply(lambda m: seen.append(type(m).__name__)) is model
    assert seen == ["Linear", "ReLU", "Linear", "Tanh", "Sequential", "Sequential"]


def test_double_converts_parameters_buffers_and_gradients_in_place():
    block = Block()
    block.register_buffer("count", tg.tensor([1, 2]))
    block(tg.randn(4, 2)).sum().backward()
    before = dict(block.named_parameters())
    grads = {name: p.grad.tolist() for name, p in before.items()}
    block.double()
    for name, p in block.named_parameters():
        assert p is before[name]
        assert p.dtype is p.grad.dtype is tg.float64
        assert p.grad.tolist() == grads[name]
        assert p.is_leaf
    assert block.mean.dtype is tg.float64
    assert block.count.dtype is tg.int64
    block(tg.randn(4, 2, dtype=tg.float64)).sum().backward()
    assert block.float().scale.dtype is tg.float32


def test_converting_a_module_keeps_gradients_out_of_the_graph():
    block = Block()
    block(tg.randn(4, 2)).sum().backward(create_graph=True)
    block.double()
    assert all(p.grad.grad_fn is None for p in block.parameters())


def test_requires_grad_is_set_for_all_parameters():
    block = Block().requires_grad_(False)
    assert not any(p.requires_grad for p in block.parameters())
    assert not block(tg.ones(1, 2)).requires_grad


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_drops_or_zeroes_every_gradient(set_to_none):
    block = Block()
    block(tg.randn(4, 2)).sum().backward()
    held = block.scale.grad
    block.zero_grad(set_to_none)
    if set_to_none:
        assert all(p.grad is None for p in block.parameters())
        assert held.abs().sum() > 0
    else:
        assert all((p.grad == 0).all() for p in block.parameters())
        assert block.scale.grad is held


# -- hooks -----------------------------------------------------------------------------------------


def test_hooks_see_and_replace_arguments_and_output():
    layer = nn.Identity()
    seen = []
    layer.register_forward_pre_hook(lambda m, args: seen.append(("before", m is layer, args)))
    layer.register_forward_pre_hook(lambda m, args: args[0] + 1)
    layer.register_forward_hook(lambda m, args, out: seen.append(("after", args, out)))
    layer.register_forward_hook(lambda m, args, out: out * 10)
    assert layer(1) == 20
    assert seen == [("before", True, (1,)), ("after", (2,), 2)]


def test_a_removed_hook_is_not_called_again():
    layer = nn.Identity()
    handle = layer.register_forward_hook(lambda m, args, out: out + 1)
    assert layer(1) == 2
    handle.remove()
    handle.remove()
    assert layer(1) == 1


# -- state -----------------------------------------------------------------------------------------


def test_state_dict_shares_memory_and_leaves_out_what_does_not_last():
    block = Block()
    state = block.state_dict(prefix="model.")
    assert list(state) == [
        "model.scale",
        "model.mean",
        "model.first.weight",
        "model.first.bias",
        "model.second.weight",
    ]
    assert not any(t.requires_grad for t in state.values())
    with tg.no_grad():
        block.scale.fill_(7.0)
    assert state["model.scale"].tolist() == [7.0, 7.0]
    assert block.state_dict(keep_vars=True)["scale"] is block.scale


def test_loading_copies_values_and_leaves_objects_and_gradients_as_they_are():
    one, two = Block(), Block()
    two.scale.grad = tg.ones(2)
    kept = dict(two.named_parameters())
    result = two.load_state_dict(one.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    for name, p in two.named_parameters():
        assert p is kept[name]
        assert p.tolist() == one.state_dict()[name].tolist()
    assert two.scale.grad.tolist() == [1.0, 1.0]
    with tg.no_grad():
        one.scale.zero_()
    assert two.scale.tolist() == [2.0, 3.0]


def test_loading_takes_numpy_arrays_and_other_dtypes():
    block = Block()
    state = {k: v.numpy().astype(np.float64) + 1 for k, v in block.state_dict().items()}
    block.load_state_dict(state)
    assert block.scale.dtype is tg.float32
    assert block.scale.tolist() == [3.0, 4.0]


def test_a_refused_load_lists_every_problem_and_changes_nothing():
    block = Block()
    state = dict(block.state_dict())
    before = {k: v.tolist() for k, v in state.items()}
    state = {k: v + 1 for k, v in state.items()}
    del state["mean"]
    state["first.weight"] = tg.zeros(9, 9)
    state["scale"] = 3.0
    state["other"] = tg.zeros(1)
    with pytest.raises(RuntimeError) as error:
        block.load_state_dict(state)
    text = str(error.value)
    assert text.startswith("Error(s) in loading state_dict for Block:\n\t")
    assert 'Unexpected key(s) in state_dict: "other". ' in text
    assert 'Missing key(s) in state_dict: "mean". ' in text
    assert (
        "size mismatch for first.weight: copying a param with shape [9, 9] from checkpoint, "
        in text
    )
    assert "the shape in current model is [3, 2]." in text
    assert (
        'the parameter named "scale", expected a tensor or array from checkpoint but received float'
        in text
    )
    assert {k: v.tolist() for k, v in block.state_dict().items()} == before


def test_a_load_that_is_not_strict_returns_what_did_not_match():
    block = Block()
    result = block.load_state_dict({"scale": tg.zeros(2), "other": tg.zeros(1)}, strict=False)
    assert result.missing_keys == ["mean", "first.weight", "first.bias", "second.weight"]
    assert result.unexpected_keys == ["other"]
    assert repr(result).startswith("_IncompatibleKeys(missing_keys=['mean', ")
    assert block.scale.tolist() == [0.0, 0.0]
    with pytest.raises(RuntimeError, match="size mismatch for scale"):
        block.load_state_dict({"scale": tg.zeros(5)}, strict=False)


# -- copies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_a_copied_module_computes_the_same_and_shares_nothing(copied):
    model = nn.Sequential(Block(), nn.ReLU())
    model.eval()
    x = tg.randn(4, 2)
    model(x).sum().backward()
    other = copied(model)
    assert other(x).tolist() == model(x).tolist()
    assert not other.training
    assert [p.grad for p in other.parameters()] == [None] * 4  # as in PyTorch
    assert [type(p) for p in other.parameters()] == [nn.Parameter] * 4
    assert all(p.is_leaf and p.requires_grad for p in other.parameters())
    assert "0.cache" not in other.state_dict()
    with tg.no_grad():
        other[0].scale.zero_()
    assert model[0].scale.tolist() == [2.0, 3.0]
    assert model[0].scale.grad.abs().sum() > 0


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_shares_among_its_own_modules_what_the_original_shared(copied):
    layer = nn.Linear(2, 2)
    other = copied(nn.Sequential(layer, layer, nn.Linear(2, 2)))
    assert other[0] is other[1]
    two = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    two[1].weight = two[0].weight
    other = copied(two)
    assert other[0].weight is other[1].weight


# -- parameters ------------------------------------------------------------------------------------


def test_a_parameter_is_a_leaf_around_the_same_memory_and_version():
    data = tg.tensor([1.0, 2.0])
    parameter = nn.Parameter(data)
    assert isinstance(parameter, tg.Tensor)
    assert parameter.is_leaf
    assert parameter.requires_grad
    assert not data.requires_grad
    y = parameter * parameter
    data.mul_(2.0)
    assert parameter.tolist() == [2.0, 4.0]
    assert parameter._version == 1
    with pytest.raises(tg.InplaceModificationError):
        y.sum().backward()
    assert not nn.Parameter(data, requires_grad=False).requires_grad
    assert repr(nn.Parameter(tg.ones(1))) == (
        "Parameter containing:\ntensor([1.], requires_grad=True)"
    )


def test_a_parameter_cuts_the_history_of_what_it_is_made_of():
    x = tg.ones(2, requires_grad=True)
    assert nn.Parameter(x * 2).is_leaf
    with pytest.raises(TypeError, match="Parameter data must be a Tensor, not list"):
        nn.Parameter([1.0])


# -- text ------------------------------------------------------------------------------------------


def test_a_nested_module_prints_as_in_pytorch():
    block = nn.Sequential(OrderedDict(inner=Block(), act=nn.LeakyReLU(0.2)))
    assert repr(block) == (
        "Sequential(\n"
        "  (inner): Block(\n"
        "    (first): Linear(in_features=2, out_features=3, bias=True)\n"
        "    (second): Linear(in_features=3, out_features=2, bias=False)\n"
        "  )\n"
        "  (act): LeakyReLU(negative_slope=0.2)\n"
        ")"
    )


def test_extra_repr_of_several_lines_is_indented():
    class Wordy(nn.Module):
        def extra_repr(self) -> str:
            return "a=1\nb=2"

    assert repr(Wordy()) == "Wordy(\n  a=1\n  b=2\n)"


# -- sequential ------------------------------------------------------------------------------------


def test_sequential_is_indexed_sliced_and_extended():
    model = net()
    assert len(model) == 3
    assert model[-1] is model[2]
    part = model[1:]
    assert isinstance(part, nn.Sequential)
    assert names(part.named_children()) == ["1", "2"]
    assert part[0] is model[1]
    assert [type(m).__name__ for m in model] == ["Linear", "ReLU", "Sequential"]
    assert model.append(nn.Sigmoid()) is model
    assert names(model.named_children())[-1] == "3"
    with pytest.raises(IndexError, match="index 4 is out of range"):
        model[4]


def test_sequential_applies_its_modules_in_order():
    model = net()
    x = tg.randn(5, 3)
    by_hand = (model[0](x).relu() @ model[2][0].weight.t() + model[2][0].bias).tanh()
    assert tg.allclose(model(x), by_hand, atol=1e-6)
    assert nn.Sequential()(x) is x
    with pytest.raises(TypeError, match="function is not a Module subclass"):
        nn.Sequential(lambda x: x)
