"""`backward` and `grad`: checking what the user asked for, then one pass of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracegrad._methods import OpMethods
from tracegrad._tensor import Tensor
from tracegrad.autograd.gradient_edge import GradientEdge, stand_in
from tracegrad.backend.device import copied, namespace_of
from tracegrad.engine.backward import run_backward
from tracegrad.engine.explain import asked_of, no_gradient_error, unused_error
from tracegrad.engine.views import view_node
from tracegrad.engine.worlds import lifted, meet_complex
from tracegrad.errors import with_details
from tracegrad.graph.cut import cut_by
from tracegrad.graph.location import caller
from tracegrad.graph.mode import grad_mode
from tracegrad.graph.node import Edge
from tracegrad.graph.observe import hub

Tensors = Tensor | GradientEdge | Sequence[Tensor | GradientEdge]


def backward(
    tensors: Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:
    """Add the gradients of `tensors` to the `.grad` of every leaf that they depend on.

    Args:
        grad_tensors: gradients to start from, one per tensor; may be left out for scalars (then 1).
        retain_graph: keep saved values, so that this graph can be used again; as `create_graph` if
            `None`.
        create_graph: record the computation of the gradients too, for higher derivatives.
        inputs: add to the `.grad` of these tensors only.

    Raises:
        RuntimeError: a tensor is no scalar and came without a gradient.
        NoGradientError: a tensor requires no grad.
        FreedGraphError: saved values were freed by an earlier pass.
        InplaceModificationError: a value that is needed was changed in place.
    """
    roots = _roots("backward", _several(tensors), grad_tensors, create_graph)
    code, lasti = caller()
    keep = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        _run("backward", roots, keep, create_graph, code, lasti, None)
        return
    targets = _several(inputs)
    if not targets:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    edges = [_edge_of_input(t, n) for n, t in enumerate(targets)]
    found = _run("backward", roots, keep, create_graph, code, lasti, edges)
    for tensor, edge in zip(targets, edges, strict=True):
        if edge.order in found:
            g = _returned("backward", edge, found[edge.order], create_graph)
            tensor.grad = g if tensor.grad is None else tensor.grad + g


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of `outputs` for `inputs`, without touching any `.grad`.

    Args:
        grad_outputs: gradients to start from, one per output; may be left out for scalars (then 1).
        retain_graph, create_graph: as for `backward`.
        allow_unused: give `None` for an input that the outputs don't depend on, instead of raising.
        is_grads_batched: each of `grad_outputs` has one dimension more, in front, and so have the
            results: one backward pass is made for each entry.
        materialize_grads: give zeros there.

    Raises:
        RuntimeError: as for `backward`; or an input was not used and that is not allowed.
    """
    targets = _several(inputs)
    if not targets:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if is_grads_batched:
        rest = retain_graph, create_graph, allow_unused, materialize_grads
        return _batched(_several(outputs), targets, grad_outputs, *rest)
    roots = _roots("grad", _several(outputs), grad_outputs, create_graph)
    edges = [_edge_of_input(t, n) for n, t in enumerate(targets)]
    code, lasti = caller()
    keep = create_graph if retain_graph is None else retain_graph
    found = _run("grad", roots, keep, create_graph, code, lasti, edges)
    results: list[Tensor | None] = []
    for n, (tensor, edge) in enumerate(zip(targets, edges, strict=True)):
        if edge.order in found:
            results.append(_returned("grad", edge, found[edge.order], create_graph))
        elif materialize_grads:
            results.append(Tensor._of(namespace_of(tensor._array).zeros_like(tensor._array)))
        elif allow_unused:
            results.append(None)
        else:
            raise unused_error(n, tensor.shape)
    return tuple(results)


def _batched(
    outputs: tuple[Tensor, ...],
    inputs: tuple[Tensor, ...],
    grad_outputs: Any,
    retain_graph: bool | None,
    create_graph: bool,
    allow_unused: bool | None,
    materialize_grads: bool,
) -> tuple[Tensor | None, ...]:
    """One call of `grad` for each entry of the first dimension of `grad_outputs`."""
    starts = _several(grad_outputs) if grad_outputs is not None else ()
    sizes = {t.shape[0] if t.ndim else -1 for t in starts if t is not None}
    fitting = all(
        t is None or (t.ndim and t.shape[1:] == out.shape)
        for t, out in zip(starts, outputs, strict=False)
    )
    if len(sizes) != 1 or not fitting:
        raise RuntimeError(
            "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as "
            "the batch dimension. The sizes of the remaining dimensions are expected to match the "
            f"shape of corresponding output, but a mismatch was detected: grad_outputs of shapes "
            f"{[None if t is None else list(t.shape) for t in starts]} for outputs of shapes "
            f"{[list(out.shape) for out in outputs]}"
        )
    size = sizes.pop()
    keep = create_graph if retain_graph is None else retain_graph
    found = [
        grad(
            outputs, inputs, [None if t is None else lifted.ops.select(t, 0, n) for t in starts],
            keep or n < size - 1, create_graph, allow_unused, False, materialize_grads,
        )
        for n in range(size)
    ]  # fmt: skip
    return tuple(
        None if parts[0] is None else lifted.ops.stack(list(parts), dim=0)
        for parts in zip(*found, strict=True)
    )


def _run(
    call: str,
    roots: Any,
    keep: bool,
    create_graph: bool,
    code: Any,
    lasti: int,
    inputs: list[Edge] | None,
) -> dict[int, Any]:
    token = grad_mode.set(create_graph)
    try:
        return run_backward(
            call,
            roots,
            keep_graph=keep,
            create_graph=create_graph,
            code=code,
            lasti=lasti,
            inputs=inputs,
        )
    finally:
        grad_mode.reset(token)


def _several(tensors: Any) -> tuple[Tensor, ...]:
    """The tensors, or those that gradient edges stand for."""
    if isinstance(tensors, Tensor):
        return (tensors,)
    several = (tensors,) if isinstance(tensors, GradientEdge) else tensors
    return tuple(stand_in(t) if isinstance(t, GradientEdge) else t for t in several)


def _edge(tensor: Tensor) -> Edge | None:
    return tensor._node if tensor._view is None else view_node(tensor)


def _edge_of_input(tensor: Tensor, n: int) -> Edge:
    edge = _edge(tensor)
    if edge is None:
        headline = "One of the differentiated Tensors does not require grad"
        raise no_gradient_error(headline, tensor.shape, tensor._cut, is_input=True, n=n)
    return edge


def _returned(call: str, edge: Edge, g: Any, create_graph: bool) -> Tensor:
    """A gradient as the tensor that the program gets."""
    if create_graph:
        return g
    tensor: Tensor = Tensor._of(copied(g))
    tensor._cut = cut_by(call)
    if hub.observer is not None:
        hub.observer.returned(edge, tensor)
    return tensor


# -- where a pass starts ---------------------------------------------------------------------------


def _roots(
    call: str, tensors: tuple[Tensor, ...], gradients: Any, create_graph: bool
) -> list[tuple[Edge, Any]]:
    """Each tensor's edge with the gradient to start from."""
    if gradients is None or isinstance(gradients, Tensor):
        gradients = [gradients] * len(tensors) if gradients is None else [gradients]
    if len(gradients) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(gradients)} gradients")
    roots = []
    for n, (tensor, gradient) in enumerate(zip(tensors, gradients, strict=True)):
        edge = _edge(tensor)
        if edge is None:
            raise no_gradient_error(
                f"element {n} of tensors does not require grad and does not have a grad_fn",
                tensor.shape,
                tensor._cut,
                n=n,
            )
        g = _start(tensor, gradient, n)
        roots.append((edge, g if create_graph else g._array))
    return roots


def _start(tensor: Tensor, gradient: Tensor | None, n: int) -> Tensor:
    """The gradient to start from: as given, or 1 for a scalar."""
    if gradient is None:
        if tensor.numel() != 1:
            raise RuntimeError(
                with_details(
                    "grad can be implicitly created only for scalar outputs",
                    [("tensor", asked_of(tensor.shape, n=n))],
                    ".sum() or .mean() before backward(), or pass gradient=",
                )
            )
        if tensor._array.dtype.kind == "c":
            raise RuntimeError(
                "grad can be implicitly created only for real scalar outputs but got "
                f"{tensor.dtype}\n  try: .abs() or .real before backward(), or pass gradient="
            )
        array = tensor._array
        return Tensor._of(namespace_of(array).ones(array.shape, array.dtype))
    if gradient.shape != tensor.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[0] has a shape of {gradient.shape} and output[0] has "
            f"a shape of {tensor.shape}."
        )
    if gradient.is_complex() != tensor.is_complex():
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. "
            f"Mismatch in dtype: grad_output[{n}] has a dtype of {gradient.dtype} and output[{n}] "
            f"has a dtype of {tensor.dtype}."
        )
    if gradient.is_complex():
        meet_complex()
    if gradient.dtype is not tensor.dtype:
        return lifted.ops.to_dtype(gradient, dtype=tensor.dtype)
    return gradient


def _backward_method(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:
    """Add this tensor's gradients to the `.grad` of every leaf that it depends on. See
    `autograd.backward`.
    """
    backward(self, gradient, retain_graph, create_graph, inputs)


# Tensor is below this layer and cannot import it.
setattr(OpMethods, "backward", _backward_method)
