"""Text in cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.sample_trace import RowsTrace, sample_trace
from tests.tui.traces import failed_trace, growing_trace
from tracegrad_tui.heading import heading
from tracegrad_tui.pieces import Piece, Sheet, clean, crop, fit, fit_end, flow, plain, width, wrap
from tracegrad_tui.session import Session
from tracegrad_tui.widgets.bars import key_line

words = st.text(st.sampled_from("ab寸法é é"), max_size=30)


@given(words, st.integers(0, 20))
def test_fitted_text_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert cell_len(fit(text, cells)) == cells
    assert cell_len(fit(text, cells, right=True)) == cells
    assert cell_len(fit_end(text, cells)) == cells


@given(words, st.integers(2, 20))
def test_wrapped_text_keeps_to_its_width_and_loses_no_letter(text: str, cells: int) -> None:
    lines = wrap(text, cells)
    assert all(cell_len(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.text(st.sampled_from("abc"), min_size=1, max_size=9)), st.integers(9, 30))
def test_parts_flow_onto_as_many_lines_as_they_need_unbroken(parts: list[str], cells: int) -> None:
    lines = flow([[Piece(part)] for part in parts], cells)
    assert all(width(line) <= cells for line in lines)
    assert "  ".join(plain(line) for line in lines) == "  ".join(parts)


def test_cropping_takes_cells_from_the_left_across_pieces() -> None:
    line = [Piece("ab", "x"), Piece("cde", "y")]
    assert crop(line, 3) == [Piece("de", "y")]
    assert crop(line, 0) == line
    assert crop(line, 9) == []


def test_a_sheet_is_made_of_lines_at_hand_and_lines_made_on_demand() -> None:
    sheet = Sheet([[Piece("head")]], more=3, line=lambda n: [Piece(str(n))])
    assert [plain(line) for line in sheet] == ["head", "0", "1", "2"]
    assert [plain(line) for line in sheet[1:3]] == ["0", "1"]


def test_control_characters_never_reach_the_terminal() -> None:
    assert clean("a\x1b[2J\x9b\u202eb\x7f") == "a·[2J··b·"
    assert clean("größe 寸法 →") == "größe 寸法 →"
    assert fit("\x1b[2J", 6) == "·[2J  "


# -- bars ------------------------------------------------------------------------------------------


def bar(session: Session, cells: int = 80) -> str:
    line = heading(session, cells)
    assert width(line) <= cells
    return plain(line)


def test_the_heading_says_which_trace_event_step_and_pass() -> None:
    text = bar(Session(sample_trace(), start=9))
    assert text.startswith(" train.py   event #9 of 16   step 0   BACKWARD 1 ")
    assert text.endswith("✓ complete ")
    assert "FORWARD" in bar(Session(sample_trace()))


def test_the_heading_says_how_the_program_fared() -> None:
    assert "✗ failed: ValueError: the learning rate" in bar(Session(failed_trace()), 120)
    assert "● still recording" in bar(Session(growing_trace(3, 5)))
    assert "no events" in bar(Session(RowsTrace()))


def test_the_heading_fits_any_width() -> None:
    for cells in range(60, 200, 7):
        assert width(heading(Session(failed_trace()), cells)) <= cells


def test_the_key_line_keeps_help_and_quit_whatever_the_width() -> None:
    keys = [("s", "step"), ("n", "over"), ("?", "keys"), ("q", "quit")]
    assert plain(key_line(keys, 80)) == " s step  n over  ? keys  q quit "
    assert plain(key_line(keys, 24)) == " s step  ? keys  q quit "
    assert plain(key_line(keys, 10)) == " ? keys  q quit "
