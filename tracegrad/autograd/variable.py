"""`Variable`, which programs from before PyTorch 0.4 still call."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor


class _IsTensor(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_IsTensor):
    """A tensor: `Variable(data)` gives one that shares `data`'s memory, without its history."""

    def __new__(cls, data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Any:
        if volatile:
            raise NotImplementedError(
                "volatile was removed in PyTorch 0.4\n  try: with tracegrad.no_grad()"
            )
        return data.detach().requires_grad_(requires_grad)
