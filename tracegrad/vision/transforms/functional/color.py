"""Images in other colours."""

from __future__ import annotations

from typing import Any

from tracegrad.vision.transforms.functional.sides import need_pil, side_of


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """An image without colours, in one channel or in three equal ones.

    Raises:
        ValueError: another number of channels is asked for.
    """
    if num_output_channels not in (1, 3):
        raise ValueError(
            f"num_output_channels should be either 1 or 3\n  got {num_output_channels}"
        )
    return side_of(img).grayscale(img, num_output_channels)


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """`rgb_to_grayscale` of a PIL image."""
    return rgb_to_grayscale(need_pil(img, "Input"), num_output_channels)


def _not_negative(name: str, factor: float) -> float:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")
    return float(factor)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """A darker or brighter image: 0 is black, 1 the image, 2 twice as bright.

    Raises:
        ValueError: the factor is negative.
    """
    factor = _not_negative("brightness_factor", brightness_factor)
    return side_of(img).adjust_brightness(img, factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """Less or more contrast: 0 is its mean grey, 1 the image, 2 twice the contrast.

    Raises:
        ValueError: the factor is negative.
    """
    return side_of(img).adjust_contrast(img, _not_negative("contrast_factor", contrast_factor))


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """Paler or stronger colours: 0 is grey, 1 the image, 2 twice the saturation.

    Raises:
        ValueError: the factor is negative.
    """
    factor = _not_negative("saturation_factor", saturation_factor)
    return side_of(img).adjust_saturation(img, factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """Other colours: the circle of hues turned by a part of it, between -0.5 and 0.5.

    Raises:
        ValueError: it is more than that.
    """
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    return side_of(img).adjust_hue(img, hue_factor)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """`gain * img ** gamma`, for values between 0 and 1: more than 1 makes shadows darker.

    Raises:
        ValueError: gamma is negative.
    """
    if gamma < 0:
        raise ValueError(f"Gamma should be a non-negative real number\n  got {gamma}")
    return side_of(img).adjust_gamma(img, gamma, gain)


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """A blurred or sharper image: 0 is blurred, 1 the image, 2 twice as sharp.

    Raises:
        ValueError: the factor is negative.
    """
    return side_of(img).adjust_sharpness(img, _not_negative("sharpness_factor", sharpness_factor))


def invert(img: Any) -> Any:
    """The negative of an image."""
    return side_of(img).invert(img)


def posterize(img: Any, bits: int) -> Any:
    """An image with fewer bits for each value.

    Raises:
        ValueError: there are more than 8 of them.
    """
    if not 0 <= bits <= 8:
        raise ValueError(f"The number if bits should be between 0 and 8. Got {bits}")
    return side_of(img).posterize(img, bits)


def solarize(img: Any, threshold: float) -> Any:
    """The negative of all values from a threshold on."""
    return side_of(img).solarize(img, threshold)


def autocontrast(img: Any) -> Any:
    """Values stretched until the darkest is black and the brightest white."""
    return side_of(img).autocontrast(img)


def equalize(img: Any) -> Any:
    """Values moved until all are equally frequent."""
    return side_of(img).equalize(img)
