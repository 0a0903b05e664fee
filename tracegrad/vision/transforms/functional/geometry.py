"""Images cut, padded, flipped, resized, turned, moved, sheared and blurred."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.vision.transforms.functional.affine_matrix import perspective_coefficients
from tracegrad.vision.transforms.functional.conversion import pil_to_tensor, to_pil_image
from tracegrad.vision.transforms.functional.on_tensors import erase as erase_tensor
from tracegrad.vision.transforms.functional.on_tensors import gaussian_blur as blur_tensor
from tracegrad.vision.transforms.functional.sides import (
    get_dimensions,
    is_pil_image,
    need_tensor,
    side_of,
)
from tracegrad.vision.transforms.interpolation import InterpolationMode, interpolation_mode

PADDING_MODES = ("constant", "edge", "reflect", "symmetric")
Fill = float | Sequence[float] | None

# -- cutting and padding ---------------------------------------------------------------------------


def pair(size: Any, message: str = "Please provide only two dimensions (h, w) for size.") -> Any:
    """Height and width, from one number, a sequence of one, or of two.

    Raises:
        ValueError: there are other numbers of them.
    """
    if isinstance(size, numbers.Number):
        return int(size), int(size)  # type: ignore[call-overload]
    if len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(f"{message}\n  got {size}")
    return size


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A part of an image; what lies outside of the image is black."""
    return side_of(img).crop(img, top, left, height, width)


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """The middle of an image, padded with black if it is too small."""
    height, width = pair(output_size)
    _, h, w = get_dimensions(img)
    if width > w or height > h:
        x, y = max(width - w, 0), max(height - h, 0)
        img = pad(img, [x // 2, y // 2, (x + 1) // 2, (y + 1) // 2])
        _, h, w = get_dimensions(img)
    return crop(img, round((h - height) / 2), round((w - width) / 2), height, width)


def five_crop(img: Any, size: int | Sequence[int]) -> tuple[Any, Any, Any, Any, Any]:
    """The four corners of an image and its middle.

    Raises:
        ValueError: the image is smaller than that.
    """
    height, width = pair(size)
    _, h, w = get_dimensions(img)
    if width > w or height > h:
        raise ValueError(
            f"Requested crop size {(height, width)} is bigger than input size {(h, w)}"
        )
    return (
        crop(img, 0, 0, height, width),
        crop(img, 0, w - width, height, width),
        crop(img, h - height, 0, height, width),
        crop(img, h - height, w - width, height, width),
        center_crop(img, [height, width]),
    )


def ten_crop(img: Any, size: int | Sequence[int], vertical_flip: bool = False) -> tuple[Any, ...]:
    """`five_crop` of an image and of the image flipped."""
    flipped = vflip(img) if vertical_flip else hflip(img)
    return five_crop(img, size) + five_crop(flipped, size)


def pad(
    img: Any, padding: int | Sequence[int], fill: Fill = 0, padding_mode: str = "constant"
) -> Any:
    """Pixels added around an image; negative numbers cut off.

    Args:
        padding: for all sides; left and right, above and below; or left, above, right, below.
        fill: of the mode `constant`: a number, or (PIL only) one for each channel.
        padding_mode: `constant`, `edge`, `reflect` (mirrored, the edge once) or `symmetric` (the
            edge twice).

    Raises:
        TypeError, ValueError: an option is none of these.
    """
    check_padding(padding, fill, padding_mode)
    sides = [padding] if isinstance(padding, int) else list(padding)
    sides = sides * (4 // len(sides))
    return side_of(img).pad(img, sides, fill, padding_mode)


def check_padding(padding: Any, fill: Any, padding_mode: str) -> None:
    """Raises TypeError or ValueError for options that `pad` cannot use."""
    if not isinstance(padding, int | tuple | list):
        raise TypeError(f"Got inappropriate padding arg\n  got {padding!r}, expected int or tuple")
    if fill is not None and not isinstance(fill, numbers.Number | tuple | list):
        raise TypeError(f"Got inappropriate fill arg\n  got {fill!r}, expected a number or tuple")
    if not isinstance(padding_mode, str):
        raise TypeError(f"Got inappropriate padding_mode arg\n  got {padding_mode!r}")
    if padding_mode not in PADDING_MODES:
        raise ValueError(
            "Padding mode should be either constant, edge, reflect or symmetric\n"
            f"  got {padding_mode!r}"
        )
    if not isinstance(padding, int) and len(padding) not in (1, 2, 4):
        raise ValueError(
            "Padding must be an int or a 1, 2, or 4 element tuple, not a "
            f"{len(padding)} element tuple"
        )


# -- flips and sizes -------------------------------------------------------------------------------


def hflip(img: Any) -> Any:
    """Left and right changed."""
    return side_of(img).hflip(img)


def vflip(img: Any) -> Any:
    """Top and bottom changed."""
    return side_of(img).vflip(img)


def resize(
    img: Any,
    size: int | Sequence[int],
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """An image in another size.

    Args:
        size: height and width; or one number, for the shorter side.
        max_size: limit for the longer side, if `size` is one number.
        antialias: whether what becomes smaller is smoothed first; PIL images always are.

    Raises:
        TypeError, ValueError: options that do not go together.
    """
    mode = interpolation_mode(interpolation)
    sides = [size] if isinstance(size, int) else list(size)
    if len(sides) not in (1, 2):
        raise ValueError(
            f"Size must be an int or a 1 or 2 element tuple/list, not a {len(sides)} element "
            "tuple/list"
        )
    if max_size is not None and len(sides) != 1:
        raise ValueError(
            "max_size should only be passed if size specifies the length of the smaller edge, i.e. "
            f"size should be an int or a sequence of length 1\n  got size={size}"
        )
    _, h, w = get_dimensions(img)
    wanted = (sides[0], sides[1]) if len(sides) == 2 else _scaled(h, w, sides[0], max_size)
    if min(wanted) <= 0:
        raise ValueError(f"height and width must be > 0, got {wanted} for an image of {(h, w)}")
    if wanted == (h, w):
        return img
    if antialias is False and is_pil_image(img):
        warnings.warn(
            "Anti-alias option is always applied for PIL Image input. Argument antialias is "
            "ignored.",
            stacklevel=2,
        )
    return side_of(img).resize(img, wanted, mode, bool(antialias))


def _scaled(height: int, width: int, shorter: int, max_size: int | None) -> tuple[int, int]:
    """The size with a given shorter side, and the shape that the image has."""
    short, long = min(height, width), max(height, width)
    longer = int(shorter * long / short)
    if max_size is not None:
        if max_size <= shorter:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the "
                f"smaller edge size = {shorter}"
            )
        if longer > max_size:
            shorter, longer = int(max_size * shorter / longer), max_size
    return (longer, shorter) if width <= height else (shorter, longer)


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: Any = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A part of an image in another size."""
    part = crop(img, top, left, height, width)
    return resize(part, size, interpolation, antialias=antialias)


# -- turning and moving ----------------------------------------------------------------------------


def rotate(
    img: Any,
    angle: float,
    interpolation: Any = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Fill = None,
) -> Any:
    """An image turned counter-clockwise.

    Args:
        angle: in degrees.
        expand: whether the result is as large as the whole turned image needs.
        center: of the turn, `(x, y)` in pixels from the upper left corner; the middle if `None`.
        fill: of what lies outside of the image; a number, or one for each channel.

    Raises:
        TypeError: an argument is of another type.
    """
    mode = interpolation_mode(interpolation)
    _check_turn(angle, center)
    return side_of(img).rotate(img, angle, mode, expand, center, fill)


def affine(
    img: Any,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: float | Sequence[float],
    interpolation: Any = InterpolationMode.NEAREST,
    fill: Fill = None,
    center: Sequence[float] | None = None,
) -> Any:
    """An image turned, scaled, sheared and moved.

    Args:
        angle: in degrees, clockwise.
        translate: right and down, in pixels.
        shear: along x, or along x and along y, in degrees.
        fill, center: as in `rotate`.

    Raises:
        TypeError, ValueError: an argument is of another type or length, or the scale not positive.
    """
    mode = interpolation_mode(interpolation)
    _check_turn(angle, center)
    if not isinstance(translate, list | tuple):
        raise TypeError(f"Argument translate should be a sequence\n  got {translate!r}")
    if len(translate) != 2:
        raise ValueError(f"Argument translate should be a sequence of length 2\n  got {translate}")
    if scale <= 0:
        raise ValueError(f"Argument scale should be positive\n  got {scale}")
    shears = [shear, 0.0] if isinstance(shear, int | float) else shear
    if not isinstance(shears, list | tuple):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    shears = [shears[0]] * 2 if len(shears) == 1 else shears
    if len(shears) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    return side_of(img).affine(img, float(angle), translate, scale, shears, mode, fill, center)


def _check_turn(angle: Any, center: Any) -> None:
    if not isinstance(angle, int | float):
        raise TypeError(f"Argument angle should be int or float\n  got {angle!r}")
    if center is not None and not isinstance(center, list | tuple):
        raise TypeError(f"Argument center should be a sequence\n  got {center!r}")


def perspective(
    img: Any,
    startpoints: Sequence[Sequence[float]],
    endpoints: Sequence[Sequence[float]],
    interpolation: Any = InterpolationMode.BILINEAR,
    fill: Fill = None,
) -> Any:
    """An image seen from another place: four points `(x, y)` go to four others.

    Raises:
        ValueError: there are not four of them, or three lie on a line.
    """
    mode = interpolation_mode(interpolation)
    coefficients = perspective_coefficients(startpoints, endpoints)
    return side_of(img).perspective(img, coefficients, mode, fill)


# -- blur and erase --------------------------------------------------------------------------------


def gaussian_blur(
    img: Any, kernel_size: int | Sequence[int], sigma: float | Sequence[float] | None = None
) -> Any:
    """An image smoothed with a bell curve.

    Args:
        kernel_size: in pixels, along x and y; odd.
        sigma: standard deviation in pixels; `0.15 * kernel_size + 0.35` if `None`.

    Raises:
        TypeError, ValueError: sizes that are even, deviations that are not positive.
    """
    if not isinstance(kernel_size, int | list | tuple):
        raise TypeError(
            f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}"
        )
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    if len(sizes) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}")
    if any(n % 2 == 0 or n < 0 for n in sizes):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {sizes}")
    blurred = blur_tensor(
        pil_to_tensor(img) if is_pil_image(img) else need_tensor(img), sizes, _sigmas(sizes, sigma)
    )
    return to_pil_image(blurred, mode=img.mode) if is_pil_image(img) else blurred


def _sigmas(sizes: Sequence[int], sigma: Any) -> list[float]:
    if sigma is None:
        return [n * 0.15 + 0.35 for n in sizes]
    if not isinstance(sigma, int | float | list | tuple):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    given = [float(sigma)] if isinstance(sigma, int | float) else [float(n) for n in sigma]
    given = given * 2 if len(given) == 1 else given
    if len(given) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(given)}")
    if min(given) <= 0:
        raise ValueError(f"sigma should have positive values. Got {given}")
    return given


def erase(
    img: Tensor, i: int, j: int, h: int, w: int, v: Tensor | float, inplace: bool = False
) -> Tensor:
    """A tensor image with the rectangle from row `i` and column `j` overwritten by `v`.

    Raises:
        TypeError: it is no tensor.
    """
    return erase_tensor(need_tensor(img), i, j, h, w, v, inplace)
