"""The command line as a whole: commands, exit codes, and what it says to bad input."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import tracegrad
from tests.sample_trace import sample_trace
from tracegrad.cli import main
from tracegrad.cli.program import COMMANDS
from tracegrad.diagnose.tally import run_facts

# -- the program -----------------------------------------------------------------------------------


def test_the_version_is_that_of_the_package(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tracegrad {tracegrad.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(capsys, arguments):
    assert main(arguments) == 0
    text = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n  {command.name} " in text


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself(capsys, command):
    assert main([command, "--help"]) == 0
    assert f"Usage: tracegrad {command} " in capsys.readouterr().out


def test_an_unknown_command_is_an_error_that_names_the_nearest(capsys):
    assert main(["opne", "x"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: no such command 'opne'")
    assert "open" in error.splitlines()[0]
    assert "try: tracegrad --help" in error


def test_a_missing_argument_names_the_help_of_its_command(capsys):
    assert main(["summary"]) == 2
    assert capsys.readouterr().err == (
        "error: missing argument 'TRACE'.\n  try: tracegrad summary --help\n"
    )


def test_python_runs_it_as_a_module_too():
    done = subprocess.run(
        [sys.executable, "-m", "tracegrad", "--version"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout[:10]) == (0, "tracegrad ")


def test_a_reader_that_goes_away_is_no_error(trace_file):
    command = f"'{sys.executable}' -m tracegrad summary --all '{trace_file}' | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""


# -- summary ---------------------------------------------------------------------------------------


def test_summary_of_a_file_is_the_summary_of_the_run(trace_file, capsys):
    assert main(["summary", str(trace_file)]) == 0
    text = capsys.readouterr().out
    facts = run_facts(sample_trace())
    assert f"{facts.forward_events} forward" in text
    assert f"{facts.backward_events} backward" in text
    assert "net.0.weight" in text


def test_summary_in_another_encoding_loses_only_what_that_lacks(trace_file):
    done = subprocess.run(
        [sys.executable, "-m", "tracegrad", "summary", trace_file],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"7 forward" in done.stdout
    assert b"\xe2" not in done.stdout


@pytest.mark.parametrize("command", ["summary", "open", "draw"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no trace file"),
        (b"", "is empty"),
        (b"x, y = load()\n", "is not a trace: it is a text file"),
        ("half", "is cut short"),
    ],
    ids=["missing", "empty", "text", "truncated"],
)
def test_a_file_that_is_no_trace_is_one_clear_error(
    tmp_path, trace_file, capsys, terminal, command, content, says
):
    terminal()
    path = tmp_path / "bad.trace"
    if content == "half":
        content = trace_file.read_bytes()[: trace_file.stat().st_size // 2]
    if content is not None:
        path.write_bytes(content)
    extra = ["-o", str(tmp_path / "x.svg")] if command == "draw" else []
    assert main([command, str(path), *extra]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert says in error
    assert "bad.trace" in error
    assert "Traceback" not in error
    assert (path.read_bytes() if content is not None else None) == content


# -- open ------------------------------------------------------------------------------------------


def test_open_shows_the_trace_in_the_debugger(trace_file, terminal):
    shown = terminal()
    assert main(["open", str(trace_file)]) == 0
    assert shown == [sample_trace().event_count]


def test_open_begins_at_the_event_that_is_asked_for(trace_file, terminal, monkeypatch, capsys):
    terminal()
    starts = []
    run = lambda source, start: starts.append(start)  # noqa: E731  stands in for the debugger
    monkeypatch.setattr(sys.modules["tracegrad_tui.app"], "run", run)
    last = sample_trace().event_count - 1
    assert main(["open", str(trace_file)]) == 0
    assert main(["open", str(trace_file), "--event", str(last)]) == 0
    assert starts == [None, last]
    assert main(["open", str(trace_file), "-e", str(last + 1)]) == 2
    assert capsys.readouterr().err == (
        f"error: there is no event {last + 1}: the last is {last}\n"
        f"  try: tracegrad open {trace_file} --event {last}\n"
    )
    assert starts == [None, last]


def test_open_without_a_terminal_offers_the_summary(trace_file, capsys):
    assert main(["open", str(trace_file)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: the debugger needs a terminal")
    assert error.endswith(f"  try: tracegrad summary {trace_file}\n")


@pytest.mark.parametrize(("columns", "lines"), [(59, 40), (120, 14)])
def test_open_in_a_terminal_that_is_too_small_says_which_size_it_needs(
    trace_file, terminal, capsys, columns, lines
):
    shown = terminal(columns, lines)
    assert main(["open", str(trace_file)]) == 2
    error = capsys.readouterr().err
    assert f"too small for the debugger: {columns} columns by {lines} rows" in error
    assert "needs 60 by 15" in error
    assert shown == []


# -- draw ------------------------------------------------------------------------------------------


def test_draw_writes_a_picture_and_names_it(trace_file, tmp_path, capsys):
    picture = tmp_path / "a picture.svg"
    assert main(["draw", str(trace_file), "-o", str(picture)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{picture}: ")
    assert "6 ops forward" in out
    assert "</svg>" in picture.read_text()


def test_draw_of_a_step_that_is_not_there_says_which_are(trace_file, tmp_path, capsys):
    picture = tmp_path / "x.svg"
    assert main(["draw", str(trace_file), "-o", str(picture), "--step", "7"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "7" in error
    assert not picture.exists()


def test_draw_to_an_unknown_format_says_which_there_are(trace_file, tmp_path, capsys):
    assert main(["draw", str(trace_file), "-o", str(tmp_path / "x.bmp")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "svg" in error


def test_draw_into_a_folder_that_is_not_there_is_one_clear_error(trace_file, tmp_path, capsys):
    assert main(["draw", str(trace_file), "-o", str(tmp_path / "none" / "x.svg")]) == 2
    assert capsys.readouterr().err.startswith("error: ")
