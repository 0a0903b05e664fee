"""Making tensors: from data, filled, counted, random."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import random
from tracegrad.backend.device import Device, as_device
from tracegrad.graph.cut import cut_among
from tracegrad.graph.observe import hub
from tracegrad.storage import storage_of

DeviceLike = str | Device | None


def made(op: str, array: Any, requires_grad: bool = False, **options: Any) -> Tensor:
    """A new leaf around an array, which the recorder hears of."""
    tensor: Tensor = Tensor._of(array)
    if requires_grad:
        tensor.requires_grad_()
    if hub.observer is not None:
        hub.observer.forward(op, (), options, (tensor,), None, perf_counter_ns())
    return tensor


def _numpy(dtype: Any) -> Any:
    return (dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)).numpy


def _size(size: tuple[Any, ...]) -> tuple[int, ...]:
    """A shape given as numbers or as one sequence.

    Raises:
        RuntimeError: a size is negative.
    """
    sizes = tuple(size[0]) if len(size) == 1 and isinstance(size[0], list | tuple) else size
    if any(n < 0 for n in sizes):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(sizes)}: {list(sizes)}"
        )
    return tuple(int(n) for n in sizes)


# -- from data -------------------------------------------------------------------------------------


def _as_array(data: Any, dtype: Any) -> Any:
    """An array of numbers, lists, arrays or tensors; floats get the default dtype."""
    if isinstance(data, Tensor):
        array = data._array
    elif isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data)
    else:
        array = _array_of_lists(data)
        if dtype is None and array.dtype.kind in "fc":
            default = dtypes.get_default_dtype()
            array = array.astype(
                (default if array.dtype.kind == "f" else dtypes.complex_of(default)).numpy
            )
    wanted = array.dtype if dtype is None else dtypes.as_dtype(dtype).numpy
    return dtypes.canonical(array.astype(dtypes.from_numpy(wanted).numpy, copy=False))


def _array_of_lists(data: Any) -> Any:
    def plain(item: Any) -> Any:
        if isinstance(item, Tensor):
            return item._array
        return [plain(i) for i in item] if isinstance(item, list | tuple) else item

    try:
        array = np.asarray(plain(data))
    except ValueError as error:
        raise ValueError(_uneven(data) or str(error)) from None
    if array.size == 0 and array.dtype == np.float64:
        array = array.astype(_numpy(None))
    if array.dtype.kind == "O":
        raise RuntimeError(
            f"Could not infer dtype of {type(data).__name__}\n"
            f"  tensor() takes numbers, got {data!r:.60}"
        )
    return array


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


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor with a copy of the data.

    Args:
        data: number, nested lists, NumPy array, or tensor.
        dtype: of the result; from the data if `None` (Python floats give the default dtype).

    Raises:
        ValueError: the nested lists have different lengths.
        TypeError: the data holds something else than numbers.
    """
    as_device(device)
    copy = made("tensor", np.array(_as_array(data, dtype)), requires_grad)
    if isinstance(data, Tensor | list | tuple):
        parts = [data] if isinstance(data, Tensor) else data
        copy._cut = cut_among("tensor", [part for part in parts if isinstance(part, Tensor)])
    return copy


def as_tensor(data: Any, dtype: Any = None, device: DeviceLike = None) -> Tensor:
    """A tensor of the data, sharing memory with an array or tensor of the right dtype."""
    as_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and dtype in (None, dtypes.from_numpy(data.dtype)):
        return from_numpy(data)
    return tensor(data, dtype=dtype)


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
    made_of: Tensor = Tensor._of(dtypes.canonical(np.asarray(ndarray)))
    storage_of(made_of).shared = True
    if hub.observer is not None:
        hub.observer.forward("from_numpy", (), {}, (made_of,), None, perf_counter_ns())
    return made_of


# -- filled ----------------------------------------------------------------------------------------


def _filled(name: str, value: Any) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    """`zeros` and `zeros_like`, and so on for other values; `None` leaves the memory as it is."""

    def make(shape: tuple[int, ...], dtype: Any) -> Any:
        return np.empty(shape, dtype) if value is None else np.full(shape, value, dtype)

    def plain(
        *size: Any, dtype: Any = None, device: DeviceLike = None, requires_grad: bool = False
    ) -> Tensor:
        as_device(device)
        shape = _size(size)
        return made(name, make(shape, _numpy(dtype)), requires_grad, size=shape)

    def like(
        input: Tensor, *, dtype: Any = None, device: DeviceLike = None, requires_grad: bool = False
    ) -> Tensor:
        as_device(device)
        wanted = input._array.dtype if dtype is None else _numpy(dtype)
        return made(f"{name}_like", make(input._array.shape, wanted), requires_grad)

    plain.__name__, like.__name__ = name, f"{name}_like"
    filling = "whatever the memory held" if value is None else f"{value:g}"
    plain.__doc__ = f"A tensor of the given size, filled with {filling}."
    like.__doc__ = f"A tensor of the shape and dtype of another, filled with {filling}."
    return plain, like


zeros, zeros_like = _filled("zeros", 0)
ones, ones_like = _filled("ones", 1)
empty, empty_like = _filled("empty", None)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of the given size filled with a number, with its dtype unless one is given."""
    as_device(device)
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    wanted = dtypes.scalar_dtype(value).numpy if dtype is None else _numpy(dtype)
    shape = (size,) if isinstance(size, int) else _size((size,))
    return made("full", np.full(shape, value, wanted), requires_grad, size=shape, fill_value=value)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of the shape and dtype of another, filled with a number."""
    wanted = input._array.dtype if dtype is None else _numpy(dtype)
    array = np.full(input._array.shape, fill_value, wanted)
    return made("full_like", array, requires_grad, fill_value=fill_value)


def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A matrix with ones on the diagonal."""
    return made("eye", np.eye(n, m, dtype=_numpy(dtype)), requires_grad)


# -- counted ---------------------------------------------------------------------------------------


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from `start` up to but without `end`; integers if all three are."""
    as_device(device)
    if end is None:
        start, end = 0, start
    start, end, step = (n.item() if isinstance(n, Tensor) else n for n in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    is_whole = all(isinstance(n, int) for n in (start, end, step))
    wanted = _numpy(dtype if dtype is not None or not is_whole else dtypes.int64)
    count = math.ceil((end - start) / step)
    array = (
        start + step * np.arange(count, dtype=np.float64 if not is_whole else np.int64)
    ).astype(wanted)
    return made("arange", array, requires_grad, start=start, end=end, step=step)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included."""
    array = np.linspace(start, end, steps, dtype=_numpy(dtype))
    return made("linspace", array, requires_grad, start=start, end=end, steps=steps)


# -- random ----------------------------------------------------------------------------------------


def manual_seed(seed: int) -> random.Generator:
    """Seed the random numbers of every device."""
    return random.manual_seed(seed)


def _random(name: str, draw: Callable[..., Any], doc: str) -> tuple[Any, Any]:
    """`rand` and `rand_like`, and so on for other distributions."""

    def numbers(shape: tuple[int, ...], dtype: Any, generator: random.Generator | None) -> Any:
        # NumPy draws float32 and float64; other widths are rounded from there.
        drawn_as = dtype if dtype in (np.float32, np.float64) else np.dtype(np.float32)
        if dtype.kind != "f":
            raise NotImplementedError(f'"{name}" not implemented for {dtype}')
        return np.asarray(draw(random.bits(generator), shape, drawn_as)).astype(dtype, copy=False)

    def plain(
        *size: Any,
        generator: random.Generator | None = None,
        dtype: Any = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Tensor:
        as_device(device)
        shape = _size(size)
        return made(name, numbers(shape, _numpy(dtype), generator), requires_grad, size=shape)

    def like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
        wanted = input._array.dtype if dtype is None else _numpy(dtype)
        return made(f"{name}_like", numbers(input._array.shape, wanted, None), requires_grad)

    plain.__name__, like.__name__ = name, f"{name}_like"
    plain.__doc__ = f"A tensor of random numbers {doc}."
    like.__doc__ = f"A tensor of the shape and dtype of another, with random numbers {doc}."
    return plain, like


rand, rand_like = _random(
    "rand", lambda bits, shape, dtype: bits.random(shape, dtype), "uniform in [0, 1)"
)
randn, randn_like = _random(
    "randn",
    lambda bits, shape, dtype: bits.standard_normal(shape, dtype),
    "from the standard normal distribution",
)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: random.Generator | None = None,
    dtype: Any = dtypes.int64,
) -> Tensor:
    """Random integers in `[low, high)`; `randint(high, size)` starts at 0."""
    if size is None:
        low, high, size = 0, low, high
    if high <= low:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    array = random.bits(generator).integers(low, high, _size((size,))).astype(_numpy(dtype))
    return made("randint", array, low=low, high=high)


def randperm(
    n: int, *, generator: random.Generator | None = None, dtype: Any = dtypes.int64
) -> Tensor:
    """The integers below `n` in random order."""
    return made("randperm", random.bits(generator).permutation(n).astype(_numpy(dtype)), n=n)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        tensor, as_tensor, from_numpy, zeros, zeros_like, ones, ones_like, empty, empty_like, full,
        full_like,
        eye, arange, linspace, manual_seed, rand, rand_like, randn, randn_like, randint, randperm,
    )
}  # fmt: skip
"""Public functions of this file by name."""
