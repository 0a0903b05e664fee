"""Arrays as pictures: nothing that stands out may be lost, nothing may be made up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tracegrad.recording.stats import describe
from tracegrad_tui.picture import (
    INF,
    NAN,
    element,
    facts,
    heat_map,
    histogram,
    legend,
    levels,
    matrix,
    pooled,
    table_row,
)
from tracegrad_tui.pieces import plain, width
from tracegrad_tui.theme import LEVELS

numbers = st.floats(-1e6, 1e6, width=32) | st.sampled_from([np.nan, np.inf, -np.inf])
matrices = arrays(np.float32, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=numbers)


def rank(x: float) -> float:
    """What stands out more has a higher rank: a NaN, an infinity, a large number."""
    return float("inf") if np.isnan(x) else 1e300 if np.isinf(x) else abs(x)


@given(matrices, st.integers(1, 12), st.integers(1, 12))
def test_each_cell_shows_what_stands_out_most_of_its_block(
    values: np.ndarray, rows: int, columns: int
) -> None:
    cells = pooled(values, rows, columns)
    high, wide = min(rows, len(values)), min(columns, values.shape[1])
    assert cells.shape == (high, wide)
    row_blocks = np.arange(high + 1) * len(values) // high
    column_blocks = np.arange(wide + 1) * values.shape[1] // wide
    for r in range(high):
        for c in range(wide):
            block = values[
                row_blocks[r] : row_blocks[r + 1], column_blocks[c] : column_blocks[c + 1]
            ]
            expected = max(rank(float(x)) for x in block.flat)
            assert rank(float(cells[r, c])) == expected


def test_one_outlier_in_a_million_numbers_is_seen() -> None:
    values = np.zeros((1000, 1000), np.float32)
    values[617, 343] = -5
    cells, top = levels(pooled(values, 16, 32))
    assert top == 5
    assert (cells == -LEVELS).sum() == 1
    assert (cells == 0).sum() == 16 * 32 - 1


def test_a_number_that_is_not_zero_never_looks_like_zero() -> None:
    cells, _ = levels(np.array([[1e-12, -1e-12, 0, 1]]))
    assert cells.tolist() == [[1, -1, 0, LEVELS]]


def test_nan_and_infinity_have_levels_of_their_own_and_do_not_spoil_the_scale() -> None:
    cells, top = levels(np.array([[np.nan, np.inf, -np.inf, 2.0, -1.0]]))
    assert cells.tolist() == [[NAN, INF, INF, LEVELS, -LEVELS // 2]]
    assert top == 2


def test_the_largest_finite_float_is_drawn() -> None:
    big = float(np.finfo(np.float64).max)
    cells, top = levels(np.array([[big, -big]]))
    assert top == big
    assert cells.tolist() == [[LEVELS, -LEVELS]]


@pytest.mark.parametrize("coloured", [True, False])
def test_a_heat_map_keeps_to_its_space(coloured: bool) -> None:
    values = np.sin(np.arange(300 * 200)).reshape(300, 200)
    lines = heat_map(values, 10, 40, coloured=coloured)
    assert len(lines) == 10
    assert {width(line) for line in lines} == {40}


def test_equal_neighbours_are_one_piece() -> None:
    (line,) = heat_map(np.ones((2, 60)), 1, 60, coloured=True)
    assert len(line) == 1


def test_nan_is_a_letter_and_infinity_its_sign_in_colour_and_without() -> None:
    values = np.array([[np.nan, np.inf], [1, 2]])
    for coloured in (True, False):
        text = "".join(plain(line) for line in heat_map(values, 8, 8, coloured=coloured))
        assert "N" in text
        assert "∞" in text


def test_without_colour_shades_grow_with_the_magnitude() -> None:
    (line,) = heat_map(np.array([[0, -0.2, 0.5, -1]]), 1, 4, coloured=False)
    assert plain(line) == " ·▒█"
    assert "|x|" in plain(legend(1.0, coloured=False))


def test_nothing_is_drawn_of_nothing() -> None:
    assert heat_map(np.zeros((0, 3)), 4, 4, coloured=True) == []


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (np.float32(0.5), "0.5"),
        (np.bool_(True), "True"),
        (np.int64(-7), "-7"),
        (np.uint64(2**63), "9.2e+18"),
        (np.complex64(1 - 2j), "1-2j"),
        (np.float64("nan"), "NaN"),
        (np.float64("-inf"), "-∞"),
        (np.complex128(complex("nan+1j")), "nan+1j"),
    ],
)
def test_every_kind_of_number_is_written(x: object, text: str) -> None:
    assert element(x).text == text


def test_a_table_row_begins_at_the_column_panned_to_and_says_that_there_is_more() -> None:
    values = np.arange(100.0).reshape(2, 50)
    assert plain(table_row(values, 1, 10, 40, 99.0)).split() == ["1", "60", "61", "62", "…"]
    assert plain(table_row(values, 1, 48, 40, 99.0)).split() == ["1", "98", "99"]


def test_slices_take_the_last_two_dimensions() -> None:
    cube = np.arange(24).reshape(2, 3, 4)
    assert matrix(cube, (1,)).tolist() == cube[1].tolist()
    assert matrix(np.asarray(5.0)).tolist() == [[5.0]]
    assert matrix(np.arange(3)).shape == (1, 3)


def test_facts_count_what_is_not_finite_and_leave_it_out_of_the_mean() -> None:
    stats = describe(np.array([1.0, 3.0, np.nan, np.inf]))
    text = "  ".join(plain(part) for part in facts(stats))
    assert text == "mean 2  std 1  min 1  max 3  norm 3.16  NaN 1  inf 1  zero 0.0%"
    hopeless = describe(np.array([np.nan]))
    assert "  ".join(plain(part) for part in facts(hopeless)) == "NaN 1  inf 0"


def test_a_histogram_has_its_range_beside_it_and_tails_show() -> None:
    stats = describe(np.concatenate([np.zeros(10_000), [1.0]]))
    (line,) = histogram(stats)
    assert plain(line) == "0 █" + " " * 14 + "▁ 1"
    tall = histogram(stats, 3)
    assert len(tall) == 3
    assert [plain(row)[2:4] for row in tall] == ["██"] * 3
    assert plain(tall[2]).endswith("▁▁ 1")
    assert histogram(describe(np.array([np.nan]))) == []
