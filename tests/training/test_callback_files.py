"""Files that callbacks write for people: tables, and events for TensorBoard."""

from __future__ import annotations

import csv
import math
import struct
from pathlib import Path

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import classes, line, recipe
from tracegrad.training import Callback
from tracegrad.training.callbacks import AutoResume, CSVLogger, TFEvents
from tracegrad.training.callbacks.tf_events import crc32c

X, Y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)


class Stops(Callback):
    """Breaks the fit off in the middle of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_train_begin(self, ctx):
        if ctx.epoch == self.epoch:
            raise KeyboardInterrupt


def fit(*callbacks, epochs=2):
    return recipe().fit(
        classes(), epochs, valid_data=classes(20, seed=1), callbacks=callbacks, verbose=False
    )


# -- CSVLogger -------------------------------------------------------------------------------------


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def recorded(fitted) -> list[tuple[int, str, str, float]]:
    return sorted((r.epoch, r.set, r.metric, r.value) for r in fitted.records.rows())


def read(path: Path) -> list[tuple[int, str, str, float]]:
    lines = [
        (int(r["epoch"]), r["set"], r["metric"], float(r["value"]))
        for r in rows(path)
    ]  # fmt: skip
    return sorted(lines)


def test_the_table_has_every_number_of_every_epoch(tmp_path):
    path = tmp_path / "logs" / "fit.csv"
    fitted = fit(CSVLogger(path))
    assert path.read_text().splitlines()[0] == "epoch,set,metric,value"
    assert read(path) == recorded(fitted)
    assert len(rows(path)) == 2 * 4


def test_the_table_is_complete_after_each_epoch(tmp_path):
    path, lengths = tmp_path / "fit.csv", []

    class Looks(Callback):
        order = 1000

        def on_epoch_end(self, ctx):
            lengths.append(len(rows(path)))

    fit(CSVLogger(path), Looks(), epochs=3)
    assert lengths == [4, 8, 12]


def test_a_fit_that_goes_on_goes_on_in_its_table_and_a_new_one_begins_anew(tmp_path):
    path = tmp_path / "fit.csv"
    with pytest.raises(KeyboardInterrupt):
        fit(AutoResume(tmp_path / "state"), CSVLogger(path), Stops(3), epochs=4)
    with path.open("a") as file:
        file.write("3,train,lo")  # what a kill may leave
    fitted = fit(AutoResume(tmp_path / "state"), CSVLogger(path), epochs=4)
    assert read(path) == recorded(fitted)
    assert len(rows(path)) == 4 * 4
    logger = CSVLogger(path)
    assert len(fit(logger, epochs=1).records) == len(rows(path)) == 4
    fit(logger, epochs=2)
    assert len(rows(path)) == 8


def test_numbers_that_are_not_finite_and_names_with_commas_stay_readable(tmp_path):
    class Logs(Callback):
        def on_train_end(self, ctx):
            ctx.log("a, b", math.nan)
            ctx.log("c", -math.inf)

    path = tmp_path / "fit.csv"
    line().fit((X, Y), 1, callbacks=[CSVLogger(path), Logs()], verbose=False)
    found = {row["metric"]: float(row["value"]) for row in rows(path)}
    assert math.isnan(found["a, b"])
    assert found["c"] == -math.inf


# -- TFEvents: read again by a decoder that shares nothing with the writer -------------------------


def checksum(content: bytes) -> int:
    """CRC-32C by long division of polynomials, the lowest bit first."""
    remainder = int.from_bytes(content, "little") ^ 0xFFFFFFFF
    for _ in range(8 * len(content)):
        remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def masked(content: bytes) -> int:
    check = checksum(content)
    return ((check >> 15 | check << 17) + 0xA282EAD8) % 2**32


def records(data: bytes) -> list[bytes]:
    found = []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        content = data[12 : 12 + length]
        assert struct.unpack("<I", data[8:12])[0] == masked(data[:8])
        assert struct.unpack("<I", data[12 + length : 16 + length])[0] == masked(content)
        found.append(content)
        data = data[16 + length :]
    return found


def fields(message: bytes) -> dict[int, list]:
    """The fields of a protocol buffer: numbers, and bytes for everything nested."""
    found: dict[int, list] = {}

    def varint(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = message[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at

    at = 0
    while at < len(message):
        key, at = varint(at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(at)
        elif kind == 1:
            (value,), at = struct.unpack("<d", message[at : at + 8]), at + 8
        elif kind == 5:
            (value,), at = struct.unpack("<f", message[at : at + 4]), at + 4
        else:
            assert kind == 2
            length, at = varint(at)
            value, at = message[at : at + length], at + length
        found.setdefault(number, []).append(value)
    return found


def events(folder: Path) -> list[dict[int, list]]:
    files = sorted(folder.iterdir())
    assert all(file.name.startswith("events.out.tfevents.") for file in files)
    return [fields(record) for file in files for record in records(file.read_bytes())]


def scalars(folder: Path) -> list[tuple[int, str, float]]:
    """Step, name and value of every scalar, without what a later session took back."""
    found: list[tuple[int, str, float]] = []
    for event in events(folder):
        (step,) = event.get(2, [0])
        if 7 in event and fields(event[7][0]) == {1: [1]}:
            found = [one for one in found if one[0] < step]
        for summary in event.get(5, []):
            for value in fields(summary)[1]:
                parts = fields(value)
                found.append((step, parts[1][0].decode(), parts[2][0]))
    return found


def test_the_check_is_that_of_the_standard():
    assert crc32c(b"123456789") == checksum(b"123456789") == 0xE3069283  # RFC 3720, B.4
    assert crc32c(bytes(32)) == checksum(bytes(32)) == 0x8A9136AA
    assert crc32c(b"") == 0


def test_event_files_hold_every_number_of_every_epoch(tmp_path):
    fitted = fit(TFEvents(tmp_path / "logs"), epochs=3)
    for set in ("train", "valid"):
        expected = [(r.epoch, r.metric, float(np.float32(r.value)))
                    for r in fitted.records.rows() if r.set == set]  # fmt: skip
        assert sorted(scalars(tmp_path / "logs" / set)) == sorted(expected)
        first, *rest = events(tmp_path / "logs" / set)
        assert first[3] == [b"brain.Event:2"]
        times = [event[1][0] for event in [first, *rest]]
        assert times == sorted(times)
        assert times[0] > 1.7e9


def test_a_fit_that_goes_on_takes_back_the_epochs_that_come_again(tmp_path):
    class Cut(Callback):
        """Ends after the events of an epoch are written and before its state is."""

        order = 150

        def on_epoch_end(self, ctx):
            if ctx.epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(AutoResume(tmp_path / "state"), TFEvents(tmp_path / "logs"), Cut(), epochs=3)
    assert [one[0] for one in scalars(tmp_path / "logs" / "valid")] == [1, 1, 2, 2]
    fit(AutoResume(tmp_path / "state"), TFEvents(tmp_path / "logs"), epochs=3)
    assert len(list((tmp_path / "logs" / "valid").iterdir())) == 2
    assert [one[0] for one in scalars(tmp_path / "logs" / "valid")] == [1, 1, 2, 2, 3, 3]


def test_numbers_beyond_128_and_names_beyond_ascii_are_written_as_the_format_has_them(tmp_path):
    from tracegrad.training.callbacks.tf_events import record, scalar_event

    (content,) = records(record(scalar_event("Verlust ∂", 2.5, 70_000, 12.25)))
    event = fields(content)
    assert (event[1], event[2]) == ([12.25], [70_000])
    value = fields(fields(event[5][0])[1][0])
    assert (value[1][0].decode(), value[2]) == ("Verlust ∂", [2.5])


def test_a_damaged_record_is_noticed_by_its_check():
    """So that the decoder above can fail at all."""
    from tracegrad.training.callbacks.tf_events import record

    good = record(b"content")
    for at in range(len(good)):
        bad = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        with pytest.raises((AssertionError, struct.error)):
            records(bad)


def test_infinities_and_nan_are_numbers_to_tensorboard_too(tmp_path):
    class Logs(Callback):
        def on_train_end(self, ctx):
            ctx.log("inf", math.inf)
            ctx.log("large", 1e300)

    line().fit((X, Y), 1, callbacks=[TFEvents(tmp_path), Logs()], verbose=False)
    found = {name: value for _, name, value in scalars(tmp_path / "train")}
    assert found["inf"] == found["large"] == math.inf
    assert tg.tensor(found["loss"]).isfinite()
