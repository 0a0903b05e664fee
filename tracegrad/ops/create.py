"""Making tensors: filled and counted ones. See also `from_data.py` and `random.py`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.ops.from_data import check_range
from tracegrad.ops.made import DeviceLike, made_as, numpy_dtype, plain_number, sizes_of
from tracegrad.ops.made import made as made

# -- filled ----------------------------------------------------------------------------------------


def _filled(name: str, value: Any) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    """`zeros` and `zeros_like`, and so on for other values; `None` leaves the memory as it is."""

    def make(shape: tuple[int, ...], dtype: Any) -> Any:
        return np.empty(shape, dtype) if value is None else np.full(shape, value, dtype)

    def plain(
        *args: Any,
        size: Any = None,
        dtype: Any = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
        **harmless: Any,
    ) -> Tensor:
        shape = sizes_of(name, args, size)
        array = make(shape, numpy_dtype(dtype))
        return made_as(name, array, harmless, device, requires_grad, size=shape)

    def like(
        input: Tensor,
        *,
        dtype: Any = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
        **harmless: Any,
    ) -> Tensor:
        wanted = input._array.dtype if dtype is None else numpy_dtype(dtype)
        where = input.device if device is None else device
        array = make(input._array.shape, wanted)
        return made_as(f"{name}_like", array, harmless, where, requires_grad)

    plain.__name__, like.__name__ = name, f"{name}_like"
    filling = "whatever the memory held" if value is None else f"{value:g}"
    plain.__doc__ = f"A tensor of the given size, filled with {filling}."
    like.__doc__ = f"A tensor of the shape and dtype of another, filled with {filling}."
    return plain, like


zeros, zeros_like = _filled("zeros", 0)
ones, ones_like = _filled("ones", 1)
empty, empty_like = _filled("empty", None)


def _full(shape: tuple[int, ...], value: Any, wanted: dtypes.dtype) -> Any:
    """Raises TypeError, RuntimeError: the value is no number, or does not fit the dtype."""
    if not isinstance(value, bool | int | float | complex | np.generic):
        raise TypeError(
            f"full(): argument 'fill_value' (position 2) must be Number, not {type(value).__name__}"
        )
    if wanted.category == 1 and isinstance(value, int):
        check_range(wanted, value, value)
    return np.full(shape, kernels.scalar(np, value, wanted.numpy), wanted.numpy)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """A tensor of the given size filled with a number, with its dtype unless one is given."""
    value = plain_number(fill_value)
    wanted = dtypes.scalar_dtype(value) if dtype is None else dtypes.as_dtype(dtype)
    shape = sizes_of("full", (size,))
    array = _full(shape, value, wanted)
    return made_as("full", array, harmless, device, requires_grad, size=shape, fill_value=value)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """A tensor of the shape and dtype of another, filled with a number."""
    value = plain_number(fill_value)
    array = _full(
        input._array.shape, value, input.dtype if dtype is None else dtypes.as_dtype(dtype)
    )
    where = input.device if device is None else device
    return made_as("full_like", array, harmless, where, requires_grad, fill_value=value)


def empty_strided(
    size: Any,
    stride: Any,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """A tensor of the given size and strides (in elements), filled with whatever memory held."""
    shape, strides = sizes_of("empty_strided", (size,)), tuple(int(s) for s in stride)
    if len(shape) != len(strides):
        raise RuntimeError(
            "mismatch in length of strides and shape: dimensionality of sizes "
            f"({len(shape)}) must match dimensionality of strides ({len(strides)})"
        )
    wanted = numpy_dtype(dtype)
    extent = 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    steps = tuple(s * wanted.itemsize for s in strides)
    array = kernels.strided(np, np.empty(max(extent, 1), wanted), shape, steps)
    return made_as("empty_strided", array, harmless, device, requires_grad, size=shape)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """A matrix with ones on the diagonal."""
    for name, size in (("n", n), ("m", m)):
        if size is not None and size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return made_as("eye", np.eye(n, m, dtype=numpy_dtype(dtype)), harmless, device, requires_grad)


# -- counted ---------------------------------------------------------------------------------------


def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """Numbers from `start` up to but without `end`; integers if all three are."""
    if end is None:
        start, end = 0, start
    start, end, step = (plain_number(n) for n in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    is_whole = all(isinstance(n, int) for n in (start, end, step))
    wanted = dtypes.int64 if dtype is None and is_whole else dtypes.from_numpy(numpy_dtype(dtype))
    if wanted is dtypes.bool_:
        raise NotImplementedError("\"arange_cpu\" not implemented for 'Bool'")
    count = -((start - end) // step) if is_whole else math.ceil((end - start) / step)
    if wanted.category < 2:
        start, step = int(start), int(step)
    counted = np.arange(int(count), dtype=np.int64 if wanted.category < 2 else np.float64)
    array = (start + step * counted).astype(wanted.numpy)
    return made_as(
        "arange", array, harmless, device, requires_grad, start=start, end=end, step=step
    )


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included."""
    start, end = plain_number(start), plain_number(end)
    array = _spaced(start, end, int(steps)).astype(_spaced_dtype(start, end, dtype))
    return made_as(
        "linspace", array, harmless, device, requires_grad, start=start, end=end, steps=steps
    )


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """`base` to the power of `steps` numbers at equal distances from `start` to `end`."""
    start, end = plain_number(start), plain_number(end)
    powers = np.power(float(base), _spaced(start, end, int(steps)))
    array = powers.astype(_spaced_dtype(start, end, dtype))
    return made_as(
        "logspace", array, harmless, device, requires_grad, start=start, end=end, steps=steps,
        base=base,
    )  # fmt: skip


def _spaced(start: complex, end: complex, steps: int) -> Any:
    """In float64, or complex128; the caller rounds."""
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, got {steps}")
    return np.linspace(start, end, steps)


def _spaced_dtype(start: Any, end: Any, dtype: Any) -> Any:
    if dtype is None and (isinstance(start, complex) or isinstance(end, complex)):
        return dtypes.complex_of(dtypes.get_default_dtype()).numpy
    return numpy_dtype(dtype)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        zeros, zeros_like, ones, ones_like, empty, empty_like, empty_strided, full, full_like, eye,
        arange, linspace, logspace,
    )
}  # fmt: skip
"""Public functions of this file by name."""
