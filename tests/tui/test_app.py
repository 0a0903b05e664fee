"""The debugger on a screen that is text: panes, prompts, sizes, states."""

from __future__ import annotations

import pytest

from tests.sample_trace import RowsTrace, sample_trace
from tests.tui.driving import LARGE, SMALL, Driver, drive
from tests.tui.traces import (
    LongTrace,
    failed_trace,
    growing_trace,
    large_trace,
    odd_trace,
    written_trace,
)
from tracegrad_tui.screens.layout import SMALLEST

SIZES = [SMALL, LARGE, SMALLEST, (200, 60)]


@pytest.mark.parametrize("size", SIZES)
def test_the_first_screen_shows_source_ops_inspector_and_keys(size: tuple[int, int]) -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        assert "▶   4 h = net(x)" in driver.pane(1)
        assert "matmul" in driver.cursor_row
        assert "output  #0 matmul  f32[4, 2]" in driver.pane(3)
        lines = driver.text.split("\n")
        assert "event #0 of 16" in lines[0]
        assert "s step" in lines[-1]
        assert "q quit" in lines[-1]
        assert len(lines) == size[1]

    drive(sample_trace(), script, size=size)


def test_large_screens_show_the_graph_and_small_ones_on_its_key() -> None:
    async def large(driver: Driver) -> None:
        await driver.settle()
        assert "▐mul 2▌" in driver.pane(4)

    async def small(driver: Driver) -> None:
        await driver.settle()
        assert "▐mul 2▌" not in driver.text
        await driver.press("4")
        assert "▐mul 2▌" in driver.text
        await driver.press("3")
        assert "▐mul 2▌" not in driver.text
        assert "output  #2 mul" in driver.text

    drive(sample_trace(), large, size=LARGE, start=2)
    drive(sample_trace(), small, size=SMALL, start=2)


def test_panes_follow_every_step_in_both_directions() -> None:
    trace = sample_trace()

    async def script(driver: Driver) -> None:
        await driver.settle()
        for event in [*range(1, 16), *range(14, -1, -1)]:
            await driver.press("s" if event > driver.session.cursor else "S")
            row = trace.event(event)
            assert f" {event} " in driver.cursor_row
            assert row.op in driver.cursor_row
            assert row.location is not None
            assert f"▶   {trace.location(row.location).line} " in driver.pane(1)
            assert f"#{event} {row.op}" in driver.text

    drive(trace, script, size=LARGE)


def test_the_arrow_keys_move_the_cursor_and_not_the_pane() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("down", "down", "right", "left", "up")
        assert driver.session.cursor == 1

    drive(sample_trace(), script)


def test_moving_scrolls_the_list_so_that_the_cursor_stays_in_sight() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        for _ in range(15):
            await driver.press("j")
            assert f" {driver.session.cursor} " in driver.cursor_row
        for _ in range(15):
            await driver.press("k")
            assert f" {driver.session.cursor} " in driver.cursor_row

    drive(sample_trace(), script, size=SMALLEST)


# -- prompts ---------------------------------------------------------------------------------------


def test_search_shows_each_hit_while_one_types_and_escape_returns() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("slash", "p", "o")
        assert driver.session.cursor == 4
        assert "/po" in driver.status
        assert "hit 1 of 4" in driver.status
        await driver.press("z")
        assert driver.session.cursor == 2
        assert "no match for poz" in driver.status
        await driver.press("escape")
        assert driver.session.cursor == 2
        await driver.press("s")
        assert driver.session.cursor == 3

    drive(sample_trace(), script, start=2)


def test_an_accepted_search_is_walked_with_dot_and_comma() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("slash", *"relu", "enter", "full_stop")
        assert driver.session.cursor == 11
        assert driver.status == "/relu  hit 2 of 3"
        await driver.press("comma", "comma")
        assert driver.session.cursor == 12
        assert driver.status.endswith("from the end")

    drive(sample_trace(), script)


def test_letters_typed_into_the_search_are_no_commands() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("slash", *"qSn123!?", "enter")
        assert driver.app.is_running
        assert driver.session.search is not None
        assert driver.session.search.needle == "qSn123!?"
        assert driver.session.cursor == 0

    drive(sample_trace(), script)


def test_keys_typed_faster_than_the_prompt_opens_reach_it_in_order() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        from textual import events

        for character in "/net.1\rmaG'a":
            key = {"/": "slash", "\r": "enter", "'": "apostrophe", ".": "full_stop"}
            name = key.get(character, character)
            driver.app.post_message(events.Key(name, None if name == "enter" else character))
        await driver.until(lambda: "a" in driver.session.journey.marks, "no mark was made")
        await driver.settle()
        assert driver.session.search is not None
        assert driver.session.search.needle == "net.1"
        assert driver.session.journey.marks == {"a": 1}
        assert driver.session.cursor == 1

    drive(sample_trace(), script)


def test_marks_are_set_and_found_by_letter() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("m", "s")
        assert driver.session.cursor == 3
        assert driver.status == "marked event 3 as s"
        assert driver.cursor_row.startswith("▶s")
        await driver.press("G", "apostrophe", "s")
        assert driver.session.cursor == 3
        await driver.press("m", "escape", "s")
        assert driver.session.cursor == 4

    drive(sample_trace(), script, start=3)


def test_a_number_and_g_goes_to_the_event_and_leaves_the_focus_where_it_was() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("1", "2")
        assert driver.status.endswith("G goes to event 12")
        await driver.press("G")
        assert driver.session.cursor == 12
        assert driver.main.focused is driver.main.ops
        await driver.press("1", "s", "G")
        assert driver.session.cursor == 15

    drive(sample_trace(), script)


# -- panes -----------------------------------------------------------------------------------------


def test_rows_move_in_the_pane_with_the_focus_while_steps_work_everywhere() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("3")
        before = driver.pane(3)
        await driver.press("j", "j")
        assert driver.session.cursor == 2
        assert driver.pane(3) != before
        await driver.press("s")
        assert driver.session.cursor == 3

    drive(sample_trace(), script, start=2, size=SMALLEST)


def test_zoom_gives_a_pane_the_whole_screen_and_tab_walks_through_all_four() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("3", "z")
        assert driver.main.inspector.size.width >= 79
        assert driver.main.inspector.size.height >= 19
        titles = []
        for _ in range(4):
            titles.append(driver.text.split("\n")[1].strip("─╭╮ ")[0])
            await driver.press("tab")
        assert titles == ["3", "4", "1", "2"]
        await driver.press("z")
        assert "▶" in driver.pane(1)
        assert "▶" in driver.pane(2)

    drive(sample_trace(), script)


def test_tabs_of_the_inspector_turn_with_the_brackets() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("right_square_bracket", "right_square_bracket")
        assert "read by → #3 sub" in driver.pane(3)
        await driver.press("left_square_bracket")
        assert "gradient, pass 1" in driver.pane(3)

    drive(sample_trace(), script, start=2, size=LARGE)


def test_slices_and_columns_of_an_array_can_be_walked() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.press("right_parenthesis")
        assert "slice [1, :, :]" in driver.pane(3)
        assert " 0         12        13" in driver.pane(3)
        await driver.press("s", "s", "3", "L", "L")
        assert "         2         3         4" in driver.pane(3)
        assert driver.session.cursor == 7

    drive(odd_trace(), script, start=5, size=(100, 40))


def test_a_click_on_a_row_chooses_it() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.pilot.click("#pane-2", offset=(20, 4))
        await driver.settle()
        assert driver.session.cursor == 3

    drive(sample_trace(), script, size=LARGE)


def test_the_wheel_scrolls_the_list_and_leaves_the_cursor() -> None:
    from textual.events import MouseScrollDown

    async def script(driver: Driver) -> None:
        await driver.settle()
        ops = driver.main.ops
        ops.post_message(
            MouseScrollDown(ops, 5, 3, 0, 0, 0, False, False, False, screen_x=5, screen_y=9)
        )
        await driver.until(lambda: round(ops.scroll_y) > 0, "the list did not scroll")
        assert driver.session.cursor == 0
        await driver.press("s")
        assert " 1 " in driver.cursor_row

    drive(sample_trace(), script)


def test_the_source_scrolls_sideways_to_an_expression_far_to_the_right() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        assert "(x @ w)" in driver.pane(1)
        await driver.press("s")
        assert driver.main.source.left == 0
        assert "z = (x +" in driver.pane(1)

    drive(odd_trace(), script, start=1)


def test_a_missing_source_and_an_unknown_place_are_said() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        assert "the source of /gone/lost.py is not in this trace" in driver.pane(1)
        assert "x / 0" in driver.pane(1)
        await driver.press("s", "s")
        assert "ran from no known line" in driver.pane(1)
        await driver.press("S")
        assert "the source that was kept has 8 lines" in driver.text

    drive(odd_trace(), script, start=4)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_every_odd_event_is_shown_without_a_control_character_on_the_screen(
    size: tuple[int, int],
) -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        for _ in range(12):
            await driver.press("s")
            assert "\x1b" not in driver.text
            assert f" {driver.session.cursor} " in driver.cursor_row
        assert driver.session.cursor == 12

    drive(odd_trace(), script, size=size)


# -- sheets ----------------------------------------------------------------------------------------


def test_help_opens_scrolls_and_closes() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.pilot.press("question_mark")
        await driver.until(lambda: "Steps in time" in driver.text, "no help")
        await driver.pilot.press("G")
        await driver.until(lambda: "Marks in the op list" in driver.text, "no end of help")
        await driver.pilot.press("escape")
        await driver.until(lambda: "Marks in the op list" not in driver.text, "help stays")
        await driver.press("s")
        assert driver.session.cursor == 1

    drive(sample_trace(), script)


def test_the_command_palette_runs_a_command_by_name() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        await driver.pilot.press("colon")
        await driver.until(
            lambda: "CommandPalette" in type(driver.app.screen).__name__, "no palette"
        )
        await driver.pilot.press(*"last event")
        await driver.until(lambda: "to the last event" in driver.text, "the command is not offered")
        await driver.pilot.press("down", "enter")
        await driver.until(lambda: driver.session.cursor == 15, "the command did not run")

    drive(sample_trace(), script)


# -- states of the program -------------------------------------------------------------------------


def test_a_failed_program_is_shown_where_it_stopped_with_its_exception() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        assert "✗ failed: ValueError" in driver.text.split("\n")[0]
        assert "ValueError: the learning rate must not be negative, got -0.1" in driver.pane(3)
        assert driver.status.startswith("the program failed (e shows the traceback)")
        await driver.press("g")
        assert "ValueError" not in driver.pane(3)
        await driver.pilot.press("e")
        await driver.until(lambda: "Traceback (most recent call last)" in driver.text, "no sheet")

    drive(failed_trace(), script, size=LARGE)


def test_a_growing_trace_is_followed_until_the_program_ends() -> None:
    async def script(driver: Driver) -> None:
        await driver.until(lambda: driver.session.count == 6, "the trace did not grow")
        assert driver.session.cursor == 1
        await driver.until(lambda: driver.session.info.state == "complete", "it did not end")
        await driver.settle()
        first, *rest = driver.text.split("\n")
        assert "event #1 of 16" in first
        assert "✓ complete" in first
        assert "mul" in "\n".join(rest)

    drive(growing_trace(3, 6, 16), script, start=1)


def test_a_trace_that_begins_empty_fills_the_screen_when_events_come() -> None:
    async def script(driver: Driver) -> None:
        await driver.until(lambda: driver.session.count == 16, "the trace did not grow")
        await driver.settle()
        assert "matmul" in driver.cursor_row
        assert "output  #0 matmul" in driver.pane(3)

    drive(growing_trace(0, 16), script)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_an_empty_trace_is_shown_as_such_and_every_move_says_so(size: tuple[int, int]) -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        assert "no events" in driver.text.split("\n")[0]
        for key in ("s", "S", "n", "x", "h", "l", "g", "G", "j", "space", "o", "L", "z", "z"):
            await driver.press(key)
        await driver.press("s")
        assert driver.status == "this trace has no events"

    drive(RowsTrace(), script, size=size)


def test_statistics_of_large_values_come_after_the_first_screen() -> None:
    async def script(driver: Driver) -> None:
        await driver.until(lambda: "512" in driver.cursor_row[-12:], "no norm came")
        await driver.settle()
        assert "norm 512" in driver.pane(3)

    drive(large_trace(), script, size=LARGE)


def test_a_million_events_are_shown_at_once_and_at_their_end() -> None:
    trace = LongTrace(1_000_000)

    async def script(driver: Driver) -> None:
        await driver.until(lambda: "▶" in driver.pane(2), "no first screen")
        await driver.pilot.press("G")
        await driver.until(lambda: "999999" in driver.cursor_row, "no last event")
        # Links are read in the background meanwhile, more of them on a slow machine.
        assert trace.event_reads < trace.event_count // 2
        await driver.pilot.press(*"123456", "G")
        await driver.until(lambda: "123456" in driver.cursor_row, "no event by number")

    drive(trace, script, size=LARGE)


# -- sizes -----------------------------------------------------------------------------------------


def test_a_terminal_too_small_says_what_is_needed_and_recovers() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        for width, height in ((40, 10), (59, 30), (80, 14)):
            await driver.pilot.resize_terminal(width, height)
            await driver.until(lambda: "needs at least" in driver.text, "no complaint")
            said = " ".join(driver.text.split())
            assert said == f"tracegrad needs at least 60x15; this terminal is {width}x{height}"
        await driver.pilot.press("s")
        await driver.pilot.resize_terminal(*LARGE)
        await driver.until(lambda: "needs at least" not in driver.text, "it did not recover")
        await driver.settle()
        assert driver.session.cursor == 1
        assert "relu" in driver.cursor_row
        assert "▐relu 1▌" in driver.pane(4)

    drive(sample_trace(), script)


def test_every_pane_is_drawn_anew_when_the_size_changes() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        for size in (LARGE, SMALL, SMALLEST, (120, 34), (119, 33), SMALL):
            await driver.pilot.resize_terminal(*size)
            await driver.until(lambda n=size[1]: driver.text.count("\n") == n - 1, "no new size")
            await driver.settle()
            assert "|value|" in driver.text
            assert "mul" in driver.cursor_row
            assert "▶   5 out = h * h" in driver.pane(1)

    drive(sample_trace(), script, start=2)


# -- colours ---------------------------------------------------------------------------------------


def test_no_color_leaves_attributes_and_shades_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def script(driver: Driver) -> None:
        await driver.settle()
        strips = driver.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        coloured = [s for s in styles if (s.color and not s.color.is_default)]
        coloured += [s for s in styles if (s.bgcolor and not s.bgcolor.is_default)]
        assert coloured == []
        assert any(style.reverse for style in styles)
        assert "|x|" in driver.pane(3)

    drive(sample_trace(), script, size=LARGE)


def test_the_panes_take_the_colours_of_another_theme() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        before = driver.app.paint
        driver.app.theme = "textual-light"
        await driver.until(lambda: driver.app.paint is not before, "the colours stayed")
        await driver.settle()
        assert "matmul" in driver.cursor_row

    drive(sample_trace(), script)


def test_the_heading_counts_warnings_and_w_shows_the_line_of_one() -> None:
    async def script(driver: Driver) -> None:
        await driver.settle()
        assert "! 1 warning" in driver.text.split("\n")[0]
        await driver.press("w")
        assert "! unseen_wr" in driver.cursor_row
        assert driver.status.startswith("memory was written past its version counter")

    drive(written_trace(), script, size=LARGE)
