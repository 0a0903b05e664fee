"""NaN and infinity stop the fit before they reach the weights, with what made them."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import Net, Roots, assert_same_weights, classes, recipe, weights
from tracegrad import nn
from tracegrad.training import (
    Callback,
    NonFiniteError,
    NonFiniteGradientError,
    NonFiniteLossError,
    setup,
)
from tracegrad.training.non_finite import all_finite
from tracegrad.training.replay import Before

GOOD = np.linspace(1, 2, 8, dtype=np.float32)[:, None]


def fitted_until(bad: float, net: nn.Module, error: type[NonFiniteError], **options: object):
    """The error of a fit whose third batch holds a bad number, and the weights before it."""
    x = np.concatenate([GOOD, GOOD, np.where(GOOD == 1, bad, GOOD)]).astype(np.float32)
    before: dict[int, dict[str, np.ndarray]] = {}

    class Keeps(Callback):
        def on_train_batch_begin(self, ctx):
            before[ctx.batch_number] = weights(ctx.model)

    made = setup(net, nn.MSELoss(), tg.optim.SGD).set_opt_hparams(lr=0.1)
    with pytest.raises(error) as caught:
        made.fit(
            (x, x), 2, callbacks=Keeps(), verbose=False,
            dataloader_options={"batch_size": 8, "shuffle": False}, **options,
        )  # fmt: skip
    return caught.value, before[max(before)]


def test_a_nan_loss_stops_before_the_step_and_names_op_module_and_line():
    net = Roots()
    error, before = fitted_until(-1.0, net, NonFiniteLossError)
    assert (error.epoch, error.batch) == (1, 3)
    assert str(error).startswith("the loss of batch 3 in epoch 1 is nan\n")
    assert error.finding.headline == "the first NaN was made by sqrt in Roots"
    assert dict(error.finding.rows)["line"].startswith("networks.py:")
    assert "(x * self.weight).sqrt()" in str(error)
    assert_same_weights(net, before)  # the running statistics of the norm too
    assert net.norm.num_batches_tracked.item() == 2


def test_the_error_has_the_recording_of_the_step(tmp_path):
    error, _ = fitted_until(-1.0, Roots(), NonFiniteLossError)
    error.trace.save(tmp_path / "step.trace")
    with tg.open_trace(tmp_path / "step.trace") as trace:
        assert trace.event(error.finding.event).op == "sqrt"


def test_a_gradient_that_is_no_number_stops_while_the_loss_still_is_one():
    net = Roots()
    error, before = fitted_until(0.0, net, NonFiniteGradientError)
    assert str(error).startswith("the gradient of weight holds NaN in batch 3 of epoch 1\n")
    assert "the first NaN was made by the gradient of sqrt" in str(error)
    assert error.finding.tries == "(x + 1e-8).sqrt()"
    assert_same_weights(net, before)
    assert net.weight.grad.isnan().all()  # what stopped it is there to be looked at


def test_a_repeated_step_draws_the_same_random_numbers():
    class Unlucky(nn.Module):
        """NaN where dropout leaves a one, infinity where it does not: it knows its numbers."""

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(tg.ones(1))
            self.seen = []

        def forward(self, x):
            kept = nn.functional.dropout(x * self.weight, 0.5)
            self.seen.append(kept.detach().numpy().copy())
            return kept.log() * 0

    net = Unlucky()
    made = setup(net, nn.MSELoss(), tg.optim.SGD)
    with pytest.raises(NonFiniteLossError) as caught:
        made.fit((GOOD, GOOD), 1, verbose=False, dataloader_options={"shuffle": False})
    first, again = net.seen
    np.testing.assert_array_equal(first, again)
    assert (first == 0).any()
    assert "the first inf was made by log" in str(caught.value)


def test_the_step_of_one_of_several_optimizers_is_repeated_without_stepping_the_others():
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(1, 1), nn.Linear(1, 1)

        def set_optimizers(self):
            return {
                "one": tg.optim.SGD(self.one.parameters(), lr=0.1),
                "two": tg.optim.SGD(self.two.parameters(), lr=0.1),
            }

        def step(self, ctx):
            ctx.optimize((self.one(ctx.input) - 1).square().mean(), "one")
            after_one.append(weights(self.one))
            ctx.optimize((self.two(ctx.input) * 0 - 1).log().mean(), "two")

    after_one = []
    net = Pair()
    before = weights(net.two)
    with pytest.raises(NonFiniteLossError, match="made by log"):
        setup(net).fit(GOOD, 1, verbose=False)
    assert_same_weights(net.one, after_one[0])
    assert_same_weights(net.two, before)


def test_a_step_that_writes_by_itself_is_told_that_it_may_have():
    class Alone(nn.Linear):
        def step(self, ctx):
            ctx.loss = self(ctx.input).mean() * float("nan")

    with pytest.raises(NonFiniteLossError, match=r"may have written to them\n  try: ctx.optimize"):
        setup(Alone(1, 1), optimizer=tg.optim.SGD).fit(GOOD, 1, verbose=False)


def test_training_goes_on_where_nobody_looks():
    x = np.where(GOOD == 1, -1, GOOD).astype(np.float32)
    made = setup(Roots(), nn.MSELoss(), tg.optim.SGD)
    fitted = made.fit((x, x), 1, check_finite=False, verbose=False)
    assert np.isnan(fitted.records.last("train", "loss"))
    assert fitted.model.weight.isnan().all()


def test_while_something_is_recorded_the_error_points_there():
    with tg.record():
        error, _ = fitted_until(-1.0, Roots(), NonFiniteLossError)
    assert error.trace is None
    assert "a recording is running: look there" in str(error)


def test_a_nan_in_the_data_is_said_to_come_in_with_them():
    x, y = classes()
    x[7] = np.nan
    with pytest.raises(NonFiniteLossError, match="NaN came in with the input"):
        recipe().fit((x, y), 1, verbose=False)


def test_a_loss_of_validation_may_be_infinite():
    x = np.where(GOOD == 1, -1, GOOD).astype(np.float32)
    made = setup(Roots(), nn.MSELoss(), tg.optim.SGD)
    fitted = made.fit((GOOD, GOOD), 1, valid_data=(x, x), verbose=False)
    assert np.isnan(fitted.records.last("valid", "loss"))


# -- its parts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [tg.float16, tg.bfloat16, tg.float32, tg.float64, tg.complex64])
def test_large_numbers_are_finite_and_one_that_is_not_is_found(dtype):
    largest = tg.finfo(dtype).max if not dtype.is_complex else 3e38
    array = tg.full((5, 7), largest, dtype=dtype)._array
    assert all_finite([array, array])
    for bad in (np.nan, np.inf, -np.inf):
        broken = array.copy()
        broken[2, 3] = bad
        assert not all_finite([array, broken])


def test_what_a_step_changes_is_put_back():
    net = Net(4)
    net.train()
    before = Before(net)
    net(tg.randn(8, 4))
    before.take()
    kept, state = weights(net), tg.get_rng_state()
    first = net(tg.randn(8, 4))
    before.restore()
    assert_same_weights(net, kept)
    assert (tg.get_rng_state() == state).all()
    assert (net(tg.randn(8, 4)) == first).all()
    before.restore()  # and once more
    assert_same_weights(net, kept)


def test_a_buffer_that_was_replaced_is_put_back():
    net = nn.Module()
    net.register_buffer("seen", tg.zeros(2))
    first = net.seen
    before = Before(net)
    before.take()
    net.seen = tg.ones(2)
    before.restore()
    assert net.seen is first
