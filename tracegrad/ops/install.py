"""From the table to the library: compile the ops, fill both worlds, set methods and operators on
Tensor.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from tracegrad._methods import OpMethods
from tracegrad._tensor import Tensor
from tracegrad.engine import worlds
from tracegrad.engine.worlds import lifted, raw
from tracegrad.ops import (
    arithmetic,
    arrange,
    complex_functions,
    composite,
    contract,
    conversion,
    create,
    from_data,
    getitem,
    matrices,
    memory,
    networks,
    norms,
    ordered,
    overloads,
    picks,
    products,
    random,
    spectrogram,
    statistics,
    strided,
    writes,
)
from tracegrad.ops.compile import compile_ops
from tracegrad.ops.compile_names import takes_out
from tracegrad.ops.declare import PUBLIC_NAMES, TABLE, Op
from tracegrad.ops.inplace import apply_inplace, binary_writer
from tracegrad.ops.out import TAKES_OUT, with_out
from tracegrad.ops.prepare import Number

OPERATORS = {
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__mul__": "mul", "__rmul__": "mul",
    "__truediv__": "div", "__pow__": "pow", "__matmul__": "matmul", "__neg__": "neg",
    "__pos__": "positive",
    "__abs__": "abs", "__floordiv__": "floor_divide", "__mod__": "remainder", "__eq__": "eq",
    "__ne__": "ne",
    "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge", "__invert__": "bitwise_not",
    "__and__": "bitwise_and", "__or__": "bitwise_or", "__xor__": "bitwise_xor",
    "__rand__": "bitwise_and",
    "__ror__": "bitwise_or", "__rxor__": "bitwise_xor",
    "__lshift__": "bitwise_left_shift", "__rshift__": "bitwise_right_shift",
}  # fmt: skip
"""Operators that are an op with the operands in their order (or that commute)."""

REFLECTED = {
    "__rsub__": "sub", "__rtruediv__": "div", "__rpow__": "pow", "__rmatmul__": "matmul",
    "__rfloordiv__": "floor_divide", "__rmod__": "remainder",
    "__rlshift__": "bitwise_left_shift", "__rrshift__": "bitwise_right_shift",
}  # fmt: skip

INPLACE_OPERATORS = {
    "__iadd__": "add", "__isub__": "sub", "__imul__": "mul", "__itruediv__": "div",
    "__ipow__": "pow",
    "__iand__": "bitwise_and", "__ior__": "bitwise_or", "__ixor__": "bitwise_xor",
    "__ifloordiv__": "floor_divide", "__imod__": "remainder",
    "__ilshift__": "bitwise_left_shift", "__irshift__": "bitwise_right_shift",
}  # fmt: skip

ALIASES = {
    "absolute": "abs", "negative": "neg", "multiply": "mul", "true_divide": "div", "divide": "div",
    "subtract": "sub", "swapaxes": "transpose", "swapdims": "transpose", "concat": "cat",
    "concatenate": "cat", "greater": "gt", "less": "lt", "not_equal": "ne", "greater_equal": "ge",
    "less_equal": "le", "clip": "clamp", "arctan2": "atan2", "ger": "outer",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "fix": "trunc",
}  # fmt: skip
"""PyTorch's other names for the same function."""

FAMILIES = (
    composite, conversion, memory, overloads, strided, writes, complex_functions, arithmetic,
    arrange, contract, ordered, picks, products, statistics, norms, matrices,
    networks, spectrogram,
)  # fmt: skip
"""Files of functions that are no ops, or call one in another way. Later ones win."""

MAKERS = (from_data, create, random)
"""Files of functions that make tensors, and are no methods."""

METHODS_ONLY = {"expand", "repeat", "sum_to_size", "view", "unfold"}
"""Ops that PyTorch has as methods and not as functions."""

INPLACE_FUNCTIONS = (
    "abs", "acos", "acosh", "addmv", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh",
    "asin", "asinh", "atan", "atanh", "ceil", "clamp", "clamp_max", "clamp_min", "clip", "cos",
    "cosh", "deg2rad", "erf", "erfc", "exp", "exp2", "expm1", "fill", "fix", "floor", "frac", "gcd",
    "i0", "index_put", "lcm", "ldexp", "log", "log10", "log1p", "log2", "logit", "nan_to_num",
    "neg", "negative", "rad2deg", "reciprocal", "relu", "resize_as", "round", "rsqrt", "sigmoid",
    "sin", "sinc", "sinh", "sqrt", "square", "tan", "tanh", "trunc", "xlogy", "zero",
)  # fmt: skip
"""Ops whose in-place form PyTorch has as a function too: `torch.relu_(x)`."""

functions: dict[str, Callable[..., Any]] = {}
"""Every public function by name; `tracegrad/__init__.py` names those that the package exports."""


def install() -> None:
    """Make everything that follows from the table. Called once, when `tracegrad.ops` is
    imported.
    """
    compile_ops(TABLE.values())
    for op in TABLE.values():
        setattr(lifted.ops, op.name, op.call)
        if op.declaration.public and op.name not in METHODS_ONLY:
            functions[op.name] = op.call
    worlds.make_raw_ops = _raw_ops
    vars(raw.ops).update(vars(_raw_ops(np)))
    lifted.ops.reshape = composite.reshape
    lifted.ops.zeros_like = create.zeros_like
    lifted.sum_to = lambda g, shape: lifted.ops.sum_to_size(g, shape=shape)
    for family in (*MAKERS, *FAMILIES):
        functions.update(family.FUNCTIONS)
        functions.update(getattr(family, "FUNCTIONS_ONLY", {}))
    for name in TAKES_OUT & functions.keys():
        if not (name in TABLE and functions[name] is TABLE[name].call and takes_out(TABLE[name])):
            functions[name] = with_out(name, functions[name])
    functions.update({alias: functions[name] for alias, name in ALIASES.items()})
    _install_methods()
    for name in INPLACE_FUNCTIONS:
        functions[name + "_"] = getattr(OpMethods, name + "_")
    _install_operators()


def _raw_ops(xp: Any) -> SimpleNamespace:
    """Every op over arrays of one namespace."""
    ops = SimpleNamespace(**{op.name: _raw(op, xp) for op in TABLE.values()})
    ops.reshape = lambda x, *, shape: x.reshape(shape)
    return ops


def _raw(op: Op, xp: Any) -> Callable[..., Any]:
    """The op over arrays: its kernel with the namespace filled in, without side results."""
    d = op.declaration
    if d.ufunc is not None:
        return getattr(xp, d.ufunc)
    if d.is_list:
        return lambda arrays, **options: d.kernel(xp, *arrays, **options)
    if not d.aux:
        return partial(d.kernel, xp)
    kept = op.outputs

    def without_aux(*arrays: Any, **options: Any) -> Any:
        results = d.kernel(xp, *arrays, **options)
        return results[0] if kept == 1 else results[:kept]

    return without_aux


def _install_methods() -> None:
    for op in TABLE.values():
        if op.declaration.method:
            setattr(OpMethods, op.name, op.call)
        if op.declaration.inplace:
            setattr(OpMethods, op.name + "_", inplace_form(op))
    for family in FAMILIES:
        for name, function in (family.FUNCTIONS | family.METHODS).items():
            setattr(OpMethods, name, function)
    for name, function in random.METHODS.items():
        setattr(OpMethods, name, function)
    for name in ("add", "sub"):
        setattr(OpMethods, name + "_", _with_alpha(TABLE[name]))
    for alias, name in ALIASES.items():
        for ending in ("", "_"):
            if hasattr(OpMethods, name + ending):
                setattr(OpMethods, alias + ending, getattr(OpMethods, name + ending))
    transposed = property(
        lambda self: TABLE["transpose"].call(self, -2, -1), doc="The last two dimensions exchanged."
    )
    setattr(OpMethods, "mT", transposed)
    setattr(OpMethods, "T", property(_reversed, doc="All dimensions in reverse order."))
    for name in ("zeros", "ones", "empty", "full", "tensor"):
        setattr(OpMethods, f"new_{name}", _new_like(name))


def _reversed(self: Tensor) -> Tensor:
    return TABLE["permute"].call(self, dims=tuple(range(self.ndim))[::-1])


def _new_like(name: str) -> Callable[..., Tensor]:
    make = functions[name]

    def new(self: Tensor, *args: Any, **options: Any) -> Tensor:
        options.setdefault("dtype", self.dtype)
        options.setdefault("device", self.device)
        return make(*args, **options)

    new.__name__ = f"new_{name}"
    new.__doc__ = f"As `{name}`, with this tensor's dtype."
    return new


def inplace_form(op: Op) -> Callable[..., Tensor]:
    """`mul_` from `mul`: the same arguments, the result written over the first."""
    name = op.name + "_"
    inputs = [PUBLIC_NAMES.get(i, i) for i in op.inputs]
    defaults = op.declaration.options
    if op.declaration.ufunc is not None and len(inputs) == 2 and not defaults:
        return binary_writer(op, name)

    def inplace(self: Tensor, *args: Any, **options: Any) -> Tensor:
        names = [*inputs[1:], *defaults]
        given = dict(zip(names, args, strict=False)) | options
        unknown = set(given) - set(names)
        if unknown or len(args) > len(names):
            raise TypeError(
                f"{name}() got unexpected arguments: {sorted(unknown) or args[len(names) :]}"
            )
        required = [o for o, default in defaults.items() if default is inspect.Parameter.empty]
        missing = [n for n in [*inputs[1:], *required] if n not in given]
        if missing:
            raise TypeError(f"{name}() missing required arguments: {', '.join(missing)}")
        tensors = [self, *(given.pop(i) for i in inputs[1:])]
        return apply_inplace(op, name, tensors, {**defaults, **given})

    inplace.__name__ = name
    inplace.__doc__ = f"In place: {op.declaration.doc}"
    return inplace


def _with_alpha(op: Op) -> Callable[..., Tensor]:
    """`add_(other, alpha=...)`."""
    name = op.name + "_"
    write = binary_writer(op, name)

    def inplace(self: Tensor, other: Tensor | Number, *, alpha: float = 1) -> Tensor:
        return write(self, other if alpha == 1 else other * alpha)

    inplace.__name__ = name
    inplace.__doc__ = f"In place: {op.declaration.doc}"
    return inplace


def _install_operators() -> None:
    for dunder, name in OPERATORS.items():
        setattr(OpMethods, dunder, TABLE[name].operator)
    for dunder, name in REFLECTED.items():
        setattr(OpMethods, dunder, _reflected(TABLE[name]))
    for dunder, name in INPLACE_OPERATORS.items():
        setattr(OpMethods, dunder, _augmented(TABLE[name]))
    setattr(OpMethods, "__getitem__", getitem.getitem)
    setattr(OpMethods, "__setitem__", getitem.setitem)


def _reflected(op: Op) -> Callable[[Any, Any], Any]:
    call = op.operator

    def reflected(self: Tensor, other: Any) -> Any:
        return call(other, self)

    return reflected


def _augmented(op: Op) -> Callable[[Tensor, Any], Tensor]:
    name = op.name + "_"
    if op.declaration.ufunc is not None and len(op.inputs) == 2:
        return binary_writer(op, name)

    def augmented(self: Tensor, other: Any) -> Tensor:
        return apply_inplace(op, name, (self, other), op.declaration.options)

    return augmented
