"""Einstein's sums: every product of tensors that sums over some dimensions.

`einsum` of many tensors is a series of pairs. A pair is one node, and a matrix product at heart, so
its gradients are pairs again.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.ops.declare import op
from tracegrad.ops.linalg import check_same_dtype

Array = Any
ops = lifted.ops


# -- one pair --------------------------------------------------------------------------------------


def _turned(equation: str, order: tuple[int, int, int]) -> str:
    """The equation of a gradient: labels of `(x, y, out)` in another order."""
    terms = equation.replace("->", ",").split(",")
    return f"{terms[order[0]]},{terms[order[1]]}->{terms[order[2]]}"


@op(vjp={
    "x": lambda ops, g, y, equation: ops.einsum(g, y, equation=_turned(equation, (2, 1, 0))),
    "y": lambda ops, g, x, equation: ops.einsum(g, x, equation=_turned(equation, (2, 0, 1))),
}, name="einsum", public=False)  # fmt: skip
def einsum_pair(xp, x, y, *, equation):
    """The product of two tensors, summed over the labels that the result does not have.

    No label stands twice in a term, and each stands in two of the three.
    """
    check_same_dtype(x, y)
    a, b, out = equation.replace("->", ",").split(",")
    batch = [n for n in a if n in b and n in out]
    summed = [n for n in a if n in b and n not in out]
    left, right = [n for n in a if n not in b], [n for n in b if n not in a]
    size = dict(zip(a, x.shape, strict=True)) | dict(zip(b, y.shape, strict=True))
    for n in batch + summed:
        if x.shape[a.index(n)] != y.shape[b.index(n)]:
            raise RuntimeError(
                f"einsum(): operands do not broadcast: label '{n}' is of size "
                f"{x.shape[a.index(n)]} in '{a}' and {y.shape[b.index(n)]} in '{b}'"
            )

    def matrices(array: Array, term: str, rows: list[str], columns: list[str]) -> Array:
        moved = array.transpose([term.index(n) for n in (*batch, *rows, *columns)])
        flat = [math.prod(size[n] for n in part) for part in (rows, columns)]
        return moved.reshape([size[n] for n in batch] + flat)

    product = xp.matmul(matrices(x, a, left, summed), matrices(y, b, summed, right))
    given = [*batch, *left, *right]
    return product.reshape([size[n] for n in given]).transpose([given.index(n) for n in out])


# -- the whole syntax ------------------------------------------------------------------------------


def einsum(equation: Any, *operands: Any) -> Tensor:
    """The sum of products that an equation such as `"ij,jk->ik"` describes.

    Labels are letters; `...` stands for dimensions that broadcast. Without `->` the result has the
    labels that stand once, in alphabetical order. Instead of an equation, tensors may be followed
    by lists of numbers from 0 to 51, PyTorch's other form.

    Raises:
        RuntimeError: the equation does not fit the operands.
        ValueError: there are none.
    """
    if not isinstance(equation, str):
        equation, operands = _of_lists((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    if not operands:
        raise ValueError("einsum(): must specify the equation string and at least one operand")
    terms, out = _parsed(equation, operands)
    tensors = [_diagonals(t, term) for t, term in zip(operands, terms, strict=True)]
    _check_sizes(tensors)
    tensors = [_without_broadcast(t, tensors) for t in tensors]
    for pair in _path(tensors, out):
        chosen = [tensors[n] for n in pair]
        tensors = [t for n, t in enumerate(tensors) if n not in pair]
        tensors.append(_joined(chosen, {*out}.union(*(term for _, term in tensors))))
    return _arranged(*tensors[0], out)


Labelled = tuple[Tensor, str]
"""A tensor and a letter for each of its dimensions."""


def _of_lists(arguments: Sequence[Any]) -> tuple[str, tuple[Tensor, ...]]:
    """The equation of `einsum(x, [0, 1], y, [1, 2], [0, 2])`."""

    def letters(numbers: Sequence[Any]) -> str:
        return "".join("..." if n is Ellipsis else string.ascii_letters[n] for n in numbers)

    pairs = len(arguments) // 2
    operands = tuple(arguments[0 : 2 * pairs : 2])
    equation = ",".join(letters(numbers) for numbers in arguments[1 : 2 * pairs : 2])
    if len(arguments) % 2:
        equation += "->" + letters(arguments[-1])
    return equation, operands


def _parsed(equation: str, operands: Sequence[Tensor]) -> tuple[list[str], str]:
    """Labels of each operand and of the result, with letters for `...`."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        more = "more" if len(operands) > len(terms) else "fewer"
        raise RuntimeError(
            f"einsum(): {more} operands were provided than specified in the equation"
        )
    for symbol in left.replace("...", "") + right.replace("...", ""):
        if symbol not in string.ascii_letters + ",":
            raise RuntimeError(
                f"einsum(): invalid subscript given: '{symbol}', subscripts must be in [a-zA-Z]"
            )
    free = [n for n in string.ascii_letters + string.digits * 6 if n not in equation]
    named = [term.replace("...", "") for term in terms]
    covered = [t.ndim - len(labels) for t, labels in zip(operands, named, strict=True)]
    for n, (count, term) in enumerate(zip(covered, terms, strict=True)):
        if count < 0 or (count > 0 and "..." not in term):
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(term)}) does not match "
                f"the number of dimensions ({operands[n].ndim}) for operand {n} and no ellipsis "
                "was given"
            )
    width = max([count for count, term in zip(covered, terms, strict=True) if "..." in term] or [0])
    extra = "".join(free[:width])
    spelled = [
        term.replace("...", extra[width - count :] if count else "")
        for term, count in zip(terms, covered, strict=True)
    ]
    if arrow:
        out = right.replace("...", extra)
    else:
        every = "".join(named)
        out = extra + "".join(sorted(n for n in set(every) if every.count(n) == 1))
    for label in out:
        if out.count(label) > 1:
            raise RuntimeError(
                f"einsum(): output subscript {label} appears more than once in the output"
            )
        if not any(label in term for term in spelled):
            raise RuntimeError(
                f"einsum(): output subscript {label} does not appear in the equation for any input "
                "operand"
            )
    return spelled, out


def _diagonals(tensor: Tensor, term: str) -> Labelled:
    """A tensor none of whose labels stands twice."""
    for label in dict.fromkeys(term):
        while term.count(label) > 1:
            first, second = term.index(label), term.rindex(label)
            if tensor.shape[first] != tensor.shape[second]:
                raise RuntimeError(
                    f"einsum(): subscript {label} is repeated for operand but the sizes don't "
                    f"match, {tensor.shape[second]} != {tensor.shape[first]}"
                )
            tensor = ops.diagonal(tensor, offset=0, dim1=first, dim2=second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + label
    return tensor, term


def _check_sizes(tensors: Sequence[Labelled]) -> None:
    size: dict[str, int] = {}
    for tensor, term in tensors:
        for label, n in zip(term, tensor.shape, strict=True):
            if size.setdefault(label, n) not in (1, n) and n != 1:
                raise RuntimeError(
                    f"einsum(): operands do not broadcast: label '{label}' is of size "
                    f"{size[label]} and of size {n}"
                )
            size[label] = max(size[label], n) if 0 not in (size[label], n) else 0


def _without_broadcast(labelled: Labelled, everyone: Sequence[Labelled]) -> Labelled:
    """A tensor without the dimensions of size 1 that another one has larger."""
    tensor, term = labelled
    spare = tuple(
        n
        for n, label in enumerate(term)
        if tensor.shape[n] == 1
        and any(label in t and x.shape[t.index(label)] != 1 for x, t in everyone)
    )
    if spare:
        tensor = ops.squeeze(tensor, dim=spare)
        term = "".join(label for n, label in enumerate(term) if n not in spare)
    return tensor, term


def _path(tensors: Sequence[Labelled], out: str) -> list[tuple[int, ...]]:
    """Which tensors to join first: those that make the whole cheapest."""
    if len(tensors) <= 2:
        return [tuple(range(len(tensors)))]
    used = {label for _, term in tensors for label in term}
    equation = ",".join(term for _, term in tensors) + "->" + "".join(n for n in out if n in used)
    shapes = [np.broadcast_to(np.int8(0), tuple(t.shape)) for t, _ in tensors]
    search = "optimal" if len(tensors) < 6 else "greedy"
    path = np.einsum_path(equation, *shapes, optimize=search)[0]
    steps: list[tuple[int, ...]] = []
    count = len(tensors)
    for step in path[1:]:
        chosen = tuple(sorted(step))
        while len(chosen) > 2:  # NumPy may leave several for the end: two of them at a time
            steps.append(chosen[-2:])
            count -= 1
            chosen = (*chosen[:-2], count - 1)
        steps.append(chosen)
        count -= len(chosen) - 1
    return steps


def _joined(chosen: Sequence[Labelled], wanted: set[str]) -> Labelled:
    """One tensor of one or two, summed over what nobody else wants."""
    others = [{*chosen[1][1]}, {*chosen[0][1]}] if len(chosen) == 2 else [set[str]()]
    summed = [_summed(t, wanted | other) for t, other in zip(chosen, others, strict=True)]
    if len(summed) == 1:
        return summed[0]
    (x, a), (y, b) = summed
    out = "".join(n for n in dict.fromkeys(a + b) if n in wanted)
    return ops.einsum(x, y, equation=f"{a},{b}->{out}"), out


def _summed(labelled: Labelled, wanted: set[str]) -> Labelled:
    tensor, term = labelled
    spare = tuple(n for n, label in enumerate(term) if label not in wanted)
    if not spare:
        return labelled
    return ops.sum(tensor, dim=spare), "".join(n for n in term if n in wanted)


def _arranged(tensor: Tensor, term: str, out: str) -> Tensor:
    """The result with its dimensions in order, and those of size 1 that were dropped on the way."""
    for label in out:
        if label not in term:
            tensor, term = ops.unsqueeze(tensor, dim=-1), term + label
    if term == out:
        return tensor
    return ops.permute(tensor, dims=tuple(term.index(n) for n in out))


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {"einsum": einsum}
"""Public functions that are no methods."""
