"""Callbacks that look whether an epoch was better: early stopping, the best model, checkpoints."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import assert_same_weights, classes, line, recipe
from tests.training.watching import X, Y, complaint
from tracegrad import nn
from tracegrad.training import Callback, setup
from tracegrad.training.callback import EARLY
from tracegrad.training.callbacks import EarlyStopping, KeepBestModel, ModelCheckpoint, Resume


class Scores(Callback):
    """Logs a given number for each epoch, as `valid_score`, and keeps the weights of each."""

    order = EARLY

    def __init__(self, *values):
        self.values, self.weights = values, []

    def on_epoch_end(self, ctx):
        ctx.log("score", self.values[ctx.epoch - 1], "valid")
        state = ctx.model.state_dict().items()
        self.weights.append({n: t.numpy().copy() for n, t in state if isinstance(t, tg.Tensor)})


def fit(values, *callbacks, epochs=None):
    scores = Scores(*values)
    fitted = line().fit(
        (X, Y), epochs or len(values), callbacks=[*callbacks, scores], verbose=False
    )
    return fitted, scores


# -- EarlyStopping ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "values", "ended"),
    [
        ({}, [3, 2, 2, 1], 3),
        ({"patience": 1}, [3, 2, 2, 1], 3),
        ({"patience": 2}, [3, 2, 2, 1, 1, 1, 0], 6),
        ({"mode": "max"}, [1, 2, 1, 3], 3),
        ({"min_delta": 0.5}, [3, 2.6, 1, 1], 2),
        ({"baseline": 2.0}, [3, 1, 0], 1),
        ({"baseline": 2.0, "patience": 2}, [3, 1, 2, 2, 0], 4),
        ({"patience": 2}, [math.nan, math.nan, 1], 2),
        ({"patience": 3}, [3, 2, 1], 3),
    ],
)
def test_early_stopping_ends_after_so_many_epochs_without_an_improvement(options, values, ended):
    fitted, _ = fit(values, EarlyStopping("valid_score", **options))
    assert fitted.records.epochs == ended
    assert bool(fitted.stop_reason) == (ended < len(values) or values[-1] == 3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patience": 2}, "valid_score has not improved on 2 of epoch 1 for 2 epochs"),
        ({"baseline": 1.5}, "valid_score has not improved on the baseline 1.5 for 1 epoch"),
    ],
)
def test_early_stopping_says_what_it_waited_for(options, words):
    fitted, _ = fit([2, 2, 2], EarlyStopping("valid_score", **options))
    assert fitted.stop_reason == words


def test_an_improvement_before_the_least_number_of_epochs_counts():
    fitted, _ = fit([1, 2, 3, 0, 1, 1], EarlyStopping("valid_score", patience=2), epochs=(4, 6))
    assert fitted.records.epochs == 6
    fitted, _ = fit([1, 2, 3, 3, 1, 1], EarlyStopping("valid_score", patience=2), epochs=(4, 6))
    assert fitted.records.epochs == 4


@pytest.mark.parametrize("callback", [EarlyStopping, KeepBestModel])
def test_a_number_that_cannot_come_is_complained_about_before_any_work(callback):
    seen = []

    class Sees(Callback):
        def on_train_begin(self, ctx):
            seen.append(ctx.epoch)

    assert complaint([callback(), Sees()]) == (
        "monitor='valid_loss': nothing is validated\n"
        "  try: fit(..., valid_data=0.2), or monitor='train_loss'"
    )
    assert seen == []


def test_a_number_that_did_not_come_says_what_there_is():
    assert complaint(EarlyStopping("train_acc")) == (
        "monitor='train_acc': no such number in epoch 1\n"
        "  there is: train_loss\n"
        "  try: monitor='train_loss'"
    )
    assert complaint(EarlyStopping("valid_acc")) == (
        "monitor='valid_acc': no such number in epoch 1\n"
        "  there is: train_loss\n"
        "  try: fit(..., valid_data=0.2), or monitor='train_loss'"
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: EarlyStopping(patience=-1), "patience: expected 0 or more epochs, got -1"),
        (lambda: EarlyStopping(mode="least"), "mode: expected 'min' or 'max', got 'least'"),
        (lambda: KeepBestModel(min_delta=-0.5), "min_delta: expected 0 or more, got -0.5"),
        (lambda: ModelCheckpoint("x", keep=0), "keep: expected 1 or more files, got 0"),
        (
            lambda: KeepBestModel("acc"),
            "monitor: expected a set and a metric, as 'valid_loss'; got 'acc'\n"
            "  try: 'valid_acc' or 'train_acc'",
        ),
        (
            lambda: ModelCheckpoint("{acc}.tg"),
            "path '{acc}.tg': the field {acc} is neither epoch nor a number such as valid_loss",
        ),
        (
            lambda: ModelCheckpoint("{valid_loss:d}.tg"),
            "path '{valid_loss:d}.tg': Unknown format code 'd' for object of type 'float'",
        ),
        (lambda: ModelCheckpoint("{epoch"), "path '{epoch': expected '}' before end of string"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(make, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 its whole text is compared
        make()
    assert str(caught.value) == words


# -- KeepBestModel ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "values", "best"), [("min", [3, 1, 2], 2), ("max", [1, 3, 2], 2), ("min", [1, 1], 1)]
)
def test_the_fit_ends_with_the_weights_of_the_best_epoch(mode, values, best):
    keeps = KeepBestModel("valid_score", mode)
    fitted, scores = fit(values, keeps)
    assert_same_weights(fitted.model, scores.weights[best - 1])
    assert not np.array_equal(scores.weights[-1]["weight"], scores.weights[best - 1]["weight"])
    assert (keeps.best_epoch, keeps.best) == (best, values[best - 1])


def test_an_improvement_that_is_too_small_does_not_count():
    keeps = KeepBestModel("valid_score", min_delta=0.5)
    fit([3, 2.7, 2.4], keeps)
    assert keeps.best_epoch == 3


def test_a_fit_without_a_better_epoch_keeps_its_last_weights():
    fitted, scores = fit([math.nan, math.nan], KeepBestModel("valid_score"))
    assert_same_weights(fitted.model, scores.weights[-1])


def test_statistics_of_the_best_epoch_come_back_too():
    scores = Scores(1, 2)
    fitted = recipe().fit(
        classes(), 2, callbacks=[KeepBestModel("valid_score"), scores], verbose=False
    )
    assert_same_weights(fitted.model, scores.weights[0])
    assert fitted.model.norm.num_batches_tracked.item() == 2


class Tells(nn.Linear):
    """Has something beside tensors in its state."""

    calls = [0]  # noqa: RUF012

    def forward(self, x):
        self.calls[0] += 1
        return super().forward(x)

    def get_extra_state(self):
        return self.calls

    def set_extra_state(self, state):
        self.calls = state


def test_what_a_module_keeps_beside_its_tensors_comes_back_too():
    net = Tells(2, 1)
    setup(net, nn.MSELoss(), tg.optim.SGD).set_opt_hparams(lr=0.1).fit(
        (X, Y), 3, callbacks=[KeepBestModel("valid_score"), Scores(2, 1, 3)], verbose=False
    )
    assert net.calls == [2]


@pytest.mark.parametrize("make", [lambda: EarlyStopping("valid_score"),
                                  lambda: KeepBestModel("valid_score")])  # fmt: skip
def test_a_callback_that_is_used_again_begins_anew(make):
    callback = make()
    fit([1, 2], callback)
    fitted, _ = fit([9, 8, 7], callback)
    assert fitted.records.epochs == 3
    assert (callback.best, callback.best_epoch) == (7, 3)


# -- ModelCheckpoint -------------------------------------------------------------------------------


def names(folder) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*.tg"))


def test_each_epoch_has_its_file(tmp_path):
    path = tmp_path / "runs" / "net-{epoch:02d}-{valid_score:.1f}.tg"
    _, scores = fit([3, 1, 2], ModelCheckpoint(path))
    assert names(tmp_path) == [
        "runs/net-01-3.0.tg", "runs/net-02-1.0.tg", "runs/net-03-2.0.tg",
    ]  # fmt: skip
    for epoch, name in enumerate(names(tmp_path)):
        net = nn.Linear(2, 1)
        net.load_state_dict(tg.load(tmp_path / name))
        assert_same_weights(net, scores.weights[epoch])


def test_only_better_epochs_are_written_if_asked(tmp_path):
    fit([3, 1, 2, 0.9, 0], ModelCheckpoint(
        tmp_path / "{epoch}.tg", "valid_score", save_best_only=True, min_delta=0.5
    ))  # fmt: skip
    assert names(tmp_path) == ["1.tg", "2.tg", "5.tg"]


def test_only_the_newest_files_are_kept_if_asked(tmp_path):
    (tmp_path / "mine.tg").write_text("kept")
    fit([1, 2, 3, 4], ModelCheckpoint(tmp_path / "{epoch}.tg", keep=2))
    assert names(tmp_path) == ["3.tg", "4.tg", "mine.tg"]
    fit([1, 2, 3], ModelCheckpoint(tmp_path / "one.tg", keep=1))
    assert names(tmp_path) == ["3.tg", "4.tg", "mine.tg", "one.tg"]


def test_a_checkpoint_of_the_whole_fit_can_be_resumed_for_more_epochs(tmp_path):
    def run(epochs, *callbacks):
        return recipe().fit(
            classes(), epochs, valid_data=classes(20, seed=1), verbose=False,
            callbacks=[KeepBestModel("valid_acc", "max"), *callbacks],
        )  # fmt: skip

    tg.manual_seed(0)
    whole = run(5)
    tg.manual_seed(0)
    run(3, ModelCheckpoint(tmp_path / "{epoch}.tg", whole_fit=True))
    resumed = run(5, Resume(tmp_path / "2.tg"), ModelCheckpoint(tmp_path / "x.tg", whole_fit=True))
    assert_same_weights(resumed.model, whole.model)
    assert resumed.records.rows() == whole.records.rows()
