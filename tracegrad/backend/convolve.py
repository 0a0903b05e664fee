"""Convolutions as matrix products.

Note [Columns]
~~~~~~~~~~~~~~
The windows of an image, written down side by side as columns, make the convolution one product:
`(out, in*kernel) @ (in*kernel, windows)`, already in the layout of the result. Its two gradients
are products with the same columns. Columns are nine times the image for a 3x3 kernel, so they are
made for a few images at a time, in memory that is used again and stays in the cache: at 64 channels
of 32x32, 24 ms for 16 images against 32 for all at once. (A product needs some width, too: images
of 4x4 take 36 ms one by one, 19 together.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tracegrad.backend import depthwise
from tracegrad.backend.device import Array, Namespace
from tracegrad.backend.windows import Windows, add_windows, backwards, inner, view_windows

WIDTH = 1024
"""Columns that a product should have at least, where there are so many."""


def convolve(
    xp: Namespace, x: Array, weight: Array, windows: Windows, groups: int, bias: Any = None
) -> Array:
    """The convolution (not flipped) of a batch `(n, in, ...)` with `(out, in / groups, ...)`, plus
    a bias, which is added while results are in the cache.
    """
    if depthwise.applies(xp, x, weight.shape, windows, groups):
        return depthwise.convolve(x, weight, windows, bias)
    outputs, pixels = weight.shape[0], math.prod(windows.out)
    rows = _rows(weight, groups)
    out = xp.empty((len(x), outputs, pixels), x.dtype)
    for some, columns in _columns(xp, x, windows, groups):
        n = len(out[some])
        if n == 1:
            xp.matmul(rows, columns, out=out[some].reshape(groups, outputs // groups, pixels))
        else:
            found = xp.matmul(rows, columns).reshape(outputs, n, pixels)
            out[some] = found.swapaxes(0, 1)
        if bias is not None:
            out[some] += bias.reshape(-1, 1)
    return out.reshape(len(x), outputs, *windows.out)


def input_gradient(xp: Namespace, g: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The transpose of `convolve` in its input: a batch of images from a batch of results."""
    channels = weight.shape[1] * groups
    if _is_faster_backwards(xp, g, weight, windows, groups):
        back = backwards(xp, g, windows)
        if back is not None:
            return convolve(xp, back[0], _flipped(xp, weight, groups), back[1], groups)
    transposed = _rows(weight, groups).swapaxes(1, 2)
    out = xp.empty((len(g), channels, *windows.size), g.dtype)
    for some in _chunks(xp, len(g), math.prod(windows.out)):
        n = len(out[some])
        pixels = _pixels(g[some], groups)
        # With one channel in each group it is an outer product, for which `matmul` takes 2.6 times
        # as long.
        columns = transposed * pixels if pixels.shape[1] == 1 else xp.matmul(transposed, pixels)
        if _is_pointwise(windows):
            images = columns.reshape(channels, n, *windows.size)
        else:
            shaped = columns.reshape(channels, *windows.kernel, n, *windows.out)
            # The images of a chunk go before the kernel's dimensions.
            shaped = xp.moveaxis(shaped, windows.ndim + 1, 1)
            images = add_windows(xp, shaped, windows)[inner(windows)]
        out[some] = images.swapaxes(0, 1)
    return out


def _is_faster_backwards(
    xp: Namespace, g: Array, weight: Array, windows: Windows, groups: int
) -> bool:
    """Whether to gather an input's gradient from the results, not to add up columns. That saves a
    pass but takes columns of all results: 18 ms against 27 for 64 channels to 64 of 32x32, 39
    against 36 to 128.
    """
    if depthwise.applies(xp, g, weight.shape, windows, groups):
        return True
    few = weight.shape[0] <= weight.shape[1] * groups
    return few and set(windows.stride) == {1} and not _is_pointwise(windows)


def _flipped(xp: Namespace, weight: Array, groups: int) -> Array:
    """The kernels of the way back: from outputs to inputs, last element first."""
    outputs, inputs, *kernel = weight.shape
    grouped = weight.reshape(groups, outputs // groups, inputs, *kernel).swapaxes(1, 2)
    turned = xp.flip(grouped, tuple(range(3, grouped.ndim)))
    return turned.reshape(inputs * groups, outputs // groups, *kernel)


def weight_gradient(
    xp: Namespace, g: Array, x: Array, windows: Windows, groups: int, shape: tuple[int, ...]
) -> Array:
    """The transpose of `convolve` in its weight."""
    if depthwise.applies(xp, x, shape, windows, groups):
        return depthwise.weight_gradient(g, x, windows, shape)
    # Not a reshaped sum: a gradient that is no view becomes `.grad` without being copied.
    found = xp.zeros(shape, g.dtype)
    total = _rows(found, groups)
    for some, columns in _columns(xp, x, windows, groups):
        target = total if some.start == 0 else None
        part = xp.matmul(_pixels(g[some], groups), columns.swapaxes(1, 2), out=target)
        if target is None:
            total += part
    return found


def _rows(weight: Array, groups: int) -> Array:
    """The weight as a matrix for each group."""
    return weight.reshape(groups, weight.shape[0] // groups, math.prod(weight.shape[1:]))


def _pixels(g: Array, groups: int) -> Array:
    """A few results as a matrix for each group: channels by pixels of all images."""
    n, channels = g.shape[:2]
    width = math.prod(g.shape[2:])
    return g.reshape(n, channels, width).swapaxes(0, 1).reshape(
        groups, channels // groups, n * width
    )  # fmt: skip


def _is_pointwise(windows: Windows) -> bool:
    """Whether each window is one element and each element one window: a 1x1 kernel, no padding."""
    return windows.out == windows.size == windows.reach and set(windows.kernel) == {1}


def _chunks(xp: Namespace, images: int, pixels: int) -> Iterator[slice]:
    """How many images to take at a time: all on a device, where each step costs a launch."""
    step = max(1, -(-WIDTH // max(pixels, 1))) if xp is np else max(images, 1)
    for start in range(0, images, step):
        yield slice(start, start + step)


def _columns(
    xp: Namespace, x: Array, windows: Windows, groups: int
) -> Iterator[tuple[slice, Array]]:
    """A few images at a time, with their columns for each group. See Note [Columns].

    The memory of the columns is used again for the next ones.
    """
    images, channels = x.shape[:2]
    width = math.prod(windows.out)
    depth = channels // groups * math.prod(windows.kernel)
    if _is_pointwise(windows):
        for some in _chunks(xp, images, width):
            yield some, _pixels(x[some], groups)
        return
    n_dims = windows.ndim
    order = (*range(1, n_dims + 2), 0, *range(n_dims + 2, 2 * n_dims + 2))
    is_padded = windows.reach != windows.size
    buffers: dict[int, tuple[Array, Array]] = {}
    for some in _chunks(xp, images, width):
        part = x[some]
        n = len(part)
        if n not in buffers:
            buffers[n] = (
                xp.zeros((n, channels, *windows.reach), x.dtype),
                xp.empty((channels, *windows.kernel, n, *windows.out), x.dtype),
            )
        room, columns = buffers[n]
        if is_padded:
            room[inner(windows)] = part
            part = room
        seen = view_windows(xp, part, windows)
        columns[...] = seen.transpose(order)
        yield some, columns.reshape(groups, depth, n * width)
