"""Why an op makes NaN or infinities: what its inputs must have been, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tracegrad.diagnose.facts import Occurrence
from tracegrad.recording.model import EventRow
from tracegrad.recording.source import TraceSource

Test = Callable[[np.ndarray], bool]


@dataclass(frozen=True, slots=True)
class Reason:
    """One way in which an op leaves the numbers.

    Attributes:
        ops: names of ops.
        of: which input of the forward op is to blame, -1 for the last.
        test: whether that input is such.
        backward: whether it is the op's gradient that goes wrong.
        why: what happens, in a sentence without a full stop.
        tries: what to change.
    """

    ops: tuple[str, ...]
    of: int
    test: Test
    why: str
    tries: str
    backward: bool = False


# -- what an input is like -------------------------------------------------------------------------


def _zero(x: np.ndarray) -> bool:
    return bool((x == 0).any())


def _negative(x: np.ndarray) -> bool:
    return bool((x < 0).any()) if x.dtype.kind != "c" else False


def _not_above_minus_one(x: np.ndarray) -> bool:
    return bool((x <= -1).any())


def _outside_unit(x: np.ndarray) -> bool:
    return bool((abs(x) > 1).any())


def _at_the_edge(x: np.ndarray) -> bool:
    return bool((abs(x) == 1).any())


def _large(x: np.ndarray) -> bool:
    """Whether the exponential overflows: above 88.7 in float32, 709.8 in float64."""
    return bool((x.real > np.log(np.finfo(x.dtype).max)).any()) if x.dtype.kind in "fc" else False


def _all_zero(x: np.ndarray) -> bool:
    return x.size > 0 and not x.any()


def _empty(x: np.ndarray) -> bool:
    return x.size == 0


def _all_minus_infinite(x: np.ndarray) -> bool:
    return x.ndim > 0 and x.size > 0 and bool((x == -np.inf).all(axis=-1).any())


# -- the table -------------------------------------------------------------------------------------

_LOGS = ("log", "log2", "log10", "xlogy")
_ROOTS = ("sqrt", "rsqrt")
_EXPONENTIALS = ("exp", "exp2", "expm1", "sinh", "cosh", "logsumexp")
_DISTANCES = ("norm", "vector_norm", "linalg_vector_norm", "cdist", "pairwise_distance", "std")

REASONS = (
    Reason(_LOGS, -1, _negative, "the logarithm of a negative number is NaN",
           "x.clamp(min=1e-8).log(), or log_softmax for probabilities"),
    Reason(_LOGS, -1, _zero, "the logarithm of 0 is -inf",
           "(x + 1e-8).log(), or log_softmax for probabilities"),
    Reason(("log1p",), 0, _not_above_minus_one, "log1p is -inf at -1 and NaN below it",
           "x.clamp(min=-1 + 1e-6).log1p()"),
    Reason(_ROOTS, 0, _negative, "the square root of a negative number is NaN",
           "x.clamp(min=0) before the root: rounding makes small negative numbers"),
    Reason(("rsqrt", "reciprocal"), 0, _zero, "1 / 0 is infinite", "(x + 1e-8)"),
    Reason(("div", "true_divide", "remainder", "fmod", "floor_divide"), 1, _zero,
           "division by 0 is infinite, and 0 / 0 is NaN", "y + 1e-8 in the denominator"),
    Reason(_EXPONENTIALS, 0, _large, "the exponential of a large number overflows to inf "
           "(above 88.7 in float32)", "subtract the largest first, as softmax and logsumexp do"),
    Reason(("acos", "asin", "atanh"), 0, _outside_unit, "it is defined from -1 to 1 only",
           "x.clamp(-1 + 1e-6, 1 - 1e-6)"),
    Reason(("atanh",), 0, _at_the_edge, "atanh is infinite at -1 and 1",
           "x.clamp(-1 + 1e-6, 1 - 1e-6)"),
    Reason(("pow",), 0, _negative, "a negative number to a power that is not whole is NaN",
           "x.abs() or x.clamp(min=0) before the power"),
    Reason(("pow",), 0, _zero, "0 to a negative power is infinite", "x.clamp(min=1e-8)"),
    Reason(("mean", "std", "var"), 0, _empty, "there is nothing to take the mean of",
           "check that the selection before it is not empty"),
    Reason(("softmax", "log_softmax"), 0, _all_minus_infinite,
           "a row is -inf throughout, as with a mask that hides everything: 0 / 0",
           "leave one position of each row unmasked"),
    Reason(_ROOTS, 0, _zero, "the slope of a square root at 0 is infinite; times 0 it is NaN",
           "(x + 1e-8).sqrt()", backward=True),
    Reason(_DISTANCES, 0, _zero, "the gradient of a distance or deviation of 0 is 0 / 0",
           "(x.square().sum() + 1e-8).sqrt()", backward=True),
    Reason(("pow",), 0, _zero, "the slope of a power below 1 at 0 is infinite",
           "x.clamp(min=1e-8) before the power", backward=True),
    Reason(_LOGS, -1, _zero, "the slope of the logarithm at 0 is infinite; times 0 it is NaN",
           "(x + 1e-8).log()", backward=True),
    Reason(("div", "true_divide"), 1, _zero, "the gradient divides by the denominator, which is 0",
           "y + 1e-8 in the denominator; where() hides the value but not its gradient",
           backward=True),
    Reason(("acos", "asin", "atanh"), 0, _at_the_edge, "its slope at -1 and 1 is infinite",
           "x.clamp(-1 + 1e-6, 1 - 1e-6)", backward=True),
)  # fmt: skip

INHERITED = ("an input was not finite already: inf - inf, 0 * inf and inf / inf are NaN",
             "look for the first infinity before it")  # fmt: skip
"""Why a NaN comes of infinities that came in, and what to do about it."""

_OVERFLOW = ("the result is larger than the dtype's largest number",
             "a smaller learning rate, clip_grad_norm_, inputs of about unit size")  # fmt: skip


def reason(source: TraceSource, one: Occurrence) -> tuple[str, str]:
    """Why the event made what is not finite, and what to try; two empty texts if not known."""
    event = one.event
    if event is None:
        return "", ""
    backward = event.kind == "backward"
    forward = source.event(event.forward) if backward and event.forward is not None else event
    came = [_array(source, id) for id in event.inputs]
    bad = any(x is not None and not np.isfinite(x).all() for x in came if _inexact(x))
    if backward and bad:
        return INHERITED
    inputs = [_array(source, id) for id in forward.inputs]
    for known in REASONS:
        if event.op in known.ops and known.backward == backward and inputs:
            x = inputs[known.of] if -len(inputs) <= known.of < len(inputs) else None
            if x is not None and known.test(x):
                return known.why, known.tries
    if bad:
        return INHERITED
    return _OVERFLOW if one.what == "inf" and _all_known(source, event) else ("", "")


def _array(source: TraceSource, id: int | None) -> np.ndarray | None:
    return None if id is None else source.array(id)


def _inexact(x: np.ndarray | None) -> bool:
    return x is not None and x.dtype.kind in "fc"


def _all_known(source: TraceSource, event: EventRow) -> bool:
    """Whether all inputs can be looked at, and so are known to be finite."""
    return all(source.array(id) is not None for id in event.inputs if id is not None)
