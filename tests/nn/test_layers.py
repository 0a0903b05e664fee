"""Layers and losses: what their own words promise, without PyTorch at hand."""

from __future__ import annotations

import pytest

import tracegrad as tg
import tracegrad.nn.functional as F
from tracegrad import nn


def test_linear_is_a_matrix_product_and_a_bias():
    layer = nn.Linear(3, 2)
    x = tg.randn(4, 3)
    assert tg.allclose(layer(x), x @ layer.weight.t() + layer.bias, atol=1e-6)
    assert layer.weight.shape == (2, 3)
    assert nn.Linear(3, 2, bias=False)(x).shape == (4, 2)


def test_linear_takes_dtype_and_device_in_pytorchs_order():
    layer = nn.Linear(3, 2, True, "cpu", tg.float64)
    assert layer.weight.dtype is layer.bias.dtype is tg.float64


def test_linear_of_no_inputs_is_its_bias():
    with pytest.warns(UserWarning, match="zero-element tensors is a no-op"):
        layer = nn.Linear(0, 2)
    assert layer(tg.zeros(3, 0)).tolist() == [layer.bias.tolist()] * 3


def test_a_wrong_input_size_names_both_shapes():
    with pytest.raises(
        RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(4x5 and 3x2\)"
    ):
        nn.Linear(3, 2)(tg.zeros(4, 5))


# -- in place --------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [nn.ReLU(inplace=True), nn.Dropout(0.5, inplace=True)])
def test_an_in_place_layer_writes_to_its_input(layer):
    x = tg.tensor([-1.0, 2.0] * 50)
    y = layer(x)
    assert y is x
    assert x._version == 1
    assert (x == 0).any()


@pytest.mark.parametrize("inplace", [False, True])
def test_dropout_passes_gradients_where_it_passed_values(inplace):
    tg.manual_seed(0)
    w = tg.ones(1000, requires_grad=True)
    x = w * 1
    y = nn.Dropout(0.25, inplace=inplace)(x)
    y.sum().backward()
    assert w.grad.tolist() == y.tolist()
    assert sorted(set(y.tolist())) == pytest.approx([0.0, 4 / 3])


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_dropout_does_nothing_in_evaluation(p):
    x = tg.ones(100)
    assert nn.Dropout(p).eval()(x) is x
    assert F.dropout(x, p, training=False) is x


def test_dropout_of_everything_gives_zeros_and_no_nan():
    x = tg.ones(10, requires_grad=True)
    y = nn.Dropout(1.0)(x)
    y.sum().backward()
    assert y.tolist() == x.grad.tolist() == [0.0] * 10


def test_dropout_draws_anew_and_the_same_again_from_the_same_seed():
    layer, x = nn.Dropout(0.5), tg.ones(100)
    tg.manual_seed(3)
    first, second = layer(x).tolist(), layer(x).tolist()
    tg.manual_seed(3)
    assert layer(x).tolist() == first
    assert first != second


# -- losses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "binary_cross_entropy_with_logits"])
def test_a_loss_refuses_shapes_that_would_broadcast(name):
    with pytest.raises(
        ValueError, match=r"target size \(4, 1\) is different to the input size \(4,\)"
    ):
        getattr(F, name)(tg.zeros(4), tg.zeros(4, 1))


@pytest.mark.parametrize("name", ["mse_loss", "nll_loss", "cross_entropy", "binary_cross_entropy"])
def test_a_loss_says_which_argument_is_no_tensor(name):
    with pytest.raises(
        TypeError, match=rf"{name}\(\): argument 'target' must be Tensor, not float"
    ):
        getattr(F, name)(tg.zeros(4), 1.0)


@pytest.mark.parametrize("name", ["mse_loss", "nll_loss", "cross_entropy", "binary_cross_entropy"])
def test_a_loss_names_the_reductions_that_there_are(name):
    with pytest.raises(ValueError, match="average is not a valid value for reduction") as error:
        getattr(F, name)(tg.zeros(4), tg.zeros(4), reduction="average")
    assert "'mean', 'sum' or 'none'" in str(error.value)


def test_targets_that_do_not_fit_the_classes_say_what_was_expected():
    with pytest.raises(ValueError, match=r"Expected target size \[2, 4\], got \[2, 3\]"):
        F.cross_entropy(tg.zeros(2, 3, 4), tg.zeros(2, 3, dtype=tg.int64))
    with pytest.raises(IndexError, match="Target 7 is out of bounds: there are 3 classes"):
        F.cross_entropy(tg.zeros(2, 3), tg.tensor([0, 7]))
    with pytest.raises(RuntimeError, match=r"target.long\(\)"):
        F.cross_entropy(tg.zeros(2, 3), tg.zeros(2))


def test_cross_entropy_of_probabilities_is_that_of_the_classes_they_are_sure_of():
    x, y = tg.tensor([[1.0, 2.0, 0.0], [0.5, 0.0, 3.0]]), tg.tensor([1, 2])
    sure = F.one_hot(y, 3).float()
    for smoothing in (0.0, 0.1):
        by_class = F.cross_entropy(x, y, label_smoothing=smoothing)
        by_share = F.cross_entropy(x, sure, label_smoothing=smoothing)
        assert by_class.item() == pytest.approx(by_share.item())


def test_class_weights_are_state_but_no_parameters():
    loss = nn.CrossEntropyLoss(weight=tg.tensor([1.0, 2.0]))
    assert list(loss.state_dict()) == ["weight"]
    assert list(loss.parameters()) == []
    assert nn.NLLLoss().weight is None
