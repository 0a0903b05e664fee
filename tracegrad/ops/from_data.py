"""Tensors from Python numbers, nested lists, arrays, buffers and other tensors."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import as_device, is_array, on_device, on_host
from tracegrad.graph.cut import cut_among
from tracegrad.graph.observe import hub
from tracegrad.ops.made import DeviceLike, made
from tracegrad.storage import storage_of

# -- reading data ----------------------------------------------------------------------------------


def _as_array(data: Any, dtype: Any) -> Any:
    """An array of numbers, lists, arrays or tensors; Python floats get the default dtype."""
    if isinstance(data, Tensor):
        array = data._array
    elif isinstance(data, np.ndarray | np.generic) or is_array(data):
        array = np.asarray(data) if isinstance(data, np.generic) else data
    elif hasattr(data, "__array__") and not isinstance(data, list | tuple):
        array = np.asarray(data)
    else:
        return dtypes.canonical(_array_of_lists(data, dtype))
    wanted = dtypes.from_numpy(array.dtype) if dtype is None else dtypes.as_dtype(dtype)
    array = array.astype(wanted.numpy, copy=False)
    return dtypes.canonical(array) if isinstance(array, np.ndarray) else array


def _array_of_lists(data: Any, dtype: Any) -> Any:
    """Nested lists of numbers, whose arrays and tensors bring their own dtypes."""
    typed: set[dtypes.dtype] = set()

    def plain(item: Any) -> Any:
        if isinstance(item, list | tuple):
            return [plain(i) for i in item]
        if isinstance(item, int):
            if dtype is None and not -(2**63) <= item < 2**63:
                raise OverflowError(f"Overflow when unpacking long long\n  got {item}")
            return item
        array = on_host(item._array) if isinstance(item, Tensor) else item
        if isinstance(array, np.ndarray | np.generic) and array.dtype.kind not in "USO":
            typed.add(dtypes.from_numpy(array.dtype))
        return array

    try:
        array = np.asarray(plain(data))
    except OverflowError as error:
        raise ValueError(str(error)) from None
    except ValueError as error:
        raise ValueError(_uneven(data) or str(error)) from None
    _check_numbers(data, array)
    if dtype is not None:
        wanted = dtypes.as_dtype(dtype)
    else:
        default = dtypes.get_default_dtype()
        kinds = {"f": default, "c": dtypes.complex_of(default), "b": dtypes.bool_}
        plainly = default if not array.size else kinds.get(array.dtype.kind, dtypes.int64)
        wanted = plainly if not typed else dtypes.promote(typed, [plainly], ())
    if wanted.numpy.kind in "iu" and array.size and array.dtype.kind in "iu":
        check_range(wanted, int(array.min()), int(array.max()))
    return array.astype(wanted.numpy)


def _check_numbers(data: Any, array: Any) -> None:
    """Raises TypeError, RuntimeError, ValueError for what is no number of 64 bits."""
    if array.dtype.kind in "US":
        raise TypeError("new(): invalid data type 'str'")
    if array.dtype.kind == "O":
        if all(isinstance(n, int | float) for n in array.ravel().tolist()):
            raise ValueError(f"Overflow when unpacking long long\n  got {array.ravel().max()}")
        raise RuntimeError(
            f"Could not infer dtype of {_stranger(data)}\n"
            f"  tensor() takes numbers, got {data!r:.60}"
        )


def _stranger(data: Any) -> str:
    """The class of the first thing that is no number."""
    while isinstance(data, list | tuple):
        data = next(
            (d for d in data if not isinstance(d, int | float | complex | np.generic)), None
        )
    return type(data).__name__


def check_range(wanted: dtypes.dtype, low: int, high: int) -> None:
    """Whole numbers must fit; negative ones count from the top of unsigned dtypes."""
    limits = dtypes.iinfo(wanted)
    if wanted is dtypes.int64 and high > limits.max:
        raise ValueError(f"Overflow when unpacking long long\n  got {high}")
    lowest = limits.min if limits.min else -limits.max
    if high > limits.max or low < lowest:
        raise RuntimeError(
            f"value cannot be converted to type {wanted.name} without overflow\n"
            f"  got {high if high > limits.max else low}, the dtype holds {limits.min} to "
            f"{limits.max}"
        )


def _uneven(data: Any) -> str:
    """Where nested lists first differ in length; `""` if they don't."""
    level, dim = [data], 0
    while level and all(isinstance(part, list | tuple) for part in level):
        lengths = [len(part) for part in level]
        for length in lengths:
            if length != lengths[0]:
                return f"expected sequence of length {lengths[0]} at dim {dim} (got {length})"
        level, dim = [item for part in level for item in part], dim + 1
    if any(isinstance(part, list | tuple) for part in level):
        return f"at dim {dim}, numbers stand beside lists"
    return ""


# -- sharing or copying it -------------------------------------------------------------------------


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor with a copy of the data.

    Args:
        data: number, nested lists, NumPy array, or tensor.
        dtype: of the result; from the data if `None` (Python floats give the default dtype).

    Raises:
        ValueError: the nested lists have different lengths.
        TypeError: the data holds something else than numbers.
    """
    if device is None and isinstance(data, Tensor):
        device = data.device
    array = _as_array(data, dtype)
    placed = on_device(array, as_device(device))
    if isinstance(data, Tensor | np.ndarray | np.generic) or hasattr(data, "__array__"):
        placed = placed.copy(order="C")
    copy = made("tensor", placed, requires_grad)
    if isinstance(data, Tensor | list | tuple):
        parts = [data] if isinstance(data, Tensor) else data
        copy._cut = cut_among("tensor", [part for part in parts if isinstance(part, Tensor)])
    return copy


def as_tensor(data: Any, dtype: Any = None, device: DeviceLike = None) -> Tensor:
    """A tensor of the data, sharing memory with an array or tensor of the right dtype."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    is_same = isinstance(data, np.ndarray) and (
        dtype is None or dtypes.as_dtype(dtype) is dtypes.from_numpy(data.dtype)
    )
    if is_same and as_device(device).type == "cpu":
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of the data: sharing memory where possible, or as `copy` demands.

    Raises:
        ValueError: `copy=False`, and the dtype or device makes a copy necessary.
    """
    if isinstance(obj, Tensor):
        shared = obj.to(dtype=dtype, device=device)
        own = shared if shared is not obj else obj.detach() if obj.requires_grad else obj
        if copy is False and shared is not obj:
            raise ValueError("can't alias tensor with another dtype or device")
        result = own.clone().detach() if copy and shared is obj else own
    elif copy is True or isinstance(obj, bool | int | float | complex | list | tuple):
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        result = tensor(obj, dtype=dtype, device=device)
    elif hasattr(obj, "__dlpack__") and not isinstance(obj, np.ndarray):
        result = as_tensor(np.from_dlpack(obj), dtype=dtype, device=device)
    elif isinstance(obj, bytes | bytearray | memoryview):
        result = frombuffer(obj, dtype=dtypes.get_default_dtype() if dtype is None else dtype)
    else:
        result = as_tensor(obj, dtype=dtype, device=device)
        if copy is False and isinstance(obj, np.ndarray) and result._array.base is None:
            raise ValueError("can't alias NumPy array with another dtype or device")
    return result.requires_grad_() if requires_grad else result


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor over the memory of a NumPy array: a change of one shows in the other.

    Raises:
        TypeError: it is no NumPy array, or of a dtype that tensors don't have.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    dtypes.from_numpy(ndarray.dtype)
    if not ndarray.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion "
            "between byte orders is currently not supported.\n  try: "
            "array.astype(array.dtype.newbyteorder('='))"
        )
    return over("from_numpy", ndarray)


def over(op: str, array: Any) -> Tensor:
    """A tensor over memory that the program can write to without us."""
    made_of: Tensor = Tensor._of(
        dtypes.canonical(np.asarray(array)) if isinstance(array, np.ndarray) else array
    )
    storage_of(made_of).shared = True
    if hub.observer is not None:
        hub.observer.forward(op, (), {}, (made_of,), None, perf_counter_ns())
    return made_of


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A vector over the memory of any object with a buffer.

    Args:
        count: elements to read, -1 for all.
        offset: bytes to skip at the start.

    Raises:
        ValueError: the buffer is empty, too short, or no whole number of elements.
    """
    wanted = dtypes.as_dtype(dtype)
    length, size = memoryview(buffer).nbytes, wanted.itemsize
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length "
            f"({length} bytes) minus 1"
        )
    if count < 0 and (length - offset) % size:
        raise ValueError(
            f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a "
            f"multiple of element size ({size})"
        )
    if count > 0 and offset + count * size > length:
        raise ValueError(
            f"requested buffer length ({count} * {size} bytes) after offset ({offset} bytes) must "
            f"not be greater than actual buffer length ({length} bytes)"
        )
    result = over("frombuffer", np.frombuffer(buffer, wanted.numpy, max(count, -1), offset))
    return result.requires_grad_() if requires_grad else result


FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (tensor, as_tensor, asarray, from_numpy, frombuffer)
}
"""Public functions of this file by name."""
