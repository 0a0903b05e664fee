"""Gradients kept from being too large."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import assert_same_weights, line
from tests.training.watching import TWO, Sees, X, Y, norm_of_gradients
from tracegrad import nn
from tracegrad.training import NonFiniteGradientError, setup
from tracegrad.training.callback import EARLY
from tracegrad.training.callbacks import GradientClip


@pytest.mark.parametrize("norm_type", [2.0, 1.0, math.inf])
def test_gradients_are_no_longer_than_the_norm_and_the_length_before_is_kept(norm_type):
    class Before(Sees):
        order = EARLY

    before = Before("on_train_batch_before_step", lambda ctx: norm_of_gradients(ctx, norm_type))
    after = Sees("on_train_batch_before_step", lambda ctx: norm_of_gradients(ctx, norm_type))
    clip = GradientClip(0.5, norm_type)
    fitted = line().fit((X, Y), 2, callbacks=[after, clip, before], verbose=False,
                        dataloader_options=TWO)  # fmt: skip
    assert min(before.seen) > 1
    np.testing.assert_allclose(after.seen, 0.5, rtol=1e-5)
    expected = [np.mean(before.seen[:2]), np.mean(before.seen[2:])]
    np.testing.assert_allclose(list(fitted.records.series("train", "grad_norm").values()), expected)


def test_each_element_is_cut_off_at_the_value():
    def largest(ctx):
        return max(p.grad.abs().max().item() for p in ctx.model.parameters())

    sees = Sees("on_train_batch_before_step", largest)
    fitted = line().fit((X, Y), 1, callbacks=[GradientClip(max_value=0.25), sees], verbose=False)
    assert sees.seen == [0.25]
    assert fitted.records.last("train", "grad_norm") > 1


def test_short_gradients_stay_as_they_are():
    tg.manual_seed(0)
    one = line().fit((X, Y), 2, verbose=False)
    tg.manual_seed(0)
    other = line().fit((X, Y), 2, callbacks=GradientClip(1e6), verbose=False)
    assert_same_weights(one.model, other.model)


class TwoRoots(nn.Module):
    """The gradient of the second parameter is infinite, that of the first is not."""

    def __init__(self):
        super().__init__()
        self.good, self.bad = nn.Parameter(tg.ones(1)), nn.Parameter(tg.zeros(1))

    def forward(self, x):
        return x * self.good + self.bad.sqrt()


def test_a_gradient_that_is_not_finite_keeps_its_name():
    made = setup(TwoRoots, nn.MSELoss(), tg.optim.SGD)
    with pytest.raises(NonFiniteGradientError, match="the gradient of bad holds"):
        made.fit((X[:, :1], Y), 1, callbacks=GradientClip(1.0), verbose=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "GradientClip: give either max_norm or max_value"),
        ({"max_norm": 1, "max_value": 1}, "GradientClip: give either max_norm or max_value"),
        ({"max_norm": 0}, "max_norm: expected a number above 0, got 0"),
        ({"max_value": math.nan}, "max_value: expected a number above 0, got nan"),
    ],
)
def test_clipping_needs_one_number_above_zero(arguments, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 its whole text is compared
        GradientClip(**arguments)
    assert str(caught.value) == words
