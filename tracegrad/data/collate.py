"""Examples to batches: tensors stacked, numbers made tensors, inside of containers too."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.dtypes import float64
from tracegrad.ops.install import functions

CollateMap = Mapping[Any, Callable[..., Any]]
"""From a class, or several, to what makes a batch of its examples."""

default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)

# -- one kind of example each ----------------------------------------------------------------------


def collate_tensor_fn(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Tensors of one shape, stacked."""
    stacked: Tensor = functions["stack"](list(batch), 0)
    return stacked


def collate_numpy_array_fn(
    batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None
) -> Any:
    """Arrays of one shape, as tensors.

    Raises:
        TypeError: they hold texts or objects.
    """
    if batch[0].dtype.kind in "SUO":
        raise TypeError(default_collate_err_msg_format.format(batch[0].dtype))
    return collate(
        [functions["as_tensor"](array) for array in batch], collate_fn_map=collate_fn_map
    )


def collate_numpy_scalar_fn(
    batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None
) -> Tensor:
    """NumPy's numbers as one tensor of their dtype."""
    tensor: Tensor = functions["as_tensor"](np.asarray(batch))
    return tensor


def collate_float_fn(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Python floats as one tensor of float64."""
    tensor: Tensor = functions["tensor"](list(batch), dtype=float64)
    return tensor


def collate_int_fn(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Python integers, or truth values, as one tensor."""
    tensor: Tensor = functions["tensor"](list(batch))
    return tensor


def collate_str_fn(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """Texts stay as they are."""
    return batch


default_collate_fn_map: dict[Any, Callable[..., Any]] = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,  # and bool
    str: collate_str_fn,
    bytes: collate_str_fn,
}
"""What `default_collate` does with each class. A program may add its own."""

_AS_DELIVERED = dict(default_collate_fn_map)


def is_as_delivered() -> bool:
    """Whether the program has left `default_collate_fn_map` alone."""
    return default_collate_fn_map == _AS_DELIVERED


# -- examples of many parts ------------------------------------------------------------------------


def collate(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """Examples as one batch, by a table of your own.

    Args:
        collate_fn_map: from a class to a function `(batch, *, collate_fn_map)`; the class itself is
            looked for first, then in order the first that the example is an instance of.

    Raises:
        TypeError: there is something in the examples that the table does not have.
        RuntimeError: sequences have different lengths.
    """
    first = batch[0]
    if collate_fn_map is not None:
        if type(first) in collate_fn_map:
            return collate_fn_map[type(first)](batch, collate_fn_map=collate_fn_map)
        for kinds, collate_kind in collate_fn_map.items():
            if isinstance(first, kinds):
                return collate_kind(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        return _like_mapping(
            first,
            {key: collate([one[key] for one in batch], collate_fn_map=collate_fn_map)
             for key in first},
        )  # fmt: skip
    if isinstance(first, Sequence):
        if any(len(one) != len(first) for one in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [
            collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=True)
        ]
        return _like_sequence(first, columns)
    is_image = type(first).__module__.startswith("PIL.")
    raise TypeError(
        default_collate_err_msg_format.format(type(first))
        + "\n  try: ToTensor() as the last transform of the dataset" * is_image
    )


def default_collate(batch: Sequence[Any]) -> Any:
    """Examples as one batch.

    Tensors and arrays are stacked, numbers become a tensor, texts stay as they are; tuples, lists
    and dicts are taken apart and put together again.

    Raises:
        TypeError: there is something else in the examples.
        RuntimeError: sequences have different lengths.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def default_convert(data: Any) -> Any:
    """Arrays as tensors, inside of containers too; everything else as it is."""
    if isinstance(data, np.ndarray | np.generic):
        return data if data.dtype.kind in "SUO" else functions["as_tensor"](np.asarray(data))
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _like_sequence(data, [default_convert(one) for one in data])
    return data


def _like_mapping(first: Mapping[Any, Any], parts: dict[Any, Any]) -> Any:
    """The parts in a mapping like the first: a copy of it, since it may have more to it."""
    try:
        if isinstance(first, MutableMapping):
            whole = copy.copy(first)
            whole.update(parts)
            return whole
        return type(first)(parts)  # type: ignore[call-arg]
    except TypeError:  # of a kind that cannot be copied, or made from a dict
        return parts


def _like_sequence(first: Sequence[Any], parts: list[Any]) -> Any:
    """The parts in a sequence like the first; tuples become lists, as in PyTorch."""
    if isinstance(first, tuple):
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    try:
        if isinstance(first, MutableSequence):
            whole = copy.copy(first)
            for n, part in enumerate(parts):
                whole[n] = part
            return whole
        return type(first)(parts)  # type: ignore[call-arg]
    except TypeError:  # `range` and the like
        return parts
