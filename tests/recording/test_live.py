"""`record()`: around programs that read, raise and exit, in memory and into a file."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import tracegrad as tg
from tests.recording.consistency import assert_consistent
from tracegrad.errors import TraceFileError, TracegradError
from tracegrad.graph.observe import hub
from tracegrad.recording import live
from tracegrad.recording.live import StreamedTrace
from tracegrad.recording.reader import open_trace

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nobody_watches_afterwards():
    before = gc.get_threshold(), threading.active_count()
    yield
    assert hub.observer is None
    assert (gc.get_threshold(), threading.active_count()) == before


# -- in memory -------------------------------------------------------------------------------------


def test_a_trace_can_be_read_while_it_grows():
    with tg.record(title="growing") as trace:
        tg.ones(2)
        assert trace.info.state == "recording"
        assert trace.info.duration > 0
        assert [event.op for event in trace.events()] == ["ones"]
        assert not trace.refresh()
        tg.zeros(2)
        assert trace.refresh()
        assert trace.event(1).op == "zeros"
    assert (trace.info.title, trace.info.state, trace.info.error) == ("growing", "complete", "")
    assert repr(trace) == "<Trace growing: 2 events, complete>"
    assert set(trace.info.versions) == {"python", "numpy", "tracegrad"}
    duration = trace.info.duration
    assert trace.info.duration == duration >= trace.event(1).start + trace.event(1).duration


def test_several_threads_may_read_a_growing_trace():
    wrong: list[BaseException] = []
    done = threading.Event()
    with tg.record() as trace:

        def read() -> None:
            try:
                while not done.is_set():
                    for id in range(trace.event_count):
                        assert trace.event(id).id == id
            except BaseException as error:
                wrong.append(error)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        x = tg.ones(2)
        for _ in range(300):
            x = x + 1
        done.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert trace.event_count == 301
    assert_consistent(trace)


@pytest.mark.parametrize("id", [-1, 1, 10**9])
def test_rows_that_are_not_there_raise_an_index_error(id):
    with tg.record() as trace:
        tg.ones(1)
    for row in (trace.event, trace.value, trace.location, trace.scope, trace.array):
        with pytest.raises(IndexError, match=f"no row {id}: there are 1"):
            row(id)


def test_a_recorded_trace_is_saved_and_read_again(tmp_path):
    with tg.record() as trace:
        (tg.ones(2, requires_grad=True) * 3).sum().backward()
    trace.save(tmp_path / "saved.trace")
    with tg.open_trace(tmp_path / "saved.trace") as saved:
        assert list(saved.events()) == list(trace.events())
        assert saved.info == trace.info
        assert_consistent(saved)


def test_recordings_are_not_nested_and_the_outer_one_goes_on():
    with tg.record() as trace:
        refused = pytest.raises(RuntimeError, match=r"record\(\) cannot be nested\n  try: tg.scope")
        with refused, tg.record():
            pass
        tg.ones(1)
    assert trace.event_count == 1


# -- programs that raise ---------------------------------------------------------------------------


def test_an_exception_goes_on_and_the_trace_keeps_what_was_before_it():
    def fail() -> None:
        tg.ones(1)
        1 / 0

    with pytest.raises(ZeroDivisionError), tg.record() as trace:
        fail()
    assert trace.info.state == "failed"
    assert trace.info.error.endswith("ZeroDivisionError: division by zero")
    assert trace.event_count == 1


def test_the_traceback_shows_the_users_frames_and_none_of_ours():
    def loss(x: tg.Tensor) -> tg.Tensor:
        return tg.nn.Linear(3, 2)(x).sum()

    with pytest.raises(RuntimeError), tg.record() as trace:
        loss(tg.ones(1, 5))
    error = trace.info.error
    assert error.startswith("Traceback (most recent call last):\n")
    assert error.count('  File "') == 2
    assert error.count(__file__) == 2
    assert "return tg.nn.Linear(3, 2)(x).sum()" in error
    assert "mat1 and mat2 shapes cannot be multiplied (1x5 and 3x2)" in error


def test_chained_and_grouped_exceptions_show_no_frames_of_ours_either():
    def fail() -> None:
        tg.ones(2) + tg.ones(3)

    def fail_in_many_ways() -> None:
        try:
            fail()
        except RuntimeError as error:
            try:
                fail()
            except RuntimeError as second:
                group = ExceptionGroup("both", [second])
            raise group from error

    with pytest.raises(ExceptionGroup), tg.record() as trace:
        fail_in_many_ways()
    text = trace.info.error
    assert "The above exception was the direct cause" in text
    assert text.count("in fail\n") == 2  # the cause's and the group's
    assert text.count('File "') == text.count(__file__) == 6
    assert "<tracegrad ops>" not in text
    assert os.path.join("tracegrad", "") + "ops" not in text


@pytest.mark.parametrize(
    ("code", "state"), [(None, "complete"), (0, "complete"), (3, "failed"), ("no data", "failed")]
)
def test_sys_exit_fails_a_trace_only_when_it_says_so(code, state):
    with pytest.raises(SystemExit), tg.record() as trace:
        sys.exit(code)
    assert trace.info.state == state


# -- the garbage collector -------------------------------------------------------------------------


def test_a_switched_off_collector_stays_off():
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with tg.record():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)


def test_thresholds_that_the_program_sets_while_recording_are_its_own():
    before = gc.get_threshold()
    try:
        with tg.record():
            gc.set_threshold(123, 4, 5)
        assert gc.get_threshold() == (123, 4, 5)
    finally:
        gc.set_threshold(*before)


# -- into a file -----------------------------------------------------------------------------------


def until(condition, seconds: float = 20.0) -> None:
    """Wait for something that another thread or process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_a_file_can_be_read_by_others_while_the_program_runs(tmp_path):
    path = tmp_path / "run.trace"
    with tg.record(path) as trace:
        x = tg.ones(2, requires_grad=True)
        (x * x).sum().backward()
        with open_trace(path) as reader:
            until(lambda: (reader.refresh(), reader.event_count)[1] == 8)
            assert reader.info.state == "recording"
            assert reader.event(7).kind == "accumulate"
        assert isinstance(trace, StreamedTrace)
        assert trace.event_count == 8
        assert trace.info.state == "recording"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.trace"]
    with open_trace(path) as reader:
        assert reader.info == trace.info
        assert reader.info.state == "complete"
        assert_consistent(reader)


def test_a_streamed_trace_answers_as_one_in_memory_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with tg.record("run.trace") as trace:
        y = tg.ones(3) * 2
        assert trace.array(trace.event(1).outputs[0]).tolist() == [2.0, 2.0, 2.0]
        y.mul_(5.0)
        monkeypatch.chdir("/")  # the file stays where it was
        assert trace.event_count == 3
    assert trace.value(1).shape == (3,)
    assert trace.stats(1).mean == 2.0
    assert trace.location(0).expression == "tg.ones(3)"
    assert trace.scope(0).path == ""
    assert "test_live" in trace.files()[0]
    assert trace.source_text(trace.files()[0]).startswith('"""`record()`')
    trace.save(tmp_path / "copy.trace")
    trace.close()
    with open_trace(tmp_path / "copy.trace") as copy:
        assert_consistent(copy)
        assert copy.event_count == 3


def test_a_program_that_raises_leaves_a_failed_file(tmp_path):
    def fail() -> None:
        tg.ones(1)
        raise KeyError("x")

    with pytest.raises(KeyError), tg.record(tmp_path / "run.trace") as trace:
        fail()
    trace.close()
    with open_trace(tmp_path / "run.trace") as file:
        assert file.info.state == "failed"
        assert file.info.error.endswith("KeyError: 'x'")
        assert file.event_count == 1


def test_a_file_that_cannot_be_written_is_refused_before_the_program_starts(tmp_path):
    started = []
    nowhere = tmp_path / "nowhere" / "run.trace"
    with pytest.raises(TraceFileError, match="nowhere"), tg.record(nowhere):
        started.append(True)
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    with pytest.raises(TraceFileError, match=r"notes\.txt"), tg.record(notes):
        started.append(True)
    assert started == []
    assert notes.read_text() == "mine"
    with tg.record(notes, overwrite=True):
        tg.ones(1)
    with open_trace(notes) as trace:
        assert trace.event_count == 1


def test_much_data_is_written_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "FLUSH_SECONDS", 3600)
    monkeypatch.setattr("tracegrad.recording.recorder.UNWRITTEN_BYTES", 4000)
    with tg.record(tmp_path / "run.trace") as trace:
        for _ in range(50):
            tg.ones(100)
            assert trace._recorder.arrays.nbytes <= 4400
    assert trace.event_count == 50
    trace.close()


def test_an_error_of_ours_is_an_error_of_tracegrad():
    assert issubclass(TraceFileError, TracegradError)


def test_values_may_be_left_out_of_a_file_too(tmp_path):
    with tg.record(tmp_path / "run.trace", values=False) as trace:
        tg.tensor(np.ones(3)).exp()
    assert not trace.value(0).kept
    assert trace.array(0) is None
    assert_consistent(trace)
    trace.close()
