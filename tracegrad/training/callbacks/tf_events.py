"""Event files that TensorBoard shows, written by hand: a few fields of two protocol buffers.

A file is a row of records, each with its length, a check of that, the bytes and a check of those; a
record is an `Event`, whose `Summary` has one number by name.

Source: TensorFlow's `tfrecord` format and `event.proto`, `summary.proto`; CRC-32C: RFC 3720,
    appendix B.4.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tracegrad.training.callback import SHOWING, Callback
from tracegrad.training.checkpoint import FilePath

if TYPE_CHECKING:
    from tracegrad.training.context import Context

DOUBLE, VARINT, LENGTH_DELIMITED, FLOAT = 1, 0, 2, 5
"""How a protocol buffer writes a field."""


class TFEvents(Callback):
    """Writes the records of each epoch for TensorBoard, each set into a folder of its own.

    `tensorboard --logdir LOGDIR` shows them. A fit that goes on adds a file, which takes back what
    an earlier one says of the epochs that come again.

    Args:
        logdir: is made; `train` and `valid` are folders in it.
    """

    order = SHOWING

    def __init__(self, logdir: FilePath = "logs") -> None:
        self.logdir = Path(logdir)
        self._files: dict[str, Path] = {}

    def on_fit_begin(self, ctx: Context) -> None:
        self._files = {}

    def on_epoch_end(self, ctx: Context) -> None:
        for set in ctx.records.sets:
            with self._file(set, ctx.epoch).open("ab") as file:
                for name, value in ctx.records.epoch(set, ctx.epoch).items():
                    file.write(record(scalar_event(name, value, ctx.epoch, time.time())))

    def _file(self, set: str, epoch: int) -> Path:
        if set not in self._files:
            folder = self.logdir / set
            folder.mkdir(parents=True, exist_ok=True)
            now = time.time()
            name = f"events.out.tfevents.{now:.6f}.{socket.gethostname()}.{os.getpid()}"
            self._files[set] = folder / name
            # The version must come first, or no reader accepts the file.
            self._files[set].write_bytes(
                record(_head(now) + _text(3, "brain.Event:2")) + record(session_start(epoch, now))
            )
        return self._files[set]


# -- events ----------------------------------------------------------------------------------------


def scalar_event(name: str, value: float, step: int, wall_time: float) -> bytes:
    """An `Event` with one number; `wall_time` in seconds since 1970."""
    with np.errstate(over="ignore"):  # beyond single precision there is infinity
        single = np.float32(value).astype("<f4").tobytes()
    number = _text(1, name) + _key(2, FLOAT) + single
    return _head(wall_time) + _key(2, VARINT) + _varint(step) + _field(5, _field(1, number))


def session_start(step: int, wall_time: float) -> bytes:
    """An `Event` after which what files before it say of this step and later ones is void."""
    status = _key(1, VARINT) + _varint(1)  # SessionLog.START
    return _head(wall_time) + _key(2, VARINT) + _varint(step) + _field(7, status)


def record(content: bytes) -> bytes:
    """Bytes as a record of an event file."""
    length = struct.pack("<Q", len(content))
    return length + _check(length) + content + _check(content)


def _head(wall_time: float) -> bytes:
    return _key(1, DOUBLE) + struct.pack("<d", wall_time)


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _field(number: int, content: bytes) -> bytes:
    return _key(number, LENGTH_DELIMITED) + _varint(len(content)) + content


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _varint(n: int) -> bytes:
    """A number in groups of seven bits, the lowest first; all but the last are marked."""
    groups = bytearray()
    while n > 0x7F:
        groups.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes([*groups, n])


# -- checks ----------------------------------------------------------------------------------------


def _table() -> list[int]:
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


_TABLE = _table()


def crc32c(content: bytes) -> int:
    """Castagnoli's cyclic redundancy check."""
    check = 0xFFFFFFFF
    for byte in content:
        check = check >> 8 ^ _TABLE[(check ^ byte) & 0xFF]
    return check ^ 0xFFFFFFFF


def _check(content: bytes) -> bytes:
    """The check as the format has it: turned and shifted, so that checks of checks differ."""
    check = crc32c(content)
    return struct.pack("<I", ((check >> 15 | check << 17) + 0xA282EAD8) & 0xFFFFFFFF)
