"""What `describe` says of arrays of every kind, against plain Python and NumPy."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.recording.rows import arrays_of
from tracegrad.recording import schema
from tracegrad.recording.model import Stats
from tracegrad.recording.stats import describe, sparkline

NUMBERS = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9)
DTYPES = st.sampled_from([*schema.DTYPES, ">f4"])


def expected(array: np.ndarray) -> Stats:
    """The definition, number by number in Python's integers and exact fractions."""
    numbers = [magnitude(x) if array.dtype.kind == "c" else float(x) for x in array.ravel()]
    finite = [x for x in numbers if math.isfinite(x)]
    nan = sum(math.isnan(x) for x in numbers)
    inf = len(numbers) - len(finite) - nan
    if not finite:
        unknown = math.nan
        norm = unknown if numbers else 0.0
        return Stats(len(numbers), nan, inf, 0, unknown, unknown, unknown, unknown, norm, (0,) * 16)
    exact = [Fraction(x) for x in finite]
    mean = sum(exact) / len(exact)
    variance = sum((x - mean) ** 2 for x in exact) / len(exact)
    low, high = min(exact), max(exact)
    bins = [0] * 16
    for x in exact:
        bins[min(15, math.floor((x - low) * 16 / (high - low))) if high > low else 0] += 1
    return Stats(
        count=len(numbers), nan=nan, inf=inf, zero=sum(x == 0 for x in finite),
        minimum=float(low), maximum=float(high), mean=float(mean), std=root(variance),
        norm=root(sum(x * x for x in exact)), histogram=tuple(bins),
    )  # fmt: skip


def magnitude(x: complex) -> float:
    """Infinite where it is outside of float's range: Python raises there."""
    with np.errstate(over="ignore"):
        return float(np.abs(np.complex128(x)))


def root(x: object) -> float:
    """The square root of a fraction that may be outside of float's range."""
    scale = 2**1100
    try:
        return float(math.isqrt(int(x * scale * scale)) / scale)
    except OverflowError:
        return math.inf


def assert_describes(array: np.ndarray) -> None:
    found, wanted = describe(array), expected(array)
    for name in ("count", "nan", "inf", "zero"):
        assert getattr(found, name) == getattr(wanted, name), name
    size = max(abs(wanted.minimum), abs(wanted.maximum))
    for name in ("minimum", "maximum", "mean", "std", "norm"):
        close = pytest.approx(getattr(wanted, name), rel=1e-9, abs=1e-12 * size, nan_ok=True)
        assert getattr(found, name) == close, name
    assert sum(found.histogram) == sum(wanted.histogram)
    # A number on the border of two bins may fall to either side of it by rounding.
    borders = np.abs(np.cumsum(np.subtract(found.histogram, wanted.histogram)))
    assert borders.max() <= max(1, np.sum(wanted.histogram) // 3)


@given(DTYPES.flatmap(lambda dtype: arrays_of(dtype, NUMBERS)))
def test_every_dtype_and_shape_is_described_as_defined(array: np.ndarray) -> None:
    assert_describes(array)


def test_histogram_agrees_with_numpys() -> None:
    array = np.random.default_rng(0).standard_normal(5_000)
    assert list(describe(array).histogram) == np.histogram(array, bins=16)[0].tolist()


def test_array_of_many_blocks_is_described_like_one_block() -> None:
    random = np.random.default_rng(1)
    array = random.standard_normal(200_001).astype(np.float32) + 3
    array[[5, 70_000, 150_000]] = np.nan, np.inf, -np.inf
    array[:100] = 0
    array[5] = np.nan
    found = describe(array)
    finite = array[np.isfinite(array)].astype(np.float64)
    assert (found.count, found.nan, found.inf, found.zero) == (200_001, 1, 2, 99)
    assert (found.minimum, found.maximum) == (finite.min(), finite.max())
    assert found.mean == pytest.approx(finite.mean())
    assert found.std == pytest.approx(finite.std())
    assert found.norm == pytest.approx(np.linalg.norm(finite))
    assert list(found.histogram) == np.histogram(finite, bins=16)[0].tolist()


@pytest.mark.parametrize(
    "numbers",
    [
        [1e308, -1e308, 1e308],
        [5e-324, 1e-323, 0.0],
        [1e200, 1e-200],
        [3e-170, -4e-170],
        [1e155] * 9,
    ],
)
def test_numbers_at_the_ends_of_float64_neither_overflow_nor_vanish(numbers: list[float]) -> None:
    assert_describes(np.array(numbers))


def test_norm_that_no_float_can_hold_is_infinite() -> None:
    assert describe(np.array([1.7e308] * 5)).norm == math.inf


def test_magnitude_that_float32_cannot_hold_is_finite() -> None:
    stats = describe(np.array([3e38 + 3e38j], np.complex64))
    assert stats.inf == 0
    assert stats.maximum == pytest.approx(3e38 * math.sqrt(2), rel=1e-6)


def test_noncontiguous_and_reversed_arrays_are_described() -> None:
    array = np.arange(24.0).reshape(4, 6)
    assert describe(array.T[::-2]) == describe(np.ascontiguousarray(array.T[::-2]))


def test_all_nan_has_no_norm_and_nothing_has_norm_zero() -> None:
    assert math.isnan(describe(np.array([np.nan, np.inf])).norm)
    assert describe(np.zeros((0, 3))).norm == 0


def test_scalar_in_a_zero_dimensional_array_is_described() -> None:
    stats = describe(np.array(2.5))
    assert (stats.count, stats.minimum, stats.std, stats.histogram[0]) == (1, 2.5, 0, 1)


@pytest.mark.parametrize(
    "array",
    [np.array(["a"]), np.array([None]), np.array(["2020-01-01"], "M8[D]"), np.zeros(2, "i4,f4")],
)
def test_what_are_no_numbers_is_refused_by_name(array: np.ndarray) -> None:
    with pytest.raises(TypeError) as caught:
        describe(array)
    assert str(caught.value) == f"statistics need numbers, got an array of dtype {array.dtype}"


def test_sparkline_shows_tails_by_square_root() -> None:
    histogram = (1, 4, 16, 64) + (0,) * 12
    stats = Stats(85, 0, 0, 0, 0.0, 1.0, 0.5, 0.1, 1.0, histogram)
    assert sparkline(stats) == "▂▃▅█" + " " * 12
