"""What a recorder notes down: on the program's objects, and of each thread."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tracegrad.graph.scope import Scope
from tracegrad.storage import Storage

if TYPE_CHECKING:
    from tracegrad.recording.values import Values


class Token:
    """Stands for a recorder in storages, tensors and nodes, without keeping it alive.

    Note [What a recorder notes down]
    ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
    A recorder must know a tensor, a storage or a node again: which value it was, which event made
    it. It writes that on the object itself (`Tensor._value`, `Node.recorded_value`,
    `Node.recorded_event`), so that its notes go when the object goes: tables in the recorder would
    grow with the program. Each note begins with the recorder's token, since what an earlier
    recorder wrote may still stand there.
    """

    __slots__ = ("recorder",)

    def __init__(self, recorder: Values) -> None:
        self.recorder = weakref.ref(recorder)

    def about_to_write(self, storage: Storage) -> None:
        recorder = self.recorder()
        if recorder is not None and storage.kept:
            recorder.copy_values(storage.kept)
        storage.kept = []

    def adopt(self, storage: Storage, number: int) -> None:
        """Make a storage known to the recording, under a number."""
        if storage.recorded is not None:
            # An older recording, which will not hear of writes any more.
            storage.recorded.about_to_write(storage)
        storage.recorded = self
        storage.number = number
        storage.kept = []
        storage.last_write = None
        storage.newest = (None, 0, 0)
        storage.holds = None
        storage.name = ""

    def noted(self, tensor: Any) -> tuple[int | None, int] | None:
        """What the recording knows a tensor by: the value that it was last, if it saw the tensor
        itself, and the number of its storage; `None` if it knows neither.
        """
        storage = tensor._storage
        if storage is None or storage.recorded is not self:
            return None
        token, id, _ = getattr(tensor, "_value", (None, None, 0))
        return id if token is self else None, storage.number


Forward = tuple[Token, int, Scope | None, tuple[int | None, ...]]
"""What a backward visit wants to know of its node's forward event: recorder, id, scope, and the
orders of the edges at which the gradients of its outputs arrive (`None` for integers)."""


def orders_of(outputs: Sequence[Any]) -> tuple[int | None, ...]:
    """Where the gradients of several outputs arrive; integers have none."""
    return tuple([None if t._node is None else t._node.order for t in outputs])


class Thread:
    """Where one thread of the program is.

    Attributes:
        number: 0 for the thread that began the recording.
        backward_pass: the pass that it is in, 0 if in none.
        arrived: gradients of that pass, by the order of the edge where they are.
        waiting: contributions that no fan_in has joined yet, likewise.
        outer: the three above of the passes around this one: a hook may start another.
        ended: `arrived` of the pass that ended last.
    """

    __slots__ = ("arrived", "backward_pass", "ended", "number", "outer", "waiting")

    def __init__(self, number: int) -> None:
        self.number = number
        self.backward_pass = 0
        self.arrived: dict[int, int] = {}
        self.waiting: dict[int, list[int]] = {}
        self.outer: list[tuple[int, dict[int, int], dict[int, list[int]]]] = []
        self.ended: dict[int, int] = {}

    def begin(self, backward_pass: int) -> None:
        """Enter a pass."""
        self.outer.append((self.backward_pass, self.arrived, self.waiting))
        self.backward_pass, self.arrived, self.waiting = backward_pass, {}, {}

    def end(self) -> None:
        """Leave the innermost pass."""
        self.ended = self.arrived
        if self.outer:  # else the recording began within the pass
            self.backward_pass, self.arrived, self.waiting = self.outer.pop()

    def arrive(self, order: int, id: int) -> None:
        """A contribution comes to an edge: the first waits there, later ones wait to be added."""
        if order in self.arrived:
            self.waiting.setdefault(order, []).append(id)
        else:
            self.arrived[order] = id
