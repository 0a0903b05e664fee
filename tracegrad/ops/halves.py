"""float16 and bfloat16: kept in two bytes, computed in four.

Note [Half precision]
~~~~~~~~~~~~~~~~~~~~~
As in PyTorch, an op on half-precision tensors reads them, computes in float32 and rounds once at
the end. A sum of 4,096 ones in bfloat16, added up in bfloat16, would be 256; and most of NumPy's
functions have no loop for it. So the compiled functions hand such calls over to `in_single`, before
any kernel runs: one look at `itemsize` (0.03 us) for every other call. Gradient rules run the same
way: `for_halves` makes an op's twin, which nodes of such calls have as their op, and whose backward
widens the gradient and what was saved, and rounds what goes to each input. Every other backward
knows nothing of all this.

Ops that move elements and compute nothing (`MOVES`) run on the two bytes, but their gradients,
which may add up, do not; views are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import perf_counter_ns
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import as_array, is_array, namespace_of
from tracegrad.engine.explain import modified_error
from tracegrad.engine.saved import opened
from tracegrad.engine.views import make_node, view_node
from tracegrad.engine.worlds import raw_ops_for
from tracegrad.graph.cut import cut_among
from tracegrad.graph.location import caller
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import Edge, Node, Output
from tracegrad.graph.observe import hub
from tracegrad.ops.compile_backward import contributions
from tracegrad.ops.declare import Op
from tracegrad.ops.explain import kernel_error
from tracegrad.ops.prepare import moved
from tracegrad.storage import changes_since

HALF_TYPES = tuple(d.numpy for d in dtypes.HALVES)

MOVES = frozenset({
    "cat", "clone", "copy", "fill", "flip", "gather", "index", "index_copy", "index_fill",
    "index_put", "index_select", "masked_fill", "masked_fill_tensor", "masked_gather",
    "masked_scatter", "repeat", "reshape_copy", "roll", "scatter", "scatter_value", "stack",
    "tril", "triu", "zeros_of",
})  # fmt: skip
"""Ops that copy elements without computing, besides the views."""

CONVERSIONS = frozenset({"as_strided", "to_device", "to_dtype", "to_integer"})
"""Ops that give each gradient its dtype, device or place themselves."""


def hands_over(op: Op) -> bool:
    """Whether calls of an op with half-precision tensors go through `in_single`."""
    return op.declaration.family != "view" and op.inputs != () and op.name not in CONVERSIONS


def widened(value: Any) -> Any:
    """A half-precision array as float32; everything else as it is."""
    if is_array(value) or isinstance(value, np.generic):
        return value.astype(np.float32) if value.dtype in HALF_TYPES else value
    return value


def run_kernel(op: Op, arrays: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """What the op's kernel gives for arrays and numbers: halves widened, results not rounded."""
    d = op.declaration
    if hands_over(op) and op.name not in MOVES:
        arrays = [widened(a) for a in arrays]
    xp = namespace_of(*arrays)
    return getattr(xp, d.ufunc)(*arrays) if d.ufunc else d.kernel(xp, *arrays, **options)


def in_single(op: Op, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Call an op with half-precision tensors: the same result and node as the compiled function
    makes, computed in float32 and rounded.
    """
    started = perf_counter_ns()
    d = op.declaration
    arrays = [getattr(a, "_array", a) for a in args]
    half = next(a.dtype for a in arrays if is_array(a) and a.dtype in HALF_TYPES)
    try:
        results = run_kernel(op, arrays, options)
    except Exception as error:
        together = moved(op, args)
        if together is not None:
            return op.call(together, **options) if d.is_list else op.call(*together, **options)
        raise kernel_error(op, args, dict(options), error) from None
    aux: Sequence[Any] = ()
    if d.aux:
        kept = op.outputs
        results, aux = (results[0] if kept == 1 else results[:kept]), results[kept:]
    several = op.outputs != 1
    rounded = [_rounded(r, half) for r in (results if several else (results,))]
    outs = [Tensor._of(array) for array in rounded]
    node = _node(op, args, arrays, rounded, options, aux)
    for index, out in enumerate(outs):
        if node is None or not dtypes.inexact(out._array):
            out._cut = cut_among(op.name, args)
        else:
            shape = out._array.shape
            out._node = Output(node, index, shape, len(outs)) if several else node
    if hub.observer is not None:
        hub.observer.forward(op.name, args, options, tuple(outs), node, started)
    return tuple(outs) if several else outs[0]


def _rounded(result: Any, half: Any) -> Any:
    array = as_array(result)
    return array.astype(half) if array.dtype == np.float32 else array


# -- nodes -----------------------------------------------------------------------------------------


def _node(
    op: Op,
    args: Sequence[Any],
    arrays: Sequence[Any],
    results: Sequence[Any],
    options: Mapping[str, Any],
    aux: Sequence[Any],
) -> Node | None:
    """The node of a call, `None` where no gradient is recorded."""
    d = op.declaration
    names = [op.inputs[0]] * len(args) if d.is_list else op.inputs
    edges = tuple(
        _edge(a) if name in d.rules else None for name, a in zip(names, args, strict=True)
    )
    if not grad_enabled() or all(edge is None for edge in edges):
        return None
    entries: list[Any] = []
    for saved in d.saves:
        if saved.kind == "out":
            entries += [results[0], None, None]
        elif saved.kind in ("input", "shape"):
            position = op.inputs.index(saved.source) if saved.source in op.inputs else 0
            if saved.kind == "shape":
                shapes = [getattr(a, "shape", ()) for a in arrays]
                entries.append(shapes if d.is_list else shapes[position])
            else:
                entries += _kept(args[position], [edges[n] for n in saved.needed_by])
        else:
            named = dict(zip(d.aux, aux, strict=True))
            entries.append(named[saved.name] if saved.kind == "aux" else options[saved.name])
    code, lasti = caller()
    twin = for_halves(op, _dtypes(arrays))
    return make_node(twin, edges, tuple(entries), results[0].shape, code, lasti)


def _kept(value: Any, edges: Sequence[Edge | None]) -> list[Any]:
    """An input, with its storage and version, if a gradient of these edges needs it."""
    if not isinstance(value, Tensor):
        return [value, None, None]
    if all(edge is None for edge in edges):
        return [None, None, None]
    storage = value._storage
    return [value._array, storage, None if storage is None else storage.version_to_keep]


def _edge(tensor: Any) -> Edge | None:
    if not isinstance(tensor, Tensor):
        return None
    return tensor._node if tensor._view is None else view_node(tensor)


def _dtypes(arrays: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(getattr(a, "dtype", None) for a in arrays)


def node_op(op: Op, arrays: Sequence[Any]) -> Op:
    """The op for a node whose inputs are these: its twin if one of them is in half precision."""
    halves = any(is_array(a) and a.dtype in HALF_TYPES for a in arrays)
    return for_halves(op, _dtypes(arrays)) if halves and hands_over(op) else op


@lru_cache(maxsize=4096)
def for_halves(op: Op, input_dtypes: tuple[Any, ...]) -> Op:
    """The op whose backward takes half-precision gradients, for inputs of these dtypes."""
    twin = Op(op.declaration)
    twin.call, twin.operator = op.call, op.operator
    twin.lifted_backward = op.lifted_backward
    d = op.declaration

    def backward(node: Node, g: Any) -> tuple[Any, ...]:
        kept = node.saved if type(node.saved) is tuple else opened(node)
        if any(changes_since(*kept[n : n + 3]) for _, n in op.places):
            raise modified_error(node, kept)
        values: dict[str, Any] = {}
        entries = iter(kept)
        for saved in d.saves:
            values[saved.name] = widened(next(entries))
            if saved.kind in ("input", "out"):
                next(entries), next(entries)  # storage and version
        wide = [widened(part) for part in g] if isinstance(g, list) else widened(g)
        found = contributions(op, raw_ops_for(wide), wide, values, node.edges)
        return tuple(
            c if c is None or dtype is None else as_array(c).astype(dtype, copy=False)
            for c, dtype in zip(found, input_dtypes, strict=True)
        )

    twin.backward = backward
    return twin
