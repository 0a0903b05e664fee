"""Schedules of the learning rate in a fit."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import line
from tests.training.watching import TWO, Sees, X, Y, complaint
from tracegrad import nn
from tracegrad.optim import lr_scheduler
from tracegrad.training import Callback, load_checkpoint, save_checkpoint, setup
from tracegrad.training.callback import SAVING
from tracegrad.training.callbacks import LRScheduler


def rates(ctx) -> float:
    return ctx.optimizer.param_groups[0]["lr"]


def test_a_schedule_steps_after_each_epoch():
    sees = Sees("on_train_batch_before_step", rates)
    schedule = LRScheduler(lr_scheduler.StepLR, step_size=1, gamma=0.1)
    fitted = line().fit((X, Y), 3, callbacks=[schedule, sees], verbose=False)
    np.testing.assert_allclose(sees.seen, [0.1, 0.01, 0.001])
    assert list(fitted.records.series("train", "lr").values()) == sees.seen


def test_a_schedule_may_step_after_each_batch_and_its_steps_are_counted():
    sees = Sees("on_train_batch_before_step", rates)
    schedule = LRScheduler(lr_scheduler.OneCycleLR, call_on="on_train_batch_end", max_lr=1.0)
    line().fit((X, Y), 3, callbacks=[schedule, sees], verbose=False, dataloader_options=TWO)
    assert schedule.schedule.total_steps == 6
    optimizer = tg.optim.SGD([tg.ones(1, requires_grad=True)], lr=0.1)
    expected, by_hand = [], lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=6)
    for step in range(6):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < 5:
            by_hand.step()
    assert sees.seen == expected


def test_a_schedule_by_epochs_counts_those():
    schedule = LRScheduler(lr_scheduler.OneCycleLR, max_lr=1.0)
    line().fit((X, Y), 3, callbacks=schedule, verbose=False, dataloader_options=TWO)
    assert schedule.schedule.total_steps == 3


def test_a_function_may_make_the_schedule():
    def halves(optimizer):
        return lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)

    fitted = line().fit((X, Y), 3, callbacks=LRScheduler(halves), verbose=False)
    assert list(fitted.records.series("train", "lr").values()) == [0.1, 0.05, 0.025]


def test_a_plateau_is_told_the_number_it_watches():
    schedule = LRScheduler(
        lr_scheduler.ReduceLROnPlateau, monitor="train_score", patience=0, factor=0.5
    )

    class Scores(Callback):
        def on_train_end(self, ctx):
            ctx.log("score", [3, 2, 2, 1][ctx.epoch - 1])

    fitted = line().fit((X, Y), 4, callbacks=[schedule, Scores()], verbose=False)
    assert list(fitted.records.series("train", "lr").values()) == [0.1, 0.1, 0.1, 0.05]


class Two(nn.Module):
    """Two optimizers."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(2, 1), nn.Linear(2, 1)

    def forward(self, x):
        return self.one(x) + self.other(x)

    def set_optimizers(self):
        return {
            "one": tg.optim.SGD(self.one.parameters(), lr=0.1),
            "other": tg.optim.SGD(self.other.parameters(), lr=0.1),
        }


def test_of_several_optimizers_one_is_chosen():
    made = setup(Two, nn.MSELoss())
    given = [
        LRScheduler(lr_scheduler.StepLR, opt_name=name, step_size=1, gamma=gamma)
        for name, gamma in (("one", 0.1), ("other", 0.5))
    ]
    fitted = made.fit((X, Y), 2, callbacks=given, verbose=False)
    assert fitted.records.epoch("train", 2) == pytest.approx(
        {"loss": fitted.records.last("train", "loss"), "lr_one": 0.01, "lr_other": 0.05}
    )
    there = "there are: 'one', 'other'"
    assert complaint(LRScheduler(lr_scheduler.StepLR, step_size=1), made) == (
        f"opt_name=None: which optimizer?\n  {there}"
    )
    assert complaint(LRScheduler(lr_scheduler.StepLR, opt_name="x", step_size=1), made) == (
        f"opt_name='x': there is none of that name\n  {there}"
    )


def test_what_is_no_schedule_or_no_moment_is_refused():
    ready = lr_scheduler.ExponentialLR(tg.optim.SGD([tg.ones(1)], lr=0.1), 0.9)
    with pytest.raises(TypeError) as caught:
        LRScheduler(ready)
    assert str(caught.value) == (
        "schedule: a ExponentialLR belongs to an optimizer, and fit makes its own\n"
        "  try: LRScheduler(ExponentialLR, ...), with its arguments"
    )
    for moment in ("on_fit_begin", "on_epoch_ends"):
        with pytest.raises(ValueError, match=f"^call_on: a schedule cannot step at '{moment}'"):
            LRScheduler(lr_scheduler.StepLR, call_on=moment, step_size=1)


def test_data_without_a_length_need_the_number_of_steps():
    class Stream(tg.data.IterableDataset):
        def __iter__(self):
            return iter([(X[n], Y[n]) for n in range(8)])

    def one_cycle(**options):
        return LRScheduler(
            lr_scheduler.OneCycleLR, call_on="on_train_batch_end", max_lr=0.1, **options
        )

    assert complaint(one_cycle(), data=Stream()) == (
        "the training data have no length, so that the schedule's steps cannot be counted\n"
        "  try: LRScheduler(..., total_steps=...)"
    )
    line().fit(Stream(), 2, callbacks=one_cycle(total_steps=2), verbose=False)


SCHEDULES = {
    "StepLR": {"step_size": 2},
    "MultiStepLR": {"milestones": [1, 3]},
    "LambdaLR": {"lr_lambda": lambda epoch: 0.9**epoch},
    "CosineAnnealingLR": {"T_max": 5},
    "CosineAnnealingWarmRestarts": {"T_0": 2},
    "OneCycleLR": {"max_lr": 1.0, "total_steps": 9},
    "CyclicLR": {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 2},
    "ReduceLROnPlateau": {"patience": 0},
    "ExponentialLR": {"gamma": 0.5},
    "PolynomialLR": {"total_iters": 6},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_can_be_kept_in_a_file_and_go_on(tmp_path, name):
    def fit(epochs, *more):
        schedule = LRScheduler(getattr(lr_scheduler, name), monitor="train_loss", **SCHEDULES[name])
        fitted = line(momentum=0.5).fit((X, Y), epochs, callbacks=[schedule, *more], verbose=False)
        return schedule, fitted

    def end(epochs):
        schedule, fitted = fit(epochs)
        kept = {"schedule": schedule.state_dict(),
                "optimizer": fitted.context.optimizer.state_dict()}  # fmt: skip
        save_checkpoint(tmp_path / "state", kept)
        return fitted

    class GoesOn(Callback):
        order = SAVING

        def on_fit_begin(self, ctx):
            kept = load_checkpoint(tmp_path / "state")
            ctx.optimizer.load_state_dict(kept["optimizer"])
            ctx.callbacks.all[0].load_state_dict(kept["schedule"])

    tg.manual_seed(0)
    whole = end(4).records.series("train", "lr")
    tg.manual_seed(0)
    end(2)
    schedule, later = fit(2, GoesOn())
    if name != "ReduceLROnPlateau":  # which looks at losses that differ here
        assert list(later.records.series("train", "lr").values()) == [whole[3], whole[4]]
    assert schedule.schedule.last_epoch == 4
