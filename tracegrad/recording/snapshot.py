"""The graph behind one tensor as a trace, without any recording: what `viz.draw(loss)` shows.

Nodes that exist anyway know their ops, places and shapes; values are there as far as nodes saved
them (and backward has not freed them); gradients as far as leaves hold them.
"""

from __future__ import annotations

import datetime
import sys
from dataclasses import replace

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.engine.saved import edge_of, kept
from tracegrad.engine.views import view_node
from tracegrad.graph.node import AccumulateGrad, Edge, Node, Output
from tracegrad.graph.walk import ancestors
from tracegrad.recording.memory import MemoryTrace
from tracegrad.recording.model import Role, TraceInfo, ValueRow
from tracegrad.recording.rows import LocationTable


def snapshot(tensor: Tensor) -> MemoryTrace:
    """A trace of everything that the tensor was computed from, as far as gradients can flow.

    Raises:
        RuntimeError: the tensor requires no grad, so there is no graph.
    """
    root = tensor._node if tensor._view is None else view_node(tensor)
    if root is None:
        raise RuntimeError(
            "there is no graph behind this tensor: it does not require grad\n"
            "  try: record the program, `with tg.record() as trace:`, and draw the trace"
        )
    drawing = _Snapshot()
    # Leaves first, then nodes as they were made: what a node reads comes before it.
    for edge in sorted(ancestors([root]), key=lambda e: (e.order <= 0, abs(e.order))):
        drawing.add(edge)
    drawing.know(root, tensor._array)
    drawing.add_gradients()
    return drawing.trace


class _Snapshot:
    """Collects rows for the edges of a graph."""

    def __init__(self) -> None:
        self.trace = MemoryTrace(
            TraceInfo(
                title="graph", argv=tuple(sys.argv), state="complete", error="", duration=0,
                versions={},
                created=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            )
        )  # fmt: skip
        self._locations = LocationTable()
        self._value_of: dict[int, int] = {}  # order of an edge -> its value's id
        self._events: dict[int, int] = {}  # order of a node -> its event's id
        self._leaves: list[AccumulateGrad] = []

    def add(self, edge: Edge) -> None:
        """A row for the value at an edge; and, for a node, for its event."""
        if isinstance(edge, AccumulateGrad):
            self._leaves.append(edge)
            self._add_value(edge, None, 0, "parameter", edge.dtype)
        elif isinstance(edge, Output):
            event = self._events[edge.node.order]
            id = self._add_value(edge, event, edge.index, "result", None)
            row = self.trace.event_rows[event]
            self.trace.event_rows[event] = replace(row, outputs=(*row.outputs, id))
        else:
            self._add_node(edge)

    def _add_node(self, node: Node) -> None:
        event = len(self.trace.event_rows)
        self._events[node.order] = event
        inputs = tuple(None if e is None else self._value_of[e.order] for e in node.edges)
        several = node.op.outputs != 1
        outputs = () if several else (self._add_value(node, event, 0, "result", None),)
        self.trace.add_event(
            "forward", node.op.name, inputs, outputs, self._locations.number(node.code, node.lasti)
        )
        self.trace.location_rows += self._locations.take_rows()
        self.trace.sources |= self._locations.take_sources()
        self._know_saved(node)

    def _add_value(
        self, edge: Edge, event: int | None, output: int, role: Role, dtype: np.dtype | None
    ) -> int:
        id = len(self.trace.value_rows)
        self._value_of[edge.order] = id
        name = "float32" if dtype is None else dtype.name
        itemsize = np.dtype(name).itemsize
        self.trace.value_rows.append(
            ValueRow(
                id=id, event=event, output=output, role=role, name="", shape=edge.shape, dtype=name,
                device="cpu", requires_grad=True, storage=id, version=0, of=None,
                nbytes=int(np.prod(edge.shape)) * itemsize, kept=False,
            )
        )  # fmt: skip
        return id

    def _know_saved(self, node: Node) -> None:
        """Values that the node still keeps for its backward."""
        for entry in kept(node):
            edge = edge_of(node, entry.name)
            if edge is not None and not entry.changes:
                self.know(edge, entry.array)

    def know(self, edge: Edge, array: np.ndarray) -> None:
        """The elements of the value at an edge."""
        id = self._value_of[edge.order]
        row = self.trace.value_rows[id]
        if row.shape == array.shape:
            self.trace.value_rows[id] = replace(
                row, dtype=array.dtype.name, nbytes=array.nbytes, kept=True
            )
            self.trace.arrays[id] = array.copy()

    def add_gradients(self) -> None:
        """What leaves hold in `.grad`, as the end of a backward pass."""
        for leaf in self._leaves:
            if leaf.grad is None:
                continue
            array = leaf.grad._array.copy()
            of = self._value_of[leaf.order]
            event = len(self.trace.event_rows)
            id = len(self.trace.value_rows)
            self.trace.value_rows.append(
                ValueRow(
                    id=id, event=event, output=0, role="gradient", name="", shape=array.shape,
                    dtype=array.dtype.name, device="cpu", requires_grad=False, storage=None,
                    version=0,
                    of=of, nbytes=array.nbytes, kept=True,
                )
            )  # fmt: skip
            self.trace.arrays[id] = array
            self.trace.add_event("accumulate", "accumulate", (None,), (id,), None, backward_pass=1)
