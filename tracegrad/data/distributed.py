"""A part of a dataset for each of several programs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized

from tracegrad.backend.random import Generator
from tracegrad.data.sampler import Sampler
from tracegrad.ops.install import functions


class DistributedSampler(Sampler[int]):
    """The numbers that are one program's, of several that share the work.

    Args:
        num_replicas: how many programs there are.
        rank: which of them this is, from 0.
        shuffle: in another random order each epoch, the same in all programs: call `set_epoch`.
        seed: of the order; the same in all programs.
        drop_last: leave numbers out so that all get as many; else some come twice.

    Raises:
        RuntimeError: `num_replicas` or `rank` are left to `torch.distributed`, which is not here.
        ValueError: there is no program of that rank.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise RuntimeError(
                "Requires distributed package to be available\n"
                "  try: DistributedSampler(dataset, num_replicas=..., rank=...)"
            )
        if rank >= num_replicas or rank < 0:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0
        rounded = math.floor if drop_last else math.ceil
        self.num_samples = rounded(len(dataset) / num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        size = len(self.dataset)
        order = list(range(size))
        if self.shuffle:
            generator = Generator().manual_seed(self.seed + self.epoch)
            order = functions["randperm"](size, generator=generator).tolist()
        if not self.drop_last and order:
            order *= math.ceil(self.total_size / size)  # some come twice, from the front
        return iter(order[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch; without it each has the same."""
        self.epoch = epoch
