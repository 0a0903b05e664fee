"""The idx format of MNIST: two zero bytes, a type, the number of sizes, the sizes, the numbers."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MOST_BYTES = 2**30
"""More than this is no MNIST: a small compressed file could claim to hold any number of bytes."""


def read_idx(path: str | Path) -> np.ndarray[Any, Any]:
    """The numbers of an idx file, which may be compressed (`.gz`).

    Raises:
        ValueError: it is none, or longer or shorter than its own sizes say; the message names it.
    """
    opened = gzip.open if str(path).endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in TYPES:
                raise ValueError(
                    f"{path} is no idx file: it starts with {head!r}, expected two zero bytes and "
                    f"a type among {sorted(TYPES)}"
                )
            sizes_text = file.read(4 * head[3])
            if len(sizes_text) < 4 * head[3]:
                raise ValueError(f"{path} ends within the sizes of its data")
            shape = struct.unpack(f">{head[3]}I", sizes_text)
            dtype = np.dtype(TYPES[head[2]])
            expected = math.prod(shape) * dtype.itemsize
            if expected > MOST_BYTES:
                raise ValueError(
                    f"{path} says that it holds {expected:,} bytes of shape {list(shape)}: more "
                    f"than {MOST_BYTES:,}, and so no MNIST"
                )
            data = file.read(expected + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}\n  try: fetch it again") from error
    if len(data) != expected:
        found = "more bytes" if len(data) > expected else f"{len(data):,} bytes"
        raise ValueError(
            f"{path} does not fit its own sizes: shape {list(shape)} of {dtype.name} is "
            f"{expected:,} bytes, the file has {found}\n  try: fetch it again"
        )
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))
