"""Numbers of an array as PyTorch prints a tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


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
    threshold: int = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_options = [PrintOptions()]


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors are printed; what is `None` stays as it is."""
    given: dict[str, Any] = {
        "precision": precision, "threshold": threshold, "edgeitems": edgeitems,
        "linewidth": linewidth,
        "sci_mode": sci_mode,
    }  # fmt: skip
    _options[0] = replace(_options[0], **{k: v for k, v in given.items() if v is not None})


def format_array(array: Any, indent: int) -> str:
    """The elements as nested brackets; lines after the first start `indent` characters in."""
    if array.size == 0 and array.ndim:
        return "[" * array.ndim + "]" * array.ndim if array.ndim == 1 else "[]"
    summarize = array.size > _options[0].threshold
    form = _Format.of(_shown(array, summarize) if summarize else array)
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
    """One way to write all the numbers of an array in equal width."""

    kind: str
    width: int = 0
    integral: bool = False
    scientific: bool = False

    @classmethod
    def of(cls, array: Any) -> _Format:
        if array.dtype.kind == "c":
            parts = np.concatenate([array.real.ravel(), array.imag.ravel()])
            return replace(cls.of(parts), kind="c")
        if array.dtype.kind in "biu":
            form = cls("i")
        else:
            finite = np.abs(array[np.isfinite(array) & (array != 0)].astype(np.float64))
            integral = bool(np.all(finite == np.ceil(finite)))
            options = _options[0]
            low, high = (finite.min(), finite.max()) if finite.size else (1.0, 1.0)
            if integral:
                scientific = bool(high / low > 1000.0 or high > 1.0e8)
            else:
                scientific = bool(high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4)
            if options.sci_mode is not None:
                scientific = options.sci_mode
            form = cls("f", 0, integral, scientific)
        width = max((len(form.text(x)) for x in array.ravel().tolist()), default=1)
        return replace(form, width=width)

    def text(self, x: Any) -> str:
        if self.kind == "c":
            real = replace(self, kind="f")
            imaginary = real.text(x.imag).strip()
            sign = "" if imaginary.startswith("-") else "+"
            return f"{real.text(x.real)}{sign}{imaginary}j"
        if self.kind == "i" or not math.isfinite(x):
            text = str(x)
        elif self.scientific:
            text = f"{x:.{_options[0].precision}e}"
        elif self.integral:
            text = f"{x:.0f}."
        else:
            text = f"{x:.{_options[0].precision}f}"
        return text.rjust(self.width)


def _nested(array: Any, form: _Format, indent: int, summarize: bool) -> str:
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
