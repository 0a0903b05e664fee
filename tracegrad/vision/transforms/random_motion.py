"""Images turned, moved, scaled, sheared or seen from elsewhere, by chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.nn.module import Module
from tracegrad.vision.transforms import functional
from tracegrad.vision.transforms.arguments import angles, check_length, colour
from tracegrad.vision.transforms.drawing import chance, integer, uniform
from tracegrad.vision.transforms.functional.geometry import Fill
from tracegrad.vision.transforms.interpolation import InterpolationMode, interpolation_mode


def _fill_for(img: Any, fill: Any) -> Any:
    """A tensor takes a number for each channel; a PIL image what it is given."""
    if not isinstance(img, Tensor):
        return fill
    if isinstance(fill, Sequence):
        return [float(n) for n in fill]
    return [float(fill)] * functional.get_dimensions(img)[0]


class RandomRotation(Module):
    """An image turned by a random angle.

    Args:
        degrees: limits of the angle counter-clockwise; one number is a limit for both directions.
        expand: whether the result is as large as the whole turned image needs.
        center: of the turn, `(x, y)` in pixels from the upper left corner; the middle if `None`.
        fill: of what lies outside of the image; a number, or one for each channel.

    Raises:
        TypeError, ValueError: limits, centre or fill are none of these.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: Any = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Fill = 0,
    ) -> None:
        super().__init__()
        self.degrees = angles(degrees, "degrees")
        self.interpolation = interpolation_mode(interpolation)
        self.expand = expand
        if center is not None:
            check_length(center, "center", (2,))
        self.center = center
        self.fill = colour(fill)

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """An angle in degrees."""
        return uniform(degrees[0], degrees[1])

    def forward(self, img: Any) -> Any:
        fill = _fill_for(img, self.fill)
        angle = self.get_params(self.degrees)
        return functional.rotate(img, angle, self.interpolation, self.expand, self.center, fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, "
            f"interpolation={self.interpolation.value}, expand={self.expand}{center}, "
            f"fill={self.fill})"
        )


class RandomAffine(Module):
    """An image turned, moved, scaled and sheared at random.

    Args:
        degrees: limits of the angle clockwise; one number is a limit for both directions.
        translate: limits of the motion, as shares of width and height; no motion if `None`.
        scale: limits of the scale; 1 if `None`.
        shear: limits of the shear along x, or along x and along y, in degrees; none if `None`.
        fill, center: as in `RandomRotation`.

    Raises:
        TypeError, ValueError: limits, centre or fill are none of these.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Fill = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.degrees = angles(degrees, "degrees")
        if translate is not None:
            check_length(translate, "translate", (2,))
            if not all(0.0 <= n <= 1.0 for n in translate):
                raise ValueError(f"translation values should be between 0 and 1\n  got {translate}")
        self.translate = translate
        if scale is not None:
            check_length(scale, "scale", (2,))
            if min(scale) <= 0:
                raise ValueError(f"scale values should be positive\n  got {scale}")
        self.scale = scale
        self.shear = None if shear is None else angles(shear, "shear", (2, 4))
        self.interpolation = interpolation_mode(interpolation)
        self.fill = colour(fill)
        if center is not None:
            check_length(center, "center", (2,))
        self.center = center

    @staticmethod
    def get_params(
        degrees: Sequence[float],
        translate: Sequence[float] | None,
        scale_ranges: Sequence[float] | None,
        shears: Sequence[float] | None,
        img_size: Sequence[int],
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        """Angle, motion in pixels, scale and shears.

        Args:
            img_size: width and height.
        """
        angle = uniform(degrees[0], degrees[1])
        motion = (0, 0)
        if translate is not None:
            limits = [float(share * size) for share, size in zip(translate, img_size, strict=True)]
            x, y = (round(uniform(-limit, limit)) for limit in limits)
            motion = (x, y)
        scale = 1.0 if scale_ranges is None else uniform(scale_ranges[0], scale_ranges[1])
        along_x = along_y = 0.0
        if shears is not None:
            along_x = uniform(shears[0], shears[1])
            if len(shears) == 4:
                along_y = uniform(shears[2], shears[3])
        return angle, motion, scale, (along_x, along_y)

    def forward(self, img: Any) -> Any:
        _, height, width = functional.get_dimensions(img)
        drawn = self.get_params(
            self.degrees, self.translate, self.scale, self.shear, [width, height]
        )
        fill = _fill_for(img, self.fill)
        return functional.affine(
            img, *drawn, interpolation=self.interpolation, fill=fill, center=self.center
        )

    def __repr__(self) -> str:
        options = {
            name: getattr(self, name)
            for name in ("translate", "scale", "shear")
            if getattr(self, name) is not None
        }
        if self.interpolation is not InterpolationMode.NEAREST:
            options["interpolation"] = self.interpolation.value
        if self.fill != 0:
            options["fill"] = self.fill
        if self.center is not None:
            options["center"] = self.center
        rest = "".join(f", {name}={value}" for name, value in options.items())
        return f"{type(self).__name__}(degrees={self.degrees}{rest})"


class RandomPerspective(Module):
    """An image seen from a random place, with probability `p`.

    Args:
        distortion_scale: how far corners move at most: 0 not at all, 1 to the middle.

    Raises:
        TypeError: the fill is neither a number nor a sequence.
    """

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: Any = InterpolationMode.BILINEAR,
        fill: Fill = 0,
    ) -> None:
        super().__init__()
        self.p = p
        self.interpolation = interpolation_mode(interpolation)
        self.distortion_scale = distortion_scale
        self.fill = colour(fill)

    @staticmethod
    def get_params(
        width: int, height: int, distortion_scale: float
    ) -> tuple[list[list[int]], list[list[int]]]:
        """The corners before and afterwards, clockwise from the upper left one."""
        x_limit = int(distortion_scale * (width // 2))
        y_limit = int(distortion_scale * (height // 2))
        near_x, far_x = (0, x_limit + 1), (width - x_limit - 1, width)
        near_y, far_y = (0, y_limit + 1), (height - y_limit - 1, height)
        corners = ((near_x, near_y), (far_x, near_y), (far_x, far_y), (near_x, far_y))
        startpoints = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
        return startpoints, [[integer(*x), integer(*y)] for x, y in corners]

    def forward(self, img: Any) -> Any:
        if not chance(self.p):
            return img
        _, height, width = functional.get_dimensions(img)
        points = self.get_params(width, height, self.distortion_scale)
        return functional.perspective(img, *points, self.interpolation, _fill_for(img, self.fill))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"
