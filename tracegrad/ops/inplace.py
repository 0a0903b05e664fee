"""The in-place form of any op: `x.mul_(y)`, `x += y`, `x[i] = v`.

As in PyTorch: check that the write is allowed, run the kernel, write, bump the version, rebase the
    history
(DESIGN, section 7). What the rules name decides what must be copied first: if a rule of a needed
gradient names the input that is overwritten, its old value is copied; a rule that names the output
keeps the tensor's own memory, at the version after this write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter_ns
from types import CodeType
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import as_array, namespace_of
from tracegrad.backend.geometry import overlaps_itself
from tracegrad.engine.refuse import check_apart, check_may_write, may_share, write_refused
from tracegrad.engine.views import make_node, rebase_history, view_node
from tracegrad.graph.cut import cut_among
from tracegrad.graph.location import caller, place
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import Edge
from tracegrad.graph.observe import hub
from tracegrad.ops.declare import TABLE, Op
from tracegrad.ops.explain import kernel_error
from tracegrad.ops.halves import node_op, run_kernel
from tracegrad.ops.prepare import Number, converted, prepare
from tracegrad.storage import preserving, storage_of

APART = frozenset({"index_add", "index_copy", "index_put", "scatter", "scatter_add"})
"""Ops that may not read, in place, anything of the tensor that they write to."""


def apply_inplace(op: Op, name: str, args: Sequence[Any], options: Mapping[str, Any]) -> Tensor:
    """Run `op` and write its result over the first argument.

    Args:
        op: what to compute.
        name: what the user called, such as `mul_`.
        args: tensors and numbers in the order of the op's inputs; the first one is written to.

    Raises:
        RuntimeError: the write is not allowed, or the result does not fit (shape, dtype).
    """
    started = perf_counter_ns()
    target = args[0]
    if not isinstance(target, Tensor):
        raise TypeError(f"{name}(): the tensor to write to is a {type(target).__name__}")
    inputs = _of_target_dtype(op, name, args)
    if inputs[0] is not target:
        # Computed in a wider dtype, as out of place, so that every gradient has its input's dtype.
        wide = op.call(*inputs, **options)
        _check_fits(target, wide._array, name)
        source = converted(wide, target.dtype)
        return apply_inplace(TABLE["copy"], name, (target, source), {"non_blocking": False})
    arrays = [t._array if isinstance(t, Tensor) else t for t in inputs]
    edges = tuple(
        edge_of(t) if i in op.declaration.rules else None
        for i, t in zip(op.inputs, inputs, strict=True)
    )
    d = op.declaration
    records = grad_enabled() and any(edge is not None for edge in edges)
    check_may_write(target, name, records, uniform=op.name == "fill")
    if not (op.name == "copy" and _reads_first(name, *arrays)):
        check_apart(target, inputs[1:], name, strictly=op.name in APART)
    if grad_enabled() and op.inputs[0] not in d.rules and target.requires_grad:
        raise write_refused(
            "no gradient",
            f"{name} has no gradient, and would cut off the history of a tensor that requires grad",
            target,
            name,
            [f"{name.rstrip('_')} out of place", f"{name} inside of no_grad()"],
        )
    in_half = target._array.itemsize == 2
    try:
        results = (
            run_kernel(op, arrays, options)
            if in_half
            else d.kernel(namespace_of(*arrays), *arrays, **options)
            if d.ufunc is None
            else getattr(np, d.ufunc)(*arrays)
        )
    except Exception as error:
        raise kernel_error(op, inputs, options, error) from None
    aux: Sequence[Any] = ()
    if d.aux:
        results, *aux = results
    result = as_array(results)
    _check_fits(target, result, name)

    code, lasti = caller()
    node = None
    if records:
        # Before the write: other operands may alias the target, and are then kept at their old
        # version.
        saved = saved_entries(op, inputs, target, options, aux, edges)
        entry = node_op(op, arrays) if in_half else op
        node = make_node(entry, edges, saved, target._array.shape, code, lasti)
        for preserver in preserving:
            preserver.keeps(node)
    observer = hub.observer
    read = observer.before_write(args) if observer is not None else None
    write(target, result, name, code, lasti)
    if node is None:
        _remember_cut(target, name, inputs)
    else:
        rebase_history(target, node)
        node = node if target._view is None else target._view.base._node
    if observer is not None:
        observer.write(name, read, options, target, node, started)
    return target


def _reads_first(name: str, target: Any, values: Any) -> bool:
    """Whether PyTorch does not mind where the values of a copy come from: they are one number, or
    expanded, and so repeat themselves.
    """
    return name == "fill_" or (name == "__setitem__" and values.shape != target.shape)


def write(target: Tensor, values: Any, name: str, code: CodeType | None, lasti: int) -> None:
    """Put values into a tensor's memory and count the write."""
    storage = storage_of(target)
    storage.about_to_write()
    namespace_of(target._array).copyto(target._array, values, casting="unsafe")
    storage.wrote(name, code, lasti, target._array.shape if target._view is not None else None)


def _remember_cut(target: Tensor, name: str, inputs: Sequence[Any]) -> None:
    """What requires no grad got numbers from what does: that is where the way back ends."""
    owner = target if target._view is None else target._view.base
    if owner._node is None and owner._cut is None:
        owner._cut = target._cut = cut_among(name, inputs[1:])


def binary_writer(op: Op, name: str) -> Callable[[Tensor, Any], Tensor]:
    """`self.mul_(other)` for an op that is one function of NumPy.

    An optimizer written by hand is made of `p -= lr * g` under `no_grad`: where no gradient is
    recorded, the function writes to the tensor's memory itself (1.4 us, `apply_inplace` takes 8.7).
    """
    assert op.declaration.ufunc is not None
    function = getattr(np, op.declaration.ufunc)

    def in_place(self: Tensor, other: Tensor | Number) -> Tensor:
        if grad_enabled() or type(other) not in (Tensor, float):
            return apply_inplace(op, name, (self, other), {})
        array = self._array
        operand: Any = other
        value: Any = other if type(other) is float else operand._array
        if array.itemsize == 2:  # see Note [Half precision]
            return apply_inplace(op, name, (self, other), {})
        # An array that has its memory for itself repeats no element: 0.02 us to find out.
        if array.base is not None and not array.flags.forc and overlaps_itself(array):
            return apply_inplace(op, name, (self, other), {})
        storage = self._storage or storage_of(self)
        if value is not other and (
            value.dtype is not array.dtype
            or ((operand._storage is storage or storage.shared) and may_share(self, other))
        ):
            return apply_inplace(op, name, (self, other), {})
        observer = hub.observer
        if observer is not None:
            started = perf_counter_ns()
            read = observer.before_write((self, other))
        if storage.recorded is not None or preserving:
            storage.about_to_write()
        try:
            function(array, value, array)
        except (TypeError, ValueError):  # raised before anything is written; the slow path explains
            return apply_inplace(op, name, (self, other), {})
        code, lasti = caller()
        storage.wrote(name, code, lasti, None if self._view is None else array.shape)
        if self._node is None:
            _remember_cut(self, name, (self, other))
        if observer is not None:
            observer.write(name, read, {}, self, None, started)
        return self

    in_place.__name__ = in_place.__qualname__ = name
    in_place.__doc__ = f"In place: {op.declaration.doc}"
    return in_place


def _of_target_dtype(op: Op, name: str, args: Sequence[Any]) -> list[Any]:
    """Inputs at their common dtype, computed from everything, as out of place; the target keeps its
    own.
    """
    own = args[0]._array.dtype
    if own.kind == "f" and all(isinstance(a, Tensor) and a._array.dtype is own for a in args):
        return list(args)  # as nearly always: 0.5 us to find out, `prepare` takes 5
    inputs = prepare(op, args)
    if op.declaration.promotes == "none" or inputs[0] is args[0]:
        return inputs
    wanted = inputs[0].dtype
    if not dtypes.can_cast(wanted, args[0].dtype):
        raise RuntimeError(
            f"result type {torch_name(wanted)} can't be cast to the desired output type "
            f"{torch_name(args[0].dtype)}\n  try: {name.rstrip('_')} out of place, "
            f"or .to({wanted!r}) before"
        )
    return inputs


def torch_name(d: dtypes.dtype) -> str:
    return dtypes.SCALAR_NAMES[d.name]


def edge_of(tensor: Any) -> Edge | None:
    """Where the gradient of an operand goes; `None` for numbers too."""
    if not isinstance(tensor, Tensor):
        return None
    return tensor._node if tensor._view is None else view_node(tensor)


def _check_fits(target: Tensor, result: Any, name: str) -> None:
    if result.shape != target._array.shape:
        raise RuntimeError(
            f"output with shape {list(target._array.shape)} doesn't match the broadcast shape "
            f"{list(result.shape)}\n  {name} cannot grow the tensor that it writes to\n"
            f"  at  {place(*caller())}"
        )


def saved_entries(
    op: Op,
    inputs: Sequence[Any],
    target: Tensor,
    options: Mapping[str, Any],
    aux: Sequence[Any],
    edges: Sequence[Edge | None],
) -> tuple[Any, ...]:
    """What the node keeps, laid out as the op's generated backward unpacks it."""
    named_aux = dict(zip(op.declaration.aux, aux, strict=True))
    entries: list[Any] = []
    for saved in op.declaration.saves:
        position = op.inputs.index(saved.source) if saved.source in op.inputs else -1
        if saved.kind == "out":
            storage = storage_of(target)
            entries += [target._array, storage, storage.version_to_keep + 1]
        elif saved.kind == "input":
            value = inputs[position]
            if not isinstance(value, Tensor):
                entries += [value, None, None]
            elif all(edges[n] is None for n in saved.needed_by):
                entries += [None, None, None]
            elif position == 0:
                # The old value, in memory of its own: nothing can change it any more.
                entries += [value._array.copy(), None, None]
            else:
                storage = storage_of(value)
                entries += [value._array, storage, storage.version_to_keep]
        elif saved.kind == "shape":
            entries.append(getattr(inputs[position], "shape", ()))
        else:
            entries.append(named_aux[saved.name] if saved.kind == "aux" else options[saved.name])
    return tuple(entries)
