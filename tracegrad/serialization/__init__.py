"""`save` and `load`: tensors and plain containers of them in one safetensors file.

Nothing in such a file can run when it is read. Files that `torch.save` wrote are read too, without
PyTorch, by a reader that knows tensors and plain containers and refuses everything else.
"""

from __future__ import annotations

import os
import pathlib
import pickle
from typing import Any

import safetensors.numpy

from tracegrad.serialization.own_file import pack, unpack, write_atomically
from tracegrad.serialization.places import MapLocation, place
from tracegrad.serialization.torch_file import read_torch_file

__all__ = ["load", "save"]

_ZIP = b"PK\x03\x04"


def save(obj: Any, f: Any, pickle_module: Any = None, pickle_protocol: int | None = None) -> None:
    """Write tensors, numbers, text and containers of them to a file.

    Tensors that share memory still do when they are loaded. A path is written atomically: whoever
    reads it sees the old file or the new one.

    Args:
        obj: most often a `state_dict()`.
        f: path, or a file open for writing bytes.

    Raises:
        TypeError: something in it is none of these (a module, a function); the message says where.

    Example:
        >>> tg.save(model.state_dict(), "model.pt")
    """
    if pickle_module is not None or pickle_protocol is not None:
        raise NotImplementedError("save() writes safetensors, never a pickle\n  try: save(obj, f)")
    entries, metadata = pack(obj)
    if hasattr(f, "write"):
        f.write(safetensors.numpy.save(entries, metadata))
        return
    write_atomically(pathlib.Path(os.fspath(f)), entries, metadata)


def load(
    f: Any,
    map_location: MapLocation = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
) -> Any:
    """Read what `save` wrote, or what `torch.save` did.

    Args:
        f: path, or a file open for reading bytes.
        map_location: device to put tensors on; a dict from device to device, or a function
            `(storage, location) -> storage`. By default each goes where it was.
        weights_only: code in a file is never run, whatever this says.

    Raises:
        pickle.UnpicklingError: the file holds more than tensors and plain containers, or is
            damaged.
        FileNotFoundError: there is no such file.
    """
    if pickle_module is not None:
        raise NotImplementedError("load() runs no pickle module: it reads tensors and plain data")
    data = f.read() if hasattr(f, "read") else pathlib.Path(os.fspath(f)).read_bytes()
    where = "" if hasattr(f, "read") else f"{os.fspath(f)}: "
    try:
        if data[:4] == _ZIP:
            return place(read_torch_file(data), map_location)
        if data[:1] == b"\x80" and data[2:3] != b"\x00":
            raise pickle.UnpicklingError(
                "a bare pickle, as torch.save wrote before version 1.6, or Python's pickle\n"
                "  it could run anything when it is read, and so is not\n"
                "  try: torch.save(torch.load(f), g) with a newer PyTorch, and load g"
            )
        return place(unpack(data), map_location)
    except RecursionError:
        raise pickle.UnpicklingError(f"{where}containers nested too deeply") from None
    except pickle.UnpicklingError as error:
        raise pickle.UnpicklingError(f"{where}{error}") from None
