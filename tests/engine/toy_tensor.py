"""The toy library's tensors: tables of indices into a memory, and how they meet there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tests.engine.toy_steps import Array, Matrix, Saved, Step, Storage

Origin = Literal["default", "no_grad", "several", "function"]


@dataclass(eq=False)
class Family:
    """A base with all of its views: they share one history."""

    storage: Storage
    cells: Array  # of the base's elements in the memory
    step: Step | None = None
    leaf: Step | None = None  # where its gradient ends while it is a leaf that requires one

    @property
    def is_leaf(self) -> bool:
        """Whether it is such a leaf now."""
        return self.step is not None and self.step is self.leaf


@dataclass(eq=False)
class ToyTensor:
    family: Family
    places: Array  # of the elements among the base's
    is_view: bool = False
    origin: Origin = "default"
    step: Step | None = None  # of a view, right for version `seen`
    seen: int = 0
    array: object = field(default_factory=object)  # `detach` and `.data` show the very same one

    @property
    def cells(self) -> Array:
        return self.family.cells[self.places]

    @property
    def values(self) -> Array:
        return self.family.storage.memory.values[self.cells]

    @property
    def version(self) -> int:
        return self.family.storage.version


# -- slopes and places -----------------------------------------------------------------------------


def chosen(positions: Array, size: int) -> Array:
    """The slopes of elements that were picked from `size` others."""
    return np.eye(size)[positions.ravel()]


def spread(tensor: ToyTensor, shape: tuple[int, ...]) -> Array:
    """The slopes of a broadcast."""
    numbers = np.arange(tensor.places.size).reshape(tensor.places.shape)
    return chosen(np.broadcast_to(numbers, shape), tensor.places.size)


def read(saved: Saved | None, like: ToyTensor) -> Array:
    """What was saved; where nothing was, no more than the shape matters."""
    return np.ones(like.places.shape) if saved is None else saved.read()


def slopes_of(
    by: Callable[[Array], Array],
    shape: tuple[int, ...],
    tensor: ToyTensor,
    saved: Saved | None,
) -> Matrix:
    """For an operand that was broadcast, given the other one's values as they are at backward."""

    def slopes() -> Array:
        factor = by(np.ones(shape) if saved is None else saved.read())
        return np.broadcast_to(factor, shape).reshape(-1, 1) * spread(tensor, shape)

    return slopes


def overlap(x: ToyTensor, y: ToyTensor, read_cells: Array | None = None) -> str:
    """How the memory of two tensors meets; `unclear` where one of them has gaps or repetitions.

    Args:
        read_cells: of `y`, when they are not read as they are.
    """
    a, b = x.cells, y.cells if read_cells is None else read_cells
    if x.family.storage.memory is not y.family.storage.memory:
        return "none"
    if x.array is y.array:
        return "full"
    if a.max() < b.min() or b.max() < a.min():
        return "none"
    for cells in (a, b):
        if np.unique(cells).size != cells.size or np.ptp(cells) + 1 != cells.size:
            return "unclear"
    return "full" if a.shape == b.shape and (a == b).all() else "partial"
