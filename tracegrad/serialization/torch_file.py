"""Reading what `torch.save` wrote: a zip file of one pickle and the memory of each storage.

A pickle is a program. Of all that it could name, `ALLOWED` is what this reader knows, and what
stands behind those names are inert objects: they cannot be changed or subclassed, and make nothing
but `Stored`s, sizes and plain containers. So the worst that a hostile file can do is to be refused.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._util.size import Size
from tracegrad.backend.device import Device
from tracegrad.serialization.places import Memory, Plain, Stored, refuse_state


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """What stands for an allowed name. Frozen: a pickle may try to set attributes on it."""

    name: str
    make: Callable[..., Any]

    def __call__(self, *args: Any) -> Any:
        return self.make(*args)


@dataclass(frozen=True, slots=True, eq=False)
class _StorageType:
    """PyTorch's class of storages of one dtype."""

    dtype: dtypes.dtype


for inert in (_Named, _StorageType):
    setattr(inert, "__setstate__", refuse_state)


def _tensor(
    memory: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False, *_: Any
) -> Stored:
    if not isinstance(memory, Memory):
        raise pickle.UnpicklingError("a tensor without a storage")
    stored = Stored(memory, tuple(size), tuple(stride), offset, requires_grad is True)
    stored.check()
    return stored


def _parameter(data: Any, requires_grad: Any, *_: Any) -> Stored:
    if not isinstance(data, Stored):
        raise pickle.UnpicklingError("a parameter without a tensor")
    return Stored(data.memory, data.shape, data.strides, data.offset, requires_grad is True, True)


def _encoded(text: Any, encoding: Any) -> bytes:
    """Bytes, which a pickle of protocol 2 writes as text."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError("text in an unknown encoding")
    return text.encode("latin1")


def _size(items: Any) -> Size:
    return Size(int(n) for n in items)


def _set(items: Any = ()) -> set[Any]:
    if not isinstance(items, list | tuple):
        raise pickle.UnpicklingError("a set that is made of no list")
    return set(items)


def _ordered(items: Any = ()) -> OrderedDict[Any, Any]:
    if not isinstance(items, list | tuple):
        raise pickle.UnpicklingError("an OrderedDict that is made of no list")
    return OrderedDict(items)


ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _Named("OrderedDict", _ordered),
    ("torch._utils", "_rebuild_tensor_v2"): _Named("tensor", _tensor),
    ("torch._utils", "_rebuild_tensor"): _Named("tensor", _tensor),
    ("torch._utils", "_rebuild_parameter"): _Named("parameter", _parameter),
    ("torch", "Size"): _Named("Size", _size),
    ("torch", "device"): _Named("device", lambda *args: Device(*args)),
    ("_codecs", "encode"): _Named("bytes", _encoded),
    ("builtins", "set"): _Named("set", _set),
    ("__builtin__", "set"): _Named("set", _set),
    ("builtins", "complex"): _Named("complex", lambda re, im: complex(float(re), float(im))),
    ("__builtin__", "complex"): _Named("complex", lambda re, im: complex(float(re), float(im))),
    **{("torch", f"{dtypes.SCALAR_NAMES[d.name]}Storage"): _StorageType(d) for d in dtypes.ALL},
    ("torch.storage", "UntypedStorage"): _StorageType(dtypes.uint8),
    **{("torch", d.name): Plain(d) for d in (*dtypes.ALL, *dtypes.STORED)},
}
"""All that a file may name, and what is used instead."""


class _Reader(pickle.Unpickler):
    """An unpickler that can name nothing but `ALLOWED`."""

    def __init__(self, text: bytes, storage: Callable[[Any], Memory]) -> None:
        super().__init__(io.BytesIO(text), encoding="utf-8")
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:
        found = ALLOWED.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(
                f"Weights only load failed. Unsupported global: GLOBAL {module[:60]}.{name[:60]} "
                "was not an allowed global: only tensors, parameters, numbers, text and plain "
                "containers are read\n  try: torch.save(model.state_dict(), f) where the file was "
                "made"
            )
        return found

    def persistent_load(self, pid: Any) -> Memory:
        return self._storage(pid)


def read_torch_file(data: bytes) -> Any:
    """The containers of a file that `torch.save` wrote, with a `Stored` for each tensor.

    Raises:
        pickle.UnpicklingError: it names anything else than tensors and plain containers, or is
            damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except pickle.UnpicklingError:
        raise
    except RecursionError:
        raise pickle.UnpicklingError("containers nested too deeply") from None
    except Exception as error:  # a hostile pickle can raise nearly anything
        raise pickle.UnpicklingError(
            f"a damaged file, or none that torch.save wrote: {error!r:.200}"
        ) from None


def _read(archive: zipfile.ZipFile) -> Any:
    names = {info.filename: info for info in archive.infolist()}
    pickles = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise pickle.UnpicklingError("no file of torch.save: there is no data.pkl in it")
    prefix = pickles[0].removesuffix("data.pkl")
    if f"{prefix}constants.pkl" in names:
        raise pickle.UnpicklingError(
            "a TorchScript archive, which is a program\n  try: torch.save(m.state_dict(), f)"
        )
    order = _bytes(archive, names, f"{prefix}byteorder") if f"{prefix}byteorder" in names else b""
    is_big = order == b"big"
    memories: dict[str, Memory] = {}

    def storage(pid: Any) -> Memory:
        kind, storage_type, key, location, count = pid
        if kind != "storage" or not isinstance(storage_type, _StorageType):
            raise pickle.UnpicklingError("a reference to something that is no storage")
        if not isinstance(key, str) or not isinstance(location, str):
            raise pickle.UnpicklingError("a storage without a name or place")
        if key not in memories:
            text = _bytes(archive, names, f"{prefix}data/{key}")
            elements = np.frombuffer(bytearray(text), _little(storage_type.dtype, is_big))
            if elements.size != count:
                raise pickle.UnpicklingError(
                    f"storage {key[:20]} holds {elements.size} elements, not {count!r:.20}"
                )
            memories[key] = Memory(_native(elements, storage_type.dtype), location)
        if memories[key].elements.dtype != storage_type.dtype.numpy:
            raise pickle.UnpicklingError(f"storage {key[:20]} under two dtypes")
        return memories[key]

    return _Reader(_bytes(archive, names, pickles[0]), storage).load()


def _little(d: dtypes.dtype, is_big: bool) -> Any:
    if d is dtypes.bfloat16 or d is dtypes.bool_:
        return np.dtype(np.uint16 if d is dtypes.bfloat16 else np.uint8).newbyteorder(
            ">" if is_big else "<"
        )
    return d.numpy.newbyteorder(">" if is_big else "<")


def _native(elements: Any, d: dtypes.dtype) -> Any:
    """In this machine's byte order; truth values as 0 or 1."""
    if d is dtypes.bool_:
        return elements != 0
    if d is dtypes.bfloat16:
        return elements.astype(np.uint16).view(d.numpy)
    return elements.astype(d.numpy, copy=False)


def _bytes(archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo], name: str) -> bytes:
    """An entry's bytes. PyTorch compresses nothing, and what is compressed may be a bomb."""
    info = names.get(name)
    if info is None:
        raise pickle.UnpicklingError(f"{name[:80]} is missing")
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise pickle.UnpicklingError(f"{name[:80]} is compressed, which torch.save does not do")
    return archive.read(info)
