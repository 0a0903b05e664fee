"""One batch of a dataset: its examples read, and put together. The same in every process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from tracegrad._tensor import Tensor
from tracegrad.data.blame import blame_collation, blame_item
from tracegrad.data.collate import default_collate, is_as_delivered
from tracegrad.data.dataset import IterableDataset, Subset, TensorDataset
from tracegrad.data.items import read_item, read_items


@dataclass(frozen=True, slots=True)
class Reading:
    """How a loader reads, in whatever process.

    Attributes:
        batched: whether an index stands for a batch, a list of numbers, and not for one example.
        drop_last: of a stream: leave a last, smaller batch out.
    """

    dataset: Any
    batched: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool

    @property
    def is_stream(self) -> bool:
        return isinstance(self.dataset, IterableDataset)

    def begin(self) -> Fetcher:
        """What fetches the batches of one pass."""
        return StreamFetcher(self) if self.is_stream else MapFetcher(self)


class Fetcher(Protocol):
    """Gives the batches of one pass."""

    def fetch(self, index: Any) -> Any:
        """The batch, or the single example, of that index.

        Raises:
            StopIteration: a stream is over.
        """

    def skip(self, index: Any) -> None:
        """Go past a batch that an earlier process fetched.

        Raises:
            StopIteration: a stream is over.
        """


class MapFetcher:
    """Examples by number."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def fetch(self, index: Any) -> Any:
        reading = self._reading
        if not reading.batched:
            example = read_item(reading.dataset, index)
            return _collated(reading, [index], example)
        if reading.collate_fn is default_collate and is_as_delivered():
            rows = _rows(reading.dataset, index)
            if rows is not None:
                return rows
        return _collated(reading, index, read_items(reading.dataset, index))

    def skip(self, index: Any) -> None:
        """Nothing: whoever draws the numbers goes past them."""


class StreamFetcher:
    """Examples as the dataset gives them; an index only says how many."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._examples = iter(reading.dataset)
        self._read = 0
        self._ended = False

    def fetch(self, index: Any) -> Any:
        if not self._reading.batched:
            return _collated(self._reading, None, self._next(1)[0])
        examples = self._next(len(index))
        if self._reading.drop_last and len(examples) < len(index):
            raise StopIteration
        return _collated(self._reading, None, examples)

    def skip(self, index: Any) -> None:
        self._next(len(index) if self._reading.batched else 1)

    def _next(self, count: int) -> list[Any]:
        """Up to `count` examples, at least one."""
        if self._ended:
            raise StopIteration
        examples: list[Any] = []
        try:
            examples.extend(islice(self._examples, count))  # keeps those before an error
        except Exception as error:
            blame_item(error, self._reading.dataset, self._read + len(examples))
            raise
        self._read += len(examples)
        self._ended = len(examples) < count
        if not examples:
            raise StopIteration
        return examples


# -- putting together ------------------------------------------------------------------------------


def _collated(reading: Reading, indices: Sequence[Any] | None, examples: Any) -> Any:
    try:
        return reading.collate_fn(examples)
    except StopIteration as error:  # it would end the loop over the loader
        raise RuntimeError("collate_fn raised StopIteration") from error
    except Exception as error:
        blame_collation(
            error, reading.dataset, indices, examples if reading.batched else [examples]
        )
        raise


def _rows(dataset: Any, indices: Sequence[Any]) -> list[Tensor] | None:
    """What `default_collate` makes of these examples of a `TensorDataset`, at once.

    A batch of 64 takes 30 us this way and 340 by single rows. `None` where it would not be the
    same: in classes of the program's own, and for what is no plain number.
    """
    while type(dataset) is Subset:
        if set(map(type, indices)) != {int}:
            return None
        dataset, indices = dataset.dataset, [dataset.indices[n] for n in indices]
    if type(dataset) is not TensorDataset or set(map(type, indices)) != {int}:
        return None
    try:
        return [tensor[list(indices)] for tensor in dataset.tensors]
    except IndexError:
        return None  # reading one by one says which
