"""Making an op's callables out of its declaration, as Python source.

Calling an op is the hot path: kernel, node, and nothing else. A generic `apply(op, *args)` would
ask the same questions at each call (how many inputs? what is saved? for whom?) whose answers are
known at import, and that costs 0.6 us of 0.9 (measured on `add`). So, as `dataclasses` and `attrs`
do, we write the function that a careful person would write for this one op and compile it. For
`mul` that is::

    def mul(input, other):
        observer = hub.observer
        started = clock() if observer is not None else 0
        try:
            ... x_array = input._array; y_array = other._array, if they are of one dtype
        except AttributeError:                     # lists, numbers on both sides, NumPy scalars
            return mul(*prepare(op_mul, (input, other)))
        x_edge = input._node if input._view is None else view_node(input)
        y_edge = ...
        try:
            out_array = ufunc_mul(x_array, y_array)
        except Exception as error:
            raise kernel_error(op_mul, (input, other), {}, error) from None
        out = new(Tensor); ...
        if (x_edge is not None or y_edge is not None) and grad_enabled():
            node = new(Node); ...                  # keeps y_array only if x_edge, x_array only if
            y_edge
        ...

    def backward_of_mul(node, g):
        x_edge, y_edge = node.edges
        ... unpack, compare versions
        return (rule_mul_x(raw, g, y) if x_edge is not None else None, ...)

The text of each is what tracebacks, `inspect.getsource(tg.mul)` and pdb show.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterable
from time import perf_counter_ns
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.device import as_array, namespace_of
from tracegrad.engine.explain import modified_error
from tracegrad.engine.saved import opened
from tracegrad.engine.views import View, view_node
from tracegrad.engine.worlds import raw, raw_ops_for
from tracegrad.graph.cut import cut_among, cut_by
from tracegrad.graph.location import inside_library
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import Node, Output, next_order
from tracegrad.graph.observe import hub
from tracegrad.ops.code_cache import compiled
from tracegrad.ops.compile_backward import backward_source, lifted_rules
from tracegrad.ops.compile_forward import forward_source
from tracegrad.ops.declare import Op
from tracegrad.ops.explain import kernel_error
from tracegrad.ops.halves import in_single
from tracegrad.ops.out import into
from tracegrad.ops.prepare import moved, operands, prepare
from tracegrad.storage import new_storage, written

FILE = "<tracegrad ops>"


class _Unset:
    """Default of an option that has none of its own."""

    def __repr__(self) -> str:
        return "<unset>"


UNSET = _Unset()

NAMESPACE: dict[str, Any] = {
    "hub": hub, "clock": perf_counter_ns, "prepare": prepare, "operands": operands,
    "view_node": view_node,
    "new": object.__new__,
    "Tensor": Tensor, "Node": Node, "Output": Output, "View": View, "grad_enabled": grad_enabled,
    "kernel_error": kernel_error, "ndarray": np.ndarray, "as_array": as_array, "numpy": np,
    "namespace_of": namespace_of, "raw_ops_for": raw_ops_for, "moved": moved,
    "getframe": sys._getframe, "inside": inside_library, "next_order": next_order,
    "new_storage": new_storage, "written": written, "raw": raw.ops,
    "modified_error": modified_error, "into": into, "opened": opened, "UNSET": UNSET,
    "cut_by": cut_by, "cut_among": cut_among, "in_single": in_single,
    "__name__": "tracegrad.ops",
}  # fmt: skip
"""Globals of the generated functions. Ops go in by their own names, which may be those of
builtins.
"""


def compile_ops(ops: Iterable[Op]) -> None:
    """Give each op its `call`, `backward` and `lifted_backward`."""
    ops = list(ops)
    text: list[str] = []
    for op in ops:
        text += [*forward_source(op, op.name), "", "", *backward_source(op), "", ""]
        if len(op.inputs) == 2 and not op.declaration.options and op.declaration.public:
            text += [*forward_source(op, f"{op.name}_operator"), "", ""]
        _bind(op)
    source = "\n".join(text)
    linecache.cache[FILE] = (len(source), None, [line + "\n" for line in text], FILE)
    place = os.path.join(os.path.dirname(__file__), "generated.py")
    exec(compiled(source, FILE, place), NAMESPACE)  # our own text: no input from outside gets in
    for op in ops:
        op.call = NAMESPACE[op.name]
        op.operator = NAMESPACE.get(f"{op.name}_operator", op.call)
        op.call.__doc__ = op.declaration.doc
        op.call.__module__ = "tracegrad"
        op.backward = NAMESPACE[f"backward_of_{op.name}"]
        op.lifted_backward = lifted_rules(op)


def _bind(op: Op) -> None:
    """Put what the op's functions refer to among their globals."""
    d = op.declaration
    NAMESPACE[f"op_{op.name}"] = op
    for option, default in d.options.items():
        NAMESPACE[f"default_{op.name}_{option}"] = default
    NAMESPACE[f"kernel_{op.name}"] = d.kernel
    if d.ufunc is not None:
        NAMESPACE[f"ufunc_{op.name}"] = getattr(np, d.ufunc)
    for input, rule in [*d.rules.items(), *d.shared.items()]:
        NAMESPACE[f"rule_{op.name}_{input.lstrip('*')}"] = rule
