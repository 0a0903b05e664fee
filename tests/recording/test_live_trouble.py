"""Recording into a file when things go wrong: a full disk, kill -9, fork, no source."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import tracegrad as tg
from tests.recording.consistency import assert_consistent
from tracegrad.errors import TraceFileError
from tracegrad.graph.observe import hub
from tracegrad.recording import live
from tracegrad.recording.reader import open_trace
from tracegrad.recording.writer import TraceWriter

ROOT = Path(__file__).parents[2]


def program(path: Path, text: str, *arguments: str, **options: object) -> subprocess.Popen[str]:
    """A program of its own that records; its source is a file, as a user's is."""
    script = path / "program.py"
    script.write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    return subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options,
    )  # fmt: skip


# -- a disk that fails -----------------------------------------------------------------------------


@pytest.mark.parametrize("error", [TraceFileError("the disk is full"), ValueError("a bug of ours")])
def test_a_program_goes_on_when_its_trace_cannot_be_written_any_more(tmp_path, monkeypatch, error):
    append = TraceWriter.append

    def failing(self: TraceWriter, batch: object) -> None:
        if batch.events and batch.events[-1].id >= 2:
            raise error
        append(self, batch)

    monkeypatch.setattr(TraceWriter, "append", failing)
    monkeypatch.setattr(live, "FLUSH_SECONDS", 3600)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with tg.record(tmp_path / "run.trace") as trace:
            x = tg.ones(2)
            x = x + 1
            trace.flush()
            x = x * 3
            trace.flush()
            assert hub.observer is not None
            x = x + 1  # the recorder hears of it, and stops watching
            assert hub.observer is None
            x = x + 1
            trace.flush()
    assert x.tolist() == [8.0, 8.0]
    (warning,) = caught
    assert warning.category is RuntimeWarning
    assert str(warning.message).startswith("recording stopped: ")
    assert str(error) in str(warning.message)
    assert trace.event_count == 2
    trace.close()
    with open_trace(tmp_path / "run.trace") as file:
        assert file.info.state == "recording"  # as after a kill: it never ended
        assert_consistent(file)


def test_an_error_at_the_very_end_is_a_warning_too(tmp_path, monkeypatch):
    def failing(self: TraceWriter, info: object) -> None:
        raise TraceFileError("the disk is full")

    warns = pytest.warns(RuntimeWarning, match="recording stopped: the disk is full")
    with warns, tg.record(tmp_path / "run.trace"):
        monkeypatch.setattr(TraceWriter, "update_info", failing)


SMALL_DISK = """
import resource, signal, sys, warnings
import tracegrad as tg

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
warnings.simplefilter("always")
with tg.record(sys.argv[1]) as trace:
    x = tg.ones(1000)
    trace.flush()
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    for _ in range(500):
        x = x + 1
        trace.flush()
print(x.sum().item())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_a_full_disk_costs_the_rest_of_the_trace_and_nothing_else(tmp_path):
    path = tmp_path / "run.trace"
    with program(tmp_path, SMALL_DISK, str(path)) as run:
        out, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    assert out == "501000.0\n"
    assert err.count("RuntimeWarning: recording stopped") == 1
    with open_trace(path) as file:
        assert 2 <= file.event_count < 500
        assert_consistent(file)


# -- killed, forked --------------------------------------------------------------------------------

KILLED = """
import sys, time
import tracegrad as tg

w = tg.ones(3, requires_grad=True)
with tg.record(sys.argv[1]):
    n = 0
    while True:
        (w * n).sum().backward()
        n += 1
        print(n, time.monotonic(), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_killed_program_leaves_all_but_the_last_moments(tmp_path):
    path = tmp_path / "run.trace"
    with program(tmp_path, KILLED, str(path)) as run:
        lines = []
        for line in run.stdout:
            lines.append(line)
            if len(lines) == 2000:
                run.send_signal(signal.SIGKILL)
        run.wait()
    done = [(int(n), float(at)) for n, at in map(str.split, lines[:-1])]
    with open_trace(path) as file:
        assert file.info.state == "recording"
        assert_consistent(file)
        steps = sum(event.kind == "seed" for event in file.events())
    # What is missing was computed within the last flush; ten times as long for a busy machine.
    last = done[-1][1]
    assert steps >= sum(at < last - 10 * live.FLUSH_SECONDS for _, at in done)
    assert steps > 0


FORKED = """
import os, sys
import tracegrad as tg

with tg.record(sys.argv[1]) as trace:
    x = tg.ones(2)
    child = os.fork()
    x = x + 1
    if not child:
        for _ in range(100):
            x = x + 1
        trace.flush()
if child:
    assert os.waitpid(child, 0)[1] == 0
    print(trace.event_count, trace.info.state)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_records_nothing_and_leaves_the_parents_trace_alone(tmp_path):
    path = tmp_path / "run.trace"
    with program(tmp_path, FORKED, str(path)) as run:
        out, err = run.communicate(timeout=60)
    assert (out, err, run.returncode) == ("2 complete\n", "", 0)
    with open_trace(path) as file:
        assert [event.op for event in file.events()] == ["ones", "add"]


FORKED_UNDER_LOCK = """
import os, sys, threading
import tracegrad as tg

with tg.record() as trace:
    x = tg.ones(2)
    held, done = threading.Event(), threading.Event()

    def hold():
        with trace._recorder.lock:
            held.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = os.fork()
    if not child:
        x.add_(1.0)
        print(trace.array(trace.event(0).outputs[0]).tolist(), flush=True)
        os._exit(0)
    done.set()
    holder.join()
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_while_a_thread_records_does_not_wait_for_it_forever(tmp_path):
    with program(tmp_path, FORKED_UNDER_LOCK) as run:
        try:
            out, err = run.communicate(timeout=60)
        finally:
            run.kill()
    assert (out, err, run.returncode) == ("[1.0, 1.0]\n", "", 0)


INTERACTIVE = """
import tracegrad as tg
with tg.record() as trace:
    y = tg.ones(2) * 2

row = trace.location(trace.event(1).location)
print(row.file, row.line, repr(row.expression), trace.source_text(row.file))
"""


def test_a_program_from_standard_input_has_places_without_text():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-"], input=INTERACTIVE, capture_output=True, text=True, env=environment
    )
    assert run.stdout == "<stdin> 4 '' None\n", run.stderr
