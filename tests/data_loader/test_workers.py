"""Worker processes give the batches that this process would read, through shared memory."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading

import numpy as np
import pytest

import tracegrad as tg
from tests.data_loader.datasets import (
    Informed,
    Noisy,
    Pair,
    Split,
    Squares,
    leave_mark,
)
from tracegrad.data.segments import HELD, Inbox, Outbox
from tracegrad.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    RandomSampler,
    Subset,
    TensorDataset,
    get_worker_info,
)


def plain(value):
    """Tensors and arrays as class, dtype and numbers, in their containers."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value).__name__, [plain(one) for one in value]
    if isinstance(value, tg.Tensor | np.ndarray):
        return type(value).__name__, str(value.dtype), tuple(value.shape), value.tolist()
    return value


def alive(processes):
    return [process for process in processes if process.is_alive()]


# -- the same batches ------------------------------------------------------------------------------

LOADERS = {
    "in order": lambda **how: DataLoader(Squares(), 4, **how),
    "one by one": lambda **how: DataLoader(Squares(), batch_size=None, **how),
    "shuffled": lambda **how: DataLoader(Squares(), 5, shuffle=True, **how),
    "dropping": lambda **how: DataLoader(Squares(), 4, shuffle=True, drop_last=True, **how),
    "own generator": lambda **how: DataLoader(
        Squares(), 3, shuffle=True, generator=tg.Generator().manual_seed(4), **how
    ),
    "own sampler": lambda **how: DataLoader(
        Squares(), 3, sampler=RandomSampler(Squares(), True, 20), **how
    ),
    "own batches": lambda **how: DataLoader(
        Squares(), batch_sampler=BatchSampler(range(9), 2, False), **how
    ),
    "own collate": lambda **how: DataLoader(Squares(), 4, collate_fn=list, **how),
    "rows": lambda **how: DataLoader(
        Subset(TensorDataset(tg.arange(20), tg.rand(20, 3)), range(1, 18)), 4, shuffle=True, **how
    ),
    "several": lambda **how: DataLoader(ConcatDataset([Squares(3), Squares(6)]), 4, **how),
    "empty": lambda **how: DataLoader(Squares(0), 4, **how),
    "stream one by one": lambda **how: DataLoader(Split(11), batch_size=None, **how),
}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("lives_on", [False, True])
def test_two_workers_give_exactly_what_none_gives(name, lives_on):
    passes = []
    for how in ({}, {"num_workers": 2, "persistent_workers": lives_on}):
        tg.manual_seed(3)
        loader = LOADERS[name](**how)
        both = [[plain(batch) for batch in loader]]
        if not lives_on:  # else the second pass draws no seed, as in PyTorch
            both.append([plain(batch) for batch in loader])
        passes.append(both)
    assert passes[0] == passes[1]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_may_be_started_in_each_way(method):
    here = [plain(batch) for batch in DataLoader(Squares(), 4)]
    loader = DataLoader(Squares(), 4, num_workers=1, multiprocessing_context=method)
    assert [plain(batch) for batch in loader] == here


def test_what_a_batch_holds_arrives_as_it_was_sent():
    kinds = [tg.bool, tg.uint8, tg.int64, tg.float16, tg.bfloat16, tg.float64, tg.complex64]
    example = {
        "kinds": [tg.ones(2, 3).to(kind) for kind in kinds],
        "empty": tg.ones(0, 3),
        "number": tg.tensor(2.5),
        "turned": tg.arange(6).view(2, 3).t(),
        "strided": tg.arange(9)[::2],
        "repeated": tg.ones(1).expand(4),
        "leaf": tg.ones(2, requires_grad=True),
        "array": np.arange(5)[::-1],
        "text": "x" * 10_000,
        "pair": Pair(None, (1, "two")),
    }
    (batch,) = DataLoader([example], batch_size=None, num_workers=1, collate_fn=_unchanged)
    assert plain(batch) == plain(example)
    assert batch["leaf"].requires_grad
    assert not batch["number"].requires_grad


def _unchanged(example):
    return example


def test_each_pass_of_workers_that_live_on_is_whole():
    loader = DataLoader(Squares(), 4, shuffle=True, num_workers=2, persistent_workers=True)
    iterator = iter(loader)
    pids = iterator._crew.pids()
    next(iterator)  # and breaks off
    orders = [[n for batch in loader for n in batch["pair"].y.tolist()] for _ in range(2)]
    assert iter(loader)._crew.pids() == pids
    assert [sorted(order) for order in orders] == [[n * n for n in range(17)]] * 2
    assert orders[0] != orders[1]


def test_out_of_order_every_batch_still_comes():
    loader = DataLoader(Squares(), 3, num_workers=2, in_order=False)
    seen = [n for batch in loader for n in batch["pair"].y.tolist()]
    assert sorted(seen) == [n * n for n in range(17)]


class _Waits:
    """Example 0 is ready only when the program says so."""

    def __init__(self):
        self.go = multiprocessing.Event()

    def __len__(self):
        return 2

    def __getitem__(self, n):
        if n == 0:
            assert self.go.wait(30)
        return n


def test_out_of_order_nobody_waits_for_a_slow_worker():
    dataset = _Waits()
    iterator = iter(DataLoader(dataset, num_workers=2, in_order=False))
    assert next(iterator).item() == 1
    dataset.go.set()
    assert next(iterator).item() == 0


def test_workers_read_ahead_by_the_prefetch_factor():
    drawn = []

    def numbers():
        for n in range(100):
            drawn.append(n)
            yield n

    iterator = iter(
        DataLoader(Squares(100), 1, sampler=numbers(), num_workers=2, prefetch_factor=3)
    )
    assert len(drawn) == 6
    next(iterator)
    assert len(drawn) == 7


# -- streams ---------------------------------------------------------------------------------------


def test_a_stream_is_split_by_who_reads_it():
    batches = [batch.tolist() for batch in DataLoader(Split(10), 3, num_workers=2)]
    assert batches == [[0, 2, 4], [1, 3, 5], [6, 8], [7, 9]]
    batches = [b.tolist() for b in DataLoader(Split(10), 3, num_workers=2, drop_last=True)]
    assert batches == [[0, 2, 4], [1, 3, 5]]


def test_workers_of_a_stream_that_live_on_begin_it_again():
    loader = DataLoader(Split(7), 2, num_workers=2, persistent_workers=True)
    passes = [[batch.tolist() for batch in loader] for _ in range(3)]
    assert passes == [[[0, 2], [1, 3], [4, 6], [5]]] * 3


def test_a_stream_that_every_worker_reads_whole_is_noticed():
    loader = DataLoader(Split(4, splits=False), 2, num_workers=2)
    assert len(loader) == 2
    with pytest.warns(UserWarning, match=r"reported to be 2 batches(.|\n)*get_worker_info\(\)"):
        assert len(list(loader)) == 4


# -- what a worker knows, and draws ----------------------------------------------------------------


def test_a_worker_knows_who_it_is():
    tg.manual_seed(0)
    iterator = iter(DataLoader(Informed(), 2, num_workers=2, worker_init_fn=leave_mark))
    base = iterator.position.base_seed
    seen = [[part.tolist() for part in batch] for batch in iterator]
    for n, (id, count, seed, is_own, mark) in enumerate(seen):
        worker = n % 2
        assert id == [worker] * 2
        assert count == [2, 2]
        assert seed == [base + worker] * 2
        assert is_own == [True, True]
        assert mark == [worker * 10] * 2
    assert get_worker_info() is None


def test_workers_draw_their_own_random_numbers_from_the_passs_seed():
    def drawn():
        tg.manual_seed(5)
        return [plain(batch) for batch in DataLoader(Noisy(), 4, num_workers=2)]

    first = drawn()
    assert drawn() == first
    values = [tuple(row) for batch in first for row in batch[1][1][3]]
    assert len(set(values)) == len(Noisy())


# -- memory ----------------------------------------------------------------------------------------


def test_batches_that_are_kept_do_not_change_and_are_the_programs_own():
    iterator = iter(DataLoader(TensorDataset(tg.arange(200)), 1, num_workers=1))
    kept = [next(iterator)[0] for _ in range(5)]
    kept[0] += 1000
    rest = [batch[0].item() for batch in iterator]
    assert [tensor.item() for tensor in kept] == [1000, 1, 2, 3, 4]
    assert rest == [*range(5, 200)]


def test_a_list_of_all_batches_takes_only_so_many_segments():
    iterator = iter(DataLoader(TensorDataset(tg.arange(200)), 1, num_workers=1))
    batches = list(iterator)
    assert [batch[0].item() for batch in batches] == [*range(200)]
    (inbox,) = iterator._crew._inboxes
    assert len(inbox._leases) == HELD


def test_segments_are_used_again():
    iterator = iter(DataLoader(TensorDataset(tg.arange(100)), 1, num_workers=1))
    assert [batch[0].item() for batch in iterator] == [*range(100)]
    (inbox,) = iterator._crew._inboxes
    assert len(inbox._segments) <= 5  # those read ahead, and the last that the program had


def test_a_segment_has_no_name_that_somebody_would_have_to_remove():
    outbox, inbox = Outbox(), Inbox()
    placed, descriptor = outbox.put([memoryview(b"batch"), memoryview(b"")])
    assert os.fstat(descriptor).st_nlink == 0
    first, second = inbox.open(placed, descriptor)
    assert (bytes(first), bytes(second)) == (b"batch", b"")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert inbox.take_returned() == []
    del first, second
    assert inbox.take_returned() == [placed.segment]


class _Growing:
    def __len__(self):
        return 12

    def __getitem__(self, n):
        return np.full(1 << n, n, np.float32)


def test_batches_may_grow_and_shrink():
    sizes = [0, 11, 3, 10, 1, 9, 2, 8]
    loader = DataLoader(_Growing(), 1, sampler=sizes, num_workers=1)
    seen = [(batch.shape[1], set(batch.ravel().tolist())) for batch in loader]
    assert seen == [(1 << n, {float(n)}) for n in sizes]


# -- the end ---------------------------------------------------------------------------------------


def test_no_process_is_left_after_a_pass_a_break_or_an_unused_iterator():
    before = set(multiprocessing.active_children())
    loader = DataLoader(Squares(), 2, num_workers=2)
    list(loader)
    for _ in loader:
        break
    iter(loader)
    gc.collect()
    assert set(multiprocessing.active_children()) <= before


def test_workers_that_live_on_end_with_their_loader():
    loader = DataLoader(Squares(), 2, num_workers=2, persistent_workers=True)
    iterator = iter(loader)
    processes = list(iterator._crew._processes)
    list(iterator)
    assert len(alive(processes)) == 2
    del loader, iterator
    gc.collect()
    assert alive(processes) == []


def test_a_thread_may_read_with_workers():
    seen = []

    def read():
        seen.extend(batch["pair"].y.tolist() for batch in DataLoader(Squares(6), 2, num_workers=2))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join(60)
    assert seen == [[0, 1], [4, 9], [16, 25]]


def test_several_iterators_of_a_loader_stand_for_themselves():
    loader = DataLoader(TensorDataset(tg.arange(6)), 2, num_workers=1)
    first, second = iter(loader), iter(loader)
    assert next(first)[0].tolist() == [0, 1]
    assert [batch[0].tolist() for batch in second] == [[0, 1], [2, 3], [4, 5]]
    assert [batch[0].tolist() for batch in first] == [[2, 3], [4, 5]]


# -- recordings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [None, "run.trace"])
def test_a_recording_has_the_batches_and_nothing_of_what_workers_did(file, tmp_path):
    with tg.record(file and tmp_path / file) as trace:
        for (x,) in DataLoader(TensorDataset(tg.arange(4.0)), 2, num_workers=2):
            x.sum()
    ops = [event.op for event in trace.events()]
    assert ops == ["arange", "empty", "random_", "item", *["DataLoader", "sum"] * 2]
