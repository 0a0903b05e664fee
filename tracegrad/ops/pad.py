"""Padding: with a number, or with the tensor's own elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracegrad.ops.declare import op

Array = Any
Sizes = tuple[int, ...]


def pairs(pad: Sizes, ndim: int) -> list[tuple[int, int, int]]:
    """Dimension, elements before and after, from PyTorch's list: it begins at the last one."""
    return [(ndim - 1 - n // 2, pad[n], pad[n + 1]) for n in range(0, len(pad), 2)]


@op(vjp=lambda ops, g, pad: ops.constant_pad(g, pad=tuple([-p for p in pad]), value=0),
    public=False)  # fmt: skip
def constant_pad(xp, x, *, pad, value=0):
    """The tensor with `value` around it; negative numbers cut off."""
    shape, target, source = list(x.shape), [slice(None)] * x.ndim, [slice(None)] * x.ndim
    for dim, before, after in pairs(pad, x.ndim):
        size = x.shape[dim]
        shape[dim] = size + before + after
        if shape[dim] < 0:
            raise RuntimeError(
                f"The input size {size}, plus negative padding {before} and {after} resulted in a "
                f"negative output size, which is invalid. Check dimension {dim} of your input."
            )
        # What is cut off on one side may reach into the padding of the other.
        low, high = max(-before, 0), size - max(-after, 0)
        source[dim] = slice(min(low, size), max(high, low, 0))
        target[dim] = slice(max(before, 0), max(before, 0) + max(high - low, 0))
    padded = xp.full(shape, value, x.dtype)
    padded[tuple(target)] = x[tuple(source)]
    return padded


# -- with the tensor's own elements ----------------------------------------------------------------


def _sources(mode: str, size: int, before: int, after: int) -> Array:
    """Which element of a dimension stands at each place of the padded one."""
    places = np.arange(-before, size + after)
    if mode == "replicate":
        return np.clip(places, 0, size - 1)
    if mode == "circular":  # of what is left when negative padding was cut off
        first, left = max(-before, 0), size - max(-before, 0) - max(-after, 0)
        return (places - first) % left + first
    return np.abs(size - 1 - np.abs(size - 1 - places))


def own_plan(mode: str, shape: Sizes, pad: Sizes) -> list[tuple[int, int, int, Array]]:
    """Dimension, elements before and after, and where each element of the result comes from."""
    return [
        (dim, before, after, _sources(mode, shape[dim], before, after))
        for dim, before, after in pairs(pad, len(shape))
        if before or after
    ]


@op(vjp=lambda ops, g, x_shape, pad, mode: ops.own_pad_backward(
    g, shape=x_shape, pad=pad, mode=mode), public=False)  # fmt: skip
def own_pad(xp, x, *, pad, mode):
    """The tensor with its own elements around it, by `mode`: reflect, replicate or circular."""
    padded = x
    for dim, _, _, sources in own_plan(mode, x.shape, pad):
        padded = xp.take(padded, xp.asarray(sources), dim)
    return padded.copy() if padded is x else padded


@op(vjp=lambda ops, g, pad, mode: ops.own_pad(g, pad=pad, mode=mode), public=False)
def own_pad_backward(xp, x, *, shape, pad, mode):
    """The transpose of `own_pad`: what stands around is added where it came from."""
    total = x
    for dim, before, after, sources in own_plan(mode, shape, pad):
        lead = (slice(None),) * dim
        # The elements that stand in their own place at once, the few others one by one.
        low = min(max(before, 0), len(sources))
        high = max(len(sources) - max(after, 0), low)
        folded = xp.zeros((*total.shape[:dim], shape[dim], *total.shape[dim + 1 :]), x.dtype)
        first = int(sources[low]) if high > low else 0
        folded[(*lead, slice(first, first + high - low))] = total[(*lead, slice(low, high))]
        for place in (*range(low), *range(high, len(sources))):
            folded[(*lead, int(sources[place]))] += total[(*lead, place)]
        total = folded
    return total.copy() if total is x else total
