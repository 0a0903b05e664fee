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

import inspect
import linecache
import sys
from collections.abc import Iterable, Iterator
from time import perf_counter_ns
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.engine.explain import modified_error
from tracegrad.engine.saved import opened
from tracegrad.engine.views import View, view_node
from tracegrad.engine.worlds import raw
from tracegrad.graph.cut import cut_among, cut_by
from tracegrad.graph.location import inside_library
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import Node, Output, next_order
from tracegrad.graph.observe import hub
from tracegrad.ops.compile_backward import backward_source, lifted_rules, saved_names
from tracegrad.ops.declare import PUBLIC_NAMES, Op, Saved
from tracegrad.ops.explain import kernel_error
from tracegrad.ops.prepare import NEVER_PROMOTED, operands, prepare
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
    "kernel_error": kernel_error, "ndarray": np.ndarray, "as_array": np.asarray, "numpy": np,
    "getframe": sys._getframe, "inside": inside_library, "next_order": next_order,
    "new_storage": new_storage, "written": written, "raw": raw.ops,
    "modified_error": modified_error, "opened": opened, "UNSET": UNSET,
    "cut_by": cut_by, "cut_among": cut_among,
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
        text += [*_forward(op, op.name), "", "", *backward_source(op), "", ""]
        if len(op.inputs) == 2 and not op.declaration.options and op.declaration.public:
            text += [*_forward(op, f"{op.name}_operator"), "", ""]
        _bind(op)
    source = "\n".join(text)
    linecache.cache[FILE] = (len(source), None, [line + "\n" for line in text], FILE)
    exec(compile(source, FILE, "exec"), NAMESPACE)  # our own text: no input from outside gets in
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


def _forward(op: Op, name: str) -> Iterator[str]:
    """The public function, or the one behind an operator: it answers strangers differently."""
    d = op.declaration
    yield f"def {name}({_parameters(op)}):"
    yield "    observer = hub.observer"
    yield "    started = clock() if observer is not None else 0"
    if d.variadic is not None:
        yield f"    if {d.variadic} is UNSET:"
        yield "        is_tuple = len(args) == 1 and type(args[0]) is not int"
        yield f"        {d.variadic} = args[0] if is_tuple else args"
    if "dtype" in d.options and d.options["dtype"] is None:
        others = "".join(f", {o}={o}" for o in d.options if o != "dtype")
        yield "    if dtype is not None:"
        yield f"        return {op.name}(input.to(dtype){others})"
    yield from _unpack(
        op, f"operands(op_{op.name}, {_inputs_text(op)})" if name != op.name else None
    )
    yield from _call_kernel(op)
    yield from _wrap_outputs(op)
    if d.rules:
        yield from _make_node(op)
    else:
        yield "    node = None"
        yield from _no_node(op, "    ", f"cut_among({op.name!r}, {_inputs_text(op)})")
    outs = "outs" if op.outputs == 0 else "(" + "".join(f"{o}, " for o in _outputs(op)) + ")"
    yield "    if observer is not None:"
    yield (
        f"        observer.forward({op.name!r}, {_inputs_text(op)}, {_options_text(op)}, {outs}, "
        "node, started)"
    )
    yield "    return " + ("out" if op.outputs == 1 else "tuple(outs)" if op.outputs == 0 else outs)


def _unpack(op: Op, otherwise: str | None) -> Iterator[str]:
    """Arrays and edges of the inputs; anything unusual goes through `prepare` and comes back, or
    through `otherwise`.
    """
    d = op.declaration
    options = "".join(f", {o}={o}" for o in d.options)
    if d.is_list:
        name = _argument(op.inputs[0])
        yield f"    {name} = prepare(op_{op.name}, {name})"
        yield f"    {name}_array = [t._array for t in {name}]"
        if d.rules:
            edge = "t._node if t._view is None else view_node(t)"
            yield f"    edges = tuple([{edge} for t in {name}])"
        return
    if not op.inputs:
        return
    again = otherwise or f"{op.name}(*prepare(op_{op.name}, {_inputs_text(op)}){options})"
    promoted = [i for i in op.inputs if i not in NEVER_PROMOTED] if d.promotes != "none" else []
    yield "    try:"
    if len(promoted) == 2 and len(op.inputs) == 2:
        yield from _unpack_pair(op, again)
    else:
        for i in op.inputs:
            yield from _unpack_one(i, i in d.optional, i in d.rules)
        checks = [f"x_array.dtype is not {i}_array.dtype" for i in promoted if i != "x"]
        checks = [c.replace("x_array", f"{promoted[0]}_array") for c in checks]
        checks = [
            c
            for c in checks
            if not c.startswith(f"{promoted[0]}_array.dtype is not {promoted[0]}_")
        ]
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
            f"        {input}_edge = {tensor}._node if {tensor}._view is None else "
            f"view_node({tensor})"
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

    check = f"{x}_array.dtype is not {y}_array.dtype"
    if d.promotes == "float":
        check += f" or {x}_array.dtype.kind not in 'fc'"
    numbers = f"(kind := type({ty})) is not float and kind is not int and type({tx}) is not float"
    yield f"        if {numbers}:"
    yield f"            {x}_array = {tx}._array"
    yield f"            {y}_array = {ty}._array"
    yield f"            if {check}:"
    yield f"                return {again}"
    yield from edge(x, tx)
    yield from edge(y, ty)
    for keyword, this, t_this, other, t_other in (
        ("elif kind is float or kind is int:", y, ty, x, tx),
        ("else:", x, tx, y, ty),
    ):
        yield f"        {keyword}"
        yield f"            {other}_array = {t_other}._array"
        yield f"            if {other}_array.dtype.kind != 'f':"
        yield f"                return {again}"
        yield from edge(other, t_other)
        yield from number(this, t_this)


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
        f"        raise kernel_error(op_{op.name}, {_inputs_text(op)}, {_options_text(op)}, "
        "error) from None"
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
        yield "        storage = input._storage = new_storage(input._array)"
        # A view of a view that may not be written to may not be either.
        yield "    parent = input._view"
        yield "    base = input if parent is None else parent.base"
        yield "    origin = 'default' if parent is None else parent.origin"
        if op.outputs != 1:
            yield "    origin = 'several'"
        yield "    if not grad_enabled():"
        yield "        origin = 'no_grad'"
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
    yield f"        node.saved = ({''.join(name + ', ' for name in saved_names(op))})"
    first = f"{_outputs(op)[0]}_array" if op.outputs else "arrays[0]"
    yield f"        node.shape = {first}.shape"
    yield "        frame = getframe(1)"
    yield "        code = frame.f_code"
    yield "        while inside[code.co_filename]:"
    yield "            frame = frame.f_back"
    yield "            code = frame.f_code"
    yield "        node.code = code"
    yield "        node.lasti = frame.f_lasti"
    yield "        node.order = next_order()"
    yield "        node.hooks = None"
    yield from _attach(op)
    yield "    else:"
    yield "        node = None"
    yield from _no_node(op, "        ", _cut(op, condition))


def _no_node(op: Op, indent: str, cut: str) -> Iterator[str]:
    """Outputs that no gradient flows to, each with the reason if there is one."""
    outputs = _outputs(op)
    if op.outputs == 0:
        yield f"{indent}cut = {cut}"
        yield f"{indent}for out in outs:"
        yield f"{indent}    out._node = None"
        yield f"{indent}    out._cut = cut"
    elif outputs:
        yield "".join(f"{indent}{out}._node = None\n" for out in outputs).rstrip("\n")
        yield f"{indent}{' = '.join(f'{out}._cut' for out in outputs)} = {cut}"


def _cut(op: Op, condition: str) -> str:
    """Why a result has no node: the inputs' own reason; or that gradients are switched off. (Not a
    call where there is one input or a pair: 0.03 us against 0.15.)
    """
    inputs = op.inputs
    if op.declaration.is_list or len(inputs) > 2:
        return f"cut_among({op.name!r}, {_inputs_text(op)})"
    reasons = []
    for i in inputs:
        tensor = _argument(i)
        is_number = f"{i}_array is {tensor}"  # or `None`
        reasons.append(f"(None if {is_number} else {tensor}._cut)")
        if len(inputs) == 1:
            reasons = [f"{tensor}._cut"]
    differentiable = [i for i in inputs if i in op.declaration.rules]
    if len(differentiable) < len(inputs):
        return f"cut_among({op.name!r}, {_inputs_text(op)})"
    return f"cut_by({op.name!r}) if {condition} else {' or '.join(reasons)}"


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
            yield f"        if {out}._node is None:"
            yield f"            {out}._cut = cut_by({op.name!r})"


def _keep(op: Op, saved: Saved) -> Iterator[str]:
    """Lines that make the saved entry's parts, and mark them absent where no gradient needs
    them.
    """
    name, source = saved.name, saved.source
    if saved.kind == "shape":
        if op.declaration.is_list:
            yield f"{name} = [a.shape for a in {source}_array]"
        elif source in op.declaration.optional:
            yield f"{name} = None if {source}_array is None else {source}_array.shape"
        else:
            yield f"{name} = getattr({source}_array, 'shape', ())"
    elif saved.kind == "out":
        yield "out_storage = out_version = None"
    elif saved.kind == "input":
        tensor = _argument(name)
        differentiable = [i for i in op.inputs if i in op.declaration.rules]
        needed = [op.inputs[n] for n in saved.needed_by]
        everyone = set(needed) == set(differentiable)
        tests = (
            [] if everyone else ["(" + " or ".join(f"{i}_edge is not None" for i in needed) + ")"]
        )
        yield f"if {' and '.join([*tests, f'{name}_array is not {tensor}'])}:"
        yield f"    {name}_kept = {name}_array"
        yield f"    {name}_storage = {tensor}._storage"
        yield f"    {name}_version = None if {name}_storage is None else {name}_storage.version"
        yield "else:"
        # A number is kept as it is; a tensor that no gradient needs must not stay alive.
        kept = (
            f"{name}_array" if everyone else f"{name}_array if {name}_array is {tensor} else None"
        )
        yield f"    {name}_kept = {kept}"
        yield f"    {name}_storage = {name}_version = None"
