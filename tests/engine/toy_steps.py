"""How the toy library remembers what it computed: steps, and the values that they need.

A step has one matrix for each step it was computed from, of the slopes of its elements for the
elements there; backward multiplies matrices. They are made when backward asks, from the values that
the step saved: so what is written in between is seen here as it is in a real library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Matrix = Callable[[], Array]
"""Made when asked: a row per element of the step, a column per element of what it came from."""

_next_number = count().__next__


class Refused(Exception):
    """The program is not allowed to do this.

    Attributes:
        kind: name of the error's class; several that are right, where it depends on which step
            backward comes to first.
    """

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(kind, message)
        self.kind = kind


CHANGED, FREED, NO_GRADIENT = "InplaceModificationError", "FreedGraphError", "NoGradientError"
WRITE, OTHER = "InplaceRefusedError", "RuntimeError"


@dataclass(eq=False)
class Memory:
    """Numbers. A write makes a new array of them: nothing else refers to the old one."""

    values: Array


@dataclass(eq=False)
class Storage:
    """A counter of writes to a memory, of which there are several once `.data` was asked for."""

    memory: Memory
    version: int = 0


@dataclass(eq=False)
class Saved:
    """Elements that backward needs as they were.

    Attributes:
        before: the values when they were saved.
        copy: the values, where the step has them for itself.
    """

    storage: Storage
    cells: Array
    version: int
    before: Array
    copy: Array | None = None

    @property
    def stale(self) -> bool:
        return self.copy is None and self.storage.version != self.version

    def read(self) -> Array:
        return self.storage.memory.values[self.cells] if self.copy is None else self.copy

    def keep_a_copy(self) -> None:
        if not self.stale:
            self.copy = self.read()


@dataclass(eq=False)
class Step:
    """How elements were computed.

    Attributes:
        parents: from what, and with which slopes.
        frees: whether a backward that does not retain the graph takes something away.
        write: whether it was a write in place.
        leaf: number of the leaf, for the step that stands for one.
    """

    parents: list[tuple[Step, Matrix]]
    saved: list[Saved] = field(default_factory=list)
    frees: bool = False
    write: bool = False
    leaf: int | None = None
    freed: bool = False
    number: int = field(default_factory=_next_number)


def above(root: Step) -> list[Step]:
    """The step and all that it was computed from, latest first."""
    found: dict[int, Step] = {}
    waiting = [root]
    while waiting:
        step = waiting.pop()
        if step.number not in found:
            found[step.number] = step
            waiting += [parent for parent, _ in step.parents]
    return [found[number] for number in sorted(found, reverse=True)]


def leading_to(steps: Sequence[Step], leaves: Sequence[int]) -> list[Step]:
    """Those of the steps (latest first) that were computed from one of the leaves, and these."""
    leading: set[int] = set()
    for step in reversed(steps):
        if step.leaf in leaves or any(parent.number in leading for parent, _ in step.parents):
            leading.add(step.number)
    return [step for step in steps if step.number in leading]


def walk(steps: Sequence[Step], root: Step, weights: Array, retain: bool) -> dict[int, Array]:
    """The gradient of each leaf among the steps (latest first), flat.

    Raises:
        Refused: a value that is needed was changed, or freed.
    """
    changed = any(saved.stale for step in steps for saved in step.saved)
    freed = any(step.freed for step in steps)
    if changed or freed:
        raise Refused(CHANGED * changed + " or " * (changed and freed) + FREED * freed)
    gradients = {root.number: weights.ravel().astype(np.float64)}
    wanted = {step.number for step in steps}
    found: dict[int, Array] = {}
    for step in steps:
        g = gradients[step.number]
        if step.leaf is not None:
            found[step.leaf] = g
        for parent, slopes in step.parents:
            if parent.number in wanted:
                gradients[parent.number] = gradients.get(parent.number, 0.0) + g @ slopes()
        if step.frees and not retain:
            step.freed = True
            step.saved.clear()
    return found
