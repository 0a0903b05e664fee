"""Search: what is found, in which order, and in portions."""

from __future__ import annotations

import pytest

from tests.sample_trace import sample_trace
from tests.tui.traces import LongTrace, growing_trace
from tracegrad_tui.search import Search, Texts
from tracegrad_tui.session import Session


@pytest.mark.parametrize(
    ("needle", "hits"),
    [
        ("RELU", [1, 11, 12]),  # op, and the class of the module that the fan-in ran in
        ("net.0", [0, 13, 15]),  # module, and the name of the written parameter
        ("linear", [0, 13]),  # class of the module
        ("loss", [5, 6, 7, 14]),  # variable and expression
        ("h * h", [2, 10]),  # source expression
        ("f32[]", [5, 6]),  # signature
        ("f32[3,2]", [13, 14, 15]),  # signature as people type it
        ("train.py:8", [15]),
        ("zebra", []),
    ],
)
def test_search_finds_op_module_variable_signature_and_source(needle: str, hits: list[int]) -> None:
    session = Session(sample_trace())
    session.find(needle, 0)
    assert session.search is not None
    assert session.search.done
    assert session.search.hits == hits


def test_a_search_goes_to_the_nearest_hit_after_where_it_began() -> None:
    session = Session(sample_trace(), start=3)
    session.find("mul", 3)
    assert session.cursor == 10  # not 0 or 2, which lie before
    assert session.notice.text == "/mul  hit 3 of 5"


def test_typing_on_narrows_from_the_place_where_the_search_began() -> None:
    session = Session(sample_trace())
    session.find("m", 0)
    session.find("me", 0)
    session.find("mea", 0)
    assert session.cursor == 5
    session.find("mean()zzz", 0)
    assert session.cursor == 0
    assert session.notice.text == "no match for mean()zzz"
    assert session.notice.tone == "bad"


def test_next_and_previous_hit_go_around_the_ends_and_say_so() -> None:
    session = Session(sample_trace())
    session.find("relu", 0)
    assert session.cursor == 1
    session.hit(1)
    assert session.cursor == 11
    session.hit(1)
    session.hit(1)
    assert session.cursor == 1
    assert session.notice.text.endswith("from the start")
    session.hit(-1)
    assert session.cursor == 12
    assert session.notice.text.endswith("from the end")


def test_next_hit_without_a_search_says_how_to_search() -> None:
    session = Session(sample_trace())
    session.hit(1)
    assert session.notice.text == "nothing was searched yet: / searches"


def test_an_accepted_search_is_a_jump_that_can_be_taken_back() -> None:
    session = Session(sample_trace(), start=4)
    session.find("accumulate", 4)
    session.accept_search(4)
    assert session.cursor == 14
    session.jump_back()
    assert session.cursor == 4


def test_a_long_trace_is_searched_in_portions_from_the_cursor_on_and_then_from_the_start() -> None:
    trace = LongTrace(2_000)
    search = Search(trace, Texts(trace), "block5", 1_000)
    search.scan(100)
    assert not search.done
    first = search.hits
    assert first
    assert min(first) >= 1_000
    while not search.done:
        search.scan(100)
    assert search.seen == 2_000
    expected = [n for n in range(2_000) if n % 20 in (8, 9, 10, 11)]
    assert search.hits == expected


def test_an_unfinished_search_reports_its_progress_and_never_claims_that_there_is_no_match() -> (
    None
):
    trace = LongTrace(400_000)
    session = Session(trace)
    session.find("zebra", 0)
    assert session.search is not None
    assert not session.search.done
    assert "so far" in session.notice.text
    assert session.notice.tone == ""


def test_a_search_goes_on_in_what_a_growing_trace_brings() -> None:
    session = Session(growing_trace(6, 16))
    session.find("accumulate", 0)
    assert session.notice.text == "no match for accumulate"
    session.refresh()
    assert session.busy
    while session.busy:
        session.work(0.01)
    assert session.cursor == 14


def test_whether_an_event_is_a_hit_agrees_with_the_hits() -> None:
    session = Session(sample_trace(), start=5)
    session.find("mul", 5)
    assert session.search is not None
    hits = [n for n in range(session.count) if session.search.is_hit(n)]
    assert hits == session.search.hits
    assert len(hits) == 5
    assert [session.search.place(n) for n in hits] == list(range(1, len(hits) + 1))
