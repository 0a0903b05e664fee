"""A tensor as text, as PyTorch prints it."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad.backend.device import on_host


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """As `torch.set_printoptions`.

    Attributes:
        precision: digits after the point.
        threshold: number of elements above which the middle is left out.
        edgeitems: items shown at each end of a dimension then.
        linewidth: characters per line.
        sci_mode: always or never scientific; `None` decides by the numbers.
    """

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_options = [PrintOptions()]


PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=sys.maxsize),
}
"""PyTorch's named sets of options."""


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors are printed; what is `None` stays as it is, but for `sci_mode`.

    Args:
        profile: `default`, `short` or `full`, from which the other arguments differ.

    Raises:
        ValueError: there is no such profile.
    """
    if profile is not None and profile not in PROFILES:
        raise ValueError(f"profile is one of {', '.join(PROFILES)}, got {profile!r}")
    before = _options[0] if profile is None else PROFILES[profile]
    given: dict[str, Any] = {
        "precision": precision, "threshold": threshold, "edgeitems": edgeitems,
        "linewidth": linewidth,
    }  # fmt: skip
    changed = {k: v for k, v in given.items() if v is not None}
    _options[0] = replace(before, **changed, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """How tensors are printed, by the names that `set_printoptions` takes."""
    return asdict(_options[0])


def format_array(array: Any, indent: int) -> str:
    """The elements as nested brackets; lines after the first start `indent` characters in."""
    if array.size == 0 and array.ndim:
        return "[" * array.ndim + "]" * array.ndim if array.ndim == 1 else "[]"
    if array.dtype == dtypes.bfloat16.numpy:
        array = array.astype(np.float32)
    summarize = array.size > _options[0].threshold
    form = _format_of(_shown(array, summarize) if summarize else array)
    if array.ndim == 0:
        return form.text(array.item()).strip()
    return _nested(array, form, indent, summarize)


def _shown(array: Any, summarize: bool) -> Any:
    """The elements at the edges, which decide the format."""
    edge = _options[0].edgeitems
    for axis in range(array.ndim):
        n = array.shape[axis]
        if summarize and n > 2 * edge:
            array = array.take([*range(edge), *range(n - edge, n)], axis)
    return array


@dataclass(frozen=True, slots=True)
class _Format:
    """One way to write all the numbers of an array in equal width.

    Attributes:
        width: of the widest number that is neither 0 nor infinite nor NaN, as in PyTorch.
        is_float: whether numbers get a point.
        integral: whether all of them are whole.
    """

    width: int = 1
    is_float: bool = False
    integral: bool = True
    scientific: bool = False

    @classmethod
    def of(cls, array: Any) -> _Format:
        numbers = array.ravel()
        form = cls(is_float=array.dtype.kind == "f")
        if form.is_float:
            numbers = numbers[np.isfinite(numbers) & (numbers != 0)]
            if not numbers.size:
                return form
            sizes = np.abs(numbers.astype(np.float64))
            low, high = sizes.min(), sizes.max()
            scientific = bool(high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4)
            if _options[0].sci_mode is not None:
                scientific = _options[0].sci_mode
            form = cls(1, True, bool(np.all(sizes == np.ceil(sizes))), scientific)
        width = max((len(form.text(x)) for x in numbers.tolist()), default=1)
        return replace(form, width=width)

    def text(self, x: Any) -> str:
        precision = _options[0].precision
        if not self.is_float or not math.isfinite(x):
            text = str(x)
        elif self.scientific:
            text = f"{x:.{precision}e}"
        elif self.integral:
            text = f"{x:.0f}."
        else:
            text = f"{x:.{precision}f}"
        return text.rjust(self.width)


@dataclass(frozen=True, slots=True)
class _ComplexFormat:
    """Two formats: one for all real parts, one for all imaginary ones."""

    real: _Format
    imaginary: _Format

    @property
    def width(self) -> int:
        return self.real.width + self.imaginary.width + 1

    def text(self, x: complex) -> str:
        imaginary = self.imaginary.text(x.imag).lstrip()
        sign = "" if imaginary.startswith("-") else "+"
        return f"{self.real.text(x.real)}{sign}{imaginary}j"


def _format_of(array: Any) -> _Format | _ComplexFormat:
    if array.dtype.kind == "c":
        return _ComplexFormat(_Format.of(array.real), _Format.of(array.imag))
    return _Format.of(array)


def _nested(array: Any, form: _Format | _ComplexFormat, indent: int, summarize: bool) -> str:
    options = _options[0]
    edge = options.edgeitems
    n = array.shape[0]
    cut = summarize and n > 2 * edge
    if array.ndim == 1:
        items = [form.text(x) for x in (array[:edge] if cut else array).tolist()]
        if cut:
            items += [" ...", *(form.text(x) for x in array[-edge:].tolist())]
        per_line = max(1, (options.linewidth - indent) // (form.width + 2))
        lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    rows: list[str] = [
        _nested(row, form, indent + 1, summarize) for row in (array[:edge] if cut else array)
    ]
    if cut:
        rows += ["...", *(_nested(row, form, indent + 1, summarize) for row in array[-edge:])]
    separator = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
    return "[" + separator.join(rows) + "]"


def joined(body: str, suffixes: Sequence[str], indent: int) -> str:
    """`tensor(` body, suffixes `)`, wrapped as PyTorch does when the last line gets too long."""
    text = body
    last = len(body) - body.rfind("\n")
    for suffix in suffixes:
        if last + len(suffix) + 2 > _options[0].linewidth:
            text += ",\n" + " " * indent + suffix
            last = indent + len(suffix)
        else:
            text += ", " + suffix
            last += len(suffix) + 2
    return text


def text_of(tensor: Any) -> str:
    """As PyTorch prints it: elements, then whatever is not the default."""
    prefix = "tensor("
    array = on_host(tensor._array)
    suffixes = []
    float_ = dtypes.get_default_dtype()
    default = (float_, dtypes.complex_of(float_), dtypes.int64, dtypes.bool_)
    if tensor.is_cuda:
        suffixes.append(f"device='{tensor.device}'")
    if array.size == 0 and array.ndim != 1:
        suffixes.append(f"size={tuple(array.shape)}")
    if tensor.dtype not in default or (array.size == 0 and tensor.dtype is not default[0]):
        suffixes.append(f"dtype={tensor.dtype}")
    try:
        grad_fn = tensor.grad_fn
    except RuntimeError:  # a view that may not be used any more can still be looked at
        suffixes.append("grad_fn=<Invalid>")
    else:
        if grad_fn is not None:
            suffixes.append(f"grad_fn={grad_fn!r}")
        elif tensor.requires_grad:
            suffixes.append("requires_grad=True")
    body = format_array(array, len(prefix))
    return joined(prefix + body, suffixes, len(prefix)) + ")"
