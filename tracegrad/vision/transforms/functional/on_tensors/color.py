"""Tensors in other colours, as PIL's images: the arithmetic is Pillow's, in floats."""

from __future__ import annotations

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.nn import functional as nn_functional
from tracegrad.ops import functions as ops
from tracegrad.vision.transforms.functional.on_tensors.images import (
    check_channels,
    computed,
    convert_dtype,
    dimensions,
    largest_value,
)

LUMA = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""

# -- mixing with another image ---------------------------------------------------------------------


def _blend(img: Tensor, other: Tensor | float, share: float) -> Tensor:
    """`share` of the image and the rest of another; outside of [0, 1] it leads away from it."""
    mixed = img * share + other * (1.0 - share)
    return mixed.clamp(0, largest_value(img.dtype)).to(img.dtype)


def _luma(img: Tensor) -> Tensor:
    """Brightness in one channel, in the image's dtype."""
    if dimensions(img)[0] == 1:
        return img.clone()
    red, green, blue = img.unbind(-3)
    grey = red * LUMA[0] + green * LUMA[1] + blue * LUMA[2]
    return grey.to(img.dtype).unsqueeze(-3)


def grayscale(img: Tensor, channels: int) -> Tensor:
    """Luma, in one channel or three equal ones."""
    check_channels(img)
    grey = _luma(img)
    return grey if channels == 1 else grey.expand(*img.shape[:-3], 3, *img.shape[-2:])


def adjust_brightness(img: Tensor, factor: float) -> Tensor:
    """Towards black, or beyond the image."""
    check_channels(img)
    return _blend(img, 0.0, factor)


def adjust_contrast(img: Tensor, factor: float) -> Tensor:
    """Towards the mean grey, or beyond the image."""
    check_channels(img)
    floats = img.dtype if img.is_floating_point() else dtypes.float32
    return _blend(img, _luma(img).to(floats).mean((-3, -2, -1), keepdim=True), factor)


def adjust_saturation(img: Tensor, factor: float) -> Tensor:
    """Towards its greys, or beyond the image."""
    check_channels(img)
    return img if dimensions(img)[0] == 1 else _blend(img, _luma(img), factor)


def adjust_sharpness(img: Tensor, factor: float) -> Tensor:
    """Towards a smoothed image, or beyond the image; the border stays."""
    check_channels(img)
    channels, height, width = dimensions(img)
    if min(height, width) <= 2:
        return img

    def smoothed(batch: Tensor) -> Tensor:
        around = [[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]
        weights = ops.tensor(around, dtype=batch.dtype, device=batch.device) / 13
        return nn_functional.conv2d(batch, weights.expand(channels, 1, 3, 3), groups=channels)

    smooth = img.clone()
    smooth[..., 1:-1, 1:-1] = computed(img, smoothed)
    return _blend(img, smooth, factor)


# -- hue -------------------------------------------------------------------------------------------


def adjust_hue(img: Tensor, factor: float) -> Tensor:
    """The circle of hues turned."""
    check_channels(img)
    if dimensions(img)[0] == 1:
        return img
    hue, saturation, value = _hue_saturation_value(convert_dtype(img, dtypes.float32))
    turned = _red_green_blue((hue + factor) % 1.0, saturation, value)
    return convert_dtype(turned, img.dtype)


def _hue_saturation_value(rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue as a share of the circle from red over green and blue, saturation, value.

    Source: Smith, "Color gamut transform pairs", 1978.
    """
    red, green, blue = rgb.unbind(-3)
    value, least = rgb.amax(-3), rgb.amin(-3)
    spread = value - least
    is_grey = spread == 0
    # Grey has no hue: 1 in the place of its zeros makes it 0, and no gradient NaN.
    divisor = ops.where(is_grey, ops.ones_like(spread), spread)
    sixths = ops.where(
        value == red,
        (green - blue) / divisor,
        ops.where(value == green, 2.0 + (blue - red) / divisor, 4.0 + (red - green) / divisor),
    )
    saturation = spread / ops.where(is_grey, ops.ones_like(value), value)
    return (sixths / 6.0) % 1.0, saturation, value


def _red_green_blue(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Each channel falls from `value` where its colour is more than a sixth of the circle away."""
    channels = []
    for sixth in (5.0, 3.0, 1.0):
        away = (hue * 6.0 + sixth) % 6.0
        fall = ops.minimum(away, 4.0 - away).clamp(0.0, 1.0)
        channels.append(value - value * saturation * fall)
    return ops.stack(channels, -3)


# -- curves ----------------------------------------------------------------------------------------


def adjust_gamma(img: Tensor, gamma: float, gain: float) -> Tensor:
    """Every value to the power of `gamma`."""
    check_channels(img)
    floats = img if img.is_floating_point() else convert_dtype(img, dtypes.float32)
    return convert_dtype((floats.pow(gamma) * gain).clamp(0, 1), img.dtype)


def invert(img: Tensor) -> Tensor:
    """The negative."""
    check_channels(img)
    return largest_value(img.dtype) - img


def _check_bytes(img: Tensor) -> None:
    check_channels(img)
    if img.dtype is not dtypes.uint8:
        raise TypeError(
            f"Only {dtypes.uint8} image tensors are supported, but found {img.dtype}\n"
            "  try: convert_image_dtype(img, uint8)"
        )


def posterize(img: Tensor, bits: int) -> Tensor:
    """The upper bits of each value."""
    _check_bytes(img)
    return img & (256 - 2 ** (8 - bits))


def solarize(img: Tensor, threshold: float) -> Tensor:
    """The negative of all values from a threshold on."""
    check_channels(img)
    if threshold > largest_value(img.dtype):
        raise TypeError(
            "Threshold should be less than bound of img.\n"
            f"  got {threshold}, white is {largest_value(img.dtype)}"
        )
    return ops.where(img >= threshold, invert(img), img)


def autocontrast(img: Tensor) -> Tensor:
    """Values stretched over the whole range, in each channel."""
    check_channels(img)
    white = largest_value(img.dtype)
    floats = img.dtype if img.is_floating_point() else dtypes.float32
    low = img.amin((-2, -1), keepdim=True).to(floats)
    spread = img.amax((-2, -1), keepdim=True).to(floats) - low
    is_flat = spread == 0
    scale = white / ops.where(is_flat, ops.ones_like(spread), spread)
    stretched = ((img - low) * scale).clamp(0, white).to(img.dtype)
    return ops.where(is_flat, img, stretched)


def equalize(img: Tensor) -> Tensor:
    """Values equally frequent, in each channel."""
    _check_bytes(img)
    flat = img.reshape((-1, img.shape[-2] * img.shape[-1]))
    return ops.stack([_equalized(channel) for channel in flat]).reshape(img.shape)


def _equalized(channel: Tensor) -> Tensor:
    counts = channel.bincount(minlength=256)
    # The brightest pixels are where the curve ends, and so no part of a step.
    step = int(counts.sum() - counts[int(channel.max())]) // 255
    if step == 0:
        return channel
    below = counts.cumsum(0) - counts
    curve = (below + step // 2).div(step, rounding_mode="floor").clamp(0, 255)
    return curve[channel.long()].to(dtypes.uint8)
