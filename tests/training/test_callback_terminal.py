"""Callbacks around the fit itself: Ctrl-C, and where the time goes."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import assert_same_weights, line, weights
from tracegrad import nn
from tracegrad.training import EVENTS, Callback, CallbackError, setup
from tracegrad.training.callback import EARLY, SAVING
from tracegrad.training.callbacks import Interrupt, Profile
from tracegrad.training.callbacks import profile as profiling

X, Y = np.ones((8, 2), np.float32), np.ones((8, 1), np.float32)
TWO = {"batch_size": 4}
"""Options for two batches an epoch."""


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


class Presses(Callback):
    """Presses Ctrl-C at an event of the second epoch."""

    def __init__(self, event):
        setattr(self, event, lambda ctx: press_ctrl_c() if ctx.epoch == 2 else None)


# -- Interrupt -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("on_train_batch_after_pred", "interrupted in epoch 2, batch 1"),
        ("on_valid_batch_after_pred", "interrupted in epoch 2, batch 1 of validation"),
    ],
)
def test_ctrl_c_ends_the_fit_with_what_was_learnt(event, words):
    fitted = line().fit(
        (X, Y), 5, valid_data=(X, Y), callbacks=[Presses(event), Interrupt()], verbose=False
    )
    assert fitted.stop_reason == words
    assert fitted.records.epochs == 1
    assert not fitted.model.training


def test_ctrl_c_before_the_first_epoch_ends_the_fit_too():
    class AtOnce(Callback):
        def on_fit_begin(self, ctx):
            press_ctrl_c()

    fitted = line().fit((X, Y), 5, callbacks=[AtOnce(), Interrupt()], verbose=False)
    assert fitted.stop_reason == "interrupted at the start"


class Slow(tg.optim.SGD):
    """Gets a Ctrl-C between the first and the second parameter."""

    def step(self, closure=None):
        groups = self.param_groups
        both = groups[0]["params"]
        groups[0]["params"] = both[:1]
        super().step()
        if getattr(self, "presses", True):
            press_ctrl_c()
        groups[0]["params"] = both[1:]
        super().step()
        groups[0]["params"] = both


def test_ctrl_c_does_not_cut_an_optimizers_step_in_two():
    class Quiet(Slow):
        presses = False

    nets = []
    for optimizer, callbacks in ((Slow, [Interrupt()]), (Quiet, [])):
        tg.manual_seed(0)
        net = nn.Linear(2, 1)
        nets.append(net)
        made = setup(net, nn.MSELoss(), optimizer).set_opt_hparams(lr=0.1)
        fitted = made.fit((X, Y), 1, callbacks=callbacks, verbose=False)
    assert fitted.stop_reason == ""
    assert_same_weights(nets[0], nets[1])


def test_without_the_callback_the_step_would_be_cut():
    net = nn.Linear(2, 1)
    before = weights(net)
    made = setup(net, nn.MSELoss(), Slow).set_opt_hparams(lr=0.1)
    with pytest.raises(KeyboardInterrupt):
        made.fit((X, Y), 1, verbose=False)
    after = weights(net)
    assert not np.array_equal(after["weight"], before["weight"])
    assert np.array_equal(after["bias"], before["bias"])


def test_the_programs_own_way_with_ctrl_c_is_kept():
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        own = signal.getsignal(signal.SIGINT)
        made = setup(nn.Linear(2, 1), nn.MSELoss(), Slow).set_opt_hparams(lr=0.1)
        fitted = made.fit((X, Y), 2, callbacks=Interrupt(), verbose=False)
        assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGINT, before)
    assert (fitted.records.epochs, heard) == (2, [signal.SIGINT] * 2)


def test_an_error_in_a_step_gives_ctrl_c_back():
    class Breaks(tg.optim.SGD):
        def step(self, closure=None):
            raise RuntimeError("broken")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match="broken"):
        setup(nn.Linear(2, 1), nn.MSELoss(), Breaks).fit(
            (X, Y), 1, callbacks=Interrupt(), verbose=False
        )
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_a_fit_runs_as_always():
    done = []

    def run():
        done.append(line().fit((X, Y), 2, callbacks=Interrupt(), verbose=False).records.epochs)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [2]


# -- Profile ---------------------------------------------------------------------------------------


class Clock:
    """Time that passes only where something says so, in nanoseconds."""

    def __init__(self, monkeypatch):
        self.now = 0
        monkeypatch.setattr(profiling, "perf_counter_ns", lambda: self.now)

    def passes(self, nanoseconds):
        self.now += nanoseconds

    def data(self):
        for _ in range(2):
            self.passes(1)
            yield tg.tensor(X[:4]), tg.tensor(Y[:4])

    def network(self):
        clock = self

        class Net(nn.Linear):
            def forward(self, x):
                clock.passes(10)
                return super().forward(x)

        return Net(2, 1)

    def loss(self, pred, target):
        self.passes(100)
        loss = (pred - target).square().mean()
        loss.register_hook(lambda gradient: self.passes(1000))
        return loss

    def optimizer(self, params):
        clock = self

        class Steps(tg.optim.SGD):
            def step(self, closure=None):
                clock.passes(10_000)
                super().step()

        return Steps(params, lr=0.1)

    def metric(self):
        def measures(pred, target):
            self.passes(100_000)
            return 0.0

        return measures


class Data:
    """Gives the batches of a clock in each epoch."""

    def __init__(self, clock):
        self.clock = clock

    def __iter__(self):
        return self.clock.data()


class Busy(Callback):
    """Takes its time at every event of a batch."""

    def __init__(self, clock, order):
        self.order = order
        for event in EVENTS:
            if event.startswith("on_train_batch"):
                setattr(self, event, lambda ctx: clock.passes(1_000_000))


def profile(monkeypatch, *orders, own_step=None, **options):
    clock = Clock(monkeypatch)
    net, one = clock.network(), Profile(**options)
    if own_step is not None:
        net.step = own_step(clock)
    made = setup(net, clock.loss, clock.optimizer, [clock.metric()])
    callbacks = [one, *(Busy(clock, order) for order in orders)]
    made.fit(Data(clock), 2, callbacks=callbacks, verbose=False)
    return one


def test_each_part_of_a_step_has_its_time(monkeypatch, capsys):
    measured = profile(monkeypatch, EARLY, SAVING)
    assert measured.steps == 4
    assert {name: part.total for name, part in measured.parts.items()} == {
        "data": 4, "forward": 40, "loss": 400, "backward": 4_000, "step": 40_000,
        "metrics": 400_000, "callbacks": 4 * 2 * 7 * 1_000_000,
    }  # fmt: skip
    assert [part.longest for part in measured.parts.values()] == [
        part.total / 4 for part in measured.parts.values()
    ]
    assert capsys.readouterr().err == measured.table() + "\n"
    assert measured.table() == (
        "4 training steps in 56.4 ms\n"
        "             share      mean   longest\n"
        "  data          0%      1 ns      1 ns\n"
        "  forward       0%     10 ns     10 ns\n"
        "  loss          0%    100 ns    100 ns\n"
        "  backward      0%      1 µs      1 µs\n"
        "  step          0%     10 µs     10 µs\n"
        "  metrics       1%    100 µs    100 µs\n"
        "  callbacks    99%     14 ms     14 ms"
    )


def test_a_step_of_the_networks_own_has_the_parts_that_are_seen(monkeypatch):
    def own(clock):
        def step(ctx):
            ctx.pred = ctx.model(ctx.input)
            ctx.optimize(clock.loss(ctx.pred, ctx.target))
            clock.passes(7)

        return step

    measured = profile(monkeypatch, own_step=own, report=False)
    assert {name: part.total for name, part in measured.parts.items()} == {
        "data": 4, "forward": 440, "backward": 4_000, "step": 40_000,
        "the rest": 4 * 100_007, "callbacks": 0,
    }  # fmt: skip


def test_a_profile_that_is_used_again_begins_anew_and_may_be_silent(capsys):
    one = Profile(report=False)
    for _ in range(2):
        line().fit((X, Y), 2, callbacks=one, verbose=False, dataloader_options=TWO)
        assert one.steps == 4
    assert capsys.readouterr().err == ""
    assert Profile().table() == "0 training steps in 0 ns"


# -- every event -----------------------------------------------------------------------------------

FITTING = [event for event in EVENTS if "predict" not in event
           and event not in ("on_error", "on_interrupt")]  # fmt: skip


@pytest.mark.parametrize("event", FITTING)
def test_an_error_at_any_event_names_callback_event_and_batch(event):
    class Fails(Callback):
        def __init__(self):
            setattr(self, event, self.fail)

        def fail(self, ctx):
            raise ZeroDivisionError("by zero")

    with pytest.raises(CallbackError) as caught:
        line().fit((X, Y), 2, valid_data=(X, Y), callbacks=Fails(), verbose=False)
    error = caught.value
    assert str(error).splitlines()[0] == (
        f"callback Fails failed in {event}: ZeroDivisionError: by zero"
    )
    begun = {"on_fit_begin": (0, 0), "on_fit_end": (2, 1)}
    no_batch_yet = {"on_epoch_begin", "on_train_begin", "on_valid_begin"}
    assert (error.epoch, error.batch) == begun.get(event, (1, 0 if event in no_batch_yet else 1))
