"""Tensors cut, padded, flipped, resized, turned and blurred."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.nn import functional as nn_functional
from tracegrad.ops import functions as ops
from tracegrad.vision.transforms.functional.affine_matrix import inverse_affine_matrix
from tracegrad.vision.transforms.functional.on_tensors.images import computed, dimensions
from tracegrad.vision.transforms.interpolation import InterpolationMode

Fill = float | Sequence[float] | None
GRID_MODES = (InterpolationMode.NEAREST, InterpolationMode.BILINEAR)
RESIZE_MODES = (
    *GRID_MODES, InterpolationMode.BICUBIC, InterpolationMode.NEAREST_EXACT,
)  # fmt: skip
SMOOTH_MODES = (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC)

# -- cutting and padding ---------------------------------------------------------------------------


def crop(img: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """A part of the image; black outside of it."""
    _, h, w = dimensions(img)
    bottom, right = top + height, left + width
    inside = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and right <= w and bottom <= h:
        return inside
    before = (max(min(right, 0) - left, 0), max(min(bottom, 0) - top, 0))
    after = (max(right - max(w, left), 0), max(bottom - max(h, top), 0))
    return pad(inside, (*before, *after), 0, "constant")


def pad(img: Tensor, sides: Sequence[int], fill: Fill, mode: str) -> Tensor:
    """Pixels added left, above, right and below; negative numbers cut off."""
    if mode == "symmetric":
        return _mirrored(img, sides)
    left, top, right, bottom = sides
    around = (left, right, top, bottom)
    if mode == "constant":
        if isinstance(fill, Sequence):
            raise TypeError(
                f"Got inappropriate fill arg: {fill}; a tensor is padded with one number"
            )
        return nn_functional.pad(img, around, "constant", fill or 0)
    name = {"edge": "replicate", "reflect": "reflect"}[mode]
    return computed(img, lambda batch: nn_functional.pad(batch, around, name), floats=False)


def _mirrored(img: Tensor, sides: Sequence[int]) -> Tensor:
    """Padded with the image mirrored at its edges, which come twice."""
    left, top, right, bottom = sides
    _, h, w = dimensions(img)
    for dim, size, before, after in ((-2, h, top, bottom), (-1, w, left, right)):
        if max(before, after) > size:
            raise ValueError(
                f"symmetric padding of {max(before, after)} pixels is more than the image has: "
                f"{size} in dimension {dim}"
            )
        places = np.pad(np.arange(size), (max(before, 0), max(after, 0)), "symmetric")
        places = places[max(-before, 0) : len(places) - max(-after, 0)]
        img = img.index_select(dim, ops.tensor(places, device=img.device))
    return img


# -- flips and sizes -------------------------------------------------------------------------------


def hflip(img: Tensor) -> Tensor:
    """Left and right changed."""
    return img.flip(-1)


def vflip(img: Tensor) -> Tensor:
    """Top and bottom changed."""
    return img.flip(-2)


def resize(img: Tensor, size: tuple[int, int], mode: InterpolationMode, antialias: bool) -> Tensor:
    """The image in another size (height, width)."""
    _check_mode(mode, RESIZE_MODES)
    smooth = mode in SMOOTH_MODES

    def resized(batch: Tensor) -> Tensor:
        result = nn_functional.interpolate(
            batch,
            size,
            mode=mode.value,
            align_corners=False if smooth else None,
            antialias=antialias and smooth,
        )
        overshoots = mode is InterpolationMode.BICUBIC and img.dtype is dtypes.uint8
        return result.clamp(0, 255) if overshoots else result

    return computed(img, resized)


def _check_mode(mode: InterpolationMode, supported: Sequence[InterpolationMode]) -> None:
    if mode not in supported:
        names = ", ".join(m.value for m in supported)
        raise ValueError(
            f"Interpolation mode '{mode.value}' is unsupported with Tensor input\n"
            f"  try: {names}; or a PIL image"
        )


# -- turning and moving ----------------------------------------------------------------------------


def affine(
    img: Tensor,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
    mode: InterpolationMode,
    fill: Fill,
    center: Sequence[float] | None,
) -> Tensor:
    """The image turned, moved, scaled and sheared."""
    matrix = inverse_affine_matrix(_from_middle(img, center), angle, translate, scale, shear)
    _, height, width = dimensions(img)
    return _sampled(img, _affine_places(matrix, height, width), mode, fill)


def rotate(
    img: Tensor,
    angle: float,
    mode: InterpolationMode,
    expand: bool,
    center: Sequence[float] | None,
    fill: Fill,
) -> Tensor:
    """The image turned counter-clockwise."""
    matrix = inverse_affine_matrix(_from_middle(img, center), -angle, (0, 0), 1.0, (0.0, 0.0))
    _, height, width = dimensions(img)
    size = _turned_size(matrix, height, width) if expand else (height, width)
    return _sampled(img, _affine_places(matrix, *size), mode, fill)


def perspective(
    img: Tensor, coefficients: Sequence[float], mode: InterpolationMode, fill: Fill
) -> Tensor:
    """The image seen from another place."""
    a, b, c, d, e, f, g, h = coefficients
    _, height, width = dimensions(img)
    y, x = np.mgrid[0:height, 0:width] + 0.5
    scale = g * x + h * y + 1
    places = np.stack([(a * x + b * y + c) / scale, (d * x + e * y + f) / scale], -1)
    return _sampled(img, places - (width / 2, height / 2), mode, fill)


def _from_middle(img: Tensor, center: Sequence[float] | None) -> tuple[float, float]:
    """A centre `(x, y)` counted from the middle of the image."""
    _, height, width = dimensions(img)
    return (0.0, 0.0) if center is None else (center[0] - width / 2, center[1] - height / 2)


def _affine_places(matrix: Sequence[float], height: int, width: int) -> Any:
    """Where each pixel of the result comes from, both counted from the middles."""
    y, x = np.mgrid[0:height, 0:width]
    x, y = x - (width - 1) / 2, y - (height - 1) / 2
    a, b, c, d, e, f = matrix
    return np.stack([a * x + b * y + c, d * x + e * y + f], -1)


def _turned_size(matrix: Sequence[float], height: int, width: int) -> tuple[int, int]:
    """Height and width that the whole turned image needs."""
    a, b, c, d, e, f = matrix
    corners = [(x, y) for x in (-width / 2, width / 2) for y in (-height / 2, height / 2)]
    x_places = [a * x + b * y + c + width / 2 for x, y in corners]
    y_places = [d * x + e * y + f + height / 2 for x, y in corners]

    def extent(places: Sequence[float]) -> int:
        # To a ten-thousandth of a pixel: rounding must not add a row.
        low, high = (math.trunc(n * 1e4) / 1e4 for n in (min(places), max(places)))
        return math.ceil(high) - math.floor(low)

    return extent(y_places), extent(x_places)


def _sampled(img: Tensor, places: Any, mode: InterpolationMode, fill: Fill) -> Tensor:
    """The image read at places in pixels from its middle, and `fill` outside of it."""
    _check_mode(mode, GRID_MODES)
    channels, height, width = dimensions(img)
    colours = _colours(fill, channels)
    floats = img.dtype if img.dtype is dtypes.float64 else dtypes.float32
    grid = ops.tensor(places / (width / 2, height / 2), dtype=floats, device=img.device)[None]

    def sampled(batch: Tensor) -> Tensor:
        count = batch.shape[0]
        grids = grid.expand(count, *grid.shape[1:])
        if colours is None:
            return nn_functional.grid_sample(batch, grids, mode.value, "zeros", False)
        white = ops.ones((count, 1, height, width), dtype=batch.dtype, device=batch.device)
        both = ops.cat([batch, white], 1)
        both = nn_functional.grid_sample(both, grids, mode.value, "zeros", False)
        read, inside = both[:, :-1], both[:, -1:]
        colour = ops.tensor(colours, dtype=batch.dtype, device=batch.device).reshape(1, -1, 1, 1)
        if mode is InterpolationMode.NEAREST:
            return ops.where(inside < 0.5, colour, read)
        # What was read at the border has been mixed with zeros before, and so gets darker, as in
        # torchvision.
        return read * inside + (1 - inside) * colour

    return computed(img, sampled)


def _colours(fill: Fill, channels: int) -> list[float] | None:
    """A number for all channels or for each; `None` if what lies outside stays zero."""
    if fill is None:
        return None
    numbers = [float(n) for n in fill] if isinstance(fill, Sequence) else [float(fill)]
    if len(numbers) not in (1, channels):
        raise ValueError(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of "
            f"the image ({len(numbers)} != {channels})"
        )
    return numbers


# -- blur and erase --------------------------------------------------------------------------------


def gaussian_blur(img: Tensor, kernel_size: Sequence[int], sigma: Sequence[float]) -> Tensor:
    """The image smoothed along both dimensions; sizes and deviations are of x, then of y."""
    channels = dimensions(img)[0]
    (x_size, y_size), (x_sigma, y_sigma) = kernel_size, sigma
    around = (x_size // 2, x_size // 2, y_size // 2, y_size // 2)

    def kernel(size: int, deviation: float, like: Tensor) -> Tensor:
        places = np.arange(size) - (size - 1) / 2
        bell = np.exp(-0.5 * (places / deviation) ** 2)
        return ops.tensor(bell / bell.sum(), dtype=like.dtype, device=like.device)

    def blurred(batch: Tensor) -> Tensor:
        padded = nn_functional.pad(batch, around, "reflect")
        along_x = kernel(x_size, x_sigma, batch).expand(channels, 1, 1, x_size)
        along_y = kernel(y_size, y_sigma, batch).reshape(-1, 1).expand(channels, 1, y_size, 1)
        rows = nn_functional.conv2d(padded, along_x, groups=channels)
        return nn_functional.conv2d(rows, along_y, groups=channels)

    return computed(img, blurred)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Any, inplace: bool) -> Tensor:
    """A rectangle overwritten."""
    img = img if inplace else img.clone()
    img[..., i : i + h, j : j + w] = v
    return img
