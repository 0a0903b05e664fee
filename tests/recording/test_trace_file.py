"""What goes into a trace file comes out of it, now and while it grows."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from tests.recording.rows import INFO, batches
from tests.sample_trace import RowsTrace, sample_trace
from tracegrad.errors import TraceFileError
from tracegrad.recording.growing import STATS_FROM
from tracegrad.recording.model import EventRow, LocationRow, ScopeRow, ValueRow
from tracegrad.recording.reader import FileTrace, open_trace
from tracegrad.recording.schema import BLOCK, TEXT_LIMIT
from tracegrad.recording.source import TraceSource
from tracegrad.recording.stats import describe
from tracegrad.recording.writer import Batch, TraceWriter, save_trace

PROGRAM = ScopeRow(0, None, "", "", "program", "", "")


def event(id: int, **fields: object) -> EventRow:
    row = EventRow(
        id=id, kind="forward", op="add", inputs=(), outputs=(), options="", location=None, scope=0,
        step=0, backward_pass=0, forward=None, grad_enabled=True, start=id, duration=1, thread=0,
    )  # fmt: skip
    return replace(row, **fields)


def value(id: int, array: np.ndarray, **fields: object) -> ValueRow:
    row = ValueRow(
        id=id, event=None, output=0, role="input", name="", shape=array.shape,
        dtype=array.dtype.name, device="cpu", requires_grad=False, storage=None, version=0, of=None,
        nbytes=array.nbytes, kept=True,
    )  # fmt: skip
    return replace(row, **fields)


def assert_same_rows(found: TraceSource, wanted: TraceSource) -> None:
    assert found.info == wanted.info
    assert list(found.events()) == list(wanted.events())
    values = range(wanted.value_count)
    assert [found.value(id) for id in values] == [wanted.value(id) for id in values]
    assert found.value_count == wanted.value_count
    assert found.locations() == wanted.locations()
    assert found.files() == wanted.files()
    for row in wanted.events():
        assert found.scope(row.scope) == wanted.scope(row.scope)
    for id in values:
        assert_same_array(found.array(id), wanted.array(id))
        assert found.stats(id) == wanted.stats(id)


def assert_same_array(found: np.ndarray | None, wanted: np.ndarray | None) -> None:
    if wanted is None:
        assert found is None
        return
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    assert found.tobytes() == wanted.tobytes()
    assert not found.flags.writeable


# -- round trips -----------------------------------------------------------------------------------


def test_saved_sample_trace_reads_the_same(tmp_path: Path) -> None:
    sample = sample_trace()
    save_trace(sample, tmp_path / "run.trace")
    with open_trace(tmp_path / "run.trace") as found:
        assert_same_rows(found, sample)
        file = sample.location_rows[0].file
        assert found.source_text(file) == sample.sources[file]
        assert found.source_text("other.py") is None
    assert os.listdir(tmp_path) == ["run.trace"]


def test_questions_have_the_answers_of_the_generic_index(tmp_path: Path) -> None:
    sample = sample_trace()
    save_trace(sample, tmp_path / "run.trace")
    with open_trace(tmp_path / "run.trace") as found:
        for id in range(-1, sample.value_count + 1):
            assert list(found.consumers(id)) == list(sample.consumers(id))
            assert list(found.gradients(id)) == list(sample.gradients(id))
        for id in range(-1, sample.event_count + 1):
            assert list(found.backward_events(id)) == list(sample.backward_events(id))
        for storage in range(-1, sample.value_count + 1):
            assert list(found.in_storage(storage)) == list(sample.in_storage(storage))
        assert list(found.consumers(2**40)) == []


def test_answers_can_be_prepared_little_by_little(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tracegrad.recording.links._SORTED_AT_ONCE", 500)
    with TraceWriter(tmp_path / "run.trace", INFO) as writer:
        rows = [value(id, np.zeros(2), storage=id % 7) for id in range(2_500)]
        writer.append(Batch(scopes=[PROGRAM], values=rows))
        writer.append(Batch(events=[event(id, inputs=(id, id // 2)) for id in range(1_500)]))
    with open_trace(tmp_path / "run.trace") as found:
        steps = 1
        while not found.prepare(400):
            steps += 1
        assert steps == 7
        for id in range(2_500):
            readers = {id, 2 * id, 2 * id + 1}
            assert found.consumers(id) == sorted(n for n in readers if n < 1_500)
        assert found.in_storage(5) == list(range(5, 2_500, 7))


@settings(deadline=None, max_examples=60)
@given(batches())
def test_any_rows_read_as_they_were_written(tmp_path_factory, batch: Batch) -> None:
    path = tmp_path_factory.mktemp("rows") / "run.trace"
    with TraceWriter(path, INFO) as writer:
        writer.append(batch)
    with open_trace(path) as found:
        assert list(found.events()) == batch.events
        assert [found.value(id) for id in range(found.value_count)] == batch.values
        assert [found.location(row.id) for row in batch.locations] == batch.locations
        assert [found.scope(row.id) for row in batch.scopes] == batch.scopes
        arrays, stats = dict(batch.arrays), dict(batch.stats)
        for id in range(found.value_count):
            assert_same_array(found.array(id), arrays.get(id))
            if id in stats:
                assert found.stats(id) == stats[id]
            elif id in arrays:
                assert repr(found.stats(id)) == repr(describe(arrays[id]))
            else:
                assert found.stats(id) is None
        for file, text in batch.sources.items():
            assert found.source_text(file) == text


@pytest.mark.parametrize("at_once", [1, 7, 1023, 1024, 1025, 4000])
def test_batches_of_any_size_make_the_same_trace(tmp_path: Path, at_once: int) -> None:
    count = 2_500 if at_once > 1 else 1_100
    with TraceWriter(tmp_path / "run.trace", INFO) as writer:
        writer.append(Batch(scopes=[PROGRAM]))
        for start in range(0, count, at_once):
            ids = range(start, min(start + at_once, count))
            arrays = [np.full(3, id, np.int32) for id in ids]
            writer.append(
                Batch(
                    events=[event(id, inputs=(id,), options=f"n={id}") for id in ids],
                    values=[value(id, array) for id, array in zip(ids, arrays, strict=True)],
                    arrays=list(zip(ids, arrays, strict=True)),
                )
            )
    with open_trace(tmp_path / "run.trace") as found:
        assert (found.event_count, found.value_count) == (count, count)
        wanted = [event(id, inputs=(id,), options=f"n={id}") for id in range(count)]
        assert list(found.events()) == wanted
        assert list(found.events(1_000, 1_030)) == wanted[1_000:1_030]
        assert [int(found.array(id)[0]) for id in range(count)] == list(range(count))
        assert found.consumers(count - 1) == [count - 1]


def test_large_arrays_keep_every_element_and_their_statistics(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    arrays = [
        random.standard_normal(2 * BLOCK // 8),  # exactly two blocks
        random.standard_normal((700, 601)).T,  # not contiguous, ends within a block
        random.integers(0, 255, BLOCK, np.uint8),  # exactly one block
        random.standard_normal(3).astype(">f4"),  # another machine's byte order
    ]
    with TraceWriter(tmp_path / "run.trace", INFO) as writer:
        writer.append(
            Batch(
                values=[value(n, a) for n, a in enumerate(arrays)], arrays=list(enumerate(arrays))
            )
        )
    with open_trace(tmp_path / "run.trace") as found:
        for n, array in enumerate(arrays):
            assert np.array_equal(found.array(n), array)
            assert found.stats(n) == describe(array)


def test_statistics_are_stored_of_large_and_of_unkept_values_only(tmp_path: Path) -> None:
    small, large = np.arange(5.0), np.zeros(STATS_FROM)
    wrong = describe(np.arange(9.0))
    with TraceWriter(tmp_path / "run.trace", INFO) as writer:
        writer.append(
            Batch(
                values=[value(0, small), value(1, large), value(2, small, kept=False)],
                arrays=[(0, small), (1, large)],
                stats=[(0, wrong), (2, wrong)],
            )
        )
    with open_trace(tmp_path / "run.trace") as found:
        assert found.stats(0) == describe(small)
        assert found.stats(1) == describe(large)
        assert found.stats(2) == wrong
        stored = found._connection.execute("SELECT rows FROM stats").fetchall()
        assert stored == [(2,)]


def test_array_may_come_after_its_value_in_any_chunk(tmp_path: Path) -> None:
    arrays = {id: np.full(2, id) for id in (3, 900, 1_500, 2_047)}
    stats = describe(np.arange(4))
    with TraceWriter(tmp_path / "run.trace", INFO) as writer:
        writer.append(Batch(values=[value(id, np.zeros(2, int)) for id in range(2_000)]))
        writer.append(Batch(values=[value(id, np.zeros(2, int)) for id in range(2_000, 2_100)]))
        writer.append(Batch(arrays=list(arrays.items()), stats=[(5, stats)]))
    with open_trace(tmp_path / "run.trace") as found:
        for id in range(2_100):
            assert_same_array(found.array(id), arrays.get(id))
        assert found.stats(5) == stats
        assert found.stats(3) == describe(arrays[3])


def test_texts_that_utf8_cannot_hold_or_that_are_huge_are_kept_readable(tmp_path: Path) -> None:
    file, huge = "caf\udce9.py", "x" * (TEXT_LIMIT + 5)
    where = LocationRow(0, file, "f", 1, 1, 0, 0, huge, "nul\0tab\t\x1b[2J")
    with TraceWriter(tmp_path / "run.trace", replace(INFO, title=file, argv=(file,))) as writer:
        writer.append(Batch(locations=[where], sources={file: "text \udc80\r\n\x9b"}))
    with open_trace(tmp_path / "run.trace") as found:
        row = found.location(0)
        assert row.file == "caf\\udce9.py"
        assert row.variable == "nul�tab\t�[2J"  # a terminal would obey the rest
        assert row.expression == "x" * (TEXT_LIMIT - 1) + "…"
        assert found.source_text(row.file) == found.source_text(file) == "text \\udc80\n�"
        assert found.info.title == "caf\\udce9.py"


def test_ids_out_of_range_raise_index_error(tmp_path: Path) -> None:
    save_trace(sample_trace(), tmp_path / "run.trace")
    with open_trace(tmp_path / "run.trace") as found:
        for ask in (
            found.event,
            found.value,
            found.location,
            found.scope,
            found.array,
            found.stats,
        ):
            for id in (-1, 10_000):
                with pytest.raises(IndexError, match=f"no .* {id}: there are"):
                    ask(id)


# -- a growing file --------------------------------------------------------------------------------


def test_reader_follows_a_growing_file(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    with TraceWriter(path, INFO) as writer, open_trace(path) as found:
        assert (found.event_count, found.info.state) == (0, "recording")
        assert found.refresh() is False
        writer.append(Batch(scopes=[PROGRAM], events=[event(0, inputs=(0,))]
                            , values=[value(0, np.ones(2))]))  # fmt: skip
        assert found.event_count == 0
        assert found.refresh() is True
        assert found.event(0).op == "add"
        assert found.consumers(0) == [0]
        assert found.array(0) is None
        for id in range(1, 1_500):
            writer.append(Batch(events=[event(id, inputs=(0,))]))
            if id % 100 == 0:
                assert found.refresh() is True
                assert found.event(id).id == id
                assert found.consumers(0) == list(range(id + 1))
        writer.append(Batch(arrays=[(0, np.ones(2))]))
        writer.update_info(replace(INFO, state="complete"))
        assert found.refresh() is True
        assert found.info.state == "complete"
        assert_same_array(found.array(0), np.ones(2))
        assert found.refresh() is False


def test_reader_in_a_thread_never_sees_half_a_batch(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    done = threading.Event()
    writer = TraceWriter(path, INFO)
    writer.append(Batch(scopes=[PROGRAM]))

    def write() -> None:
        for id in range(300):
            array = np.full(50, id)
            writer.append(
                Batch([event(id, outputs=(id,))], [value(id, array, event=id)], [(id, array)])
            )
        done.set()

    thread = threading.Thread(target=write)
    with open_trace(path) as found:
        thread.start()
        seen = 0
        while seen < 300:
            last_look = done.is_set()
            found.refresh()
            assert found.event_count == found.value_count >= seen
            seen = found.event_count
            if seen:
                assert int(found.array(found.event(seen - 1).outputs[0])[0]) == seen - 1
            assert seen == 300 or not last_look
        thread.join()
    writer.close()


def test_one_file_is_left_even_when_a_reader_outlives_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    writer = TraceWriter(path, INFO)
    writer.append(Batch(scopes=[PROGRAM], events=[event(0)]))
    found = open_trace(path)
    writer.update_info(replace(INFO, state="complete"))
    writer.close()
    assert path.with_name("run.trace-wal").stat().st_size == 0  # the file alone is the trace
    assert found.event(0) == event(0)
    found.close()
    assert os.listdir(tmp_path) == ["run.trace"]


def test_several_threads_may_ask_one_reader(tmp_path: Path) -> None:
    sample = sample_trace()
    save_trace(sample, tmp_path / "run.trace")
    failures = []

    def ask(found: FileTrace) -> None:
        try:
            for _ in range(20):
                assert_same_rows(found, sample)
        except BaseException as error:
            failures.append(error)

    with open_trace(tmp_path / "run.trace") as found:
        threads = [threading.Thread(target=ask, args=(found,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_closed_trace_says_so(tmp_path: Path) -> None:
    save_trace(sample_trace(), tmp_path / "run.trace")
    found = open_trace(tmp_path / "run.trace")
    found.event(0)
    found.close()
    found.close()
    with pytest.raises(ValueError, match=r"the trace '.*run.trace' is closed"):
        found.event(0)


# -- saving ----------------------------------------------------------------------------------------


def test_failed_save_leaves_what_was_there(tmp_path: Path) -> None:
    class Broken(RowsTrace):
        def event(self, id: int) -> EventRow:
            raise TraceFileError("the source is damaged")

    save_trace(sample_trace(), tmp_path / "run.trace")
    before = (tmp_path / "run.trace").read_bytes()
    broken = Broken()
    broken.event_rows = sample_trace().event_rows
    with pytest.raises(TraceFileError, match="the source is damaged"):
        save_trace(broken, tmp_path / "run.trace")
    assert (tmp_path / "run.trace").read_bytes() == before
    assert os.listdir(tmp_path) == ["run.trace"]


def test_trace_can_be_saved_from_a_file_onto_itself(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    save_trace(sample_trace(), path)
    with open_trace(path) as found:
        save_trace(found, path)
    with open_trace(path) as found:
        assert_same_rows(found, sample_trace())


def test_saving_holds_few_arrays_at_a_time(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tracegrad.recording.writer._SAVED_AT_ONCE", 1_000)
    trace = RowsTrace()
    for n in range(20):
        trace.add_value(np.full(100, float(n)), "input")
    held = []
    append = TraceWriter.append
    monkeypatch.setattr(
        TraceWriter,
        "append",
        lambda self, batch: (held.append(len(batch.arrays)), append(self, batch))[1],
    )
    save_trace(trace, tmp_path / "run.trace")
    assert max(held) == 2
    with open_trace(tmp_path / "run.trace") as found:
        assert_same_rows(found, trace)
