"""Examples to batches: tensors stacked, numbers made tensors, inside of containers too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.dtypes import float64
from tracegrad.ops.install import functions


def default_collate(batch: Sequence[Any]) -> Any:
    """Examples as one batch.

    Tensors and arrays are stacked, numbers become a tensor, texts stay a list; tuples, lists and
    dicts are taken apart and put together again.

    Raises:
        TypeError: there is something else in the examples.
        RuntimeError: sequences have different lengths.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return functions["stack"](list(batch), 0)
    if isinstance(first, np.ndarray | np.generic):
        if first.dtype.kind in "SUO":
            raise TypeError(f"default_collate: an array of {first.dtype} cannot be a tensor")
        tensors = [functions["as_tensor"](np.asarray(one)) for one in batch]
        return functions["stack"](tensors, 0)
    if isinstance(first, str | bytes):
        return list(batch) if not isinstance(batch, tuple) else batch
    if isinstance(first, float):
        return functions["tensor"](list(batch), dtype=float64)
    if isinstance(first, int):  # and bool
        return functions["tensor"](list(batch))
    if isinstance(first, Mapping):
        together = {key: default_collate([one[key] for one in batch]) for key in first}
        return _as(first, together)
    if isinstance(first, Sequence):
        if any(len(one) != len(first) for one in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        if hasattr(first, "_fields"):
            return type(first)(*columns)
        return columns
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found "
        f"{type(first)}"
    )


def _as(first: Mapping[Any, Any], together: dict[Any, Any]) -> Any:
    try:
        return type(first)(together)  # type: ignore[call-arg]
    except TypeError:  # a mapping of its own kind that cannot be made from a dict
        return together


def default_convert(data: Any) -> Any:
    """Arrays as tensors, inside of containers too; everything else as it is."""
    if isinstance(data, np.ndarray | np.generic) and data.dtype.kind not in "SUO":
        return functions["as_tensor"](np.asarray(data))
    if isinstance(data, Mapping):
        return _as(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*[default_convert(one) for one in data])
    if isinstance(data, tuple | list):
        return [default_convert(one) for one in data]
    return data
