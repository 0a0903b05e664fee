"""The numbers that random transforms draw.

They come straight from the default generator, as `rand`, `uniform_`, `randint` and `randperm` draw
them: after `manual_seed` the crops, flips and angles are torchvision's. No tensor is made for them,
so a recording shows the program's ops and not the dice of its data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tracegrad.backend.random import default_generator
from tracegrad.dtypes import float32, get_default_dtype

_word = default_generator.bits.bit_generator.random_raw
"""The next 32 bits: through a NumPy array of one they would take 30 times as long (8 us)."""

WIDEST = 2**28
"""From as many integers on, PyTorch draws 64 bits for one."""


def uniform(low: float = 0.0, high: float = 1.0) -> float:
    """A number in [low, high), drawn in the default dtype as torchvision's."""
    kind = get_default_dtype()
    if kind is not float32:
        return float(default_generator.uniform(1, kind.numpy, low, high)[0])
    share: float = (_word() & 0xFFFFFF) * 2.0**-24
    if (low, high) == (0.0, 1.0):
        return share
    start, end = np.float32(low), np.float32(high)
    return float(np.float32(share * float(end - start) + float(start)))


def chance(p: float) -> bool:
    """`True` with probability `p`."""
    return uniform() < float(get_default_dtype().numpy.type(p))


def integer(low: int, high: int) -> int:
    """A whole number in [low, high)."""
    if high - low < WIDEST:
        return low + int(_word()) % (high - low)
    return int(default_generator.integers(1, low, high)[0])


def order(n: int) -> list[int]:
    """The numbers below `n` in random order."""
    return list(default_generator.permutation(n).tolist())


def area_and_shape(
    pixels: int, scale: Sequence[float], ratio: Sequence[float]
) -> tuple[float, float]:
    """Square roots of an area times and by a shape: sides that have to be rounded.

    The area is uniform in `scale` of all pixels, the logarithm of the shape uniform in `ratio`.
    """
    kind = get_default_dtype().numpy
    low, high = np.log(np.asarray(ratio, kind)).tolist()
    area = pixels * uniform(scale[0], scale[1])
    shape = float(np.exp(kind.type(uniform(low, high))))
    return math.sqrt(area * shape), math.sqrt(area / shape)
