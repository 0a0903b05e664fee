"""Element types: PyTorch's names over NumPy's dtypes, the default dtype, and PyTorch's
promotion.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ml_dtypes
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

    def __init__(self, name: str, category: int, numpy: Any = None) -> None:
        self.name = name
        self.numpy = np.dtype(numpy or name)
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
        return self.category >= 2 or self.numpy.kind == "i"

    def to_complex(self) -> dtype:
        """The complex dtype whose parts are as wide as this one.

        Raises:
            TypeError: there is none.
        """
        if self.category < 2 or self is bfloat16 or self is float16:
            raise TypeError(f"{self} has no corresponding complex dtype\n  try: .float() first")
        return complex_of(self)

    def to_real(self) -> dtype:
        """The dtype of a complex number's parts; itself if it is not complex."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    def __repr__(self) -> str:
        return f"tracegrad.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _of_name, (self.name,)


def _of_name(name: str) -> dtype:
    return _BY_NAME[name]


bool_ = dtype("bool", 0)
uint8, int8, int16 = dtype("uint8", 1), dtype("int8", 1), dtype("int16", 1)
int32, int64 = dtype("int32", 1), dtype("int64", 1)
uint16, uint32, uint64 = dtype("uint16", 1), dtype("uint32", 1), dtype("uint64", 1)
float16, float32, float64 = dtype("float16", 2), dtype("float32", 2), dtype("float64", 2)
bfloat16 = dtype("bfloat16", 2, ml_dtypes.bfloat16)
complex64, complex128 = dtype("complex64", 3), dtype("complex128", 3)

ALL = (
    bool_, uint8, int8, int16, int32, int64, bfloat16, float16, float32, float64, complex64,
    complex128,
)  # fmt: skip
"""Dtypes that every op takes."""

STORED = (uint16, uint32, uint64)
"""Dtypes that tensors can have, but that mix with no other integers, as in PyTorch."""

HALVES = (float16, bfloat16)
"""Dtypes that numbers are kept in and not computed in: see Note [Half precision]."""

_BY_NUMPY = {d.numpy: d for d in (*ALL, *STORED)}
_BY_NAME = {d.name: d for d in (*ALL, *STORED)} | {
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
            f"{', '.join(d.name for d in (*ALL, *STORED))}."
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
    if value in _PYTHON:
        return _PYTHON[value]
    if isinstance(value, str) and value in _BY_NAME:
        return _BY_NAME[value]
    return from_numpy(np.dtype(value))


_PYTHON: dict[Any, dtype] = {float: float64, int: int64, bool: bool_, complex: complex128}
"""What a Python type means as a dtype, as in `zeros(2, dtype=float)`: PyTorch's double."""


def floats(array: Any) -> bool:
    """Whether an array holds floating-point numbers. (NumPy does not count bfloat16 among them.)"""
    return array.dtype.kind == "f" or array.dtype is bfloat16.numpy


def inexact(array: Any) -> bool:
    """Whether an array holds floating-point or complex numbers: what gradients are made of."""
    return array.dtype.kind in "fc" or array.dtype is bfloat16.numpy


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
    if not isinstance(d, dtype):
        raise TypeError(
            "invalid dtype object: only floating-point types are supported as the default type, "
            f"got {d!r}"
        )
    if not d.is_floating_point:
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

    Raises:
        TypeError: an argument is no dtype.
        RuntimeError: one of uint16, uint32, uint64 meets something that is not floating point.
    """
    if type1 is type2 and isinstance(type1, dtype):
        return type1
    for n, d in enumerate((type1, type2), 1):
        if not isinstance(d, dtype):
            raise TypeError(
                f"promote_types(): argument 'type{n}' (position {n}) must be tracegrad.dtype, "
                f"not {type(d).__name__}"
            )
    low, high = sorted((type1, type2), key=lambda d: d.category)
    if (low in STORED or high in STORED) and not high.is_floating_point:
        raise RuntimeError(
            "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
            f"{SCALAR_NAMES[type1.name]} and {SCALAR_NAMES[type2.name]}\n  try: .long() first"
        )
    if low.category == high.category:
        if {low, high} == set(HALVES):
            return float32  # neither has the other's digits or range
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


# -- PyTorch's other names -------------------------------------------------------------------------

SCALAR_NAMES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16",
    "int64": "Long", "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte",
    "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
    "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64",
}  # fmt: skip
"""What PyTorch calls each dtype in messages and in the names of its legacy tensor types."""


# -- limits ----------------------------------------------------------------------------------------


class finfo:
    """Limits of a floating-point dtype, or of the parts of a complex one.

    Attributes:
        dtype: its name.
        bits: of one number.
        eps: the difference between 1 and the next larger number.
        max, min: the largest number, and its negative.
        tiny, smallest_normal: the smallest number with all its digits.
        resolution: the decimal digits that can be relied on, as 10 to their negative.
    """

    def __init__(self, type: dtype | None = None) -> None:
        d = get_default_dtype() if type is None else type
        if not isinstance(d, dtype) or d.category < 2:
            raise TypeError(
                "tracegrad.finfo() requires a floating point input type. Use tracegrad.iinfo to "
                f"handle '{d}'"
            )
        limits = ml_dtypes.finfo(d.to_real().numpy)  # type: ignore[no-untyped-call]
        self.dtype = d.to_real().name
        self.bits = int(limits.bits)
        self.eps, self.max, self.min = float(limits.eps), float(limits.max), float(limits.min)
        self.tiny = self.smallest_normal = float(limits.smallest_normal)
        self.resolution = 10.0 ** -int(limits.precision)

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(("finfo", self.dtype))


class iinfo:
    """Limits of an integer dtype.

    Attributes:
        dtype: its name.
        bits: of one number.
        max, min: the largest and the smallest number.
    """

    def __init__(self, type: dtype) -> None:
        if not isinstance(type, dtype) or type.category > 1:
            raise TypeError(
                "tracegrad.iinfo() requires an integer input type. Use tracegrad.finfo to handle "
                f"'{type}'"
            )
        if type is bool_:
            raise TypeError("tracegrad.bool is not supported by tracegrad.iinfo")
        limits = np.iinfo(type.numpy)
        self.dtype = type.name
        self.bits, self.max, self.min = int(limits.bits), int(limits.max), int(limits.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(("iinfo", self.dtype))
