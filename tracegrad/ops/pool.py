"""Pooling: the largest element or the mean of each window."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracegrad.backend import pooling
from tracegrad.backend.windows import Spans, Windows
from tracegrad.ops.declare import op
from tracegrad.ops.pool_windows import adaptive_size, adaptive_windows, pooling_windows

Array = Any

# -- maxima ----------------------------------------------------------------------------------------


def _largest(xp: Any, name: str, x: Array, *options: Any) -> tuple[Array, Array, Windows]:
    windows = pooling_windows(name, x.shape, *options)
    return (*pooling.winners(xp, x, windows), windows)


MAX_RULE = {"x": lambda ops, g, which, windows: ops.pool_put(g, which, windows=windows)}


@op(vjp=MAX_RULE, aux=("which", "windows"), method=False)
def max_pool1d(xp, x, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest element of each window of a sequence."""
    return _largest(xp, "max_pool1d", x, kernel_size, stride, padding, dilation, ceil_mode)


@op(vjp=MAX_RULE, aux=("which", "windows"), method=False)
def max_pool2d(xp, x, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest element of each window of an image. The first of equal ones gets the gradient."""
    return _largest(xp, "max_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode)


@op(vjp=MAX_RULE, aux=("which", "windows"), method=False)
def max_pool3d(xp, x, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest element of each window of a volume."""
    return _largest(xp, "max_pool3d", x, kernel_size, stride, padding, dilation, ceil_mode)


@op(vjp=lambda ops, g, which, windows: ops.pool_put(g[0], which, windows=windows),
    outputs=2, aux=("which",), public=False)  # fmt: skip
def max_pool_with_indices(xp, x, *, windows):
    """The largest element of each window, and where it stands in the flattened image."""
    best, which = pooling.winners(xp, x, windows)
    return best, pooling.positions(xp, which, windows), which


@op(vjp=lambda ops, g, which, windows: ops.pool_pick(g, which, windows=windows), public=False)
def pool_put(xp, x, which, *, windows):
    """Zeros with each element added where its window's largest one was."""
    return pooling.put(xp, x, which, windows)


@op(vjp=lambda ops, g, which, windows: ops.pool_put(g, which, windows=windows), public=False)
def pool_pick(xp, x, which, *, windows):
    """The elements where another array's windows had their largest ones."""
    return pooling.pick(xp, x, which, windows)


# -- means -----------------------------------------------------------------------------------------


def _divisor(
    xp: Any, windows: Windows | Spans, count_include_pad: bool, override: int | None, dtype: Any
) -> Array:
    """What the sum of each window is divided by: one number where all are equal."""
    if override is not None:
        if not override:
            raise RuntimeError("divisor must be not zero")
        return xp.asarray(override).astype(dtype)
    product: Any = np.ones(())
    for dim in range(windows.ndim):
        if isinstance(windows, Spans):
            counts = windows.lengths(dim)
        else:
            counts = windows.inside(dim, windows.lower[dim] if count_include_pad else 0)
        product = np.multiply.outer(product, counts)
    if product.size and product.min() == product.max():
        product = product.flat[0]
    return xp.asarray(product).astype(dtype)


def _mean(
    xp: Any, x: Array, windows: Windows | Spans, count_include_pad: bool = True,
    override: int | None = None,
) -> tuple[Array, Any, Array]:  # fmt: skip
    """The mean of each window, and what the rule needs."""
    total = pooling.total(xp, x, windows)
    divisor = _divisor(xp, windows, count_include_pad, override, x.dtype)
    if x.dtype.kind in "iu":
        return xp.trunc(total / divisor).astype(x.dtype), windows, divisor
    total /= divisor
    return total, windows, divisor


def _average(
    xp: Any, name: str, x: Array, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None = None,
) -> tuple[Array, Any, Array]:  # fmt: skip
    windows = pooling_windows(name, x.shape, kernel_size, stride, padding, 1, ceil_mode)
    return _mean(xp, x, windows, count_include_pad, divisor_override)


MEAN_RULE = {
    "x": lambda ops, g, windows, divisor: ops.pool_spread(g, divisor, windows=windows),
}


@op(vjp=MEAN_RULE, aux=("windows", "divisor"), method=False)
def avg_pool1d(
    xp, x, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """The mean of each window of a sequence."""
    return _average(xp, "avg_pool1d", x, kernel_size, stride, padding, ceil_mode, count_include_pad)


@op(vjp=MEAN_RULE, aux=("windows", "divisor"), public=False)
def avg_pool2d(
    xp, x, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None,
):  # fmt: skip
    """The mean of each window of an image."""
    return _average(
        xp, "avg_pool2d", x, kernel_size, stride, padding, ceil_mode, count_include_pad,
        divisor_override,
    )  # fmt: skip


@op(vjp=MEAN_RULE, aux=("windows", "divisor"), public=False)
def avg_pool3d(
    xp, x, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None,
):  # fmt: skip
    """The mean of each window of a volume."""
    return _average(
        xp, "avg_pool3d", x, kernel_size, stride, padding, ceil_mode, count_include_pad,
        divisor_override,
    )  # fmt: skip


@op(vjp={
    "x": lambda ops, g, divisor, windows: _divided(ops.pool_total(g, windows=windows), divisor),
}, public=False)  # fmt: skip
def pool_spread(xp, x, divisor=None, *, windows):
    """Each element divided, and given to all of its window."""
    return pooling.spread(xp, _divided(x, divisor), windows)


def _divided(x: Array, divisor: Array | None) -> Array:
    return x if divisor is None else x / divisor


@op(vjp=lambda ops, g, windows: ops.pool_spread(g, None, windows=windows), public=False)
def pool_total(xp, x, *, windows):
    """The sum of each window."""
    return pooling.total(xp, x, windows)


# -- adaptive --------------------------------------------------------------------------------------


def _adaptive(name: str, x: Array, output_size: Any) -> Windows | Spans:
    out = adaptive_size(name, x.shape, output_size)
    return adaptive_windows(x.shape[x.ndim - len(out) :], out)


@op(vjp=MEAN_RULE, aux=("windows", "divisor"), method=False)
def adaptive_avg_pool1d(xp, x, *, output_size):
    """Means of windows that share a sequence out evenly."""
    return _mean(xp, x, _adaptive("adaptive_avg_pool1d", x, output_size))


@op(vjp=MEAN_RULE, aux=("windows", "divisor"), public=False)
def adaptive_avg_pool2d(xp, x, *, output_size):
    """Means of windows that share an image out evenly: `output_size` of them."""
    return _mean(xp, x, _adaptive("adaptive_avg_pool2d", x, output_size))


@op(vjp=MEAN_RULE, aux=("windows", "divisor"), public=False)
def adaptive_avg_pool3d(xp, x, *, output_size):
    """Means of windows that share a volume out evenly."""
    return _mean(xp, x, _adaptive("adaptive_avg_pool3d", x, output_size))


def _adaptive_max(xp: Any, name: str, x: Array, output_size: Any) -> tuple[Any, ...]:
    windows = _adaptive(name, x, output_size)
    best, which = pooling.winners(xp, x, windows)
    return best, pooling.positions(xp, which, windows), which, windows


ADAPTIVE_MAX_RULE = {"x": lambda ops, g, which, windows: ops.pool_put(g[0], which, windows=windows)}


@op(vjp=ADAPTIVE_MAX_RULE, outputs=2, aux=("which", "windows"), method=False)
def adaptive_max_pool1d(xp, x, *, output_size):
    """Maxima of windows that share a sequence out evenly, and where they are."""
    return _adaptive_max(xp, "adaptive_max_pool1d", x, output_size)


@op(vjp=ADAPTIVE_MAX_RULE, outputs=2, aux=("which", "windows"), public=False)
def adaptive_max_pool2d(xp, x, *, output_size):
    """Maxima of windows that share an image out evenly, and where they are."""
    return _adaptive_max(xp, "adaptive_max_pool2d", x, output_size)


@op(vjp=ADAPTIVE_MAX_RULE, outputs=2, aux=("which", "windows"), public=False)
def adaptive_max_pool3d(xp, x, *, output_size):
    """Maxima of windows that share a volume out evenly, and where they are."""
    return _adaptive_max(xp, "adaptive_max_pool3d", x, output_size)
