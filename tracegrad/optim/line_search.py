"""A step length along a line that fulfils the strong Wolfe conditions.

Source: Nocedal and Wright 2006, "Numerical optimization", algorithms 3.5 and 3.6, eq. 3.59; with
    the safeguards of Schmidt's minFunc.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracegrad.backend.device import Array

ENOUGH_DECREASE = 1e-4
"""Share of the decrease that the slope at the start promises."""

FLAT_ENOUGH = 0.9
"""Share of the slope at the start."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point on the line.

    Attributes:
        t: step length from the start.
        slope: of the loss along the line.
    """

    t: Any
    loss: float
    gradient: Array
    slope: Any


@dataclass(slots=True)
class _Search:
    """A search that is under way, and how often it evaluated the loss."""

    evaluate: Callable[[float], Point]
    start: Point
    evaluations: int = 0

    def at(self, t: float) -> Point:
        self.evaluations += 1
        return self.evaluate(t)

    def is_too_high(self, point: Point) -> bool:
        allowed = self.start.loss + ENOUGH_DECREASE * point.t * self.start.slope
        return bool(point.loss > allowed)

    def is_flat(self, point: Point) -> bool:
        return bool(abs(point.slope) <= -FLAT_ENOUGH * self.start.slope)


def strong_wolfe(
    evaluate: Callable[[float], Point],
    start: Point,
    t: float,
    longest: float,
    tolerance_change: float,
    most: int,
) -> tuple[Point, int]:
    """The point to go to, and how often the loss was evaluated.

    Args:
        evaluate: loss and gradient at a step length.
        start: where the line begins, at step length 0.
        t: the first step length to try.
        longest: largest element of the line's direction.
        tolerance_change: no parameter needs to be known better than this.
        most: how many steps to look for.
    """
    search = _Search(evaluate, start)
    before, new = start, search.at(t)
    for steps in range(most):
        is_worse = search.is_too_high(new) or (steps > 1 and new.loss >= before.loss)
        if search.is_flat(new) and not is_worse:
            return new, search.evaluations
        if is_worse or new.slope >= 0:
            found = _zoom(search, [before, new], longest, tolerance_change, most - steps)
            return found, search.evaluations
        bounds = new.t + 0.01 * (new.t - before.t), new.t * 10
        t = _cubic_minimum(before, new, bounds)
        before, new = new, search.at(t)
    return (start if start.loss <= new.loss else new), search.evaluations


def _zoom(
    search: _Search, bracket: list[Point], longest: float, tolerance_change: float, most: int
) -> Point:
    """The best point found between two that enclose one which fulfils the conditions."""
    was_near_edge = False
    low, high = _by_loss(bracket)
    for _ in range(most):
        one, other = bracket
        if abs(other.t - one.t) * longest < tolerance_change:
            break
        t, was_near_edge = _safe(_cubic_minimum(one, other), one.t, other.t, was_near_edge)
        new = search.at(t)
        if search.is_too_high(new) or new.loss >= bracket[low].loss:
            bracket[high] = new
            low, high = _by_loss(bracket)
            continue
        is_flat = search.is_flat(new)
        if not is_flat and new.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = new
        if is_flat:
            break
    return bracket[low]


def _by_loss(bracket: list[Point]) -> tuple[int, int]:
    """Which end is lower, and which is higher."""
    return (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)


def _safe(t: Any, one: Any, other: Any, was_near_edge: bool) -> tuple[Any, bool]:
    """A step length that is not near an edge of the bracket a second time, and whether it is."""
    low, high = min(one, other), max(one, other)
    margin = 0.1 * (high - low)
    if not min(high - t, t - low) < margin:
        return t, False
    if not (was_near_edge or t >= high or t <= low):
        return t, True
    return (high - margin if abs(t - high) < abs(t - low) else low + margin), False


def _cubic_minimum(one: Point, other: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """Where the cubic through two points with their slopes is lowest, within bounds."""
    low, high = bounds or (min(one.t, other.t), max(one.t, other.t))
    if one.t > other.t:
        one, other = other, one
    x1, x2 = np.float64(one.t), np.float64(other.t)  # divides by 0 without raising
    d1 = one.slope + other.slope - 3 * (one.loss - other.loss) / (x1 - x2)
    square = d1**2 - one.slope * other.slope
    if not square >= 0:
        return (low + high) / 2.0
    d2 = math.sqrt(square)
    t = x2 - (x2 - x1) * ((other.slope + d2 - d1) / (other.slope - one.slope + 2 * d2))
    return min(max(t, low), high)
