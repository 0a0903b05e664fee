"""A tensor library that shares no memory, to check the real one against.

Memory is a list of numbers and every tensor a table of indices into it, so that a view is fancy
indexing and a write makes a new list. Gradients are carried forwards: each element has its slope
for every element of every leaf, worked out when it is computed. Only two things are kept to know
what must be refused: how often each memory was written, and which values at which count each result
needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Slopes = dict[int, Array]  # by leaf: one row per element here, one column per element of the leaf
Origin = Literal["default", "no_grad", "several"]


class Refused(Exception):
    """The program is not allowed to do this."""


@dataclass(eq=False)
class Memory:
    values: Array
    version: int = 0


@dataclass(eq=False)
class Step:
    """How something was computed: from what, and which memory must not change until backward."""

    parents: list[Step]
    saved: list[tuple[Memory, int]] = field(default_factory=list)
    leaf: int | None = None


@dataclass(eq=False)
class Family:
    """A base with all of its views: they share one history."""

    memory: Memory
    cells: Array  # of the base's elements in the memory
    slopes: Slopes = field(default_factory=dict)
    step: Step | None = None


@dataclass(eq=False)
class ToyTensor:
    family: Family
    places: Array  # of the elements among the base's
    is_view: bool = False
    origin: Origin = "default"
    step: Step | None = None  # of a view, right for version `seen`
    seen: int = 0

    @property
    def values(self) -> Array:
        return self.family.memory.values[self.family.cells[self.places]]

    @property
    def repeats(self) -> bool:
        return np.unique(self.family.cells[self.places]).size < self.places.size


UNARY: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array], str]] = {
    "neg": (np.negative, lambda x: np.full_like(x, -1.0), ""),
    "sin": (np.sin, np.cos, "input"),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, "out"),
}
"""Function, derivative, and what its rule needs."""

Views = Sequence[tuple[str, Callable[[Any], Any], Callable[[Array], Any]]]


class Toy:
    """The operations of the machine. `grad` says whether gradients are recorded."""

    def __init__(self) -> None:
        self.leaves = 0

    def leaf(self, values: Array, requires_grad: bool) -> ToyTensor:
        cells = np.arange(values.size)
        family = Family(Memory(values.ravel().copy()), cells)
        if requires_grad:
            family.step = Step([], leaf=self.leaves)
            family.slopes = {self.leaves: np.eye(values.size)}
            self.leaves += 1
        return ToyTensor(family, cells.reshape(values.shape))

    def values(self, t: ToyTensor) -> Array:
        return t.values

    def requires_grad(self, t: ToyTensor) -> bool:
        if not t.is_view:
            return t.family.step is not None
        return (t.step if t.seen == t.family.memory.version else t.family.step) is not None

    # -- out of place --------------------------------------------------------------------------

    def unary(self, grad: bool, name: str, x: ToyTensor) -> ToyTensor:
        step = self._step_of(x, grad)
        value, slopes, saved = self._unary(name, x, step)
        out = self.leaf(value, requires_grad=False)
        if grad and step is not None:
            needs_out = UNARY[name][2] == "out"
            out.family.step = Step([step], [(out.family.memory, 0)] if needs_out else saved)
            out.family.slopes = slopes
        return out

    def binary(self, grad: bool, name: str, x: ToyTensor, y: ToyTensor) -> ToyTensor:
        steps = self._step_of(x, grad), self._step_of(y, grad)
        value, slopes, saved = self._binary(name, x, y, steps)
        out = self.leaf(value, requires_grad=False)
        if grad and any(steps):
            out.family.step = Step([s for s in steps if s], saved)
            out.family.slopes = slopes
        return out

    def view(self, grad: bool, how: Callable[[Array], Any], x: ToyTensor) -> list[ToyTensor]:
        step = self._step_of(x, grad)
        shown = how(x.places)
        origin: Origin = "several" if isinstance(shown, list) else x.origin
        return [
            ToyTensor(
                x.family,
                np.asarray(places),
                True,
                origin if grad else "no_grad",
                step if grad else None,
                x.family.memory.version,
            )
            for places in (shown if isinstance(shown, list) else [shown])
        ]

    def detach(self, x: ToyTensor) -> ToyTensor:
        family = Family(x.family.memory, x.family.cells[x.places].ravel())
        return ToyTensor(family, np.arange(x.places.size).reshape(x.places.shape))

    # -- in place ------------------------------------------------------------------------------

    def write(self, grad: bool, name: str, x: ToyTensor, y: ToyTensor | None = None) -> None:
        own = self._step_of(x, grad)
        other = self._step_of(y, grad) if y is not None else None
        records = grad and (own is not None or other is not None)
        self._check_may_write(x, grad, records)
        if y is None:
            value, slopes, _ = self._unary(name, x, own)
        else:
            value, slopes, _ = self._binary(name, x, y, (own, other))
        if value.shape != x.places.shape:
            raise Refused("cannot grow")
        # A rule's need of the target's old value is met by a copy; what else it needs must stay.
        saved = []
        if y is not None and name == "mul" and own is not None:
            saved = [(y.family.memory, y.family.memory.version)]
        family, memory = x.family, x.family.memory
        values = memory.values.copy()
        values[family.cells[x.places]] = value
        memory.values = values
        memory.version += 1
        if not records:
            return
        if y is None and UNARY[name][2] == "out":
            saved = [(memory, memory.version)]
        family.step = Step([s for s in (family.step, other) if s is not None], saved)
        merged = {}
        for leaf in {*family.slopes, *slopes}:
            columns = slopes.get(leaf, family.slopes.get(leaf))
            assert columns is not None
            rows = family.slopes.get(leaf, np.zeros((family.cells.size, columns.shape[1]))).copy()
            rows[x.places.ravel()] = slopes.get(leaf, 0.0)
            merged[leaf] = rows
        family.slopes = merged

    def _check_may_write(self, x: ToyTensor, grad: bool, records: bool) -> None:
        if x.repeats:
            raise Refused("one element shown several times")
        if not grad:
            return
        base = x.family.step
        if not x.is_view:
            if base is not None and base.leaf is not None:
                raise Refused("a leaf")
            return
        if not records and base is None:
            return
        if x.origin != "default":
            raise Refused(x.origin)
        if base is not None and base.leaf is not None:
            raise Refused("a view of a leaf")

    # -- backward ------------------------------------------------------------------------------

    def gradients(self, root: ToyTensor, weights: Array) -> list[Array | None]:
        """The gradient for each leaf, flat; `None` where nothing flows."""
        step = self._step_of(root, True)
        if step is None:
            raise Refused("no history")
        visited: list[Step] = []
        waiting = [step]
        while waiting:
            one = waiting.pop()
            if not any(one is v for v in visited):
                visited.append(one)
                waiting += one.parents
        if any(memory.version != version for one in visited for memory, version in one.saved):
            raise Refused("a saved value was changed")
        reached = {one.leaf for one in visited}
        slopes = self._slopes(root, step)
        found: list[Array | None] = []
        for leaf in range(self.leaves):
            if leaf not in reached:
                found.append(None)
            else:
                found.append(weights.ravel() @ slopes[leaf] if leaf in slopes else np.zeros(()))
        return found

    # -- inside --------------------------------------------------------------------------------

    def _step_of(self, x: ToyTensor, grad: bool) -> Step | None:
        if not x.is_view:
            return x.family.step
        version = x.family.memory.version
        if x.seen != version:
            if x.family.step is not None:
                if x.origin != "default":
                    if not grad:
                        return x.step
                    raise Refused("an old view: " + x.origin)
                x.step = Step([x.family.step])
            x.seen = version
        return x.step

    def _slopes(self, x: ToyTensor, step: Step | None) -> Slopes:
        if step is None:
            return {}
        return {leaf: rows[x.places.ravel()] for leaf, rows in x.family.slopes.items()}

    def _unary(
        self, name: str, x: ToyTensor, step: Step | None
    ) -> tuple[Array, Slopes, list[tuple[Memory, int]]]:
        function, derivative, needs = UNARY[name]
        by = derivative(x.values).reshape(-1, 1)
        slopes = {leaf: by * rows for leaf, rows in self._slopes(x, step).items()}
        memory = x.family.memory
        return function(x.values), slopes, [(memory, memory.version)] if needs == "input" else []

    def _binary(
        self, name: str, x: ToyTensor, y: ToyTensor, steps: tuple[Step | None, Step | None]
    ) -> tuple[Array, Slopes, list[tuple[Memory, int]]]:
        shape = (
            x.places.shape
            if name == "copy"
            else np.broadcast_shapes(x.places.shape, y.places.shape)
        )
        try:
            a, b = np.broadcast_to(x.values, shape), np.broadcast_to(y.values, shape)
        except ValueError:
            raise Refused("cannot broadcast") from None
        value, by_a, by_b = {
            "add": (a + b, np.ones(shape), np.ones(shape)),
            "mul": (a * b, b, a),
            "copy": (b, np.zeros(shape), np.ones(shape)),
        }[name]
        slopes: Slopes = {}
        for tensor, by, step in ((x, by_a, steps[0]), (y, by_b, steps[1])):
            rows_of = np.broadcast_to(
                np.arange(tensor.places.size).reshape(tensor.places.shape), shape
            ).ravel()
            for leaf, rows in self._slopes(tensor, step).items():
                term = by.reshape(-1, 1) * rows[rows_of]
                slopes[leaf] = slopes[leaf] + term if leaf in slopes else term
        saved = []
        if name == "mul":
            for needed, step in ((y, steps[0]), (x, steps[1])):
                if step is not None:
                    saved.append((needed.family.memory, needed.family.memory.version))
        return value, slopes, saved
