"""`tracegrad demo`: from nothing to a trained network, a summary, a trace and a picture."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tracegrad.cli import demo, main
from tracegrad.recording.reader import open_trace


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> tuple[Path, str]:
    """The folder that one run of the demo filled, and what it printed."""
    import contextlib
    import io

    folder = tmp_path_factory.mktemp("the demo") / "out"
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["demo", "-o", str(folder)]) == 0
    return folder, out.getvalue()


def test_the_trace_holds_forward_and_backward_of_every_recorded_step(result):
    with open_trace(result[0] / "penguins.trace") as trace:
        kinds = [event.kind for event in trace.events()]
        assert kinds.count("seed") == 12
        assert kinds.count("accumulate") == 12 * 4
        steps = [event.step for event in trace.events() if event.kind == "seed"]
        assert steps == list(range(12))
        assert trace.info.state == "complete"


def test_the_picture_is_well_formed_svg(result):
    root = ET.parse(result[0] / "penguins.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_the_network_learns_to_tell_penguins_apart(result):
    first, last = re.search(r"loss ([\d.]+) -> ([\d.]+)", result[1]).groups()
    assert float(last) < 0.1 < 0.5 < float(first)
    assert float(re.search(r"([\d.]+)% of the test penguins", result[1])[1]) > 95


def test_the_summary_counts_ops_and_shows_each_parameter(result):
    text = result[1]
    assert re.search(r"ops +\d+ forward .*\d+ backward, 12 steps", text)
    for name in ("0.weight", "0.bias", "2.weight", "2.bias"):
        assert re.search(rf"(?m)^(net\.)?{re.escape(name)} .*[▁▂▃▄▅▆▇█]{{2,}}", text)
    assert "time by op" in text
    assert "memory by op" in text


def test_it_names_its_files_and_the_command_that_opens_the_trace(result):
    folder, text = result
    assert str(folder) in text
    for name in ("penguins.trace", "penguins.svg", "penguins.py"):
        assert re.search(rf"(?m)^  {name} ", text)
    assert text.rstrip().endswith(f"tracegrad open '{folder / 'penguins.trace'}'")


def test_the_program_it_leaves_runs_by_itself(result, capsys):
    assert main(["record", str(result[0] / "penguins.py"), "-o", str(result[0] / "again.trace"),
                 "--", "--steps", "2"]) == 0  # fmt: skip
    assert "penguins to learn from" in capsys.readouterr().out


def test_a_program_that_was_changed_is_kept(result, capsys):
    script = result[0] / "penguins.py"
    original = script.read_text()
    script.write_text("# mine\n" + original)
    assert main(["demo", "--no-open", "-o", str(result[0])]) == 0
    assert (result[0] / "penguins.1.py").read_text() == "# mine\n" + original
    assert script.read_text() == original
    assert "kept as penguins.1.py" in capsys.readouterr().out


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["demo", "-o", str(tmp_path / "file" / "out")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: cannot write into ")
    assert "try: tracegrad demo -o" in err


def test_a_file_of_that_name_that_is_no_trace_stays(tmp_path, capsys):
    (tmp_path / "penguins.trace").write_text("my notes on penguins")
    assert main(["demo", "-o", str(tmp_path)]) == 2
    assert "is not a trace" in capsys.readouterr().err
    assert (tmp_path / "penguins.trace").read_text() == "my notes on penguins"


def test_the_data_are_those_of_the_palmerpenguins_package():
    _, data = demo._sources()
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    assert digest == "f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93"
    assert len(data.read_text().splitlines()) == 345


def test_in_a_terminal_it_opens_the_debugger_on_its_trace(terminal, tmp_path, capsys):
    shown = terminal()
    assert main(["demo", "-o", str(tmp_path)]) == 0
    with open_trace(tmp_path / "penguins.trace") as trace:
        assert shown == [trace.event_count]
    assert "open it again with: tracegrad open " in capsys.readouterr().out


def test_in_a_terminal_that_is_too_small_it_says_so_and_how_to_go_on(terminal, tmp_path, capsys):
    shown = terminal(50, 20)
    assert main(["demo", "-o", str(tmp_path)]) == 0
    assert shown == []
    out = capsys.readouterr().out
    assert "too small for the debugger: 50 columns by 20 rows" in out
    assert out.splitlines()[-1].startswith("step through it with: tracegrad open ")
