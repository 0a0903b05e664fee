"""What the numbers of one array look like: counted, measured and binned, whatever its dtype.

Note [Two passes in blocks]
~~~~~~~~~~~~~~~~~~~~~~~~~~~
The array is read twice, 65,536 elements at a time, so that the float64 copies of a block stay in
the processor's cache and a large array costs no memory: first counts, extremes and sums, then
deviations from the mean and the histogram, which need the results of the first. A small array is
one block and is converted once. All sums are in float64; where squares would leave its range
(beyond about 1e±150) the numbers are scaled by a power of two first, which is exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tracegrad._util.text import spark
from tracegrad.recording.model import Stats

BINS = 16
_BLOCK = 1 << 16
_LARGEST, _SMALLEST = 1e150, 1e-150  # magnitudes whose squares and sums are safe in float64
_add, _minimum, _maximum = np.add.reduce, np.minimum.reduce, np.maximum.reduce

_Floats = np.ndarray[Any, np.dtype[np.float64]]


def describe(array: np.ndarray) -> Stats:
    """Statistics of an array of any shape and number type; complex numbers by their magnitude.

    Raises:
        TypeError: the elements are no numbers (text, objects, dates, records).
    """
    flat = array.reshape(-1)
    if array.dtype.kind in "OSUMm" or array.dtype.names is not None:
        raise TypeError(f"statistics need numbers, got an array of dtype {array.dtype}")
    with np.errstate(all="ignore"):
        if flat.size <= _BLOCK:
            return _describe([_float64(flat)])
        return _describe(_Blocks(flat))


def sparkline(stats: Stats) -> str:
    """The histogram in 16 characters: `▁▂▅█▅▂▁`, with heights by square root so that tails show."""
    return spark([math.sqrt(count) for count in stats.histogram])


class _Blocks:
    """A large flat array as float64 blocks, converted anew each time it is gone through."""

    def __init__(self, flat: np.ndarray) -> None:
        self._flat = flat

    def __iter__(self) -> Iterator[_Floats]:
        for start in range(0, self._flat.size, _BLOCK):
            yield _float64(self._flat[start : start + _BLOCK])


def _float64(flat: np.ndarray) -> _Floats:
    if flat.dtype.kind == "c":
        # In complex128 first: the magnitude of a complex64 may not fit into float32.
        return np.abs(flat.astype(np.complex128, copy=False))
    return flat.astype(np.float64, copy=False)


def _describe(blocks: list[_Floats] | _Blocks, scale: float = 1.0) -> Stats:
    count = nan = zero = finite = 0
    total = squares = 0.0
    low, high = math.inf, -math.inf
    for block in blocks:
        count += block.size
        x = block
        block_total = float(_add(x))
        if not math.isfinite(block_total):  # most often nothing is missing, and the sum tells
            nan += int(np.count_nonzero(x != x))
            x = x[np.isfinite(x)]
            block_total = float(_add(x * scale))
        elif scale != 1.0:
            block_total = float(_add(x * scale))
        if not x.size:
            continue
        finite += x.size
        zero += x.size - int(np.count_nonzero(x))
        low, high = min(low, float(_minimum(x))), max(high, float(_maximum(x)))
        x = x if scale == 1.0 else x * scale
        total += block_total
        squares += float(x.dot(x))
    inf = count - nan - finite
    if not finite:
        unknown = math.nan
        norm = unknown if count else 0.0
        return Stats(count, nan, inf, 0, unknown, unknown, unknown, unknown, norm, (0,) * BINS)

    magnitude = max(-low, high)
    if scale == 1.0 and magnitude and not _SMALLEST < magnitude < _LARGEST:
        exponent = math.frexp(magnitude)[1]
        return _describe(blocks, scale=2.0 ** -max(-1000, min(exponent, 1000)))

    mean = total / finite
    deviation, histogram = _spread(blocks, scale, mean, low * scale, high * scale, finite < count)
    return Stats(
        count=count,
        nan=nan,
        inf=inf,
        zero=zero,
        minimum=low,
        maximum=high,
        mean=min(max(mean / scale, low), high),  # a sum's rounding may leave the range by one digit
        std=math.sqrt(deviation / finite) / scale,
        norm=_quotient(math.sqrt(squares), scale),
        histogram=histogram,
    )


def _spread(
    blocks: list[_Floats] | _Blocks,
    scale: float,
    mean: float,
    low: float,
    high: float,
    has_gaps: bool,
) -> tuple[float, tuple[int, ...]]:
    """The sum of squared deviations from the mean, and the histogram."""
    deviation = 0.0
    counts = np.zeros(BINS, np.intp)
    per_bin = BINS / (high - low) if high > low else 0.0
    for block in blocks:
        x = block[np.isfinite(block)] if has_gaps else block
        if scale != 1.0:
            x = x * scale
        from_mean = x - mean
        deviation += float(from_mean.dot(from_mean))
        bins = ((x - low) * per_bin).astype(np.intp)
        np.minimum(bins, BINS - 1, out=bins)
        counts += np.bincount(bins, minlength=BINS)
    return deviation, tuple(counts.tolist())


def _quotient(x: float, y: float) -> float:
    """`x / y`, infinite where it leaves the range of float64."""
    try:
        return x / y
    except OverflowError:
        return math.inf
