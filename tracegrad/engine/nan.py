"""A backward pass that stops at the first NaN: what `detect_anomaly` raises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad.backend.device import on_host
from tracegrad.engine.saved import keeper, kept
from tracegrad.engine.wording import forward_of, what_is
from tracegrad.errors import with_details
from tracegrad.graph.node import Node


def refuse_nan(node: Node, g: Any, contributions: Sequence[Any]) -> None:
    """Look at the gradients that a node's rules gave.

    Args:
        g: the gradient that came in; a list for a node of several outputs.

    Raises:
        RuntimeError: one of them contains a NaN.
    """
    for n, contribution in enumerate(contributions):
        nan = _nan_in(contribution)
        if nan is not None:
            raise RuntimeError(_message(node, g, n, nan))


def _nan_in(gradient: Any) -> Any:
    """Where a gradient is NaN; `None` if nowhere."""
    array = _array(gradient)
    if gradient is None or not dtypes.inexact(array):
        return None
    nan = np.isnan(array)
    return nan if nan.any() else None


def _array(value: Any) -> Any:
    return on_host(getattr(value, "_array", value))


def _message(node: Node, g: Any, n: int, nan: Any) -> str:
    by = forward_of(node)
    inputs = [name.lstrip("*") for name in node.op.inputs]
    of = what_is(node, inputs[n]) if n < len(inputs) else f"input {n}"
    first = tuple(int(i) for i in np.argwhere(nan)[0])
    rows = [
        ("gradient of", f"{of}, an input of {by}"),
        ("nan", f"{int(nan.sum())} of {nan.size} elements, the first at {list(first)}"),
        ("there", ", ".join(_at(node, g, first, nan.shape))),
    ]
    came = [one for one in (g if isinstance(g, list) else [g]) if _nan_in(one) is not None]
    if came:
        rows.append(("came in", "the gradient was nan already when it reached this op"))
        tries = (
            "look at what made it: a hook, the gradient= given to backward(), inf - inf where "
            "several gradients are added up"
        )
    else:
        tries = (
            "look at the values that this op got: 0/0, 0*inf and inf-inf make a NaN; record() "
            "keeps them all"
        )
    headline = f"Function '{node.name()}' returned nan values in its {n}th output."
    return with_details(headline, rows, tries)


def _at(node: Node, g: Any, index: tuple[int, ...], shape: tuple[int, ...]) -> list[str]:
    """The numbers that the rule worked with at an element, as far as they stand there too."""
    node = keeper(node)
    values = [("the gradient that came in", g)]
    values += [(what_is(node, entry.name), entry.array) for entry in kept(node)]
    found = []
    for name, value in values:
        array = _array(value) if not isinstance(value, list) else None
        if array is not None and array.shape == shape:
            found.append(f"{name} is {array[index]:.4g}")
    return list(dict.fromkeys(found))
