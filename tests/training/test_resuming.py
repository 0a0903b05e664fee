"""A fit that goes on elsewhere ends with the weights of one that was never interrupted."""

from __future__ import annotations

import random

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import assert_same_weights, classes, recipe
from tracegrad.data import DataLoader, Dataset
from tracegrad.training import (
    Callback,
    CheckpointError,
    TrainingError,
    fit_state,
    load_checkpoint,
    restore_fit_state,
    save_checkpoint,
)
from tracegrad.training.callback import SAVING


class Saves(Callback):
    """Writes the whole state once, after an epoch or in the middle of one."""

    order = SAVING

    def __init__(self, path, epoch, batch=0):
        self.path, self.at = path, (epoch, batch)

    def on_fit_begin(self, ctx):
        ctx.keeps_position = bool(self.at[1])

    def on_epoch_end(self, ctx):
        if self.at == (ctx.epoch, 0):
            save_checkpoint(self.path, fit_state(ctx))

    def on_train_batch_end(self, ctx):
        if self.at == (ctx.epoch, ctx.batch_number):
            save_checkpoint(self.path, fit_state(ctx))


class Resumes(Callback):
    order = SAVING

    def __init__(self, path):
        self.path = path

    def on_fit_begin(self, ctx):
        restore_fit_state(ctx, load_checkpoint(self.path))


class Counter(Callback):
    """Knows something, and says which events it saw after it was made."""

    def __init__(self):
        self.batches, self.events = 0, []

    def state_dict(self):
        return {"batches": self.batches}

    def load_state_dict(self, state_dict):
        self.batches = state_dict["batches"]

    def on_epoch_begin(self, ctx):
        self.events.append(f"epoch {ctx.epoch}")

    def on_train_begin(self, ctx):
        self.events.append("train")

    def on_train_batch_end(self, ctx):
        self.batches += 1
        self.events.append(f"batch {ctx.batch_number}")


class Jitters(Dataset):
    """Draws random numbers of all three kinds for each example."""

    def __init__(self):
        self.x, self.y = classes(50)

    def __len__(self):
        return 50

    def __getitem__(self, n):
        noise = random.random() + np.random.random() + tg.rand(()).item()
        return self.x[n] * np.float32(1 + 0.01 * noise), self.y[n]


def shuffled() -> DataLoader:
    return DataLoader(Jitters(), batch_size=10, shuffle=True)


def seeded() -> DataLoader:
    """A loader with random numbers of its own."""
    return DataLoader(Jitters(), batch_size=10, shuffle=True, generator=tg.Generator())


class Plain:
    """Batches in an order of their own, from something that knows no positions."""

    def __iter__(self):
        x, y = classes(50)
        for part in np.array_split(np.random.permutation(50), 5):
            yield tg.from_numpy(x[part]), tg.from_numpy(y[part])


@pytest.mark.parametrize("data", [shuffled, seeded, Plain])
@pytest.mark.parametrize(("epoch", "batch"), [(2, 0), (2, 1), (2, 3), (2, 5), (1, 2)])
def test_a_resumed_fit_ends_as_an_uninterrupted_one(tmp_path, data, epoch, batch):
    def fit(*callbacks):
        counter = Counter()
        fitted = recipe().fit(
            data(), 4, valid_data=classes(20), callbacks=[counter, *callbacks], verbose=False
        )
        return fitted, counter

    for seeding in (tg.manual_seed, np.random.seed, random.seed):
        seeding(11)
    whole, counted = fit(Saves(tmp_path / "state", epoch, batch))
    for seeding in (tg.manual_seed, np.random.seed, random.seed):
        seeding(99)
    resumed, counted_again = fit(Resumes(tmp_path / "state"))
    assert_same_weights(resumed.model, whole.model)
    assert resumed.records.rows() == whole.records.rows()
    assert counted_again.batches == counted.batches
    assert counted_again.events == counted.events[-len(counted_again.events) :]
    done = 5 * (epoch if batch == 0 else epoch - 1) + batch
    assert len([e for e in counted_again.events if e.startswith("batch")]) == 20 - done


def test_the_state_is_whole_only_between_batches(tmp_path):
    class Early(Saves):
        def on_valid_begin(self, ctx):
            fit_state(ctx)

    with pytest.raises(
        Exception, match="whole in on_epoch_end and in on_train_batch_end"
    ) as caught:
        recipe().fit(
            classes(), 1, valid_data=0.2, callbacks=Early(tmp_path / "x", 9, 9), verbose=False
        )
    assert isinstance(caught.value.__cause__, TrainingError)


def state(tmp_path, *callbacks):
    recipe().fit(classes(), 1, callbacks=[*callbacks, Saves(tmp_path / "x", 1)], verbose=False)
    return load_checkpoint(tmp_path / "x")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 7}, "no saved fit of version 1: version 7"),
        ({"optimizers": {}}, r"has the optimizers \[\], this one \['opt'\]"),
        ({"callbacks": [["EarlyStopping", {"best": 1.0}]]}, "this one lacks.*EarlyStopping"),
        ({"model": {}}, "is of another Net: .*Missing key"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(tmp_path, change, words):
    saved = state(tmp_path) | change

    class Restores(Callback):
        def on_fit_begin(self, ctx):
            restore_fit_state(ctx, saved)

    with pytest.raises(Exception, match="(?s)" + words) as caught:
        recipe().fit(classes(), 2, callbacks=Restores(), verbose=False)
    assert isinstance(caught.value.__cause__, CheckpointError)


def test_a_fit_that_was_finished_trains_no_further(tmp_path):
    state(tmp_path)
    fitted = recipe().fit(classes(), 1, callbacks=Resumes(tmp_path / "x"), verbose=False)
    assert fitted.records.epochs == 1
