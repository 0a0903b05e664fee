"""What `fit` and its like accept as data, made into something that gives batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.random import default_generator
from tracegrad.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from tracegrad.dtypes import get_default_dtype
from tracegrad.ops.install import functions
from tracegrad.training.arguments import check_arguments

BATCH_SIZE = 32

ACCEPTED = "an array, a tensor, a tuple (x, y) of them, a list of examples, a Dataset, a DataLoader"


class Columns(TensorDataset):
    """Tensors side by side, of which a whole batch is taken at once, without stacking examples."""

    def __getitems__(self, indices: list[int]) -> list[Tensor]:
        return [tensor[indices] for tensor in self.tensors]


def as_is(batch: Any) -> Any:
    """What `Columns` gives is a batch already."""
    return batch


def loader(
    data: Any, options: Mapping[str, Any] | None, *, shuffle: bool, argument: str = "data"
) -> Any:
    """Data as something that gives batches as often as it is asked.

    Args:
        options: of the `DataLoader` that is made; batches of 32 by default.
        shuffle: unless the options say otherwise.
        argument: what the user calls the data.

    Raises:
        TypeError: they are nothing of the kind, or can be read only once.
        ValueError: sizes differ, there are no examples, or options are given for a loader.
    """
    if gives_batches(data):
        if options:
            raise ValueError(
                f"dataloader_options are for arrays and datasets, {argument} is a "
                f"{type(data).__name__} with its own\n  try: set them where it is made"
            )
        return data
    dataset = as_dataset(data, argument)
    check_arguments(DataLoader, options or {}, "dataloader_options", complete=False)
    chosen: dict[str, Any] = {"batch_size": BATCH_SIZE} | dict(options or {})
    if not isinstance(dataset, IterableDataset):
        if not {"shuffle", "sampler", "batch_sampler"} & set(chosen):
            chosen["shuffle"] = shuffle
        if len(dataset) == 0:  # type: ignore[arg-type]
            raise ValueError(f"{argument}: there are no examples")
    if "batch_sampler" in chosen and not (options or {}).get("batch_size"):
        del chosen["batch_size"]
    if _takes_batches(dataset) and chosen.get("batch_size", 1) is not None:
        if chosen.get("collate_fn") is None:
            chosen["collate_fn"] = as_is
        else:  # one that expects examples
            dataset = _by_examples(dataset)
    return DataLoader(dataset, **chosen)


def gives_batches(data: Any) -> bool:
    """Whether data are a loader, or something else that gives whole batches."""
    if isinstance(data, DataLoader):
        return True
    given = isinstance(data, Tensor | np.ndarray | Dataset | str | bytes | Mapping | Sequence)
    return not given and isinstance(data, Iterable) and not hasattr(data, "__getitem__")


def as_dataset(data: Any, argument: str = "data") -> Dataset[Any]:
    """Data as a dataset.

    Raises:
        TypeError, ValueError: as of `loader`.
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, Tensor | np.ndarray):
        return _columns([data], argument)
    if isinstance(data, tuple) or (isinstance(data, list) and _are_columns(data)):
        return _columns(data, argument)
    if isinstance(data, list) and data and isinstance(data[0], int | float):
        return _columns([data], argument)
    numbered = hasattr(data, "__getitem__") and hasattr(data, "__len__")
    if numbered and hasattr(data, "__array__"):  # a data frame, whose [n] is a column
        return _columns([data], argument)
    if numbered and not isinstance(data, str | bytes | Mapping):
        return _Examples(data)
    raise TypeError(f"{argument}: expected {ACCEPTED}; got {type(data).__name__}")


class _Examples(Dataset[Any]):
    """Anything with `len()` and `[n]`."""

    def __init__(self, examples: Any) -> None:
        self.examples = examples

    def __getitem__(self, index: Any) -> Any:
        return self.examples[index]

    def __len__(self) -> int:
        return len(self.examples)


def _are_columns(data: list[Any]) -> bool:
    return bool(data) and all(isinstance(one, Tensor | np.ndarray) for one in data)


def _columns(given: Sequence[Any], argument: str) -> Columns:
    tensors = [_tensor(one, f"{argument}[{n}]") for n, one in enumerate(given)]
    sizes = [tensor.size(0) for tensor in tensors]
    if len(set(sizes)) > 1:
        raise ValueError(f"{argument}: first sizes differ: {sizes}; they count the examples")
    return Columns(*tensors)


def _tensor(given: Any, argument: str) -> Tensor:
    """A column. Arrays of Python's floats, float64, become the default dtype as `tensor()` makes
    lists; tensors stay as they are.
    """
    try:
        tensor = functions["as_tensor"](given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{argument}: expected {ACCEPTED}; {error}") from None
    if tensor.dim() == 0:
        raise ValueError(f"{argument}: a single number has no examples")
    if not isinstance(given, Tensor) and tensor.dtype.name == "float64":
        return tensor.to(get_default_dtype())
    return tensor


def _takes_batches(dataset: Any) -> bool:
    while hasattr(dataset, "dataset"):  # a Subset
        dataset = dataset.dataset
    return isinstance(dataset, Columns)


def _by_examples(dataset: Any) -> Any:
    if isinstance(dataset, Columns):
        return TensorDataset(*dataset.tensors)
    return _Examples(dataset)


# -- validation ------------------------------------------------------------------------------------


def split(data: Any, valid_data: Any) -> tuple[Any, Any]:
    """Training and validation data, where `valid_data` may be a share of the examples.

    Raises:
        ValueError: the share is not between 0 and 1, or leaves a side without examples.
        TypeError: the data are batches already and cannot be shared out.
    """
    if isinstance(valid_data, bool) or not isinstance(valid_data, int | float):
        return data, valid_data
    if not 0 < valid_data < 1:
        raise ValueError(f"valid_data: a share lies between 0 and 1, got {valid_data}")
    if gives_batches(data):
        raise TypeError(
            f"valid_data={valid_data} needs examples to choose from, data is a "
            f"{type(data).__name__}\n  try: its dataset, or a loader as valid_data"
        )
    dataset = as_dataset(data)
    if isinstance(dataset, IterableDataset):
        raise TypeError("valid_data: an IterableDataset cannot be split\n  try: a second one")
    examples = len(dataset)  # type: ignore[arg-type]
    kept = round(examples * valid_data)
    if not 0 < kept < examples:
        raise ValueError(f"valid_data={valid_data} of {examples} examples leaves one side empty")
    train, valid = shares(dataset, [examples - kept, kept])
    return train, valid


class Share(Subset[Any]):
    """A random part of the data that `fit` took.

    Attributes:
        drawn_from: state of the random numbers before, with which the same part is drawn again.
    """

    def __init__(self, dataset: Any, indices: Sequence[int], drawn_from: Any) -> None:
        super().__init__(dataset, indices)
        self.drawn_from = drawn_from


def shares(dataset: Any, lengths: Sequence[int]) -> list[Share]:
    """All of a dataset in random parts."""
    state = default_generator.state()
    return [Share(dataset, part.indices, state) for part in random_split(dataset, lengths)]


def draw_again(parts: Sequence[Share], drawn_from: Any) -> None:
    """Make parts of one dataset those that were drawn from a state."""
    now = default_generator.state()
    default_generator.restore(drawn_from)
    for part, drawn in zip(parts, shares(parts[0].dataset, [len(p) for p in parts]), strict=True):
        part.indices, part.drawn_from = drawn.indices, drawn_from
    default_generator.restore(now)


def share_of(data: Any) -> Share | None:
    """The share that a loader reads, if it reads one."""
    found = getattr(data, "dataset", None)
    if isinstance(found, _Examples):
        found = found.examples
    return found if isinstance(found, Share) else None


def batches_in(data: Any) -> int | None:
    """How many batches a pass has; `None` if the data cannot tell."""
    try:
        return len(data)
    except (TypeError, NotImplementedError, AttributeError):
        return None


def refuse_used_up(data: Any, argument: str) -> None:
    """Refuse what can be read only once.

    Raises:
        TypeError: it is an iterator.
    """
    if isinstance(data, Iterator):
        raise TypeError(
            f"{argument}: a {type(data).__name__} can be read only once, and each epoch reads it "
            "all\n  try: a list of it, an IterableDataset, or epochs=1 with [*it]"
        )
