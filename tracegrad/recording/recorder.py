"""The recorder: what the running program tells it, kept as raw facts in the order of happening.

The hooks run between the user's ops, so they only append tuples and references to arrays (see Note
[References, not copies]); `rows.py` makes rows of them when somebody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from threading import RLock, get_ident
from time import perf_counter_ns
from types import CodeType
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.saved import link_kept, link_old
from tracegrad.graph.location import caller
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import AccumulateGrad, Edge, Node, Output
from tracegrad.graph.observe import hub
from tracegrad.graph.scope import Scope, current_scope
from tracegrad.recording.model import EventKind
from tracegrad.recording.notes import Forward, Thread, orders_of
from tracegrad.recording.raw import RawEvent, RawValue
from tracegrad.recording.values import Read, Values
from tracegrad.storage import storage_of

UNWRITTEN_BYTES = 64 << 20
"""When a file is written, the program waits for it once this much is held in memory."""

# A named tuple's own constructor takes twice as long as this.
_tuple = tuple.__new__


class Recorder(Values):
    """Collects events and values until somebody takes them. An `Observer` of the running program.

    Args:
        keep_values: keep the elements of values, not only their shapes.

    Attributes:
        events: raw facts that nobody took yet, as are `values` and `arrays`.
        when_full: called when arrays take up `UNWRITTEN_BYTES`.
        given_up: nobody takes anything any more; the recorder stops watching at the next event.
        origin: `perf_counter_ns` when the recording began.
    """

    def __init__(self, keep_values: bool = True) -> None:
        super().__init__(keep_values)
        self.origin = perf_counter_ns()
        self.events: list[RawEvent] = []
        self.event_count = 0
        self.when_full: Callable[[], None] | None = None
        self.given_up = False
        self._step = 0
        self._passes = 0
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
                if self._met:
                    link_kept(node, inputs)
                    self._met = False
                if any(outputs[0] is tensor for tensor in inputs):
                    # A Function gave back what it wrote to: that was read at its new edge.
                    for tensor in outputs:
                        if tensor._node is not None:
                            tensor._node.recorded_value = tensor._value
                orders = (node.order,) if len(outputs) == 1 else orders_of(outputs)
                node.recorded_event = (self._token, event, current_scope.get(), orders)

    def before_write(self, inputs: Sequence[Any]) -> Read:
        with self.lock:
            if inputs[0]._view is not None:
                self._id(inputs[0]._view.base)  # as it was, for the history of the whole
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
            made = (self._new_value(target, event, 0, "result", ids[0]),)
            if storage.shared:
                self._written_apart(target, made[0])
            self._append("write", op, ids, made, options, operands, node, started, now)
            if target._view is not None:
                self._id(target._view.base)  # the whole changed too: a value of its own
            if node is not None:
                node.recorded_event = (self._token, event, current_scope.get(), (node.order,))
                old = link_old(node)
                if old is not None and ids[0] is not None:
                    self._holds(old, ids[0])

    def exit(self, op: str, tensor: Any) -> None:
        now = perf_counter_ns()
        with self.lock:
            self._append("exit", op, (self._id(tensor),), (), {}, (), None, now, now)

    def warned(
        self,
        op: str,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        options: Mapping[str, Any],
        code: CodeType | None,
        lasti: int,
    ) -> None:
        now = perf_counter_ns()
        with self.lock:
            read = tuple([self._last_id(t) for t in inputs])
            event = self.event_count
            pairs = zip_longest(outputs, read[: len(outputs)])
            made = tuple([self._found(t, event, n, id) for n, (t, id) in enumerate(pairs)])
            scope = current_scope.get()
            self._append_at(
                "warning", op, read, made, options, (), code, lasti, scope, None, now, now
            )

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
            token, earlier, version = getattr(leaf.grad, "_value", (None, None, 0))
            known = token is self._token and version < storage.version  # else it is new
            id = self._new_gradient(
                leaf.grad, event, 0, self._value_at(leaf), storage, earlier if known else None
            )
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

    def _forward_of(
        self, edge: Edge
    ) -> tuple[Any, int | None, Scope | None, tuple[int | None, ...]]:
        """What was noted of the event that made the value at an edge; nothing of a leaf."""
        node = edge.node if isinstance(edge, Output) else edge
        known: Forward | None = getattr(node, "recorded_event", None)
        if known is not None and known[0] is self._token:
            return known
        return None, None, None, (node.order,)

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
        if self.given_up:
            hub.remove(self)

    # -- the reader's side ---------------------------------------------------------------------

    def after_fork(self) -> None:
        """In a forked child: nobody there holds the lock that another thread may have held."""
        self.lock = RLock()

    def take(self) -> tuple[int, list[RawEvent], int, list[RawValue]]:
        """Events and values since the last time, each with the number of the first one."""
        with self.lock:
            events, values = self.events, self.values
            self.events, self.values = [], []
            return self.event_count - len(events), events, self.value_count - len(values), values
