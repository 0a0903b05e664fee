"""Datasets: examples by number, or one after the other."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

from tracegrad._tensor import Tensor
from tracegrad.backend.random import Generator
from tracegrad.data.items import read_items
from tracegrad.ops.install import functions

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Examples by number: define `__getitem__`, and `__len__` if it is known."""

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Examples one after the other: define `__iter__`.

    Each worker process of a loader has a copy and reads all of it. So that every example comes
    once, `__iter__` takes only the part that is its own:

    Example:
        >>> class Lines(IterableDataset):
        ...     def __iter__(self):
        ...         worker = get_worker_info()
        ...         start, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        ...         return islice(open("lines.txt"), start, None, step)
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")

    def __add__(self, other: Dataset[Any]) -> Any:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors with the same first size: example `n` is the n-th of each.

    Raises:
        AssertionError: the first sizes differ.
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(tensor.size(0) != tensors[0].size(0) for tensor in tensors):
            sizes = ", ".join(str(tensor.size(0)) for tensor in tensors)
            raise AssertionError(f"Size mismatch between tensors: first sizes are {sizes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].size(0)


class StackDataset(Dataset[Any]):
    """Datasets side by side: example `n` is a tuple, or a dict, of the n-th of each."""

    def __init__(self, *args: Dataset[Any], **kwargs: Dataset[Any]) -> None:
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or ``dict``- (via ``kwargs``) like "
                "input/output, but both types are given."
            )
        self.datasets: Any = args or kwargs
        lengths = {len(d) for d in (args or kwargs.values())}  # type: ignore[arg-type]
        if len(lengths) > 1:
            raise ValueError(f"Size mismatch between datasets: {sorted(lengths)}")
        self._length = lengths.pop()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        if isinstance(self.datasets, dict):
            columns = [_together(dataset, indices) for dataset in self.datasets.values()]
            return [
                dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)
            ]
        return list(zip(*(_together(dataset, indices) for dataset in self.datasets), strict=True))

    def __len__(self) -> int:
        return self._length


def _together(dataset: Any, indices: list[Any]) -> list[Any]:
    """Examples of one of several datasets side by side."""
    examples = read_items(dataset, indices)
    if len(examples) != len(indices):
        raise ValueError(
            f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(examples)}\n"
            f"  from {type(dataset).__name__}.__getitems__"
        )
    return examples


class ConcatDataset(Dataset[T_co]):
    """Datasets one after the other, by number."""

    def __init__(self, datasets: Iterable[Dataset[T_co]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = list(accumulate(len(d) for d in self.datasets))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T_co:
        dataset, inside = self._inside(index)
        return dataset[inside]

    def _inside(self, index: int) -> tuple[Dataset[T_co], int]:
        """Which of the datasets an example is in, and its number there."""
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        n = bisect_right(self.cumulative_sizes, index)
        return self.datasets[n], index - (self.cumulative_sizes[n - 1] if n else 0)


class ChainDataset(IterableDataset[Any]):
    """Iterable datasets one after the other."""

    def __init__(self, datasets: Iterable[Dataset[Any]]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield from dataset

    def __len__(self) -> int:
        lengths = [len(dataset) for dataset in self.datasets]  # type: ignore[arg-type]
        return sum(lengths)


class Subset(Dataset[T_co]):
    """Some examples of a dataset, by their numbers there.

    Raises:
        NotImplementedError: a subclass defines `__getitem__` and not `__getitems__`, which the
            loader calls.
    """

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        kind = type(self)
        if kind.__getitem__ is not Subset.__getitem__ and kind.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{kind.__name__} overrides __getitem__ but not __getitems__, which the DataLoader "
                "calls\n  try: def __getitems__(self, indices): return [self[n] for n in indices]"
            )
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[n] for n in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[T_co]:
        return read_items(self.dataset, [self.indices[n] for n in indices])

    def _inside(self, index: int) -> tuple[Dataset[T_co], int]:
        return self.dataset, self.indices[index]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Dataset[Any], lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset[Any]]:
    """A dataset in parts of random examples.

    Args:
        lengths: of the parts; or fractions that sum to 1, where what rounding leaves goes to the
            first ones.

    Raises:
        ValueError: the lengths do not sum to the dataset's.
    """
    size = len(dataset)  # type: ignore[arg-type]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        if any(not 0 <= fraction <= 1 for fraction in lengths):
            raise ValueError(f"fractions must be between 0 and 1, got {list(lengths)}")
        counts = [math.floor(size * fraction) for fraction in lengths]
        for n in range(size - sum(counts)):
            counts[n % len(counts)] += 1
        for n, count in enumerate(counts):
            if count == 0:
                warnings.warn(
                    f"Length of split at index {n} is 0. This might result in an empty dataset.",
                    stacklevel=2,
                )
    else:
        counts = [int(length) for length in lengths]
    if sum(counts) != size:
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset!\n"
            f"  {counts} sum to {sum(counts)}, the dataset has {size}"
        )
    order = functions["randperm"](size, generator=generator).tolist()
    ends = list(accumulate(counts))
    return [
        Subset(dataset, order[end - count : end]) for count, end in zip(counts, ends, strict=True)
    ]
