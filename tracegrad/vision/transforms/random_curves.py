"""Curves of values that are applied by chance."""

from __future__ import annotations

from typing import Any

from tracegrad.nn.module import Module
from tracegrad.vision.transforms import functional
from tracegrad.vision.transforms.drawing import chance


class _Chance(Module):
    """A change with a probability: subclasses say which in `changed`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return self.changed(img) if chance(self.p) else img

    def changed(self, img: Any) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomInvert(_Chance):
    """The negative of an image, with probability `p`."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)

    def changed(self, img: Any) -> Any:
        return functional.invert(img)


class RandomAutocontrast(_Chance):
    """Values stretched until the darkest is black and the brightest white, with probability `p`."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)

    def changed(self, img: Any) -> Any:
        return functional.autocontrast(img)


class RandomEqualize(_Chance):
    """Values moved until all are equally frequent, with probability `p`."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)

    def changed(self, img: Any) -> Any:
        return functional.equalize(img)


class RandomPosterize(_Chance):
    """Fewer bits for each value, with probability `p`."""

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits

    def changed(self, img: Any) -> Any:
        return functional.posterize(img, self.bits)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(bits={self.bits},p={self.p})"


class RandomSolarize(_Chance):
    """The negative of all values from a threshold on, with probability `p`."""

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold

    def changed(self, img: Any) -> Any:
        return functional.solarize(img, self.threshold)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(threshold={self.threshold},p={self.p})"


class RandomAdjustSharpness(_Chance):
    """A blurred (below 1) or sharper image, with probability `p`."""

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def changed(self, img: Any) -> Any:
        return functional.adjust_sharpness(img, self.sharpness_factor)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(sharpness_factor={self.sharpness_factor},p={self.p})"
