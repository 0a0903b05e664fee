"""Tensors as files describe them, and how they become tensors on a device.

Both readers give containers of `Stored`s, inert and immutable; only when all of a file was read and
checked are tensors made of them. So nothing that a file says can touch a half-made object.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import CPU, Device, as_device, on_device
from tracegrad.storage import Storage, new_storage

MapLocation = str | Device | Mapping[str, str] | Callable[[Any, str], Any] | None


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """One piece of memory in a file.

    Attributes:
        elements: all of it, one-dimensional.
        device: where it was, as `cpu` or `cuda:0`.
    """

    elements: np.ndarray[Any, Any]
    device: str = "cpu"


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A tensor in a file: a view of a piece of memory.

    Attributes:
        strides, offset: in elements.
        as_array: whether it was a NumPy array.
    """

    memory: Memory
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    requires_grad: bool = False
    is_parameter: bool = False
    as_array: bool = False

    def check(self) -> None:
        """Raises ValueError: it reaches out of its memory, or says nonsense."""
        numbers = (*self.shape, *self.strides, self.offset)
        if not all(type(n) is int and 0 <= n < 2**63 for n in numbers) or len(self.shape) != len(
            self.strides
        ):
            raise ValueError(
                f"a tensor of shape {self.shape!r:.80} and strides {self.strides!r:.80}"
            )
        if len(self.shape) > 64:
            raise ValueError(f"a tensor of {len(self.shape)} dimensions")
        if 0 in self.shape:
            return
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))
        if last >= self.memory.elements.size:
            raise ValueError(
                f"a tensor of shape {list(self.shape)} needs {last + 1} elements of memory that "
                f"holds {self.memory.elements.size}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """A value that a file names, such as a dtype, kept from the file's hands until it was read."""

    value: Any


def refuse_state(self: Any, state: Any) -> None:
    """A pickle may set the state of any object that it has, `frozen` or not: not of these.

    (`dataclass` gives frozen classes with slots a `__setstate__` that goes round the freezing.)
    """
    raise pickle.UnpicklingError("a file may not change what it refers to")


for inert in (Memory, Stored, Plain):
    setattr(inert, "__setstate__", refuse_state)


@dataclass(slots=True)
class _Placing:
    """One load: where tensors go, and what was made so far."""

    map_location: MapLocation
    memories: dict[int, tuple[Any, Storage]] = field(default_factory=dict)
    made: dict[int, Any] = field(default_factory=dict)


def place(obj: Any, map_location: MapLocation) -> Any:
    """The containers with tensors in place of what describes them."""
    return _placed(obj, _Placing(map_location))


def _placed(obj: Any, placing: _Placing) -> Any:
    """What was met before is the same object again, so nothing grows by repetition."""
    if isinstance(obj, Plain):
        return obj.value
    if not isinstance(obj, Stored | list | tuple | dict | set):
        return obj
    if id(obj) in placing.made:
        return placing.made[id(obj)]
    if isinstance(obj, Stored):
        result: Any = _tensor(obj, placing)
    elif isinstance(obj, dict):
        result = placing.made[id(obj)] = OrderedDict() if isinstance(obj, OrderedDict) else {}
        result.update((_placed(k, placing), _placed(v, placing)) for k, v in obj.items())
    elif isinstance(obj, list):
        result = placing.made[id(obj)] = []
        result.extend(_placed(item, placing) for item in obj)
    elif isinstance(obj, set):
        result = obj
    else:
        items = [_placed(item, placing) for item in obj]
        result = type(obj)(items)
    placing.made[id(obj)] = result
    return result


def _tensor(stored: Stored, placing: _Placing) -> Any:
    memory = stored.memory
    if id(memory) not in placing.memories:
        target = _target(memory, placing.map_location)
        elements = on_device(memory.elements, target)
        placing.memories[id(memory)] = elements, new_storage(elements)
    elements, storage = placing.memories[id(memory)]
    array = elements.reshape(stored.shape) if _is_whole(stored) else _view(elements, stored)
    if stored.as_array:
        return array.copy()
    if stored.is_parameter:
        from tracegrad.nn.parameter import Parameter

        tensor: Tensor = Parameter._of(array)
    else:
        tensor = Tensor._of(array)
    tensor._storage = storage
    return tensor.requires_grad_(stored.requires_grad)


def _is_whole(stored: Stored) -> bool:
    step, strides = 1, []
    for n in reversed(stored.shape):
        strides.append(step)
        step *= n
    return stored.strides == tuple(reversed(strides)) and step == stored.memory.elements.size


def _view(elements: Any, stored: Stored) -> Any:
    if 0 in stored.shape:
        return elements[:0].reshape(stored.shape)
    size = elements.itemsize
    strides = tuple(s * size for s in stored.strides)
    part = elements[stored.offset :]
    if isinstance(part, np.ndarray):
        return np.lib.stride_tricks.as_strided(part, stored.shape, strides)
    from tracegrad.backend.geometry import buffer_view

    return buffer_view(part, stored.shape, strides, 0)


def _target(memory: Memory, map_location: MapLocation) -> Device:
    """The device that a piece of memory goes to.

    Raises:
        RuntimeError: it was on a GPU, and there is none here.
    """
    if callable(map_location):
        moved = map_location(memory.elements, memory.device)
        where = getattr(moved, "device", memory.device)
        where = where if isinstance(where, Device) or str(where).startswith("cuda") else CPU
    elif isinstance(map_location, Mapping):
        where = map_location.get(memory.device, memory.device)
    else:
        where = memory.device if map_location is None else map_location
    try:
        return as_device(where)
    except RuntimeError as error:
        raise RuntimeError(
            f"Attempting to deserialize object on {memory.device}, and it cannot go to {where}\n"
            f"  {error}\n  try: load(f, map_location='cpu')"
        ) from None


def flat_dtype(name: str) -> Any:
    """NumPy's dtype for one of ours by name.

    Raises:
        ValueError: there is none.
    """
    for d in (*dtypes.ALL, *dtypes.STORED):
        if d.name == name:
            return d.numpy
    raise ValueError(f"elements of type {name!r:.40}")
