"""Our own file: safetensors, with the containers as JSON in its metadata.

Every tensor is an entry under its path in the containers (`layer.weight`), so that other readers of
safetensors find them too. Tensors that share memory are views of one entry of that memory.
"""

from __future__ import annotations

import base64
import json
import math
import os
import pathlib
import pickle
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import safetensors.numpy

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad._util.size import Size
from tracegrad.backend.device import Device, on_host
from tracegrad.backend.geometry import address
from tracegrad.serialization.places import Memory, Stored, flat_dtype

VERSION = "1"

Entries = dict[str, Any]
"""Contiguous arrays by name."""

# -- writing ---------------------------------------------------------------------------------------


class _Packing:
    """One save: the entries so far, and which memory each holds."""

    def __init__(self) -> None:
        self.entries: Entries = {}
        self.tensors: list[tuple[Tensor, dict[str, Any], str]] = []
        self.open: set[int] = set()

    def node(self, obj: Any, path: str) -> Any:
        """An object as JSON.

        Raises:
            TypeError: it cannot be kept.
            ValueError: a container holds itself.
        """
        if obj is None or isinstance(obj, bool | str):
            return obj
        if type(obj) is int or (type(obj) is float and math.isfinite(obj)):
            return obj
        for kind, (write, _) in CODECS.items():
            if isinstance(obj, kind):
                return write(self, obj, path)
        hint = f".state_dict() of the {type(obj).__name__}" if hasattr(obj, "state_dict") else (
            "what it is made of, as numbers, text, lists and dicts"
        )  # fmt: skip
        raise TypeError(
            f"save() keeps tensors, numbers, text and containers of them, got a "
            f"{type(obj).__name__}" + (f" at {path}" if path else "") + f"\n  try: {hint}"
        )

    def items(self, items: Any, path: str, container: Any) -> list[Any]:
        if id(container) in self.open:
            raise ValueError(f"the container at {path or 'the top'} holds itself")
        self.open.add(id(container))
        found = [self.node(item, f"{path}.{name}" if path else str(name)) for name, item in items]
        self.open.remove(id(container))
        return found

    def tensor(self, obj: Tensor, path: str) -> Any:
        described: dict[str, Any] = {}
        self.tensors.append((obj, described, path or "tensor"))
        return {"tensor": described}

    def array(self, obj: Any, path: str) -> Any:
        try:
            tensor: Tensor = Tensor._of(dtypes.canonical(np.asarray(obj)))
        except TypeError:
            raise TypeError(f"save() cannot keep an array of {obj.dtype} at {path}") from None
        node = self.tensor(tensor, path)
        node["tensor"]["array"] = True
        return node

    def finish(self) -> None:
        """Write memory once: what only one tensor shows as that tensor, else all of it."""
        groups: dict[int, list[tuple[Tensor, dict[str, Any], str]]] = {}
        for entry in self.tensors:
            storage = entry[0]._storage
            groups.setdefault(id(entry[0]._array) if storage is None else id(storage), []).append(
                entry
            )
        for group in groups.values():
            arrays = [on_host(t._array) for t, _, _ in group]
            if len({(a.shape, a.strides, address(a)) for a in arrays}) == 1:
                name = self._enter(group[0][2], np.ascontiguousarray(arrays[0]))
                for tensor, described, _ in group:
                    shape = tensor._array.shape
                    strides = _row_major(shape)
                    described.update(_description(tensor, name, shape, strides, 0))
                continue
            self._shared(group, arrays)

    def _shared(self, group: list[tuple[Tensor, dict[str, Any], str]], arrays: list[Any]) -> None:
        """Views of one memory: all from the first to the last element that they show."""
        spans = [np.lib.array_utils.byte_bounds(a) for a in arrays]
        low, high = min(s[0] for s in spans), max(s[1] for s in spans)
        size = arrays[0].itemsize
        first = min(arrays, key=lambda a: np.lib.array_utils.byte_bounds(a)[0])
        if any(s < 0 for a in arrays for s in a.strides):
            raise ValueError("save() of views that run backwards\n  try: .contiguous() on them")
        flat = np.lib.stride_tricks.as_strided(first, ((high - low) // size,), (size,))
        name = self._enter(group[0][2], np.ascontiguousarray(flat))
        for (tensor, described, _), array in zip(group, arrays, strict=True):
            strides = [s // size for s in array.strides]
            offset = (address(array) - low) // size
            described.update(_description(tensor, name, array.shape, strides, offset))

    def _enter(self, name: str, array: Any) -> str:
        unique, n = name, 1
        while unique in self.entries:
            unique, n = f"{name}#{n}", n + 1
        stored = array.view(np.float64) if array.dtype == np.complex128 else array
        if array.dtype == np.complex128 and not array.ndim:
            stored = array.reshape(1).view(np.float64)
        self.entries[unique] = stored
        return unique


def _row_major(shape: tuple[int, ...]) -> list[int]:
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return strides[::-1]


def _description(
    tensor: Tensor, entry: str, shape: tuple[int, ...], strides: list[int], offset: int
) -> dict[str, Any]:
    return {
        "entry": entry, "dtype": tensor.dtype.name, "shape": list(shape), "strides": strides,
        "offset": offset, "requires_grad": tensor.requires_grad and tensor.is_leaf,
        "parameter": getattr(tensor, "is_parameter", False), "device": str(tensor.device),
    }  # fmt: skip


def _write_dict(tag: str) -> Callable[[_Packing, Any, str], Any]:
    def write(packing: _Packing, obj: Any, path: str) -> Any:
        keys = [packing.node(k, path) for k in obj]
        return {tag: [keys, packing.items(obj.items(), path, obj)]}

    return write


def _write_list(tag: str) -> Callable[[_Packing, Any, str], Any]:
    return lambda packing, obj, path: {tag: packing.items(enumerate(obj), path, obj)}


CODECS: dict[Any, tuple[Callable[[_Packing, Any, str], Any], str]] = {
    Tensor: (lambda packing, obj, path: packing.tensor(obj, path), "tensor"),
    np.ndarray: (lambda packing, obj, path: packing.array(obj, path), "tensor"),
    np.generic: (lambda packing, obj, path: packing.node(obj.item(), path), ""),
    OrderedDict: (_write_dict("ordered"), "ordered"),
    dict: (_write_dict("dict"), "dict"),
    Size: (lambda packing, obj, path: {"size": list(obj)}, "size"),
    list: (_write_list("list"), "list"),
    tuple: (_write_list("tuple"), "tuple"),
    set: (_write_list("set"), "set"),
    int: (lambda packing, obj, path: int(obj), ""),
    float: (lambda packing, obj, path: {"float": repr(float(obj))}, "float"),
    complex: (lambda packing, obj, path: {"complex": [repr(obj.real), repr(obj.imag)]}, "complex"),
    bytes: (lambda packing, obj, path: {"bytes": base64.b64encode(obj).decode()}, "bytes"),
    dtypes.dtype: (lambda packing, obj, path: {"dtype": obj.name}, "dtype"),
    Device: (lambda packing, obj, path: {"device": str(obj)}, "device"),
}
"""How each class is written, in the order in which they are tried."""


def pack(obj: Any) -> tuple[Entries, dict[str, str]]:
    """The entries and the metadata of a file for an object."""
    packing = _Packing()
    structure = packing.node(obj, "")
    packing.finish()
    return packing.entries, {
        "format": "tracegrad", "version": VERSION, "structure": json.dumps(structure),
    }  # fmt: skip


def write_atomically(path: pathlib.Path, entries: Entries, metadata: Any) -> None:
    """Write beside the path, then take its place."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        try:
            safetensors.numpy.save_file(entries, name, metadata)
        except safetensors.SafetensorError as error:  # a full disk, in Rust's words
            raise OSError(f"{path}: {error}") from None
        # On the disk before it takes the old file's place: after a power cut there is one of them.
        with open(name, "rb") as written:
            os.fsync(written.fileno())
        mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
        os.chmod(name, mode & 0o777)
        os.replace(name, path)
    except BaseException:
        pathlib.Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


# -- reading ---------------------------------------------------------------------------------------


def unpack(data: bytes) -> Any:
    """The containers of a file, with a `Stored` for each tensor.

    Raises:
        pickle.UnpicklingError: it is no safetensors file, or is damaged.
    """
    try:
        entries = dict(safetensors.deserialize(data))  # type: ignore[no-untyped-call]
        length = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
        memories = {name: _memory(entry) for name, entry in entries.items()}
        if metadata.get("format") != "tracegrad":
            return {name: _whole(memories[name], e["shape"]) for name, e in entries.items()}
        if metadata.get("version") != VERSION:
            raise ValueError(f"version {metadata.get('version')!r:.20} of the format is not known")
        return _read(json.loads(metadata["structure"]), memories)
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise pickle.UnpicklingError(
            f"no file that save() wrote, or a damaged one: {error}"
        ) from None
    except RecursionError:
        raise pickle.UnpicklingError("containers nested too deeply") from None


_SAFETENSORS_NAMES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "U16": "uint16", "I32": "int32",
    "U32": "uint32", "I64": "int64", "U64": "uint64", "F16": "float16", "BF16": "bfloat16",
    "F32": "float32", "F64": "float64", "C64": "complex64",
}  # fmt: skip


def _memory(entry: dict[str, Any]) -> Memory:
    dtype = flat_dtype(_SAFETENSORS_NAMES.get(entry["dtype"], entry["dtype"]))
    elements = np.frombuffer(bytearray(entry["data"]), dtype)
    if dtype.kind == "b":  # NumPy trusts that a truth value is 0 or 1
        elements = np.asarray(elements.view(np.uint8) != 0)
    return Memory(elements)


def _whole(memory: Memory, shape: list[int]) -> Stored:
    return Stored(memory, tuple(shape), tuple(_row_major(tuple(shape))), 0)


def _read(node: Any, memories: dict[str, Memory]) -> Any:
    if not isinstance(node, dict):
        if isinstance(node, list):
            raise ValueError("a bare list in the structure")
        return node
    ((tag, value),) = node.items()
    if tag in ("dict", "ordered"):
        keys, items = ([_read(part, memories) for part in half] for half in value)
        return (OrderedDict if tag == "ordered" else dict)(zip(keys, items, strict=True))
    if tag in ("list", "tuple", "set"):
        return {"list": list, "tuple": tuple, "set": set}[tag](_read(v, memories) for v in value)
    return _PLAIN[tag](value) if tag in _PLAIN else _stored(value, memories)


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "size": lambda value: Size(int(n) for n in value),
    "float": float,
    "complex": lambda value: complex(float(value[0]), float(value[1])),
    "bytes": lambda value: base64.b64decode(value, validate=True),
    "dtype": lambda value: dtypes.from_numpy(flat_dtype(value)),
    "device": Device,
}


def _stored(value: dict[str, Any], memories: dict[str, Memory]) -> Stored:
    memory = memories[value["entry"]]
    if value["dtype"] == "complex128":
        name = value["entry"]
        if memory.elements.dtype == np.float64:
            memory = memories[name] = Memory(memory.elements.view(np.complex128))
    if dtypes.from_numpy(memory.elements.dtype).name != value["dtype"]:
        raise ValueError(f"entry {value['entry']!r:.60} is not of {value['dtype']!r:.20}")
    if value["device"] != memory.device:
        memory = memories[value["entry"]] = Memory(memory.elements, str(value["device"]))
    stored = Stored(
        memory, tuple(value["shape"]), tuple(value["strides"]), value["offset"],
        value["requires_grad"] is True, value["parameter"] is True, value.get("array") is True,
    )  # fmt: skip
    stored.check()
    return stored
