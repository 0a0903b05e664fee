"""Lanes beside the op list."""

from __future__ import annotations

import numpy as np

from tests.sample_trace import RowsTrace, sample_trace
from tests.tui.traces import GrowingTrace, LongTrace
from tracegrad_tui.rails import BLOCK, LONGEST, Rails, draw


def drawn(program: list[tuple[str, ...]]) -> list[str]:
    """Rails of a program of (result, argument, ...); unknown arguments enter from outside."""
    trace = RowsTrace()
    values: dict[str, int] = {}
    x = np.zeros(1)
    for result, *arguments in program:
        for name in arguments:
            if name not in values:
                values[name] = trace.add_value(x, "input")
        event = trace.add_event("forward", "op", tuple(values[a] for a in arguments), [x])
        assert event.outputs[0] is not None
        values[result] = event.outputs[0]
    return draw(trace.event_rows, len(trace.event_rows))


def test_a_chain_stays_in_one_lane() -> None:
    assert drawn([("a", "x"), ("b", "a"), ("c", "b")]) == ["●", "●", "●"]


def test_a_value_that_is_read_later_keeps_its_lane_beside_the_others() -> None:
    program = [("a", "x"), ("b", "a"), ("c", "b"), ("d", "c", "a")]
    assert drawn(program) == ["●", "├─●", "│ ●", "●─╯"]


def test_parameters_take_no_lane() -> None:
    assert drawn([("a", "x", "w"), ("b", "a", "w"), ("c", "b", "w")]) == ["●", "●", "●"]


def test_what_the_whole_program_reads_takes_no_lane() -> None:
    trace = RowsTrace()
    x = np.zeros(1)
    data = trace.add_event("forward", "tensor", (), [x])
    weight = trace.add_event(
        "write", "normal_", (trace.add_value(x, "parameter"),), [x], grad_enabled=False
    )
    hidden = trace.add_event("forward", "mul", (data.outputs[0], weight.outputs[0]), [x])
    scaled = trace.add_event("write", "mul_", hidden.outputs, [x])
    trace.add_event("forward", "exp", hidden.outputs, [x])
    trace.add_event("forward", "add", (data.outputs[0], weight.outputs[0], *scaled.outputs), [x])
    assert draw(trace.event_rows, 6) == ["●", "●", "●", "├─●", "● │", "  ●"]


def test_a_lane_that_passes_stays_on_top_of_a_crossing_connection() -> None:
    program = [("a", "x"), ("b", "a"), ("c", "a"), ("d", "c"), ("e", "b", "d")]
    assert drawn(program) == ["●", "├─●", "● │", "● │", "●─╯"]
    program = [("q", "x"), ("a", "x"), ("b", "q"), ("c", "b", "q"), ("d", "c", "a")]
    assert any("│" in row for row in drawn(program))


def test_contributions_of_one_backward_event_meet_again_at_the_fan_in() -> None:
    trace = sample_trace()
    rails = Rails(trace)
    assert [rails.of(10), rails.of(11)] == ["●─╮", "●─╯"]


def test_every_lane_that_begins_also_ends() -> None:
    generator = np.random.default_rng(3)
    names = ["x"]
    program: list[tuple[str, ...]] = []
    for n in range(300):
        arguments = generator.choice(names[-12:], size=2)
        program.append((f"v{n}", *map(str, arguments)))
        names.append(f"v{n}")
    rows = drawn(program)
    last_reader = {
        argument: n for n, (_, *arguments) in enumerate(program) for argument in arguments
    }
    for n, row in enumerate(rows):
        alive = {
            result
            for m, (result, *_) in enumerate(program[:n])
            if last_reader.get(result, -1) > n and result not in program[n]
        }
        passing = sum(row[2 * k : 2 * k + 1] == "│" for k in range(len(row)))
        assert passing == len(alive), (n, row)


def test_a_value_read_too_far_away_gives_up_its_lane() -> None:
    program = [("a", "x"), *[(f"b{n}", "y") for n in range(LONGEST + 5)], ("c", "a")]
    rows = drawn(program)
    assert rows[1] == "●"
    assert rows[-1] == "●"


def test_any_block_of_a_long_trace_is_drawn_from_its_neighbourhood_alone() -> None:
    trace = LongTrace(1_000_000)
    rails = Rails(trace)
    assert rails.of(500_000) == "●"
    assert trace.event_reads <= 3 * BLOCK + LONGEST


def test_the_end_of_a_growing_trace_is_drawn_anew_when_events_come() -> None:
    program = RowsTrace()
    x = np.zeros(1)
    outside = program.add_value(x, "input")
    a = program.add_event("forward", "a", (outside,), [x])
    program.add_event("forward", "b", (outside,), [x])
    program.add_event("forward", "c", a.outputs, [x])
    trace = GrowingTrace(program, [2, 3])
    rails = Rails(trace)
    assert rails.of(1) == "●"
    trace.refresh()
    assert rails.of(1) == "│ ●"
