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

import numpy as np

from tracegrad.backend.device import Array
from tracegrad.engine.explain import freed_error
from tracegrad.engine.worlds import lifted, sum_to
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import AccumulateGrad, Edge, Freed, Node, Output, hooks_of, next_order
from tracegrad.storage import Geometry, add_to_view, empty_with_layout, geometry_of, take_view

Origin = Literal["default", "no_grad", "several"]
"""How a view was made, where that decides whether it may be written to."""


class View:
    """What a tensor that is a view knows besides its elements.

    Attributes:
        base: the tensor whose memory it shows.
        version: version of the storage for which the tensor's node is right.
        origin: under `no_grad`, by an op that gives several views, or neither.
        op: name of the op that made it.
    """

    __slots__ = ("base", "op", "origin", "version")

    def __init__(self, base: Any, version: int, origin: Origin, op: str) -> None:
        self.base = base
        self.version = version
        self.origin = origin
        self.op = op


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
        _keep_retaining(node, tensor._node)
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
    how = (
        "was created in no_grad mode"
        if view.origin == "no_grad"
        else f"is one of several that {_maker(view)} made,"
    )
    return (
        f"A view {how} and its base or another view of its base has been modified inplace since. "
        "Given that this use case is ambiguous and error-prone, it is "
        "forbidden.\n  try: take the view again after the write, or .clone() it when it is made"
    )


# -- the two nodes that only writes make -----------------------------------------------------------


class Layout:
    """How a base's elements lie: enough to make another array to which a geometry fits."""

    __slots__ = ("dtype", "itemsize", "shape", "strides")

    def __init__(self, shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.strides = strides
        self.dtype = dtype
        self.itemsize = dtype.itemsize

    @classmethod
    def of(cls, array: Array) -> Layout:
        return cls(array.shape, array.strides, array.dtype)

    def lay_out(self, values: Array) -> Array:
        """The values in a new array that lies like the base."""
        array = empty_with_layout(self)
        array[...] = values
        return array


class AsStrided:
    """Backward of taking a view by its geometry: the gradient of the view, put into zeros."""

    name = "as_strided"
    inputs = ("x",)
    outputs = 1
    keeps_values = False

    def backward(self, node: Node, g: Array) -> tuple[Array | None, ...]:
        geometry, layout = node.saved
        buffer = empty_with_layout(layout)
        add_to_view(buffer, geometry, g)
        return (buffer,)

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

    def _saved(self, node: Node) -> tuple[Node, Geometry, Layout]:
        if isinstance(node.saved, Freed):
            raise freed_error(node)
        saved: tuple[Node, Geometry, Layout] = node.saved
        return saved

    def backward(self, node: Node, g: Array) -> tuple[Array | None, ...]:
        inner, geometry, layout = self._saved(node)
        buffer = layout.lay_out(g)
        view = take_view(buffer, geometry)
        first, *others = inner.op.backward(inner, np.array(view))
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


def check_may_write(tensor: Any, op: str, records: bool) -> None:
    """Refuse a write that would make gradients wrong or ambiguous.

    Args:
        op: what the user called, such as `mul_`.
        records: whether a gradient flows through the write.

    Raises:
        RuntimeError: the tensor is a leaf that requires grad, a view of one, a view that may not be
            written to (see Note [In-place on a view]), or shows one element several times.
    """
    array = tensor._array
    # Also of the base: the gradient of a write to a part of it would miss the part's repetitions.
    if _repeats(array) or (
        records and tensor._view is not None and _repeats(tensor._view.base._array)
    ):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation.\n"
            f"  {op} on a tensor of shape {list(array.shape)} that expand() made"
        )
    if not grad_enabled():
        return
    view: View | None = tensor._view
    if view is None:
        if isinstance(tensor._node, AccumulateGrad):
            raise RuntimeError(_leaf_written("a leaf Variable", op))
        return
    base_node = view.base._node
    if not records and base_node is None:
        return
    if view.origin != "default":
        raise RuntimeError(_view_written(view, op))
    # A view that was made a leaf itself, and a view of that, have a base that requires no grad.
    if isinstance(base_node, AccumulateGrad) or (base_node is None and view_requires_grad(tensor)):
        raise RuntimeError(_leaf_written("a view of a leaf Variable", op))


def _maker(view: View) -> str:
    """The op in the user's words: iteration and `chunk` are made of others."""
    return {"unbind": "unbind() or iterating", "split_sections": "split() or chunk()"}.get(
        view.op, f"{view.op}()"
    )


def _repeats(array: Array) -> bool:
    """Whether an array shows one element at several indices, as `expand` makes it do."""
    strides = array.strides
    return 0 in strides and any(
        s == 0 and n > 1 for s, n in zip(strides, array.shape, strict=True) if array.size
    )


def _view_written(view: View, op: str) -> str:
    if view.origin == "no_grad":
        return (
            "A view was created in no_grad mode and is being modified inplace with grad mode "
            "enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You "
            "can clarify your code by moving both the view and the inplace either both inside the "
            "no_grad block (if you don't want the inplace to be tracked) or both outside (if you "
            f"want the inplace to be tracked).\n  written by {op}"
        )
    return (
        f"Output of {view.op.partition('_')[0]} is a view and is being modified inplace. This view "
        "is the output of a function that returns multiple views. Such functions do not allow the "
        "output views to be modified inplace. You should replace the inplace operation by an "
        f"out-of-place one.\n  {op} on a view that {_maker(view)} made\n"
        "  try: take each view by indexing, x[n], which may be written to; or .clone() it first"
    )


def _leaf_written(what: str, op: str) -> str:
    return (
        f"{what} that requires grad is being used in an in-place operation.\n"
        f"  {op} would overwrite a value whose gradient is asked for\n"
        f"  try: do the update inside `with no_grad():`, or out of place, or on a .clone()"
    )


def rebase_history(tensor: Any, node: Node) -> None:
    """Make `node`, which computed the tensor's new value, part of its history (and of its
    base's).
    """
    view: View | None = tensor._view
    if view is None:
        _keep_retaining(tensor._node, node)
        tensor._node = node
        return
    base = view.base
    base_node = make_node(
        COPY_SLICES,
        (base._node, *node.edges[1:]),
        (node, geometry_of(tensor._array, base._array), Layout.of(base._array)),
        base._array.shape,
        node.code,
        node.lasti,
    )
    _keep_retaining(base._node, base_node)
    base._node = base_node  # the view's own is stale now: view_node makes it again from this


def _keep_retaining(old: Edge | None, new: Edge) -> None:
    """Move `retain_grad` along: it is asked of a tensor, not of the value that it had then."""
    if isinstance(old, Node | Output) and old.hooks is not None and old.hooks.retain is not None:
        hooks_of(new).retain = old.hooks.retain
        old.hooks.retain = None
