"""Colours changed by chance, greys, blur."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.nn.module import Module
from tracegrad.ops import functions as ops
from tracegrad.vision.transforms import functional
from tracegrad.vision.transforms.drawing import chance, order, uniform
from tracegrad.vision.transforms.functional.geometry import pair

Limits = tuple[float, float] | None
Strength = float | Sequence[float]


class ColorJitter(Module):
    """Brightness, contrast, saturation and hue changed at random, in random order.

    Args:
        brightness, contrast, saturation: factors between `max(0, 1 - x)` and `1 + x`, or limits.
        hue: turn of the circle of hues between `-x` and `x`, or limits; up to 0.5.

    Raises:
        TypeError, ValueError: limits are no numbers, or out of their bounds.
    """

    def __init__(
        self,
        brightness: Strength = 0,
        contrast: Strength = 0,
        saturation: Strength = 0,
        hue: Strength = 0,
    ) -> None:
        super().__init__()
        self.brightness = _limits(brightness, "brightness")
        self.contrast = _limits(contrast, "contrast")
        self.saturation = _limits(saturation, "saturation")
        self.hue = _limits(hue, "hue", center=0, bound=(-0.5, 0.5))

    @staticmethod
    def get_params(
        brightness: Limits, contrast: Limits, saturation: Limits, hue: Limits
    ) -> tuple[Tensor, float | None, float | None, float | None, float | None]:
        """The order of the four changes, and the factor of each."""
        drawn, *factors = _drawn(brightness, contrast, saturation, hue)
        return ops.tensor(drawn), *factors

    def forward(self, img: Any) -> Any:
        changes = (
            functional.adjust_brightness,
            functional.adjust_contrast,
            functional.adjust_saturation,
            functional.adjust_hue,
        )
        drawn, *factors = _drawn(self.brightness, self.contrast, self.saturation, self.hue)
        for number in drawn:
            if factors[number] is not None:
                img = changes[number](img, factors[number])
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


def _drawn(*limits: Limits) -> tuple[Any, ...]:
    """An order, then a factor for each of the limits that there are."""
    shuffled = order(len(limits))
    return shuffled, *(None if pair is None else uniform(*pair) for pair in limits)


def _limits(
    value: Any, name: str, center: float = 1, bound: tuple[float, float] = (0, math.inf)
) -> Limits:
    """Limits of a factor; `None` if it could only be the one that changes nothing."""
    if isinstance(value, int | float):
        if value < 0:
            raise ValueError(
                f"If {name} is a single number, it must be non negative.\n  got {value}"
            )
        low = center - float(value)
        limits = (low if center == 0 else max(low, 0.0), center + float(value))
    elif isinstance(value, tuple | list) and len(value) == 2:
        limits = (float(value[0]), float(value[1]))
    else:
        raise TypeError(
            f"{name} should be a single number or a list/tuple with length 2.\n  got {value!r}"
        )
    if not bound[0] <= limits[0] <= limits[1] <= bound[1]:
        raise ValueError(f"{name} values should be between {bound}, but got {list(limits)}.")
    return None if limits == (center, center) else limits


class Grayscale(Module):
    """An image without colours, in one channel or in three equal ones."""

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        return functional.rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"


class RandomGrayscale(Module):
    """An image without colours, in as many channels as it has, with probability `p`."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        channels = functional.get_dimensions(img)[0]
        return functional.rgb_to_grayscale(img, channels) if chance(self.p) else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class GaussianBlur(Module):
    """An image smoothed with a bell curve of random width.

    Args:
        kernel_size: in pixels, along x and y; odd.
        sigma: limits of the standard deviation in pixels, or one for all.

    Raises:
        ValueError: sizes that are even, deviations that are not positive.
    """

    def __init__(
        self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)
    ) -> None:
        super().__init__()
        self.kernel_size = pair(kernel_size, "Kernel size should be a tuple/list of two integers")
        if any(n <= 0 or n % 2 == 0 for n in self.kernel_size):
            raise ValueError(
                f"Kernel size value should be an odd and positive number.\n  got {kernel_size}"
            )
        if isinstance(sigma, int | float):
            if sigma <= 0:
                raise ValueError(
                    f"If sigma is a single number, it must be positive.\n  got {sigma}"
                )
            sigma = (sigma, sigma)
        elif not (isinstance(sigma, Sequence) and len(sigma) == 2):
            raise ValueError(
                f"sigma should be a single number or a list/tuple with length 2.\n  got {sigma!r}"
            )
        elif not 0.0 < sigma[0] <= sigma[1]:
            raise ValueError(
                f"sigma values should be positive and of the form (min, max).\n  got {sigma}"
            )
        self.sigma = sigma

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """A standard deviation in pixels."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return functional.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"
