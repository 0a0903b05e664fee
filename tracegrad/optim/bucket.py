"""Parameters updated together, as one flat array.

Note [Buckets]
~~~~~~~~~~~~~~
An optimizer does ten array operations per parameter. For a bias of 32 numbers each costs the call
and hardly any work; for a matrix of 400,000 each costs a trip to main memory. So small parameters
with gradients are gathered into one bucket, on which the mathematics runs once, and a bucket is
worked through in stretches that stay in the cache. The numbers are bit for bit those of one
parameter at a time, since every operation works on each element by itself. Parameters keep their
own memory: moving them into a flat buffer would cut tensors off that alias them. A large parameter
is a bucket of its own, changed where it lies.

What an optimizer keeps of a parameter lies in flat arrays too, and `optimizer.state[p]` holds
tensors that show their parts: reading and writing them, in place, is reading and writing the
optimizer's. Before each step `is_current` looks whether every array and tensor is still the one
that the bucket was made with. If not (a gradient is missing, `net.double()` was called, `state[p]`
was replaced), new buckets are made from what `optimizer.state` says then, which is always the
truth.

Complex parameters are updated as pairs of real numbers. Half-precision ones are widened to float32
for the mathematics and rounded once, as in Note [Half precision].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import Array, namespace_of, on_device
from tracegrad.optim.options import number
from tracegrad.optim.writes import Place, about_to_write, begin_writes, end_writes
from tracegrad.storage import Storage, new_storage

SMALL = 16384
"""Elements above which a parameter is a bucket of its own: there the copy costs more than calls
save.
"""

STRETCH = 32768
"""Elements that are worked on at a time: of five arrays, and their temporaries, they stay in the
second-level cache. A GPU takes all at once.
"""

REAL = {np.dtype(np.complex64): np.dtype(np.float32), np.dtype(np.complex128): np.dtype(float)}
"""The dtype of the parts of complex numbers."""

HALF_TYPES = tuple(d.numpy for d in dtypes.HALVES)

State = Mapping[Any, dict[str, Any]]


class Bucket:
    """Parameters of one dtype and device that are updated as one flat array.

    Args:
        parameters: in order; their memory does not overlap.
        state: of the optimizer: what is kept of each parameter. Its tensors show the bucket's
            arrays from here on.
        numbers, arrays: names of what is kept, numbers of a parameter and arrays of its shape,
            each with what it is at first.

    Attributes:
        numbers: rows of one number for each parameter, all equal, by name.
        fresh: names of the arrays that nothing was kept of before this step.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        state: State,
        numbers: Mapping[str, float],
        arrays: Mapping[str, float],
    ) -> None:
        first = parameters[0]._array
        self.parameters = list(parameters)
        self._xp = namespace_of(first)
        self._real = REAL.get(first.dtype, first.dtype)
        self._width = 1 if self._real == first.dtype else 2
        self._slices: list[slice] = []
        start = 0
        for p in parameters:
            end = start + p._array.size * self._width
            self._slices.append(slice(start, end))
            start = end
        self.size = start
        self._in_place = len(parameters) == 1 and bool(first.flags.c_contiguous)
        if self._in_place:
            self._values = first.reshape(-1).view(self._real)
        else:
            self._values = self._xp.empty(start, self._real)
            self._gradient = self._xp.empty(start, self._real)
            self._value_parts = self._parts_of(self._values)
            self._gradient_parts = self._parts_of(self._gradient)
        entries = [state[p] for p in parameters]
        self.fresh = tuple(name for name in arrays if entries[0].get(name) is None)
        self._storages: list[Storage] = []
        kept: list[list[tuple[str, Tensor, Array]]] = [[] for _ in parameters]
        self._keep_numbers(entries, numbers, kept)
        self._keep_arrays(entries, arrays, kept)
        self._members = [
            (p, p._array, entry, tuple(own))
            for p, entry, own in zip(parameters, entries, kept, strict=True)
        ]

    def _parts_of(self, flat: Array) -> list[Array]:
        """Each parameter's part of a flat array, in its shape: views."""
        return [
            flat[part].view(p._array.dtype).reshape(p._array.shape)
            for p, part in zip(self.parameters, self._slices, strict=True)
        ]

    # -- what is kept ------------------------------------------------------------------------------

    def _keep_numbers(
        self,
        entries: Sequence[dict[str, Any]],
        initial: Mapping[str, float],
        kept: list[list[tuple[str, Tensor, Array]]],
    ) -> None:
        default = dtypes.get_default_dtype()
        # On the host, also for parameters on a GPU: they steer the mathematics.
        table = np.empty(
            (len(initial), len(entries)), float if default is dtypes.float64 else np.float32
        )
        self._table = table
        self.numbers = dict(zip(initial, table, strict=True))
        storage = self._storage(table)
        for name, row in self.numbers.items():
            for n, (own, entry) in enumerate(zip(kept, entries, strict=True)):
                row[n] = number(entry.get(name, initial[name]))
                own.append(_shown(entry, name, row[n : n + 1].reshape(()), storage))
        self._counted = table.tobytes()

    def _keep_arrays(
        self,
        entries: Sequence[dict[str, Any]],
        initial: Mapping[str, float],
        kept: list[list[tuple[str, Tensor, Array]]],
    ) -> None:
        table = self._xp.empty((len(initial), self.size), self._real)
        self._arrays = {name: table[row] for row, name in enumerate(initial)}
        storage = self._storage(table)
        device = self.parameters[0].device
        for name, value in initial.items():
            flat = self._arrays[name]
            flat[...] = value
            for own, entry, part in zip(kept, entries, self._parts_of(flat), strict=True):
                before = entry.get(name)
                if before is not None:
                    part[...] = on_device(before._array, device)
                own.append(_shown(entry, name, part, storage))

    def _storage(self, table: Array) -> Storage:
        """A storage for the tensors that show parts of a table."""
        storage = new_storage(table)
        if len(table):
            self._storages.append(storage)
        return storage

    def is_current(self, state: State) -> bool:
        """Whether parameters and state are still what the bucket was made with."""
        for p, array, entry, kept in self._members:
            if p._array is not array or state.get(p) is not entry:
                return False
            for name, tensor, part in kept:
                if entry.get(name) is not tensor or tensor._array is not part:
                    return False
        return self._table.tobytes() == self._counted

    # -- one step ----------------------------------------------------------------------------------

    def begin(self, place: Place) -> None:
        """Get ready for one update of everything."""
        self._place = place
        about_to_write(self._storages)
        self._noted = begin_writes(self.parameters)
        gradients = [p._accumulator.grad._array for p in self.parameters]  # type: ignore[union-attr]
        if self._in_place:
            self._gradient = gradients[0].reshape(-1).view(self._real)
            return
        for p, g, value, gradient in zip(
            self.parameters, gradients, self._value_parts, self._gradient_parts, strict=True
        ):
            value[...] = p._array
            gradient[...] = g

    def end(self) -> None:
        """Put the new values into the parameters, and count the writes."""
        if not self._in_place:
            for p, value in zip(self.parameters, self._value_parts, strict=True):
                p._array[...] = value
        end_writes(self.parameters, self._noted, self._place)
        for storage in self._storages:
            storage.wrote(*self._place, None)
        self.fresh = ()
        self._counted = self._table.tobytes()

    def count(self, name: str = "step") -> float:
        """One more of a number that counts; as a Python number."""
        row = self.numbers[name]
        row += 1
        return float(row[0])

    def stretches(self, group: Mapping[str, Any], *names: str) -> Iterator[tuple[Array, ...]]:
        """Everything, a stretch at a time: values, gradient, and the arrays of these names.

        Values and the named arrays are to be changed in place. The gradient is the one to go down
        along, negated for `maximize` and with the weight decay of the group, which is taken off
        the values themselves where it is decoupled; it is not to be written to.
        """
        flats = [self._values, self._gradient, *(self._arrays[name] for name in names)]
        length = STRETCH if self._xp is np else max(self.size, 1)
        for start in range(0, self.size, length):
            parts = flats
            if self.size > length:
                parts = [flat[start : start + length] for flat in flats]
            if self._real not in HALF_TYPES:
                yield _decayed(parts, group)
                continue
            wide = [part.astype(np.float32) for part in parts]
            yield _decayed(wide, group)
            for part, result in zip(parts, wide, strict=True):
                if part is not parts[1]:
                    part[...] = result


def _shown(
    entry: dict[str, Any], name: str, part: Array, storage: Storage
) -> tuple[str, Tensor, Array]:
    """Let the tensor of that name in a parameter's state show this part of an array."""
    tensor = entry.get(name)
    if not isinstance(tensor, Tensor):
        tensor = entry[name] = Tensor._of(part)
    tensor._array, tensor._storage = part, storage
    return name, tensor, part


def _decayed(parts: Sequence[Array], group: Mapping[str, Any]) -> tuple[Array, ...]:
    """A stretch with the group's sign and weight decay."""
    values, g, *arrays = parts
    if group.get("maximize"):
        g = -g
    decay = group.get("weight_decay")
    if decay:
        if group.get("decoupled_weight_decay"):
            values *= 1 - number(group["lr"]) * number(decay)
        else:
            g = g + values * number(decay)
    return values, g, *arrays
