"""Sliding blocks laid out: as a view along one dimension, and as columns of an image and back."""

from __future__ import annotations

import math
from typing import Any

from tracegrad.backend import kernels
from tracegrad.backend.windows import Windows, add_windows, inner, padded, sliding, view_windows
from tracegrad.ops.declare import op, view

Array = Any
Sizes = tuple[int, ...]

# -- along one dimension ---------------------------------------------------------------------------


@view(vjp=lambda ops, g, x_shape, dimension, size, step: ops.unfold_backward(
    g, shape=x_shape, dimension=dimension, size=size, step=step))  # fmt: skip
def unfold(xp, x, *, dimension, size, step):
    """All parts of `size` elements along a dimension, `step` apart, as a last dimension: a view."""
    dim = kernels.axis(dimension, x.ndim)
    length = x.shape[dim] if x.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(
            f"maximum size for tensor at dimension {dim} is {length} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if x.ndim == 0:
        return x.reshape(1)[:size]
    count = (length - size) // step + 1
    stride = x.strides[dim]
    return kernels.strided(
        xp, x, (*x.shape[:dim], count, *x.shape[dim + 1 :], size),
        (*x.strides[:dim], stride * step, *x.strides[dim + 1 :], stride),
    )  # fmt: skip


@op(vjp=lambda ops, g, dimension, size, step: ops.unfold(
    g, dimension=dimension, size=size, step=step), public=False)  # fmt: skip
def unfold_backward(xp, x, *, shape, dimension, size, step):
    """Zeros of `shape` with each part added where it was.

    Not one element of every part at a time but `step` of them: four additions instead of 512 for
    parts of 512 elements that start every 128. `istft` so takes 3 ms instead of 16 for (4, 64000).
    """
    total = xp.zeros(shape, x.dtype)
    if not shape:
        return x.sum().reshape(())
    dim = kernels.axis(dimension, len(shape))
    count = x.shape[dim]
    if not x.size:
        return total
    lead, rows = (slice(None),) * dim, count - 1 + -(-size // step)
    steps = xp.zeros((*shape[:dim], rows, *shape[dim + 1 :], step), x.dtype)
    for n, first in enumerate(range(0, size, step)):
        part = x[..., first : first + step]
        steps[(*lead, slice(n, n + count), ..., slice(0, part.shape[-1]))] += part
    found = xp.moveaxis(steps, -1, dim + 1).reshape(*shape[:dim], rows * step, *shape[dim + 1 :])
    length = min(rows * step, shape[dim])  # what the last step has more is zeros
    total[(*lead, slice(0, length))] = found[(*lead, slice(0, length))]
    return total


# -- images and columns ----------------------------------------------------------------------------


def _two(value: Any, name: str) -> Sizes:
    given = tuple(value) if isinstance(value, list | tuple) else (value,)
    if len(given) not in (1, 2):
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(given)}")
    return tuple([int(v) for v in given * (3 - len(given))])


def _block_windows(
    size: Sizes, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> Windows:
    kernel, steps = _two(kernel_size, "kernel_size"), _two(stride, "stride")
    gaps, lower = _two(dilation, "dilation"), _two(padding, "padding")
    for name, values in (("kernel size", kernel), ("stride", steps), ("dilation", gaps)):
        if min(values) <= 0:
            raise RuntimeError(
                f"{name} should be greater than zero, but got {name.replace(' ', '_')}: {values}"
            )
    if min(lower) < 0:
        raise RuntimeError(f"padding should be non-negative, but got padding: {lower}")
    found = sliding(size, kernel, steps, gaps, lower, lower)
    if 0 in found.out:
        raise RuntimeError(
            f"Given input with spatial size {size}, kernel_size={kernel}, dilation={gaps}, "
            f"padding={lower}, calculated shape of the array of sliding blocks as {found.out}, "
            "but its components must be at least one."
        )
    return found


@op(vjp=lambda ops, g, x_shape, kernel_size, dilation, padding, stride: ops.col2im(
    g, output_size=x_shape[-2:], kernel_size=kernel_size, dilation=dilation, padding=padding,
    stride=stride), public=False)  # fmt: skip
def im2col(xp, x, *, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of an image as columns.

    Shapes: `(n, channels, height, width)` gives `(n, channels * kernel, windows)`; also without
    `n`.
    """
    if x.ndim not in (3, 4) or 0 in x.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(x.shape)}"
        )
    windows = _block_windows(x.shape[-2:], kernel_size, dilation, padding, stride)
    seen = view_windows(xp, padded(xp, x, windows), windows)
    rows = x.shape[-3] * math.prod(windows.kernel)
    return xp.array(seen, order="C").reshape(*x.shape[:-3], rows, math.prod(windows.out))


@op(vjp=lambda ops, g, kernel_size, dilation, padding, stride: ops.im2col(
    g, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride),
    public=False)  # fmt: skip
def col2im(xp, x, *, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """The transpose of `im2col`: columns added up where their windows are."""
    if x.ndim not in (2, 3):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and other "
            f"non-zero dimensions for input, but got: {list(x.shape)}"
        )
    size, kernel = _two(output_size, "output_size"), _two(kernel_size, "kernel_size")
    if min(kernel) > 0 and x.shape[-2] % math.prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={x.shape[-2]} and kernel_size={kernel}."
        )
    windows = _block_windows(size, kernel_size, dilation, padding, stride)
    out = windows.out
    if x.shape[-1] != math.prod(out):
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={kernel}, dilation={windows.dilation}, "
            f"padding={windows.lower}, stride={windows.stride}, expected size of input's dimension "
            f"2 to match the calculated number of sliding blocks {out[0]} * {out[1]} = "
            f"{math.prod(out)}, but got input.size(2)={x.shape[-1]}."
        )
    blocks = x.reshape(*x.shape[:-2], x.shape[-2] // math.prod(kernel), *kernel, *out)
    return add_windows(xp, blocks, windows)[inner(windows)]
