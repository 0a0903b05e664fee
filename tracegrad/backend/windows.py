"""Windows that slide over the last dimensions of an array: where they lie, reading and adding.

Everything that convolves or pools goes over the *offsets* of a window, nine of them for 3x3, and
takes for each the elements that all windows have there: a strided slice, which costs no copy.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tracegrad.backend import kernels
from tracegrad.backend.device import Array, Namespace

Sizes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one shape at regular distances.

    Attributes:
        size: of the array's last dimensions, without padding.
        kernel: elements of a window along each dimension.
        stride: from one window to the next.
        dilation: from one element of a window to the next.
        lower: padding before the first element.
        out: number of windows.
    """

    size: Sizes
    kernel: Sizes
    stride: Sizes
    dilation: Sizes
    lower: Sizes
    out: Sizes

    @property
    def ndim(self) -> int:
        return len(self.size)

    @property
    def reach(self) -> Sizes:
        """Sizes with the padding that some window reaches."""
        spans = zip(self.out, self.stride, self.dilation, self.kernel, strict=True)
        ends = [(n - 1) * s + d * (k - 1) + 1 if n else 0 for n, s, d, k in spans]
        sizes = zip(self.size, self.lower, ends, strict=True)
        return tuple([max(size + low, end) for size, low, end in sizes])

    @property
    def offsets(self) -> Iterator[Sizes]:
        """Places in a window, in row-major order."""
        return itertools.product(*map(range, self.kernel))

    def at(self, xp: Namespace, offset: Sizes) -> tuple[Any, ...]:
        """The key of the padded array for what every window has at an offset."""
        places = zip(offset, self.dilation, self.stride, self.out, strict=True)
        return (..., *[slice(o * d, o * d + s * (n - 1) + 1 if n else 0, s)
                       for o, d, s, n in places])  # fmt: skip

    def add(self, xp: Namespace, target: Array, offset: Sizes, values: Array) -> None:
        """Add to what every window has at an offset."""
        target[self.at(xp, offset)] += values

    def first(self, dim: int) -> Array:
        """The first offset along `dim` that is not in the padding, by window."""
        missing = self.lower[dim] - np.arange(self.out[dim]) * self.stride[dim]
        return np.maximum(-(-missing // self.dilation[dim]), 0)

    def inside(self, dim: int, upper: int) -> Array:
        """How many places along `dim` each window has inside `upper` elements of padding: an
        average divides by that (dilation is 1).
        """
        starts = np.arange(self.out[dim]) * self.stride[dim] - self.lower[dim]
        ends = np.minimum(starts + self.kernel[dim], self.size[dim] + upper)
        return np.asarray(ends - np.maximum(starts, -upper))


@dataclass(frozen=True, slots=True)
class Spans:
    """Windows that share an array's size out as evenly as it goes: adaptive pooling.

    Their lengths differ by one or two. Here all have the longest one, and those that are shorter
    name their first element again, which changes no maximum. The interface is that of `Windows`.
    """

    size: Sizes
    out: Sizes

    @property
    def ndim(self) -> int:
        return len(self.size)

    @property
    def kernel(self) -> Sizes:
        return tuple([len(self.places(dim)) for dim in range(self.ndim)])

    @property
    def lower(self) -> Sizes:
        return (0,) * self.ndim

    @property
    def reach(self) -> Sizes:
        return self.size

    @property
    def offsets(self) -> Iterator[Sizes]:
        return itertools.product(*map(range, self.kernel))

    def at(self, xp: Namespace, offset: Sizes) -> tuple[Any, ...]:
        mesh = np.ix_(*[self.places(dim)[o] for dim, o in enumerate(offset)])
        return (..., *map(xp.asarray, mesh))

    def lengths(self, dim: int) -> Array:
        starts, ends = spans(self.size[dim], self.out[dim])
        return ends - starts

    def places(self, dim: int) -> Array:
        starts, ends = spans(self.size[dim], self.out[dim])
        steps = np.arange((ends - starts).max(initial=1))[:, None]
        return np.where(starts + steps < ends, starts + steps, starts)

    def first(self, dim: int) -> Array:
        return np.zeros(self.out[dim], np.int64)


def spans(size: int, out: int) -> tuple[Array, Array]:
    """Where each of `out` adaptive windows over `size` elements begins and ends."""
    numbers = np.arange(out)
    return numbers * size // max(out, 1), -(-(numbers + 1) * size // max(out, 1))


@lru_cache(maxsize=4096)
def sliding(
    size: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes, lower: Sizes, upper: Sizes
) -> Windows:
    """As many windows as fit; no more than zero where the kernel is larger than the array."""
    out = [
        max((n + low + high - d * (k - 1) - 1) // s + 1, 0)
        for n, k, s, d, low, high in zip(
            size, kernel, stride, dilation, lower, upper, strict=True
        )
    ]  # fmt: skip
    return Windows(size, kernel, stride, dilation, lower, tuple(out))


def padded(xp: Namespace, x: Array, windows: Windows | Spans, value: Any = 0) -> Array:
    """The array with the padding that windows reach; itself where they reach none."""
    if windows.reach == windows.size:
        return x
    lead = x.shape[: x.ndim - windows.ndim]
    full = xp.full((*lead, *windows.reach), value, x.dtype)
    full[inner(windows)] = x
    return full


def inner(windows: Windows | Spans) -> tuple[Any, ...]:
    """The key of a padded array for what is no padding."""
    return (..., *[slice(low, low + n)
                   for low, n in zip(windows.lower, windows.size, strict=True)])  # fmt: skip


def view_windows(xp: Namespace, x: Array, windows: Windows) -> Array:
    """All windows of a padded array as a view: its leading dimensions, offsets, windows."""
    lead = x.ndim - windows.ndim
    steps = x.strides[lead:]
    shape = (*x.shape[:lead], *windows.kernel, *windows.out)
    strides = (
        *x.strides[:lead],
        *[step * d for step, d in zip(steps, windows.dilation, strict=True)],
        *[step * s for step, s in zip(steps, windows.stride, strict=True)],
    )
    if 0 in shape:
        return xp.zeros(shape, x.dtype)
    return kernels.strided(xp, x, shape, strides)


def backwards(xp: Namespace, g: Array, windows: Windows) -> tuple[Array, Windows] | None:
    """Results and windows that a convolution with flipped kernels takes to the input's gradient:
    results lie as far apart as the strides say. `None` where padding goes beyond a kernel's reach.
    """
    reaches = zip(windows.dilation, windows.kernel, windows.lower, strict=True)
    lower = tuple([d * (k - 1) - low for d, k, low in reaches])
    if min(lower) < 0:
        return None
    ones = (1,) * windows.ndim
    if windows.stride != ones:
        sizes = [s * (n - 1) + 1 for n, s in zip(windows.out, windows.stride, strict=True)]
        apart = xp.zeros((*g.shape[: -windows.ndim], *sizes), g.dtype)
        apart[(..., *[slice(None, None, s) for s in windows.stride])] = g
        g = apart
    size = g.shape[-windows.ndim :]
    return g, Windows(size, windows.kernel, ones, windows.dilation, lower, windows.size)


def add_windows(xp: Namespace, values: Array, windows: Windows) -> Array:
    """The transpose of reading windows: a padded array with each value added to its place."""
    lead = values.ndim - 2 * windows.ndim
    total = xp.zeros((*values.shape[:lead], *windows.reach), values.dtype)
    for offset in windows.offsets:
        windows.add(xp, total, offset, values[(*[slice(None)] * lead, *offset)])
    return total
