"""Images of PIL. See Note [Two sides]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from tracegrad.vision.transforms.functional.affine_matrix import inverse_affine_matrix
from tracegrad.vision.transforms.interpolation import PILLOW_NUMBERS, InterpolationMode

Fill = float | Sequence[float] | None
GREY_MODES = {"L", "1", "I", "F"}
"""Modes without a hue."""


def image_of(array: Any, mode: str) -> Image.Image:
    """A PIL image of one mode from the bytes of an array `(h, w)` or `(h, w, channels)`."""
    if mode == "1":  # whose bytes hold eight pixels each
        return Image.fromarray(array.astype(bool))
    return Image.frombytes(mode, (array.shape[1], array.shape[0]), array.tobytes())


def dimensions(img: Image.Image) -> tuple[int, int, int]:
    """Channels, height, width."""
    return len(img.getbands()), img.height, img.width


# -- cutting and padding ---------------------------------------------------------------------------


def crop(img: Image.Image, top: int, left: int, height: int, width: int) -> Image.Image:
    """A part of the image; black outside of it."""
    return img.crop((left, top, left + width, top + height))


def pad(img: Image.Image, sides: Sequence[int], fill: Fill, mode: str) -> Image.Image:
    """Pixels added left, above, right and below; negative numbers cut off."""
    if mode == "constant":
        padded = ImageOps.expand(img, tuple(sides), fill=_fill(img, fill))
    else:
        left, top, right, bottom = (max(-n, 0) for n in sides)
        kept = img.crop((left, top, img.width - right, img.height - bottom))
        left, top, right, bottom = (max(n, 0) for n in sides)
        array = np.asarray(kept)
        widths = [(top, bottom), (left, right), (0, 0)][: array.ndim]
        padded = image_of(np.pad(array, widths, mode), img.mode)  # type: ignore[call-overload]
    if img.mode == "P":
        padded.putpalette(img.getpalette() or [])
    return padded


def _fill(img: Image.Image, fill: Fill) -> Any:
    """A colour for each channel.

    Raises:
        ValueError: there are more or fewer numbers than channels.
    """
    channels = len(img.getbands())
    given = list(fill) if isinstance(fill, Sequence) else [fill or 0]
    if len(given) == 1:
        given *= channels
    if len(given) != channels:
        raise ValueError(
            "The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(given)} != {channels})"
        )
    numbers = tuple([float(n) if img.mode == "F" else int(n) for n in given])
    return numbers if channels > 1 else numbers[0]


# -- geometry --------------------------------------------------------------------------------------


def hflip(img: Image.Image) -> Image.Image:
    """Left and right changed."""
    return img.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def vflip(img: Image.Image) -> Image.Image:
    """Top and bottom changed."""
    return img.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def resize(
    img: Image.Image, size: tuple[int, int], mode: InterpolationMode, antialias: bool
) -> Image.Image:
    """The image in another size (height, width). Pillow always smooths what it makes smaller."""
    return img.resize((size[1], size[0]), Image.Resampling(PILLOW_NUMBERS[mode]))


def affine(
    img: Image.Image,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
    mode: InterpolationMode,
    fill: Fill,
    center: Sequence[float] | None,
) -> Image.Image:
    """The image turned, moved, scaled and sheared."""
    middle = (img.width * 0.5, img.height * 0.5) if center is None else center
    matrix = inverse_affine_matrix(middle, angle, translate, scale, shear)
    return _transform(img, Image.Transform.AFFINE, matrix, mode, fill)


def rotate(
    img: Image.Image,
    angle: float,
    mode: InterpolationMode,
    expand: bool,
    center: Sequence[float] | None,
    fill: Fill,
) -> Image.Image:
    """The image turned counter-clockwise."""
    resampling = Image.Resampling(PILLOW_NUMBERS[mode])
    middle = None if center is None else (center[0], center[1])
    return img.rotate(angle, resampling, expand, middle, fillcolor=_fill(img, fill))


def perspective(
    img: Image.Image, coefficients: Sequence[float], mode: InterpolationMode, fill: Fill
) -> Image.Image:
    """The image seen from another place."""
    return _transform(img, Image.Transform.PERSPECTIVE, coefficients, mode, fill)


def _transform(
    img: Image.Image,
    kind: Image.Transform,
    numbers: Sequence[float],
    mode: InterpolationMode,
    fill: Fill,
) -> Image.Image:
    resampling = Image.Resampling(PILLOW_NUMBERS[mode])
    return img.transform(img.size, kind, list(numbers), resampling, fillcolor=_fill(img, fill))


# -- colour ----------------------------------------------------------------------------------------


def grayscale(img: Image.Image, channels: int) -> Image.Image:
    """Luma, in one channel or three equal ones."""
    grey = img.convert("L")
    return grey if channels == 1 else Image.merge("RGB", (grey, grey, grey))


def adjust_brightness(img: Image.Image, factor: float) -> Image.Image:
    """Towards black, or beyond the image."""
    return ImageEnhance.Brightness(img).enhance(factor)


def adjust_contrast(img: Image.Image, factor: float) -> Image.Image:
    """Towards the mean grey, or beyond the image."""
    return ImageEnhance.Contrast(img).enhance(factor)


def adjust_saturation(img: Image.Image, factor: float) -> Image.Image:
    """Towards its greys, or beyond the image."""
    return ImageEnhance.Color(img).enhance(factor)


def adjust_hue(img: Image.Image, factor: float) -> Image.Image:
    """The circle of hues turned."""
    if img.mode in GREY_MODES:
        return img
    hue, saturation, value = img.convert("HSV").split()
    turn = int(factor * 255)  # hues have 8 bits and start again after 255
    turned = hue.point([(n + turn) % 256 for n in range(256)])
    return Image.merge("HSV", (turned, saturation, value)).convert(img.mode)


def adjust_gamma(img: Image.Image, gamma: float, gain: float) -> Image.Image:
    """Every value to the power of `gamma`."""
    curve = [int((256 - 1e-3) * gain * (n / 255) ** gamma) for n in range(256)]
    return img.convert("RGB").point(curve * 3).convert(img.mode)


def adjust_sharpness(img: Image.Image, factor: float) -> Image.Image:
    """Towards a smoothed image, or beyond the image."""
    return ImageEnhance.Sharpness(img).enhance(factor)


def invert(img: Image.Image) -> Image.Image:
    """The negative."""
    return ImageOps.invert(img)


def posterize(img: Image.Image, bits: int) -> Image.Image:
    """The upper bits of each value."""
    return ImageOps.posterize(img, bits)


def solarize(img: Image.Image, threshold: float) -> Image.Image:
    """The negative of all values from a threshold on."""
    return ImageOps.solarize(img, int(threshold))


def autocontrast(img: Image.Image) -> Image.Image:
    """Values stretched over the whole range."""
    return ImageOps.autocontrast(img)


def equalize(img: Image.Image) -> Image.Image:
    """Values equally frequent."""
    return ImageOps.equalize(img)
