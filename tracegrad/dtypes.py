"""Element types: PyTorch's names over NumPy's dtypes, the default dtype, and PyTorch's
promotion.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

# -- the types -------------------------------------------------------------------------------------


class dtype:
    """An element type, such as `tracegrad.float32`.

    Attributes:
        name: `float32`.
        numpy: the NumPy dtype that holds it.
        category: 0 bool, 1 integer, 2 floating point, 3 complex; promotion goes upwards.
        itemsize: bytes per element.
    """

    __slots__ = ("category", "itemsize", "name", "numpy")

    def __init__(self, name: str, category: int) -> None:
        self.name = name
        self.numpy = np.dtype(name)
        self.category = category
        self.itemsize = self.numpy.itemsize

    @property
    def is_floating_point(self) -> bool:
        return self.category == 2

    @property
    def is_complex(self) -> bool:
        return self.category == 3

    @property
    def is_signed(self) -> bool:
        return self.numpy.kind in "ifc"

    def __repr__(self) -> str:
        return f"tracegrad.{self.name}"

    def __reduce__(self) -> str:
        return self.name


bool_ = dtype("bool", 0)
uint8, int8, int16 = dtype("uint8", 1), dtype("int8", 1), dtype("int16", 1)
int32, int64 = dtype("int32", 1), dtype("int64", 1)
float16, float32, float64 = dtype("float16", 2), dtype("float32", 2), dtype("float64", 2)
complex64, complex128 = dtype("complex64", 3), dtype("complex128", 3)

ALL = (bool_, uint8, int8, int16, int32, int64, float16, float32, float64, complex64, complex128)
_BY_NUMPY = {d.numpy: d for d in ALL}
_BY_NAME = {d.name: d for d in ALL} | {
    "double": float64, "float": float32, "half": float16, "long": int64, "int": int32,
    "short": int16, "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip


def from_numpy(numpy_dtype: np.dtype[Any]) -> dtype:
    """Our dtype for a NumPy dtype.

    Raises:
        TypeError: there is none (strings, objects, dates).
    """
    try:
        return _BY_NUMPY[numpy_dtype]
    except KeyError:
        native = numpy_dtype.newbyteorder("=")
        if native in _BY_NUMPY:
            return _BY_NUMPY[native]
        raise TypeError(
            f"can't convert np.ndarray of type {numpy_dtype}. The only supported types are: "
            f"{', '.join(d.name for d in ALL)}."
        ) from None


def canonical(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array under the one dtype object of its kind, by which ops recognize equal dtypes.

    NumPy makes others: an array from a pickle has a dtype of its own, and `longlong` is an `int64`.
    """
    wanted = from_numpy(array.dtype).numpy
    return array if array.dtype is wanted else array.view(wanted)


def as_dtype(value: Any) -> dtype:
    """A dtype from one of ours, a Python type (`float`), or anything NumPy takes for one."""
    if isinstance(value, dtype):
        return value
    if value is float:
        return get_default_dtype()
    if value in (int, bool, complex):
        return {int: int64, bool: bool_, complex: complex_of(get_default_dtype())}[value]
    if isinstance(value, str) and value in _BY_NAME:
        return _BY_NAME[value]
    return from_numpy(np.dtype(value))


# -- the default -----------------------------------------------------------------------------------

_default = [float32]


def get_default_dtype() -> dtype:
    """The dtype of new floating-point tensors made from Python numbers."""
    return _default[0]


def set_default_dtype(d: dtype, /) -> None:
    """Set the dtype of new floating-point tensors made from Python numbers.

    Raises:
        TypeError: `d` is no floating-point dtype.
    """
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {d!r}")
    _default[0] = d


# -- promotion -------------------------------------------------------------------------------------


def complex_of(d: dtype) -> dtype:
    """The complex dtype whose parts are at least as wide as `d`."""
    return complex128 if d in (float64, complex128) else complex64


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that PyTorch would give `type1 + type2` of tensors with dimensions.

    The higher category wins with its own width (int64 and float16 give float16, unlike NumPy's
    float64); within one category it is NumPy's rule.
    """
    if type1 is type2:
        return type1
    low, high = sorted((type1, type2), key=lambda d: d.category)
    if low.category == high.category:
        return from_numpy(np.promote_types(low.numpy, high.numpy))
    return complex128 if (low, high) == (float64, complex64) else high


def scalar_dtype(value: complex) -> dtype:
    """The dtype of a Python number on its own."""
    if isinstance(value, bool | np.bool_):
        return bool_
    if isinstance(value, int | np.integer):
        return int64
    if isinstance(value, float | np.floating):
        return get_default_dtype()
    return complex_of(get_default_dtype())


def promote(
    dimensioned: Iterable[dtype], zero_dim: Iterable[dtype], scalars: Iterable[Any]
) -> dtype:
    """PyTorch's result type of a mix of operands.

    Operands come in three ranks: tensors with dimensions, 0-d tensors, Python numbers. A lower rank
    counts only if its category is higher than that of every rank above.

    Source: torch/csrc, `at::native::ResultTypeState` (2020), as documented under "Type promotion".
    """
    result: dtype | None = None
    for rank in (dimensioned, zero_dim, [scalar_dtype(s) for s in scalars]):
        joined: dtype | None = None
        for d in rank:
            joined = d if joined is None else promote_types(joined, d)
        if joined is None:
            continue
        if result is None:
            result = joined
        elif joined.category > result.category:
            result = (
                complex_of(result) if joined.is_complex and result.is_floating_point else joined
            )
    if result is None:
        raise TypeError("no operands to promote")
    return result


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether values of `from_` may be written to `to`: never to a lower category."""
    return from_.category <= to.category
