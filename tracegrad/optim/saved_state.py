"""An optimizer's state on its way into a state dict and out of one, ours or PyTorch's."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import as_array, copied, on_device


def copied_state(value: Any) -> Any:
    """The same with copies of all tensors, inside of lists, tuples and dicts too."""
    return _mapped(value, lambda tensor: Tensor._of(copied(tensor._array)))


def plain(value: Any) -> Any:
    """The same with PyTorch's tensors as ours; all of them copies."""
    return _mapped(value, lambda tensor: Tensor._of(copied(tensor._array)), foreign=True)


def fitting(entry: Any, p: Tensor, numbers: Container[str]) -> Any:
    """A saved state for a parameter: copies of tensors, on its device and of its dtype.

    Args:
        numbers: entries that keep their dtype, and stay on the host.
    """

    def fitted(tensor: Tensor) -> Tensor:
        array = on_device(tensor._array, p.device)
        if p.is_floating_point() and array.dtype != p._array.dtype:
            return Tensor._of(array.astype(p._array.dtype))
        return Tensor._of(copied(array))

    if not isinstance(entry, Mapping):
        return _mapped(entry, fitted, foreign=True)
    return {
        k: plain(v) if k in numbers else _mapped(v, fitted, foreign=True)
        for k, v in entry.items()
    }  # fmt: skip


def _mapped(value: Any, change: Any, foreign: bool = False) -> Any:
    if isinstance(value, Tensor):
        return change(value)
    if foreign and _is_foreign(value):
        return change(_ours(value))
    if isinstance(value, Mapping):
        return {k: _mapped(v, change, foreign) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)([_mapped(v, change, foreign) for v in value])
    return value


def _is_foreign(value: Any) -> bool:
    """Whether a value is another library's tensor, or an array."""
    return hasattr(value, "__array__") and not isinstance(value, np.generic)


def _ours(value: Any) -> Tensor:
    """Another library's tensor as one of ours."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if str(value.dtype).endswith("bfloat16"):  # which its numpy() refuses
            return Tensor._of(np.asarray(value.float()).astype(dtypes.bfloat16.numpy))
    return Tensor._of(as_array(value))
