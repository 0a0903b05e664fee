"""The data loader: a dataset in batches, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from tracegrad.backend.random import Generator
from tracegrad.data.collate import default_collate, default_convert
from tracegrad.data.dataset import IterableDataset
from tracegrad.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from tracegrad.dtypes import int64
from tracegrad.ops.install import functions

T_co = TypeVar("T_co", covariant=True)


class DataLoader(Generic[T_co]):
    """A dataset in batches.

    Args:
        batch_size: examples in a batch; `None` for single ones.
        shuffle: read in another random order each time.
        sampler: the order of examples; batch_sampler: whole batches of numbers.
        num_workers: 0, everything happens in this process.
        collate_fn: makes a batch of a list of examples.
        drop_last: leave a last, smaller batch out.

    Raises:
        ValueError: options exclude each other.
        NotImplementedError: worker processes are asked for.
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
        _check_workers(
            num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context
        )
        self.dataset, self.num_workers, self.generator = dataset, num_workers, generator
        # Kept to be read: memory on the host needs no pinning for copies that wait.
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.timeout, self.worker_init_fn = timeout, worker_init_fn
        self._iterable = isinstance(dataset, IterableDataset)
        if self._iterable:
            _check_iterable(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if sampler is None and not self._iterable:
            sampler = (
                RandomSampler(dataset, generator=generator)
                if shuffle
                else SequentialSampler(dataset)
            )
        self.sampler: Any = sampler
        if batch_size is not None and batch_sampler is None:
            numbers = _endless() if self._iterable else sampler
            assert numbers is not None  # chosen above
            batch_sampler = BatchSampler(numbers, batch_size, drop_last)
        self.batch_sampler: Any = batch_sampler
        self.batch_size, self.drop_last = batch_size, drop_last
        single = self.batch_sampler is None
        self.collate_fn = collate_fn or (default_convert if single else default_collate)

    def __iter__(self) -> Iterator[Any]:
        # PyTorch draws a seed for its workers here, also where there are none: programs that draw
        # numbers meanwhile get the same ones.
        functions["empty"]((), dtype=int64).random_(generator=self.generator)
        return self._stream() if self._iterable else self._chosen()

    def _chosen(self) -> Iterator[Any]:
        """Examples by the numbers of the sampler."""
        dataset = self.dataset
        if self.batch_sampler is None:
            for index in self.sampler:
                yield self.collate_fn(dataset[index])
            return
        fetch = getattr(dataset, "__getitems__", None)
        for numbers in self.batch_sampler:
            examples = fetch(numbers) if callable(fetch) else [dataset[n] for n in numbers]
            yield self.collate_fn(examples)

    def _stream(self) -> Iterator[Any]:
        """Examples as the dataset gives them."""
        batch: list[Any] = []
        for example in self.dataset:
            if self.batch_size is None:
                yield self.collate_fn(example)
                continue
            batch.append(example)
            if len(batch) == self.batch_size:
                yield self.collate_fn(batch)
                batch = []
        if batch and not self.drop_last:
            yield self.collate_fn(batch)

    def __len__(self) -> int:
        if self._iterable:
            examples = len(self.dataset)
            if self.batch_size is None:
                return examples
            return (
                examples // self.batch_size if self.drop_last else -(-examples // self.batch_size)
            )
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)


def get_worker_info() -> None:
    """What a worker process knows of itself: `None`, this is the main process."""


def _endless() -> Iterator[int]:
    """Numbers for a batch sampler that only says how large a batch is."""
    while True:
        yield 0


def _check_workers(
    num_workers: int,
    timeout: float,
    prefetch_factor: int | None,
    persistent_workers: bool,
    multiprocessing_context: Any,
) -> None:
    if num_workers < 0:
        raise ValueError(
            "num_workers option should be non-negative; use num_workers=0 to disable "
            "multiprocessing."
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers > 0:
        raise NotImplementedError(
            f"DataLoader(num_workers={num_workers}): there are no worker processes\n"
            "  try: num_workers=0, which reads in this process"
        )
    if prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing."
            "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if persistent_workers:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if multiprocessing_context is not None:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > "
            f"0), but got num_workers={num_workers}"
        )


def _check_iterable(shuffle: bool | None, sampler: Any, batch_sampler: Any) -> None:
    for name, value in (
        ("shuffle", shuffle),
        ("sampler", sampler),
        ("batch_sampler", batch_sampler),
    ):
        if value not in (None, False):
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got "
                f"{name}={value}"
            )
