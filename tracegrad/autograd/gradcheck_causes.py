"""Why a gradient is not what finite differences say: the text of `GradcheckError`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.autograd.gradcheck_jacobians import (
    Function,
    analytical_jacobians,
    outputs_of,
    secant,
    secants,
)
from tracegrad.autograd.products import pull, zeros_like
from tracegrad.errors import with_details
from tracegrad.graph.location import place
from tracegrad.graph.node import Output


@dataclass(frozen=True, slots=True)
class Case:
    """One output and one input whose Jacobians differ.

    Attributes:
        made: the output, with its graph.
        output, input: which they are.
        numerical, analytical: matrices of (elements of the output, elements of the input).
    """

    func: Function
    inputs: tuple[Any, ...]
    made: Tensor
    output: int
    input: int
    numerical: Any
    analytical: Any
    eps: float
    atol: float
    rtol: float

    @property
    def x(self) -> Tensor:
        found: Tensor = self.inputs[self.input]
        return found

    @property
    def wrong(self) -> Any:
        """Where they differ."""
        return ~np.isclose(self.analytical, self.numerical, self.rtol, self.atol, equal_nan=True)

    @property
    def worst(self) -> tuple[int, int]:
        """The element that is furthest off, relative to what is allowed; NaN first."""
        allowed = self.atol + self.rtol * np.abs(self.numerical)
        off = np.abs(self.analytical - self.numerical) / allowed
        off = np.where(np.isnan(off) & self.wrong, np.inf, off)
        row, column = np.unravel_index(np.nanargmax(off), off.shape)
        return int(row), int(column)

    @property
    def element(self) -> tuple[int, ...]:
        """The worst element's index in the input."""
        return tuple(int(i) for i in np.unravel_index(self.worst[1], self.x._array.shape))


Cause = tuple[str, str]
"""What it is, and what to try."""


def explained(case: Case, name: Callable[[str, int], str]) -> str:
    """The message: PyTorch's headline, the worst element, and the likely cause."""
    row, column = case.worst
    numerical, analytical = case.numerical[row, column], case.analytical[row, column]
    of = np.unravel_index(row, case.made._array.shape)
    ratio = f"{analytical / numerical:.6g}" if numerical else "undefined, numerical is 0"
    cause, tries = cause_of(case)
    what = _element(name("output", case.output), of)
    whom = _element(name("input", case.input), case.element)
    return with_details(
        f"Jacobian mismatch for output {case.output} with respect to input {case.input},",
        [
            ("worst element", f"{what} with respect to {whom}"),
            ("numerical:", f"{numerical:.6g}"),
            ("analytical:", f"{analytical:.6g}"),
            ("ratio", f"{ratio}   (analytical / numerical)"),
            ("wrong", f"{int(case.wrong.sum())} of {case.wrong.size} elements"),
            ("output by", _maker(case.made)),
            ("likely cause", cause),
        ],
        tries,
    )


def _element(what: str, index: Sequence[Any]) -> str:
    return f"{what}[{', '.join(str(int(i)) for i in index)}]" if len(index) else what


def _maker(made: Tensor) -> str:
    node = made.grad_fn
    if isinstance(node, Output):
        node = node.node
    if node is None:
        return ""
    where = place(node.code, node.lasti)
    return f"{node.op.name}   {where}" if where else node.op.name


# -- causes ----------------------------------------------------------------------------------------


def cause_of(case: Case) -> Cause:
    """The first of the causes that fits."""
    for look in (_not_finite, _float32, _random, _ignores_gradient, _kink, _cut_off, _in_eps):
        found = look(case)
        if found is not None:
            return found
    return next(_patterns(case))


def _not_finite(case: Case) -> Cause | None:
    row, column = case.worst
    if math.isfinite(case.analytical[row, column]):
        return None
    return (
        "the gradient is not finite here although the function is",
        "other inputs, or torch.where-like guards on the input of the op, not on its result; "
        "detect_anomaly() names the op",
    )


def _float32(case: Case) -> Cause | None:
    """Coarse numbers, if the same check in float64 passes, or cannot be made."""
    coarse = [
        n
        for n, x in enumerate(case.inputs)
        if isinstance(x, Tensor) and x.is_floating_point() and x.itemsize < 8
    ]
    if not coarse:
        return None
    fine = _in_float64(case)
    if fine is not None and fine.wrong.any():
        return cause_of(fine)
    dtype = case.inputs[coarse[0]].dtype.name
    digits = np.finfo(case.inputs[coarse[0]]._array.dtype).eps
    return (
        f"input {coarse[0]} is {dtype}: steps of {digits:.1g} of a number's size are too coarse "
        f"for differences over eps={case.eps:g}"
        + ("; in float64 the gradients agree" if fine is not None else ""),
        "inputs (and parameters) in float64, as .double() makes them",
    )


def _in_float64(case: Case) -> Case | None:
    """The same case with all inputs in float64; `None` if the function does not take them."""
    inputs = tuple(
        x.detach().double().requires_grad_(x.requires_grad)
        if isinstance(x, Tensor) and x.is_floating_point()
        else x
        for x in case.inputs
    )
    try:
        outputs = outputs_of(case.func, inputs)
        if outputs[case.output].itemsize < 8:
            return None
        ((analytical,),) = analytical_jacobians(outputs, [case.output], inputs, [case.input])
        (numerical,) = secants(case.func, inputs, case.input, [case.output], case.eps)
    except Exception:  # whatever the user's function does with a dtype it did not expect
        return None
    return replace(
        case, inputs=inputs, made=outputs[case.output], numerical=numerical, analytical=analytical
    )


def _random(case: Case) -> Cause | None:
    first, second = (outputs_of(case.func, case.inputs)[case.output]._array for _ in range(2))
    if first.shape != second.shape or not np.array_equal(first, second, equal_nan=True):
        return (
            "the function is not deterministic: two calls with the same inputs give different "
            "results",
            "manual_seed() inside of the function, or its random numbers as an input",
        )
    ((again,),) = analytical_jacobians((case.made,), [0], (case.x,), [0])
    if not np.array_equal(again, case.analytical, equal_nan=True):
        return (
            "the backward is not deterministic: two passes through one graph give different "
            "gradients",
            "save what is drawn in forward, and use it in backward again",
        )
    return None


def _ignores_gradient(case: Case) -> Cause | None:
    """The gradient of nothing is something."""
    (g,) = pull((case.made,), (case.x,), (zeros_like(case.made),), False)
    if g is None or not np.any(g._array != 0):
        return None
    return (
        "backward not multiplied by grad_output: the gradient is not zero where the incoming one "
        "is",
        "multiply by the gradient that backward is given",
    )


PARTS = 8
"""Into how many parts the interval of a difference is cut, to look for a kink."""


def _kink(case: Case) -> Cause | None:
    """One slope up to some point of the interval, and another one from there on."""
    row, _ = case.worst
    at = case.func, case.inputs, case.input, case.element, case.output
    ends = range(-PARTS // 2, PARTS // 2)
    width = case.eps / (PARTS // 2)
    slopes = np.array([secant(*at, width, (n, n + 1))[row] for n in ends])
    left, right = slopes[0], slopes[-1]
    apart = abs(right - left)
    if not apart > case.atol + case.rtol * max(abs(left), abs(right)):
        return None
    is_left, is_right = np.abs(slopes - left) < apart / 20, np.abs(slopes - right) < apart / 20
    # The part in which the kink lies has a slope in between, or any slope where there is a jump.
    if not any(is_left[:n].all() and is_right[n + 1 :].all() for n in range(PARTS)):
        return None
    return (
        f"a kink or a jump near this point: the slope is {left:.6g} to the left and {right:.6g} to "
        "the right",
        f"inputs that are further than eps={case.eps:g} from where the function is not smooth",
    )


def _cut_off(case: Case) -> Cause | None:
    if np.any(case.analytical != 0):
        return None
    return (
        "no gradient arrives at this input at all, and the output depends on it",
        "look for .detach(), .data, no_grad(), .item() or NumPy in the function, and for a "
        "backward that returns None or zeros",
    )


def _in_eps(case: Case) -> Cause | None:
    """The difference itself changes with its width, towards the gradient."""
    row, column = case.worst
    at = case.func, case.inputs, case.input, case.element, case.output
    wanted = case.analytical[row, column]
    off = abs(case.numerical[row, column] - wanted)
    for eps in (case.eps / 30, case.eps * 30, case.eps / 3e4):
        other = secant(*at, eps, (-1, 1))[row]
        if abs(other - wanted) < off / 10:
            return (
                f"eps={case.eps:g} does not suit the function here: with eps={eps:g} the numerical "
                f"derivative is {other:.6g}",
                f"eps={eps:g}, or inputs where the function is less steep",
            )
    return None


# -- patterns of a wrong rule ----------------------------------------------------------------------


def _patterns(case: Case) -> Iterator[Cause]:
    """What the numbers look like, most specific first; the last one always fits."""
    numerical, analytical = case.numerical, case.analytical
    factor = _factor(case)
    if factor is not None:
        yield _FACTORS.get(round(factor, 3)) or (
            f"every element is off by the same factor: looks like a factor {_number(factor)}",
            f"multiply by {_number(1 / factor)} in backward, or find what was left out there",
        )
    square = numerical.shape[0] == numerical.shape[1]
    if square and np.allclose(analytical, numerical.T, max(case.rtol, 1e-3), case.atol):
        yield (
            "the Jacobian is the transposed of what it should be",
            "transpose in backward: the gradient of x @ w for x is g @ w.T",
        )
    missing = (numerical - analytical)[case.wrong]
    if missing.size > 1 and np.allclose(missing, missing[0], max(case.rtol, 1e-3), case.atol):
        yield (
            f"a term is missing: each wrong element is short of the same {missing[0]:.6g}",
            "add it in backward",
        )
    right = numerical[~case.wrong]
    nonzero = int(np.count_nonzero(numerical))
    if nonzero and np.any(right != 0):
        yield (
            f"a term is missing or wrong for some elements: of {nonzero} derivatives that are not "
            f"0, {int(np.count_nonzero(right))} are right",
            "look for what is different about the worst element: its sign, its place, a branch",
        )
    yield (
        "a term of the gradient is missing or wrong: the ratio is not the same everywhere"
        if nonzero > 1
        else "the gradient is wrong, and one element is too few to say how",
        "derive the rule again; a smaller input shows the pattern",
    )


def _factor(case: Case) -> float | None:
    """The ratio of the two, where it is one and the same for several elements."""
    numerical, analytical = case.numerical, case.analytical
    large = np.abs(numerical) > max(case.atol * 10, 1e-3 * np.abs(numerical).max())
    if not large.any() or np.any(np.abs(analytical[~large]) > 1e-2 * np.abs(analytical).max()):
        return None
    ratios = analytical[large] / numerical[large]
    middle = float(np.median(ratios))
    if middle == 0 or np.abs(ratios - middle).max() > 5e-3 * abs(middle):
        return None
    return middle


_FACTORS: dict[float, Cause] = {
    -1.0: ("every element has the wrong sign", "the negative of it in backward"),
    2.0: (
        "every element is twice what it should be: looks like a factor 2",
        "look for a gradient that is added twice, or a square whose 2 is there twice",
    ),
    0.5: (
        "every element is half of what it should be: looks like a factor 0.5",
        "look for the 2 of a square, or for an input that is used twice and counted once",
    ),
}


def _number(x: float) -> str:
    """A factor as a person would write it."""
    for bottom in range(1, 17):
        top = x * bottom
        if abs(top - round(top)) < 2e-3 * abs(top):
            return f"{round(top)}" if bottom == 1 else f"{round(top)}/{bottom}"
    return f"{x:.4g}"
