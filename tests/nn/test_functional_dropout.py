"""Dropout of elements and of channels: shares, scales, what is shared, and its gradient."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.nn import functional as F

CHANNELS = [
    (F.dropout1d, (400, 50, 7)),
    (F.dropout2d, (400, 50, 3, 4)),
    (F.dropout3d, (400, 50, 2, 2, 3)),
    (F.feature_alpha_dropout, (400, 50, 7)),
]


@pytest.mark.parametrize(("function", "shape"), CHANNELS)
def test_channels_are_left_out_as_a_whole_at_the_rate_asked_for(function, shape):
    tg.manual_seed(0)
    dropped = function(tg.ones(*shape), 0.3, True).numpy().reshape(400, 50, -1)
    assert (dropped == dropped[:, :, :1]).all()
    low = dropped.min()
    assert (dropped == low).mean() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("function", [F.dropout1d, F.dropout3d])
def test_an_input_without_a_batch_is_one_sample(function):
    tg.manual_seed(0)
    shape = (1000, 5) if function is F.dropout1d else (1000, 2, 2, 2)
    dropped = function(tg.ones(*shape), 0.5, True)
    assert tuple(dropped.shape) == shape
    channels = dropped.numpy().reshape(1000, -1)
    assert set(np.unique(channels)) == {0.0, 2.0}
    assert (channels == channels[:, :1]).all()


@pytest.mark.parametrize("function", [F.alpha_dropout, F.feature_alpha_dropout])
@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(function, p):
    tg.manual_seed(1)
    x = tg.randn(300, 1000, 1)
    y = function(x, p, True)
    assert y.mean().item() == pytest.approx(0, abs=0.02)
    assert y.var().item() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(
    "function",
    [F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, F.feature_alpha_dropout],
)
def test_no_function_changes_anything_outside_of_training_or_takes_what_is_no_probability(function):
    x = tg.ones(2, 3, 4) if function is F.dropout1d else tg.ones(2, 3, 4, 5)
    assert function(x, 0.5, False).tolist() == x.tolist()
    with pytest.raises(ValueError, match=r"between 0 and 1, but got 1\.5"):
        function(x, 1.5)


@pytest.mark.parametrize("function", [F.dropout, F.alpha_dropout, F.feature_alpha_dropout])
def test_a_seed_repeats_what_is_left_out_also_in_place(function):
    found = []
    for inplace in (False, True):
        tg.manual_seed(7)
        x = tg.arange(24.0).reshape(2, 3, 4)
        y = function(x, 0.5, True, inplace)
        assert (y is x) == inplace
        found.append(y.numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_the_gradient_is_that_of_the_mask_that_was_drawn():
    tg.manual_seed(3)
    x = tg.ones(50, requires_grad=True)
    y = F.dropout(x, 0.4)
    tg.manual_seed(4)  # what is drawn later must not matter
    F.dropout(x, 0.4)
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()


def test_everything_is_left_out_with_probability_1():
    assert F.dropout(tg.ones(4), 1.0).tolist() == [0.0] * 4
    assert F.alpha_dropout(tg.ones(4), 1.0, True).tolist() == [0.0] * 4


def test_dropout_of_channels_warns_where_pytorch_warns():
    with pytest.warns(UserWarning, match="Received a 2-D input to dropout2d, which is deprecated"):
        F.dropout2d(tg.ones(2, 3), 0.5)
    with pytest.warns(UserWarning, match="channel-wise 1D dropout behavior is desired"):
        F.dropout2d(tg.ones(2, 3, 4), 0.5)
    with pytest.raises(RuntimeError, match="Expected 2D or 3D input, but received a 4D input"):
        F.dropout1d(tg.ones(2, 3, 4, 5), 0.5)


def test_while_recording_a_function_made_of_several_ops_is_a_scope():
    x = tg.ones(2, 4, requires_grad=True)
    with tg.record() as trace:
        F.scaled_dot_product_attention(x, x, x)
    paths = {trace.scope(e.scope).path for e in trace.events() if "matmul" in e.op or e.op == "mul"}
    assert paths == {"scaled_dot_product_attention"}
