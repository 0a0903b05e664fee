"""The public function of an op as Python source. See `compile.py` for how the text looks."""

from __future__ import annotations

from collections.abc import Iterator

from tracegrad.ops.compile_backward import saved_names
from tracegrad.ops.compile_names import (
    argument,
    inputs_text,
    options_text,
    outputs_of,
    parameters,
    takes_out,
)
from tracegrad.ops.declare import REINTERPRETING, Op, Saved
from tracegrad.ops.halves import hands_over
from tracegrad.ops.prepare import NEVER_PROMOTED


def forward_source(op: Op, name: str) -> Iterator[str]:
    """The public function, or the one behind an operator: it answers strangers differently."""
    d = op.declaration
    yield f"def {name}({parameters(op)}):"
    if takes_out(op):
        again = ", ".join([_inputs_list(op), *(f"{o}={o}" for o in op.declaration.options)])
        yield "    if out is not None:"
        yield f"        return into({op.name!r}, out, [{_inputs_list(op)}], {op.name}({again}))"
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
        op, f"operands(op_{op.name}, {inputs_text(op)})" if name != op.name else None
    )
    yield from _hand_over_halves(op)
    yield from _call_kernel(op)
    yield from _wrap_outputs(op)
    if d.rules:
        yield from _make_node(op)
    else:
        yield "    node = None"
        yield from _no_node(op, "    ", _cut(op, ""))
    outs = "outs" if op.outputs == 0 else "(" + "".join(f"{o}, " for o in outputs_of(op)) + ")"
    yield "    if observer is not None:"
    yield (
        f"        observer.forward({op.name!r}, {inputs_text(op)}, {options_text(op)}, {outs}, "
        "node, started)"
    )
    yield "    return " + ("out" if op.outputs == 1 else "tuple(outs)" if op.outputs == 0 else outs)


def _inputs_list(op: Op) -> str:
    return ", ".join(argument(i) for i in op.inputs)


def _unpack(op: Op, otherwise: str | None) -> Iterator[str]:
    """Arrays and edges of the inputs; anything unusual goes through `prepare` and comes back, or
    through `otherwise`.
    """
    d = op.declaration
    options = "".join(f", {o}={o}" for o in d.options)
    if d.is_list:
        name = argument(op.inputs[0])
        yield f"    {name} = prepare(op_{op.name}, {name})"
        yield f"    {name}_array = [t._array for t in {name}]"
        if d.rules:
            edge = "t._node if t._view is None else view_node(t)"
            yield f"    edges = tuple([{edge} for t in {name}])"
        return
    if not op.inputs:
        return
    again = otherwise or f"{op.name}(*prepare(op_{op.name}, {inputs_text(op)}){options})"
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
            checks.append(f"{promoted[0]}_array.dtype.kind not in 'fcV'")
        if checks:
            yield f"        if {' or '.join(checks)}:"
            yield f"            return {again}"
    yield "    except AttributeError:"
    yield f"        return {again}"


def _unpack_one(input: str, optional: bool, differentiable: bool) -> Iterator[str]:
    tensor = argument(input)
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
    tx, ty = argument(x), argument(y)

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
        check += f" or {x}_array.dtype.kind not in 'fcV'"
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
        yield f"            if {other}_array.dtype.kind not in 'fV':"
        yield f"                return {again}"
        yield from edge(other, t_other)
        yield from number(this, t_this)


def _hand_over_halves(op: Op) -> Iterator[str]:
    """A call with half-precision tensors goes another way, see Note [Half precision].

    To NumPy, bfloat16 is of kind `V`, which is why the checks of dtypes let that through.
    """
    if not hands_over(op):
        return
    d = op.declaration
    inputs = inputs_text(op)
    if d.is_list:
        array = f"{argument(op.inputs[0])}_array[0]"
    else:
        first = next(
            (i for i in op.inputs if i not in NEVER_PROMOTED and i not in d.optional), op.inputs[0]
        )
        array = f"{first}_array"
        if d.promotes != "none" and len(op.inputs) == 2:  # either may be a number
            x, y = op.inputs
            array = f"({x}_array if {y}_array is {argument(y)} else {y}_array)"
    yield f"    if {array}.itemsize == 2 and {array}.dtype.char in 'eE':"
    yield f"        return in_single(op_{op.name}, {inputs}, {options_text(op)})"


def _call_kernel(op: Op) -> Iterator[str]:
    d = op.declaration
    if d.is_list:
        arrays = [f"*{argument(op.inputs[0])}_array"]
    else:
        arrays = [f"{i}_array" for i in op.inputs]
    options = [f"{o}={o}" for o in d.options]
    if d.ufunc is not None:
        call = f"ufunc_{op.name}({', '.join(arrays)})"
    else:
        call = f"kernel_{op.name}({', '.join([_namespace(op), *arrays, *options])})"
    results = [f"{o}_array" for o in outputs_of(op)] if op.outputs else ["arrays"]
    yield "    try:"
    yield f"        {', '.join([*results, *d.aux])} = {call}"
    yield "    except Exception as error:"
    if len(op.inputs) > 1 or d.is_list:
        again = f"together{''.join(f', {o}={o}' for o in d.options)}"
        yield f"        together = moved(op_{op.name}, {inputs_text(op)})"
        yield "        if together is not None:"
        yield f"            return {op.name}({again if d.is_list else '*' + again})"
    yield (
        f"        raise kernel_error(op_{op.name}, {inputs_text(op)}, {options_text(op)}, "
        "error) from None"
    )


def _namespace(op: Op) -> str:
    """The namespace of the inputs: one look at a class where they are NumPy's."""
    arrays = [f"{i.lstrip('*')}_array" for i in op.inputs]
    if not arrays:
        return "numpy"
    if op.declaration.is_list:
        first = f"{argument(op.inputs[0])}_array"
        return f"numpy if {first}[0].__class__ is ndarray else namespace_of(*{first})"
    return f"numpy if {arrays[0]}.__class__ is ndarray else namespace_of({', '.join(arrays)})"


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
        if op.name in REINTERPRETING:
            yield "    origin = 'dtype'"
        yield "    if not grad_enabled():"
        yield "        origin = 'no_grad'"
    if op.outputs == 0:
        yield "    outs = []"
        yield "    for out_array in arrays:"
        yield from _wrap_one(op, "out", is_view, "        ")
        yield "        outs.append(out)"
    for out in outputs_of(op):
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
    first = f"{outputs_of(op)[0]}_array" if op.outputs else "arrays[0]"
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
    outputs = outputs_of(op)
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
        return f"cut_among({op.name!r}, {inputs_text(op)})"
    reasons = []
    for i in inputs:
        tensor = argument(i)
        is_number = f"{i}_array is {tensor}"  # or `None`
        reasons.append(f"(None if {is_number} else {tensor}._cut)")
        if len(inputs) == 1:
            reasons = [f"{tensor}._cut"]
    differentiable = [i for i in inputs if i in op.declaration.rules]
    if len(differentiable) == len(inputs):
        return f"cut_by({op.name!r}) if {condition} else {' or '.join(reasons)}"
    plain = " and ".join(
        f"({i}_array is {argument(i)} or {argument(i)}._node is None)" for i in inputs
    )
    return f"{' or '.join(reasons)} if {plain} else cut_among({op.name!r}, {inputs_text(op)})"


def _attach(op: Op) -> Iterator[str]:
    """Outputs to node: through `Output`s if there are several; integers take no gradient."""
    if op.outputs == 1:
        yield "        out._node = node"
    elif op.outputs == 0:
        yield "        for index, out in enumerate(outs):"
        yield "            out._node = Output(node, index, out._array.shape, len(outs))"
    else:
        for n, out in enumerate(outputs_of(op)):
            yield f"        {out}._node = ("
            yield f"            Output(node, {n}, {out}_array.shape, {op.outputs})"
            yield f"            if {out}_array.dtype.kind in 'fcV' else None)"
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
        tensor = argument(name)
        differentiable = [i for i in op.inputs if i in op.declaration.rules]
        needed = [op.inputs[n] for n in saved.needed_by]
        everyone = set(needed) == set(differentiable)
        tests = (
            [] if everyone else ["(" + " or ".join(f"{i}_edge is not None" for i in needed) + ")"]
        )
        yield f"if {' and '.join([*tests, f'{name}_array is not {tensor}'])}:"
        yield f"    {name}_kept = {name}_array"
        yield f"    {name}_storage = {tensor}._storage"
        version = f"{name}_storage.version_to_keep"
        yield f"    {name}_version = None if {name}_storage is None else {version}"
        yield "else:"
        # A number is kept as it is; a tensor that no gradient needs must not stay alive.
        kept = (
            f"{name}_array" if everyone else f"{name}_array if {name}_array is {tensor} else None"
        )
        yield f"    {name}_kept = {kept}"
        yield f"    {name}_storage = {name}_version = None"
