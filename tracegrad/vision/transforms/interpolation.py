"""How the values between pixels are found."""

from __future__ import annotations

from enum import Enum
from typing import Any


class InterpolationMode(Enum):
    """Ways to interpolate. The last three exist for PIL images only."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


PILLOW_NUMBERS = {
    InterpolationMode.NEAREST: 0,
    InterpolationMode.LANCZOS: 1,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
    InterpolationMode.NEAREST_EXACT: 0,  # Pillow's nearest neighbour is the exact one
}

_BY_NUMBER = {
    number: mode
    for mode, number in reversed(PILLOW_NUMBERS.items())
    if mode.value != "nearest-exact"
}


def interpolation_mode(value: Any) -> InterpolationMode:
    """The mode itself, or the one of a number of Pillow's.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, InterpolationMode):
        return value
    if isinstance(value, int) and value in _BY_NUMBER:
        return _BY_NUMBER[value]
    raise TypeError(
        "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer "
        f"constant\n  got {value!r}\n  try: InterpolationMode.BILINEAR"
    )
