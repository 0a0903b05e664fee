"""Training on mixtures of two examples."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import classes, recipe
from tests.training.watching import Own, Sees, Y, complaint
from tracegrad import nn
from tracegrad.training import Callback, setup
from tracegrad.training.callbacks import Mixup


def shares_and_others(own: np.ndarray, mixture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """With whom each example was mixed, and how much it is of itself: of inputs (n, n squared).

    With the share s and the other j, a = s n + (1-s) j and b = s n² + (1-s) j², so that
    (b - n²) / (a - n) = j + n.
    """
    n, a, b = own[:, 0], mixture[:, 0], mixture[:, 1]
    moved = np.abs(a - n) > 1e-4
    step = np.where(moved, a - n, 1)
    others = np.where(moved, np.round((b - n**2) / step - n), n)
    return 1 - step[moved] / (others - n)[moved], others.astype(int)


def test_a_mixed_batch_has_the_loss_of_soft_targets():
    n = np.arange(8, dtype=np.float32)
    target = np.arange(8) % 3
    seen = []

    class Compares(Callback):
        def on_train_batch_after_loss(self, ctx):
            own = ctx.batch[0].numpy()
            shares, others = shares_and_others(own, ctx.input.numpy())
            np.testing.assert_allclose(shares, shares[0], atol=1e-3)
            assert sorted(others) == list(range(8))
            first, second = np.eye(3)[target[own[:, 0].astype(int)]], np.eye(3)[target[others]]
            soft = tg.tensor(shares[0] * first + (1 - shares[0]) * second)
            expected = nn.functional.cross_entropy(ctx.pred.double(), soft).item()
            assert ctx.loss.item() == pytest.approx(expected, rel=1e-3)
            seen.append(shares[0])

    made = setup(nn.Linear, nn.CrossEntropyLoss(), tg.optim.SGD)
    made.set_hparams(in_features=2, out_features=3).set_opt_hparams(lr=1e-4).fit(
        (np.stack([n, n**2], 1), target), 20, callbacks=[Mixup(1.0), Compares()], verbose=False
    )
    assert len(seen) == 20
    assert 0.49 < min(seen) < 0.7 < 0.8 < max(seen) <= 1


def test_gradients_are_those_of_the_mixed_loss():
    """Without a mixture the targets 1 and -1 pull apart; halves of both pull nowhere."""
    x, y = np.ones((2, 1), np.float32), np.array([[1.0], [-1.0]], np.float32)
    pulled = Sees("on_train_batch_before_step", lambda ctx: ctx.model.weight.grad.item())
    expected = Sees("on_train_batch_before_step", lambda ctx: 2 * ctx.model.weight.item())
    net = nn.Linear(1, 1, bias=False)
    setup(net, nn.MSELoss(), tg.optim.SGD).set_opt_hparams(lr=0.1).fit(
        (x, y), 5, callbacks=[Mixup(), pulled, expected], verbose=False
    )
    np.testing.assert_allclose(pulled.seen, expected.seen, rtol=1e-5)


def test_metrics_and_validation_see_what_was_given():
    own = []

    class Keeps(Callback):
        def on_train_batch_end(self, ctx):
            own.append(np.array_equal(ctx.target.numpy(), ctx.batch[1].numpy()))

        def on_valid_batch_after_loss(self, ctx):
            own.append(ctx.input is ctx.batch[0])
            own.append(ctx.loss.item() == ctx.loss_fn(ctx.pred, ctx.target).item())

    recipe().fit(classes(), 2, valid_data=0.2, callbacks=[Mixup(), Keeps()], verbose=False)
    assert own == [True] * len(own)
    assert len(own) == 2 * (2 + 2)


class Pair(nn.Module):
    """Two outputs, for a dict of two targets."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(1, 2)

    def forward(self, x):
        return self.inner(x)

    def loss(self, pred, target):
        parts = (pred - tg.stack([target["one"], *target["more"]], 1)).square()
        return parts.mean()


def test_targets_of_any_structure_are_mixed():
    class Examples(tg.data.Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, n):
            return tg.ones(1), {"one": float(n), "more": (float(-n),)}

    seen = Sees("on_train_batch_after_loss", lambda ctx: ctx.loss.item())
    plain = Sees("on_train_batch_after_loss",
                 lambda ctx: ctx.model.loss(ctx.pred, ctx.target).item())  # fmt: skip
    setup(Pair, optimizer=tg.optim.SGD).set_opt_hparams(lr=0.01).fit(
        Examples(), 3, callbacks=[Mixup(), seen, plain], verbose=False
    )
    # All inputs are alike, and so the mean over a batch is the same whoever was mixed.
    np.testing.assert_allclose(seen.seen, plain.seen, rtol=1e-5)


def test_a_step_of_the_networks_own_gets_the_mixed_loss_or_is_refused():
    def made(uses):
        return setup(Own(uses), nn.CrossEntropyLoss(), tg.optim.SGD).set_opt_hparams(lr=0.1)

    plain = Sees("on_train_batch_end",
                 lambda ctx: nn.functional.cross_entropy(ctx.pred, ctx.target).item())  # fmt: skip
    seen = Sees("on_train_batch_end", lambda ctx: ctx.loss.item())
    made(True).fit(classes(), 3, callbacks=[Mixup(1.0), plain, seen], verbose=False)
    assert not np.allclose(plain.seen, seen.seen)
    assert complaint(Mixup(), made(False), classes()) == (
        "Mixup: step(ctx) of the network did not use ctx.loss_fn, so that inputs were mixed and "
        "targets were not\n  try: loss = ctx.loss_fn(pred, ctx.target)"
    )


def test_what_cannot_be_mixed_is_refused():
    whole = (np.ones((8, 2), int), Y)
    assert complaint(Mixup(), data=whole) == (
        "Mixup mixes inputs that are one tensor of floats; these are tracegrad.int64"
    )
    assert complaint(Mixup(), setup(Own(True), None, tg.optim.SGD), classes()) == (
        "Mixup mixes the loss, and there is none\n  try: setup(..., loss=...), and "
        "ctx.loss_fn(pred, ctx.target) in step(ctx) of the network"
    )
    with pytest.raises(ValueError, match=r"^alpha: expected a number above 0, got 0$"):
        Mixup(0)
