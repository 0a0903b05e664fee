"""The recorder: what the running program tells it, kept as raw facts in the order of happening.

Note [References, not copies]
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
A recorded value is the array itself, not a copy, so recording costs little more than running. What
keeps it true is
the storage: each storage knows the recorder of its values (`Storage.recorded`), and whoever is
    about to write to it
calls `about_to_write` first (one `None` check when nobody records), which copies them then. Memory
that the program shares with NumPy (`numpy()`, `from_numpy`, `.data`) can change without a word and
is copied at once.

The hooks run between the user's ops, so they only append tuples; `rows.py` makes rows of them when
somebody reads.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from threading import RLock, get_ident
from time import perf_counter_ns
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.graph.location import caller
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import AccumulateGrad, Edge, Node
from tracegrad.graph.scope import Scope, current_scope
from tracegrad.recording.model import EventKind, Role
from tracegrad.storage import Storage, new_storage, storage_of

UNWRITTEN_BYTES = 64 << 20
"""When a file is written, the program waits for it once this much is held in memory."""


class RawEvent(NamedTuple):
    """One event as the program told it; `EventRow` says what the fields mean."""

    kind: EventKind
    op: str
    inputs: tuple[int | None, ...]
    outputs: tuple[int | None, ...]
    options: Mapping[str, Any]
    operands: tuple[
        Any, ...
    ]  # inputs that are no tensors, with None at the places of those that are
    code: CodeType | None
    lasti: int
    scope: Scope | None
    step: int
    backward_pass: int
    forward: int | None
    grad_enabled: bool
    start: int
    duration: int
    thread: int


class RawValue(NamedTuple):
    """One value as it was when recorded; `array` tells shape and dtype, not the elements: those are
    in `Recorder.arrays`, where a copy may have taken the array's place.
    """

    event: int | None
    output: int
    role: Role
    name: str
    array: np.ndarray
    requires_grad: bool
    storage: int | None
    version: int
    of: int | None
    kept: bool


class _Token:
    """Stands for a recorder in the storages that it keeps values of, without keeping it alive."""

    __slots__ = ("recorder",)

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = weakref.ref(recorder)

    def about_to_write(self, storage: Storage) -> None:
        recorder = self.recorder()
        if recorder is not None and storage.kept:
            recorder.copy_values(storage.kept)
        storage.kept = ()


Read = tuple[tuple[int | None, ...], tuple[Any, ...]]
"""Value ids of an op's inputs; and those inputs that are no tensors, if there are any."""


_Forward = tuple[int, Scope | None, tuple[int, ...]]
"""What a backward visit wants to know of its node's forward event: id, scope, and the orders of the
edges at which the gradients of its outputs arrive."""

# A named tuple's own constructor takes twice as long as this.
_tuple = tuple.__new__


class Recorder:
    """Collects events and values until somebody takes them. An `Observer` of the running program.

    Args:
        keep_values: keep the elements of values, not only their shapes.

    Attributes:
        events, values: raw facts that nobody took yet.
        arrays: elements by value id, likewise; they take up `unwritten_bytes`.
        when_full: called when those get too many.
        origin: `perf_counter_ns` when the recording began.
    """

    def __init__(self, keep_values: bool = True) -> None:
        self.keep_values = keep_values
        self.origin = perf_counter_ns()
        self.events: list[RawEvent] = []
        self.values: list[RawValue] = []
        self.arrays: dict[int, np.ndarray] = {}
        self.event_count = 0
        self.value_count = 0
        self.lock = RLock()
        self._storages = 0
        self._step = 0
        self._pass = 0
        self._in_pass = 0
        self._token = _Token(self)
        self._thread = get_ident()
        self._thread_number = 0
        self._threads: dict[int, int] = {self._thread: 0}
        self._names: dict[object, str] = {}  # by a parameter's AccumulateGrad or a buffer's storage
        self._values_of: dict[
            int, int
        ] = {}  # order of an edge -> the value whose gradient arrives there
        self._forwards: dict[int, _Forward] = {}  # order of a node -> its forward event
        self._arrived: dict[int, int] = {}  # order of an edge -> gradient that waits there
        self._waiting: dict[int, list[int]] = {}  # contributions that fan_in has not joined yet
        self.unwritten_bytes = 0
        self.when_full: Callable[[], None] | None = None

    # -- the program's side: forward -----------------------------------------------------------

    def forward(
        self,
        op: str,
        inputs: Sequence[Any],
        options: Mapping[str, Any],
        outputs: Sequence[Any],
        node: Node | None,
        started: int,
    ) -> None:
        now = perf_counter_ns()
        with self.lock:
            read, operands = self._read(inputs)
            event = self.event_count
            made = tuple([self._new_value(t, event, n, "result") for n, t in enumerate(outputs)])
            self._append("forward", op, read, made, options, operands, node, started or now, now)
            if node is not None:
                orders = (node.order,) if len(outputs) == 1 else _orders(outputs)
                self._forwards[node.order] = (event, current_scope.get(), orders)

    def before_write(self, inputs: Sequence[Any]) -> Read:
        with self.lock:
            return self._read(inputs)

    def write(
        self,
        op: str,
        read: Read,
        options: Mapping[str, Any],
        target: Any,
        node: Node | None,
        started: int,
    ) -> None:
        now = perf_counter_ns()
        with self.lock:
            ids, operands = read
            event = self.event_count
            storage = storage_of(target)
            if storage.recorded is not self._token:
                self._adopt(storage)
            storage.last_write = event
            made = (self._new_value(target, event, 0, "result"),)
            self._append("write", op, ids, made, options, operands, node, started, now)
            if target._view is not None:
                self._id(target._view.base)  # the whole changed too: a value of its own
            if node is not None:
                self._forwards[node.order] = (event, current_scope.get(), (node.order,))

    def exit(self, op: str, tensor: Any) -> None:
        now = perf_counter_ns()
        with self.lock:
            self._append("exit", op, (self._id(tensor),), (), {}, (), None, now, now)

    def named(self, tensor: Any, name: str) -> None:
        node = tensor._node
        self._names[node if isinstance(node, AccumulateGrad) else storage_of(tensor)] = name

    def stepped(self) -> None:
        self._step += 1

    # -- the program's side: backward ----------------------------------------------------------

    def seed(
        self, call: str, roots: Sequence[tuple[Edge, Any]], code: CodeType | None, lasti: int
    ) -> None:
        now = perf_counter_ns()
        with self.lock:
            self._pass += 1
            self._in_pass = self._pass
            self._arrived.clear()
            self._waiting.clear()
            event = self.event_count
            of = tuple(self._values_of.get(edge.order) for edge, _ in roots)
            made = []
            for n, (edge, g) in enumerate(roots):
                id = self._new_gradient(g, event, n, of[n])
                self._arrive(edge.order, id)
                made.append(id)
            self._append_at(
                "seed",
                call,
                of,
                tuple(made),
                {},
                (),
                code,
                lasti,
                current_scope.get(),
                None,
                now,
                now,
            )

    def backward(
        self, node: Node, gradient: Any, contributions: Sequence[Any], started: int
    ) -> None:
        now = perf_counter_ns()
        with self.lock:
            event = self.event_count
            forward, scope, orders = self._forwards.get(node.order) or (None, None, (node.order,))
            read = tuple([self._arrived.get(order) for order in orders])
            made: list[int | None] = []
            for n, (edge, g) in enumerate(zip(node.edges, contributions, strict=True)):
                if edge is None or g is None:
                    made.append(None)
                    continue
                id = self._new_gradient(g, event, n, self._values_of.get(edge.order))
                self._arrive(edge.order, id)
                made.append(id)
            self._append_at(
                "backward", node.op.name, read, tuple(made), {}, (), node.code, node.lasti, scope,
                forward,
                started, now,
            )  # fmt: skip

    def fan_in(self, edge: Edge, total: Any, started: int) -> None:
        now = perf_counter_ns()
        with self.lock:
            event = self.event_count
            of = self._values_of.get(edge.order)
            waiting = self._waiting.get(edge.order)
            joined = (self._arrived.get(edge.order), waiting.pop(0) if waiting else None)
            id = self._new_gradient(total, event, 0, of)
            self._arrived[edge.order] = id
            forward, scope, _ = self._forwards.get(edge.order) or (None, None, ())
            code, lasti = getattr(edge, "code", None), getattr(edge, "lasti", -1)
            self._append_at(
                "fan_in", "fan_in", joined, (id,), {}, (), code, lasti, scope, forward, started, now
            )

    def accumulate(self, leaf: AccumulateGrad, gradient: Any, started: int) -> None:
        now = perf_counter_ns()
        with self.lock:
            event = self.event_count
            of = self._values_of.get(leaf.order)
            id = self._new_gradient(leaf.grad._array, event, 0, of, storage_of(leaf.grad))
            leaf.grad._value = (id, leaf.grad._storage.version)
            self._append(
                "accumulate",
                "accumulate",
                (self._arrived.get(leaf.order),),
                (id,),
                {},
                (),
                None,
                started,
                now,
            )

    def captured(self, edge: Edge, gradient: Any) -> None:
        with self.lock:
            id = self._arrived.get(edge.order)
            if id is not None:
                storage = storage_of(gradient)
                self._adopt(storage)
                gradient._value = (id, storage.version)

    def finished_pass(self) -> None:
        self._in_pass = 0

    # -- values --------------------------------------------------------------------------------

    def _read(self, inputs: Sequence[Any]) -> Read:
        """Look at an op's inputs as they are now."""
        ids: list[int | None] = []
        others = False
        for value in inputs:
            if isinstance(value, Tensor):
                id = self._id(value)
                ids.append(id)
                node = value._node
                # Leaves that were written to, and views whose node was made again, are new at their
                # edge.
                if node is not None and (node.order > 0 or value._view is not None):
                    self._values_of[node.order] = id
            else:
                ids.append(None)
                others = others or value is not None
        operands = tuple([None if isinstance(v, Tensor) else v for v in inputs]) if others else ()
        return tuple(ids), operands

    def _id(self, tensor: Tensor) -> int:
        """The tensor's value now: as recorded; or new, when it came from outside or changed
        since.
        """
        storage = tensor._storage
        if storage is not None and storage.recorded is self._token:
            try:
                id, version = tensor._value
            except AttributeError:
                pass
            else:
                if version == storage.version:
                    return id
                # Another tensor wrote to this memory: the value is that write's doing.
                return self._new_value(tensor, storage.last_write, 1, "result")
        return self._new_value(tensor, None, 0, None)

    def _new_value(self, tensor: Tensor, event: int | None, output: int, role: Role | None) -> int:
        """A value row for a tensor as it is now."""
        id = self.value_count
        self.value_count = id + 1
        array = tensor._array
        storage = tensor._storage
        if storage is None:
            storage = tensor._storage = new_storage()
        if storage.recorded is not self._token:
            self._adopt(storage)
        version = storage.version
        view = tensor._view
        node = tensor._node
        requires_grad = node is not None
        if view is not None and view.version != version:
            # Its node is due to be made again, from the base's.
            node, requires_grad = None, view.base._node is not None
        name = ""
        if node is not None:
            self._values_of[node.order] = id
            if node.order > 0:
                name = self._names.get(node, "")
                role = role or "parameter"
        if not name and self._names:
            name = self._names.get(storage, "")
        if self.keep_values:
            self._keep(id, array, storage)
        self.values.append(
            _tuple(RawValue, (
                event, output, role or "input", name, array, requires_grad, storage.number,
                version, None,
                self.keep_values,
            ))
        )  # fmt: skip
        tensor._value = (id, version)
        return id

    def _new_gradient(
        self, g: Any, event: int, output: int, of: int | None, storage: Storage | None = None
    ) -> int:
        """A value row for a gradient: an array, or a tensor in a pass with `create_graph`."""
        id = self.value_count
        self.value_count = id + 1
        array = np.asarray(g._array if isinstance(g, Tensor) else g)
        number, version = None, 0
        if storage is not None:
            if storage.recorded is not self._token:
                self._adopt(storage)
            number, version = storage.number, storage.version
        if self.keep_values:
            self._keep(id, array, storage)
        self.values.append(
            _tuple(RawValue, (
                event, output, "gradient", "", array, isinstance(g, Tensor), number, version, of,
                self.keep_values,
            ))
        )  # fmt: skip
        return id

    def _keep(self, id: int, array: np.ndarray, storage: Storage | None) -> None:
        """Keep a value's array: itself, or a copy where the program can write to it unnoticed."""
        self.unwritten_bytes += array.nbytes
        if storage is not None:
            if storage.shared:
                array = array.copy()
            else:
                storage.kept = (*storage.kept, id) if storage.kept else (id,)
        self.arrays[id] = array

    def _adopt(self, storage: Storage) -> None:
        """Make a storage known to this recording."""
        if storage.recorded is not None:
            # An older recording, which will not hear of writes any more.
            storage.recorded.about_to_write(storage)
        storage.recorded = self._token
        storage.number = self._storages
        storage.kept = ()
        storage.last_write = None
        self._storages += 1

    def _arrive(self, order: int, id: int) -> None:
        """A contribution comes to an edge: the first waits there, later ones wait to be added."""
        if order in self._arrived:
            self._waiting.setdefault(order, []).append(id)
        else:
            self._arrived[order] = id

    # -- events --------------------------------------------------------------------------------

    def _append(
        self,
        kind: EventKind,
        op: str,
        inputs: tuple[int | None, ...],
        outputs: tuple[int | None, ...],
        options: Mapping[str, Any],
        operands: tuple[Any, ...],
        node: Node | None,
        started: int,
        now: int,
    ) -> None:
        """An event at the place of its node, or of the caller if it has none."""
        code, lasti = caller() if node is None else (node.code, node.lasti)
        self._append_at(
            kind,
            op,
            inputs,
            outputs,
            options,
            operands,
            code,
            lasti,
            current_scope.get(),
            None,
            started,
            now,
        )

    def _append_at(
        self,
        kind: EventKind,
        op: str,
        inputs: tuple[int | None, ...],
        outputs: tuple[int | None, ...],
        options: Mapping[str, Any],
        operands: tuple[Any, ...],
        code: CodeType | None,
        lasti: int,
        scope: Scope | None,
        forward: int | None,
        started: int,
        now: int,
    ) -> None:
        thread = get_ident()
        if thread != self._thread:
            self._thread_number = self._threads.setdefault(thread, len(self._threads))
            self._thread = thread
        self.events.append(
            _tuple(RawEvent, (
                kind, op, inputs, outputs, options, operands, code, lasti, scope, self._step,
                self._in_pass,
                forward, grad_enabled(), started - self.origin, now - started, self._thread_number,
            ))
        )  # fmt: skip
        self.event_count += 1
        if self.when_full is not None and self.unwritten_bytes > UNWRITTEN_BYTES:
            self.when_full()

    # -- the keeper's side ---------------------------------------------------------------------

    def copy_values(self, ids: Sequence[int]) -> None:
        """Replace arrays that are about to change by copies, wherever they are by now."""
        with self.lock:
            for id in ids:
                if id in self.arrays:
                    self.arrays[id] = self.arrays[id].copy()

    def take(self) -> tuple[int, list[RawEvent], int, list[RawValue]]:
        """Events and values since the last time, each with the number of the first one."""
        with self.lock:
            events, values = self.events, self.values
            self.events, self.values = [], []
            return self.event_count - len(events), events, self.value_count - len(values), values


def _orders(outputs: Sequence[Any]) -> tuple[int, ...]:
    """Where the gradients of several outputs arrive; integers have none."""
    return tuple([t._node.order for t in outputs if t._node is not None])
