"""PyTorch's names for how elements lie in memory."""

from __future__ import annotations


class memory_format:
    """An order of dimensions in memory, such as `tracegrad.channels_last`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"tracegrad.{self.name}"

    def __reduce__(self) -> tuple[type[memory_format], tuple[str]]:
        return memory_format, (self.name,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, memory_format) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")

CHANNELS_LAST = {"channels_last": 4, "channels_last_3d": 5}
"""Formats in which dimension 1 varies fastest, and the number of dimensions that they are for."""


class layout:
    """How a tensor stores its elements; all of ours are `tracegrad.strided`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"tracegrad.{self.name}"


strided = layout("strided")
