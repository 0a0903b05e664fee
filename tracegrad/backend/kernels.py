"""Array routines that several kernels share. They get the namespace first, as kernels do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tracegrad.backend.device import Array, Namespace, scientific
from tracegrad.backend.geometry import buffer_view

Dim = int | tuple[int, ...] | None


def axes(dim: Any, ndim: int) -> tuple[int, ...]:
    """Dimensions counted from the front, sorted; all of them for `None` and for an empty list.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: a dimension is named twice.
    """
    if dim is None or (isinstance(dim, list | tuple) and not dim):
        return tuple(range(ndim))
    found = [axis(d, ndim) for d in (dim if isinstance(dim, list | tuple) else (dim,))]
    if len(set(found)) != len(found):
        twice = next(d for d in found if found.count(d) > 1)
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return tuple(sorted(d for d in found if ndim))


def axis(dim: int, ndim: int) -> int:
    """One dimension counted from the front.

    Raises:
        IndexError: there is no such dimension.
    """
    n = max(ndim, 1)
    dim = int(dim)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return dim % n


def kept_shape(shape: tuple[int, ...], dim: Any) -> tuple[int, ...]:
    """The shape with reduced dimensions kept as 1."""
    reduced = axes(dim, len(shape))
    return tuple(1 if n in reduced else size for n, size in enumerate(shape))


def reduced_count(shape: tuple[int, ...], dim: Any) -> int:
    """How many elements each result of a reduction is made from."""
    return math.prod(shape if dim is None else [shape[n] for n in axes(dim, len(shape))])


def strided(xp: Namespace, x: Array, shape: tuple[int, ...], strides: tuple[int, ...]) -> Array:
    """A writable view with any shape and strides, from the first element of `x`.

    `as_strided` takes 4 us, of which 3.7 are for building `__array_interface__`; a contiguous array
    can be given as a buffer.
    """
    if x.flags.c_contiguous and x.size:
        if xp is np:
            return np.ndarray(shape, x.dtype, x, 0, strides)
        return buffer_view(x, shape, strides, 0)
    return xp.lib.stride_tricks.as_strided(x, shape, strides)


def contiguous_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Strides in bytes of a row-major array."""
    strides = []
    step = itemsize
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def sum_to(xp: Namespace, g: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the dimensions that broadcasting from `shape` added or stretched.

    Raises:
        RuntimeError: the array does not come from broadcasting `shape`.
    """
    given = g.shape
    if given == shape:
        return g
    if g.dtype.itemsize == 2:  # see Note [Half precision]
        return sum_to(xp, g.astype("float32"), shape).astype(g.dtype)
    if given[-1:] == shape[-1:] and g.dtype.char in "fd" and _is_row(g, shape):
        # A bias's gradient. BLAS sums the rows of (100, 32) in 0.9 us, `add.reduce` in 2.4 to 6;
        # those of (8, 64, 128) in 3 us instead of 13.
        rows = g if len(given) == 2 else g.reshape(-1, given[-1])
        total = xp.dot(_ones(xp, rows.shape[0], min(len(shape), 2), g.dtype), rows)
    else:
        extra = len(given) - len(shape)
        axes = tuple(
            [n for n, size in enumerate(given) if n < extra or (size != shape[n - extra] == 1)]
        )
        # The ufunc's own reduce: `g.sum(...)` goes through Python and costs 1 us more.
        total = xp.add.reduce(g, axes, keepdims=True)
    if total.shape == shape:
        return total
    try:
        return total.reshape(shape)
    except ValueError:
        raise RuntimeError(
            f"a backward rule gave a gradient of shape {g.shape} for an input of shape {shape}"
        ) from None


def _is_row(g: Array, shape: tuple[int, ...]) -> bool:
    """Whether one row of that shape was repeated to make an array that BLAS can sum over."""
    if len(g.shape) == 2:
        return True
    if not g.size:  # how many rows there are of no elements, `reshape` cannot tell
        return False
    return len(g.shape) > 2 and set(shape[:-1]) <= {1} and g.flags.c_contiguous


_cached_ones: dict[tuple[int, int, int, Any], Array] = {}


def _ones(xp: Namespace, n: int, ndim: int, dtype: Any) -> Array:
    """`n` ones as a vector or as a row; short ones are made once."""
    key = (id(xp), n, ndim, dtype)
    found = _cached_ones.get(key)
    if found is None:
        found = xp.ones((n,) if ndim == 1 else (1, n), dtype)
        if n <= 4096:
            _cached_ones[key] = found
    return found


AT_ONCE = 65_536
"""Elements that a pass over a large array works on before the next pass has its turn."""

_BITS = {2: "int16", 4: "int32", 8: "int64"}


def keep_where(xp: Namespace, x: Array, mask: Array) -> Array:
    """`x` where the mask is true, 0 elsewhere, whatever `x` holds there.

    `where` branches on every element: 13 us for (100, 32) with a mask that nobody can predict, as a
    ReLU's is.
    Here the mask becomes bits that are all ones or all zeros: 2.7 us. (`x * mask` takes 2.4, and
    makes NaN of an infinite `x` that should be dropped.)
    """
    if x.dtype.kind != "f" or mask.shape != x.shape or not x.shape:
        return xp.where(mask, x, xp.zeros((), x.dtype))
    kind = _BITS[x.dtype.itemsize]
    if xp is np and x.size > AT_ONCE and x.flags.c_contiguous and mask.flags.c_contiguous:
        found = np.empty(x.shape, x.dtype)
        results, numbers, flags = (
            found.reshape(-1).view(kind),
            x.reshape(-1).view(kind),
            mask.ravel(),
        )
        for start in range(0, x.size, AT_ONCE):  # 16 MB of bits would leave the cache
            part = slice(start, start + AT_ONCE)
            bits = flags[part].astype(kind)
            np.negative(bits, bits)
            np.bitwise_and(bits, numbers[part], results[part])
        return found
    bits = mask.astype(kind)
    xp.negative(bits, bits)
    xp.bitwise_and(bits, x.view(bits.dtype), bits)
    return bits.view(x.dtype)


def grid(xp: Namespace, shape: tuple[int, ...]) -> list[Array]:
    """Each dimension's own indices, shaped so that together they broadcast to `shape`."""
    return [
        xp.arange(n).reshape([1] * at + [n] + [1] * (len(shape) - at - 1))
        for at, n in enumerate(shape)
    ]


def largest(xp: Namespace, x: Array, axes: tuple[int, ...]) -> Array:
    """The maximum along dimensions, which are kept as 1; minus infinity where there is nothing."""
    if not x.size:
        shape = [1 if n in axes else size for n, size in enumerate(x.shape)]
        return xp.full(shape, -xp.inf, x.dtype)
    return xp.max(x, axes, keepdims=True)


def scalar(xp: Namespace, value: Any, dtype: Any) -> Array:
    """A number as a 0-d array of a dtype.

    Raises:
        RuntimeError: it is infinite or NaN, and the dtype is of integers.
    """
    if dtype.kind in "iu" and not xp.isfinite(value):
        raise RuntimeError(f"value cannot be converted to type {dtype} without overflow: {value}")
    if isinstance(value, complex) and dtype.kind != "c":
        if value.imag:
            raise RuntimeError(
                f"value cannot be converted to type {dtype} without overflow: {value}"
            )
        value = value.real
    return xp.asarray(value).astype(dtype)


def add_at(xp: Namespace, target: Array, key: Any, values: Array) -> None:
    """`target[key] += values`, adding every time where an element is named more than once."""
    xp.add.at(target, key, values)


def reduce_at(xp: Namespace, ufunc: str, target: Array, key: Any, values: Array) -> None:
    """As `add_at` with another ufunc that takes two arrays."""
    getattr(xp, ufunc).at(target, key, values)


def start_of(xp: Namespace, ufunc: str, dtype: Any) -> Any:
    """What a reduction by a ufunc starts from: the number that changes nothing."""
    if ufunc in ("add", "multiply"):
        return int(ufunc == "multiply")
    if dtype.kind == "b":
        return ufunc == "minimum"
    if dtype.kind == "f":
        return -xp.inf if ufunc == "maximum" else xp.inf
    limits = xp.iinfo(dtype)
    return limits.min if ufunc == "maximum" else limits.max


def check_fill_index(index: Array, shape: tuple[int, ...], dim: int) -> None:
    """What PyTorch asks of the indices of slices to fill: they may count from the end.

    Raises:
        IndexError, RuntimeError: they are no vector of integers, or point outside.
    """
    dim = axis(dim, len(shape))
    size = shape[dim] if shape else 1
    if index.dtype != "int64":
        raise IndexError(f"index_fill_(): Expected dtype int64 for index, got {index.dtype}")
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if index.size and not -size <= index.min() <= index.max() < size:
        worst = index.max() if index.max() >= size else index.min()
        raise IndexError(f"index {worst} is out of bounds for dimension {dim} with size {size}")


# -- what NumPy does not have ----------------------------------------------------------------------


def special(xp: Namespace, name: str, *arrays: Any, part: int | None = None) -> Array:
    """A special function by SciPy's name, in the dtype of its arguments; of one that has several
    results the one at `part`.

    Half precision is computed in float32: SciPy has no loops for it.
    """
    dtype = next(a.dtype for a in arrays if hasattr(a, "dtype") and a.dtype.kind not in "iu")
    if dtype.itemsize == 2:
        arrays = tuple([a.astype("float32") if hasattr(a, "dtype") else a for a in arrays])
    function = getattr(scientific(xp, "special"), name, None)
    if function is None:
        raise NotImplementedError(
            f"no {name} on the device: CuPy has no such function\n  try: .cpu() before it"
        )
    found = function(*arrays)
    found = found if part is None else found[part]
    return found if found.dtype == dtype else found.astype(dtype)


def need_integers(xp: Namespace, name: str, *arrays: Any) -> None:
    """Refuse anything but integers, as PyTorch does.

    Raises:
        NotImplementedError: an argument is of another kind.
    """
    for array in arrays:
        if hasattr(array, "dtype") and array.dtype.kind not in "iu":
            raise NotImplementedError(f'"{name}" not implemented for {array.dtype}: whole numbers')


# -- along one dimension ---------------------------------------------------------------------------


def accumulate(xp: Namespace, function: str, x: Array, dim: int) -> Array:
    """Running results of an associative function along a dimension.

    CuPy's functions have no `accumulate` but those of sums and products: there the results of 1, 2,
    4, ... elements are joined.
    """
    combine = getattr(xp, function)
    if hasattr(combine, "accumulate") and (xp.__name__ == "numpy" or function == "add"):
        return combine.accumulate(x, dim)
    full = xp.moveaxis(xp.array(x), dim, 0)
    step = 1
    while step < full.shape[0]:
        full[step:] = combine(full[step:], full[:-step].copy())
        step *= 2
    return xp.moveaxis(full, 0, dim)


def stable_argsort(xp: Namespace, x: Array, dim: int) -> Array:
    """Indices that sort along a dimension; equal elements stay in their order.

    NumPy's default sort is 8 times faster than its stable one (6 ms against 49 for 262,144 floats).
    Where it leaves few elements equal, only those are put in order.
    """
    if xp.__name__ != "numpy" or x.shape[dim] <= 16 or x.dtype.kind not in "fiu":
        return xp.argsort(x, dim, kind="stable")
    rows = xp.moveaxis(x, dim, -1)
    order = xp.argsort(rows, -1)
    values = xp.take_along_axis(rows, order, -1)
    before = values[..., :-1]
    equal = (values[..., 1:] == before) | (before != before)  # after NaN there is only NaN
    if equal.any():
        among = xp.zeros(values.shape, bool)
        among[..., 1:] = equal
        among[..., :-1] |= equal
        places = xp.flatnonzero(among)
        if places.size * 8 > x.size:
            return xp.argsort(x, dim, kind="stable")
        first = xp.ones(values.shape, bool)
        first[..., 1:] = ~equal
        group = xp.cumsum(first.reshape(-1)[places])
        flat = order.reshape(-1)
        found = flat[places]
        flat[places] = found[xp.lexsort((found, group))]
    return xp.moveaxis(order, -1, dim)


def scan(xp: Namespace, a: Array, b: Array, dim: int) -> Array:
    """`s[i] = a[i] * s[i - 1] + b[i]` along a dimension, from `s[-1] = 0`.

    The steps are affine functions, which are joined in pairs: log2(n) passes over all elements and
    no division, so that zeros need no care.
    """
    a, s = xp.moveaxis(xp.array(a), dim, 0), xp.moveaxis(xp.array(b), dim, 0)
    step = 1
    while step < s.shape[0]:
        s[step:] += a[step:] * s[:-step].copy()
        a[step:] *= a[:-step].copy()
        step *= 2
    return xp.moveaxis(s, 0, dim)


def put_along(
    xp: Namespace, shape: tuple[int, ...], index: Array, values: Array, dim: int
) -> Array:
    """Zeros of a shape with values put at different indices along a dimension."""
    full = xp.zeros(shape, values.dtype)
    if shape:
        xp.put_along_axis(full, index, values, dim)
    else:
        full[...] = values.reshape(())
    return full
