"""What a kernel's failure means in the user's terms: PyTorch's class and key phrase, op, place,
advice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tracegrad.errors import with_details
from tracegrad.graph.location import caller, place
from tracegrad.ops.declare import Op


def kernel_error(
    op: Op, inputs: Sequence[Any], options: Mapping[str, Any], error: Exception
) -> Exception:
    """The exception to raise in place of what a kernel (or NumPy in it) raised."""
    if isinstance(error, Warning):  # which the user had turned into errors
        return error
    shapes = [t._array.shape for t in inputs if hasattr(t, "_array")]
    kind, headline, tries = _meaning(op, shapes, options, error)
    where = place(*caller())
    rows = [("op", described_call(op, inputs, options))]
    if where is not None:
        rows.append(("at", str(where)))
    return kind(with_details(headline, rows, tries))


def described_call(op: Op, inputs: Sequence[Any], options: Mapping[str, Any]) -> str:
    """`mul(f32[2, 3], f32[4])`."""
    defaults = op.declaration.options
    parts = [signature(t) for t in inputs if t is not None] + [
        f"{name}={value!r}" for name, value in options.items() if value is not defaults.get(name)
    ]
    return f"{op.name}({', '.join(parts)})"


def signature(value: Any) -> str:
    """`f32[2, 3]` for a tensor, `repr` for everything else."""
    array = getattr(value, "_array", None)
    if array is None:
        return repr(value)
    dtype = str(array.dtype)
    for word, letter in (("float", "f"), ("uint", "u"), ("int", "i"), ("complex", "c")):
        dtype = dtype.replace(word, letter)
    return f"{dtype}{list(array.shape)}"


PHRASES = {
    "boolean subtract": (
        RuntimeError,
        "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
        "`logical_xor()` operator instead.",
        "",
    ),
    "boolean negative": (
        RuntimeError,
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
        "invert a mask, use the `~` or `logical_not()` operator instead.",
        "",
    ),
    "Integers to negative integer powers": (
        RuntimeError,
        "Integers to negative integer powers are not allowed.",
        ".float() on one of them first",
    ),
}  # fmt: skip
"""What NumPy says -> exception class, first line, advice."""


def _meaning(
    op: Op, shapes: Sequence[tuple[int, ...]], options: Mapping[str, Any], error: Exception
) -> tuple[type[Exception], str, str]:
    """Exception class, first line, advice."""
    text = str(error)
    for phrase, meaning in PHRASES.items():
        if phrase in text:
            return meaning
    if "zero-size array to reduction" in text or "of an empty sequence" in text:
        return _nothing_to_reduce(op.name, options.get("dim"))
    if isinstance(error, np.exceptions.AxisError):
        ndim = max(error.ndim or 0, 1)
        return (
            IndexError,
            f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got "
            f"{error.axis})",
            "",
        )
    if isinstance(error, ValueError) and "broadcast" in text and len(shapes) >= 2:
        return RuntimeError, broadcast_mismatch(shapes), broadcast_advice(shapes)
    if isinstance(error, ValueError) and re.search("matmul|core dimension|not aligned", text):
        return RuntimeError, _matmul_mismatch(shapes), _matmul_advice(shapes)
    if isinstance(error, TypeError) and "ufunc" in text:
        return NotImplementedError, f'"{op.name}" not implemented for this dtype', ""
    if isinstance(error, RuntimeError | TypeError | IndexError | NotImplementedError):
        return type(error), text, ""
    return RuntimeError, text, ""


def _nothing_to_reduce(name: str, dim: Any) -> tuple[type[Exception], str, str]:
    if dim is not None:
        return IndexError, f"{name}(): Expected reduction dim {dim} to have non-zero size.", ""
    return (
        IndexError if name.startswith("arg") else RuntimeError,
        f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
        "reduction dim with the 'dim' argument.",
        "",
    )


def broadcast_mismatch(shapes: Sequence[tuple[int, ...]]) -> str:
    """PyTorch's sentence for the first pair of sizes, from the right, that don't fit."""
    a, b = shapes[0], shapes[1]
    width = max(len(a), len(b))
    for back in range(1, width + 1):
        m = a[-back] if back <= len(a) else 1
        n = b[-back] if back <= len(b) else 1
        if m != n and 1 not in (m, n):
            return (
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at "
                f"non-singleton dimension {width - back}"
            )
    return f"The shapes {', '.join(str(list(s)) for s in shapes)} do not broadcast"


def broadcast_advice(shapes: Sequence[tuple[int, ...]]) -> str:
    """What would make two shapes fit, if something simple would: the smaller one into the
    larger.
    """
    a, b = shapes[0], shapes[1]
    candidates = [("the second", b, a), ("the first", a, b)]
    for name, shape, other in sorted(candidates, key=lambda one: len(one[1])):
        for at in range(len(shape), -1, -1):
            longer = (*shape[:at], 1, *shape[at:])
            if len(longer) <= len(other) and _broadcasts(longer, other):
                return f"unsqueeze({at}) on {name}, which makes it {list(longer)}"
    if len(a) == len(b) == 2 and _broadcasts(a[::-1], b):
        return "transpose one of them: .T"
    return "compare the shapes from the right: each pair of sizes must be equal, or one of them 1"


def _broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    pairs = zip(reversed(a), reversed(b), strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs)


def _matmul_mismatch(shapes: Sequence[tuple[int, ...]]) -> str:
    a, b = shapes[0], shapes[1]
    if len(a) == len(b) == 1:
        return (
            f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the same "
            f"number of elements, but got {a[0]} and {b[0]} elements respectively"
        )
    if len(b) == 1:
        return f"size mismatch, got input ({a[-2]}), mat ({a[-2]}x{a[-1]}), vec ({b[0]})"
    rows = int(np.prod(a[:-1])) if len(a) > 1 else 1
    return f"mat1 and mat2 shapes cannot be multiplied ({rows}x{a[-1]} and {b[-2]}x{b[-1]})"


def _matmul_advice(shapes: Sequence[tuple[int, ...]]) -> str:
    a, b = shapes[0], shapes[1]
    if len(b) >= 2 and b[-1] == a[-1]:
        return f"transpose the second: {'.T' if len(b) == 2 else '.mT'}"
    if len(a) >= 2 and len(b) >= 2 and a[-2] == b[-2]:
        return f"transpose the first: {'.T' if len(a) == 2 else '.mT'}"
    if not a or not b:
        return "* for multiplying by a scalar tensor"
    rows = b[-2] if len(b) > 1 else b[0]
    return f"the last size of the first ({a[-1]}) must equal the second's {rows}"
