"""An op's rules as callables: over arrays as generated source, over tensors as a closure.

See `compile.py` for how the text looks, and Note [Two worlds] for why there are two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.device import is_array
from tracegrad.engine.explain import modified_error
from tracegrad.engine.saved import opened
from tracegrad.engine.worlds import lifted
from tracegrad.graph.node import Node
from tracegrad.ops.declare import Op, Rule
from tracegrad.storage import changes_since


def saved_names(op: Op) -> list[str]:
    """Variables in the order in which they stand in `node.saved`."""
    names = []
    for saved in op.declaration.saves:
        if saved.kind == "input":
            names += [f"{saved.name}_kept", f"{saved.name}_storage", f"{saved.name}_version"]
        elif saved.kind == "out":
            names += ["out_array", "out_storage", "out_version"]
        else:
            names.append(saved.name)
    return names


def backward_source(op: Op) -> Iterator[str]:
    """Rules over arrays: unpack, compare versions, one expression per input."""
    d = op.declaration
    yield f"def backward_of_{op.name}(node, g):"
    yield "    ops = raw if g.__class__ is ndarray else raw_ops_for(g)"
    names = saved_names(op)
    if names:
        yield "    saved = node.saved"
        yield "    if saved.__class__ is not tuple:"
        yield "        saved = opened(node)"
        yield f"    {', '.join(names)}, = saved"
    tracked = [s.name for s in d.saves if s.kind in ("input", "out")]
    if tracked:
        arrays = {n: "out_array" if n == "out" else f"{n}_kept" for n in tracked}
        stale = " or ".join(
            f"(id({arrays[n]}) in written if {n}_storage is None else "
            f"{n}_storage.version != {n}_version)"
            for n in tracked
        )
        yield f"    if {stale}:"
        yield "        raise modified_error(node, saved)"
    if d.is_list:
        yield f"    return tuple({_rule_call(op, op.inputs[0])})"
        return
    differentiable = [i for i in op.inputs if i in d.rules]
    if len(op.inputs) == 1 and differentiable:
        yield f"    return ({_rule_call(op, op.inputs[0])},)"
        return
    if differentiable:
        edges = ", ".join(f"{i}_edge" if i in d.rules else "_" for i in op.inputs)
        yield f"    {edges}, = node.edges"
    for name in d.shared:
        needed = " or ".join(f"{i}_edge is not None" for i in d.users_of(name))
        yield f"    {name} = {_rule_call(op, name)} if {needed} else None"
    yield "    return ("
    for i in op.inputs:
        if i in d.rules:
            yield f"        {_rule_call(op, i)} if {i}_edge is not None else None,"
        else:
            yield "        None,"
    yield "    )"


def _rule_call(op: Op, input: str) -> str:
    kinds = {s.name: s.kind for s in op.declaration.saves}
    spelled = {"input": "{}_kept", "out": "out_array"}
    arguments = [
        spelled.get(kinds.get(name, "shared"), "{}").format(name)
        for name in op.declaration.rule_names[input]
    ]
    return f"rule_{op.name}_{input.lstrip('*')}({', '.join(['ops', 'g', *arguments])})"


def contributions(
    op: Op, ops: Any, g: Any, values: dict[str, Any], edges: Sequence[Any]
) -> Iterable[Any]:
    """What the rules give to each input that needs it, from what a node kept by name."""
    d = op.declaration

    def result(rule: Rule, name: str) -> Any:
        return rule(ops, g, *[values[parameter] for parameter in d.rule_names[name]])

    if d.is_list:
        found: Iterable[Any] = result(d.rules[op.inputs[0]], op.inputs[0])
        return found
    needed = {i for i, edge in zip(op.inputs, edges, strict=True) if edge is not None}
    for name, rule in d.shared.items():
        if not needed.isdisjoint(d.users_of(name)):
            values[name] = result(rule, name)
    return [result(d.rules[i], i) if i in needed and i in d.rules else None for i in op.inputs]


def lifted_rules(op: Op) -> Callable[[Node, Any], tuple[Any, ...]]:
    """Rules over tensors, for `create_graph`: saved arrays become tensors again. Not a hot path."""
    d = op.declaration
    positions = {i.lstrip("*"): n for n, i in enumerate(op.inputs)}

    def lifted_backward(node: Node, g: Any, conjugate: bool = False) -> tuple[Any, ...]:
        values: dict[str, Any] = {}
        kept = node.saved if type(node.saved) is tuple else opened(node)
        if any(changes_since(*kept[n : n + 3]) for _, n in op.places):
            raise modified_error(node, kept)
        entries = iter(kept)
        for saved in d.saves:
            value = next(entries)
            if saved.kind in ("input", "out"):
                storage, _ = next(entries), next(entries)
                if is_array(value):
                    edge = node.edges[positions[saved.name]] if saved.kind == "input" else node
                    value = Tensor._from_saved(value, edge, storage)
            elif saved.kind == "aux" and (is_array(value) or isinstance(value, np.generic)):
                value = Tensor._from_saved(value, None, None)
            if conjugate and isinstance(value, Tensor) and value.is_complex():
                value = lifted.ops.conj(value)  # see Note [Gradients of complex numbers]
            values[saved.name] = value

        return tuple(contributions(op, lifted.ops, g, values, node.edges))

    lifted_backward.__qualname__ = f"lifted_backward_of_{op.name}"
    return lifted_backward
