"""Callbacks on another device, by a stand-in that refuses to mix its arrays with NumPy's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import tracegrad as tg
from tests.backend.strict import StrictArray, strict_cuda
from tests.training.networks import classes, recipe
from tracegrad.optim.lr_scheduler import OneCycleLR
from tracegrad.training import Callback
from tracegrad.training.callbacks import (
    AutoResume,
    EarlyStopping,
    GradientClip,
    GradientWatch,
    KeepBestModel,
    LRScheduler,
    MixedPrecision,
    Mixup,
    ModelCheckpoint,
)


@pytest.fixture(autouse=True)
def cuda() -> Iterator[None]:
    with strict_cuda():
        yield


def fit(folder, device, *more):
    tg.manual_seed(2)
    watch = GradientWatch(2, folder=folder / "watch", report=False)
    callbacks = [
        Mixup(),
        GradientClip(0.5),
        LRScheduler(OneCycleLR, call_on="on_train_batch_end", max_lr=0.05),
        EarlyStopping(patience=9),
        KeepBestModel(),
        ModelCheckpoint(folder / "{epoch}.tg"),
        watch,
        *more,
    ]
    fitted = recipe().fit(
        classes(), 3, valid_data=0.2, callbacks=callbacks, verbose=False, accelerator=device
    )
    return fitted, watch


def test_callbacks_do_there_what_they_do_here(tmp_path):
    here, watched = fit(tmp_path / "here", "cpu")
    there, watched_there = fit(tmp_path / "there", "cuda")
    assert {type(p._array) for p in there.model.parameters()} == {StrictArray}
    for one, other in zip(here.records.rows(), there.records.rows(), strict=True):
        assert (one.set, one.metric, one.epoch) == (other.set, other.metric, other.epoch)
        assert other.value == pytest.approx(one.value, rel=1e-4)
    for one, other in zip(watched.watched, watched_there.watched, strict=True):
        assert dict(other.norms) == pytest.approx(dict(one.norms), rel=1e-3, abs=1e-6)


class Breaks(Callback):
    def on_train_batch_begin(self, ctx):
        if (ctx.epoch, ctx.batch_number) == (2, 2):
            raise KeyboardInterrupt


def test_a_fit_goes_on_there(tmp_path):
    whole, _ = fit(tmp_path / "whole", "cuda")
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, "cuda", AutoResume(tmp_path / "state", every=1), Breaks())
    resumed, _ = fit(tmp_path, "cuda", AutoResume(tmp_path / "state", every=1))
    for one, other in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert type(one._array) is StrictArray
        np.testing.assert_array_equal(one.detach().cpu().numpy(), other.detach().cpu().numpy())


def test_half_precision_works_there_and_says_nothing_of_a_slow_cpu(capsys):
    tg.manual_seed(2)
    mixed = MixedPrecision(tg.float16)
    fitted = recipe().fit(classes(), 5, callbacks=mixed, verbose=False, accelerator="cuda")
    losses = fitted.records.series("train", "loss")
    assert losses[5] < losses[1]
    assert {p.dtype for p in fitted.model.parameters()} == {tg.float32}
    assert capsys.readouterr().err == ""
