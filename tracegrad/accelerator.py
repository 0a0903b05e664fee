"""`torch.accelerator`: the GPU, if there is one, whatever its make."""

from __future__ import annotations

from typing import Any

from tracegrad import cuda
from tracegrad.backend.device import Device


def is_available() -> bool:
    """Whether there is a GPU."""
    return cuda.is_available()


def device_count() -> int:
    """How many GPUs there are."""
    return cuda.device_count()


def current_accelerator(check_available: bool = False) -> Device | None:
    """The device `cuda`, or `None` without a GPU."""
    return Device("cuda") if cuda.is_available() else None


def _needed() -> None:
    if not cuda.is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")


def current_device_index() -> int:
    """The GPU that is meant by `cuda` without a number."""
    _needed()
    return cuda.current_device()


def set_device_index(device: Any) -> None:
    """Make a GPU the one that is meant by `cuda` without a number."""
    _needed()
    cuda.set_device(device)


current_device_idx, set_device_idx = current_device_index, set_device_index  # their old names


def synchronize(device: Any = None) -> None:
    """Wait until a GPU has done all that it was told to."""
    _needed()
    cuda.synchronize(device)


def memory_allocated(device: Any = None) -> int:
    """Bytes that arrays occupy."""
    _needed()
    return cuda.memory_allocated(device)


def memory_reserved(device: Any = None) -> int:
    """Bytes that were taken from the driver."""
    _needed()
    return cuda.memory_reserved(device)


def max_memory_allocated(device: Any = None) -> int:
    """Bytes that arrays occupied at most: see `cuda.max_memory_allocated`."""
    _needed()
    return cuda.max_memory_allocated(device)


def reset_peak_memory_stats(device: Any = None) -> None:
    """Count `max_memory_allocated` from here on."""
    _needed()
    cuda.reset_peak_memory_stats(device)


def empty_cache() -> None:
    """Give memory that no array occupies back to the driver."""
    _needed()
    cuda.empty_cache()
