"""Forward and backward in half precision, weights in single."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import classes, line, weights
from tests.training.watching import Own, Sees, X, Y, complaint, norm_of_gradients
from tracegrad import nn
from tracegrad.training import TrainingError, setup
from tracegrad.training.callbacks import GradientClip, MixedPrecision


class Layers(nn.Module):
    """Of many kinds, with the dtypes between them."""

    def __init__(self):
        super().__init__()
        self.conv, self.batch = nn.Conv1d(1, 4, 2), nn.BatchNorm1d(4)
        self.lstm, self.layer = nn.LSTM(4, 6, batch_first=True), nn.LayerNorm(6)
        self.rms, self.last = nn.RMSNorm(6), nn.Linear(6, 3)
        self.dtypes = []

    def forward(self, x):
        x = self.batch(self.conv(x[:, None])).relu()
        self.dtypes = [self.conv.weight.dtype, x.dtype, self.batch.weight.dtype]
        x, _ = self.lstm(x.transpose(1, 2))
        self.dtypes += [x.dtype, self.layer(x).dtype]
        return {"out": [self.last(self.rms(self.layer(x[:, -1])))]}


def first_output(pred, target):
    assert pred["out"][0].dtype == tg.float32
    return nn.functional.cross_entropy(pred["out"][0], target)


@pytest.mark.parametrize("half", [tg.float16, tg.bfloat16])
def test_the_network_computes_in_half_precision_and_learns_in_single(half):
    tg.manual_seed(0)
    made = setup(Layers(), first_output, tg.optim.Adam).set_opt_hparams(lr=0.02)
    fitted = made.fit(classes(200), 8, callbacks=MixedPrecision(half), verbose=False)
    net = fitted.model
    assert net.dtypes == [half, half, tg.float32, half, half]
    assert {p.dtype for p in net.parameters()} == {tg.float32}
    assert {b.dtype for b in net.buffers()} == {tg.float32, tg.int64}
    losses = list(fitted.records.series("train", "loss").values())
    assert losses[-1] < 0.75 * losses[0]
    assert net(tg.ones(2, 4))["out"][0].dtype == tg.float32
    assert net.dtypes == [tg.float32] * 5


def test_small_gradients_survive_by_the_scale():
    """Of 1e-9, which float16 does not know."""
    x = np.full((4, 1), 1e-5, np.float32)
    net = nn.Linear(1, 1, bias=False)
    sees = Sees("on_train_batch_before_step", lambda ctx: ctx.model.weight.grad.item())
    made = setup(net, lambda pred, target: (pred * 1e-4).mean(), tg.optim.SGD)
    for scale in (2.0**16, 1.0):
        mixed = MixedPrecision(init_scale=scale)
        made.fit((x, x), 1, callbacks=[mixed, sees], verbose=False)
    assert sees.seen[0] == pytest.approx(1e-9, rel=0.01)
    assert sees.seen[1] == 0


def test_a_step_that_overflows_is_left_out_and_the_scale_halved():
    net = nn.Linear(1, 1, bias=False)
    before = weights(net)
    made = setup(net, lambda pred, target: pred.sum() * 1000, tg.optim.SGD)
    mixed = MixedPrecision(init_scale=2.0**10)
    changed = Sees(
        "on_train_batch_end",
        lambda ctx: not np.array_equal(ctx.model.weight.detach().numpy(), before["weight"]),
    )
    fitted = made.set_opt_hparams(lr=0.01).fit(
        (np.ones((1, 1), np.float32),) * 2, 6, callbacks=[mixed, changed], verbose=False
    )
    assert changed.seen == [False] * 4 + [True] * 2  # 2**6 * 1000 is below 65504
    assert (mixed.skipped, mixed.scale) == (4, 2.0**6)
    assert list(fitted.records.series("train", "loss_scale").values())[:2] == [2.0**9, 2.0**8]


def test_good_steps_double_the_scale():
    mixed = MixedPrecision(init_scale=4.0, growth_interval=2)
    line().fit((X, X[:, :1]), 5, callbacks=mixed, verbose=False)
    assert mixed.scale == 16.0
    again = MixedPrecision(init_scale=4.0, growth_interval=2)
    again.load_state_dict(mixed.state_dict())
    assert again.state_dict() == {"scale": 16.0, "good": 1, "skipped": 0}
    line().fit((X, X[:, :1]), 2, callbacks=mixed, verbose=False)
    assert mixed.scale == 8.0  # a new fit begins anew


def test_gradients_that_overflow_by_themselves_end_the_fit():
    made = setup(nn.Linear(2, 1), lambda pred, target: (pred * 0).sqrt().sum(), tg.optim.SGD)
    with pytest.raises(TrainingError) as caught:
        made.fit((X, Y), 2, callbacks=MixedPrecision(init_scale=2.0**-23), verbose=False)
    assert str(caught.value) == (
        "MixedPrecision: gradients overflow whatever the loss is scaled by: they are infinite or "
        "NaN by themselves\n  try: without it, to be told which op it is"
    )


def test_clipping_sees_the_gradients_without_the_scale():
    sees = Sees("on_train_batch_before_step", norm_of_gradients)
    given = [MixedPrecision(init_scale=8.0), GradientClip(0.5), sees]
    line().fit((X, Y), 1, callbacks=given, verbose=False)
    assert sees.seen == pytest.approx([0.5], rel=1e-3)


def test_a_network_whose_forward_fails_has_its_own_weights_afterwards():
    class Fails(nn.Linear):
        def forward(self, x):
            raise ValueError("not today")

    net = Fails(2, 1)
    with pytest.raises(ValueError, match="not today"):
        setup(net, nn.MSELoss(), tg.optim.SGD).fit(
            (X, Y), 1, callbacks=MixedPrecision(), verbose=False
        )
    assert net.weight.dtype == tg.float32
    assert isinstance(net.weight, nn.Parameter)
    assert not net._forward_hooks
    assert not net._forward_pre_hooks


def test_what_mixed_precision_cannot_do_is_refused():
    double = setup(nn.Linear(2, 1).double(), nn.MSELoss(), tg.optim.SGD)
    assert complaint(MixedPrecision(), double, (X, Y)) == (
        "MixedPrecision keeps the weights in float32, and some are of another dtype\n"
        "  try: net.float()"
    )

    class Parts(Own):
        def step(self, ctx):
            ctx.pred = self.inner(ctx.input)
            ctx.optimize(ctx.loss_fn(ctx.pred, ctx.target))

    parts = setup(Parts(True), nn.CrossEntropyLoss(), tg.optim.SGD)
    assert complaint(MixedPrecision(), parts, classes()) == (
        "MixedPrecision converts what Parts is called with, and step(ctx) of Parts calls parts of "
        "it\n  try: pred = self(ctx.input)"
    )
    for arguments, words in (
        ({"dtype": tg.float64},
         "dtype: expected tg.float16 or tg.bfloat16, got tracegrad.float64"),
        ({"init_scale": 0}, "init_scale: expected a number above 0, got 0"),
        ({"growth_interval": 0}, "growth_interval: expected a number above 0, got 0"),
    ):  # fmt: skip
        with pytest.raises(ValueError) as caught:  # noqa: PT011 its whole text is compared
            MixedPrecision(**arguments)
        assert str(caught.value) == words


def test_a_cpu_says_that_half_precision_is_slower_there(capsys):
    line().fit((X, Y), 1, callbacks=MixedPrecision(tg.bfloat16), verbose=False)
    assert capsys.readouterr().err == (
        "MixedPrecision: a CPU computes half precision more slowly than single\n"
    )
