"""What the programs of the machine are made of, in tables: for real tensors and for the toy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Shape = tuple[int, ...]

LARGEST = 12
"""Elements of a tensor: enough for every kind of overlap, small enough for hundreds of programs."""

SHAPES: list[Shape] = [(2, 3), (3, 3), (3,), (2,), (1, 3), ()]

LOW, HIGH = -0.5, 0.75
"""The bounds of `clamp`; and the number that is written by `fill_` and `masked_fill_`."""

# -- views -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """Attributes:
    fits: whether it can be taken of this shape.
    of_tensor, of_array: the view of a tensor, and the same of a table of indices.
    """

    fits: Callable[[Shape], bool]
    of_tensor: Callable[[Any], Any]
    of_array: Callable[[Any], Any]


def _strided_tail(t: Any) -> Any:
    size = (t.shape[0] - 1, *t.shape[1:])
    return t.as_strided(size, tuple(t.stride()), t.storage_offset() + t.stride(0))


def _windows(t: Any) -> Any:
    step = t.stride(0)
    return t.as_strided((t.shape[0] - 1, 2), (step, step), t.storage_offset())


VIEWS: dict[str, View] = {
    "row": View(lambda s: len(s) > 0, lambda t: t[0], lambda a: a[0]),
    "last column": View(lambda s: len(s) > 1, lambda t: t[:, -1], lambda a: a[:, -1]),
    "tail": View(lambda s: len(s) > 0 and s[0] > 1, lambda t: t[1:], lambda a: a[1:]),
    "head": View(lambda s: len(s) > 0 and s[0] > 1, lambda t: t[:-1], lambda a: a[:-1]),
    "every other": View(
        lambda s: len(s) > 0 and s[-1] > 1, lambda t: t[..., ::2], lambda a: a[..., ::2]
    ),
    "select": View(lambda s: len(s) > 0, lambda t: t.select(-1, 0), lambda a: a[..., 0]),
    "narrow": View(
        lambda s: len(s) > 0 and s[0] > 1, lambda t: t.narrow(0, 1, 1), lambda a: a[1:2]
    ),
    "transpose": View(
        lambda s: len(s) > 1, lambda t: t.transpose(0, -1), lambda a: a.swapaxes(0, -1)
    ),
    "diagonal": View(lambda s: len(s) == 2, lambda t: t.diagonal(), lambda a: a.diagonal()),
    "unsqueeze": View(lambda s: len(s) < 3, lambda t: t.unsqueeze(0), lambda a: a[None]),
    "squeeze": View(lambda s: len(s) > 0 and s[0] == 1, lambda t: t.squeeze(0), lambda a: a[0]),
    "flat": View(lambda s: True, lambda t: t.view(-1), lambda a: a.reshape(-1)),
    "expand": View(
        lambda s: len(s) < 3 and 2 * int(np.prod(s)) <= LARGEST,
        lambda t: t.expand(2, *t.shape),
        lambda a: np.broadcast_to(a, (2, *a.shape)),
    ),
    "strided tail": View(lambda s: len(s) > 0 and s[0] > 1, _strided_tail, lambda a: a[1:]),
    "windows": View(
        lambda s: len(s) == 1 and 3 <= s[0] <= LARGEST // 2,
        _windows,
        lambda a: np.lib.stride_tricks.sliding_window_view(a, 2),
    ),
    "unbind": View(lambda s: len(s) > 0, lambda t: t.unbind(0), list),
    "split": View(
        lambda s: len(s) > 0,
        lambda t: t.split(2),
        lambda a: [a[n : n + 2] for n in range(0, len(a), 2)],
    ),
}

ALIASES = ["itself", "detach", "unsqueeze", "row", "flat"]
"""Through what a tensor may be written."""

# -- keys of an assignment -------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    fits: Callable[[Shape], bool]
    key: Any


BASIC: dict[str, Key] = {
    "row": Key(lambda s: len(s) > 0, 0),
    "last": Key(lambda s: len(s) > 0, -1),
    "tail": Key(lambda s: len(s) > 0 and s[0] > 1, slice(1, None)),
    "head": Key(lambda s: len(s) > 0 and s[0] > 1, slice(None, -1)),
    "column": Key(lambda s: len(s) == 2, (slice(None), 0)),
    "every other": Key(lambda s: len(s) > 0, (..., slice(None, None, 2))),
    "all": Key(lambda s: True, ...),
}
"""Keys that show a view."""


@dataclass(frozen=True)
class AdvancedKey:
    """Attributes:
    parts: given a mask of the tensor's shape, the key in two steps: a view (or `None`), and a
        mask or lists of indices.
    """

    fits: Callable[[Shape], bool]
    parts: Callable[[Any], tuple[Any, Any]]


ADVANCED: dict[str, AdvancedKey] = {
    "mask": AdvancedKey(lambda s: len(s) > 0, lambda mask: (None, mask)),
    "rows": AdvancedKey(lambda s: len(s) > 0 and s[0] > 1, lambda mask: (None, [1, 0])),
    "columns": AdvancedKey(
        lambda s: len(s) == 2 and s[1] > 1, lambda mask: (None, (slice(None), [0, -1]))
    ),
    "of a row": AdvancedKey(lambda s: len(s) == 2 and s[1] > 1, lambda mask: (0, [-1, 0])),
}
"""Keys that pick elements."""

# -- functions and their slopes --------------------------------------------------------------------


@dataclass(frozen=True)
class Pointwise:
    """Attributes:
    slopes: made from what `keeps` names; where that is nothing, from any array of the shape.
    call: how a real tensor's method or in-place method is called: name, arguments.
    """

    function: Callable[[Any], Any]
    slopes: Callable[[Any], Any]
    keeps: Literal["", "input", "out"] = ""
    arguments: tuple[float, ...] = ()
    only_in_place: bool = False


POINTWISE: dict[str, Pointwise] = {
    "neg": Pointwise(np.negative, lambda x: np.full(np.shape(x), -1.0)),
    "sin": Pointwise(np.sin, np.cos, "input"),
    "tanh": Pointwise(np.tanh, lambda out: 1 - out**2, "out"),
    "relu": Pointwise(lambda x: np.maximum(x, 0), lambda out: (out != 0) * 1.0, "out"),
    "clamp": Pointwise(
        lambda x: np.clip(x, LOW, HIGH),
        lambda x: ((x >= LOW) & (x <= HIGH)) * 1.0,
        "input",
        (LOW, HIGH),
    ),
    "zero": Pointwise(np.zeros_like, np.zeros_like, only_in_place=True),
    "fill": Pointwise(
        lambda x: np.full_like(x, LOW), np.zeros_like, arguments=(LOW,), only_in_place=True
    ),
}
OUT_OF_PLACE = [name for name, op in POINTWISE.items() if not op.only_in_place]


@dataclass(frozen=True)
class Binary:
    """Attributes:
    slopes: for each operand, made from the other one where the op keeps them.
    """

    function: Callable[[Any, Any], Any]
    slopes: tuple[Callable[[Any], Any], Callable[[Any], Any]]
    keeps: bool = False


def _ones(other: Any) -> Any:
    return np.ones(np.shape(other))


BINARY: dict[str, Binary] = {
    "add": Binary(np.add, (_ones, _ones)),
    "mul": Binary(np.multiply, (lambda y: y, lambda x: x), True),
    "copy": Binary(lambda x, y: np.broadcast_to(y, x.shape), (np.zeros_like, _ones)),
}
