"""Layers that learn their shapes: before the first call, at it, and afterwards."""

from __future__ import annotations

import copy
import pickle

import pytest

import tracegrad as tg
from tracegrad import nn
from tracegrad.nn.modules.lazy import LazyModuleMixin
from tracegrad.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy


def test_the_first_input_gives_a_network_its_shapes():
    net = nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyBatchNorm1d(), nn.LazyLinear(2))
    assert net(tg.ones(3, 5)).shape == (3, 2)
    assert [type(m).__name__ for m in net] == ["Linear", "ReLU", "BatchNorm1d", "Linear"]
    assert net[0].weight.shape == (4, 5)
    assert net[0].in_features == 5
    assert net[2].num_features == net[2].running_mean.numel() == 4
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        net(tg.ones(3, 6))


def test_only_the_first_input_counts():
    layer = nn.LazyLinear(2)
    layer(tg.ones(1, 3))
    before = layer.weight.tolist()
    layer(tg.ones(1, 3))
    assert layer.weight.tolist() == before
    assert not layer._forward_pre_hooks
    assert not layer._load_state_dict_pre_hooks


def test_a_normalisation_of_one_example_counts_its_channels():
    norm = nn.LazyInstanceNorm1d()
    assert norm(tg.arange(6.0).reshape(2, 3)).shape == (2, 3)
    assert norm.num_features == 2


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.LazyConv2d(4, 3), (5, 5), r"Expected 3D \(unbatched\) or 4D \(batched\) input"),
        (nn.LazyConv1d(4, 3, groups=2), (1, 3, 5), "in_channels must be divisible by groups"),
        (nn.LazyBatchNorm2d(), (2, 3), "expected 4D input"),
    ],
)
def test_a_first_input_of_a_wrong_shape_is_refused(layer, shape, message):
    with pytest.raises((RuntimeError, ValueError), match=message):
        layer(tg.ones(*shape))


# -- before ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("w * 2", lambda w: w * 2),
        ("tg.relu(w)", lambda w: tg.relu(w)),
        ("w.sum()", lambda w: w.sum()),
        ("w.numel()", lambda w: w.numel()),
        ("w.copy_(tg.ones(2))", lambda w: w.copy_(tg.ones(2))),
        ("tg.cat([w, w])", lambda w: tg.cat([w, w])),
    ],
)
def test_what_needs_elements_names_itself_and_what_to_do(name, use):
    for w in (UninitializedParameter(), UninitializedBuffer()):
        with pytest.raises(
            ValueError, match="Attempted to use an uninitialized parameter"
        ) as error:
            use(w)
        assert f"in {name}. " in str(error.value)
        assert "dummy batch" in str(error.value)


def test_shapes_are_refused_and_text_is_not():
    w = UninitializedParameter()
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        _ = w.shape
    with pytest.raises(RuntimeError, match="Can't share memory"):
        w.share_memory_()
    assert repr(w) == "<UninitializedParameter>"
    assert repr(nn.LazyLinear(2)) == "LazyLinear(in_features=0, out_features=2, bias=True)"
    assert is_lazy(w)
    assert not is_lazy(nn.Parameter())


def test_dtype_device_and_requires_grad_are_known_and_change():
    layer = nn.LazyLinear(2).double()
    layer.requires_grad_(False)
    assert isinstance(layer.weight, UninitializedParameter)
    assert layer.weight.dtype is tg.float64
    assert layer.weight.device.type == "cpu"
    layer(tg.ones(1, 3, dtype=tg.float64))
    assert layer.weight.dtype is layer.bias.dtype is tg.float64
    assert not layer.weight.requires_grad


def test_buffers_without_a_shape_change_their_dtype():
    norm = nn.LazyBatchNorm1d().double()
    assert isinstance(norm.running_mean, UninitializedBuffer)
    assert norm.running_mean.dtype is tg.float64
    assert norm(tg.ones(2, 3, dtype=tg.float64)).dtype is tg.float64
    w = UninitializedParameter()
    assert (w.half().dtype, w.dtype, w.float() is w) == (tg.float16, tg.float32, True)


def test_a_tensor_becomes_another_and_stays_the_same_object():
    w = UninitializedParameter(dtype=tg.float64)
    twin = copy.deepcopy(w)
    assert (type(twin), twin.dtype, twin.requires_grad) == (type(w), tg.float64, True)
    again = pickle.loads(pickle.dumps(w))
    assert isinstance(again, UninitializedParameter)
    w.materialize((2, 3), dtype=tg.float32)
    assert (type(w), w.shape, w.dtype) == (nn.Parameter, (2, 3), tg.float32)
    (w.detach().zero_() + w).sum().backward()
    assert w.grad.tolist() == [[1.0] * 3] * 2
    buffer = UninitializedBuffer()
    buffer.materialize((2,))
    assert type(buffer) is tg.Tensor
    assert not buffer.requires_grad


@pytest.mark.parametrize("kind", [tg.optim.SGD, tg.optim.Adam])
def test_an_optimizer_made_before_the_first_call_trains_afterwards(kind):
    layer = nn.LazyLinear(1)
    optimizer = kind(layer.parameters(), lr=0.1)
    layer(tg.ones(1, 2)).sum().backward()
    before = layer.weight.tolist()
    optimizer.step()
    assert layer.weight.tolist() != before


# -- states ----------------------------------------------------------------------------------------


def test_a_state_gives_the_shapes():
    saved = nn.Linear(3, 2)
    layer = nn.LazyLinear(2)
    assert [is_lazy(value) for value in layer.state_dict().values()] == [True, True]
    layer.load_state_dict(saved.state_dict())
    assert layer.weight.tolist() == saved.weight.tolist()
    assert layer(tg.ones(1, 3)).tolist() == saved(tg.ones(1, 3)).tolist()
    assert type(layer) is nn.Linear
    assert layer.in_features == 3


def test_a_state_without_shapes_goes_into_a_module_without_shapes_only():
    lazy, other = nn.LazyLinear(2), nn.LazyLinear(2)
    lazy.load_state_dict(other.state_dict())
    assert is_lazy(lazy.weight)
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized"):
        nn.Linear(3, 2).load_state_dict(other.state_dict())


def test_a_load_that_fails_leaves_no_shape_behind():
    net = nn.Sequential(nn.LazyLinear(2), nn.Linear(2, 2))
    state = nn.Sequential(nn.Linear(3, 2), nn.Linear(5, 2)).state_dict()
    with pytest.raises(RuntimeError, match=r"size mismatch for 1\.weight"):
        net.load_state_dict(state)
    assert is_lazy(net[0].weight)
    assert is_lazy(net[0].bias)
    assert net(tg.ones(1, 4)).shape == (1, 2)


def test_a_loaded_weight_of_another_size_than_the_input_is_refused():
    layer = nn.LazyLinear(2)
    layer.load_state_dict(nn.Linear(3, 2).state_dict())
    with pytest.raises(AssertionError, match=r"inferred from input: 4 is not equal to .*: 3"):
        layer(tg.ones(1, 4))


# -- your own --------------------------------------------------------------------------------------


class Scale(LazyModuleMixin, nn.Module):
    """Multiplies by a number for each feature; lazy without becoming another class."""

    def __init__(self, shy=False):
        super().__init__()
        self.scale = UninitializedParameter()
        self.shy = shy

    def initialize_parameters(self, x, twice=False):
        if not self.shy and self.has_uninitialized_params():
            self.scale.materialize(x.shape[-1:])
            nn.init.constant_(self.scale, 2.0 if twice else 1.0)

    def forward(self, x, twice=False):
        return x * self.scale


def test_a_module_of_your_own_sees_the_arguments_of_the_first_call():
    module = Scale()
    assert module(tg.ones(1, 2), twice=True).tolist() == [[2.0, 2.0]]
    assert type(module) is Scale
    assert module(tg.ones(1, 2)).tolist() == [[2.0, 2.0]]
    with pytest.raises(RuntimeError, match="module Scale has not been fully initialized"):
        Scale(shy=True)(tg.ones(1, 2))

    class Unfinished(LazyModuleMixin, nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="not implemented for Unfinished"):
        Unfinished()(tg.ones(1))


def test_a_recording_of_the_first_call_names_the_parameters():
    net = nn.Sequential(nn.LazyLinear(2))
    with tg.record() as trace:
        net(tg.ones(1, 3)).sum().backward()
    assert trace is not None
    assert net[0].weight.grad.tolist() == [[1.0] * 3] * 2
