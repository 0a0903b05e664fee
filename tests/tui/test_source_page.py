"""Source lines: columns are characters, cells are what a terminal counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.traces import LONG, ODD_FILE, ODD_SOURCE, odd_trace
from tracegrad.recording.model import LocationRow
from tracegrad_tui.pieces import plain, width
from tracegrad_tui.source_page import SourcePage, tokens

PLACES = odd_trace().location_rows


def page() -> SourcePage:
    made = SourcePage(ODD_FILE, ODD_SOURCE)
    made.spans = tokens(ODD_SOURCE)
    return made


def marked(line: int, here: LocationRow) -> str:
    return "".join(piece.text for piece in page().line(line - 1, here) if piece.back == "here")


def test_the_expression_is_marked_behind_tabs_and_between_wide_characters() -> None:
    assert marked(3, PLACES[0]) == "größe(x)"
    where = page().where(2, PLACES[0])
    assert (where.start, where.stop) == (8 + 4, 8 + 4 + 8)


def test_an_expression_over_several_lines_is_marked_in_each_without_the_indent() -> None:
    here = PLACES[2]
    assert [marked(n, here) for n in (5, 6, 7)] == ["(x +", "y +", "1)"]
    assert marked(4, here) == ""


def test_where_python_kept_no_columns_the_line_is_marked() -> None:
    assert marked(5, PLACES[3]) == "z = (x +"


def test_a_line_beyond_the_end_marks_nothing() -> None:
    assert all(marked(n, PLACES[5]) == "" for n in range(1, len(page()) + 1))


def test_tokens_have_roles_and_the_text_is_unchanged() -> None:
    roles = {piece.text: piece.role for piece in page().line(0)}
    assert roles["def"] == "keyword"
    comment = [piece for piece in page().line(2) if piece.role == "comment"]
    assert [piece.text for piece in comment] == ["# 寸法"]
    for n, raw in enumerate(ODD_SOURCE.split("\n")):
        assert plain(page().line(n)) == raw.replace("\t", "    ")


def test_a_string_over_several_lines_keeps_its_role() -> None:
    text = 'x = """one\ntwo"""\ny = 1'
    made = SourcePage("a.py", text)
    made.spans = tokens(text)
    assert [(piece.text, piece.role) for piece in made.line(1)] == [('two"""', "string")]


def test_line_numbers_agree_with_python_for_form_feeds_and_windows_line_ends() -> None:
    text = "a = 1\r\n\x0cb = 2\u2028\r\nc = 3\n"
    assert len(SourcePage("a.py", text)) == 3
    assert plain(SourcePage("a.py", text).line(2)) == "c = 3"


@given(st.text(max_size=300), st.integers(1, 6), st.integers(0, 30), st.integers(0, 30))
def test_any_text_and_any_location_can_be_drawn(
    text: str, line: int, start: int, stop: int
) -> None:
    here = LocationRow(0, "a.py", "f", line, line, start, stop, "", "")
    made = SourcePage("a.py", text)
    made.spans = tokens(text)
    for n in range(len(made)):
        with_mark, without = made.line(n, here), made.line(n)
        assert plain(with_mark) == plain(without)
        if n == line - 1:
            where = made.where(n, here)
            assert 0 <= where.start <= where.stop <= width(with_mark)


def test_the_long_line_knows_where_its_expression_is() -> None:
    where = page().where(3, PLACES[1])
    assert LONG[where.start : where.stop] == "(x @ w)"
