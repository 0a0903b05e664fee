"""Random parts of an image: cut out, cut out and resized, erased."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.random import default_generator
from tracegrad.nn.module import Module
from tracegrad.ops import functions as ops
from tracegrad.vision.transforms import functional
from tracegrad.vision.transforms.arguments import check_probability, check_scale_and_ratio
from tracegrad.vision.transforms.drawing import area_and_shape, chance, integer
from tracegrad.vision.transforms.functional.geometry import Fill, pair
from tracegrad.vision.transforms.functional.sides import need_tensor
from tracegrad.vision.transforms.interpolation import InterpolationMode, interpolation_mode

TRIES = 10
"""How often a rectangle is drawn until one fits."""


class RandomCrop(Module):
    """A part of an image at a random place.

    Args:
        size: height and width.
        padding, fill, padding_mode: what is added around the image first; see `Pad`.
        pad_if_needed: whether an image that is too small is padded, on both sides.

    Raises:
        ValueError: the image is smaller than that.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Fill = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = tuple(pair(size))
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: Sequence[int]) -> tuple[int, int, int, int]:
        """Top, left, height and width of a part; drawn only if there is a choice."""
        _, h, w = functional.get_dimensions(img)
        height, width = output_size
        if h < height or w < width:
            raise ValueError(
                f"Required crop size {(height, width)} is larger than input image size {(h, w)}\n"
                "  try: pad_if_needed=True"
            )
        if (h, w) == (height, width):
            return 0, 0, h, w
        top = integer(0, h - height + 1)
        return top, integer(0, w - width + 1), height, width

    def forward(self, img: Any) -> Any:
        if self.padding is not None:
            img = functional.pad(img, self.padding, self.fill, self.padding_mode)
        if self.pad_if_needed:
            _, h, w = functional.get_dimensions(img)
            for missing in ([self.size[1] - w, 0], [0, self.size[0] - h]):
                if max(missing) > 0:
                    img = functional.pad(img, missing, self.fill, self.padding_mode)
        return functional.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class RandomResizedCrop(Module):
    """A part of an image of random size, shape and place, in a given size.

    Args:
        size: height and width of the result.
        scale: limits of the part's area, as shares of the image's.
        ratio: limits of its width through its height.

    Raises:
        TypeError: limits are no sequences.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        check_scale_and_ratio(scale, ratio)
        self.size = pair(size)
        self.interpolation = interpolation_mode(interpolation)
        self.antialias = antialias
        self.scale = scale
        self.ratio = ratio

    @staticmethod
    def get_params(
        img: Any, scale: Sequence[float], ratio: Sequence[float]
    ) -> tuple[int, int, int, int]:
        """Top, left, height and width of a part; the largest in the middle if none fitted."""
        _, h, w = functional.get_dimensions(img)
        for _ in range(TRIES):
            width, height = (round(n) for n in area_and_shape(h * w, scale, ratio))
            if 0 < width <= w and 0 < height <= h:
                top = integer(0, h - height + 1)
                return top, integer(0, w - width + 1), height, width
        height, width = h, w
        if w / h < min(ratio):
            height = round(w / min(ratio))
        elif w / h > max(ratio):
            width = round(h * max(ratio))
        return (h - height) // 2, (w - width) // 2, height, width

    def forward(self, img: Any) -> Any:
        part = self.get_params(img, self.scale, self.ratio)
        return functional.resized_crop(
            img, *part, self.size, self.interpolation, antialias=self.antialias
        )

    def __repr__(self) -> str:
        scale, ratio = (tuple(round(n, 4) for n in limits) for limits in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomErasing(Module):
    """A random rectangle of a tensor image overwritten, with probability `p`.

    Args:
        scale: limits of its area, as shares of the image's.
        ratio: limits of its height through its width.
        value: a number, one for each channel, or `"random"` for normal noise.
        inplace: whether the image itself is changed.

    Raises:
        TypeError, ValueError: limits or value are none of these.

    Source: Zhong et al., "Random erasing data augmentation", 2017.
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | str | Sequence[float] = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(value, numbers.Number | str | tuple | list):
            raise TypeError(
                f"Argument value should be either a number or str or a sequence\n  got {value!r}"
            )
        if isinstance(value, str) and value != "random":
            raise ValueError(f"If value is str, it should be 'random'\n  got {value!r}")
        check_scale_and_ratio(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError(f"Scale should be between 0 and 1\n  got {scale}")
        check_probability(p, "Random erasing probability")
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(
        img: Tensor,
        scale: Sequence[float],
        ratio: Sequence[float],
        value: Sequence[float] | None = None,
    ) -> tuple[int, int, int, int, Tensor]:
        """Top, left, height, width and contents of a rectangle; the image itself if none fitted.

        Args:
            value: one number or one for each channel, `None` for noise.
        """
        channels, h, w = functional.get_dimensions(img)
        for _ in range(TRIES):
            height, width = (round(n) for n in area_and_shape(h * w, scale, ratio))
            if not (height < h and width < w):
                continue
            if value is None:
                noise = default_generator.normal(channels * height * width, np.dtype(np.float32))
                contents = ops.tensor(noise.reshape(channels, height, width))
            else:
                contents = ops.tensor(value)[:, None, None]
            top = integer(0, h - height + 1)
            return top, integer(0, w - width + 1), height, width, contents.to(img.device)
        return 0, 0, h, w, img

    def forward(self, img: Tensor) -> Tensor:
        if not chance(self.p):
            return img
        value: list[float] | None = None
        if not isinstance(self.value, str):
            given = self.value if isinstance(self.value, Sequence) else [self.value]
            value = [float(n) for n in given]
            channels = functional.get_dimensions(need_tensor(img))[0]
            if len(value) not in (1, channels):
                raise ValueError(
                    "If value is a sequence, it should have either a single value or "
                    f"{channels} (number of input channels)\n  got {value}"
                )
        part = self.get_params(need_tensor(img), self.scale, self.ratio, value)
        return functional.erase(img, *part, self.inplace)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, "
            f"value={self.value}, inplace={self.inplace})"
        )
