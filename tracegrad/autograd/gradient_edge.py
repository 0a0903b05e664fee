"""Taking hold of the graph at a tensor: its gradient edge, and hooks on several tensors at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.engine.hooks import Pass, running
from tracegrad.engine.views import view_node
from tracegrad.graph.handle import RemovableHandle
from tracegrad.graph.node import AccumulateGrad, Edge, Output


class GradientEdge(NamedTuple):
    """Where the gradient of a tensor arrives. `autograd.grad` and `backward` take it for the
    tensor, whose elements need not stay alive.

    Attributes:
        node: the `grad_fn`; of a leaf, where its `.grad` is kept.
        output_nr: which output of the node it is.
        ownership_token: for the library: an array of the tensor's shape and dtype, with no memory
            but one element.
    """

    node: Edge
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The gradient edge of a tensor.

    Raises:
        RuntimeError: it requires no gradient.
    """
    edge = tensor._node if tensor._view is None else view_node(tensor)
    if edge is None:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require "
            "gradients"
        )
    array = tensor._array
    xp = namespace_of(array)
    token = xp.broadcast_to(xp.zeros((), array.dtype), array.shape)
    return GradientEdge(edge, edge.index if isinstance(edge, Output) else 0, token)


def stand_in(edge: GradientEdge) -> Tensor:
    """A tensor that has no elements to speak of, but the edge's place in the graph."""
    token = edge.ownership_token
    if token is None:
        raise TypeError("a GradientEdge made by hand\n  try: get_gradient_edge(tensor)")
    tensor: Tensor = Tensor._of(token)
    tensor._node = edge.node
    if isinstance(edge.node, AccumulateGrad):
        tensor._accumulator = edge.node
    return tensor


class MultiGradHandle:
    """Takes a hook on several tensors away again; as a context manager, at the end of the block."""

    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> MultiGradHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class _Gathering:
    """The gradients of one backward pass so far.

    Attributes:
        missing: how many are still to come.
    """

    def __init__(self, edges: Sequence[Edge], current: Pass) -> None:
        reached = current.reached()
        self.gradients: list[Tensor | None] = [None] * len(edges)
        self.missing = sum(edge.order in reached for edge in edges)


def register_multi_grad_hook(
    tensors: Sequence[Tensor],
    fn: Callable[..., None],
    *,
    mode: Literal["all", "any"] = "all",
) -> MultiGradHandle:
    """Call `fn` once in each backward pass that reaches any of the tensors.

    Args:
        fn: with `all`, takes the list of their gradients as soon as all are known that the pass
            reaches, `None` for the others; with `any`, the first gradient that is known.

    Raises:
        ValueError: `mode` is neither.
        RuntimeError: a tensor requires no gradient.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    edges = [get_gradient_edge(t).node for t in tensors]
    lock = Lock()
    gathered: WeakKeyDictionary[Pass, _Gathering] = WeakKeyDictionary()

    def arrived(n: int, gradient: Tensor) -> None:
        current = running.get()
        assert current is not None  # hooks run in a pass
        with lock:
            first = current not in gathered
            if first:
                gathered[current] = _Gathering(edges, current)
            so_far = gathered[current]
            so_far.gradients[n] = gradient
            so_far.missing -= 1
        if mode == "any":
            if first:
                fn(gradient)
        elif so_far.missing == 0:
            fn(so_far.gradients)

    def hook_of(n: int) -> Callable[[Tensor], None]:
        return lambda gradient: arrived(n, gradient)

    return MultiGradHandle([t.register_hook(hook_of(n)) for n, t in enumerate(tensors)])
