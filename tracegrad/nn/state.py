"""The values of a module's parameters and buffers: loaded by path, converted all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.backend.device import Device
from tracegrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from tracegrad.nn.module import Module


def load(module: Module, state_dict: Mapping[str, Any], *, strict: bool, assign: bool) -> Any:
    """What `Module.load_state_dict` does."""
    own = module.state_dict(keep_vars=True)
    missing = [key for key in own if key not in state_dict]
    unexpected = [key for key in state_dict if key not in own]
    problems = []
    if strict and missing:
        problems.append(f"Missing key(s) in state_dict: {_quoted(missing)}. ")
    if strict and unexpected:
        problems.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
    problems += [
        problem
        for key, tensor in own.items()
        if key in state_dict and (problem := _mismatch(key, state_dict[key], tensor))
    ]
    if problems:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t"
            + "\n\t".join(problems)
        )
    with no_grad():
        for key, tensor in own.items():
            if key in state_dict:
                value = state_dict[key]
                if not isinstance(value, Tensor):
                    value = Tensor._of(np.asarray(value))
                if assign:
                    _put(module, key, tensor, value)
                else:
                    tensor.copy_(value)
    return _LoadResult(missing, unexpected)


def _put(module: Module, key: str, tensor: Tensor, value: Tensor) -> None:
    """Make a loaded tensor itself the parameter or buffer."""
    path, _, name = key.rpartition(".")
    if isinstance(tensor, Parameter) and not isinstance(value, Parameter):
        value = Parameter(value, requires_grad=tensor.requires_grad)
    setattr(module.get_submodule(path), name, value)


class _LoadResult(tuple[list[str], list[str]]):
    """Missing and unexpected keys of `load_state_dict`."""

    __slots__ = ()

    def __new__(cls, missing_keys: list[str], unexpected_keys: list[str]) -> _LoadResult:
        return super().__new__(cls, (missing_keys, unexpected_keys))

    @property
    def missing_keys(self) -> list[str]:
        return self[0]

    @property
    def unexpected_keys(self) -> list[str]:
        return self[1]

    def __repr__(self) -> str:
        if not self[0] and not self[1]:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _mismatch(key: str, value: Any, tensor: Tensor) -> str:
    """Why a saved value cannot be loaded into a tensor; `""` if it can."""
    if not hasattr(value, "shape"):
        return (
            f'While copying the parameter named "{key}", expected a tensor or array from '
            f"checkpoint but received {type(value).__name__}"
        )
    if tuple(value.shape) != tuple(tensor.shape):
        return (
            f"size mismatch for {key}: copying a param with shape {list(value.shape)} from "
            f"checkpoint, the shape in current model is {list(tensor.shape)}."
        )
    return ""


def convert(tensor: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Give a tensor new elements, as `to` makes them, and its gradient too. It stays the same
    object.
    """
    if not tensor.is_floating_point():
        # Integers keep their dtype: only the device is for them.
        where = [a for a in (*args, *kwargs.values()) if isinstance(a, str | int | Device)]
        where = [a for a in where if not isinstance(a, bool)]
        args, kwargs = tuple(where[:1]), {}
        if not where:
            return
    converted = tensor.to(*args, **kwargs)
    if converted is tensor:
        return
    tensor._array = converted._array
    tensor._storage = None
    if tensor._accumulator is not None:
        grad = tensor.grad
        tensor._accumulator.dtype = converted._array.dtype
        tensor.grad = None if grad is None else grad.to(*args, **kwargs)
