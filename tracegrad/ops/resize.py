"""Other sizes for the same image: interpolation, and pixels from channels.

Note [Taps]
~~~~~~~~~~~
Every kind of interpolation weighs a few elements along each dimension alone: one for `nearest`, two
for `linear`, four for `cubic`. Which ones, and by how much, is two small tables (`Taps`); the
transpose, which the gradient is, is such a pair of tables again, so one kernel does both. (As a
product with a matrix it would be as fast for small images, but `0 * inf` there makes NaN of whole
rows.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tracegrad.ops.declare import op

Array = Any
Sizes = tuple[int, ...]

# -- taps ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Taps:
    """Which elements make each element along a dimension. See Note [Taps].

    Attributes:
        size: elements before.
        index, weight: by tap and element afterwards.
        empty: elements afterwards that nothing goes into.
    """

    size: int
    index: Array
    weight: Array
    empty: Array

    def __repr__(self) -> str:
        return f"Taps({self.size} to {self.index.shape[1]}, {len(self.index)} each)"

    @property
    def ratio(self) -> float:
        return self.index.shape[1] / self.size


def transposed(taps: Taps) -> Taps:
    """The taps of the gradient."""
    out = taps.index.shape[1]
    order = np.argsort(taps.index, None, kind="stable")
    targets = taps.index.ravel()[order]
    counts = np.bincount(targets, minlength=taps.size)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    place = np.arange(len(targets)) - starts[targets]
    # An element that fewer go into names its first one again, by nothing.
    first = order[np.minimum(starts, len(order) - 1)] % out
    index = np.repeat(first[None], counts.max(), 0)
    weight = np.zeros(index.shape)
    index[place, targets] = order % out
    weight[place, targets] = taps.weight.ravel()[order]
    return Taps(out, index, weight, np.flatnonzero(counts == 0))


def _tapped(xp: Any, x: Array, dim: int, taps: Taps) -> Array:
    """One dimension interpolated."""
    if len(taps.index) == 1 and (taps.weight == 1).all():
        return xp.take(x, xp.asarray(taps.index[0]), dim)
    shape = (-1, *[1] * (x.ndim - dim - 1))
    total: Any = None
    for index, weight in zip(taps.index, taps.weight, strict=True):
        part = xp.take(x, xp.asarray(index), dim)
        part *= xp.asarray(weight).astype(x.dtype).reshape(shape)
        total = part if total is None else xp.add(total, part, out=total)
    if len(taps.empty):
        total[(*[slice(None)] * dim, xp.asarray(taps.empty))] = 0
    return total


def _resampled(xp: Any, x: Array, taps: tuple[Taps, ...]) -> Array:
    """The last dimensions interpolated, those that shrink most first."""
    numbered = [(x.ndim - len(taps) + n, t) for n, t in enumerate(taps)]
    # The last dimension before the others if all grow: it is the one that is read in small pieces.
    for dim, t in sorted(numbered, key=lambda one: (one[1].ratio, -one[0])):
        x = _tapped(xp, x, dim, t)
    return x


# -- where the taps are ----------------------------------------------------------------------------


def _nearest(size: int, out: int, scale: float | None, exact: bool) -> Taps:
    places = np.arange(out)
    # In float32, as PyTorch does: where rounding decides, it decides in the same way.
    step = np.float32(1 / scale) if scale else np.float32(size) / np.float32(out)
    shift = np.float32(0.5 if exact else 0)
    index = np.floor((places.astype(np.float32) + shift) * step).astype(np.int64)
    index = np.minimum(index, size - 1)
    return Taps(size, index[None], np.ones((1, out)), index[:0])


def _positions(size: int, out: int, scale: float | None, align_corners: bool) -> Array:
    """Where the elements afterwards stand among those before."""
    if out == size and not scale:
        return np.arange(float(out))
    if align_corners:
        return np.arange(out) * ((size - 1) / (out - 1) if out > 1 else 0.0)
    return (np.arange(out) + 0.5) * (1 / scale if scale else size / out) - 0.5


def _linear(size: int, out: int, scale: float | None, align_corners: bool) -> Taps:
    places = np.maximum(_positions(size, out, scale, align_corners), 0)
    low = np.minimum(np.floor(places).astype(np.int64), size - 1)
    after = np.clip(places - low, 0, 1)
    index = np.stack([low, np.minimum(low + 1, size - 1)])
    return Taps(size, index, np.stack([1 - after, after]), low[:0])


CUBIC = -0.75
"""The free coefficient of cubic convolution (Keys, 1981), as PyTorch and OpenCV have it."""


def cubic_weights(t: Any) -> tuple[Any, Any, Any, Any]:
    """Weights of the four neighbours at distances `1 + t`, `t`, `1 - t` and `2 - t`.

    Source: Keys, "Cubic convolution interpolation for digital image processing", 1981, eq. 15.
    """

    def near(d: Any) -> Any:
        return ((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1

    def far(d: Any) -> Any:
        return ((CUBIC * d - 5 * CUBIC) * d + 8 * CUBIC) * d - 4 * CUBIC

    return far(t + 1), near(t), near(1 - t), far(2 - t)


def _cubic(size: int, out: int, scale: float | None, align_corners: bool) -> Taps:
    places = _positions(size, out, scale, align_corners)
    low = np.floor(places).astype(np.int64)
    index = np.clip(np.stack([low - 1, low, low + 1, low + 2]), 0, size - 1)
    return Taps(size, index, np.stack(cubic_weights(places - low)), low[:0])


CUBIC_OF_PILLOW = -0.5
"""The coefficient of Pillow's cubic filter, which smoothing follows."""


def _triangle(d: Any) -> Any:
    return np.maximum(1 - np.abs(d), 0)


def _cubic_bell(d: Any) -> Any:
    d, a = np.abs(d), CUBIC_OF_PILLOW
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d < 1, near, np.where(d < 2, far, 0.0))


def _smoothed(bell: Callable[[Any], Any], reach: int) -> Callable[..., Taps]:
    """Elements weighed by a bell that is as wide as an element afterwards: for smaller images.

    Args:
        bell: zero from the distance `reach` on.
    """

    def taps(size: int, out: int, scale: float | None, align_corners: bool) -> Taps:
        step = 1 / scale if scale else size / out
        if align_corners:
            step = (size - 1) / (out - 1) if out > 1 else 0.0
        width = max(step, 1.0)
        centers = (np.arange(out) + 0.5) * step
        first = np.maximum((centers - reach * width + 0.5).astype(np.int64), 0)
        last = np.minimum((centers + reach * width + 0.5).astype(np.int64), size)
        index = first + np.arange((last - first).max())[:, None]
        weight = np.where(index < last, bell((index + 0.5 - centers) / width), 0.0)
        return Taps(size, np.minimum(index, size - 1), weight / weight.sum(0), first[:0])

    return taps


KINDS: dict[str, Callable[[int, int, float | None, bool], Taps]] = {
    "nearest": lambda size, out, scale, _: _nearest(size, out, scale, exact=False),
    "nearest-exact": lambda size, out, scale, _: _nearest(size, out, scale, exact=True),
    "linear": _linear, "bilinear": _linear, "trilinear": _linear,
    "bicubic": _cubic,
    "smooth bilinear": _smoothed(_triangle, 1), "smooth bicubic": _smoothed(_cubic_bell, 2),
}  # fmt: skip


@lru_cache(maxsize=1024)
def _taps(
    mode: str, size: int, out: int, scale: float | None, align_corners: bool
) -> tuple[Taps, Taps]:
    """Taps and transposed taps along one dimension."""
    found = KINDS[mode](size, out, scale, align_corners)
    return found, transposed(found)


# -- interpolation ---------------------------------------------------------------------------------


@op(vjp=lambda ops, g, backward: ops.resample(g, taps=backward[0], other=backward[1]),
    aux=("backward",), public=False)  # fmt: skip
def interpolate(xp, x, *, size, scales, mode, align_corners):
    """The image in another size."""
    if 0 in x.shape[1:] or min(size) <= 0:
        if min(size) <= 0 or 0 in x.shape[2:]:
            raise RuntimeError(
                "Input and output sizes should be greater than 0, but got input "
                f"{list(x.shape[2:])} output {list(size)}"
            )
        raise RuntimeError(
            f"Non-empty {x.ndim}D data tensor expected but got a tensor with sizes {list(x.shape)}"
        )
    if x.dtype.kind in "iub" and not mode.startswith("nearest"):
        raise NotImplementedError(
            f"interpolate: mode {mode!r} of {x.dtype} is not supported\n  try: .float() first"
        )
    sizes = list(zip(x.shape[2:], size, scales, strict=True))
    if mode == "nearest" and len(sizes) == 2:
        # Of pictures that stay or double their size, PyTorch forgets the scale; not of others.
        sizes = [(n, m, None if m in (n, 2 * n) else s) for n, m, s in sizes]
    both = [_taps(mode, n, m, s, align_corners) for n, m, s in sizes]
    taps, back = tuple([t for t, _ in both]), tuple([b for _, b in both])
    return _resampled(xp, x, taps), (back, taps)


@op(vjp=lambda ops, g, taps, other: ops.resample(g, taps=other, other=taps), public=False)
def resample(xp, x, *, taps, other):
    """The last dimensions by their taps; `other` are the transposed ones."""
    return _resampled(xp, x, taps)


# -- pixels and channels ---------------------------------------------------------------------------


def _check_factor(name: str, option: str, factor: int, x: Array) -> None:
    if x.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {x.ndim} "
            "dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {option}, but got {factor}")


@op(vjp=lambda ops, g, upscale_factor: ops.pixel_unshuffle(g, downscale_factor=upscale_factor),
    method=False)  # fmt: skip
def pixel_shuffle(xp, x, *, upscale_factor):
    """Channels as pixels: `(..., c * r * r, h, w)` gives `(..., c, h * r, w * r)`."""
    r = upscale_factor
    _check_factor("pixel_shuffle", "upscale_factor", r, x)
    *lead, channels, height, width = x.shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={channels} is not divisible by {r * r}"
        )
    split = x.reshape(*lead, channels // (r * r), r, r, height, width)
    moved = xp.moveaxis(split, (-4, -3), (-3, -1))
    return xp.array(moved, order="C").reshape(*lead, channels // (r * r), height * r, width * r)


@op(vjp=lambda ops, g, downscale_factor: ops.pixel_shuffle(g, upscale_factor=downscale_factor),
    method=False)  # fmt: skip
def pixel_unshuffle(xp, x, *, downscale_factor):
    """Pixels as channels: `(..., c, h * r, w * r)` gives `(..., c * r * r, h, w)`."""
    r = downscale_factor
    _check_factor("pixel_unshuffle", "downscale_factor", r, x)
    *lead, channels, height, width = x.shape
    for name, size, at in (("height", height, -2), ("width", width, -1)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
                f"input.size({at})={size} is not divisible by {r}"
            )
    split = x.reshape(*lead, channels, height // r, r, width // r, r)
    moved = xp.moveaxis(split, (-3, -1), (-4, -3))
    return xp.array(moved, order="C").reshape(*lead, channels * r * r, height // r, width // r)


@op(vjp=lambda ops, g, x_shape, groups: ops.channel_shuffle(g, groups=x_shape[1] // groups),
    method=False)  # fmt: skip
def channel_shuffle(xp, x, *, groups):
    """Channels dealt out: the first of each group, then the second of each."""
    if x.ndim <= 2:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(x.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    if x.shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {x.shape[1]} channels and "
            f"{groups} groups."
        )
    rest = math.prod(x.shape[2:])
    split = x.reshape(x.shape[0], groups, x.shape[1] // groups, rest)
    return xp.array(split.swapaxes(1, 2), order="C").reshape(x.shape)
