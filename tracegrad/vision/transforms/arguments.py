"""What the classes of transforms check of their arguments."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Sequence
from typing import Any


def check_length(x: Any, name: str, lengths: Sequence[int]) -> None:
    """Raises TypeError for what is no sequence, ValueError for one of another length."""
    allowed = " or ".join(str(n) for n in lengths)
    if not isinstance(x, Sequence):
        raise TypeError(f"{name} should be a sequence of length {allowed}.\n  got {x!r}")
    if len(x) not in lengths:
        raise ValueError(f"{name} should be a sequence of length {allowed}.\n  got {x!r}")


def angles(x: Any, name: str, lengths: Sequence[int] = (2,)) -> list[float]:
    """Limits of an angle in degrees, from one number or a sequence.

    Raises:
        ValueError: the one number is negative.
    """
    if isinstance(x, int | float):
        if x < 0:
            raise ValueError(f"If {name} is a single number, it must be positive.\n  got {x}")
        return [-float(x), float(x)]
    check_length(x, name, lengths)
    return [float(n) for n in x]


def colour(fill: Any) -> Any:
    """What fills the outside: a number, or a sequence of them.

    Raises:
        TypeError: it is something else.
    """
    if fill is not None and not isinstance(fill, Sequence | numbers.Number):
        raise TypeError(f"Fill should be either a sequence or a number.\n  got {fill!r}")
    return 0 if fill is None else fill


def check_scale_and_ratio(scale: Any, ratio: Any) -> None:
    """Raises TypeError unless both are sequences; warns where a maximum comes first."""
    for name, value in (("Scale", scale), ("Ratio", ratio)):
        if not isinstance(value, Sequence):
            raise TypeError(f"{name} should be a sequence\n  got {value!r}")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)


def check_probability(p: float, name: str) -> None:
    """Raises ValueError unless it is between 0 and 1."""
    if not 0 <= p <= 1:
        raise ValueError(f"{name} should be between 0 and 1\n  got {p}")
