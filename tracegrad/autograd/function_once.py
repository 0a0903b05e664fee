"""`once_differentiable`: a backward whose result may not be differentiated again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.function_node import FunctionNode
from tracegrad.engine.views import make_node, view_node
from tracegrad.errors import with_details
from tracegrad.graph.mode import grad_enabled, grad_mode
from tracegrad.graph.node import Edge, Node


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """For a `backward` that is not made of differentiable ops: differentiating it is an error.

    PyTorch takes its result for a constant where the gradients that come in require no grad, and so
    gives wrong second derivatives. Here they are refused if anything was saved that requires grad.
    """

    @functools.wraps(backward)
    def once(ctx: Any, *gradients: Any) -> Any:
        mode = grad_mode.set(False)
        try:
            results = backward(ctx, *gradients)
        finally:
            grad_mode.reset(mode)
        reference = getattr(ctx, "_node", None)  # none of a context that a test made up
        node = reference() if reference is not None and grad_enabled() else None
        if node is None:
            return results
        shown = gradients[0] if node.op.function.boxed_grads_call else gradients
        edges = [_edge(g) for g in shown if isinstance(g, Tensor) and g.requires_grad]
        if node.op.saves_history(node):
            edges += node.edges
        if not edges:
            return results
        if not isinstance(results, tuple):
            return _differentiated_once(node, results, edges)
        return tuple([_differentiated_once(node, r, edges) for r in results])

    return once


def _edge(tensor: Tensor) -> Edge | None:
    return tensor._node if tensor._view is None else view_node(tensor)


def _differentiated_once(node: FunctionNode, result: Any, edges: Sequence[Edge | None]) -> Any:
    if not isinstance(result, Tensor):
        return result
    tensor = result.detach()
    op = _Once(node.op.name)
    tensor._node = make_node(op, tuple(edges), (), tensor._array.shape, node.code, node.lasti)
    return tensor


class _Once:
    """The op of a gradient that cannot be differentiated again."""

    name = "once_differentiable"
    inputs: tuple[str, ...] = ()
    outputs = 1
    keeps_values = False
    places: tuple[tuple[str, int], ...] = ()

    def __init__(self, function: str) -> None:
        self.function = function

    def backward(self, node: Node, g: Any) -> tuple[Any, ...]:
        raise RuntimeError(
            with_details(
                "trying to differentiate twice a function that was marked with "
                "@once_differentiable",
                [("marked", f"{self.function}.backward")],
                "make it of differentiable ops and take @once_differentiable away, if a second "
                "derivative is wanted; create_graph=False or .detach(), if not",
            )
        )

    lifted_backward = backward
