"""How much of a GPU's memory is used. All zeros without one, as in PyTorch.

CuPy's pool knows what is used now, not what was used at most. `reset_peak_memory_stats()` therefore
starts to look after each allocation of this thread; before it is called, `max_memory_allocated()`
is the size of the pool, which is at least as much.
"""

from __future__ import annotations

from typing import Any

from tracegrad.backend.device import cuda
from tracegrad.cuda.devices import index_of, is_available, runtime

_peaks: dict[int, int] = {}
"""Bytes used at most, by GPU, since `reset_peak_memory_stats`."""

_hooks: list[Any] = []
"""CuPy's hook that looks after allocations, once it was asked for."""


def _pool() -> Any:
    return cuda().namespace.get_default_memory_pool()


def _measured(name: str, device: Any) -> int:
    if not is_available():
        return 0
    with runtime().Device(index_of(device)):
        return int(getattr(_pool(), name)())


def memory_allocated(device: Any = None) -> int:
    """Bytes that arrays occupy."""
    return _measured("used_bytes", device)


def memory_reserved(device: Any = None) -> int:
    """Bytes that were taken from the driver, free ones included."""
    return _measured("total_bytes", device)


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Free and all bytes of a GPU, whoever uses them."""
    with runtime().Device(index_of(device)):
        free, total = runtime().runtime.memGetInfo()
    return int(free), int(total)


def empty_cache() -> None:
    """Give memory that no array occupies back to the driver."""
    if is_available():
        _pool().free_all_blocks()


# -- at most ---------------------------------------------------------------------------------------


def max_memory_allocated(device: Any = None) -> int:
    """Bytes that arrays occupied at most since `reset_peak_memory_stats`; see the top of the
    file.
    """
    if not is_available():
        return 0
    peak = _peaks.get(index_of(device))
    return memory_reserved(device) if peak is None else peak


def max_memory_reserved(device: Any = None) -> int:
    """Bytes that were taken from the driver: the pool only grows until it is emptied."""
    return memory_reserved(device)


def reset_peak_memory_stats(device: Any = None) -> None:
    """Count `max_memory_allocated` from here on."""
    if not is_available():
        return
    _peaks[index_of(device)] = memory_allocated(device)
    if not _hooks:
        hook = _peak_hook()
        hook.__enter__()
        _hooks.append(hook)


reset_max_memory_allocated = reset_peak_memory_stats


def _peak_hook() -> Any:
    """A hook that CuPy calls after each allocation of this thread."""

    def malloc_postprocess(self: Any, *, device_id: int, **_: Any) -> None:
        if device_id in _peaks:
            _peaks[device_id] = max(_peaks[device_id], int(_pool().used_bytes()))

    contents = {"name": "TracegradPeak", "malloc_postprocess": malloc_postprocess}
    return type("PeakHook", (runtime().MemoryHook,), contents)()
