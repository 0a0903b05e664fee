"""CuPy: the arrays of NVIDIA GPUs. Imported when the device `cuda` is first asked for."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from tracegrad.backend.device import Array, Device


def _import_cupy() -> Any:
    """CuPy, if it and a GPU are here.

    Raises:
        RuntimeError: something is missing, and what to do about it.
    """
    try:
        cupy = importlib.import_module("cupy")
    except ImportError as error:
        raise RuntimeError(
            f"CUDA is not available: CuPy cannot be imported ({error})\n"
            '  try: pip install "tracegrad[cuda12]" or "tracegrad[cuda13]", for the CUDA of your '
            'driver (nvidia-smi shows it); or device="cpu"'
        ) from None
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # cupy_backends raises classes of its own, by what is missing
        raise RuntimeError(
            f"CUDA is not available: {error}\n"
            "  try: nvidia-smi, which shows whether the driver sees the GPU; or "
            'device="cpu"'
        ) from None
    if count == 0:
        raise RuntimeError(
            'CUDA is not available: no GPU is visible\n  try: device="cpu"; or look at the '
            "environment variable CUDA_VISIBLE_DEVICES"
        )
    return cupy


class CupyBackend:
    """Arrays of the namespace `cupy`. See `Backend`."""

    def __init__(self) -> None:
        self.namespace = _import_cupy()
        self.array_type: type = self.namespace.ndarray
        self.count: int = self.namespace.cuda.runtime.getDeviceCount()

    def device_of(self, array: Array) -> Device:
        return Device("cuda", int(array.device.id))

    def put(self, array: np.ndarray[Any, Any], device: Device) -> Array:
        with self._on(device):
            return self.namespace.array(array)

    def move(self, array: Array, device: Device) -> Array:
        if array.device.id == (device.index or 0):
            return array
        with self._on(device):
            return self.namespace.array(array)

    def get(self, array: Array) -> np.ndarray[Any, Any]:
        host: np.ndarray[Any, Any] = self.namespace.asnumpy(array)
        return host

    def address(self, array: Array) -> int:
        return int(array.data.ptr)

    def scientific(self, name: str) -> Any:
        return importlib.import_module(f"cupyx.scipy.{name}")

    def strided(
        self, array: Array, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
    ) -> Array:
        return self.namespace.ndarray(shape, array.dtype, array.data + offset, strides)

    def _on(self, device: Device) -> Any:
        index = device.index or 0
        if index >= self.count:
            raise RuntimeError(
                "CUDA error: invalid device ordinal\n"
                f"  got {device}; there are {self.count} GPUs here, counted from cuda:0"
            )
        return self.namespace.cuda.Device(index)
