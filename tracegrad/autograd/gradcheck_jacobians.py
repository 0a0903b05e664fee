"""The two Jacobians that `gradcheck` compares: by backward, and by finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.autograd.products import basis, pull

Function = Callable[..., Any]
Arrays = list[Any]
"""By output: a matrix of (elements of the output, elements of the input)."""


def outputs_of(func: Function, inputs: Sequence[Any]) -> tuple[Tensor, ...]:
    """What the function gives, always as a tuple of tensors."""
    result = func(*inputs)
    several = tuple(result) if isinstance(result, tuple | list) else (result,)
    for n, one in enumerate(several):
        if not isinstance(one, Tensor):
            raise ValueError(
                f"gradcheck: output {n} of the function is a {type(one).__name__}, no tensor"
            )
    return several


def differentiable(outputs: Sequence[Tensor]) -> list[Tensor]:
    """Those that a gradient can come from."""
    return [out for out in outputs if out.requires_grad]


def analytical_jacobians(
    outputs: Sequence[Tensor],
    kept: Sequence[int],
    inputs: Sequence[Any],
    positions: Sequence[int],
) -> list[Arrays]:
    """By output and input: one backward pass per element of an output."""
    targets = [inputs[n] for n in positions]
    found = []
    for n in kept:
        out = outputs[n]
        blank: Arrays = [np.zeros((out.numel(), x.numel())) for x in targets]
        for row, one in enumerate(basis(out)):
            for part, g in zip(blank, pull((out,), targets, (one,), False), strict=True):
                if g is not None:
                    part[row] = g._array.reshape(-1)
        found.append(blank)
    return found


def secants(
    func: Function,
    inputs: Sequence[Any],
    position: int,
    kept: Sequence[int],
    eps: float,
    sides: tuple[int, int] = (-1, 1),
) -> Arrays:
    """Slopes of the chosen outputs between two points near an input, for each of its elements.

    Args:
        sides: the two points in units of `eps`: (-1, 1) is a central difference.
    """
    x = inputs[position]
    columns: list[list[Any]] = []
    for index in np.ndindex(x._array.shape):
        low, high = (_moved(func, inputs, x._array, index, s * eps, kept) for s in sides)
        width = (sides[1] - sides[0]) * eps
        columns.append([(b - a) / width for a, b in zip(low, high, strict=True)])
    if not columns:
        sizes = [out.numel() for out in outputs_of(func, inputs)]
        return [np.zeros((sizes[n], 0)) for n in kept]
    return [np.stack([column[i] for column in columns], -1) for i in range(len(kept))]


def secant(
    func: Function,
    inputs: Sequence[Any],
    position: int,
    element: tuple[int, ...],
    output: int,
    eps: float,
    sides: tuple[int, int],
) -> Any:
    """The same for one element of one input, of all elements of one output."""
    array = inputs[position]._array
    low, high = (_moved(func, inputs, array, element, s * eps, [output])[0] for s in sides)
    return (high - low) / ((sides[1] - sides[0]) * eps)


def _moved(
    func: Function,
    inputs: Sequence[Any],
    array: Any,
    element: tuple[int, ...],
    by: float,
    kept: Sequence[int],
) -> Arrays:
    """The outputs, flat and in float64, with one element of an input moved for the time being.

    The move is made in the input's own memory, as it lies: the function sees the tensors that it is
    going to be used with, and may also reach them in another way than as its arguments.
    """
    before = array[element].copy()
    try:
        array[element] = before + by
        with no_grad():
            outputs = outputs_of(func, inputs)
        return [outputs[n]._array.astype(np.float64).reshape(-1) for n in kept]
    finally:
        array[element] = before
