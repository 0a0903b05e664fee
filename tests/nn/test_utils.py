"""Clipping gradients, parameters as one vector, padded sequences."""

from __future__ import annotations

import math

import pytest

import tracegrad as tg
from tracegrad import nn
from tracegrad.nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    parameters_to_vector,
    vector_to_parameters,
)
from tracegrad.nn.utils.rnn import pad_sequence, unpad_sequence


@pytest.fixture
def parameters():
    """Gradients 3 and 4, and a parameter without one."""
    made = [nn.Parameter(tg.zeros(1)) for _ in range(3)]
    made[0].grad, made[1].grad = tg.tensor([3.0]), tg.tensor([-4.0])
    return made


@pytest.mark.parametrize(("kind", "norm"), [(2.0, 5.0), (1.0, 7.0), (math.inf, 4.0)])
def test_clipping_gives_the_norm_before_and_scales_to_the_wanted_one(parameters, kind, norm):
    assert clip_grad_norm_(parameters, 1.0, kind).item() == pytest.approx(norm)
    assert parameters[0].grad.item() == pytest.approx(3 / norm, rel=1e-5)
    assert parameters[1].grad.item() == pytest.approx(-4 / norm, rel=1e-5)
    assert parameters[2].grad is None


def test_short_gradients_are_left_as_they_are(parameters):
    clip_grad_norm_(iter(parameters), 10.0)
    assert [p.grad.item() for p in parameters[:2]] == [3.0, -4.0]
    assert clip_grad_norm_([], 1.0).item() == 0.0


def test_a_norm_that_is_no_number_is_an_error_when_asked(parameters):
    parameters[0].grad = tg.tensor([math.inf])
    with pytest.raises(RuntimeError, match="is non-finite, so it cannot be clipped"):
        clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)


def test_values_are_clipped_one_by_one(parameters):
    clip_grad_value_(parameters, 3.5)
    assert [p.grad.item() for p in parameters[:2]] == [3.0, -3.5]


def test_parameters_go_through_a_vector_and_back():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    vector = parameters_to_vector(net.parameters())
    assert vector.shape == (13,)
    vector.sum().backward()
    assert net[0].weight.grad.tolist() == [[1.0, 1.0]] * 3
    vector_to_parameters(tg.arange(13.0), net.parameters())
    assert net[0].weight.tolist() == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    assert net[1].bias.tolist() == [12.0]
    with pytest.raises(TypeError, match=r"expected torch\.Tensor"):
        vector_to_parameters([1.0], net.parameters())


def test_sequences_are_padded_and_taken_apart_again():
    parts = [tg.arange(3.0), tg.arange(1.0), tg.arange(2.0)]
    padded = pad_sequence(parts, batch_first=True, padding_value=-1.0)
    assert padded.tolist() == [[0.0, 1.0, 2.0], [0.0, -1.0, -1.0], [0.0, 1.0, -1.0]]
    assert pad_sequence(parts).shape == (3, 3)
    left = pad_sequence(parts, True, padding_side="left")
    assert left[1].tolist() == [0.0, 0.0, 0.0]
    again = unpad_sequence(padded, tg.tensor([3, 1, 2]), batch_first=True)
    assert [one.tolist() for one in again] == [one.tolist() for one in parts]
    with pytest.raises(ValueError, match="padding_side"):
        pad_sequence(parts, padding_side="top")


# -- modules ---------------------------------------------------------------------------------------


def test_an_assigned_buffer_is_part_of_the_state_unless_it_is_transient():
    module = nn.Module()
    module.kept, module.lost = nn.Buffer(tg.ones(2)), nn.Buffer(tg.ones(1), persistent=False)
    assert [name for name, _ in module.named_buffers()] == ["kept", "lost"]
    assert list(module.state_dict()) == ["kept"]
    module.kept = tg.zeros(2)
    assert module.get_buffer("kept").tolist() == [0.0, 0.0]


def test_a_path_leads_to_a_parameter_or_says_what_is_wrong():
    net = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
    assert net.get_parameter("0.weight") is net[0].weight
    assert net.get_buffer("1.running_mean") is net[1].running_mean
    for path, message in (("1.running_mean", "is not an nn.Parameter"), ("0.x", "no attribute")):
        with pytest.raises(AttributeError, match=message):
            net.get_parameter(path)


def test_counts_keep_their_dtype_when_a_module_changes_its_own():
    norm = nn.BatchNorm1d(2).double()
    assert norm.weight.dtype is norm.running_var.dtype is tg.float64
    assert norm.num_batches_tracked.dtype is tg.int64
    assert norm.bfloat16().weight.dtype is tg.bfloat16
    with pytest.raises(TypeError, match="only accepts floating point or complex dtypes"):
        norm.to(tg.int64)


def test_loading_may_put_the_tensors_themselves_in_place():
    net, values = nn.Linear(2, 1), {"weight": tg.ones(1, 2), "bias": tg.zeros(1)}
    net.load_state_dict(values, assign=True)
    values["weight"].fill_(3.0)
    assert net.weight.tolist() == [[3.0, 3.0]]
    assert isinstance(net.weight, nn.Parameter)
    assert net.weight.requires_grad


def test_numbered_containers_are_changed_in_the_middle():
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.Sigmoid()])
    layers.insert(1, nn.Identity())
    del layers[0]
    layers += [nn.ELU()]
    assert [type(m).__name__ for m in layers] == ["Identity", "Tanh", "Sigmoid", "ELU"]
    assert list(layers._modules) == ["0", "1", "2", "3"]
    assert type(layers.pop()).__name__ == "ELU"
    assert [type(m).__name__ for m in layers[1:]] == ["Tanh", "Sigmoid"]
    assert len(nn.Sequential(nn.ReLU()) + nn.Sequential(nn.Tanh())) == 2


def test_old_arguments_of_losses_choose_a_reduction_with_a_warning():
    with pytest.warns(UserWarning, match="please use reduction='sum' instead"):
        assert nn.MSELoss(size_average=False).reduction == "sum"


def test_several_devices_are_refused():
    with pytest.raises(NotImplementedError, match="everything runs on one here"):
        nn.DataParallel(nn.ReLU(), device_ids=[0, 1])
    with pytest.raises(NotImplementedError, match="there is one process\n  try: the module itself"):
        nn.parallel.DistributedDataParallel(nn.ReLU())
