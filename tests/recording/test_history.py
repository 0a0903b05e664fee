"""`trace.history`: every version of a piece of memory, from memory and from a file."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tracegrad as tg
from tests.recording.consistency import assert_consistent
from tests.recording.programs import PROGRAMS, prepare
from tests.sample_trace import sample_trace
from tracegrad.graph.observe import hub
from tracegrad.recording.history import History, Through
from tracegrad.recording.reader import open_trace
from tracegrad.recording.source import TraceSource
from tracegrad.storage import storage_of


def storages(trace: TraceSource) -> list[int]:
    """One value of each storage."""
    first: dict[int, int] = {}
    for id in range(trace.value_count):
        row = trace.value(id)
        if row.storage is not None:
            first.setdefault(row.storage, id)
    return list(first.values())


def ops(history: History) -> list[str]:
    return [version.op for version in history.versions]


def check_chain(trace: TraceSource, history: History) -> None:
    """Versions follow each other, and each begins with what the one before left."""
    for before, after in zip(history.versions, history.versions[1:], strict=False):
        assert after.since == before.version
        assert after.whole_before == before.whole_after
        if after.event is None:
            continue
        assert after.version == after.since + 1
        assert after.before is not None
        assert after.after is not None
        assert trace.value(after.before).shape == trace.value(after.after).shape
    for version in history.writes:
        if version.through is not None:
            assert version.through.shape == trace.value(version.after).shape
        elif version.event is not None and version.whole_before is not None:
            same(trace, version.before, version.whole_before)
            same(trace, version.after, version.whole_after)


def same(trace: TraceSource, one: int, other: int) -> None:
    np.testing.assert_array_equal(trace.array(one), trace.array(other))


# -- every program ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROGRAMS)
def test_versions_are_consecutive_and_each_begins_where_the_last_ended(name):
    prepare()
    with tg.record() as trace:
        PROGRAMS[name]()
    writes = 0
    for value in storages(trace):
        history = trace.history(value)
        check_chain(trace, history)
        writes += sum(version.event is not None for version in history.writes)
    expected = [
        e
        for e in trace.events()
        if e.kind == "write" or (e.kind == "accumulate" and trace.value(e.outputs[0]).version)
    ]
    assert writes == len(expected)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "threads"])
def test_a_file_tells_the_same_history_as_memory(name, tmp_path):
    prepare()
    tg.manual_seed(0)
    with tg.record() as memory:
        PROGRAMS[name]()
    memory.save(tmp_path / "run.trace")
    with open_trace(tmp_path / "run.trace") as file:
        for value in storages(memory):
            assert file.history(value) == memory.history(value)
            assert str(file.history(value)) == str(memory.history(value))


def test_without_values_the_history_has_the_same_versions_and_shows_no_numbers():
    histories = []
    for values in (True, False):
        x = tg.zeros(2)
        with tg.record(values=values) as trace:
            x += 1
            x[0] = 3
        histories.append(trace.history(x))
    assert histories[0].versions == histories[1].versions
    assert "[0 0] -> [1 1]" in str(histories[0])
    assert "->" not in str(histories[1]).replace("0 -> 1", "").replace("1 -> 2", "").replace(
        "before -> after", ""
    )


# -- what a version tells --------------------------------------------------------------------------


def test_views_and_detached_tensors_have_the_history_of_their_base():
    x = tg.zeros(2, 3)
    with tg.record() as trace:
        row, alias = x[0], x.detach()
        row.add_(1)
        alias.mul_(2)
    assert trace.history(row) == trace.history(alias) == trace.history(x)
    assert ops(trace.history(x)) == ["", "add_", "mul_"]


def test_a_write_names_the_view_that_it_went_through():
    x = tg.zeros(2, 3)
    with tg.record() as trace:
        row = x[1]
        x.add_(1)
        row.mul_(2)
        x.t()[2].detach().zero_()
    first, second, third = trace.history(x).writes
    assert first.through is None
    assert second.through == Through((3,), "select", 0, "x[1]")
    assert third.through.shape == (2,)
    assert third.through.expression == "x.t()[2]"
    assert trace.array(second.before).tolist() == [1.0, 1.0, 1.0]
    assert trace.array(second.after).tolist() == [2.0, 2.0, 2.0]
    assert trace.array(second.whole_before).tolist() == [[1.0] * 3] * 2
    assert trace.array(second.whole_after).tolist() == [[1.0] * 3, [2.0] * 3]


def test_a_view_from_before_the_recording_is_told_by_its_shape():
    x = tg.zeros(2, 3)
    column = x[:, 0]
    with tg.record() as trace:
        column.add_(1)
    (write,) = trace.history(x).writes
    assert write.through == Through((2,))
    assert trace.array(write.whole_before).tolist() == [[0.0] * 3] * 2
    assert trace.array(write.whole_after).tolist() == [[1.0, 0.0, 0.0]] * 2


def test_memory_that_was_written_before_the_recording_begins_at_its_version():
    x = tg.zeros(2)
    x.add_(1)
    x.add_(1)
    with tg.record() as trace:
        x.mul_(2)
    history = trace.history(x)
    assert [(v.since, v.version) for v in history.versions] == [(None, 2), (2, 3)]
    assert history.origin.event is None
    assert str(history).startswith("x (f32[2]) from outside the recording, at version 2 then")


def test_optimizer_steps_and_gathered_gradients_are_writes():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    optimizer = tg.optim.SGD([w], lr=0.25)
    with tg.record() as trace:
        for _ in range(2):
            (w * w).sum().backward()
        optimizer.step()
        w.grad.zero_()
    (step,) = trace.history(w).writes
    assert step.op == "SGD.step"
    gathered, zeroed = trace.history(w.grad).writes
    assert (gathered.op, zeroed.op) == ("accumulate", "zero_")
    assert trace.array(gathered.before).tolist() == [2.0, 4.0]
    assert trace.array(gathered.after).tolist() == [4.0, 8.0]
    assert trace.history(w.grad).origin.op == "accumulate"


def test_a_gradient_on_its_way_that_is_written_to_begins_with_the_event_that_made_it():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.record() as trace:
        (g,) = tg.autograd.grad((x * x).sum(), x)
        before = trace.history(g)
        g.mul_(2)
    assert before.storage is None
    assert not before.writes
    history = trace.history(g)
    assert ops(history)[-1] == "mul_"
    assert history.origin.event == trace.value(history.origin.after).event is not None
    assert trace.array(history.writes[0].before).tolist() == [2.0, 4.0]
    assert_consistent(trace)


def test_a_part_of_a_long_history_is_read_around_the_value():
    x = tg.zeros(1)
    with tg.record() as trace:
        for _ in range(50):
            x.add_(1)
    whole, part = trace.history(25), trace.history(25, most=10)
    assert (len(whole.versions), whole.cut) == (51, False)
    assert part.cut
    assert [v.version for v in part.versions] == list(range(19, 30))
    assert part.writes == whole.versions[20:30]


def test_memory_of_the_sample_trace_has_its_optimizer_step():
    history = sample_trace().history(1)
    assert ops(history) == ["", "SGD.step"]
    assert history.name == "net.0.weight"


# -- warnings --------------------------------------------------------------------------------------


def warn(x: tg.Tensor) -> None:
    """What a check of fingerprints does when it finds a write: count it, and tell observers."""
    code, lasti = sys._getframe(1).f_code, sys._getframe(1).f_lasti
    storage_of(x).wrote("a write that no op made", code, lasti, None)
    details = {"between": "mul (train.py:3) and sum (train.py:4)"}
    hub.observer.warned("unseen_write", (x,), (x,), details, code, lasti)


def unseen_write() -> tuple[TraceSource, tg.Tensor]:
    x = tg.ones(3, requires_grad=True)
    with tg.record() as trace:
        y = x * 2
        y.data[1] = 7
        warn(y)
        z = y + 1
        z.sum().backward()
        y.detach().zero_()
    return trace, y


def test_a_warning_tells_the_value_as_it_was_and_as_it_was_found():
    trace, _ = unseen_write()
    assert_consistent(trace)
    (id,) = trace.warnings()
    warning = trace.event(id)
    assert (warning.kind, warning.op) == ("warning", "unseen_write")
    assert warning.options == "between mul (train.py:3) and sum (train.py:4)"
    assert trace.location(warning.location).expression == "warn(y)"
    assert trace.array(warning.inputs[0]).tolist() == [2.0, 2.0, 2.0]
    assert trace.array(warning.outputs[0]).tolist() == [2.0, 7.0, 2.0]


def test_ops_after_a_warning_read_the_value_that_was_found():
    trace, _ = unseen_write()
    (warning,) = (trace.event(id) for id in trace.warnings())
    add = next(event for event in trace.events() if event.op == "add")
    assert add.inputs[0] == warning.outputs[0]


def test_an_unseen_write_is_a_version_of_its_own():
    trace, y = unseen_write()
    history = trace.history(y)
    check_chain(trace, history)
    assert [(v.op, v.version) for v in history.versions] == [
        ("mul", 0), ("unseen_write", 1), ("zero_", 2),
    ]  # fmt: skip
    unseen = history.writes[0]
    assert "[2 2 2] -> [2 7 2]" in str(history)
    assert history.shown(unseen.before) == 0
    assert history.shown(unseen.after) == 1


def test_another_tensor_of_the_memory_has_the_value_that_a_warning_found():
    x = tg.ones(3)
    with tg.record() as trace:
        alias = x.detach()
        x.data[0] = 4
        warn(x)
        alias * 2
    assert_consistent(trace)
    mul = next(event for event in trace.events() if event.op == "mul")
    assert trace.array(mul.inputs[0]).tolist() == [4.0, 1.0, 1.0]
    assert trace.value(mul.inputs[0]).event == trace.warnings()[0]


def test_writes_that_anomaly_mode_finds_are_warnings_in_the_recording():
    x = tg.ones(3, requires_grad=True)
    with tg.record() as trace, tg.autograd.detect_anomaly(check_writes=True):
        y = x * 2
        z = y * y
        y.data[1] = 7
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            z.sum().backward()
    assert_consistent(trace)
    (warning,) = (trace.event(id) for id in trace.warnings())
    assert trace.array(warning.inputs[0]).tolist() == [2.0, 2.0, 2.0]
    assert trace.array(warning.outputs[0]).tolist() == [2.0, 7.0, 2.0]
    assert ops(trace.history(y)) == ["mul", "unseen_write"]


def test_warnings_are_found_in_a_file(tmp_path):
    trace, y = unseen_write()
    trace.save(tmp_path / "run.trace")
    with open_trace(tmp_path / "run.trace") as file:
        assert_consistent(file)
        assert file.warnings() == trace.warnings()
        assert file.history(file.value_count - 1) == trace.history(y)


# -- who is asked ----------------------------------------------------------------------------------


def unknown(trace: object, tensor: tg.Tensor) -> str:
    with pytest.raises(ValueError, match="does not know") as caught:
        trace.history(tensor)
    return str(caught.value)


def test_a_tensor_that_was_never_seen_is_refused_with_what_to_try():
    with tg.record() as trace:
        tg.ones(2) * 2
    assert unknown(trace, tg.ones(2, 3)) == (
        "this trace does not know the tensor f32[2, 3]: no recorded op made, read or wrote it\n"
        "  try: use the tensor inside `with tg.record()`; if a later recording saw it too, ask\n"
        "       that trace, or ask this one by a value's number: trace.history(12)"
    )


def test_a_tensor_that_a_later_recording_saw_is_that_recordings():
    x = tg.zeros(2)
    with tg.record() as first:
        x.add_(1)
    with tg.record() as second:
        x.add_(1)
    assert "a later recording" in unknown(first, x)
    assert ops(second.history(x)) == ["", "add_"]
    assert ops(first.history(0)) == ["", "add_"]


def test_a_streamed_trace_answers_for_tensors_while_it_grows_and_after(tmp_path):
    x = tg.zeros(3)
    with tg.record(tmp_path / "run.trace") as trace:
        x.add_(1)
        during = ops(trace.history(x))
        x[0].mul_(2)
    assert during == ["", "add_"]
    assert ops(trace.history(x)) == ["", "add_", "mul_"]
    assert "does not know the tensor" in unknown(trace, tg.zeros(3))
    trace.close()


# -- how it looks ----------------------------------------------------------------------------------


PROGRAM = """\
import tracegrad as tg

with tg.record() as trace:
    x = tg.zeros(2, 3)
    x += 1
    x[0] = 5
    row = x[1]
    row.mul_(3)
    x[x > 4] = 0.5
    y = x * 1
"""


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[str], dict[str, object]]:
    def run(program: str) -> dict[str, object]:
        (tmp_path / "train.py").write_text(program)
        return runpy.run_path(str(tmp_path / "train.py"))

    return run


TABLE = """\
x (f32[2, 3]) of train.py:4   x = tg.zeros(2, 3)
  version  op           line                         through        before -> after
  0 -> 1   add_         train.py:5   x += 1          the whole      [0 0 0 …] -> [1 1 1 …]
  1 -> 2   __setitem__  train.py:6   x[0] = 5        x[0] [3]       [1 1 1] -> [5 5 5]
  2 -> 3   mul_         train.py:8   row.mul_(3)     x[1] [3]       [1 1 1] -> [3 3 3]
  3 -> 4   __setitem__  train.py:9   x[x > 4] = 0.5  some elements  [5 5 5 …] -> [0.5 0.5 0.5 …]"""


def test_a_history_prints_as_a_table(ran):
    found = ran(PROGRAM)
    assert str(found["trace"].history(found["x"])) == TABLE


def test_what_was_never_written_says_so(ran):
    found = ran(PROGRAM)
    assert str(found["trace"].history(found["y"])) == (
        "y (f32[2, 3]) of train.py:10   y = x * 1\n  never written in place while it was recorded"
    )


def test_numbers_begin_where_something_changed_and_a_long_history_is_cut_in_the_middle():
    x = tg.zeros(100)
    with tg.record() as trace:
        x[97:] = 1
        for _ in range(60):
            x.add_(0)
    text = str(trace.history(x))
    assert "[0 0 0] -> [1 1 1]" in text
    assert "[0 0 0 …] unchanged" in text
    lines = text.split("\n")
    assert lines[22] == "  … 21 more versions, in history.versions …"
    assert len(lines) == 43


def test_every_kind_of_number_is_shown():
    flags, counts, waves = tg.tensor([True]), tg.tensor([123456]), tg.tensor([1 + 2j])
    with tg.record() as trace:
        flags.fill_(False)
        counts.add_(1)
        waves.mul_(2)
    assert "[True] -> [False]" in str(trace.history(flags))
    assert "[123456] -> [123457]" in str(trace.history(counts))
    assert "[1+2j] -> [2+4j]" in str(trace.history(waves))
