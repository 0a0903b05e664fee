"""Everything that keys do, without a screen."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.sample_trace import RowsTrace, sample_trace
from tests.tui.traces import LongTrace, failed_trace, growing_trace, odd_trace, written_trace
from tracegrad_tui.session import TABS, Session

MATMUL, RELU, MUL, SUB, POW, MEAN, SEED = range(7)
B_MEAN, B_POW, B_SUB, B_MUL, FAN_IN, B_RELU, B_MATMUL, ACCUMULATE, STEP = range(7, 16)


def at(event: int) -> Session:
    return Session(sample_trace(), start=event)


def test_the_session_imports_no_textual() -> None:
    code = "import sys, tracegrad_tui.session; sys.exit('textual' in sys.modules)"
    path = {"PYTHONPATH": ":".join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=path, check=False).returncode == 0


# -- steps -----------------------------------------------------------------------------------------


def test_stepping_visits_forward_and_backward_events_on_one_time_line() -> None:
    session = at(0)
    kinds = []
    for _ in range(session.count):
        assert session.event is not None
        kinds.append(session.event.kind)
        session.step(1)
    assert kinds == [row.kind for row in sample_trace().event_rows]
    assert session.notice.text == "this is the last event"
    assert session.cursor == STEP


def test_stepping_back_from_the_first_event_says_so_and_stays() -> None:
    session = at(0)
    session.step(-1)
    assert (session.cursor, session.notice.text) == (0, "this is the first event")


def test_stepping_at_the_end_of_a_growing_trace_says_that_the_program_still_runs() -> None:
    session = Session(growing_trace(3, 6), start=2)
    session.step(1)
    assert "still running" in session.notice.text
    session.refresh()
    session.step(1)
    assert session.cursor == 3


def test_a_move_past_the_end_by_rows_goes_to_the_end() -> None:
    session = at(SUB)
    session.down(1000)
    assert session.cursor == STEP
    session.down(-1000)
    assert session.cursor == 0
    session.down(-1)
    assert session.notice.text == "this is the first event"


@pytest.mark.parametrize(
    ("start", "direction", "target"),
    [
        (MATMUL, 1, RELU),  # net.0 ends with its one op
        (RELU, 1, MUL),
        (MUL, 1, SUB),
        (B_MUL, 1, ACCUMULATE),  # over the backward of net.1 and net.0
        (ACCUMULATE, -1, B_MUL),
        (B_MATMUL, -1, B_RELU),
    ],
)
def test_over_leads_to_the_next_event_outside_of_the_module(
    start: int, direction: int, target: int
) -> None:
    session = at(start)
    session.over(direction)
    assert session.cursor == target


def test_over_at_the_end_names_the_module_it_could_not_leave() -> None:
    session = at(MATMUL)
    session.over(-1)
    assert session.notice.text == "no event outside net.0 before this one"
    session = at(STEP)
    session.over(1)
    assert session.notice.text == "no event of the program itself after this one"


# -- along the graph -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forward", "backward"),
    [(MATMUL, B_MATMUL), (RELU, B_RELU), (MUL, B_MUL), (SUB, B_SUB), (POW, B_POW), (MEAN, B_MEAN)],
)
def test_x_swaps_an_op_and_its_backward_event(forward: int, backward: int) -> None:
    session = at(forward)
    session.counterpart()
    assert session.cursor == backward
    session.counterpart()
    assert session.cursor == forward


@pytest.mark.parametrize(
    ("start", "target"), [(FAN_IN, RELU), (SEED, MEAN), (STEP, None), (ACCUMULATE, None)]
)
def test_x_on_other_events_leads_to_what_made_the_value_or_says_why_not(
    start: int, target: int | None
) -> None:
    session = at(start)
    session.counterpart()
    if target is None:
        assert session.cursor == start
        assert session.notice.text
    else:
        assert session.cursor == target


def test_x_on_an_op_without_backward_says_why_there_is_none() -> None:
    trace = RowsTrace()
    one = np.ones(2)
    for fields, words in (
        ({"grad_enabled": False}, "no_grad"),
        ({}, "does not require a gradient"),
        ({"value_fields": {"requires_grad": True}}, "no backward pass reached it"),
    ):
        event = trace.add_event("forward", "exp", (), [one], **fields)
        session = Session(trace, start=event.id)
        session.counterpart()
        assert words in session.notice.text
        assert session.cursor == event.id


def test_producer_and_consumer_follow_the_values() -> None:
    session = at(SUB)
    session.producer()
    assert session.cursor == MUL
    session.consumer()
    assert session.cursor == SUB
    session = at(MATMUL)
    session.producer()
    assert "entered from outside" in session.notice.text
    session = at(STEP)
    session.consumer()
    assert session.notice.text == "no recorded event reads the output of #15 SGD.step"


def test_links_that_are_still_being_read_are_not_waited_for() -> None:
    trace = LongTrace(400_000)
    session = Session(trace)
    assert not session.ready
    session.counterpart()
    assert "still being read" in session.notice.text
    assert session.cursor == 0


# -- numbers, marks, jumps -------------------------------------------------------------------------


def test_a_number_and_then_last_goes_to_that_event() -> None:
    session = at(0)
    for digit in (1, 2):
        session.digit(digit)
    assert "event 12" in session.notice.text
    session.last()
    assert session.cursor == 12
    session.last()
    assert session.cursor == STEP


def test_a_number_beyond_the_end_is_refused_with_the_last_number() -> None:
    session = at(3)
    for digit in (9, 9):
        session.digit(digit)
    session.last()
    assert session.cursor == 3
    assert session.notice.text == "there is no event 99: the last is 15"
    assert session.notice.tone == "bad"


def test_event_zero_can_be_asked_for_by_number() -> None:
    session = at(5)
    session.digit(0)
    session.last()
    assert session.cursor == 0


def test_marks_lead_back_and_unknown_ones_name_those_there_are() -> None:
    session = at(4)
    session.mark("a")
    session.last()
    session.to_mark("a")
    assert session.cursor == 4
    session.to_mark("z")
    assert session.notice.text == "no mark z; marks: a"
    session.mark("7")
    assert session.notice.text == "a mark is a letter"


def test_jumps_are_walked_back_and_forward_as_in_a_browser() -> None:
    session = at(2)
    session.last()
    session.first()
    session.step(1)
    session.jump_back()
    assert session.cursor == STEP
    session.jump_back()
    assert session.cursor == 2
    session.jump_back()
    assert "no earlier place" in session.notice.text
    session.jump_forward()
    assert session.cursor == STEP
    session.jump_forward()
    assert session.cursor == 1
    session.jump_forward()
    assert "no later place" in session.notice.text


def test_a_new_jump_forgets_the_way_forward() -> None:
    session = at(2)
    session.last()
    session.jump_back()
    session.goto(7)
    session.jump_forward()
    assert session.cursor == 7


# -- folds -----------------------------------------------------------------------------------------


def test_folding_a_module_call_makes_it_one_row_and_unfolding_brings_it_back() -> None:
    session = at(RELU)
    session.fold()
    assert (session.rows, session.cursor) == (15, MATMUL)
    assert session.notice.text == "folded net: 2 events"
    session.down(1)
    assert session.cursor == MUL
    session.down(-1)
    session.fold()
    assert session.rows == 16


def test_stepping_into_a_fold_opens_it() -> None:
    session = at(RELU)
    session.fold()
    session.step(1)
    assert (session.cursor, session.rows) == (RELU, 16)


def test_an_event_outside_of_all_modules_cannot_be_folded() -> None:
    session = at(MUL)
    session.fold()
    assert "nothing to fold" in session.notice.text
    assert session.rows == 16


# -- what to look at -------------------------------------------------------------------------------


def test_forward_and_backward_events_remember_their_own_tab() -> None:
    session = at(MUL)
    assert session.tab == "value"
    session.turn_tab(2)
    assert session.tab == "links"
    session.goto(B_MUL)
    assert session.tab == "gradient"
    session.goto(SUB)
    assert session.tab == "links"


def test_tabs_go_round() -> None:
    session = at(MUL)
    seen = []
    for _ in TABS:
        seen.append(session.tab)
        session.turn_tab(1)
    assert tuple(seen) == TABS
    session.turn_tab(-1)
    assert session.tab == TABS[-1]


def test_operands_are_outputs_then_inputs_and_the_incoming_gradient_first() -> None:
    labels = [operand.label for operand in at(SUB).operands()]
    assert labels == ["output", "input 0", "input 1"]
    labels = [operand.label for operand in at(B_MATMUL).operands()]
    assert labels == ["incoming gradient", "gradient for input 1, net.0.weight"]
    labels = [operand.label for operand in at(FAN_IN).operands()]
    assert labels == ["sum of contributions", "contribution 0", "contribution 1"]


def test_the_operand_turns_and_starts_anew_at_the_next_event() -> None:
    session = at(SUB)
    session.turn_operand(1)
    assert session.operand is not None
    assert session.operand.label == "input 0"
    session.step(1)
    assert session.operand is not None
    assert session.operand.label == "output"


def test_slices_turn_through_the_leading_dimensions_and_around() -> None:
    session = Session(odd_trace(), start=5)
    operand = session.operand
    assert operand is not None
    cube = session.source.value(operand.value)
    assert session.slice_of(cube) == (0,)
    session.turn_slice(1)
    assert session.slice_of(cube) == (1,)
    session.turn_slice(1)
    assert session.slice_of(cube) == (0,)
    session.turn_slice(-1)
    assert session.slice_of(cube) == (1,)


def test_a_matrix_has_one_slice_and_says_so() -> None:
    session = at(MUL)
    session.turn_slice(1)
    assert "one slice" in session.notice.text


# -- states of the program -------------------------------------------------------------------------


def test_a_failed_trace_opens_where_the_program_stopped_with_the_error_shown() -> None:
    session = Session(failed_trace())
    assert session.cursor == STEP
    assert session.tab == "error"
    assert session.error_line == "ValueError: the learning rate must not be negative, got -0.1"
    session.step(-1)
    assert "error" not in session.tabs


def test_a_failed_trace_opens_elsewhere_when_asked_to() -> None:
    assert Session(failed_trace(), start=3).cursor == 3


def test_a_growing_trace_keeps_the_cursor_and_counts_what_came() -> None:
    session = Session(growing_trace(4, 9), start=2)
    assert session.count == 4
    assert session.refresh()
    assert (session.cursor, session.count) == (2, 9)
    assert session.refresh()  # the state becomes complete
    assert session.info.state == "complete"
    assert not session.refresh()


def test_a_program_that_fails_while_it_is_watched_says_so() -> None:
    trace = growing_trace(4)
    trace.final = failed_trace().trace_info
    session = Session(trace)
    session.refresh()
    assert session.notice.tone == "bad"
    assert "learning rate" in session.notice.text


def test_nothing_fails_in_a_trace_without_events() -> None:
    session = Session(RowsTrace())
    for action in (
        lambda: session.step(1),
        lambda: session.down(-1),
        lambda: session.over(1),
        session.first,
        session.last,
        session.counterpart,
        session.producer,
        session.consumer,
        session.fold,
        lambda: session.mark("a"),
        lambda: session.find("x", 0),
    ):
        session.clear_notice()
        action()
        assert session.cursor == 0
    session.step(1)
    assert session.notice.text == "this trace has no events"
    assert (session.event, session.operand, session.rows) == (None, None, 0)


def test_a_start_outside_of_the_trace_is_brought_inside() -> None:
    assert Session(sample_trace(), start=99).cursor == STEP
    assert Session(sample_trace(), start=-5).cursor == 0


# -- versions and warnings -------------------------------------------------------------------------


def test_v_goes_from_write_to_write_of_one_memory_and_back_to_where_it_was_made() -> None:
    session = Session(written_trace())
    visited = []
    for direction in (1, 1, 1, 1, 1, -1, -1, -1, -1, -1):
        session.version(direction)
        visited.append(session.cursor)
    assert visited == [1, 3, 4, 5, 5, 4, 3, 1, 0, 0]
    assert "nothing that was recorded writes to this memory before" in session.notice.text


def test_v_says_when_nothing_writes_to_the_memory_later() -> None:
    session = Session(written_trace(), start=5)
    session.version(1)
    assert "nothing that was recorded writes to this memory after" in session.notice.text


def test_v_waits_for_the_links() -> None:
    session = Session(LongTrace(400_000))
    session.version(1)
    assert "still being read" in session.notice.text


def test_w_goes_to_the_warning_from_both_sides_and_says_what_it_is() -> None:
    for start, direction in ((0, 1), (5, 1), (5, -1), (0, -1)):
        session = Session(written_trace(), start=start)
        session.warning(direction)
        assert session.cursor == 4
        assert session.notice.text.startswith("memory was written past its version counter")
        assert session.notice.tone == "bad"


def test_w_says_when_there_is_no_warning() -> None:
    session = at(0)
    session.warning(1)
    assert (session.cursor, session.notice.text) == (0, "there is no warning in this trace")


def test_a_warning_is_found_by_that_word_and_by_its_details() -> None:
    for needle in ("warning", "unseen", "between add_"):
        session = Session(written_trace())
        session.find(needle, 0)
        assert session.search is not None
        assert session.search.hits == [4]


def test_a_warning_has_no_backward_event() -> None:
    session = Session(written_trace(), start=4)
    session.counterpart()
    assert "a warning is no op" in session.notice.text
