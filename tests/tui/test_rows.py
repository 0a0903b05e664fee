"""Rows of the op list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sample_trace import sample_trace
from tests.tui.traces import large_trace, odd_trace
from tracegrad_tui.pieces import plain, width
from tracegrad_tui.rows import MARKS, columns, row, title
from tracegrad_tui.session import Session


def text(session: Session, id: int, cells: int = 100) -> str:
    return plain(row(session, id, columns(cells, session.count)))


def test_a_forward_row_shows_value_and_gradient() -> None:
    session = Session(sample_trace())
    words = text(session, 2).split()
    assert words == [
        "2",
        "●",
        "→",
        "mul",
        "out",
        "=",
        "h",
        "*",
        "h",
        "f32[4,",
        "2]",
        "4.26",
        "1.43",
    ]


@pytest.mark.parametrize(
    ("event", "ending"),
    [
        (5, "f32[] 4.1 1"),  # the loss itself, not its norm
        (6, "f32[] 4.1 1"),  # backward() starts from the loss with gradient 1
        (13, "f32[3, 2] 3.36 4.74"),  # of the product, not of the weight
        (14, "f32[3, 2] 1.81 8.17"),  # the weight, and its .grad
        (15, "f32[3, 2] 1.36 8.17"),  # the new weight, and the gradient that changed it
    ],
)
def test_each_kind_of_event_shows_the_magnitudes_it_is_about(event: int, ending: str) -> None:
    assert " ".join(text(Session(sample_trace()), event).split()).endswith(ending)


def test_every_kind_has_a_mark_of_its_own() -> None:
    signs = [mark.sign for mark in MARKS.values()]
    assert len(set(signs)) == len(signs) == 8
    assert all(len(sign) == 1 for sign in signs)


@pytest.mark.parametrize(
    ("event", "magnitude"),
    [
        (0, "NaN×1"),
        (1, "-0.25"),
        (2, "67% true"),
        (6, "empty"),
        (8, "–"),
        (9, "–"),
        (10, "NaN"),
    ],
)
def test_values_that_are_no_plain_numbers_say_what_they_are(event: int, magnitude: str) -> None:
    session = Session(odd_trace())
    assert text(session, event).rstrip().endswith(magnitude)


@pytest.mark.parametrize("cells", [40, 58, 70, 78, 94, 120, 158, 300])
@pytest.mark.parametrize("count", [0, 16, 1_000_000, 10**9])
def test_a_row_never_takes_more_than_its_space(cells: int, count: int) -> None:
    session = Session(odd_trace())
    widths = columns(cells, count)
    for id in range(session.count):
        assert width(row(session, id, widths)) + 2 <= cells


@pytest.mark.parametrize("cells", [58, 78, 94, 158])
def test_column_titles_end_where_their_columns_end(cells: int) -> None:
    session = Session(sample_trace())
    widths = columns(cells, session.count)
    line = "  " + text(session, 4, cells)
    assert line[: widths.end_of_value].endswith("21.9")
    assert line[: widths.end_of_grad].endswith("0.354")
    heading = plain(title(widths, session.count, cells, 0, "edge"))
    assert heading[: widths.end_of_value].endswith("|value|")
    assert heading[: widths.end_of_grad].endswith("|grad|")


def test_a_folded_module_is_one_row_that_counts_its_events() -> None:
    session = Session(sample_trace(), start=1)
    session.fold()
    assert "▸ net · 2 events to #1" in text(session, 0)


def test_wide_lists_have_a_column_for_the_source_expression() -> None:
    session = Session(sample_trace())
    assert columns(94, 16).code == 0
    assert columns(158, 16).code > 20
    assert text(session, 0, 158).rstrip().endswith("h = net(x)")
    assert "net.0" in text(session, 0, 158)


def test_an_augmented_assignment_names_its_variable_once() -> None:
    trace = sample_trace()
    place = replace(trace.location_rows[1], variable="h", expression="h += 1")
    trace.location_rows[1] = place
    assert "h += 1" in text(Session(trace), 2)
    assert "h = h" not in text(Session(trace), 2)


def test_the_magnitude_of_a_large_value_is_promised_and_made_later() -> None:
    session = Session(large_trace())
    assert text(session, 0).rstrip().endswith("…")
    assert session.busy
    session.work(0.01)
    assert text(session, 0).rstrip().endswith("512")
