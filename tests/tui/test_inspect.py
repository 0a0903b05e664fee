"""Tabs of the inspector, as text."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sample_trace import RowsTrace, sample_trace
from tests.tui.traces import LongTrace, failed_trace, odd_trace, written_trace
from tracegrad.recording.source import TraceSource
from tracegrad_tui.inspect import sheet
from tracegrad_tui.inspect.graph import graph
from tracegrad_tui.inspect.view import View
from tracegrad_tui.pieces import width
from tracegrad_tui.session import HISTORY_READ, TABS, Session

WIDE, NARROW = View(100, 40), View(58, 8)


def shown(source: TraceSource, event: int, tab: str, view: View = WIDE, operand: int = 0) -> str:
    session = Session(source, start=event)
    while session.tab != tab:
        session.turn_tab(1)
    session.turn_operand(operand)
    return sheet(session, view).text()


@pytest.mark.parametrize("make", [sample_trace, odd_trace, failed_trace, written_trace])
@pytest.mark.parametrize("view", [WIDE, NARROW, View(30, 3, pan=2, coloured=False)])
def test_every_tab_of_every_event_can_be_drawn(make: object, view: View) -> None:
    session = Session(make())  # type: ignore[operator]
    for event in range(session.count):
        session.goto(event)
        for _ in session.tabs:
            for _ in session.operands() or [None]:
                assert sheet(session, view).text()
                session.turn_operand(1)
            session.turn_tab(1)
        graph(session, view)


def test_value_tab_shows_what_it_is_its_statistics_and_its_numbers() -> None:
    text = shown(sample_trace(), 2, "value")
    assert text.startswith("output  #2 mul  f32[4, 2]  32 B  storage 4 v0  requires grad")
    assert "mean 0.685  std 1.34  min 0  max 4.2  norm 4.26  NaN 0  inf 0  zero 37.5%" in text
    assert " 2          0       4.2" in text


def test_a_low_pane_shows_the_table_instead_of_table_and_picture() -> None:
    legend = "-4.2 " + " " * 9 + " 4.2"
    assert legend in shown(sample_trace(), 2, "value")
    low = shown(sample_trace(), 2, "value", NARROW)
    assert legend not in low
    assert " 2          0       4.2" in low


def test_inputs_can_be_looked_at_and_parameters_have_their_name() -> None:
    text = shown(sample_trace(), 0, "value", operand=2)
    assert text.startswith("input 1  net.0.weight  f32[3, 2]")


def test_gradient_tab_shows_the_sum_its_contributions_and_its_size_against_the_value() -> None:
    text = shown(sample_trace(), 1, "gradient")
    assert "gradient, pass 1  gradient of #1 relu  f32[4, 2]" in text
    norm = np.linalg.norm
    trace = sample_trace()
    ratio = norm(trace.arrays[trace.event(11).outputs[0]]) / norm(
        trace.arrays[trace.event(1).outputs[0]]
    )
    assert f"|gradient| / |value| {ratio:.3g}" in text
    assert "added up from" in text
    assert text.count("from #10 mul") == 2


def test_gradient_tab_of_a_backward_event_shows_what_came_in_and_what_went_to_each_input() -> None:
    text = shown(sample_trace(), 13, "gradient")
    assert "incoming gradient  gradient of #0 matmul" in text
    assert "input 0 input  needs no gradient" in text
    assert "input 1 net.0.weight  f32[3, 2]  norm 8.17" in text


def test_gradient_tab_says_why_there_is_none() -> None:
    assert "does not require a gradient" in shown(odd_trace(), 1, "gradient")
    text = shown(sample_trace(), 3, "gradient", operand=2)
    assert text == "input does not require a gradient, so none was computed."


def test_links_tab_names_makers_readers_and_the_other_direction() -> None:
    text = shown(sample_trace(), 1, "links")
    assert "0 #0 matmul  f32[4, 2]" in text
    assert "read by → #2 mul" in text
    assert "pass 1 ← #12 relu  net.1" in text
    text = shown(sample_trace(), 12, "links")
    assert "→ #1 relu  net.1" in text


def test_about_tab_has_options_place_modules_and_time() -> None:
    text = shown(sample_trace(), 4, "about")
    assert "options     exponent=2" in text
    assert "source      /home/ada/train.py:6 in <module>, columns 7-23" in text
    assert "took        2.4 µs, 40 µs after the start" in text
    text = shown(sample_trace(), 0, "about")
    assert "module      net.0  Linear(3, 2)" in text
    assert "within      net  Sequential" in text


def test_history_tab_tells_who_wrote_the_memory_and_when() -> None:
    lines = shown(sample_trace(), 15, "history").split("\n")
    assert lines[0] == "net.0.weight  storage 1  1 write  v next  V previous"
    assert lines[1].startswith("  v0     from outside")
    assert lines[2].startswith("▶ v1 #15 SGD.step     train.py:8 the whole")


def test_value_tab_tells_which_version_it_is_and_who_changed_it() -> None:
    text = shown(written_trace(), 0, "value")
    assert "version 0 of 4  made by #0 zeros" in text
    assert "changed by #1 add_" in text
    text = shown(written_trace(), 3, "value")
    assert "version 2 of 4  made by #3 mul_" in text
    assert "version" not in shown(sample_trace(), 2, "value")


def test_history_tab_marks_the_version_looked_at_and_names_the_views() -> None:
    lines = shown(written_trace(), 3, "history").split("\n")
    assert lines[0].startswith("x  storage 0  4 writes")
    assert [line.split()[0] for line in lines[1:]] == ["v0", "v1", "▶", "v3", "v4"]
    assert "x[0] [3]" in lines[3]
    assert "unseen_write" in lines[4]


def test_a_long_history_shows_the_part_around_the_value() -> None:
    trace = RowsTrace()
    x = trace.add_value(np.zeros(1), "input", storage=0)
    for n in range(3 * HISTORY_READ):
        write = trace.add_event(
            "write", "add_", (x,), [np.zeros(1)], value_fields={"storage": 0, "version": n + 1}
        )
        x = write.outputs[0]
    lines = shown(trace, 2 * HISTORY_READ, "history").split("\n")
    assert lines[1] == lines[-1] == "  … more before and after this part"
    assert f"▶ v{2 * HISTORY_READ + 1} " in "\n".join(lines)
    assert len(lines) < HISTORY_READ + 10


def test_a_warning_says_what_was_noticed() -> None:
    text = shown(written_trace(), 4, "value")
    assert "! memory was written past its version counter" in text
    assert "between add_ and mul_" in text
    text = shown(written_trace(), 4, "about")
    assert "warning     memory was written past its version counter" in text
    assert "details     between add_ and mul_" in text
    assert "a warning is no op, so no gradient" in shown(written_trace(), 4, "gradient")


def test_the_error_tab_has_the_message_first_and_then_the_traceback() -> None:
    lines = shown(failed_trace(), 15, "error").split("\n")
    assert lines[0] == "ValueError: the learning rate must not be negative, got -0.1"
    assert lines[1] == "the program stopped after event #15 SGD.step"
    assert "Traceback (most recent call last):" in lines
    assert "    optimizer.step()" in lines


def test_odd_values_say_what_they_are() -> None:
    assert "= -0.25" in shown(odd_trace(), 1, "value")
    assert "true 2 of 3, 66.7%" in shown(odd_trace(), 2, "value")
    assert "magnitudes:" in shown(odd_trace(), 4, "value")
    assert "slice [0, :, :]" in shown(odd_trace(), 5, "value")
    assert "no elements" in shown(odd_trace(), 6, "value")
    assert "not kept" in shown(odd_trace(), 8, "value")
    assert "elements of object are not drawn" in shown(odd_trace(), 9, "value")


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("cells", [58, 80])
def test_text_is_wrapped_to_the_pane(tab: str, cells: int) -> None:
    view = View(cells, 20)
    for make, event in ((sample_trace, 1), (sample_trace, 13), (sample_trace, 5), (odd_trace, 0)):
        session = Session(make(), start=event)
        while session.tab != tab:
            session.turn_tab(1)
        too_wide = [line for line in sheet(session, view) if width(line) > cells]
        assert not too_wide


def test_a_trace_whose_links_are_not_read_yet_says_so_where_they_are_needed() -> None:
    session = Session(LongTrace(400_000))
    view = View(80, 20)
    seen = {}
    for _ in TABS:
        seen[session.tab] = sheet(session, view).text()
        session.turn_tab(1)
    assert "reading the links" in seen["gradient"]
    assert "still being read" in seen["links"]
    assert "reading the links" in seen["history"]
    assert "norm 32" in seen["value"]
    drawing, _ = graph(session, view)
    assert "reading the links" in drawing.text()


def test_an_empty_trace_says_so_in_the_inspector() -> None:
    assert sheet(Session(RowsTrace()), WIDE).text() == "this trace has no events"


def test_large_tables_make_only_the_lines_that_are_looked_at() -> None:
    trace = RowsTrace()
    trace.add_event("forward", "zeros", (), [np.zeros((1_000_000, 3), np.int8)])
    lines = sheet(Session(trace), WIDE)
    assert len(lines) >= 100_000
    assert "99999" in "".join(piece.text for piece in lines[len(lines) - 1])
