"""Callbacks: when they are called, with what, and what happens when one fails."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import assert_same_weights, classes, line, recipe, weights
from tracegrad import nn
from tracegrad.training import EVENTS, Callback, CallbackError, setup
from tracegrad.training.callback import EARLY, SAVING

X, Y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
TRAIN_BATCH = [
    f"on_train_batch_{moment}"
    for moment in (
        "begin", "after_pred", "after_loss", "before_backward", "before_step", "after_step", "end",
    )
]  # fmt: skip
VALID_BATCH = [
    f"on_valid_batch_{moment}" for moment in ("begin", "after_pred", "after_loss", "end")
]


def recorder() -> tuple[Callback, list[str]]:
    """A callback that notes down every event."""
    seen: list[str] = []
    methods = {event: lambda self, ctx, event=event: seen.append(event) for event in EVENTS}
    return type("Everything", (Callback,), methods)(), seen


def test_events_come_in_their_order():
    everything, seen = recorder()
    line().fit(
        (X, Y), 2, valid_data=(X, Y), callbacks=everything, verbose=False,
        dataloader_options={"batch_size": 2},
    )  # fmt: skip
    epoch = [
        "on_epoch_begin",
        *("on_train_begin", *TRAIN_BATCH, *TRAIN_BATCH, "on_train_end"),
        *("on_valid_begin", *VALID_BATCH, *VALID_BATCH, "on_valid_end"),
        "on_epoch_end",
    ]
    assert seen == ["on_fit_begin", *epoch, *epoch, "on_fit_end"]


def test_prediction_and_evaluation_have_events_too():
    everything, seen = recorder()
    fitted = line().fit((X, Y), 1, verbose=False)
    fitted.predict(X, callbacks=everything, verbose=False)
    batch = ["on_predict_batch_begin", "on_predict_batch_end"]
    assert seen == ["on_predict_begin", *batch, "on_predict_end"]
    seen.clear()
    fitted.evaluate((X, Y), callbacks=[everything], verbose=False)
    assert seen == ["on_valid_begin", *VALID_BATCH, "on_valid_end"]


def test_every_event_is_documented_and_does_nothing_by_itself():
    for event in EVENTS:
        method = getattr(Callback, event)
        assert method.__doc__
        assert method(Callback(), None) is None


def test_callbacks_run_by_their_order_then_as_they_were_given():
    seen = []

    class Named(Callback):
        def __init__(self, name, order):
            self.name, self.order = name, order

        def on_epoch_end(self, ctx):
            seen.append(self.name)

    given = [Named("saves", SAVING), Named("one", 0), Named("two", 0), Named("early", EARLY)]
    line().fit((X, Y), 1, callbacks=given, verbose=False)
    assert seen == ["early", "one", "two", "saves"]


def test_a_misspelt_event_is_refused_where_the_class_is_written():
    with pytest.raises(TypeError, match=r"Late.on_epoch_ends: there is no such event\n  try: on_"):

        class Late(Callback):
            def on_epoch_ends(self, ctx): ...


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Callback, r"Callback is a class\n  try: Callback\(\)"),
        ([Callback], r"Callback is a class"),
        ([print], "expected instances of tg.training.Callback, got builtin"),
        (3, "expected a list of callbacks, got int"),
    ],
)
def test_what_is_no_callback_is_refused(given, words):
    with pytest.raises(TypeError, match=words):
        line().fit((X, Y), 1, callbacks=given, verbose=False)


# -- what they may change --------------------------------------------------------------------------


def test_a_callback_may_replace_input_and_target():
    class Negates(Callback):
        def on_train_batch_begin(self, ctx):
            ctx.input, ctx.target = -ctx.input, -ctx.target

    tg.manual_seed(0)
    one = line().fit((X, Y), 3, callbacks=Negates(), verbose=False)
    tg.manual_seed(0)
    assert_same_weights(one.model, line().fit((-X, -Y), 3, verbose=False).model)


def test_a_callback_may_replace_the_loss():
    class Nothing(Callback):
        def on_train_batch_after_loss(self, ctx):
            ctx.loss = ctx.loss * 0

    net = nn.Linear(2, 1)
    before = weights(net)
    setup(net, nn.MSELoss(), tg.optim.SGD).fit((X, Y), 2, callbacks=Nothing(), verbose=False)
    assert_same_weights(net, before)


def test_a_callback_may_change_gradients_before_the_step():
    class Zeroes(Callback):
        def on_train_batch_before_step(self, ctx):
            for p in ctx.model.parameters():
                p.grad.zero_()

    net = nn.Linear(2, 1)
    before = weights(net)
    setup(net, nn.MSELoss(), tg.optim.SGD).fit((X, Y), 2, callbacks=Zeroes(), verbose=False)
    assert_same_weights(net, before)


def test_a_callback_may_take_over_the_step_and_backward():
    done = []

    class Own(Callback):
        def on_fit_begin(self, ctx):
            ctx.backward = lambda ctx, loss: (done.append("backward"), (loss * 2).backward())
            ctx.take_step = lambda ctx, optimizer: done.append(type(optimizer).__name__)

    net = nn.Linear(2, 1)
    before = weights(net)
    setup(net, nn.MSELoss(), tg.optim.SGD).fit((X, Y), 1, callbacks=Own(), verbose=False)
    assert done == ["backward", "SGD"]
    assert_same_weights(net, before)


def test_what_a_callback_logs_is_in_the_records():
    class Rates(Callback):
        def on_train_end(self, ctx):
            ctx.log("lr", ctx.optimizer.param_groups[0]["lr"])

    fitted = line().fit((X, Y), 2, callbacks=Rates(), verbose=False)
    assert fitted.records.series("train", "lr") == {1: 0.1, 2: 0.1}


# -- the context -----------------------------------------------------------------------------------


class Asks(Callback):
    """Asks for an attribute at an event."""

    def __init__(self, event, name):
        setattr(self, event, lambda ctx: getattr(ctx, name))


@pytest.mark.parametrize(
    ("event", "name", "words"),
    [
        ("on_epoch_end", "loss", r"ctx.loss is not there now\n  it is there during a batch"),
        ("on_train_batch_begin", "pred", "from on_.*_batch_after_pred on"),
        ("on_fit_begin", "batch", "from on_.*_batch_begin to"),
        ("on_fit_begin", "eproch", r"no attribute 'eproch'\n  there are: .*epoch.*\n.*ctx.buffers"),
    ],
)
def test_an_attribute_that_is_not_there_says_when_it_is(event, name, words):
    with pytest.raises(CallbackError, match=words):
        line().fit((X, Y), 1, callbacks=Asks(event, name), verbose=False)


def test_the_context_says_where_training_is():
    seen = []

    class Where(Callback):
        def on_train_batch_end(self, ctx):
            seen.append((ctx.epoch, ctx.max_epochs, ctx.batch_number, ctx.batches, ctx.stage))
            assert ctx.hparams == {"in_features": 2, "out_features": 1}
            assert ctx.opt_hparams == {"lr": 0.1}
            assert str(ctx.device) == "cpu"
            assert ctx.optimizers == {"opt": ctx.optimizer}
            assert set(ctx.metrics) == set()

    options = {"batch_size": 3}
    line().fit((X, Y), 2, callbacks=Where(), verbose=False, dataloader_options=options)
    assert seen == [(e, 2, b, 2, "train") for e in (1, 2) for b in (1, 2)]


# -- failures --------------------------------------------------------------------------------------


class Fails(Callback):
    def on_train_batch_end(self, ctx):
        if ctx.epoch == 2:
            self.look(ctx)

    def look(self, ctx):
        raise ValueError("too bad")


def test_a_failing_callback_is_named_with_event_epoch_batch_and_line():
    with pytest.raises(CallbackError) as caught:
        line().fit((X, Y), 3, callbacks=Fails(), verbose=False)
    error = caught.value
    assert str(error).splitlines() == [
        "callback Fails failed in on_train_batch_end: ValueError: too bad",
        "  at    epoch 2, batch 1",
        f"  line  {error.where}",
    ]
    assert error.where.startswith("test_callbacks.py:")
    assert error.where.endswith('raise ValueError("too bad")')
    assert (error.callback, error.event, error.epoch, error.batch) == (
        "Fails", "on_train_batch_end", 2, 1,
    )  # fmt: skip
    assert isinstance(error.__cause__, ValueError)


def test_the_line_is_the_users_also_where_the_library_raised():
    class Broken(Callback):
        def on_fit_begin(self, ctx):
            np.ones(3).reshape(2, 2)

    with pytest.raises(CallbackError) as caught:
        line().fit((X, Y), 1, callbacks=Broken(), verbose=False)
    assert caught.value.where.endswith("np.ones(3).reshape(2, 2)")
    assert "before the first epoch" in str(caught.value)


def test_every_callback_hears_of_the_error_and_may_fail_at_that_too():
    heard = []

    class Hears(Callback):
        def on_error(self, ctx):
            heard.append(type(ctx.error).__name__)
            raise OSError("and I as well")

    with pytest.raises(CallbackError) as caught:
        line().fit((X, Y), 2, callbacks=[Fails(), Hears(), Hears()], verbose=False)
    assert heard == ["CallbackError", "CallbackError"]
    assert "Hears.on_error failed too: OSError('and I as well')" in caught.value.__notes__


class CtrlC(Callback):
    def on_train_batch_after_pred(self, ctx):
        if ctx.epoch == 2:
            raise KeyboardInterrupt


def test_ctrl_c_goes_on_unless_a_callback_stops_in_order():
    everything, seen = recorder()
    with pytest.raises(KeyboardInterrupt):
        line().fit((X, Y), 5, callbacks=[CtrlC(), everything], verbose=False)
    assert seen[-2:] == ["on_interrupt", "on_error"]

    class Ends(Callback):
        def on_interrupt(self, ctx):
            ctx.stop("interrupted", at_once=True)

    fitted = line().fit((X, Y), 5, callbacks=[CtrlC(), Ends(), everything], verbose=False)
    assert (fitted.stop_reason, fitted.records.epochs) == ("interrupted", 1)
    assert seen[-2:] == ["on_interrupt", "on_fit_end"]


def test_a_callback_that_overrides_nothing_is_never_called():
    class Idle(Callback):
        pass

    fitted = recipe().fit(classes(), 1, callbacks=Idle(), verbose=False)
    assert all(hooks == [] for hooks in fitted.context.callbacks.hooks.values())
