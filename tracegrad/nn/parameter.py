"""Parameters: tensors that a module owns and an optimizer changes."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.storage import storage_of


class Parameter(Tensor):
    """A leaf tensor that a `Module` registers when it is assigned as an attribute."""

    is_parameter = True  # also when frozen, which a recording could not tell otherwise

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = Tensor(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter data must be a Tensor, not {type(data).__name__}")
        parameter = cls._of(data._array)
        parameter._storage = storage_of(data)  # one memory, one version counter
        return parameter.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that a `Module` registers as a buffer when it is assigned as an attribute.

    Attributes:
        persistent: whether it is part of the module's state.
    """

    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        if data is None:
            data = Tensor(0)
        buffer = cls._of(data._array)
        buffer._storage = storage_of(data)  # one memory, one version counter
        buffer.persistent = persistent
        return buffer
