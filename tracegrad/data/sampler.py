"""The order in which examples are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

from tracegrad.backend.random import Generator
from tracegrad.dtypes import float64, int64
from tracegrad.ops.install import functions

T_co = TypeVar("T_co", covariant=True)


class Sampler(Generic[T_co]):
    """Numbers of examples: define `__iter__`, and `__len__` if it is known."""

    def __init__(self, data_source: Any = None) -> None:
        pass

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")


class SequentialSampler(Sampler[int]):
    """One after the other."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(_size_of(self.data_source)))

    def __len__(self) -> int:
        return _size_of(self.data_source)


def _size_of(dataset: Sized) -> int:
    try:
        return len(dataset)
    except TypeError as error:
        name = type(dataset).__name__
        if hasattr(dataset, "__len__"):
            raise
        raise TypeError(
            f"{error}\n  try: def __len__(self): in the class {name}; or an IterableDataset"
        ) from None


def _own_generator(generator: Generator | None) -> Generator:
    """The given one, or one for this pass, seeded by the default one: as in PyTorch, so that what
    the program draws meanwhile does not change the order.
    """
    if generator is not None:
        return generator
    seed = int(functions["empty"]((), dtype=int64).random_().item())
    return Generator().manual_seed(seed)


class RandomSampler(Sampler[int]):
    """In random order.

    Args:
        replacement: draw each from all.
        num_samples: how many to draw; all of them if `None`.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got {replacement=}")
        if num_samples is not None and (not isinstance(num_samples, int) or num_samples <= 0):
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={num_samples}"
            )
        self.data_source, self.replacement = data_source, replacement
        self._num_samples, self.generator = num_samples, generator
        if self.num_samples <= 0:
            raise ValueError(
                "num_samples should be a positive integer value, but got num_samples=0: the "
                "dataset is empty"
            )

    @property
    def num_samples(self) -> int:
        return _size_of(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        size, wanted = _size_of(self.data_source), self.num_samples
        generator = _own_generator(self.generator)
        # The last, partial draw is made even where nothing is left of it: as in PyTorch, so that
        # a generator of the program's own is left in the same state.
        if self.replacement:
            draw = functions["randint"]
            for _ in range(wanted // 32):
                yield from draw(0, size, (32,), generator=generator).tolist()
            yield from draw(0, size, (wanted % 32,), generator=generator).tolist()
        else:
            permute = functions["randperm"]
            for _ in range(wanted // size):
                yield from permute(size, generator=generator).tolist()
            yield from permute(size, generator=generator).tolist()[: wanted % size]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given numbers in random order."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        for n in functions["randperm"](len(self.indices), generator=self.generator).tolist():
            yield self.indices[n]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Numbers drawn with the given weights."""

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(num_samples, int) or num_samples <= 0:
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={num_samples}"
            )
        self.weights = functions["as_tensor"](weights, dtype=float64)
        self.num_samples, self.replacement = num_samples, replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = functions["multinomial"](
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        yield from drawn.tolist()  # drawn when the first is asked for, as in PyTorch

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Numbers of another sampler in lists of `batch_size`.

    Args:
        drop_last: leave a last, smaller list out.
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        numbers = iter(self.sampler)
        while batch := list(islice(numbers, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
