"""Datasets for the tests, where worker processes can import them."""

from __future__ import annotations

import os
import random
import signal
from collections import namedtuple

import numpy as np

import tracegrad as tg
from tracegrad.utils.data import Dataset, IterableDataset, get_worker_info

Pair = namedtuple("Pair", "x y")


class Squares(Dataset):
    """Tensors, numbers, texts and containers of them."""

    def __init__(self, count=17):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, n):
        if not 0 <= n < self.count:
            raise IndexError(f"there is no example {n}")
        row = np.arange(4.0, dtype=np.float32) * n
        return {"x": tg.tensor([float(n)]), "pair": Pair(row, n * n), "name": f"example {n}"}


class Split(IterableDataset):
    """Numbers below `count`, of which each worker gives its own part."""

    def __init__(self, count, splits=True):
        self.count, self.splits = count, splits

    def __iter__(self):
        worker = get_worker_info() if self.splits else None
        start, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        return iter(range(start, self.count, step))

    def __len__(self):
        return self.count


class Noisy(Dataset):
    """Draws from all random numbers there are."""

    def __init__(self, count=24):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, n):
        drawn = [random.random(), random.gauss(0, 1), np.random.randn(), np.random.rand()]
        return n, np.array(drawn), tg.rand(2), tg.randn(1)


class NoisyStream(IterableDataset):
    """The same one after the other, each worker its part."""

    def __iter__(self):
        whole, worker = Noisy(), get_worker_info()
        start, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        return (whole[n] for n in range(start, len(whole), step))


class Informed(Dataset):
    """What each worker knows of itself."""

    mark = -1

    def __len__(self):
        return 8

    def __getitem__(self, n):
        info = get_worker_info()
        return info.id, info.num_workers, info.seed, info.dataset is self, info.dataset.mark


def leave_mark(worker):
    get_worker_info().dataset.mark = worker * 10


def fail_to_begin(worker):
    raise OSError(f"no disk for worker {worker}")


class Faulty(Dataset):
    """Something happens at example 9."""

    def __init__(self, what):
        self.what = what
        self.samples = [(f"/pictures/{n}.png", 0) for n in range(20)]

    def __len__(self):
        return 20

    def __getitem__(self, n):
        return self.what() if n == 9 else (tg.ones(3), {"label": n})


def raise_value_error():
    raise ValueError("corrupt header")


def raise_key_error():
    raise KeyError("label")


def raise_own_error():
    raise TwoArguments(1, 2)


def raise_stop():
    raise StopIteration


def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def leave():
    os._exit(3)


def hang():
    signal.pause()


def other_shape():
    return tg.ones(2, 3), {"label": 0}


def other_keys():
    return tg.ones(3), {"name": 0}


def with_gradient():
    return tg.ones(3, requires_grad=True) * 2, {"label": 0}


class TwoArguments(Exception):
    def __init__(self, first, second):
        super().__init__(first, second)
