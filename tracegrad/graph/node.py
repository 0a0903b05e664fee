"""Nodes and edges: the graph that backward walks.

Note [Edges, not tensors]
~~~~~~~~~~~~~~~~~~~~~~~~~
A node knows where gradients go next as *edges*, and never its input tensors. An edge is

* a `Node`: the op that made the input, if that op has one output;
* an `Output`: one of several outputs of a node;
* an `AccumulateGrad`: a leaf that requires grad; the gradient ends there, in `.grad`;
* `None`: the input needs no gradient.

Edges are fixed when the node is made. If a node held its input tensors instead, an in-place op
would make it point at itself (the tensor's node is replaced), and a saved output would make a
reference cycle (node -> output -> node). What a rule needs later is saved as raw arrays; when
`create_graph` wants tensors, they are made again from array and edge (`engine/worlds.py`).

Everything that can be waited for in a backward pass has an `order`, unique in the process. Node
orders count downwards, so a node's order is lower than those of all its edges, and working through
a heap of orders visits every node after all of its consumers without looking at the graph first.
Leaves have positive orders: they come last, in the order in which they were made.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from types import CodeType
from typing import TYPE_CHECKING, Any, Protocol

from tracegrad.graph.handle import RemovableHandle
from tracegrad.graph.names import backward_name

if TYPE_CHECKING:
    from tracegrad.backend.device import Array

next_order = count(-1, -1).__next__
next_leaf_order = count(1).__next__


class Differentiable(Protocol):
    """What a node knows of its op: the part of `ops.declare.Op` that graph and engine use."""

    name: str
    inputs: tuple[str, ...]
    outputs: int
    keeps_values: bool
    places: tuple[tuple[str, int], ...]

    def backward(self, node: Node, g: Any) -> tuple[Array | None, ...]:
        """Gradients for each edge, over raw arrays."""

    def lifted_backward(self, node: Node, g: Any) -> tuple[Any, ...]:
        """The same over tensors, for `create_graph=True`."""


class Visited:
    """What a node, one of its outputs, and the end at a leaf have in common: the user may have
    functions called when backward comes by, and note down things.
    """

    __slots__ = ()

    def register_prehook(self, fn: Callable[[tuple[Any, ...]], Any]) -> RemovableHandle:
        """Call `fn(grad_outputs)` before backward visits the node; it may return others."""
        return RemovableHandle(hooks_of(self._visited()).before, fn)

    def register_hook(
        self, fn: Callable[[tuple[Any, ...], tuple[Any, ...]], Any]
    ) -> RemovableHandle:
        """Call `fn(grad_inputs, grad_outputs)` after the visit; it may return other
        `grad_inputs`.
        """
        return RemovableHandle(hooks_of(self._visited()).visited, fn)

    @property
    def metadata(self) -> dict[Any, Any]:
        """Notes of the program about this node."""
        return hooks_of(self._visited()).metadata

    def _visited(self) -> Edge:
        """The node whose rules run."""
        return self  # type: ignore[return-value]  # of a node and of a leaf


class Node(Visited):
    """One call of one op that a gradient can flow through: a tensor's `grad_fn`.

    Attributes:
        op: what was called.
        edges: where the gradient of each input goes.
        saved: flat tuple of what the op's rules named, in the order of `op.saves`; a `Freed` after
            a backward pass that did not retain the graph.
        shape: of the output (of the first one if there are several).
        code, lasti: where in the user's program, see `graph/location.py`.
        order: see Note [Edges, not tensors].
        hooks: `NodeHooks`, `None` for nearly every node.
        recorded_value, recorded_event: a recorder's notes, which live as long as the node; unset
            outside of recording.
    """

    __slots__ = (
        "__weakref__", "code", "edges", "hooks", "lasti", "op", "order", "recorded_event",
        "recorded_value", "saved", "shape",
    )  # fmt: skip

    op: Differentiable
    edges: tuple[Edge | None, ...]
    saved: Any
    shape: tuple[int, ...]
    code: CodeType | None
    lasti: int
    order: int
    hooks: NodeHooks | None
    recorded_value: tuple[Any, int, int]
    recorded_event: Any

    @property
    def next_functions(self) -> tuple[tuple[Edge | None, int], ...]:
        """PyTorch's view of the edges: (node, which of its outputs)."""
        return tuple((e.node, e.index) if isinstance(e, Output) else (e, 0) for e in self.edges)

    def name(self) -> str:
        """PyTorch's name for it: `MulBackward0`."""
        return backward_name(self.op.name, len(self.shape))

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class Output(Visited):
    """One of the outputs of a node that has several."""

    __slots__ = (
        "__weakref__", "count", "hooks", "index", "node", "order", "recorded_value", "shape",
    )  # fmt: skip

    recorded_value: tuple[Any, int, int]

    def __init__(self, node: Node, index: int, shape: tuple[int, ...], count: int) -> None:
        self.node = node
        self.index = index
        self.count = count
        self.shape = shape
        self.order = next_order()
        self.hooks: NodeHooks | None = None

    @property
    def next_functions(self) -> tuple[tuple[Edge | None, int], ...]:
        """Those of its node."""
        return self.node.next_functions

    def _visited(self) -> Edge:
        return self.node

    def name(self) -> str:
        return self.node.name()

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class AccumulateGrad(Visited):
    """Where a leaf's gradient ends: it owns what the tensor shows as `.grad`.

    The tensor owns this object and the graph's edges point at it; it does not know the tensor. So a
    leaf makes no reference cycle, and a leaf that nobody holds any more costs one small object.

    Attributes:
        grad: the gradient gathered so far, a tensor; `None` before the first.
        wanted: whether the leaf still requires grad: older graphs lead here for ever.
        recorded_value, recorded_name: a recorder's notes; unset outside of recording.
    """

    __slots__ = (
        "__weakref__", "dtype", "grad", "hooks", "order", "recorded_name", "recorded_value",
        "shape", "wanted",
    )  # fmt: skip

    recorded_value: tuple[Any, int, int]
    recorded_name: str

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype = dtype
        self.grad: Any = None
        self.wanted = True
        self.order = next_leaf_order()
        self.hooks: NodeHooks | None = None

    next_functions: tuple[()] = ()

    def name(self) -> str:
        return "AccumulateGrad"

    def __repr__(self) -> str:
        return "<AccumulateGrad>"


Edge = Node | Output | AccumulateGrad


class NodeHooks:
    """What the user asked to be called or kept when a gradient arrives here.

    Attributes:
        tensor: functions of the gradient, which may replace it (`Tensor.register_hook`), by handle.
        after: functions called after a leaf's `.grad` was updated, by handle.
        retain: where a tensor that is no leaf keeps its `.grad` (`Tensor.retain_grad`).
        before: functions of the tuple of gradients that a node is visited with, by handle.
        visited: functions of the gradients that it gave and those that it got, by handle.
        metadata: what the program noted.
    """

    __slots__ = ("after", "before", "metadata", "retain", "tensor", "visited")

    def __init__(self) -> None:
        self.tensor: dict[int, Callable[[Any], Any]] = {}
        self.after: dict[int, Callable[[], Any]] = {}
        self.retain: AccumulateGrad | None = None
        self.before: dict[int, Callable[[Any], Any]] = {}
        self.visited: dict[int, Callable[[Any, Any], Any]] = {}
        self.metadata: dict[Any, Any] = {}


class Freed:
    """Takes the place of a node's saved values after backward: says which call freed them.

    Attributes:
        call: `backward` or `grad`.
        code, lasti: where it was called.
        order: as if the call were a node: what was made before it has a higher order.
    """

    __slots__ = ("call", "code", "lasti", "order")

    def __init__(self, call: str, code: CodeType | None, lasti: int) -> None:
        self.call = call
        self.code = code
        self.lasti = lasti
        self.order = next_order()


def hooks_of(edge: Edge) -> NodeHooks:
    """The edge's hooks, made on first need."""
    if edge.hooks is None:
        edge.hooks = NodeHooks()
    return edge.hooks
