"""Orders of equal elements, NaN and both zeros, which a fast sort would leave to chance."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg


def awkward(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of which some, many or special ones are equal."""
    numbers = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    flat = numbers.reshape(-1)
    if kind == "a few equal":
        flat[::40] = 1.0
    elif kind == "many equal":
        flat[:] = np.round(flat)
    elif kind == "zeros of both signs":
        flat[::50], flat[::77] = -0.0, 0.0
    elif kind == "NaN and infinity":
        flat[::50], flat[::77] = np.nan, np.inf
    return numbers


KINDS = ["all different", "a few equal", "many equal", "zeros of both signs", "NaN and infinity"]


@pytest.mark.parametrize("dim", [0, 1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_equal_elements_stay_in_their_order(kind: str, dim: int):
    numbers = awkward(kind, (17, 40, 30))
    expected = np.argsort(numbers, dim, kind="stable")
    np.testing.assert_array_equal(tg.argsort(tg.tensor(numbers), dim).numpy(), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_elements_stay_in_their_order_when_it_is_descending(kind: str):
    numbers = awkward(kind, (3000,))
    found = tg.argsort(tg.tensor(numbers), descending=True).numpy()
    # Python's sort is stable in both directions; NaN comes first, as the largest.
    expected = sorted(range(3000), key=lambda n: (not np.isnan(numbers[n]), -numbers[n]))
    if kind == "NaN and infinity":
        nans = np.flatnonzero(np.isnan(numbers))
        rest = [n for n in expected if not np.isnan(numbers[n])]
        expected = [*nans, *sorted(rest, key=lambda n: -numbers[n])]
    np.testing.assert_array_equal(found, expected)


def test_whole_numbers_sort_as_whole_numbers():
    numbers = np.array([2**53 + 1, 2**53, -(2**63), 2**63 - 1, 0] * 9, np.int64)
    found = tg.argsort(tg.tensor(numbers)).numpy()
    np.testing.assert_array_equal(found, np.argsort(numbers, kind="stable"))
    down = tg.sort(tg.tensor(numbers), descending=True).values.tolist()
    assert down == sorted(numbers.tolist(), reverse=True)


@pytest.mark.parametrize("largest", [True, False])
def test_topk_is_the_start_of_the_whole_order(largest: bool):
    x = tg.tensor(np.random.default_rng(6).normal(size=(5, 200)))
    values, places = tg.topk(x, 7, largest=largest)
    whole = tg.sort(x, descending=largest)
    assert values.tolist() == whole.values[:, :7].tolist()
    assert places.tolist() == whole.indices[:, :7].tolist()
