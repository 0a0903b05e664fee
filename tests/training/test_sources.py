"""What counts as data, and what becomes of it."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import line
from tracegrad.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    TensorDataset,
    default_collate,
)
from tracegrad.training import Callback

X = np.arange(20, dtype=np.float32).reshape(10, 2) / 20
Y = X.sum(1, keepdims=True)


class Squares(Dataset):
    def __len__(self):
        return 10

    def __getitem__(self, index):
        return X[index], Y[index]


class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(X, Y, strict=True))


class Batches:
    """Something that gives whole batches, as often as it is asked."""

    def __iter__(self):
        yield tg.from_numpy(X[:6]), tg.from_numpy(Y[:6])
        yield tg.from_numpy(X[6:]), tg.from_numpy(Y[6:])


class Collects(Callback):
    """The batches of training, and how many there were to be."""

    def on_fit_begin(self, ctx):
        self.inputs, self.targets = [], []

    def on_train_batch_begin(self, ctx):
        self.batches = ctx.batches
        self.inputs.append(ctx.input.numpy())
        self.targets.append(ctx.target.numpy())


def batches_of(data, **options):
    seen = Collects()
    line().fit(data, 1, callbacks=seen, verbose=False, **options)
    return seen


@pytest.mark.parametrize(
    "data",
    [
        (X, Y),
        (tg.from_numpy(X), tg.from_numpy(Y)),
        [X, Y],
        (X.tolist(), Y.tolist()),
        list(zip(X, Y, strict=True)),
        TensorDataset(tg.from_numpy(X), tg.from_numpy(Y)),
        Squares(),
        Stream(),
        DataLoader(Squares(), batch_size=3),
        Batches(),
    ],
    ids=lambda data: type(data).__name__,
)
def test_every_kind_of_data_gives_each_example_once(data):
    seen = batches_of(data)
    inputs, targets = np.concatenate(seen.inputs), np.concatenate(seen.targets)
    order = np.argsort(inputs[:, 0])
    np.testing.assert_array_equal(inputs[order], X)
    np.testing.assert_array_equal(targets[order], Y)


def test_a_data_frame_is_read_as_the_array_that_it_gives():
    class Frame:
        def __len__(self):
            return 10

        def __getitem__(self, column):
            raise KeyError(column)

        def __array__(self, dtype=None, copy=None):
            return X.astype(np.float64)

    fitted = line().fit((X, Y), 1, verbose=False)
    assert fitted.predict(Frame(), verbose=False).equal(fitted.predict(X, verbose=False))
    line().fit((Frame(), Y), 1, verbose=False)


def test_training_is_shuffled_and_validation_is_not():
    tg.manual_seed(0)
    seen = batches_of((X, Y))
    assert sorted(seen.inputs[0][:, 0]) == sorted(X[:, 0])
    assert list(seen.inputs[0][:, 0]) != list(X[:, 0])
    plain = batches_of((X, Y), dataloader_options={"shuffle": False})
    np.testing.assert_array_equal(plain.inputs[0], X)


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"batch_size": 4}, [4, 4, 2]),
        ({"batch_size": 4, "drop_last": True}, [4, 4]),
        ({"batch_sampler": [[0, 1], [2]]}, [2, 1]),
        ({"batch_size": 5, "collate_fn": lambda ones: default_collate(ones)}, [5, 5]),
    ],
)
def test_options_of_the_loader_hold(options, sizes):
    seen = batches_of((X, Y), dataloader_options=options)
    assert [len(batch) for batch in seen.inputs] == sizes
    assert seen.batches == len(sizes)


def test_float64_arrays_become_the_default_dtype_and_tensors_stay():
    assert batches_of((X.astype(np.float64), Y)).inputs[0].dtype == np.float32
    whole = tg.arange(10).unsqueeze(1)
    seen = Collects()
    line().fit((X, whole), 1, callbacks=seen, verbose=False)
    assert seen.targets[0].dtype == np.int64


def test_a_share_for_validation_is_taken_off_the_data():
    seen, valid = Collects(), []

    class Valid(Callback):
        def on_valid_batch_begin(self, ctx):
            valid.append(ctx.input.numpy())

    line().fit((X, Y), 1, valid_data=0.3, callbacks=[seen, Valid()], verbose=False)
    trained, validated = np.concatenate(seen.inputs), np.concatenate(valid)
    assert (len(trained), len(validated)) == (7, 3)
    together = np.concatenate([trained, validated])
    np.testing.assert_array_equal(together[np.argsort(together[:, 0])], X)


# -- messages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("penguins.csv", "expected an array, a tensor, a tuple .* got str"),
        ({"x": X}, "got dict"),
        (None, "got NoneType"),
        ((X, Y[:4]), r"first sizes differ: \[10, 4\]"),
        ((X, None), r"data\[1\]: expected"),
        (np.float32(3), "got float32"),
        (X[:0], "there are no examples"),
        ([], "there are no examples"),
    ],
)
def test_data_that_are_none_are_refused(data, words):
    with pytest.raises((TypeError, ValueError), match=words):
        line().fit(data, 1, verbose=False)


def test_an_iterator_is_refused_where_it_would_be_read_twice():
    with pytest.raises(TypeError, match="a generator can be read only once"):
        line().fit((batch for batch in Batches()), 2, verbose=False)
    once = (batch for batch in Batches())
    assert line().fit(once, 1, verbose=False).records.epochs == 1


def test_options_for_a_loader_that_has_its_own_are_refused():
    with pytest.raises(ValueError, match="data is a DataLoader with its own"):
        line().fit(DataLoader(Squares()), 1, dataloader_options={"batch_size": 2}, verbose=False)


def test_options_for_training_do_not_stand_against_a_loader_for_validation():
    fitted = line().fit(
        (X, Y),
        1,
        valid_data=DataLoader(Squares(), batch_size=5),
        dataloader_options={"batch_size": 2},
        verbose=False,
    )
    assert fitted.records.last("valid", "loss") >= 0


@pytest.mark.parametrize(
    ("data", "share", "words"),
    [
        ((X, Y), 1.5, "a share lies between 0 and 1"),
        ((X, Y), 0.01, "leaves one side empty"),
        (Stream(), 0.5, "an IterableDataset cannot be split"),
        (DataLoader(Squares()), 0.5, "needs examples to choose from, data is a DataLoader"),
    ],
)
def test_a_share_that_cannot_be_taken_is_refused(data, share, words):
    with pytest.raises((TypeError, ValueError), match=words):
        line().fit(data, 1, valid_data=share, verbose=False)
