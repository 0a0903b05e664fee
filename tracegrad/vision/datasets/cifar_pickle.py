"""The batches of CIFAR's "python version", which are pickles, without running any.

A pickle is a program. These are known to name three things of NumPy, with which they build one
array of bytes; what stands for those names here can only be filled with bytes. A file that names
anything else is refused. (The binary version, which `download=True` fetches, needs none of this;
but this one is what torchvision has left on most disks.)
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, Literal

import numpy as np


class _Bytes:
    """What stands for an array: its shape, order and bytes, once the pickle has set them."""

    __slots__ = ("data", "order", "shape")

    def __init__(self, *_: Any) -> None:
        self.shape: tuple[int, ...] = ()
        self.data = b""
        self.order: Literal["C", "F"] = "C"

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        data = data.encode("latin1") if isinstance(data, str) else data
        if not isinstance(dtype, _DType) or not isinstance(data, bytes):
            raise pickle.UnpicklingError("an array that is not of bytes")
        self.shape, self.data = tuple(int(n) for n in shape), data
        self.order = "F" if fortran else "C"

    def array(self) -> np.ndarray[Any, Any]:
        return np.frombuffer(self.data, np.uint8).reshape(self.shape, order=self.order)


class _DType:
    """What stands for `dtype('u1')`, the only one that there is."""

    __slots__ = ()

    def __init__(self, code: Any = "", *_: Any) -> None:
        if code not in ("u1", "uint8"):
            raise pickle.UnpicklingError(f"an array of {code!r}")

    def __setstate__(self, state: Any) -> None:
        pass


class _Callable:
    """What stands for a class or function: nothing but a call. A pickle can set nothing on it."""

    __slots__ = ("_make",)

    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, *args: Any) -> Any:
        return self._make(*args)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("a change of what may only be called")


def _encoded(text: Any, encoding: Any) -> bytes:
    """Bytes, which a pickle of protocol 2 writes as text."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError("text in an unknown encoding")
    return text.encode("latin1")


_ARRAY, _DTYPE, _ENCODE = _Callable(_Bytes), _Callable(_DType), _Callable(_encoded)
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _ARRAY,
    ("numpy._core.multiarray", "_reconstruct"): _ARRAY,
    ("numpy", "ndarray"): "ndarray",  # an argument of the one above
    ("numpy", "dtype"): _DTYPE,
    ("_codecs", "encode"): _ENCODE,
}
"""All that a batch may name, and what it gets instead."""


class _Reader(pickle.Unpickler):
    """An unpickler that can name nothing but `ALLOWED`."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it names {module[:60]}.{name[:60]}")
        return ALLOWED[module, name]


def read_batch(path: Path) -> dict[str, Any]:
    """The dict of a batch or of `batches.meta`, its array as NumPy's.

    Raises:
        ValueError: it holds anything else than text, numbers and an array of bytes.
    """
    try:
        with open(path, "rb") as file:
            entry = _Reader(file, encoding="latin1").load()
        if not isinstance(entry, dict):
            raise pickle.UnpicklingError(f"a {type(entry).__name__}, not a dict")
        return {
            str(key): value.array() if isinstance(value, _Bytes) else value
            for key, value in entry.items()
        }
    except Exception as error:  # a damaged pickle raises anything
        raise ValueError(
            f"{path} is no batch of CIFAR: {error}\n"
            "  only text, numbers and arrays of bytes are read, and nothing is run\n"
            "  try: delete the folder, and download=True, which fetches the binary version"
        ) from error
