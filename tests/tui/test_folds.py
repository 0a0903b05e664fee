"""The mapping between rows and events, against a list that is simply filtered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracegrad_tui.folds import Folds

EVENTS = 40
spans = st.tuples(st.integers(0, EVENTS - 1), st.integers(2, 12))


@given(st.lists(spans, max_size=6), st.lists(st.integers(0, EVENTS - 1), max_size=3))
def test_rows_and_events_map_to_each_other_as_in_a_filtered_list(
    folded: list[tuple[int, int]], unfolded: list[int]
) -> None:
    folds = Folds()
    plain: list[tuple[int, int]] = []
    for start, length in folded:
        stop = min(EVENTS, start + length)
        folds.fold(start, stop)
        plain = [(a, b) for a, b in plain if b <= start or a >= stop] + [(start, stop)]
    for event in unfolded:
        folds.unfold(event)
        plain = [(a, b) for a, b in plain if not a <= event < b]

    hidden = {event for a, b in plain for event in range(a + 1, b)}
    shown = [event for event in range(EVENTS) if event not in hidden]
    assert folds.rows(EVENTS) == len(shown)
    assert [folds.event(row) for row in range(len(shown))] == shown
    for event in range(EVENTS):
        around = next(((a, b) for a, b in plain if a <= event < b), None)
        assert folds.at(event) == around
        assert folds.row(event) == shown.index(around[0] if around else event)
