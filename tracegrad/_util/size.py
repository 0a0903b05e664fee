"""The shape of a tensor as users see it."""

from __future__ import annotations


class Size(tuple[int, ...]):
    """A tensor's shape."""

    __slots__ = ()

    def numel(self) -> int:
        """Number of elements."""
        total = 1
        for n in self:
            total *= n
        return total

    def __repr__(self) -> str:
        return f"tracegrad.Size({list(self)})"
