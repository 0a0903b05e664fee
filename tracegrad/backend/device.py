"""Where arrays live, and the namespace (`numpy`, `cupy`) whose functions work on them there."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
"""An array of any namespace. NumPy's and CuPy's have no common type that mypy could check."""

Namespace = Any
"""The module that a kernel reaches arrays through: `numpy`, or one that looks like it."""


class Device:
    """Where a tensor's elements are: `tracegrad.device("cpu")`."""

    __slots__ = ("index", "type")

    def __init__(self, type: str, index: int | None = None) -> None:
        kind, _, number = type.partition(":")
        if kind not in ("cpu", "cuda"):
            raise RuntimeError(
                f"Expected one of cpu, cuda device type at start of device string: {type}"
            )
        if number and not number.isdigit():
            raise RuntimeError(f"Invalid device string: '{type}'")
        self.type = kind
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        at = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{at})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


CPU = Device("cpu")


def as_device(value: str | Device | None) -> Device:
    """A device from its name; `None` is the CPU.

    Raises:
        RuntimeError: no such device, or no arrays for it here.
    """
    device = CPU if value is None else value if isinstance(value, Device) else Device(value)
    if device.type == "cuda":
        raise RuntimeError(
            "CUDA is not available: this tracegrad computes on the CPU only.\n"
            '  try: leave `device` out, or pass device="cpu"'
        )
    return device


def device_of(array: Array) -> Device:
    """The device that an array is on."""
    return CPU


def namespace_of(array: Array) -> Namespace:
    """The module whose functions work on the array: NumPy for every array of the CPU."""
    return np
