"""The data loader: a dataset in batches, read in this process or by others."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from tracegrad.backend.random import Generator, default_generator
from tracegrad.data.collate import default_collate, default_convert
from tracegrad.data.dataset import IterableDataset
from tracegrad.data.fetch import Reading
from tracegrad.data.options import as_context, check_choice, check_stream, check_workers
from tracegrad.data.passes import PassByWorkers, PassHere
from tracegrad.data.position import Position, check_state
from tracegrad.data.sampler import BatchSampler, RandomSampler, SequentialSampler

T_co = TypeVar("T_co", covariant=True)

FIXED = {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"}
"""Attributes that cannot be set any more: the samplers are made of them."""


class DataLoader(Generic[T_co]):
    """A dataset in batches.

    Args:
        batch_size: examples in a batch; `None` for single ones.
        shuffle: read in another random order each time.
        sampler: the order of examples; batch_sampler: whole batches of numbers.
        num_workers: processes that read; 0 reads in this one.
        collate_fn: makes a batch of a list of examples.
        pin_memory: kept to be read: memory of the host needs no pinning for copies that wait.
        drop_last: leave a last, smaller batch out.
        timeout: seconds to wait for a batch of a worker; 0 waits for ever.
        worker_init_fn: called in each worker with its number, after its random numbers are seeded.
        multiprocessing_context: `fork`, `spawn`, `forkserver`, or a context; Python's default if
            `None`.
        generator: of the order and of the workers' seeds.
        prefetch_factor: batches that each worker reads ahead, 2 if `None`.
        persistent_workers: workers live on from one pass to the next.
        in_order: give batches in the sampler's order, and not as they come.

    Raises:
        ValueError: options exclude each other.

    Note:
        Workers give the same batches in the same order as `num_workers=0`. Only what a dataset
        draws at random differs: each worker has random numbers of its own, seeded by the pass's
        seed plus its number, as in PyTorch.

    Note:
        The tensors of a worker's batch lie in memory that the worker wrote to: see Note
        [Segments]. They are the program's alone, to change or to keep.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        is_stream = isinstance(dataset, IterableDataset)
        if is_stream:
            check_stream(shuffle, sampler, batch_sampler)
        check_choice(batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.dataset, self.generator = dataset, generator
        self.num_workers, self.in_order = num_workers, in_order
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.timeout, self.worker_init_fn = timeout, worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        if sampler is None:
            sampler = (
                _Endless()
                if is_stream
                else RandomSampler(dataset, generator=generator)
                if shuffle
                else SequentialSampler(dataset)
            )
        if batch_sampler is not None:
            batch_size, drop_last = None, False
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.sampler: Any = sampler
        self.batch_sampler: Any = batch_sampler
        self.batch_size, self.drop_last = batch_size, drop_last
        self.persistent_workers = persistent_workers
        self.collate_fn = collate_fn or (
            default_convert if batch_sampler is None else default_collate
        )
        self._iterator: PassByWorkers | None = None
        self._position: Position | None = None
        self._loaded: Mapping[str, Any] | None = None
        self._told_length: int | None = None
        self._is_made = True
        self.check_worker_number_rationality()

    _is_made = False

    def __setattr__(self, name: str, value: Any) -> None:
        if self._is_made and name in FIXED:
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized\n"
                "  try: another DataLoader"
            )
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        if self.num_workers == 0:
            return PassHere(self)
        if not self.persistent_workers:
            return PassByWorkers(self)
        if self._iterator is not None and self._loaded is not None:
            self._iterator.stop()  # other workers take over, from where the state says
        if self._iterator is None or not self._iterator.is_alive:
            self._iterator = PassByWorkers(self)
        else:
            self._iterator.begin_again(self)
        return self._iterator

    def __len__(self) -> int:
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is not None:
            length = length // self.batch_size if self.drop_last else -(-length // self.batch_size)
        self._told_length = length
        return length

    # -- coming back to a position -------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Where the current pass stands, in numbers and tensors: see `load_state_dict`.

        Raises:
            RuntimeError: batches come as they are ready, so that "the first 10" means nothing.
        """
        if not self.in_order and self.num_workers:
            raise RuntimeError(
                "DataLoader.state_dict: with in_order=False the batches that were given are no "
                "part of the order that could be gone past\n  try: in_order=True"
            )
        if self._loaded is not None:
            return dict(self._loaded)
        position = self._position
        if position is None:
            position = Position(self._generators(), self.num_workers)
            position.in_progress = False
        return position.state()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Let the next pass go on where the one of that state stood, in whatever program.

        It gives the batches that were still to come, and then is over. Examples of those before are
        not read again, except in streams, which have no other way to go past them. Workers draw the
        random numbers that they would have drawn. Those of this process are left as they are found:
        put the default generator back yourself, with `set_rng_state`.

        Raises:
            TypeError: it is no state of a DataLoader.
            ValueError: the loader of that state had other workers or generators.
        """
        check_state(state_dict, self.num_workers, len(self._generators()))
        goes_on = state_dict["in_progress"]
        if self.persistent_workers and any(one is not None for one in state_dict["random"]):
            goes_on = True
        self._loaded = dict(state_dict) if goes_on else None
        self._position = None

    def _generators(self) -> list[Generator]:
        """All that may decide the order, each once; the default one first."""
        found: list[Generator] = [default_generator]
        inner = getattr(self.batch_sampler, "sampler", None)
        for source in (self, self.sampler, self.batch_sampler, inner):
            generator = getattr(source, "generator", None)
            if isinstance(generator, Generator) and all(generator is not one for one in found):
                found.append(generator)
        return found

    # -- as PyTorch's --------------------------------------------------------------------------

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        """What gives an index for each batch, or for each single example."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def _reading(self) -> Reading:
        return Reading(self.dataset, self._auto_collation, self.collate_fn, self.drop_last)

    @property
    def multiprocessing_context(self) -> Any:
        """How workers are started: a context of `multiprocessing`, or `None` for its default."""
        return self._multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None and not self.num_workers:
            raise ValueError(
                "multiprocessing_context can only be used with multi-process loading (num_workers "
                f"> 0), but got num_workers={self.num_workers}"
            )
        self._multiprocessing_context = None if context is None else as_context(context)

    def _context(self) -> Any:
        import multiprocessing

        return self.multiprocessing_context or multiprocessing.get_context()

    def check_worker_number_rationality(self) -> None:
        """Warn if there are more workers than processors that this process may use."""
        has_affinity = hasattr(os, "sched_getaffinity")
        most = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
        if self.num_workers > most:
            warnings.warn(
                f"This DataLoader will create {self.num_workers} worker processes in total. Our "
                f"suggested max number of worker in current system is {most}, which is smaller "
                "than what this DataLoader is going to create. Please be aware that excessive "
                "worker creation might get DataLoader running slow or even freeze, lower the "
                "worker number to avoid potential slowness/freeze if necessary.",
                stacklevel=3,
            )


class _Endless:
    """Numbers for a batch sampler that only says how large a batch of a stream is."""

    def __iter__(self) -> Iterator[int]:
        while True:
            yield 0
