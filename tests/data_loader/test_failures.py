"""What goes wrong in a dataset or a worker is told: what, where, at which example, what to try."""

from __future__ import annotations

import errno
import os
import traceback

import numpy as np
import pytest
from PIL import Image

import tracegrad as tg
from tests.data_loader import datasets
from tests.data_loader.datasets import Faulty, Squares, fail_to_begin
from tracegrad.utils.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Sampler,
    Subset,
    TensorDataset,
)

both = pytest.mark.parametrize("workers", [0, 2])


def trouble(kind, dataset, **how):
    """The exception that reading all of it raises, as Python would print it."""
    with pytest.raises(kind) as raised:
        list(DataLoader(dataset, 4, **how))
    return "".join(traceback.format_exception_only(raised.value))


# -- exceptions of the program's code --------------------------------------------------------------


@both
def test_an_exception_keeps_its_class_and_names_item_and_file(workers):
    dataset = Subset(Faulty(datasets.raise_value_error), range(1, 20))
    text = trouble(ValueError, dataset, num_workers=workers)
    assert (
        "ValueError: corrupt header\nwhile reading item 9 of Faulty (file /pictures/9.png)" in text
    )
    phrase = (
        "Caught ValueError in DataLoader worker process 0.\nOriginal Traceback (most recent call"
    )
    assert (phrase in text) == bool(workers)
    assert ("datasets.py" in text) == bool(workers)


@both
def test_an_exception_of_a_sampler_is_its_own(workers):
    class Breaks(Sampler):
        def __iter__(self):
            yield 0
            raise ZeroDivisionError("in the sampler")

    with pytest.raises(ZeroDivisionError, match="in the sampler"):
        list(DataLoader(Squares(8), sampler=Breaks(), num_workers=workers))


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_dataset_without_a_length_says_what_to_define(shuffle):
    class Endless(Dataset):
        def __getitem__(self, index):
            raise AssertionError("read")

    with pytest.raises(
        TypeError, match=r"has no len\(\)\n  try: def __len__\(self\): in the class"
    ):
        list(DataLoader(Endless(), shuffle=shuffle))


def test_images_that_nobody_made_tensors_of_say_which_transform_does():
    text = trouble(TypeError, [Image.new("RGB", (2, 2))])
    assert "found <class 'PIL.Image.Image'>\n  try: ToTensor() as the last transform" in text


def test_a_key_error_from_a_worker_is_printed_in_lines():
    text = trouble(KeyError, Faulty(datasets.raise_key_error), num_workers=1)
    assert "\nKeyError: 'label'\nwhile reading item 9" in text


def test_a_class_that_is_not_made_from_one_text_comes_as_a_runtime_error():
    text = trouble(RuntimeError, Faulty(datasets.raise_own_error), num_workers=1)
    assert "Caught TwoArguments in DataLoader worker process 0." in text


def test_a_class_that_only_the_worker_knows_comes_as_a_runtime_error():
    def raise_local():
        class Local(Exception):
            pass

        raise Local("here")

    text = trouble(RuntimeError, Faulty(raise_local), num_workers=1, multiprocessing_context="fork")
    assert "Caught Local in DataLoader worker process 0." in text


@both
def test_a_stop_iteration_does_not_end_the_loop_in_silence(workers):
    text = trouble(RuntimeError, Faulty(datasets.raise_stop), num_workers=workers)
    assert "the dataset raised StopIteration\nwhile reading item 9 of Faulty" in text


@both
def test_after_an_exception_the_next_batches_still_come(workers):
    iterator = iter(DataLoader(Faulty(datasets.raise_value_error), 5, num_workers=workers))
    next(iterator)
    with pytest.raises(ValueError, match="corrupt header"):
        next(iterator)
    labels = [batch[1]["label"].tolist() for batch in iterator]
    assert labels == [[10, 11, 12, 13, 14], [15, 16, 17, 18, 19]]


@both
def test_a_number_that_the_dataset_does_not_have_is_named(workers):
    text = trouble(IndexError, ConcatDataset([Squares(3)]), sampler=[0, 7], num_workers=workers)
    assert "while reading item 7 of ConcatDataset" in text
    text = trouble(IndexError, TensorDataset(tg.ones(3)), sampler=[0, 7], num_workers=workers)
    assert "while reading item 7 of TensorDataset" in text


class _BreaksOff(IterableDataset):
    def __iter__(self):
        yield from range(6)
        raise OSError("connection lost")


@both
def test_a_stream_that_breaks_off_says_after_how_many(workers):
    text = trouble(OSError, _BreaksOff(), num_workers=workers)
    assert "connection lost\nwhile reading item 6 of _BreaksOff" in text


def test_a_worker_that_cannot_begin_says_why():
    text = trouble(OSError, Squares(), num_workers=2, worker_init_fn=fail_to_begin)
    assert "Caught OSError in DataLoader worker process 0." in text
    assert "no disk for worker 0" in text


# -- what makes no batch ---------------------------------------------------------------------------


@both
def test_examples_of_different_shapes_are_named_with_both_shapes(workers):
    text = trouble(RuntimeError, Faulty(datasets.other_shape), num_workers=workers)
    assert "stack expects each tensor to be equal size" in text
    assert "while collating items [8, 9, 10, 11] of Faulty" in text
    assert "item 8 (file /pictures/8.png) has shape [3] at [0]" in text
    assert "item 9 (file /pictures/9.png) has shape [2, 3] at [0]" in text
    assert "try: make them alike in the dataset, or DataLoader(collate_fn=...)" in text


@both
def test_examples_of_different_parts_are_named_with_their_parts(workers):
    text = trouble(KeyError, Faulty(datasets.other_keys), num_workers=workers)
    assert "item 8 (file /pictures/8.png) has keys ['label'] at [1]" in text
    assert "item 9 (file /pictures/9.png) has keys ['name'] at [1]" in text
    text = trouble(RuntimeError, [(1, 2), (1, 2, 3)], num_workers=workers)
    assert "item 1 has 3 parts" in text


def test_a_tensor_with_a_history_stays_in_its_process():
    text = trouble(RuntimeError, Faulty(datasets.with_gradient), num_workers=1)
    assert "Cowardly refusing to serialize non-leaf tensor which requires_grad" in text
    assert "detach()" in text


def test_what_no_pickle_takes_is_named_by_its_attribute():
    dataset = Subset(Faulty(lambda: 1), range(20))
    text = trouble(Exception, dataset, num_workers=1, multiprocessing_context="spawn")
    assert "dataset.dataset.what cannot be sent to a worker process" in text
    assert "'spawn'" in text
    assert "try: a function or class at the top level of a module" in text


# -- workers that end ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "end"),
    [
        (datasets.be_killed, "is killed by signal: Killed"),
        (datasets.leave, "exited with code 3"),
    ],
)
@pytest.mark.parametrize("lives_on", [False, True])
def test_a_worker_that_dies_is_reported_with_its_items(what, end, lives_on):
    loader = DataLoader(Faulty(what), 4, num_workers=2, persistent_workers=lives_on)
    iterator = iter(loader)
    pid = iterator._crew.pids()[0]
    given = []
    with pytest.raises(RuntimeError) as raised:
        given.extend(batch[1]["label"].tolist() for batch in iterator)
    text = str(raised.value)
    assert given == [[0, 1, 2, 3], [4, 5, 6, 7]]  # all that came before, whenever it died
    assert text.startswith(
        f"DataLoader worker (pid(s) {pid}) exited unexpectedly\n  worker 0 {end}"
    )
    assert "while reading items [8, 9, 10, 11]" in text
    assert "try: num_workers=0" in text
    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        next(iterator)
    assert not any(process.is_alive() for process in iterator._crew._processes)
    assert next(iter(loader))[1]["label"].tolist() == [0, 1, 2, 3]  # new workers


def test_a_worker_that_hangs_is_reported_after_the_timeout():
    iterator = iter(DataLoader(Faulty(datasets.hang), 10, num_workers=1, timeout=0.2))
    with pytest.raises(
        RuntimeError, match=r"timed out after 0.2 seconds\n  worker 0 .*items \[0, 1"
    ):
        next(iterator)


def test_a_lack_of_memory_is_told_and_not_a_crash(monkeypatch):
    def full(descriptor, offset, length):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)  # a forked worker has it too
    text = trouble(RuntimeError, [np.ones(1000)] * 4, num_workers=1, multiprocessing_context="fork")
    assert "no shared memory for a batch of" in text
    assert "No space left on device" in text
    assert "try: a smaller batch_size" in text


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"num_workers": 1, "prefetch_factor": 0}, ValueError, "there would be no batches"),
        ({"num_workers": 1, "prefetch_factor": -1}, ValueError, "should be non-negative"),
        ({"multiprocessing_context": "fork"}, ValueError, "can only be used with multi-process"),
        (
            {"num_workers": 1, "multiprocessing_context": "thread"},
            ValueError,
            "should specify a valid start method in",
        ),
        (
            {"num_workers": 1, "multiprocessing_context": 3},
            TypeError,
            "should be a valid context object",
        ),
    ],
)
def test_options_of_workers_are_checked(options, kind, message):
    with pytest.raises(kind, match=message):
        DataLoader(Squares(3), **options)


def test_a_timeout_needs_workers():
    with pytest.raises(AssertionError, match="requires timeout == 0"):
        iter(DataLoader(Squares(3), timeout=1))


def test_more_workers_than_processors_are_warned_of(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    with pytest.warns(UserWarning, match=r"create 3 worker processes.*current system is 2"):
        DataLoader(Squares(3), num_workers=3)


def test_what_the_samplers_were_made_of_cannot_be_changed():
    loader = DataLoader(Squares(3), 2)
    with pytest.raises(ValueError, match="batch_size attribute should not be set after DataLoader"):
        loader.batch_size = 3


def test_a_pass_cannot_be_pickled():
    with pytest.raises(NotImplementedError, match="PassHere cannot be pickled"):
        iter(DataLoader(Squares(3))).__getstate__()
