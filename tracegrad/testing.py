"""Comparing tensors in tests, as `torch.testing`: messages say how much differs, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad._util.size import Size
from tracegrad.backend.device import on_host
from tracegrad.ops.functions import randint, tensor
from tracegrad.ops.random import rand

__all__ = ["assert_close", "make_tensor"]

Message = str | Callable[[str], str] | None

TOLERANCES = {
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7), "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
}  # fmt: skip
"""Relative and absolute tolerance by dtype; 0 for the others."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """How to compare."""

    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_device: bool
    check_dtype: bool
    check_stride: bool
    allow_subclasses: bool


class _Mismatch(Exception):
    """Two values differ.

    Attributes:
        where: keys and positions that lead to them, from the outside.
    """

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(message)
        self.where = where


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Message = None,
) -> None:
    """Assert that tensors, numbers or containers of them are close.

    Close means `|actual - expected| <= atol + rtol * |expected|`; without tolerances, those of the
    dtype.

    Args:
        msg: instead of the message, or a function of it.

    Raises:
        AssertionError: they are not; the message says how many elements, by how much, and where.
        ValueError: one tolerance is given without the other.
        TypeError: the values cannot be compared.
    """
    if (rtol is None) != (atol is None):
        missing = "atol" if atol is None else "rtol"
        raise ValueError(
            f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}."
        )
    terms = _Terms(rtol, atol, equal_nan, check_device, check_dtype, check_stride, allow_subclasses)
    try:
        _compare(actual, expected, terms, "")
    except _Mismatch as mismatch:
        text = str(mismatch)
        if mismatch.where:
            text += f"\n\nThe failure occurred for item {mismatch.where}"
        raise AssertionError(
            text if msg is None else msg if isinstance(msg, str) else msg(text)
        ) from None


def _compare(actual: Any, expected: Any, terms: _Terms, where: str) -> None:
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        _compare_keys(actual, expected, where)
        for key in actual:
            _compare(actual[key], expected[key], terms, f"{where}[{key!r}]")
    elif _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            raise _Mismatch(
                f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", where
            )
        for n, (one, other) in enumerate(zip(actual, expected, strict=True)):
            _compare(one, other, terms, f"{where}[{n}]")
    elif actual is None or expected is None:
        if actual is not expected:
            raise _Mismatch(f"None mismatch: {actual} is not {expected}", where)
    elif isinstance(actual, bool | np.bool_) and isinstance(expected, bool | np.bool_):
        if bool(actual) is not bool(expected):
            raise _Mismatch(f"Booleans mismatch: {actual} is not {expected}", where)
    elif isinstance(actual, _NUMBERS) and isinstance(expected, _NUMBERS):
        _compare_numbers(actual, expected, terms, where)
    elif _is_tensor_like(actual) and _is_tensor_like(expected):
        if not terms.allow_subclasses and type(actual) is not type(expected):
            raise TypeError(_incomparable(actual, expected))
        _compare_tensors(_as_tensor(actual), _as_tensor(expected), terms, where)
    else:
        raise TypeError(_incomparable(actual, expected))


_NUMBERS = (int, float, complex, np.number)


def _incomparable(actual: Any, expected: Any) -> str:
    return (
        f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."
    )


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_tensor_like(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray)


def _as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else tensor(value)


def _compare_keys(actual: Mapping[Any, Any], expected: Mapping[Any, Any], where: str) -> None:
    missing, additional = set(expected) - set(actual), set(actual) - set(expected)
    if missing or additional:
        lines = ["The keys of the mappings do not match:"]
        for word, keys in (("Missing", missing), ("Additional", additional)):
            if keys:
                listed = sorted(keys, key=str)
                lines.append(f"{word} keys in the actual mapping: {listed}")
        raise _Mismatch("\n".join(lines), where)


# -- numbers and tensors ---------------------------------------------------------------------------


def _tolerances(terms: _Terms, *names: str) -> tuple[float, float]:
    if terms.rtol is not None and terms.atol is not None:
        return terms.rtol, terms.atol
    found = [TOLERANCES.get(name, (0.0, 0.0)) for name in names]
    return max(r for r, _ in found), max(a for _, a in found)


def _compare_numbers(actual: Any, expected: Any, terms: _Terms, where: str) -> None:
    names = [_number_dtype(value) for value in (actual, expected)]
    if terms.check_dtype and type(actual) is not type(expected):
        raise _Mismatch(f"The (d)types do not match: {type(actual)} != {type(expected)}.", where)
    rtol, atol = _tolerances(terms, *names)
    if _close(np.asarray(actual), np.asarray(expected), rtol, atol, terms.equal_nan):
        return
    raise _Mismatch(_scalar_message(actual, expected, rtol, atol), where)


def _number_dtype(value: Any) -> str:
    return {int: "int64", float: "float64", complex: "complex128"}.get(type(value), "float64")


def _close(actual: Any, expected: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    if expected.dtype.kind in "biu" and actual.dtype.kind in "biu" and not (rtol or atol):
        return actual == expected
    return np.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan)


def _scalar_message(actual: Any, expected: Any, rtol: float, atol: float) -> str:
    exact = not (rtol or atol)
    difference = abs(actual - expected)
    relative = difference / abs(expected) if expected else float("inf")
    allowed = ["", ""] if exact else [f" (up to {atol} allowed)", f" (up to {rtol} allowed)"]
    return (
        f"Scalars are not {'equal' if exact else 'close'}!\n\n"
        f"Expected {expected} but got {actual}.\n"
        f"Absolute difference: {difference}{allowed[0]}\n"
        f"Relative difference: {relative}{allowed[1]}"
    )


def _compare_tensors(actual: Tensor, expected: Tensor, terms: _Terms, where: str) -> None:
    checks = {
        "shape": (Size(actual.shape), Size(expected.shape), True),
        "device": (actual.device, expected.device, terms.check_device),
        "dtype": (actual.dtype, expected.dtype, terms.check_dtype),
        "stride()": (actual.stride(), expected.stride(), terms.check_stride),
    }
    for name, (mine, theirs, is_checked) in checks.items():
        if is_checked and mine != theirs:
            raise _Mismatch(
                f"The values for attribute '{name}' do not match: {mine} != {theirs}.", where
            )
    rtol, atol = _tolerances(terms, actual.dtype.name, expected.dtype.name)
    one, other = (_wide(on_host(t._array)) for t in (actual, expected))
    matches = _close(one, other, rtol, atol, terms.equal_nan)
    if np.all(matches):
        return
    if not one.ndim:
        raise _Mismatch(_scalar_message(one.item(), other.item(), rtol, atol), where)
    raise _Mismatch(_tensor_message(one, other, matches, rtol, atol), where)


def _wide(array: Any) -> Any:
    """At the width at which differences are taken."""
    return array.astype(np.float32) if dtypes.floats(array) and array.itemsize == 2 else array


def _tensor_message(one: Any, other: Any, matches: Any, rtol: float, atol: float) -> str:
    exact = not (rtol or atol)
    wrong, total = int(matches.size - np.count_nonzero(matches)), matches.size
    if one.dtype.kind in "bu":
        one, other = one.astype(np.int64), other.astype(np.int64)
    elif one.dtype != other.dtype:
        one, other = one.astype(np.float64), other.astype(np.float64)
    with np.errstate(all="ignore"):
        difference = np.abs(one - other)
        divisor = np.abs(other).astype(np.float32 if exact else other.real.dtype)
        relative = difference / divisor
    # What matches does not count, infinities that are equal among it.
    shown = [np.where(matches, 0, d) for d in (difference, relative.astype(divisor.dtype))]
    lines = [
        f"Tensor-likes are not {'equal' if exact else 'close'}!\n",
        f"Mismatched elements: {wrong} / {total} ({wrong / total:.1%})",
    ]
    for word, values, allowed in zip(("absolute", "relative"), shown, (atol, rtol), strict=True):
        place = tuple(int(n) for n in np.unravel_index(np.argmax(values), values.shape))
        end = "" if exact else f" (up to {allowed} allowed)"
        lines.append(f"Greatest {word} difference: {values[place].item()} at index {place}{end}")
    return "\n".join(lines)


# -- making tensors --------------------------------------------------------------------------------

_RANGES = {0: (0, 2), 1: (-9, 10), 2: (-9.0, 9.0), 3: (-9.0, 9.0)}


def make_tensor(
    *shape: Any,
    dtype: dtypes.dtype,
    device: Any = None,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of uniform random numbers in [low, high): by default 0 to 10 for unsigned integers,
    -9 to 10 for others, -9 to 9 for floating point.

    Args:
        noncontiguous: show every second element of a larger tensor.
        exclude_zero: the smallest positive number instead of 0.

    Raises:
        ValueError: `low` is not below `high`, or `requires_grad` of integers.
    """
    if requires_grad and dtype.category < 2:
        raise ValueError(f"`requires_grad=True` is not supported for integral dtypes, got {dtype}")
    if memory_format is not None:
        raise NotImplementedError("make_tensor(memory_format=...)\n  try: .contiguous(...) on it")
    least, most = (0, 10) if dtype is dtypes.uint8 else _RANGES[dtype.category]
    least, most = least if low is None else low, most if high is None else high
    if not least < most:
        raise ValueError(f"`low` must be less than `high`, but got {least} >= {most}")
    sizes = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
    factor = 2 if noncontiguous and sizes else 1
    drawn_as = (*sizes[:-1], sizes[-1] * factor) if sizes else ()
    made = _numbers(drawn_as, dtype, least, most)
    made = made[..., ::factor] if factor == 2 else made
    if exclude_zero:
        tiny = dtypes.finfo(dtype).tiny if dtype.category >= 2 else 1
        made[made == 0] = tiny
    return made.to(device=device).requires_grad_(requires_grad)


def _numbers(shape: tuple[int, ...], dtype: dtypes.dtype, low: Any, high: Any) -> Tensor:
    if dtype.category < 2:
        return randint(int(low), int(high), shape, dtype=dtype)
    if dtype.is_complex:
        parts = [_numbers(shape, dtype.to_real(), low, high) for _ in range(2)]
        return parts[0] + parts[1] * 1j
    return rand(shape, dtype=dtype) * (high - low) + low
