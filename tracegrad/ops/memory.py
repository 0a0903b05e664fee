"""What a tensor tells about its memory: `untyped_storage()`, `storage_offset()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.device import Device, device_of, on_host
from tracegrad.backend.geometry import address
from tracegrad.ops.strided import offset_in_storage
from tracegrad.storage import Storage, storage_of


class UntypedStorage:
    """The memory under a tensor and all that are views of it, as bytes.

    Attributes:
        _storage: what all of those tensors share.
        _array: the elements of the tensor that the memory was made for.
    """

    __slots__ = ("_array", "_storage")

    def __init__(self, storage: Storage, array: Any) -> None:
        self._storage = storage
        self._array = array

    @property
    def device(self) -> Device:
        return device_of(self._array)

    def data_ptr(self) -> int:
        """Address of the first byte; 0 if there are none."""
        return address(self._array) if self._array.size else 0

    def nbytes(self) -> int:
        """Number of bytes."""
        array = self._array
        spans = [(n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)]
        return 0 if not array.size else sum(spans) + array.itemsize

    size = __len__ = nbytes

    def tolist(self) -> list[int]:
        """The bytes as numbers."""
        host = np.ascontiguousarray(on_host(self._array))
        return host.reshape(-1).view(np.uint8).tolist()

    def __getitem__(self, index: int) -> int:
        return self.tolist()[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and self.data_ptr() == other.data_ptr()

    def __hash__(self) -> int:
        return hash(self.data_ptr())

    def __repr__(self) -> str:
        return f"[tracegrad.storage.UntypedStorage(device={self.device}) of size {self.nbytes()}]"


def _memory(self: Tensor) -> Any:
    """The elements of the tensor whose memory this one shows."""
    storage = storage_of(self)
    if storage.array is not None:
        return storage.array
    return self._array if self._view is None else self._view.base._array


def untyped_storage(self: Tensor) -> UntypedStorage:
    """The memory that the tensor shares with its views."""
    return UntypedStorage(storage_of(self), _memory(self))


FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {
    "untyped_storage": untyped_storage, "storage_offset": offset_in_storage,
}  # fmt: skip
"""Methods only."""
