"""The run summary as a user reads it: in 80 columns, with and without colour."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from tests.sample_trace import RowsTrace, sample_trace
from tracegrad._util.text import BLOCKS
from tracegrad.cli.summary_text import summary_text
from tracegrad.diagnose.facts import Cost, ParameterFacts, RunFacts
from tracegrad.diagnose.finding import Finding
from tracegrad.diagnose.tally import run_facts


def shown(
    facts: RunFacts,
    findings: Sequence[Finding] = (),
    *,
    width: int = 80,
    color: str | None = None,
    everything: bool = False,
) -> str:
    """The summary as text."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        highlight=False,
        color_system=color,
        force_terminal=color is not None,
    )
    console.print(summary_text(facts, findings, everything=everything))
    return file.getvalue()


def row(text: str, start: str) -> str:
    """The one line that begins with `start`."""
    (found,) = [line for line in text.splitlines() if line.startswith(start)]
    return " ".join(found.split())


def test_the_head_tells_what_was_recorded_and_how_much():
    text = shown(run_facts(sample_trace()))
    assert row(text, "program") == "program train.py"
    assert row(text, "recorded") == "recorded 2026-01-02 03:04, 9 ms, complete"
    assert row(text, "ops") == "ops 7 forward (1 in place), 9 backward, 1 step"
    assert row(text, "values") == "values 20, all kept: 568 B"


def test_backward_passes_are_counted_where_they_are_not_one_for_each_step():
    facts = replace(run_facts(sample_trace()), backward_passes=3)
    assert row(shown(facts), "ops").endswith("9 backward (3 passes), 1 step")


def test_the_slowest_line_is_named_with_its_share_and_its_text():
    facts = run_facts(sample_trace())
    share = facts.lines[0].cost.total / sum(line.cost.total for line in facts.lines)
    line = row(shown(facts, width=120), "slowest line")
    assert line.startswith("slowest line train.py:6, ")
    assert f"({share:.0%} of all ops)" in line
    assert line.endswith("loss = (out - y).pow(2).mean()")


def test_a_parameter_has_a_row_with_its_numbers_and_a_sparkline():
    facts = run_facts(sample_trace())
    text = shown(replace(facts, parameters=(with_norms((1.0, 2.0, 4.0)),)))
    assert "over 3 steps" in text
    assert row(text, "net.0.weight") == f"net.0.weight f32[3, 2] 1.5 4 {BLOCKS[2]}{BLOCKS[4]}█ 0.01"


def test_a_long_series_of_gradients_is_thinned_to_its_peaks():
    norms = [1.0] * 1000
    norms[503] = 8.0
    text = shown(replace(run_facts(sample_trace()), parameters=(with_norms(tuple(norms)),)))
    spark = [word for word in row(text, "net.0.weight").split() if set(word) <= set(BLOCKS)]
    assert spark == [BLOCKS[1] * 8 + "█" + BLOCKS[1] * 7]


def test_a_missing_gradient_is_a_dash_and_a_bad_one_stands_out():
    facts = run_facts(sample_trace())
    silent, broken = with_norms((None,), name="a.silent"), with_norms((math.nan,), name="b.broken")
    text = shown(replace(facts, parameters=(silent, broken)))
    assert row(text, "a.silent").split()[-2] == "-"
    assert row(text, "b.broken").split()[-2] == "nan"
    colored = shown(replace(facts, parameters=(broken,)), color="truecolor")
    assert "\x1b[38;2;213;94;0mnan" in colored.replace("  ", "") or "213;94;0m" in colored


def with_norms(norms: tuple[float | None, ...], name: str = "net.0.weight") -> ParameterFacts:
    return ParameterFacts(name, "f32[3, 2]", 1.5, norms, 0.01)


def test_a_long_path_keeps_its_end():
    facts = run_facts(sample_trace())
    path = "transformer.blocks.11.attention.projection.weight"
    text = shown(replace(facts, parameters=(with_norms((1.0,), name=path),)))
    assert "…" in text
    assert "attention.projection.weight " in text
    assert path not in text


def test_only_the_slowest_ops_are_shown_and_the_rest_is_counted():
    facts = run_facts(sample_trace())
    text = shown(facts)
    assert len(facts.time) == 10
    assert "2 ops more: --all" in text
    assert "\nfan_in" not in text.split("memory by op")[0]


def test_everything_shows_every_op_and_the_lines():
    facts = run_facts(sample_trace())
    text = shown(facts, everything=True)
    assert "more: --all" not in text
    for cost in facts.time:
        assert f"\n{cost.name} " in text
    assert row(text, "train.py:8").startswith("train.py:8 1 ")


def test_bars_are_as_long_as_what_they_stand_for():
    facts = replace(run_facts(sample_trace()), time=(Cost("a", 1, 600, 600), Cost("b", 1, 0, 300)))
    text = shown(facts)
    assert row(text, "a").split()[2] == "█" * 12 + "▒" * 12
    assert row(text, "b").split()[2:] == ["▒" * 6, "-", "300", "ns"]


def test_the_first_nan_is_told_with_its_op_and_line():
    trace = sample_trace()
    trace.add_event("forward", "log", (0,), [np.array([math.nan, 1.0], np.float32)], location=2)
    line = row(shown(run_facts(trace)), "first NaN")
    assert line == "first NaN 1 in f32[2] of log (event 16), train.py:6 out - y"


def test_a_nan_in_a_gradient_names_the_backward_that_made_it():
    trace = sample_trace()
    trace.add_event(
        "backward", "sqrt", (0,), [np.array([math.nan])], role="gradient", of=(0,), forward=0
    )
    assert "a gradient from sqrt backward (event 16)" in row(shown(run_facts(trace)), "first NaN")


def test_a_failed_run_shows_the_exception_and_the_line_that_raised_it():
    trace = sample_trace()
    error = (
        "Traceback (most recent call last):\n"
        '  File "train.py", line 6, in <module>\n'
        "    loss = f()\n"
        "ValueError: no penguins\n"
    )
    trace.trace_info = replace(trace.info, state="failed", error=error)
    text = shown(run_facts(trace))
    assert row(text, "recorded").endswith("failed")
    assert "ValueError: no penguins" in row(text, "failed")
    assert 'File "train.py", line 6, in <module>' in text


def test_a_run_that_was_killed_says_that_it_is_not_finished():
    trace = sample_trace()
    trace.trace_info = replace(trace.info, state="recording")
    assert row(shown(run_facts(trace)), "recorded").endswith(
        "not finished: still running, or killed"
    )


def test_an_empty_trace_has_a_summary():
    text = shown(run_facts(RowsTrace()))
    assert row(text, "ops") == "ops 0 forward, 0 backward, 0 steps"
    assert "by op" not in text


@pytest.mark.parametrize("width", [60, 80, 160])
def test_every_line_fits_the_width(width):
    trace = sample_trace()
    trace.add_event("forward", "log", (0,), [np.array([math.nan])], location=2)
    text = shown(run_facts(trace), width=width, everything=True)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "|Δw|/|w|" in text


def test_colour_adds_nothing_that_is_not_in_the_text():
    facts = run_facts(sample_trace())
    from rich.text import Text

    assert Text.from_ansi(shown(facts, color="truecolor")).plain.rstrip() == shown(facts).rstrip()


def test_warnings_are_told_with_their_line_and_what_they_mean():
    trace = sample_trace()
    details = {"options": "between relu (train.py:4) and mul (train.py:5)", "location": 1}
    for _ in range(3):
        trace.add_event("warning", "unseen_write", (3,), [np.ones((4, 2))], **details)
    text = shown(run_facts(trace), width=160)
    lines = text.split("warnings\n")[1].split("\n")
    assert lines[0].rstrip() == "! unseen_write  train.py:5   out = h * h"
    assert lines[1].rstrip() == (
        "  memory was written past its version counter, through .data or NumPy, "
        "between relu (train.py:4) and mul (train.py:5) (event 16, and 2 more times there)"
    )
    assert row(text, "ops") == "ops 7 forward (1 in place), 9 backward, 1 step"
    assert "unseen_write" not in text.split("time by op")[1].split("memory by op")[0]


def test_a_run_without_warnings_has_no_such_part():
    assert "warnings" not in shown(run_facts(sample_trace()))


def test_many_warnings_are_cut_unless_all_are_asked_for():
    trace = sample_trace()
    for location in range(7):
        trace.add_event("warning", "later_kind", (3,), [np.ones((4, 2))], location=location)
    text = shown(run_facts(trace))
    assert text.count("! later_kind") == 5
    assert "2 warnings more: --all" in text
    assert "later kind (event 16)" in text
    assert shown(run_facts(trace), everything=True).count("! later_kind") == 7


# -- findings --------------------------------------------------------------------------------------


def test_findings_have_their_reason_and_what_to_try_once():
    why = ("why there", "the slope of a square root at 0 is infinite")
    findings = [
        Finding("not_finite", "the first inf was made by sqrt", (("why", why[1]),), "(x + 1e-8)"),
        Finding("not_finite", "the first NaN was made by mul", (why,), "(x + 1e-8)"),
        Finding("warning", "is told above"),
        Finding("zero_gradient", "the gradient of w is zero in every step", (), "look after it"),
    ]
    text = shown(run_facts(sample_trace()), findings)
    told = text[text.index("findings") :].splitlines()[:7]
    assert [line.rstrip() for line in told] == [
        "findings",
        "! the first inf was made by sqrt",
        "  the slope of a square root at 0 is infinite",
        "  try: (x + 1e-8)",
        "! the first NaN was made by mul",
        "! the gradient of w is zero in every step",
        "  try: look after it",
    ]


def test_more_findings_than_fit_are_counted():
    findings = [Finding("vanishing", f"finding {n}") for n in range(5)]
    text = shown(run_facts(sample_trace()), findings)
    assert "finding 2" in text
    assert "finding 3" not in text
    assert "2 findings more: --all" in text
    assert "finding 4" in shown(run_facts(sample_trace()), findings, everything=True)


def test_a_trace_without_findings_says_nothing_of_them():
    assert "findings" not in shown(run_facts(sample_trace()))
