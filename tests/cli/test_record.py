"""`tracegrad record`: the script runs as ever, and whatever happens its trace is kept."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tracegrad as tg
from tracegrad.cli import main
from tracegrad.recording.reader import open_trace

TRAIN = """\
import sys
import tracegrad as tg

w = tg.tensor([1.0, 2.0], requires_grad=True)
for n in range(int(sys.argv[1])):
    loss = (w * w).sum()
    loss.backward()
print("loss", loss.item())
"""


@pytest.fixture
def train(tmp_path, monkeypatch) -> Path:
    """A script in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("train.py")
    path.write_text(TRAIN)
    return path


def ops(path: str) -> list[str]:
    with open_trace(path) as trace:
        return [event.op for event in trace.events()]


def state(path: str) -> str:
    with open_trace(path) as trace:
        return trace.info.state


# -- a script that ends well -----------------------------------------------------------------------


def test_a_script_is_recorded_with_its_arguments(train, capsys):
    assert main(["record", "train.py", "-o", "run.trace", "--", "3"]) == 0
    assert ops("run.trace").count("sum") == 6  # three times forward, three times backward
    assert state("run.trace") == "complete"
    out, err = capsys.readouterr()
    assert out == "loss 5.0\n"
    assert err.splitlines()[-1] == "open it with: tracegrad open run.trace"


def test_a_write_past_the_counters_is_found_where_that_was_asked_for(train, capsys):
    train.write_text(
        "import tracegrad as tg\n"
        "x = tg.ones(2, requires_grad=True)\n"
        "y = x.exp()\n"
        "y.data.mul_(2)\n"
        "y.sum().backward()\n"
    )
    assert main(["record", "train.py", "--check-writes"]) == 1
    assert "by mul_ through .data   train.py:4   y.data.mul_(2)" in capsys.readouterr().err
    with open_trace("train.trace") as trace:
        (number,) = trace.warnings()
        assert trace.event(number).op == "unseen_write"
    assert not tg.autograd.is_anomaly_enabled()
    assert main(["record", "train.py", "--overwrite"]) == 0


def test_every_event_of_the_file_is_counted_in_the_last_lines(train, capsys):
    main(["record", "train.py", "-o", "run.trace", "--", "2"])
    assert f"tracegrad: {len(ops('run.trace'))} events in run.trace\n" in capsys.readouterr().err


def test_the_trace_is_named_after_the_script(train):
    assert main(["record", "train.py", "--", "1"]) == 0
    with open_trace("train.trace") as trace:
        assert trace.info.title == "train.py"
        assert trace.info.argv == ("train.py", "1")


def test_ops_point_into_the_script_whose_text_is_in_the_trace(train):
    main(["record", "train.py", "--", "1"])
    with open_trace("train.trace") as trace:
        (mul,) = [e for e in trace.events() if e.op == "mul" and e.kind == "forward"]
        place = trace.location(mul.location)
        assert (place.file, place.line, place.expression) == (str(train.resolve()), 6, "w * w")
        assert trace.source_text(place.file) == TRAIN


def test_no_values_keeps_none_of_them(train):
    main(["record", "train.py", "--no-values", "--", "1"])
    with open_trace("train.trace") as trace:
        assert trace.value_count > 3
        assert not any(trace.value(id).kept for id in range(trace.value_count))


def test_a_path_with_spaces_is_quoted_in_the_advice(train, capsys):
    main(["record", "train.py", "-o", "my run.trace", "--", "1"])
    assert capsys.readouterr().err.endswith("tracegrad open 'my run.trace'\n")


# -- a script that does not ------------------------------------------------------------------------


def test_a_script_that_raises_leaves_its_trace_and_its_own_traceback(train, capsys):
    train.write_text(TRAIN + "def f():\n    raise ValueError('no more penguins')\nf()\n")
    assert main(["record", "train.py", "--", "1"]) == 1
    err = capsys.readouterr().err
    assert "ValueError: no more penguins" in err
    assert "tracegrad/cli" not in err
    assert err.count("  File ") == 2
    assert err.splitlines()[-1] == "open it with: tracegrad open train.trace"
    with open_trace("train.trace") as trace:
        assert trace.info.state == "failed"
        assert "ValueError: no more penguins" in trace.info.error
        assert "tracegrad/cli" not in trace.info.error
        assert [e.op for e in trace.events()].count("sum") == 2


def test_the_summary_of_a_failed_run_names_the_error(train, capsys):
    train.write_text(TRAIN + "raise ValueError('no more penguins')\n")
    main(["record", "train.py", "--", "1"])
    capsys.readouterr()
    assert main(["summary", "train.trace"]) == 0
    assert "ValueError: no more penguins" in capsys.readouterr().out


def test_an_exit_code_is_kept(train, capsys):
    train.write_text(TRAIN + "sys.exit(7)\n")
    assert main(["record", "train.py", "--", "1"]) == 7
    assert "up to where the script ended" in capsys.readouterr().err
    assert ops("train.trace").count("sum") == 2


FOREVER = """\
import tracegrad as tg

x = tg.ones(2)
x = x + 1
print("running", flush=True)
while True:
    x = x + 1
"""


HEARING_INTERRUPTS = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
from tracegrad.cli import main
sys.exit(main(["record", "loop.py"]))
"""


def test_ctrl_c_keeps_the_trace(tmp_path):
    (tmp_path / "loop.py").write_text(FOREVER)
    process = subprocess.Popen(
        [sys.executable, "-c", HEARING_INTERRUPTS],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "KeyboardInterrupt" in err
    assert re.search(r"open it with: .*tracegrad'? open loop\.trace\n\Z", err)
    assert "add" in ops(str(tmp_path / "loop.trace"))


# -- bad input: said before anything runs ----------------------------------------------------------


def refused(capsys, *arguments: str) -> str:
    """The error of a recording that must not have run the script."""
    assert main(["record", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert "Traceback" not in err
    return err


def test_a_missing_script_is_an_error(train, capsys):
    err = refused(capsys, "trian.py")
    assert err == "error: there is no script trian.py\n  try: train.py\n"


def test_an_existing_trace_is_not_replaced_unasked(train, capsys):
    main(["record", "train.py", "--", "1"])
    before = Path("train.trace").read_bytes()
    capsys.readouterr()
    err = refused(capsys, "train.py", "--", "2")
    assert "train.trace exists already" in err
    assert "--overwrite" in err
    assert Path("train.trace").read_bytes() == before


def test_overwrite_replaces_it(train):
    main(["record", "train.py", "--", "1"])
    assert main(["record", "train.py", "--overwrite", "--", "2"]) == 0
    assert ops("train.trace").count("sum") == 4


def test_overwrite_never_replaces_what_is_no_trace(train, capsys):
    err = refused(capsys, "train.py", "-o", "train.py", "--overwrite")
    assert "train.py exists and is not a trace" in err
    assert train.read_text() == TRAIN


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("nowhere/run.trace", "the folder nowhere does not exist\n  try: mkdir -p nowhere"),
        ("train.py/run.trace", "train.py is not a folder"),
        (".", "is a folder"),
    ],
)
def test_a_place_where_no_trace_can_be_is_an_error(train, capsys, output, says):
    assert says in refused(capsys, "train.py", "-o", output, "--", "1")


def test_a_folder_that_may_not_be_written_to_is_an_error(train, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    assert "you may not write into ." in refused(capsys, "train.py", "--", "1")


def test_an_option_of_the_script_without_dashes_before_it_is_explained(train, capsys):
    err = refused(capsys, "train.py", "--epochs", "3")
    assert "--epochs is not an option of tracegrad record" in err
    assert "tracegrad record SCRIPT -- --epochs ..." in err


def test_a_syntax_error_leaves_no_trace_behind(train, capsys):
    train.write_text("x = = 1\n")
    assert "SyntaxError" in refused(capsys, "train.py")
    assert not Path("train.trace").exists()
