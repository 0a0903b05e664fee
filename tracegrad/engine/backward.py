"""One backward pass over the recorded graph.

A heap of orders (see Note [Edges, not tensors]) gives each node once all of its consumers were
visited: no recursion, no search before the walk, chains of any length. Broadcasting is undone here,
    once, and so no
gradient rule mentions it.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from time import perf_counter_ns
from types import CodeType
from typing import Any

import numpy as np

from tracegrad.backend.device import copied
from tracegrad.engine.explain import freed_error
from tracegrad.engine.hooks import Pass, run_posthooks, run_prehooks, run_tensor_hooks, running
from tracegrad.engine.nan import refuse_nan
from tracegrad.engine.worlds import World, lifted, raw
from tracegrad.errors import FreedGraphError
from tracegrad.graph.cut import Cut
from tracegrad.graph.mode import nan_check
from tracegrad.graph.node import AccumulateGrad, Edge, Freed, Node, Output
from tracegrad.graph.observe import Observer, hub
from tracegrad.graph.walk import orders_leading_to
from tracegrad.storage import preserving, storage_of


def run_backward(
    call: str,
    roots: Sequence[tuple[Edge, Any]],
    *,
    keep_graph: bool,
    create_graph: bool,
    code: CodeType | None,
    lasti: int,
    inputs: Sequence[Edge] | None = None,
) -> dict[int, Any]:
    """Carry gradients from the roots down to the leaves, or to `inputs`.

    Args:
        call: the user's call that this is, `backward` or `grad`.
        roots: where to start, each with its gradient (an array, or a tensor if `create_graph`).
        keep_graph: keep saved values for another pass.
        create_graph: run the rules over tensors, so that the gradients can be differentiated.
        code, lasti: where the user called.
        inputs: stop here, and give the gradients back instead of adding them to any `.grad`.

    Returns:
        Gradients of `inputs` by order; those that nothing flowed to are missing. `{}` without
        inputs.

    Raises:
        FreedGraphError: saved values were freed by an earlier pass.
        InplaceModificationError: a saved value was changed in place.
    """
    world = lifted if create_graph else raw
    wanted: dict[int, Any] = {edge.order: None for edge in inputs} if inputs else {}
    visit_only = orders_leading_to([edge for edge, _ in roots], wanted) if inputs else None
    observer = hub.observer
    if observer is not None:
        if not create_graph:
            # The user's own arrays, which may be written to while a recorder keeps what it saw.
            roots = [(edge, copied(g)) for edge, g in roots]
        observer.seed(call, roots, code, lasti)
    edges = tuple([edge for edge, _ in roots])
    token = running.set(Pass(edges, None if visit_only is None else frozenset(visit_only)))
    try:
        freed = None if keep_graph else Freed(call, code, lasti)
        _walk(world, roots, wanted, visit_only, freed, Cut(call, code, lasti, None))
    finally:
        running.reset(token)
        if observer is not None:
            observer.finished_pass()
    return {order: g for order, g in wanted.items() if g is not None}


def _walk(
    world: World,
    roots: Sequence[tuple[Edge, Any]],
    wanted: dict[int, Any],
    visit_only: set[int] | None,
    freed: Freed | None,
    cut: Cut,
) -> None:
    pending: dict[int, Waiting] = {}  # by order
    several: dict[int, list[Any]] = {}  # order of a node with several outputs -> their gradients
    heap: list[int] = []
    observer = hub.observer
    sum_to = world.sum_to
    visit = world.visit
    refuses_nan = nan_check.get()
    for edge, g in roots:
        if edge.order in pending:
            _fan_in(pending[edge.order], g, observer)
        else:
            pending[edge.order] = [edge, g, False]
            heappush(heap, edge.order)
    while heap:
        order = heappop(heap)
        edge, g, owned = pending.pop(order)
        hooks = edge.hooks
        if hooks is not None:
            g = run_tensor_hooks(world, edge, hooks, g)
        if wanted and order in wanted:
            wanted[order] = g
        if order > 0:
            if visit_only is None:
                _accumulate(world, edge, g, owned and hooks is None, cut)
            continue
        if visit_only is not None and not _goes_on(edge, visit_only):
            continue
        if edge.__class__ is Output:
            node = edge.node
            if node.order not in several:
                several[node.order] = [None] * edge.count
                pending[node.order] = [node, several[node.order], False]
                heappush(heap, node.order)
            several[node.order][edge.index] = g
            continue
        if hooks is not None and hooks.before:
            g = run_prehooks(world, edge, hooks, g)
        started = perf_counter_ns() if observer is not None else 0
        try:
            contributions = visit(edge, g)
        except FreedGraphError:
            if edge.saved.__class__ is not Freed:
                raise  # of a backward that this node's backward called
            raise freed_error(edge, [root for root, _ in roots]) from None
        except Exception as error:
            _say_where(error, edge)
            raise
        if refuses_nan:
            refuse_nan(edge, g, contributions)
        if hooks is not None and hooks.visited:
            contributions = _summed(sum_to, edge, contributions)
            contributions = run_posthooks(world, hooks, contributions, g)
        if observer is not None:
            contributions = _summed(sum_to, edge, contributions)
            observer.backward(edge, g, contributions, started)
        if freed is not None and edge.op.keeps_values:
            edge.saved = freed
        for target, contribution in zip(edge.edges, contributions):  # noqa: B905  strict costs 0.1 us
            if contribution is None or target is None:
                continue
            if contribution.shape != target.shape:
                contribution = sum_to(contribution, target.shape)
            order = target.order
            waiting = pending.get(order)
            if waiting is not None:
                _fan_in(waiting, contribution, observer)
            elif visit_only is None or order in visit_only:
                fresh = order > 0 and observer is None and _is_fresh(contribution, g)
                pending[order] = [target, contribution, fresh]
                heappush(heap, order)


Waiting = list[Any]
"""What waits at an edge: [edge, gradient so far, whether that array is ours alone]."""


def _fan_in(waiting: Waiting, contribution: Any, observer: Observer | None) -> None:
    """Add one more contribution to what waits at an edge."""
    edge, total, owned = waiting
    started = perf_counter_ns()
    if owned:
        total += contribution
    else:
        waiting[1] = total = total + contribution
        # Not while somebody watches: a recorder keeps each sum. A 0-d sum is a NumPy scalar, and a
        # lifted one a tensor: neither is added to in place.
        waiting[2] = observer is None and type(total) is np.ndarray
    if observer is not None:
        observer.fan_in(edge, total, started)


def _goes_on(edge: Edge, visit_only: set[int]) -> bool:
    """Whether anything that was asked for lies below the edge."""
    if isinstance(edge, Output):
        return edge.node.order in visit_only
    return any(e is not None and e.order in visit_only for e in edge.edges)  # type: ignore[union-attr]


def _summed(sum_to: Any, node: Node, contributions: Sequence[Any]) -> tuple[Any, ...]:
    """The contributions in the shapes of the inputs, as an observer should see them."""
    return tuple(
        c if c is None or e is None or c.shape == e.shape else sum_to(c, e.shape)
        for e, c in zip(node.edges, contributions, strict=True)
    )


def _accumulate(world: World, leaf: AccumulateGrad, g: Any, owned: bool, cut: Cut) -> None:
    """Add a gradient to a leaf's `.grad`, whose history ends with this pass."""
    if not leaf.wanted:
        return
    hooks = leaf.hooks
    if hooks is not None and hooks.before:
        g = run_prehooks(world, leaf, hooks, g)
    observer = hub.observer
    started = 0 if observer is None else perf_counter_ns()
    before = leaf.grad
    if world.lifted:
        # `g` may be the user's own tensor, or also be on its way to another leaf.
        leaf.grad = world.ops.clone(g) if before is None else before + g
    elif before is None:
        leaf.grad = world.tensor(g if owned else copied(g))
        leaf.grad._cut = cut
    elif before._node is not None or before._array.shape != g.shape:
        leaf.grad = world.tensor(before._array + g)
        leaf.grad._cut = cut
    else:
        # In place, as PyTorch does: whoever holds `.grad` sees it grow.
        storage = storage_of(before)
        if storage.recorded is not None or preserving:
            storage.about_to_write()
        before._array += g
        storage.wrote("accumulate_grad", cut.code, cut.lasti, None)
    if observer is not None:
        observer.accumulate(leaf, g, started)
    if hooks is not None:
        for hook in list(hooks.after.values()):
            hook()
        if hooks.visited:
            run_posthooks(world, hooks, (), g)


def _is_fresh(contribution: Any, g: Any) -> bool:
    """Whether a rule made this array for its input alone, so that `.grad` may keep it uncopied."""
    return contribution is not g and type(contribution) is np.ndarray and contribution.base is None


def _say_where(error: Exception, node: Node) -> None:
    """Add the forward op's place to an error that its backward raised, unless it says so itself."""
    from tracegrad.graph.location import place

    if "needed by" in str(error):
        return
    where = place(node.code, node.lasti)
    note = f"in backward of {node.op.name}" + (f", called at {where}" if where else "")
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)
