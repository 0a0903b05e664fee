"""A trace is safe from what befalls its program, and other files are safe from the trace."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.recording.rows import INFO
from tests.recording.test_trace_file import PROGRAM, event, value
from tests.sample_trace import sample_trace
from tracegrad.errors import TraceFileError
from tracegrad.recording.reader import open_trace
from tracegrad.recording.sqlite_file import connect_writer
from tracegrad.recording.writer import Batch, TraceWriter, save_trace

ROOT = Path(__file__).parents[2]


def numbered(first: int, count: int) -> Batch:
    """Events and values `first` and on; the elements of each value are its number."""
    ids = range(first, first + count)
    arrays = [np.full(4, id) for id in ids]
    return Batch(
        events=[event(id, inputs=(id,)) for id in ids],
        values=[value(id, array) for id, array in zip(ids, arrays, strict=True)],
        arrays=list(zip(ids, arrays, strict=True)),
    )


def message(error: pytest.ExceptionInfo[TraceFileError], folder: Path) -> str:
    return str(error.value).replace(str(folder), "DIR")


def save(path: Path, _: object, **options: bool) -> None:
    save_trace(sample_trace(), path, **options)


# -- killed, forked --------------------------------------------------------------------------------

KILLED = """
import sys
sys.path.insert(0, {root!r})
from tests.recording.test_trace_writer import *
writer = TraceWriter({path!r}, INFO)
writer.append(Batch(scopes=[PROGRAM]))
first = 0
while True:
    writer.append(numbered(first, 37))
    first += 37
    print(first, flush=True)
"""


def test_every_acknowledged_batch_is_there_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    program = KILLED.format(root=str(ROOT), path=str(path))
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        acknowledged = 0
        while acknowledged < 3_000:
            acknowledged = int(run.stdout.readline())
        run.send_signal(signal.SIGKILL)
        for line in run.stdout:
            acknowledged = int(line) if line.endswith("\n") else acknowledged
    assert path.with_name("run.trace-wal").stat().st_size > 0
    with open_trace(path) as found:
        assert found.info.state == "recording"
        assert found.event_count == found.value_count >= acknowledged
        for id in range(found.event_count):
            assert found.event(id) == event(id, inputs=(id,))
            assert found.array(id).tolist() == [id] * 4


def test_new_trace_is_not_mixed_with_the_log_of_a_killed_one(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    old = TraceWriter(path, INFO)
    old.append(Batch(scopes=[PROGRAM]))
    old.append(numbered(0, 50))
    log = path.with_name("run.trace-wal").read_bytes()
    old.close()
    path.with_name("run.trace-wal").write_bytes(log)  # as if it had been killed
    with TraceWriter(path, INFO) as writer:
        writer.append(Batch(scopes=[PROGRAM], events=[event(0, op="new")]))
    with open_trace(path) as found:
        assert (found.event_count, found.value_count) == (1, 0)
        assert found.event(0).op == "new"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_child_never_touches_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    writer = TraceWriter(path, INFO)
    writer.append(Batch(scopes=[PROGRAM]))
    writer.append(numbered(0, 5))
    held, release = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        with writer._lock:
            held.set()
            release.wait()

    thread = threading.Thread(target=hold_the_lock)
    thread.start()
    held.wait()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = str(writer.closed)
            try:
                writer.append(numbered(5, 5))
            except TraceFileError as error:
                said += f" {error}"
            writer.close()
            os.write(writing, said.encode())
            del writer
        finally:
            os._exit(0)
    os.close(writing)
    release.set()
    thread.join()
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    assert said == (
        f"True cannot write the trace '{path}': process {os.getpid()} writes it, and this is "
        f"process {child}, which was made by fork()"
    )
    writer.append(numbered(5, 5))
    writer.close()
    with open_trace(path) as found:
        assert [row.id for row in found.events()] == list(range(10))
    assert os.listdir(tmp_path) == ["run.trace"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_reader_still_reads_in_a_forked_child(tmp_path: Path) -> None:
    save_trace(sample_trace(), tmp_path / "run.trace")
    found = open_trace(tmp_path / "run.trace")
    child = os.fork()
    if child == 0:
        try:
            right = found.event(0) == sample_trace().event(0) and found.array(0) is not None
            found.close()
            os._exit(0 if right else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert found.array(1) is not None
    found.close()


# -- full and broken disks -------------------------------------------------------------------------


def test_full_disk_is_said_once_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    writer = TraceWriter(path, INFO)
    writer.append(Batch(scopes=[PROGRAM]))
    writer.append(numbered(0, 1_030))
    (pages,) = writer._connection.execute("PRAGMA page_count").fetchone()
    writer._connection.execute(f"PRAGMA max_page_count={pages + 1}")
    lost = numbered(1_030, 5_000)
    with pytest.raises(TraceFileError) as error:
        writer.append(lost)
    assert message(error, tmp_path) == (
        "cannot write the trace 'DIR/run.trace': the disk is full\n"
        "  try: free some space, or record fewer values"
    )
    with open_trace(path) as found:
        assert [row.id for row in found.events()] == list(range(1_030))
        assert found.array(1_029).tolist() == [1_029] * 4
    writer._connection.execute("PRAGMA max_page_count=1000000")
    writer.append(lost)
    writer.close()
    with open_trace(path) as found:
        assert found.event_count == found.value_count == 6_030
        assert found.event(6_029) == event(6_029, inputs=(6_029,))
        assert found.array(6_029).tolist() == [6_029] * 4


@pytest.fixture
def tiny_disk(tmp_path: Path):
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_really_full_disk_keeps_what_was_written_in_two_files(tiny_disk: Path) -> None:
    path = tiny_disk / "run.trace"
    writer = TraceWriter(path, INFO)
    writer.append(Batch(scopes=[PROGRAM]))
    written, said = 0, ""
    while written < 100 and not said:
        array = np.full(10_000, written)
        try:
            writer.append(Batch(values=[value(written, array)], arrays=[(written, array)]))
            written += 1
        except TraceFileError as error:
            said = str(error)
    assert said.startswith(f"cannot write the trace '{path}': the disk is full")
    assert written > 0
    with open_trace(path) as found:
        assert found.value_count == written
        assert found.array(written - 1)[0] == written - 1
    with pytest.raises(TraceFileError, match="the disk is full"):
        writer.close()
    writer.close()
    with open_trace(path) as found:
        assert found.value_count == written
        assert [int(found.array(id)[0]) for id in range(written)] == list(range(written))


def test_closed_writer_refuses_rows(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.trace", INFO)
    writer.close()
    writer.close()
    with pytest.raises(TraceFileError) as error:
        writer.append(Batch())
    assert message(error, tmp_path) == "cannot write the trace 'DIR/run.trace': it is closed"
    assert os.listdir(tmp_path) == ["run.trace"]


# -- rows that do not fit --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        (
            Batch(events=[event(5), event(7)]),
            "event rows are numbered without gaps: after 5 came 7",
        ),
        (Batch(events=[event(0)]), "event rows are numbered without gaps: after 4 came 0"),
        (
            Batch(arrays=[(9, np.zeros(4, int))]),
            "there is no value 9: there are 5",
        ),
        (
            Batch(arrays=[(3, np.zeros(5, int))]),
            "the array of value 3 is int64[5], its row says int64[4]",
        ),
        (
            Batch(arrays=[(3, np.array([None] * 4))]),
            "value 3 has dtype object, which a trace file cannot hold",
        ),
        (
            Batch(values=[value(5, np.zeros(2), kept=False)], arrays=[(5, np.zeros(2))]),
            "the array of value 5 came, but its row says that it is not kept",
        ),
    ],
)
def test_batch_that_does_not_fit_is_refused_whole(tmp_path: Path, batch: Batch, said: str) -> None:
    with TraceWriter(tmp_path / "run.trace", INFO) as writer:
        writer.append(Batch(scopes=[PROGRAM]))
        writer.append(numbered(0, 5))
        with pytest.raises(ValueError) as error:  # noqa: PT011
            writer.append(batch)
        assert str(error.value) == said
        writer.append(numbered(5, 5))
    with open_trace(tmp_path / "run.trace") as found:
        assert found.event_count == found.value_count == 10
        assert found.array(9).tolist() == [9] * 4


# -- the place -------------------------------------------------------------------------------------


def test_existing_trace_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    save_trace(sample_trace(), path)
    TraceWriter(path, replace(INFO, title="second")).close()
    with open_trace(path) as found:
        assert (found.info.title, found.event_count) == ("second", 0)


def test_empty_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    path.touch()
    TraceWriter(path, INFO).close()
    with open_trace(path) as found:
        assert found.info == INFO


@pytest.mark.parametrize("write", [TraceWriter, save])
def test_file_that_is_no_trace_is_replaced_on_request_only(tmp_path: Path, write) -> None:
    path = tmp_path / "thesis.tex"
    path.write_text("years of work")
    with pytest.raises(TraceFileError) as error:
        write(path, INFO)
    assert message(error, tmp_path) == (
        "cannot write the trace 'DIR/thesis.tex': a file that is no trace has that name\n"
        "  try: another path, or overwrite=True to replace it"
    )
    assert path.read_text() == "years of work"
    written = write(path, INFO, overwrite=True)
    if written is not None:
        written.close()
    open_trace(path).close()
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_database_of_another_program_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE account (id)")
    connection.close()
    with pytest.raises(TraceFileError, match="a file that is no trace has that name"):
        TraceWriter(path, INFO)


def test_second_writer_of_the_same_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    with TraceWriter(path, INFO) as writer:
        with pytest.raises(TraceFileError) as error:
            TraceWriter(tmp_path / "." / "run.trace", INFO)
        assert message(error, tmp_path) == (
            "cannot write the trace 'DIR/run.trace': this program is already writing it\n"
            "  try: another path, or close the other recording first"
        )
        writer.append(Batch(scopes=[PROGRAM]))


def test_file_that_another_program_is_writing_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    program = KILLED.format(root=str(ROOT), path=str(path))
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        for write in (TraceWriter, save):
            with pytest.raises(TraceFileError) as error:
                write(path, INFO)
            assert message(error, tmp_path) == (
                "cannot write the trace 'DIR/run.trace': another program is writing it\n"
                "  try: another path for one of the two"
            )
        run.kill()
    TraceWriter(path, INFO).close()
    with open_trace(path) as found:
        assert found.event_count == 0


def test_two_writers_that_start_at_once_do_not_share_a_file(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "run.trace"

    def connect_too_late(place: Path) -> sqlite3.Connection:
        other = tmp_path / "other"
        other.write_bytes(place.read_bytes())
        other.replace(place)
        return connect_writer(place)

    monkeypatch.setattr("tracegrad.recording.writer.connect_writer", connect_too_late)
    with pytest.raises(TraceFileError, match="another program is writing it"):
        TraceWriter(path, INFO)


def test_places_where_no_file_can_be_are_named(tmp_path: Path) -> None:
    with pytest.raises(TraceFileError) as error:
        TraceWriter(tmp_path / "no" / "run.trace", INFO)
    assert message(error, tmp_path) == (
        "cannot write the trace 'DIR/no/run.trace': there is no folder 'DIR/no'\n"
        "  try: mkdir -p 'DIR/no'"
    )
    with pytest.raises(TraceFileError) as error:
        TraceWriter(tmp_path, INFO)
    assert message(error, tmp_path) == "cannot write the trace 'DIR': that is a folder"
    with pytest.raises(TraceFileError) as error:
        save_trace(sample_trace(), tmp_path / "no" / "run.trace")
    assert message(error, tmp_path).startswith("cannot write the trace 'DIR/no/run.trace': there")
    with pytest.raises(TraceFileError) as error:
        TraceWriter("/dev/null", INFO, overwrite=True)
    assert str(error.value) == "cannot write the trace '/dev/null': that is a device or a pipe"


@pytest.fixture
def public_folder():
    """A folder that every user may look into, as pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield folder
        folder.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="this system has no users to change to")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_folder_without_write_permission_can_be_read_from_but_not_written_to(
    public_folder: Path,
) -> None:
    save_trace(sample_trace(), public_folder / "done.trace")
    writer = TraceWriter(public_folder / "run.trace", INFO)
    writer.append(Batch(scopes=[PROGRAM]))
    writer.append(numbered(0, 5))
    writer._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # A copy of a file that was still being written: SQLite would want a log beside it.
    (public_folder / "copy.trace").write_bytes((public_folder / "run.trace").read_bytes())
    writer.append(numbered(5, 5))
    (public_folder / "both.trace").write_bytes((public_folder / "run.trace").read_bytes())
    log = (public_folder / "run.trace-wal").read_bytes()
    (public_folder / "both.trace-wal").write_bytes(log)
    writer.close()
    public_folder.chmod(0o555)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            said = ""
            for name in ("done.trace", "copy.trace"):
                with open_trace(public_folder / name) as found:
                    said += f"{found.event_count} events, "
            for attempt in (open_trace, lambda path: TraceWriter(path, INFO)):
                try:
                    attempt(public_folder / "both.trace")
                except TraceFileError as error:
                    said += "\n" + str(error).replace(str(public_folder), "DIR")
            os.write(writing, said.encode())
        except BaseException as error:
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    assert said == (
        f"{sample_trace().event_count} events, 5 events, \n"
        "cannot read 'DIR/both.trace': its last rows are in 'both.trace-wal'\n"
        "  try: copy both files into a folder that you may write to, and open it there\n"
        "cannot write the trace 'DIR/both.trace': it cannot be created there\n"
        "  try: a folder that you may write to"
    )
