"""Small parameters updated together, as one flat array.

An optimizer does ten array operations per parameter, and for a bias of 32 numbers each costs the
call and hardly any work. So small parameters with gradients form one bucket: their gradients are
gathered into one flat array, the mathematics runs once on it, and each parameter gets its slice of
the update. The numbers are bit for bit those of one parameter at a time. Parameters keep their own
memory: moving them into a flat buffer would cut tensors off that alias them. Large parameters are
    buckets of their own, without copying.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns
from types import CodeType
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import Array, Namespace, namespace_of
from tracegrad.graph.observe import hub
from tracegrad.storage import preserving, storage_of

SMALL = 16384
"""Elements above which a parameter is a bucket of its own: there the copy costs more than calls
save.
"""


class Bucket:
    """Parameters of one dtype whose update is computed in one flat array.

    Attributes:
        parameters: in order.
        size: elements in all.
        dtype: of all of them.
        state: flat arrays that the optimizer keeps between steps, by name.
        steps: how often the bucket was updated.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = list(parameters)
        self.dtype = parameters[0]._array.dtype
        self._slices: list[slice] = []
        start = 0
        for p in parameters:
            self._slices.append(slice(start, start + p._array.size))
            start += p._array.size
        self.size = start
        self.state: dict[str, Array] = {}
        self.steps = 0
        self._gathered = self._xp.empty(start, self.dtype) if len(self.parameters) > 1 else None

    @property
    def _xp(self) -> Namespace:
        return namespace_of(self.parameters[0]._array)

    def gradient(self) -> Array:
        """All gradients as one flat array; not to be kept or, for a single parameter, written
        to.
        """
        if self._gathered is None:
            return self.parameters[0].grad._array.reshape(-1)  # type: ignore[union-attr]
        for p, part in zip(self.parameters, self._slices, strict=True):
            self._gathered[part] = p._accumulator.grad._array.reshape(-1)  # type: ignore[union-attr]
        return self._gathered

    def values(self) -> Array:
        """All parameters as one new flat array."""
        return self._xp.concatenate([p._array.reshape(-1) for p in self.parameters])

    def zeros(self, name: str) -> Array:
        """The state array `name`, zeros at first."""
        if name not in self.state:
            self.state[name] = self._xp.zeros(self.size, self.dtype)
        return self.state[name]

    def part(self, name: str, index: int) -> Array:
        """One parameter's part of a state array, in its shape: a view."""
        return self.state[name][self._slices[index]].reshape(self.parameters[index]._array.shape)

    def subtract(self, update: Array, name: str, code: CodeType | None, lasti: int) -> None:
        """Take each parameter's slice of the update off it, in place."""
        for p, part in zip(self.parameters, self._slices, strict=True):
            _subtract(p, update[part].reshape(p._array.shape), name, code, lasti)


def _subtract(p: Tensor, update: Array, name: str, code: CodeType | None, lasti: int) -> None:
    observer = hub.observer
    storage = p._storage or storage_of(p)
    if observer is None:
        if storage.recorded is not None or preserving:
            storage.about_to_write()
        p._array -= update
        storage.wrote(name, code, lasti, None)
        return
    started = perf_counter_ns()
    read = observer.before_write((p, p.grad))
    storage.about_to_write()
    p._array -= update
    storage.wrote(name, code, lasti, None)
    observer.write(name, read, {}, p, None, started)


def buckets(parameters: Sequence[Tensor]) -> list[Bucket]:
    """The parameters in buckets: large ones alone, small ones by dtype and device."""
    made = []
    small: dict[tuple[Any, str], list[Tensor]] = {}
    for p in parameters:
        if p._array.size > SMALL:
            made.append(Bucket([p]))
        else:
            small.setdefault((p._array.dtype, str(p.device)), []).append(p)
    return made + [Bucket(group) for group in small.values()]
