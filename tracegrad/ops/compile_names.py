"""Names in the text of generated functions: arguments, options, signatures. See `compile.py`."""

from __future__ import annotations

import inspect

from tracegrad.ops.declare import PUBLIC_NAMES, Op
from tracegrad.ops.out import TAKES_OUT


def argument(input: str) -> str:
    """The public argument for a kernel's input."""
    return PUBLIC_NAMES.get(input, input.lstrip("*"))


def inputs_text(op: Op) -> str:
    """`(input, other)`, or `tensors` for an op that takes a list."""
    if op.declaration.is_list:
        return argument(op.inputs[0])
    return "(" + "".join(argument(i) + ", " for i in op.inputs) + ")"


def options_text(op: Op) -> str:
    """`{'dim': dim}`."""
    return "{" + ", ".join(f"{o!r}: {o}" for o in op.declaration.options) + "}"


def parameters(op: Op) -> str:
    """The public signature: tensors, then options by position or name."""
    d = op.declaration
    parts = [argument(i) + ("=None" if i in d.optional else "") for i in d.inputs]
    for option, default in d.options.items():
        if option == d.variadic:
            continue
        if default is inspect.Parameter.empty:
            parts.append(option if not d.optional else f"{option}=UNSET")
        else:
            parts.append(f"{option}=default_{op.name}_{option}")
    if d.variadic is not None:
        parts += ["*args", f"{d.variadic}=UNSET"]
    elif takes_out(op):
        parts += ["*", "out=None"]
    return ", ".join(parts)


def takes_out(op: Op) -> bool:
    """Whether the op's own function has `out=`; others that have it are wrapped."""
    d = op.declaration
    return op.name in TAKES_OUT and op.outputs == 1 and d.variadic is None and d.public


def outputs_of(op: Op) -> list[str]:
    if op.outputs == 0:
        return []
    return ["out"] if op.outputs == 1 else [f"out{n}" for n in range(op.outputs)]
