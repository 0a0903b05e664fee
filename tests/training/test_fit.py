"""The loop: what it computes is what a loop written by hand computes."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import Net, assert_same_weights, classes, line, recipe
from tracegrad import nn
from tracegrad.data import DataLoader, TensorDataset
from tracegrad.training import Callback, TrainingError, metrics, setup


def by_hand(x: np.ndarray, y: np.ndarray, epochs: int) -> tuple[nn.Module, list[float]]:
    """What `fit` does, in PyTorch's way."""
    data = TensorDataset(tg.from_numpy(x), tg.from_numpy(y))
    net, loss_function = Net(8), nn.CrossEntropyLoss()
    loader = DataLoader(data, batch_size=32, shuffle=True)
    optimizer = tg.optim.Adam(net.parameters(), lr=0.01)
    losses = []
    for _ in range(epochs):
        net.train()
        total = 0.0
        for inputs, targets in loader:
            loss = loss_function(net(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(inputs)
        losses.append(total / len(x))
    return net, losses


def test_a_fit_gives_the_weights_and_losses_of_a_loop_written_by_hand():
    x, y = classes(70)  # a last batch of 6: the mean over examples is not that over batches
    tg.manual_seed(1)
    net, losses = by_hand(x, y, 3)
    tg.manual_seed(1)
    fitted = recipe().fit((x, y), epochs=3, verbose=False)
    assert_same_weights(fitted.model, net)
    assert list(fitted.records.series("train", "loss").values()) == pytest.approx(losses, rel=1e-12)


def test_the_network_is_in_training_mode_only_while_it_trains():
    seen = []

    class Modes(Callback):
        def on_train_batch_end(self, ctx):
            seen.append((ctx.stage, ctx.model.training, tg.is_grad_enabled(), ctx.training))

        on_valid_batch_end = on_train_batch_end

    x, y = classes(32)
    fitted = recipe().fit((x, y), 1, valid_data=(x, y), callbacks=[Modes()], verbose=False)
    assert seen == [("train", True, True, True), ("valid", False, False, False)]
    assert not fitted.model.training


def test_a_fit_inside_of_no_grad_still_trains():
    with tg.no_grad():
        fitted = line().fit((np.ones((4, 2)), np.ones((4, 1))), epochs=60, verbose=False)
    assert fitted.records.last("train", "loss") < 1e-3


def test_validation_is_measured_with_the_weights_after_the_epoch():
    x, y = classes()
    fitted = recipe().fit((x, y), epochs=2, valid_data=(x, y), verbose=False)
    with tg.no_grad():
        pred = fitted.model(tg.from_numpy(x))
    expected = nn.functional.cross_entropy(pred, tg.from_numpy(y)).item()
    share = (pred.numpy().argmax(1) == y).mean()
    assert fitted.records.last("valid", "loss") == pytest.approx(expected, rel=1e-5)
    assert fitted.records.last("valid", "acc") == pytest.approx(share)


def test_metrics_may_differ_between_the_sets():
    made = setup(
        Net(4), nn.CrossEntropyLoss(), tg.optim.SGD, {"valid": [metrics.Accuracy(name="right")]}
    )
    fitted = made.fit(classes(), 1, valid_data=classes(), verbose=False)
    assert set(fitted.records.epoch("train", 1)) == {"loss"}
    assert set(fitted.records.epoch("valid", 1)) == {"loss", "right"}


# -- ends ------------------------------------------------------------------------------------------


class StopsIn(Callback):
    def __init__(self, event, epoch, **options):
        self.epoch, self.options = epoch, options
        setattr(self, event, self.stop)

    def stop(self, ctx):
        if ctx.epoch == self.epoch:
            ctx.stop("enough", **self.options)


def test_a_stop_ends_the_fit_after_the_epoch():
    stops = StopsIn("on_train_batch_end", 2)
    fitted = recipe().fit(classes(), 9, valid_data=classes(), callbacks=stops, verbose=False)
    assert (fitted.records.epochs, fitted.stop_reason) == (2, "enough")
    assert set(fitted.records.series("valid", "loss")) == {1, 2}


def test_a_stop_before_the_least_number_of_epochs_waits():
    stops = StopsIn("on_epoch_end", 1)
    fitted = recipe().fit(classes(), (3, 9), callbacks=stops, verbose=False)
    assert fitted.records.epochs == 3


def test_a_stop_at_once_ends_after_the_batch_and_leaves_validation_out():
    batches = []

    class Counts(Callback):
        def on_train_batch_end(self, ctx):
            batches.append(ctx.batch_number)

    stops = StopsIn("on_train_batch_after_step", 1, at_once=True)
    fitted = recipe().fit(
        classes(), (3, 9), valid_data=classes(), callbacks=[Counts(), stops], verbose=False
    )
    assert batches == [1]
    assert fitted.records.sets == ["train"]


def test_no_epochs_train_nothing():
    net = Net(4)
    fitted = setup(net, nn.CrossEntropyLoss(), tg.optim.SGD).fit(classes(), 0, verbose=False)
    assert len(fitted.records) == 0
    assert repr(fitted).startswith("Fitted Net after 0 epochs\n")


# -- networks with methods of their own ------------------------------------------------------------


class Two(nn.Module):
    """Two optimizers of which one steps in each batch, as in a GAN."""

    def __init__(self):
        super().__init__()
        self.up, self.down = nn.Linear(1, 1), nn.Linear(1, 1)
        self.stepped = []

    def set_optimizers(self, lr):
        return {
            "up": tg.optim.SGD(self.up.parameters(), lr=lr),
            "down": tg.optim.SGD(self.down.parameters(), lr=lr),
        }

    def active_optimizers(self, ctx):
        return ["up"] if ctx.batch_number % 2 else ["down"]

    def loss(self, pred, target):
        return ((pred - target) ** 2).mean()

    def forward(self, x):
        return self.up(x) + self.down(x)


def test_a_network_chooses_which_of_its_optimizers_step():
    changed = []

    class Watches(Callback):
        def on_train_batch_begin(self, ctx):
            self.before = ctx.model.up.bias.item(), ctx.model.down.bias.item()

        def on_train_batch_after_step(self, ctx):
            after = ctx.model.up.bias.item(), ctx.model.down.bias.item()
            changed.append(
                (ctx.opt_name, [a != b for a, b in zip(self.before, after, strict=True)])
            )

    x = np.ones((4, 1))
    setup(Two).set_opt_hparams(lr=0.1).fit(
        (x, 9 * x), 1, callbacks=Watches(), verbose=False, dataloader_options={"batch_size": 2}
    )
    assert changed == [("up", [True, False]), ("down", [False, True])]


def test_an_optimizer_that_there_is_not_is_named():
    class Wrong(Two):
        def active_optimizers(self, ctx):
            return ["sideways"]

    with pytest.raises(TrainingError, match="no optimizer 'sideways'; there are: 'up', 'down'"):
        setup(Wrong).set_opt_hparams(lr=0.1).fit(
            (np.ones((2, 1)), np.ones((2, 1))), 1, verbose=False
        )


def test_a_step_of_its_own_replaces_the_whole_batch():
    class Autoencoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def forward(self, x):
            return self.inner(x)

        def step(self, ctx):
            ctx.pred = self(ctx.input)
            ctx.target = ctx.input
            ctx.optimize(((ctx.pred - ctx.input) ** 2).mean())

    x = np.eye(3)
    made = setup(Autoencoder, optimizer=tg.optim.Adam, metrics=[metrics.MAE()])
    fitted = made.set_opt_hparams(lr=0.05).fit(x, 200, valid_data=x, verbose=False)
    assert fitted.records.last("valid", "loss") < 1e-3
    assert fitted.records.last("valid", "mae") < 0.1
    assert fitted.evaluate(x, verbose=False)["loss"] == fitted.records.last("valid", "loss")


def test_a_batch_that_is_no_pair_says_what_to_define():
    x = np.ones((4, 2))
    with pytest.raises(AttributeError, match=r"ctx.input is not there now\n.*define step\(ctx\)"):
        line().fit((x, x, x), 1, verbose=False)


# -- losses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "error", "words"),
    [
        (lambda pred, target: 3.0, TypeError, "must be a tensor, got float"),
        (nn.MSELoss(reduction="none"), ValueError, r"shape \[4, 1\].*\n  try: reduction='mean'"),
    ],
)
def test_a_loss_that_is_no_number_in_a_tensor_is_refused(loss, error, words):
    made = setup(nn.Linear(2, 1), loss, tg.optim.SGD)
    with pytest.raises(error, match=words):
        made.fit((np.ones((4, 2)), np.ones((4, 1))), 1, verbose=False)


def test_an_error_of_the_network_keeps_its_class_and_says_where_training_was():
    class Breaks(nn.Linear):
        def forward(self, input):
            if self.training:
                raise ZeroDivisionError("mine")
            return super().forward(input)

    made = setup(Breaks(2, 1), nn.MSELoss(), tg.optim.SGD)
    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        made.fit((np.ones((4, 2)), np.ones((4, 1))), 1, verbose=False)
    assert caught.value.__notes__ == ["while training: epoch 1, batch 1"]


def test_a_float64_tensor_in_a_float32_network_says_what_to_write():
    x = tg.ones(4, 2, dtype=tg.float64)
    with pytest.raises(RuntimeError) as caught:
        line().fit((x, tg.ones(4, 1)), 1, verbose=False)
    assert "input is float64, the weights are float32\n  try: x.to(tg.float32)" in "".join(
        caught.value.__notes__
    )


def test_records_have_the_losses_of_every_epoch():
    fitted = recipe().fit(classes(), 3, valid_data=0.25, verbose=False)
    records = fitted.records
    assert list(records.series("train", "loss")) == [1, 2, 3]
    assert {(r.set, r.metric) for r in records.rows()} == {
        (set, name) for set in ("train", "valid") for name in ("loss", "acc")
    }
    assert [r.epoch for r in records.rows()] == [1] * 4 + [2] * 4 + [3] * 4
    assert all(math.isfinite(r.value) for r in records.rows())
    with pytest.raises(
        KeyError, match="no 'f1' of 'valid' was recorded; there is: train loss, train acc"
    ):
        records.last("valid", "f1")
