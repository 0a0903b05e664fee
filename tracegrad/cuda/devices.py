"""Which GPUs there are, and which one is meant when none is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from tracegrad.backend.device import Device, cuda, cuda_is_available


def runtime() -> Any:
    """CuPy's `cuda` module.

    Raises:
        RuntimeError: CuPy, a driver or a GPU is missing; the message says which.
    """
    return cuda().namespace.cuda


def index_of(device: Any) -> int:
    """The number of a GPU; of the current one if none is given.

    Raises:
        ValueError: it names no GPU.
    """
    if device is None:
        return current_device()
    if isinstance(device, int):
        return device
    wanted = Device(device)
    if wanted.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {device}")
    return current_device() if wanted.index is None else wanted.index


def is_available() -> bool:
    """Whether tensors can be made on `cuda` here."""
    return cuda_is_available()


def is_initialized() -> bool:
    """Whether a GPU can be used: CuPy starts by itself when one is first asked for."""
    return cuda_is_available()


def init() -> None:
    """Start the GPU.

    Raises:
        RuntimeError: there is none.
    """
    runtime()


def device_count() -> int:
    """How many GPUs there are."""
    return runtime().runtime.getDeviceCount() if is_available() else 0


def current_device() -> int:
    """The GPU that is meant by `cuda` without a number."""
    return int(runtime().Device().id)


def set_device(device: Any) -> None:
    """Make a GPU the one that is meant by `cuda` without a number; a negative number does
    nothing.
    """
    index = index_of(device)
    if index >= 0:
        runtime().Device(index).use()


def synchronize(device: Any = None) -> None:
    """Wait until a GPU has done all that it was told to."""
    runtime().Device(index_of(device)).synchronize()


class device:
    """A block in which `cuda` without a number means this GPU; nothing for `None` or -1."""

    def __init__(self, device: Any) -> None:
        self._index = -1 if device is None else index_of(device)
        self._before = -1

    def __enter__(self) -> None:
        if self._index >= 0:
            self._before = current_device()
            set_device(self._index)

    def __exit__(self, *_: object) -> None:
        set_device(self._before)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return inside


# -- what they are ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceProperties:
    """A GPU.

    Attributes:
        total_memory: bytes.
    """

    name: str
    major: int
    minor: int
    total_memory: int
    multi_processor_count: int


def get_device_properties(device: Any = None) -> DeviceProperties:
    """Name, capability and size of a GPU."""
    found = runtime().runtime.getDeviceProperties(index_of(device))
    return DeviceProperties(
        name=found["name"].decode(),
        major=found["major"],
        minor=found["minor"],
        total_memory=found["totalGlobalMem"],
        multi_processor_count=found["multiProcessorCount"],
    )


def get_device_name(device: Any = None) -> str:
    """What a GPU is called."""
    return get_device_properties(device).name


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """Major and minor number of a GPU's generation."""
    found = get_device_properties(device)
    return found.major, found.minor


def get_arch_list() -> list[str]:
    """What was compiled in advance: nothing, CuPy compiles for the GPU at hand."""
    return []


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether bfloat16 works on the current GPU: CuPy has no such dtype."""
    return False


def can_device_access_peer(device: Any, peer_device: Any) -> bool:
    """Whether a GPU can read the memory of another."""
    return bool(runtime().runtime.deviceCanAccessPeer(index_of(device), index_of(peer_device)))
