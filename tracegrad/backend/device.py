"""Where arrays live, and the namespace (`numpy`, `cupy`) whose functions work on them there.

Note [One seam]
~~~~~~~~~~~~~~~
Everything above this package reaches arrays through three things: methods that NumPy's and CuPy's
arrays share, the namespace of an array (`namespace_of`), and what its `Backend` does where the two
differ (addresses, copies between host and device). A kernel gets the namespace as its first
argument and calls nothing else. Arrays of different devices never meet: CuPy refuses that, and the
error becomes PyTorch's (`ops/explain.py`).
"""

from __future__ import annotations

import functools
import importlib
from typing import Any, Protocol

import numpy as np

Array = Any
"""An array of any namespace. NumPy's and CuPy's have no common type that mypy could check."""

Namespace = Any
"""The module that a kernel reaches arrays through: `numpy`, or one that looks like it."""


class Device:
    """Where a tensor's elements are: `tracegrad.device("cpu")`, `tracegrad.device("cuda:0")`."""

    __slots__ = ("index", "type")

    def __init__(self, type: str | Device, index: int | None = None) -> None:
        text = str(type)
        kind, _, number = text.partition(":")
        if kind not in ("cpu", "cuda"):
            raise RuntimeError(
                f"Expected one of cpu, cuda device type at start of device string: {text}"
            )
        if number and not number.isdigit():
            raise RuntimeError(f"Invalid device string: '{text}'")
        self.type = kind
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        at = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{at})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Device) and str(self) == str(other))

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Device, (self.type, self.index)

    def __enter__(self) -> Device:
        _default.append(as_device(self))
        return self

    def __exit__(self, *_: object) -> None:
        _default.pop()


class Backend(Protocol):
    """What differs between the arrays of one kind of device and those of another."""

    namespace: Namespace
    array_type: type

    def device_of(self, array: Array) -> Device:
        """Where the array is."""

    def put(self, array: np.ndarray[Any, Any], device: Device) -> Array:
        """A copy of an array of the host on the device."""

    def move(self, array: Array, device: Device) -> Array:
        """A copy of one of its arrays on another device of its kind; itself if it is there."""

    def get(self, array: Array) -> np.ndarray[Any, Any]:
        """A copy of one of its arrays on the host."""

    def address(self, array: Array) -> int:
        """Of the first element."""

    def scientific(self, name: str) -> Any:
        """Its copy of a module of SciPy: `special`, `linalg`."""

    def strided(
        self, array: Array, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
    ) -> Array:
        """Any elements of the memory in which an array lies; strides and offset in bytes."""


CPU = Device("cpu")

_backends: dict[type, Backend] = {}
"""Of every device but the CPU, by the type of its arrays."""

_cuda: list[Backend] = []
"""The backend for `cuda`, once it was asked for."""


def install_cuda(backend: Backend) -> None:
    """Make `backend` the one behind the device `cuda`: CuPy's, or a stand-in for tests."""
    _cuda[:] = [backend]
    _backends[backend.array_type] = backend


def uninstall_cuda() -> None:
    """Forget the backend behind `cuda`; the next use looks for CuPy again."""
    for backend in _cuda:
        _backends.pop(backend.array_type, None)
    _cuda.clear()


def cuda() -> Backend:
    """The backend for `cuda`.

    Raises:
        RuntimeError: CuPy, a driver or a GPU is missing; the message says which.
    """
    if not _cuda:
        from tracegrad.backend.cupy_ import CupyBackend

        install_cuda(CupyBackend())
    return _cuda[0]


def cuda_is_available() -> bool:
    """Whether tensors can be made on `cuda` here."""
    try:
        cuda()
    except RuntimeError:
        return False
    return True


_default = [CPU]
"""Where new tensors go, changed by `set_default_device` and inside of `with device(...)`."""


def set_default_device(device: str | int | Device | None) -> None:
    """Set where new tensors go when no device is given; `None` is the CPU."""
    _default[:] = [CPU if device is None else as_device(device)]


def get_default_device() -> Device:
    """Where new tensors go when no device is given."""
    return _default[-1]


def as_device(value: str | int | Device | None) -> Device:
    """A device from its name; a number is that GPU, `None` is the CPU.

    Raises:
        RuntimeError: no such device, or no arrays for it here.
    """
    if value is None:
        return _default[-1]
    if isinstance(value, int):
        value = Device("cuda", value)
    device = value if isinstance(value, Device) else Device(value)
    if device.type == "cuda":
        cuda()
        return device if device.index is not None else Device("cuda", 0)
    return device


# -- of an array -----------------------------------------------------------------------------------


def is_array(value: Any) -> bool:
    """Whether a value is an array of any device. (NumPy's scalars are none.)"""
    return isinstance(value, np.ndarray) or type(value) in _backends


def as_array(value: Any) -> Array:
    """A kernel's result as an array: NumPy gives scalars for 0-d results."""
    return value if type(value) in _backends else np.asarray(value)


def device_of(array: Array) -> Device:
    """The device that an array is on."""
    backend = _backends.get(type(array))
    return CPU if backend is None else backend.device_of(array)


def namespace_of(*arrays: Array) -> Namespace:
    """The module whose functions work on the first of these that is an array of a device; NumPy
    for everything else.
    """
    if _backends:
        for array in arrays:
            backend = _backends.get(type(array))
            if backend is not None:
                return backend.namespace
    return np


@functools.cache
def _scipy(name: str) -> Any:
    """A module of SciPy, imported when first needed (0.1 s)."""
    return importlib.import_module(f"scipy.{name}")


def scientific(xp: Namespace, name: str) -> Any:
    """SciPy's module of that name, or the copy of it for arrays of another namespace."""
    if xp is np:
        return _scipy(name)
    return next(b for b in _backends.values() if b.namespace is xp).scientific(name)


def backend_of(array: Array) -> Backend | None:
    """What knows more of an array than its namespace; `None` on the CPU."""
    return _backends.get(type(array))


def copied(array: Array) -> Array:
    """The same elements in new memory on the same device, row-major."""
    return array.copy(order="C") if type(array) in _backends else np.array(array, order="C")


def on_host(array: Array) -> np.ndarray[Any, Any]:
    """The array itself if it is NumPy's, else a copy on the host."""
    backend = _backends.get(type(array))
    return np.asarray(array) if backend is None else backend.get(array)


def on_device(array: Array, device: Device) -> Array:
    """The array itself if it is on that device, else a copy there."""
    backend = _backends.get(type(array))
    if backend is None:
        return array if device.type == "cpu" else cuda().put(np.asarray(array), device)
    return backend.get(array) if device.type == "cpu" else backend.move(array, device)
