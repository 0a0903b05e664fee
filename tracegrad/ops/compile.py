"""Making an op's callables out of its declaration, as Python source.

Calling an op is the hot path: kernel, node, and nothing else. A generic `apply(op, *args)` would ask the same
questions at each call (how many inputs? what is saved? for whom?) whose answers are known at
import, and that costs 0.6 us of 0.9 (measured on `add`). So, as `dataclasses` and `attrs` do, we write
the function that a careful person would write for this one op and compile it. For `mul` that is::

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
            node = new(Node); ...                  # keeps y_array only if x_edge, x_array only if y_edge
        ...

    def backward_of_mul(node, g):
        x_edge, y_edge = node.edges
        ... unpack, compare versions
        return (rule_mul_x(raw, g, y) if x_edge is not None else None, ...)

The text of each is what tracebacks, `inspect.getsource(tg.mul)` and pdb show.
"""

from __future__ import annotations

import inspect
import linecache
import sys
from collections.abc import Iterable, Iterator
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.engine.explain import freed_error, modified_error
from tracegrad.engine.views import View, view_node
from tracegrad.engine.worlds import lifted, raw
from tracegrad.graph.location import inside_library
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import Freed, Node, Output, next_order
from tracegrad.graph.observe import hub
from tracegrad.ops.declare import PUBLIC_NAMES, Op, Saved
from tracegrad.ops.explain import kernel_error
from tracegrad.ops.prepare import NEVER_PROMOTED, prepare
from tracegrad.storage import new_storage

FILE = "<tracegrad ops>"


class _Unset:
    """Default of an option that has none of its own."""

    def __repr__(self) -> str:
        return "<unset>"


UNSET = _Unset()

NAMESPACE: dict[str, Any] = {
    "hub": hub, "clock": perf_counter_ns, "prepare": prepare, "view_node": view_node, "new": object.__new__,
    "Tensor": Tensor, "Node": Node, "Output": Output, "View": View, "grad_enabled": grad_enabled,
    "kernel_error": kernel_error, "ndarray": np.ndarray, "as_array": np.asarray, "numpy": np,
    "getframe": sys._getframe, "inside": inside_library, "next_order": next_order,
    "new_storage": new_storage, "raw": raw.ops, "modified_error": modified_error,
    "freed_error": freed_error, "Freed": Freed, "UNSET": UNSET, "__name__": "tracegrad.ops",
}  # fmt: skip
"""Globals of the generated functions. Ops go in by their own names, which may be those of builtins."""


def compile_ops(ops: Iterable[Op]) -> None:
    """Give each op its `call`, `backward` and `lifted_backward`."""
    ops = list(ops)
    text: list[str] = []
    for op in ops:
        text += [*_forward(op), "", "", *_backward(op), "", ""]
        _bind(op)
    source = "\n".join(text)
    linecache.cache[FILE] = (len(source), None, [line + "\n" for line in text], FILE)
    exec(compile(source, FILE, "exec"), NAMESPACE)  # our own text: no input from outside gets in
    for op in ops:
        op.call = NAMESPACE[op.name]
        op.call.__doc__ = op.declaration.doc
        op.call.__module__ = "tracegrad"
        op.backward = NAMESPACE[f"backward_of_{op.name}"]
        op.lifted_backward = _lifted_backward(op)


def _bind(op: Op) -> None:
    """Put what the op's functions refer to among their globals."""
    d = op.declaration
    NAMESPACE[f"op_{op.name}"] = op
    NAMESPACE[f"kernel_{op.name}"] = d.kernel
    if d.ufunc is not None:
        NAMESPACE[f"ufunc_{op.name}"] = getattr(np, d.ufunc)
    for input, rule in d.rules.items():
        NAMESPACE[f"rule_{op.name}_{input.lstrip('*')}"] = rule


# -- names in the generated text -------------------------------------------------------------------


def _argument(input: str) -> str:
    """The public argument for a kernel's input."""
    return PUBLIC_NAMES.get(input, input.lstrip("*"))


def _inputs_text(op: Op) -> str:
    """`(input, other)`, or `tensors` for an op that takes a list."""
    if op.declaration.is_list:
        return _argument(op.inputs[0])
    return "(" + "".join(_argument(i) + ", " for i in op.inputs) + ")"


def _options_text(op: Op) -> str:
    """`{'dim': dim}`."""
    return "{" + ", ".join(f"{o!r}: {o}" for o in op.declaration.options) + "}"


def _parameters(op: Op) -> str:
    """The public signature: tensors, then options by position or name."""
    d = op.declaration
    parts = [_argument(i) + ("=None" if i in d.optional else "") for i in d.inputs]
    for option, default in d.options.items():
        if option == d.variadic:
            continue
        if default is inspect.Parameter.empty:
            parts.append(option if not d.optional else f"{option}=UNSET")
        else:
            NAMESPACE[f"default_{op.name}_{option}"] = default
            parts.append(f"{option}=default_{op.name}_{option}")
    if d.variadic is not None:
        parts += ["*args", f"{d.variadic}=UNSET"]
    return ", ".join(parts)


# -- forward ---------------------------------------------------------------------------------------


def _forward(op: Op) -> Iterator[str]:
    d = op.declaration
    yield f"def {op.name}({_parameters(op)}):"
    yield "    observer = hub.observer"
    yield "    started = clock() if observer is not None else 0"
    if d.variadic is not None:
        yield f"    if {d.variadic} is UNSET:"
        yield "        is_tuple = len(args) == 1 and type(args[0]) is not int"
        yield f"        {d.variadic} = args[0] if is_tuple else args"
    yield from _unpack(op)
    yield from _call_kernel(op)
    yield from _wrap_outputs(op)
    if d.rules:
        yield from _make_node(op)
    else:
        yield "    node = None"
        yield from (f"    {out}._node = None" for out in _outputs(op))
    outs = "outs" if op.outputs == 0 else "(" + "".join(f"{o}, " for o in _outputs(op)) + ")"
    yield "    if observer is not None:"
    yield (
        f"        observer.forward({op.name!r}, {_inputs_text(op)}, {_options_text(op)}, {outs}, "
        "node, started)"
    )
    yield "    return " + ("out" if op.outputs == 1 else "tuple(outs)" if op.outputs == 0 else outs)


def _unpack(op: Op) -> Iterator[str]:
    """Arrays and edges of the inputs; anything unusual goes through `prepare` and comes back."""
    d = op.declaration
    options = "".join(f", {o}={o}" for o in d.options)
    if d.is_list:
        name = _argument(op.inputs[0])
        yield f"    {name} = prepare(op_{op.name}, {name})"
        yield f"    {name}_array = [t._array for t in {name}]"
        if d.rules:
            yield f"    edges = tuple([t._node if t._view is None else view_node(t) for t in {name}])"
        return
    if not op.inputs:
        return
    again = f"{op.name}(*prepare(op_{op.name}, {_inputs_text(op)}){options})"
    promoted = [i for i in op.inputs if i not in NEVER_PROMOTED] if d.promotes != "none" else []
    yield "    try:"
    if len(promoted) == 2 and len(op.inputs) == 2:
        yield from _unpack_pair(op, again)
    else:
        for i in op.inputs:
            yield from _unpack_one(i, i in d.optional, i in d.rules)
        checks = [f"x_array.dtype is not {i}_array.dtype" for i in promoted if i != "x"]
        checks = [c.replace("x_array", f"{promoted[0]}_array") for c in checks]
        checks = [c for c in checks if not c.startswith(f"{promoted[0]}_array.dtype is not {promoted[0]}_")]
        if d.promotes == "float":
            checks.append(f"{promoted[0]}_array.dtype.kind not in 'fc'")
        if checks:
            yield f"        if {' or '.join(checks)}:"
            yield f"            return {again}"
    yield "    except AttributeError:"
    yield f"        return {again}"


def _unpack_one(input: str, optional: bool, differentiable: bool) -> Iterator[str]:
    tensor = _argument(input)
    if optional:
        yield f"        {input}_array = None if {tensor} is None else {tensor}._array"
        if differentiable:
            yield f"        {input}_edge = (None if {tensor} is None else {tensor}._node"
            yield f"            if {tensor}._view is None else view_node({tensor}))"
        return
    yield f"        {input}_array = {tensor}._array"
    if differentiable:
        yield (
            f"        {input}_edge = {tensor}._node if {tensor}._view is None else view_node({tensor})"
        )


def _unpack_pair(op: Op, again: str) -> Iterator[str]:
    """Two tensors of one dtype, or a floating-point tensor and a Python number."""
    (x, y), d = op.inputs, op.declaration
    tx, ty = _argument(x), _argument(y)

    def edge(input: str, tensor: str) -> Iterator[str]:
        if input in d.rules:
            yield (
                f"            {input}_edge = {tensor}._node if {tensor}._view is None "
                f"else view_node({tensor})"
            )

    def number(input: str, tensor: str) -> Iterator[str]:
        yield f"            {input}_array = {tensor}"
        if input in d.rules:
            yield f"            {input}_edge = None"

    for this, t_this, other, t_other in ((y, ty, x, tx), (x, tx, y, ty)):
        yield f"        {'if' if this == y else 'elif'} (kind := type({t_this})) is float or kind is int:"
        yield f"            {other}_array = {t_other}._array"
        yield f"            if {other}_array.dtype.kind != 'f':"
        yield f"                return {again}"
        yield from edge(other, t_other)
        yield from number(this, t_this)
    yield "        else:"
    yield f"            {x}_array = {tx}._array"
    yield f"            {y}_array = {ty}._array"
    check = f"{x}_array.dtype is not {y}_array.dtype"
    if d.promotes == "float":
        check += f" or {x}_array.dtype.kind not in 'fc'"
    yield f"            if {check}:"
    yield f"                return {again}"
    yield from edge(x, tx)
    yield from edge(y, ty)


def _call_kernel(op: Op) -> Iterator[str]:
    d = op.declaration
    if d.is_list:
        arrays = [f"*{_argument(op.inputs[0])}_array"]
    else:
        arrays = [f"{i}_array" for i in op.inputs]
    options = [f"{o}={o}" for o in d.options]
    if d.ufunc is not None:
        call = f"ufunc_{op.name}({', '.join(arrays)})"
    else:
        call = f"kernel_{op.name}({', '.join(['numpy', *arrays, *options])})"
    results = [f"{o}_array" for o in _outputs(op)] if op.outputs else ["arrays"]
    yield "    try:"
    yield f"        {', '.join([*results, *d.aux])} = {call}"
    yield "    except Exception as error:"
    yield (
        f"        raise kernel_error(op_{op.name}, {_inputs_text(op)}, {_options_text(op)}, error) from None"
    )


def _outputs(op: Op) -> list[str]:
    if op.outputs == 0:
        return []
    return ["out"] if op.outputs == 1 else [f"out{n}" for n in range(op.outputs)]


def _wrap_outputs(op: Op) -> Iterator[str]:
    """Tensors for the arrays; those of a view op share their input's storage."""
    is_view = op.declaration.family == "view"
    if is_view:
        yield "    storage = input._storage"
        yield "    if storage is None:"
        yield "        storage = input._storage = new_storage()"
        yield "    base = input if input._view is None else input._view.base"
        origin = "'default'" if op.outputs == 1 else "'several'"
        yield f"    origin = {origin} if grad_enabled() else 'no_grad'"
    if op.outputs == 0:
        yield "    outs = []"
        yield "    for out_array in arrays:"
        yield from _wrap_one(op, "out", is_view, "        ")
        yield "        outs.append(out)"
    for out in _outputs(op):
        yield from _wrap_one(op, out, is_view, "    ")


def _wrap_one(op: Op, out: str, is_view: bool, indent: str) -> Iterator[str]:
    yield f"{indent}if type({out}_array) is not ndarray:"
    yield f"{indent}    {out}_array = as_array({out}_array)"
    yield f"{indent}{out} = new(Tensor)"
    yield f"{indent}{out}._array = {out}_array"
    if is_view:
        yield f"{indent}{out}._storage = storage"
        yield f"{indent}{out}._view = View(base, storage.version, origin, {op.name!r})"
    else:
        yield f"{indent}{out}._storage = None"
        yield f"{indent}{out}._view = None"
    yield f"{indent}{out}._accumulator = None"


def _make_node(op: Op) -> Iterator[str]:
    d = op.declaration
    if d.is_list:
        condition = "any_edge"
        yield "    any_edge = False"
        yield "    for edge in edges:"
        yield "        if edge is not None:"
        yield "            any_edge = True"
    else:
        condition = " or ".join(f"{i}_edge is not None" for i in op.inputs if i in d.rules)
    yield f"    if ({condition}) and grad_enabled():"
    for saved in d.saves:
        yield from ("        " + line for line in _keep(op, saved))
    yield "        node = new(Node)"
    yield f"        node.op = op_{op.name}"
    edges = "edges" if d.is_list else (
        "(" + "".join(f"{i}_edge, " if i in d.rules else "None, " for i in op.inputs) + ")"
    )  # fmt: skip
    yield f"        node.edges = {edges}"
    yield f"        node.saved = ({''.join(name + ', ' for name in _saved_names(op))})"
    first = f"{_outputs(op)[0]}_array" if op.outputs else "arrays[0]"
    yield f"        node.shape = {first}.shape"
    yield "        frame = getframe(1)"
    yield "        while inside[frame.f_code.co_filename]:"
    yield "            frame = frame.f_back"
    yield "        node.code = frame.f_code"
    yield "        node.lasti = frame.f_lasti"
    yield "        node.order = next_order()"
    yield "        node.hooks = None"
    yield from _attach(op)
    yield "    else:"
    yield "        node = None"
    if op.outputs == 0:
        yield "        for out in outs:"
        yield "            out._node = None"
    yield from (f"        {out}._node = None" for out in _outputs(op))


def _attach(op: Op) -> Iterator[str]:
    """Outputs to node: through `Output`s if there are several; integers take no gradient."""
    if op.outputs == 1:
        yield "        out._node = node"
    elif op.outputs == 0:
        yield "        for index, out in enumerate(outs):"
        yield "            out._node = Output(node, index, out._array.shape, len(outs))"
    else:
        for n, out in enumerate(_outputs(op)):
            yield f"        {out}._node = ("
            yield f"            Output(node, {n}, {out}_array.shape, {op.outputs})"
            yield f"            if {out}_array.dtype.kind in 'fc' else None)"


def _keep(op: Op, saved: Saved) -> Iterator[str]:
    """Lines that make the saved entry's parts, and mark them absent where no gradient needs them."""
    name, source = saved.name, saved.source
    if saved.kind == "shape":
        if op.declaration.is_list:
            yield f"{name} = [a.shape for a in {source}_array]"
        elif source in op.declaration.optional:
            yield f"{name} = None if {source}_array is None else {source}_array.shape"
        else:
            yield f"{name} = getattr({source}_array, 'shape', ())"
    elif saved.kind == "out":
        yield "out_storage = out._storage"
        yield "if out_storage is None:"
        yield "    out_storage = out._storage = new_storage()"
        yield "out_version = out_storage.version"
    elif saved.kind == "input":
        tensor = _argument(name)
        differentiable = [i for i in op.inputs if i in op.declaration.rules]
        needed = [op.inputs[n] for n in saved.needed_by]
        everyone = set(needed) == set(differentiable)
        tests = [] if everyone else ["(" + " or ".join(f"{i}_edge is not None" for i in needed) + ")"]
        yield f"if {' and '.join([*tests, f'{name}_array is not {tensor}'])}:"
        yield f"    {name}_kept = {name}_array"
        yield f"    {name}_storage = {tensor}._storage"
        yield f"    if {name}_storage is None:"
        yield f"        {name}_storage = {tensor}._storage = new_storage()"
        yield f"    {name}_version = {name}_storage.version"
        yield "else:"
        # A number is kept as it is; a tensor that no gradient needs must not stay alive.
        kept = f"{name}_array" if everyone else f"{name}_array if {name}_array is {tensor} else None"
        yield f"    {name}_kept = {kept}"
        yield f"    {name}_storage = {name}_version = None"


def _saved_names(op: Op) -> list[str]:
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


# -- backward --------------------------------------------------------------------------------------


def _backward(op: Op) -> Iterator[str]:
    """Rules over arrays: unpack, compare versions, one expression per input."""
    d = op.declaration
    yield f"def backward_of_{op.name}(node, g):"
    names = _saved_names(op)
    if names:
        yield "    if node.saved.__class__ is Freed:"
        yield "        raise freed_error(node)"
        yield f"    {', '.join(names)}, = node.saved"
    tracked = [s.name for s in d.saves if s.kind in ("input", "out")]
    if tracked:
        stale = " or ".join(
            f"({n}_storage is not None and {n}_storage.version != {n}_version)" for n in tracked
        )
        yield f"    if {stale}:"
        arrays = {n: "out_array" if n == "out" else f"{n}_kept" for n in tracked}
        rows = ", ".join(f"({n!r}, {arrays[n]}, {n}_storage, {n}_version)" for n in tracked)
        yield f"        raise modified_error(node, [{rows}])"
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
        spelled.get(kinds[name], "{}").format(name) for name in op.declaration.rule_names[input]
    ]
    return f"rule_{op.name}_{input.lstrip('*')}({', '.join(['raw', 'g', *arguments])})"


def _lifted_backward(op: Op) -> Any:
    """Rules over tensors, for `create_graph`: saved arrays become tensors again. Not a hot path."""
    d = op.declaration
    positions = {i.lstrip("*"): n for n, i in enumerate(op.inputs)}

    def lifted_backward(node: Node, g: Any) -> tuple[Any, ...]:
        if isinstance(node.saved, Freed):
            raise freed_error(node)
        values = SimpleNamespace()
        tracked = []
        entries = iter(node.saved)
        for saved in d.saves:
            value = next(entries)
            if saved.kind in ("input", "out"):
                storage, version = next(entries), next(entries)
                tracked.append((saved.name, value, storage, version))
                if storage is not None:
                    edge = node.edges[positions[saved.name]] if saved.kind == "input" else node
                    value = Tensor._from_saved(value, edge, storage)
            elif saved.kind == "aux" and isinstance(value, np.ndarray | np.generic):
                value = Tensor._from_saved(value, None, None)
            setattr(values, saved.name, value)
        if any(s is not None and s.version != v for _, _, s, v in tracked):
            raise modified_error(node, tracked)

        def contribution(input: str) -> Any:
            arguments = [getattr(values, name) for name in d.rule_names[input]]
            return d.rules[input](lifted.ops, g, *arguments)

        if d.is_list:
            return tuple(contribution(op.inputs[0]))
        return tuple(
            contribution(i) if i in d.rules and edge is not None else None
            for i, edge in zip(op.inputs, node.edges, strict=True)
        )

    lifted_backward.__qualname__ = f"lifted_backward_of_{op.name}"
    return lifted_backward
