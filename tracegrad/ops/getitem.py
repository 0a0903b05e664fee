"""`x[key]` and `x[key] = value`.

A key is read in two steps, as PyTorch does (NumPy treats an integer beside an index array
differently): ints, slices, `...` and `None` first, which is a view; then index tensors and masks on
what is left, which copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.backend.device import as_array, device_of, is_array, namespace_of, on_device, on_host
from tracegrad.engine.refuse import may_share
from tracegrad.engine.worlds import lifted
from tracegrad.errors import with_details
from tracegrad.graph.location import caller, place
from tracegrad.ops.declare import TABLE
from tracegrad.ops.inplace import apply_inplace
from tracegrad.ops.prepare import NUMBERS, converted


def getitem(tensor: Tensor, key: Any) -> Tensor:
    """The elements that `key` points at: a view where that is possible, else a copy."""
    if type(key) is int:
        try:
            return lifted.ops.select(tensor, dim=0, index=key)
        except IndexError:
            _check_bounds([key], tensor._array)
            raise
    basic, advanced = _read(key, tensor._array)
    found = tensor
    if advanced is None or any(k != slice(None) for k in basic):
        found = lifted.ops.slice(tensor, key=basic)
    return found if advanced is None else lifted.ops.index(found, key=advanced)


def setitem(tensor: Tensor, key: Any, value: Any) -> None:
    """Write `value`, broadcast, to the elements that `key` points at."""
    if key is False:
        return
    if not isinstance(value, Tensor):
        if not isinstance(value, NUMBERS):
            raise TypeError(
                f"can't assign a {type(value).__name__} to a tensor\n"
                "  try: tracegrad.as_tensor(...) around it"
            )
        value = Tensor._of(kernels.scalar(namespace_of(tensor._array), value, tensor._array.dtype))
    basic, advanced = _read(key, tensor._array)
    target = tensor
    if any(k != slice(None) for k in basic):
        target = lifted.ops.slice(tensor, key=basic)
    value = converted(value, tensor.dtype)
    shape = target._array.shape if advanced is None else target._array[advanced].shape
    # Leading ones may be dropped: x[0] = ones(1, 3).
    while value.ndim > len(shape) and value._array.shape[0] == 1:
        value = lifted.ops.squeeze(value, dim=0)
    check_values(value, shape)
    if advanced is None:
        apply_inplace(TABLE["copy"], "__setitem__", (target, value), {"non_blocking": False})
    else:
        value = reads_first(target, key if isinstance(key, tuple) else (key,), value)
        options = {"key": advanced, "accumulate": False}
        apply_inplace(TABLE["index_put"], "__setitem__", (target, value), options)


def check_values(values: Tensor, shape: tuple[int, ...]) -> None:
    """Whether values can be broadcast to what a key points at.

    Raises:
        RuntimeError: they cannot.
    """
    given = values._array.shape
    fits = len(given) <= len(shape) and all(
        n in (1, size) for n, size in zip(given[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise RuntimeError(
            with_details(
                f"shape mismatch: value tensor of shape {list(given)} cannot be broadcast "
                f"to indexing result of shape {list(shape)}",
                [("at", str(place(*caller()) or ""))],
            )
        )


def reads_first(target: Tensor, key: Sequence[Any], values: Tensor) -> Tensor:
    """The values, in memory of their own where PyTorch reads them before it writes: one number,
    written where masks are true.
    """
    masked = all(getattr(k, "dtype", None) in (dtypes.bool_, dtypes.uint8) for k in key)
    if masked and values._array.size == 1 and may_share(target, values):
        return lifted.ops.clone(values)
    return values


def key_of_tensors(indices: Any, array: Any) -> tuple[Any, ...]:
    """The key of `index_put`: one index tensor or mask for each dimension, or for several.

    Raises:
        TypeError: these are no tensors.
        IndexError: they are of the wrong dtype, too many, or point outside.
    """
    if not isinstance(indices, tuple | list):
        raise TypeError(
            "index_put_(): argument 'indices' (position 1) must be tuple of Tensors, not "
            f"{type(indices).__name__}"
        )
    for n, entry in enumerate(indices):
        if not isinstance(entry, Tensor):
            raise TypeError(
                f"expected Tensor as element {n} in argument 0, but got {type(entry).__name__}"
            )
    here = device_of(array)
    entries = [on_device(as_array(_entry(entry)), here) for entry in indices]
    if any(e.dtype == bool and e.ndim == 0 for e in entries):
        raise IndexError("a 0-d mask is no index of index_put_()\n  try: x[mask] = value")
    if sum(_dimensions(e) for e in entries) > array.ndim:
        raise IndexError(
            f"too many indices for tensor of dimension {array.ndim} (got {len(entries)})"
        )
    _check_bounds(entries, array)
    return tuple([part for e in entries for part in (e.nonzero() if e.dtype == bool else (e,))])


def _read(key: Any, array: Any) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """The key as a basic part, and an advanced part for what the basic one gives (`None` if
    none).
    """
    entries = list(key) if isinstance(key, tuple) else [key]
    entries = [_entry(e) for e in entries]
    consumed = sum(_dimensions(e) for e in entries)
    if consumed > array.ndim:
        _check_bounds(entries if array.ndim == 0 else [], array)
        raise IndexError(f"too many indices for tensor of dimension {array.ndim}")
    dots = [n for n, e in enumerate(entries) if e is Ellipsis]
    whole = [slice(None)] * (array.ndim - consumed)
    at = dots[0] if dots else len(entries)
    if len(dots) > 1 and whole and any(e is not Ellipsis for e in entries[dots[1] :]):
        raise IndexError(
            "Dimension out of range: the first '...' stands for all dimensions that the other "
            "parts of the key leave, and nothing may follow the second\n  try: one '...'"
        )
    rest = [e for e in entries[at:] if e is not Ellipsis]
    entries = [*entries[:at], *whole, *rest]
    _check_bounds(entries, array)
    basic: list[Any] = []
    advanced: list[Any] = []
    for entry in entries:
        if not is_array(entry):
            basic.append(entry)
            if not isinstance(entry, int):
                advanced.append(slice(None))
        elif entry.dtype == bool:
            basic += [slice(None)] * entry.ndim
            # A 0-d mask adds a dimension of 0 or 1 and takes none away.
            if entry.ndim == 0:
                basic.append(None)
            xp = namespace_of(entry)
            advanced += list(entry.nonzero()) if entry.ndim else [xp.flatnonzero(entry)]
        else:
            basic.append(slice(None))
            advanced.append(entry)
    if not any(is_array(a) for a in advanced):
        return tuple(basic), None
    here = device_of(array)
    return tuple(basic), tuple([on_device(a, here) if is_array(a) else a for a in advanced])


def _entry(entry: Any) -> Any:
    """One part of a key as an int, slice, `...`, `None`, or index array."""
    if entry is None or entry is Ellipsis:
        return entry
    if isinstance(entry, bool | np.bool_):
        return np.asarray(entry)
    if isinstance(entry, int | np.integer):
        return int(entry)
    if isinstance(entry, slice):
        if entry.step is not None and int(entry.step) <= 0:
            raise ValueError("step must be greater than zero\n  try: flip() along that dimension")
        parts = (entry.start, entry.stop, entry.step)
        return slice(*(None if p is None else int(p) for p in parts))
    array = entry._array if isinstance(entry, Tensor) else _array_of_key(entry)
    if array.dtype == np.uint8:
        array = array.astype(bool)  # PyTorch's masks of old
    if array.dtype.kind not in "iub":
        if array.size == 0 and not isinstance(entry, Tensor):
            return array.astype(np.int64)
        raise IndexError(
            f"tensors used as indices must be long, int, byte or bool tensors, not {array.dtype}"
        )
    if array.ndim == 0 and array.dtype != bool and isinstance(entry, Tensor):
        return int(array)
    # A private copy: the key outlives this call in the node.
    return array.copy()


def _array_of_key(entry: Any) -> Any:
    """A list of numbers or tensors, or an array, as an index array."""
    if isinstance(entry, list | tuple):
        entry = [on_host(part._array) if isinstance(part, Tensor) else part for part in entry]
    if isinstance(entry, float) or not isinstance(entry, list | np.ndarray | range):
        error = IndexError if isinstance(entry, float) else TypeError
        raise error(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are "
            f"valid indices (got {type(entry).__name__})"
        )
    try:
        return np.asarray(entry)
    except ValueError as wrong:
        raise IndexError(f"the lists of an index have different lengths ({wrong})") from None


def _dimensions(entry: Any) -> int:
    """How many dimensions of the tensor a part of a key uses up."""
    if entry is None or entry is Ellipsis:
        return 0
    return entry.ndim if is_array(entry) and entry.dtype == bool else 1


def _check_bounds(entries: list[Any], array: Any) -> None:
    """PyTorch's errors for what points outside."""
    if array.ndim == 0 and any(isinstance(entry, int) for entry in entries):
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` to convert a 0-dim tensor to a "
            "number"
        )
    dim = 0
    for entry in entries:
        if isinstance(entry, int) and not -array.shape[dim] <= entry < array.shape[dim]:
            raise IndexError(
                f"index {entry} is out of bounds for dimension {dim} with size {array.shape[dim]}"
            )
        if is_array(entry):
            if entry.dtype == bool:
                for n, size in enumerate(entry.shape):
                    if size != array.shape[dim + n]:
                        raise IndexError(
                            f"The shape of the mask {list(entry.shape)} at index {n} does not "
                            f"match the shape of the indexed tensor {list(array.shape)} at index "
                            f"{dim + n}"
                        )
            elif (
                entry.size
                and not -array.shape[dim] <= entry.min() <= entry.max() < array.shape[dim]
            ):
                wrong = entry.max() if entry.max() >= array.shape[dim] else entry.min()
                raise IndexError(
                    f"index {wrong} is out of bounds for dimension {dim} with size "
                    f"{array.shape[dim]}"
                )
        dim += _dimensions(entry)
