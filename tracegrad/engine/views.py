"""Views, and writing to them in place.

Note [In-place on a view]
~~~~~~~~~~~~~~~~~~~~~~~~~
A view knows its *base*, and a base is never a view: chains collapse. When `v` of base `b` is
changed in place, two histories change. The base gets one `copy_slices` node: given the base's
gradient, it takes the view's slice out, runs the op's rule on it, and writes the result back. The
view's own node, and that of every other view of `b`, is made again when somebody next looks
(`view_node`): a view remembers the storage version for which its node is right, and when that is
stale its node becomes `as_strided` of the base's new node. So a write costs the same however many
views there are.

As in PyTorch, three kinds of views may not be written to while gradients are recorded: one made
under `no_grad`, one of several views from one op (`split`, `unbind`, `chunk`), and a view of a leaf
that requires grad.
"""

from __future__ import annotations

from types import CodeType
from typing import Any, Literal

from tracegrad.backend.device import Array
from tracegrad.backend.geometry import Geometry, Layout, Memory, geometry_of, put_view
from tracegrad.engine.explain import freed_error
from tracegrad.engine.worlds import lifted, sum_to
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import AccumulateGrad, Edge, Freed, Node, Output, hooks_of, next_order

Origin = Literal["default", "no_grad", "several", "function", "dtype"]
"""How a view was made, where that decides whether it may be written to."""


class View:
    """What a tensor that is a view knows besides its elements.

    Attributes:
        base: the tensor whose memory it shows.
        version: version of the storage for which the tensor's node is right.
        origin: under `no_grad`, by an op that gives several views, by a custom `Function`, under
            another dtype than the base's, or none of these.
        op: name of the op that made it.
    """

    __slots__ = ("base", "op", "origin", "version")

    def __init__(self, base: Any, version: int, origin: Origin, op: str) -> None:
        self.base = base
        self.version = version
        self.origin = origin
        self.op = op

    @property
    def maker(self) -> str:
        """What made it, in the user's words: iteration and `chunk` are made of other ops."""
        made_by = {"unbind": "unbind() or iterating", "split_sections": "split() or chunk()"}
        return made_by.get(self.op, f"{self.op}()")


def view_node(tensor: Any) -> Edge | None:
    """The node of a tensor that is a view, made again if the memory was written since.

    Raises:
        RuntimeError: it would have to be made again, for a view that may not be written to.
    """
    view: View = tensor._view
    node: Edge | None = tensor._node
    version = tensor._storage.version
    if view.version == version:
        return node
    base_node: Edge | None = view.base._node
    if base_node is not None and not isinstance(node, AccumulateGrad):
        if view.origin != "default":
            if not grad_enabled():
                return node  # nobody records it, and the answer in grad mode stays the same
            raise RuntimeError(_ambiguous(view))
        tensor._node = _as_strided_node(tensor, view.base, base_node)
        keep_retaining(node, tensor._node)
    view.version = version
    return tensor._node


def view_requires_grad(tensor: Any) -> bool:
    """Whether a view requires grad: an answer for every view, also where `view_node` raises."""
    view: View = tensor._view
    if view.version == tensor._storage.version or isinstance(tensor._node, AccumulateGrad):
        return tensor._node is not None
    return view.base._node is not None


def _as_strided_node(tensor: Any, base: Any, base_node: Edge) -> Node:
    return make_node(
        AS_STRIDED,
        (base_node,),
        (geometry_of(tensor._array, base._array), Layout.of(base._array)),
        tensor._array.shape,
        getattr(base_node, "code", None),
        getattr(base_node, "lasti", -1),
    )


def make_node(
    op: Any,
    edges: tuple[Edge | None, ...],
    saved: Any,
    shape: tuple[int, ...],
    code: CodeType | None,
    lasti: int,
) -> Node:
    """A node from its parts, off the hot path."""
    node = Node()
    node.op = op
    node.edges = edges
    node.saved = saved
    node.shape = shape
    node.code = code
    node.lasti = lasti
    node.order = next_order()
    node.hooks = None
    return node


def _ambiguous(view: View) -> str:
    how = {
        "no_grad": "was created in no_grad mode",
        "several": f"is one of several that {view.maker} made,",
        "function": f"was made by the custom Function {view.op}",
        "dtype": f"that {view.maker} made of complex numbers",
    }[view.origin]
    return (
        f"A view {how} and its base or another view of its base has been modified inplace since. "
        "Given that this use case is ambiguous and error-prone, it is "
        "forbidden.\n  try: take the view again after the write, or .clone() it when it is made"
    )


# -- the two nodes that only writes make -----------------------------------------------------------


class AsStrided:
    """Backward of taking a view by its geometry: the gradient of the view, put into zeros."""

    name = "as_strided"
    inputs = ("x",)
    outputs = 1
    keeps_values = False
    places = ()

    def backward(self, node: Node, g: Array) -> tuple[Array | None, ...]:
        geometry, layout = node.saved
        return (put_view(g, geometry, layout),)

    def lifted_backward(self, node: Node, g: Any) -> tuple[Any, ...]:
        geometry, layout = node.saved
        return (lifted.ops.as_strided_backward(g, geometry=geometry, layout=layout),)


class CopySlices:
    """Backward of an in-place op on a view, for its base.

    Saves the op's own node (whose input 0 is the view before the write), and the view's geometry.
    """

    name = "copy_slices"
    inputs = ("base",)
    outputs = 1
    keeps_values = True
    places = ()

    def inner(self, node: Node) -> Node:
        """The op's own node, which keeps what its rules need."""
        return self._saved(node)[0]

    def _saved(self, node: Node) -> tuple[Node, Geometry, Layout]:
        if isinstance(node.saved, Freed):
            raise freed_error(node)
        saved: tuple[Node, Geometry, Layout] = node.saved
        return saved

    def backward(self, node: Node, g: Array) -> tuple[Array | None, ...]:
        inner, geometry, layout = self._saved(node)
        memory = Memory.fitting(layout, geometry, g)
        buffer, view = memory.part(layout.whole), memory.part(geometry)
        buffer[...] = g
        first, *others = inner.op.backward(inner, view.copy())
        if first is None:
            view[...] = 0
        else:
            view[...] = first if first.shape == view.shape else sum_to(first, view.shape)
        return (buffer, *others)

    def lifted_backward(self, node: Node, g: Any) -> tuple[Any, ...]:
        inner, geometry, layout = self._saved(node)
        ops = lifted.ops
        view = ops.as_strided_forward(g, geometry=geometry, layout=layout)
        first, *others = inner.op.lifted_backward(inner, view)
        if first is None:
            first = ops.zeros_like(view)
        elif first.shape != view.shape:
            first = lifted.sum_to(first, view.shape)
        return (ops.as_strided_scatter(g, first, geometry=geometry, layout=layout), *others)


AS_STRIDED = AsStrided()
COPY_SLICES = CopySlices()


# -- an in-place op's part -------------------------------------------------------------------------


def rebase_history(tensor: Any, node: Node) -> None:
    """Make `node`, which computed the tensor's new value, part of its history (and of its
    base's).
    """
    view: View | None = tensor._view
    if view is None:
        keep_retaining(tensor._node, node)
        tensor._node = node
        return
    base = view.base
    if view.op == "as_strided" or base._node is not _parent(node.edges[0]):
        # Straight from the base: what lies between may not show all that `as_strided` does, and a
        # second derivative would lose the rest.
        straight = None if base._node is None else _as_strided_node(tensor, base, base._node)
        node.edges = (straight, *node.edges[1:])
        node.order = next_order()  # after what it leads to now
    base_node = make_node(
        COPY_SLICES,
        (base._node, *node.edges[1:]),
        (node, geometry_of(tensor._array, base._array), Layout.of(base._array)),
        base._array.shape,
        node.code,
        node.lasti,
    )
    keep_retaining(base._node, base_node)
    base._node = base_node  # the view's own is stale now: view_node makes it again from this


def _parent(edge: Edge | None) -> Edge | None:
    """What a view's node was made of."""
    return edge.edges[0] if isinstance(edge, Node) and edge.edges else edge


def keep_retaining(old: Edge | None, new: Edge) -> None:
    """Move `retain_grad` along: it is asked of a tensor, not of the value that it had then."""
    if isinstance(old, Node | Output) and old.hooks is not None and old.hooks.retain is not None:
        hooks_of(new).retain = old.hooks.retain
        old.hooks.retain = None
