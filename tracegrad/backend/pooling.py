"""What pooling takes from each window: the largest element, or the sum."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from tracegrad.backend import kernels
from tracegrad.backend.device import Array, Namespace
from tracegrad.backend.rows import in_blocks
from tracegrad.backend.windows import Spans, Windows, inner, padded, spans

# -- the places that win ---------------------------------------------------------------------------


def _lowest(dtype: Any) -> Any:
    """What every number of a dtype is at least."""
    return np.iinfo(dtype).min if dtype.kind in "iu" else dtype.kind != "b" and -np.inf


def winners(xp: Namespace, x: Array, windows: Windows | Spans) -> tuple[Array, Array]:
    """The largest element of each window, and the number of its offset.

    The first of equal ones wins; a NaN beats everything, and the last NaN the others, as in
    PyTorch. Numbers of offsets are bytes where they fit: 2x2 windows of 64 MB then need 4 MB.
    """
    lead = x.shape[: x.ndim - windows.ndim]
    images = x.reshape(math.prod(lead), *windows.size)
    small = xp.uint8 if math.prod(windows.kernel) < 256 else xp.int32
    best = xp.empty((len(images), *windows.out), x.dtype)
    which = xp.zeros(best.shape, small)
    if any(windows.lower):
        which += _first_inside(xp, windows, small)
    for block in in_blocks(xp, len(images), math.prod(windows.reach)):
        part = padded(xp, images[block], windows, _lowest(x.dtype))
        _find_winners(xp, part, windows, best[block], which[block])
    return best.reshape(*lead, *windows.out), which.reshape(*lead, *windows.out)


def _find_winners(
    xp: Namespace, x: Array, windows: Windows | Spans, best: Array, which: Array
) -> None:
    """The same for a few padded images, into arrays; `which` holds what wins if all are equal."""
    small = which.dtype.type
    for number, offset in enumerate(windows.offsets):
        if not number:
            best[...] = x[windows.at(xp, offset)]
            continue
        # One strided pass: the three below are twice as fast on a copy.
        values = xp.ascontiguousarray(x[windows.at(xp, offset)])
        better = values > best
        if x.dtype.kind not in "biu":
            better |= values != values
        xp.maximum(which, better.astype(small) * small(number), out=which)
        xp.maximum(best, values, out=best)


def _first_inside(xp: Namespace, windows: Windows | Spans, dtype: Any) -> Array:
    """Of each window the first offset outside of the padding: it wins if nothing is larger."""
    number: Any = np.zeros((1,) * windows.ndim, np.int64)
    for dim, k in enumerate(windows.kernel):
        shape = [1] * windows.ndim
        shape[dim] = -1
        number = number * k + windows.first(dim).reshape(shape)
    return xp.asarray(number).astype(dtype)


def positions(xp: Namespace, which: Array, windows: Windows | Spans) -> Array:
    """Where the winners stand in the array with its last dimensions flattened."""
    if isinstance(windows, Spans):
        return _uneven_positions(xp, which, windows)
    steps, starts = _flat_tables(windows)
    found = xp.asarray(steps)[which]
    found += xp.asarray(starts)
    return found


@lru_cache(maxsize=256)
def _flat_tables(windows: Windows) -> tuple[Array, Array]:
    """From a window's start to each of its offsets, and where each window starts."""
    steps, starts = np.zeros((), np.int64), np.zeros((), np.int64)
    for dim, size in enumerate(windows.size):
        places = np.arange(windows.kernel[dim]) * windows.dilation[dim]
        steps = np.add.outer(steps * size, places)
        places = np.arange(windows.out[dim]) * windows.stride[dim] - windows.lower[dim]
        starts = np.add.outer(starts * size, places)
    return steps.ravel(), starts


def _uneven_positions(xp: Namespace, which: Array, windows: Spans) -> Array:
    index: Any = 0
    below = math.prod(windows.kernel)
    for dim, k in enumerate(windows.kernel):
        below //= k
        number = xp.arange(windows.out[dim]).reshape(-1, *[1] * (windows.ndim - dim - 1))
        place = xp.asarray(windows.places(dim))[which // below % k, number]
        index = index * windows.size[dim] + place
    return index


def pick(xp: Namespace, x: Array, which: Array, windows: Windows | Spans) -> Array:
    """Of each window the element at the offset of a given number."""
    flat = x.reshape(*x.shape[: x.ndim - windows.ndim], math.prod(windows.size))
    index = positions(xp, which, windows).reshape(*flat.shape[:-1], math.prod(windows.out))
    return xp.take_along_axis(flat, index, -1).reshape(which.shape)


def put(xp: Namespace, values: Array, which: Array, windows: Windows | Spans) -> Array:
    """The transpose of `pick`: zeros with each value added to its place."""
    lead = values.shape[: values.ndim - windows.ndim]
    images, pixels, results = math.prod(lead), math.prod(windows.size), math.prod(windows.out)
    total = xp.zeros((images, pixels), values.dtype)
    values, which = (a.reshape(images, *windows.out) for a in (values, which))
    # Indices take twice the memory of float32. In blocks they stay in the cache: 4.0 ms against 9.3
    # for 2x2 windows over (16, 64, 64, 64).
    for block in in_blocks(xp, images, results, 16_384):
        part = total[block]
        index = positions(xp, which[block], windows).reshape(len(part), results)
        index += xp.arange(len(part))[:, None] * pixels
        kernels.add_at(xp, part.reshape(-1), index.reshape(-1), values[block].reshape(-1))
    return total.reshape(*lead, *windows.size)


# -- sums, one dimension after the other -----------------------------------------------------------


def total(xp: Namespace, x: Array, windows: Windows | Spans) -> Array:
    """The sum of each window."""
    if set(windows.out) == {1} and windows.kernel == windows.size == windows.reach:
        return xp.add.reduce(x, tuple(range(-windows.ndim, 0)), keepdims=True)
    x = padded(xp, x, windows)
    for dim in range(windows.ndim):
        x = _sums_along(xp, x, x.ndim - windows.ndim + dim, windows, dim)
    return x


def spread(xp: Namespace, values: Array, windows: Windows | Spans) -> Array:
    """The transpose of `total`: each element given to all of its window."""
    for dim in reversed(range(windows.ndim)):
        values = _spread_along(xp, values, values.ndim - windows.ndim + dim, windows, dim)
    return values[inner(windows)]


def _strips(windows: Windows | Spans, dim: int) -> list[tuple[slice, slice]]:
    """What each window has of a dimension, and its number; nothing where there are more windows
    than a window has elements, so that it is faster to go by offsets.
    """
    if isinstance(windows, Spans):
        ends = zip(*spans(windows.size[dim], windows.out[dim]), strict=True)
        return [(slice(int(a), int(b)), slice(n, n + 1)) for n, (a, b) in enumerate(ends)]
    k, s, d = windows.kernel[dim], windows.stride[dim], windows.dilation[dim]
    if windows.out[dim] >= k:
        return []
    starts = enumerate(range(0, windows.out[dim] * s, s))
    return [(slice(a, a + d * (k - 1) + 1, d), slice(n, n + 1)) for n, a in starts]


def _by_offset(windows: Windows, dim: int) -> list[slice]:
    """What all windows have of a dimension at each offset."""
    s, d, last = windows.stride[dim], windows.dilation[dim], windows.out[dim] - 1
    return [slice(o * d, o * d + s * last + 1, s) for o in range(windows.kernel[dim])]


def _sums_along(xp: Namespace, x: Array, axis: int, windows: Windows | Spans, dim: int) -> Array:
    lead = (slice(None),) * axis
    strips = _strips(windows, dim)
    if strips or isinstance(windows, Spans):
        shape = (*x.shape[:axis], windows.out[dim], *x.shape[axis + 1 :])
        found = xp.empty(shape, x.dtype)
        for strip, number in strips:
            found[(*lead, number)] = xp.add.reduce(x[(*lead, strip)], axis, keepdims=True)
        return found
    first, *others = _by_offset(windows, dim)
    found = xp.array(x[(*lead, first)])
    for strip in others:
        found += x[(*lead, strip)]
    return found


def _spread_along(
    xp: Namespace, values: Array, axis: int, windows: Windows | Spans, dim: int
) -> Array:
    lead = (slice(None),) * axis
    found = xp.zeros(
        (*values.shape[:axis], windows.reach[dim], *values.shape[axis + 1 :]), values.dtype
    )
    strips = _strips(windows, dim)
    if strips or isinstance(windows, Spans):
        for strip, number in strips:
            found[(*lead, strip)] += values[(*lead, number)]
    else:
        for strip in _by_offset(windows, dim):
            found[(*lead, strip)] += values
    return found
