"""Whatever file it is given, the reader answers with rows or with one clear error."""

from __future__ import annotations

import os
import pickle
import random
import sqlite3
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.recording.rows import INFO
from tests.recording.test_trace_file import PROGRAM, event, value
from tests.sample_trace import sample_trace
from tracegrad.errors import TraceFileError
from tracegrad.recording.columns import CHUNK_HEAD, PART_HEAD, encode
from tracegrad.recording.model import ScopeRow
from tracegrad.recording.reader import open_trace
from tracegrad.recording.schema import EVENT, FORMAT, PLACE, SCOPE, VALUE, Place
from tracegrad.recording.stats import describe
from tracegrad.recording.writer import Batch, TraceWriter, save_trace

COPY_AGAIN = "  try: copy it again from where it was recorded, or record again"
NO_TRACE = "  try: the file that a recording wrote, usually run.trace"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    """A trace of 1,200 events with values."""
    path = tmp_path_factory.mktemp("whole") / "run.trace"
    with TraceWriter(path, INFO) as writer:
        ids = range(1_200)
        arrays = [np.full(9, id) for id in ids]
        writer.append(
            Batch(
                scopes=[PROGRAM],
                events=[event(id, inputs=(id, None), options=f"n={id}") for id in ids],
                values=[value(id, array) for id, array in zip(ids, arrays, strict=True)],
                arrays=list(zip(ids, arrays, strict=True)),
                sources={"train.py": "import tracegrad\n" * 2_000},
            )
        )
    return path.read_bytes()


def read_everything(path: Path) -> None:
    with open_trace(path) as found:
        for row in found.events():
            found.scope(row.scope)
            found.backward_events(row.id)
        for id in range(found.value_count):
            found.value(id)
            found.array(id)
            found.stats(id)
            found.consumers(id)
        found.locations()
        found.source_text("train.py")


def refusal(path: Path, read: Callable[[Path], object] = open_trace) -> str:
    with pytest.raises(TraceFileError) as error:
        read(path)
    return str(error.value).replace(str(path.parent), "DIR")


# -- what is no trace ------------------------------------------------------------------------------


def test_missing_file_names_the_traces_that_are_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "run.trace") == "there is no trace file 'DIR/run.trace'"
    for name in ("a.trace", "b.trace", "c.trace", "d.trace", "notes.txt"):
        (tmp_path / name).touch()
    assert refusal(tmp_path / "run.trace") == (
        "there is no trace file 'DIR/run.trace'\n"
        "  try: a trace in that folder: a.trace, b.trace, c.trace and 1 more"
    )


def test_folder_names_the_traces_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "first.trace").touch()
    assert refusal(folder) == (
        "'DIR/runs' is a folder, not a trace file\n  try: a trace in that folder: first.trace"
    )


def test_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "run.trace").touch()
    assert refusal(tmp_path / "run.trace") == (
        "'DIR/run.trace' is empty: it has 0 bytes\n  try: record again, or copy it again"
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"Dear diary,\n" * 99, "a text file"),
        pytest.param("schöne Grüße\n".encode() * 200, "a text file", id="utf8"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "a PNG image"),
        (pickle.dumps({"weights": [1.0]}), "a pickle"),
        (b"PK\x03\x04" + bytes(99), "a zip archive (a PyTorch or NumPy file is one)"),
        (random.Random(0).randbytes(5_000), "a binary file of an unknown kind"),
    ],
)
def test_file_of_another_kind_is_called_by_its_kind(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    (tmp_path / "x.trace").write_bytes(content)
    assert (
        refusal(tmp_path / "x.trace") == f"'DIR/x.trace' is not a trace: it is {kind}\n{NO_TRACE}"
    )


def test_database_of_another_program_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE event (id)")
    connection.close()
    assert refusal(path) == (
        "'DIR/bank.db' is not a trace: it is an SQLite database of another program\n" + NO_TRACE
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_named_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == (
        "'DIR/pipe' is not a trace: it is a device or a pipe, not a file"
    )


def test_newer_format_says_who_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    with TraceWriter(path, replace(INFO, versions={"tracegrad": "9.1.0"})):
        pass
    change(path, "PRAGMA user_version=7", "DROP TABLE event")
    assert refusal(path) == (
        f"'DIR/run.trace' has trace format 7; this tracegrad reads format {FORMAT}\n"
        "  written by  tracegrad 9.1.0\n"
        "  try: pip install --upgrade tracegrad"
    )


def test_older_format_says_to_record_again(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    with TraceWriter(path, replace(INFO, versions={"tracegrad": "9.1.0"})):
        pass
    change(path, "PRAGMA user_version=1")
    assert refusal(path) == (
        f"'DIR/run.trace' has trace format 1; this tracegrad reads format {FORMAT}\n"
        "  written by  tracegrad 9.1.0\n"
        "  try: record again"
    )


# -- cut short and damaged -------------------------------------------------------------------------


def test_file_cut_anywhere_is_called_cut_short(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "run.trace"
    cuts = {1, 15, 16, 99, 100, 4_096, 8_192, len(whole) // 2, len(whole) - 8_192, len(whole) - 1}
    cuts.update(random.Random(0).sample(range(1, len(whole)), 40))
    for cut in cuts:
        path.write_bytes(whole[:cut])
        of = f" of {len(whole):,}" if cut >= 100 else ""
        assert refusal(path) == (
            f"'DIR/run.trace' is cut short: {cut:,}{of} bytes are here\n"
            "  try: copy it again; while it is being recorded, the file ending in -wal belongs to "
            "it"
        )


def test_damage_anywhere_gives_rows_or_a_clear_error(tmp_path: Path, whole: bytes) -> None:
    pick = random.Random(1)
    path = tmp_path / "run.trace"
    refused = 0
    for _ in range(25):
        damaged = bytearray(whole)
        at = pick.randrange(len(whole))
        length = pick.choice([1, 8, 400, 9_000])
        damaged[at : at + length] = pick.randbytes(len(damaged[at : at + length]))
        path.write_bytes(damaged)
        message = ""
        try:
            read_everything(path)
        except TraceFileError as error:
            message = str(error)
            refused += 1
        assert message.startswith((f"'{path}' is ", f"cannot read '{path}'")) or not message
    assert refused > 8


def test_changed_byte_in_a_chunk_is_noticed(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "run.trace"
    path.write_bytes(whole)
    with sqlite3.connect(path) as connection:
        (data,) = connection.execute("SELECT data FROM event WHERE id = 1").fetchone()
        wrong = data[:-1] + bytes([data[-1] ^ 1])
        connection.execute("UPDATE event SET data = ? WHERE id = 1", (wrong,))
    connection.close()
    with open_trace(path) as found:
        assert found.event(1_023).id == 1_023
        assert refusal(path, lambda _: found.event(1_024)) == (
            "'DIR/run.trace' is damaged: chunk 1 of table 'event': its checksum does not match\n"
            + COPY_AGAIN
        )


# -- hostile ---------------------------------------------------------------------------------------


def change(path: Path, *statements: str, **parameters: object) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement, parameters if ":" in statement else {})
    connection.commit()
    connection.close()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "run.trace"
    array = np.arange(6.0)
    with TraceWriter(path, INFO) as writer:
        writer.append(
            Batch(
                scopes=[PROGRAM],
                events=[event(0, inputs=(0,))],
                values=[value(0, array), value(1, array, kept=False)],
                arrays=[(0, array)],
                stats=[(1, describe(array))],
            )
        )
    return path


def put(path: Path, table: str, blob: bytes, rows: int) -> None:
    change(path, f"UPDATE {table} SET data = :data, rows = :rows", data=blob, rows=rows)


def sealed(body: bytes, rows: int = 1) -> bytes:
    """A chunk with a right checksum around a wrong body."""
    return CHUNK_HEAD.pack(zlib.crc32(body), rows) + body


ROWS = {
    "value that is not there": ("event", EVENT, [event(0, inputs=(99,))]),
    "location that is not there": ("event", EVENT, [event(0, location=0)]),
    "scope that is not there": ("event", EVENT, [event(0, scope=5)]),
    "negative scope": ("event", EVENT, [event(0, scope=-1)]),
    "event that is not there": ("value", VALUE, [value(0, np.zeros(6), event=1)] * 2),
    "gradient of a value that is not there": ("value", VALUE, [value(0, np.zeros(6), of=2)] * 2),
    "scope without end": ("scope", SCOPE, [ScopeRow(0, 7, "", "", "program", "", "")]),
    "statistics that are not there": ("place", PLACE, [Place(0, 0, 8), Place()]),
}


@pytest.mark.parametrize("name", ROWS)
def test_reference_to_a_row_that_is_not_there_is_damage(small: Path, name: str) -> None:
    table, layout, rows = ROWS[name]
    put(small, table, encode(layout, rows, lambda text: 0), len(rows))
    found = refusal(small, read_everything)
    assert found.startswith(f"'DIR/run.trace' is damaged: chunk 0 of table '{table}'")
    assert found.endswith(COPY_AGAIN)


def test_text_that_is_not_there_is_damage(small: Path) -> None:
    put(small, "event", encode(EVENT, [event(0)], lambda text: 2**62), 1)
    assert refusal(small, read_everything) == (
        f"'DIR/run.trace' is damaged: text {2**62} is missing\n{COPY_AGAIN}"
    )


BODIES = {
    "nothing": b"",
    "half a head": PART_HEAD.pack(0, 1, 1)[:7],
    "fewer numbers than it says": PART_HEAD.pack(0, 1, 8) + b"\0",
    "a billion numbers in no bytes": PART_HEAD.pack(5, 10**9, 0),
    "a width that does not exist": PART_HEAD.pack(0, 1, 3) + bytes(3),
    "a kind that does not exist": PART_HEAD.pack(200, 1, 0),
    "a base that overflows": PART_HEAD.pack(2**63 - 1, 1, 1) + b"\xff",
}


@pytest.mark.parametrize("name", BODIES)
def test_chunk_that_does_not_add_up_is_damage(small: Path, name: str) -> None:
    put(small, "event", sealed(BODIES[name]), 1)
    found = refusal(small, read_everything)
    assert found.startswith("'DIR/run.trace' is damaged: chunk 0 of table 'event': ")


def test_tuples_that_claim_a_billion_items_take_no_memory(small: Path) -> None:
    head = PART_HEAD.pack(0, 1, 0)  # kind, op
    for lengths, items in [(10**9, 10**9), (10**9, 0), (-5, 0), (2**62, 1)]:
        body = head * 2 + PART_HEAD.pack(lengths, 1, 0) + PART_HEAD.pack(0, items % 2**32, 0)
        put(small, "event", sealed(body), 1)
        found = refusal(small, read_everything)
        assert found.startswith("'DIR/run.trace' is damaged: chunk 0 of table 'event': ")


@pytest.mark.parametrize(
    ("number", "rows"), [(2**50, 1), (2**62, 1024), (-3, 1), (0, 10**6), (0, -1), (0, "many")]
)
def test_false_number_of_rows_neither_hangs_nor_fills_memory(
    small: Path, number: int, rows: object
) -> None:
    change(small, "UPDATE event SET id = :id, rows = :rows", id=number, rows=rows)
    assert refusal(small, read_everything).startswith("'DIR/run.trace' is damaged: ")


ARRAYS = {
    "objects": {"dtype": "object"},
    "a dtype with code in its name": {"dtype": "O8,(__import__('os').system('x'),)i4"},
    "more elements than bytes": {"shape": (7,)},
    "a terabyte": {"shape": (2**40,)},
    "more than an index can count": {"shape": (2**62, 2**62)},
    "nothing times too much": {"shape": (0, 2**62, 2**62)},
    "too many dimensions": {"shape": (1,) * 65},
    "a wider dtype": {"dtype": "complex128"},
}


@pytest.mark.parametrize("name", ARRAYS)
def test_array_that_its_bytes_do_not_hold_is_damage(small: Path, name: str) -> None:
    row = replace(value(0, np.arange(6.0)), **ARRAYS[name])
    texts = {row.dtype: 0}
    change(small, "UPDATE string SET text = :text WHERE id = 0", text=row.dtype)
    change(small, "INSERT OR REPLACE INTO string VALUES (1, '')")
    put(small, "value", encode(VALUE, [row, row], lambda text: texts.get(text, 1)), 2)
    found = refusal(small, read_everything)
    assert found.startswith("'DIR/run.trace' is damaged: the elements of value 0 ")


@pytest.mark.parametrize("place", [Place(0, 1), Place(0, -8), Place(7, 0), Place(2**62, 0)])
def test_place_outside_of_the_payload_is_damage(small: Path, place: Place) -> None:
    put(small, "place", encode(PLACE, [place, Place()], lambda text: 0), 2)
    assert refusal(small, read_everything) == (
        "'DIR/run.trace' is damaged: the elements of value 0 are not where they should be\n"
        + COPY_AGAIN
    )


def test_truth_values_other_than_0_and_1_are_true(tmp_path: Path) -> None:
    path, array = tmp_path / "run.trace", np.array([True, False, True])
    with TraceWriter(path, INFO) as writer:
        writer.append(Batch(values=[value(0, array)], arrays=[(0, array)]))
    change(path, "UPDATE payload SET data = x'ff0002'")
    with open_trace(path) as found:
        assert found.array(0).view(np.uint8).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "info",
    [
        "", "[]", "{}", "null", "[" * 100_000, '{"title": 1}', "\ud800".encode("utf-8", "replace"),
        '{"title": "", "argv": [1], "created": "", "state": "done", "error": "", "duration": 0,'
        ' "versions": {}}',
        '{"title": "", "argv": [], "created": "", "state": "complete", "error": "", "duration": {},'
        ' "versions": []}',
    ],
    ids=range(9),
)  # fmt: skip
def test_info_of_another_form_is_damage(small: Path, info: object) -> None:
    change(small, "UPDATE meta SET value = :info WHERE key = 'info'", info=info)
    assert refusal(small) == f"'DIR/run.trace' is damaged: its info cannot be read\n{COPY_AGAIN}"


@pytest.mark.parametrize(
    "statements",
    [
        [
            "DROP TABLE event",
            "CREATE VIEW event AS SELECT 0 AS id, 1 AS rows, randomblob(9) AS data",
        ],
        ["DROP TABLE event", "CREATE TABLE event (id, rows, data AS (zeroblob(1e9)))"],
        ["DROP TABLE stats"],
        ["DROP TABLE string", "CREATE VIRTUAL TABLE string USING fts5(id, text)"],
    ],
)
def test_table_that_is_something_else_is_damage(small: Path, statements: list[str]) -> None:
    change(small, *statements)
    assert refusal(small) == (
        f"'DIR/run.trace' is damaged: its tables are not those of a trace\n{COPY_AGAIN}"
    )


def test_triggers_and_views_beside_the_tables_do_nothing(small: Path) -> None:
    change(
        small,
        "CREATE VIEW extra AS SELECT load_extension('evil')",
        "CREATE TRIGGER bad AFTER INSERT ON event BEGIN SELECT load_extension('evil'); END",
    )
    read_everything(small)


def test_giant_text_is_cut_or_refused(small: Path) -> None:
    change(small, "UPDATE string SET text = printf('%.*c', 1000000, 'x')")
    with open_trace(small) as found:
        assert len(found.event(0).op) == 1 << 16
    change(small, "UPDATE string SET text = printf('%.*c', 70000000, 'x')")
    assert refusal(small, read_everything) == (
        "'DIR/run.trace' is damaged: it has a text or a blob of more than 67.1 MB\n" + COPY_AGAIN
    )


def test_statistics_must_match_their_layout(small: Path) -> None:
    put(small, "stats", sealed(struct.pack("<d", 1.0)), 1)
    found = refusal(small, read_everything)
    assert found.startswith("'DIR/run.trace' is damaged: chunk 0 of table 'stats': ")


def test_reader_cannot_write(small: Path) -> None:
    with open_trace(small) as found, pytest.raises(sqlite3.OperationalError, match="readonly"):
        found._connection.execute("DELETE FROM event")


def test_saved_copy_of_a_damaged_trace_is_not_half_written(small: Path, tmp_path: Path) -> None:
    put(small, "event", sealed(b""), 1)
    with open_trace(small) as found, pytest.raises(TraceFileError, match="is damaged"):
        save_trace(found, tmp_path / "copy.trace")
    assert not (tmp_path / "copy.trace").exists()
    save_trace(sample_trace(), tmp_path / "copy.trace")
