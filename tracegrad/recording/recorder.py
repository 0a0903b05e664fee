"""The recorder: what the running program tells it, kept as raw facts in the order of happening.

The hooks run between the user's ops, so they only append tuples and references to arrays (see Note
[References, not copies]); `rows.py` makes rows of them when somebody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import RLock, get_ident
from time import perf_counter_ns
from types import CodeType
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.graph.location import caller
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import AccumulateGrad, Edge, Node, Output
from tracegrad.graph.observe import hub
from tracegrad.graph.scope import Scope, current_scope
from tracegrad.recording.kept import KeptArrays
from tracegrad.recording.model import EventKind, Role
from tracegrad.recording.notes import Thread, Token
from tracegrad.recording.raw import ArrayShape, RawEvent, RawValue
from tracegrad.storage import Storage, new_storage, storage_of

UNWRITTEN_BYTES = 64 << 20
"""When a file is written, the program waits for it once this much is held in memory."""


Read = tuple[tuple[int | None, ...], tuple[Any, ...]]
"""Value ids of an op's inputs; and those inputs that are no tensors, if there are any."""

_Forward = tuple[Token, int, Scope | None, tuple[int | None, ...]]
"""What a backward visit wants to know of its node's forward event: recorder, id, scope, and the
orders of the edges at which the gradients of its outputs arrive (`None` for integers)."""

# A named tuple's own constructor takes twice as long as this.
_tuple = tuple.__new__


class Recorder:
    """Collects events and values until somebody takes them. An `Observer` of the running program.

    Args:
        keep_values: keep the elements of values, not only their shapes.

    Attributes:
        events, values: raw facts that nobody took yet.
        arrays: elements of values, likewise.
        when_full: called when those take up `UNWRITTEN_BYTES`.
        given_up: nobody takes anything any more; the recorder stops watching at the next event.
        origin: `perf_counter_ns` when the recording began.
    """

    def __init__(self, keep_values: bool = True) -> None:
        self.keep_values = keep_values
        self.origin = perf_counter_ns()
        self.events: list[RawEvent] = []
        self.values: list[RawValue] = []
        self.arrays = KeptArrays()
        self.event_count = 0
        self.value_count = 0
        self.lock = RLock()
        self.when_full: Callable[[], None] | None = None
        self.given_up = False
        self._storages = 0
        self._step = 0
        self._passes = 0
        self._token = Token(self)
        self._ident = get_ident()
        self._here = Thread(0)
        self._threads: dict[int, Thread] = {self._ident: self._here}

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
                node.recorded_event = (self._token, event, current_scope.get(), orders)

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
                node.recorded_event = (self._token, event, current_scope.get(), (node.order,))

    def exit(self, op: str, tensor: Any) -> None:
        now = perf_counter_ns()
        with self.lock:
            self._append("exit", op, (self._id(tensor),), (), {}, (), None, now, now)

    def named(self, tensor: Any, name: str) -> None:
        node = tensor._node
        if isinstance(node, AccumulateGrad):
            node.recorded_name = name
            return
        storage = storage_of(tensor)
        if storage.recorded is not self._token:
            self._adopt(storage)
        storage.name = name

    def stepped(self) -> None:
        self._step += 1

    # -- the program's side: backward ----------------------------------------------------------

    def seed(
        self, call: str, roots: Sequence[tuple[Edge, Any]], code: CodeType | None, lasti: int
    ) -> None:
        now = perf_counter_ns()
        with self.lock:
            here = self._thread()
            self._passes += 1
            here.begin(self._passes)
            event = self.event_count
            of = tuple([self._value_at(edge) for edge, _ in roots])
            made = []
            for n, (edge, g) in enumerate(roots):
                id = self._new_gradient(g, event, n, of[n])
                if isinstance(g, Tensor):
                    self._is_value(g, id)
                here.arrive(edge.order, id)
                made.append(id)
            scope = current_scope.get()
            self._append_at(
                "seed", call, of, tuple(made), {}, (), code, lasti, scope, None, now, now
            )

    def backward(
        self, node: Node, gradient: Any, contributions: Sequence[Any], started: int
    ) -> None:
        now = perf_counter_ns()
        with self.lock:
            here = self._thread()
            event = self.event_count
            _, forward, scope, orders = self._forward_of(node)
            arrived = here.arrived
            read = tuple([None if order is None else arrived.get(order) for order in orders])
            made: list[int | None] = []
            for n, (edge, g) in enumerate(zip(node.edges, contributions, strict=True)):
                if edge is None or g is None:
                    made.append(None)
                    continue
                id = self._new_gradient(g, event, n, self._value_at(edge))
                here.arrive(edge.order, id)
                made.append(id)
            self._append_at(
                "backward", node.op.name, read, tuple(made), {}, (), node.code, node.lasti, scope,
                forward, started, now,
            )  # fmt: skip

    def fan_in(self, edge: Edge, total: Any, started: int) -> None:
        now = perf_counter_ns()
        with self.lock:
            here = self._thread()
            event = self.event_count
            waiting = here.waiting.get(edge.order)
            joined = (here.arrived.get(edge.order), waiting.pop(0) if waiting else None)
            id = self._new_gradient(total, event, 0, self._value_at(edge))
            here.arrived[edge.order] = id
            _, forward, scope, _ = self._forward_of(edge)
            node = edge.node if isinstance(edge, Output) else edge
            code, lasti = getattr(node, "code", None), getattr(node, "lasti", -1)
            self._append_at(
                "fan_in", "fan_in", joined, (id,), {}, (), code, lasti, scope, forward, started, now
            )

    def hooked(self, edge: Edge, gradient: Any) -> None:
        now = perf_counter_ns()
        with self.lock:
            arrived = self._thread().arrived
            given = self._id(gradient)
            event = self.event_count
            of = self._value_at(edge)
            id = self._new_gradient(gradient, event, 0, of, storage_of(gradient))
            self._append("forward", "hook", (given,), (id,), {}, (), None, now, now)
            arrived[edge.order] = id

    def accumulate(self, leaf: AccumulateGrad, gradient: Any, started: int) -> None:
        now = perf_counter_ns()
        with self.lock:
            read = (self._thread().arrived.get(leaf.order),)
            event = self.event_count
            storage = storage_of(leaf.grad)
            id = self._new_gradient(leaf.grad, event, 0, self._value_at(leaf), storage)
            storage.last_write = event
            leaf.grad._value = (self._token, id, storage.version)
            self._append("accumulate", "accumulate", read, (id,), {}, (), None, started, now)

    def captured(self, edge: Edge, gradient: Any) -> None:
        with self.lock:
            self._is_value(gradient, self._thread().arrived.get(edge.order))

    def returned(self, edge: Edge, gradient: Any) -> None:
        with self.lock:
            self._is_value(gradient, self._thread().ended.get(edge.order))

    def finished_pass(self) -> None:
        with self.lock:
            self._thread().end()

    def _thread(self) -> Thread:
        """The thread that calls."""
        ident = get_ident()
        if ident != self._ident:
            self._ident = ident
            if ident not in self._threads:
                self._threads[ident] = Thread(len(self._threads))
            self._here = self._threads[ident]
        return self._here

    def _value_at(self, edge: Edge) -> int | None:
        """The value whose gradient arrives at an edge, if it was recorded."""
        try:
            token, id, _ = edge.recorded_value
        except AttributeError:
            return None
        return id if token is self._token else None

    def _forward_of(
        self, edge: Edge
    ) -> tuple[Any, int | None, Scope | None, tuple[int | None, ...]]:
        """What was noted of the event that made the value at an edge; nothing of a leaf."""
        node = edge.node if isinstance(edge, Output) else edge
        known: _Forward | None = getattr(node, "recorded_event", None)
        if known is not None and known[0] is self._token:
            return known
        return None, None, None, (node.order,)

    def _is_value(self, tensor: Tensor, id: int | None) -> None:
        """A tensor that is not known yet is a value that is recorded already."""
        if id is not None and getattr(tensor, "_value", (None,))[0] is not self._token:
            storage = storage_of(tensor)
            if storage.recorded is not self._token:
                self._adopt(storage)
            tensor._value = (self._token, id, storage.version)

    # -- values --------------------------------------------------------------------------------

    def _read(self, inputs: Sequence[Any]) -> Read:
        """Look at an op's inputs as they are now."""
        ids: list[int | None] = []
        others = False
        for value in inputs:
            if isinstance(value, Tensor):
                ids.append(self._id(value))
                node = value._node
                # A leaf that was written to, and a view whose node was made again, are new there.
                if node is not None and (node.order > 0 or value._view is not None):
                    node.recorded_value = value._value
            else:
                ids.append(None)
                others = others or value is not None
        operands = tuple([None if isinstance(v, Tensor) else v for v in inputs]) if others else ()
        return tuple(ids), operands

    def _id(self, tensor: Tensor) -> int:
        """The tensor's value now: as recorded; or new, if it came from outside or changed since."""
        storage = tensor._storage
        if storage is None or storage.recorded is not self._token:
            return self._new_value(tensor, None, 0, None)
        try:
            token, id, version = tensor._value
        except AttributeError:
            token, id, version = None, -1, -1
        if token is self._token and version == storage.version:
            return id
        if token is not self._token and (known := self._saved(tensor, storage)) is not None:
            tensor._value = (self._token, known, storage.version)
            return known
        if storage.last_write is None:
            return self._new_value(tensor, None, 0, None)
        # Another tensor wrote to this memory: the value is that write's doing.
        return self._new_value(tensor, storage.last_write, 1, "result")

    def _saved(self, tensor: Tensor, storage: Storage) -> int | None:
        """The value of a tensor that is new, around an array that is not: one that a node saved."""
        node = tensor._node
        if node is None:
            array, id, version = storage.newest
            return id if array is tensor._array and version == storage.version else None
        token, id, version = getattr(node, "recorded_value", (None, -1, 0))
        known = token is self._token and version == storage.version
        return id if known and tensor._view is None else None

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
        tensor._value = note = (self._token, id, version)
        view = tensor._view
        node = tensor._node
        requires_grad = node is not None
        if view is not None and view.version != version:
            # Its node is due to be made again, from the base's.
            node, requires_grad = None, view.base._node is not None
        name = ""
        if node is not None:
            node.recorded_value = note
            if node.order > 0:
                name = getattr(node, "recorded_name", "")
                role = role or "parameter"
        else:
            storage.newest = (array, id, version)
            name = storage.name if view is None else ""
        if role is None:
            role = "parameter" if getattr(tensor, "is_parameter", False) else "input"
        self.values.append(
            _tuple(RawValue, (
                event, output, role, name, self._keep(id, array, storage), requires_grad,
                storage.number, version, None, self.keep_values,
            ))
        )  # fmt: skip
        return id

    def _new_gradient(
        self, g: Any, event: int, output: int, of: int | None, storage: Storage | None = None
    ) -> int:
        """A value row for a gradient: an array, or a tensor in a pass with `create_graph`.

        Args:
            storage: of a gradient that the program has as a tensor, to which it may write.
        """
        id = self.value_count
        self.value_count = id + 1
        number, version, kept_for = None, 0, storage
        if storage is not None:
            if storage.recorded is not self._token:
                self._adopt(storage)
            number, version = storage.number, storage.version
        is_tensor = isinstance(g, Tensor)
        if is_tensor and storage is None:
            kept_for = storage_of(g)
            if kept_for.recorded is not self._token:
                self._adopt(kept_for)
        array = np.asarray(g._array if is_tensor else g)
        self.values.append(
            _tuple(RawValue, (
                event, output, "gradient", "", self._keep(id, array, kept_for),
                is_tensor and g._node is not None, number, version, of, self.keep_values,
            ))
        )  # fmt: skip
        return id

    def _keep(self, id: int, array: np.ndarray, storage: Storage | None) -> np.ndarray | ArrayShape:
        """Keep a value's array if values are kept; give what is known of it."""
        if not self.keep_values:
            return ArrayShape(array.shape, array.dtype, array.nbytes)
        self.arrays.keep(id, array, storage)
        return array

    def _adopt(self, storage: Storage) -> None:
        """Make a storage known to this recording."""
        if storage.recorded is not None:
            # An older recording, which will not hear of writes any more.
            storage.recorded.about_to_write(storage)
        storage.recorded = self._token
        storage.number = self._storages
        storage.kept = []
        storage.last_write = None
        storage.newest = (None, 0, 0)
        storage.name = ""
        self._storages += 1

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
        scope = current_scope.get()
        self._append_at(
            kind, op, inputs, outputs, options, operands, code, lasti, scope, None, started, now
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
        here = self._here if get_ident() == self._ident else self._thread()
        self.events.append(
            _tuple(RawEvent, (
                kind, op, inputs, outputs, options, operands, code, lasti, scope, self._step,
                here.backward_pass, forward, grad_enabled(), started - self.origin, now - started,
                here.number,
            ))
        )  # fmt: skip
        self.event_count += 1
        if self.when_full is not None and self.arrays.nbytes > UNWRITTEN_BYTES:
            self.when_full()
        # Here and not where it was decided: that may be another thread, in the middle of our op.
        if self.given_up and hub.observer is self:
            hub.observer = None

    # -- the keeper's side ---------------------------------------------------------------------

    def copy_values(self, ids: Sequence[int]) -> None:
        """Replace arrays that are about to change by copies, wherever they are by now."""
        with self.lock:
            self.arrays.copy(ids)

    def own_array(self, id: int) -> np.ndarray | None:
        """A value's array, which never changes from now on."""
        with self.lock:
            return self.arrays.own(id)

    def after_fork(self) -> None:
        """In a forked child: nobody there holds the lock that another thread may have held."""
        self.lock = RLock()

    def take(self) -> tuple[int, list[RawEvent], int, list[RawValue]]:
        """Events and values since the last time, each with the number of the first one."""
        with self.lock:
            events, values = self.events, self.values
            self.events, self.values = [], []
            return self.event_count - len(events), events, self.value_count - len(values), values


def _orders(outputs: Sequence[Any]) -> tuple[int | None, ...]:
    """Where the gradients of several outputs arrive; integers have none."""
    return tuple([None if t._node is None else t._node.order for t in outputs])
