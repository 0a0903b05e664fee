"""A stand-in for CuPy that runs on the CPU: what would fail on a GPU fails here.

Its arrays refuse to mix with NumPy's, results of reductions stay arrays, nothing becomes a NumPy
array by itself, and the namespace has only the names and arguments that CuPy has
(`cupy_14.json`, read off CuPy 14.2).
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tracegrad.backend import device as devices
from tracegrad.backend.device import Device

CUPY = json.loads((Path(__file__).parent / "cupy_14.json").read_text())
NUMBERS = (bool, int, float, complex, np.generic)
TAKES_HOST_ARRAYS = {"array", "asarray", "ascontiguousarray"}
"""Functions that copy a NumPy array to the device."""


def unwrapped(value: Any, what: str, host_allowed: bool = False) -> Any:
    """NumPy's array behind a strict one, also inside of tuples and lists.

    Raises:
        TypeError: there is a NumPy array among them.
    """
    if isinstance(value, StrictArray):
        return value._a
    if isinstance(value, np.ndarray) and not host_allowed:
        raise TypeError(f"{what}: Unsupported type {type(value)}")
    if isinstance(value, tuple | list):
        return type(value)(unwrapped(v, what, host_allowed) for v in value)
    return value


def wrapped(value: Any) -> Any:
    """Results as strict arrays: 0-d ones too, as CuPy's."""
    if isinstance(value, np.ndarray | np.generic):
        return StrictArray(np.asarray(value))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(wrapped(v) for v in value))
    if isinstance(value, tuple | list):
        return type(value)(wrapped(v) for v in value)
    return value


def guarded(function: Callable[..., Any], name: str, parameters: Any) -> Callable[..., Any]:
    """A NumPy function for strict arrays, with CuPy's arguments only."""
    host_allowed = name in TAKES_HOST_ARRAYS

    def call(*args: Any, **options: Any) -> Any:
        if parameters is not None and "**" not in "".join(parameters):
            unknown = [o for o in options if o not in parameters]
            if unknown:
                raise TypeError(f"cupy.{name}() got an unexpected keyword argument {unknown}")
        plain = [unwrapped(arg, name, host_allowed) for arg in args]
        named = {key: unwrapped(value, name, host_allowed) for key, value in options.items()}
        with np.errstate(all="ignore"):  # a GPU does not warn
            return wrapped(function(*plain, **named))

    return call


class Ufunc:
    """A NumPy ufunc for strict arrays."""

    def __init__(self, ufunc: np.ufunc) -> None:
        self._ufunc = ufunc
        self._call = guarded(ufunc, ufunc.__name__, None)

    def __call__(self, *args: Any, **options: Any) -> Any:
        if "where" in options:
            raise TypeError("CuPy's ufuncs take no `where`")
        return self._call(*args, **options)

    def __getattr__(self, name: str) -> Any:
        if name not in CUPY["ufunc"]:
            raise AttributeError(f"cupy.ufunc has no {name}")
        method = getattr(self._ufunc, name)
        return guarded(method, name, None) if callable(method) else method


class Namespace:
    """NumPy's functions (or SciPy's) by the names that CuPy has."""

    __name__ = "cupy"

    def __init__(self, module: ModuleType, path: str) -> None:
        self._module = module
        self._path = path

    def __getattr__(self, name: str) -> Any:
        below = f"{self._path}.{name}".lstrip(".")
        value = getattr(self._module, name, None)
        if isinstance(value, ModuleType):
            return Namespace(value, below)
        if name == "ndarray" and not self._path:
            return StrictArray
        known = CUPY.get(self._path, {})
        if name not in known:
            raise AttributeError(f"cupy{'.' * bool(self._path)}{self._path} has no {name}")
        if isinstance(value, np.ufunc):
            return Ufunc(value)
        return (
            guarded(value, name, known[name])
            if not isinstance(value, type) and callable(value)
            else value
        )


class StrictArray:
    """An array of the device that does not exist."""

    __slots__ = ("__weakref__", "_a")
    __array_priority__ = 100

    def __init__(self, array: Any, *more: Any, **options: Any) -> None:
        if not isinstance(array, np.ndarray) or more or options:
            raise TypeError("a strict array is made by its namespace's functions")
        self._a = array

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct "
            "a NumPy array explicitly."
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return (
            getattr(Ufunc(ufunc), method)(*inputs, **options)
            if method != "__call__"
            else Ufunc(ufunc)(*inputs, **options)
        )

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} was called with an array of a device")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in CUPY["ndarray"]:
            raise AttributeError(f"cupy.ndarray has no {name}")
        value = getattr(self._a, name)
        if name in ("item", "tolist"):
            return value
        return (
            guarded(value, name, None)
            if callable(value)
            else (wrapped(value) if isinstance(value, np.ndarray) else value)
        )

    def __getitem__(self, key: Any) -> Any:
        return wrapped(self._a[unwrapped(key, "index")])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._a[unwrapped(key, "index")] = unwrapped(value, "assignment")

    def __len__(self) -> int:
        return len(self._a)

    def __bool__(self) -> bool:
        return bool(self._a)

    def __int__(self) -> int:
        return int(self._a)

    def __float__(self) -> float:
        return float(self._a)

    def __index__(self) -> int:
        return self._a.__index__()

    def __iter__(self) -> Iterator[Any]:
        return iter([wrapped(part) for part in self._a])

    __hash__ = None  # type: ignore[assignment]  # as CuPy's: `==` gives an array


def _operator(name: str) -> Callable[..., Any]:
    def operate(self: StrictArray, *others: Any) -> Any:
        for other in others:
            if not isinstance(other, StrictArray | int | float | complex | np.generic | None):
                return NotImplemented
        with np.errstate(all="ignore"):
            result = getattr(self._a, name)(*(unwrapped(other, name) for other in others))
        return self if result is self._a else wrapped(result)

    return operate


for _name in [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
]:
    for _form in ("__{}__", "__r{}__", "__i{}__"):
        setattr(StrictArray, _form.format(_name), _operator(_form.format(_name)))
for _name in ["neg", "pos", "abs", "invert", "eq", "ne", "lt", "le", "gt", "ge"]:
    setattr(StrictArray, f"__{_name}__", _operator(f"__{_name}__"))


class StrictBackend:
    """A device `cuda:0` whose memory is the host's."""

    namespace = Namespace(np, "")
    array_type = StrictArray

    def device_of(self, array: StrictArray) -> Device:
        return Device("cuda", 0)

    def put(self, array: np.ndarray, device: Device) -> StrictArray:
        return StrictArray(array.copy())

    def move(self, array: StrictArray, device: Device) -> StrictArray:
        return array

    def get(self, array: StrictArray) -> np.ndarray:
        return array._a.copy()

    def address(self, array: StrictArray) -> int:
        return int(array._a.__array_interface__["data"][0])

    def strided(self, array: StrictArray, shape: Any, strides: Any, offset: int) -> StrictArray:
        span = type("Span", (), {"of": array._a})()
        span.__array_interface__ = array._a.__array_interface__ | {
            "data": (self.address(array) + offset, False), "shape": shape, "strides": strides,
        }  # fmt: skip
        return StrictArray(np.asarray(span))

    def scientific(self, name: str) -> Namespace:
        return Namespace(importlib.import_module(f"scipy.{name}"), f"scipy.{name}")


@contextmanager
def strict_cuda() -> Iterator[StrictBackend]:
    """Inside, the device `cuda` is the stand-in."""
    backend = StrictBackend()
    devices.install_cuda(backend)
    try:
        yield backend
    finally:
        devices.uninstall_cuda()
