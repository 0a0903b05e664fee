"""Views by strides, and changes of shape in place: `as_strided`, `x.t_()`, `x.squeeze_()`.

A change of shape in place moves no element. The tensor keeps its memory and its identity; it shows
the elements as the view would, its history gets the view's node, and its storage a version, since
what others saved of it was saved in the old shape. Views of it stay what they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter_ns
from typing import Any, NoReturn

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.geometry import (
    Layout,
    address,
    overlaps_itself,
    shows_more,
    span,
    strided,
)
from tracegrad.engine.refuse import check_may_rebase, write_refused
from tracegrad.engine.views import keep_retaining, make_node
from tracegrad.engine.worlds import lifted
from tracegrad.errors import with_details
from tracegrad.graph.location import caller
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import AccumulateGrad
from tracegrad.graph.observe import hub
from tracegrad.ops.declare import TABLE, Op
from tracegrad.ops.explain import kernel_error
from tracegrad.ops.inplace import edge_of, saved_entries
from tracegrad.ops.shape import geometry_in
from tracegrad.storage import storage_of

ops = lifted.ops
"""Every op of the table, over tensors."""

# -- by strides ------------------------------------------------------------------------------------


def as_strided(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """A view of any elements of the tensor's storage.

    Args:
        stride: elements from one index to the next along each dimension, in the storage.
        storage_offset: elements from the storage's first one to the view's; the tensor's own by
            default.

    Raises:
        RuntimeError: the view would reach out of the storage.

    Gradient:
        Added where the view shows one element several times; none for what the view shows of the
        storage and `input` does not.
    """
    return ops.as_strided(input, **_options("as_strided", input, size, stride, storage_offset))


def as_strided_(
    self: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """In place: show other elements of the tensor's storage.

    Raises:
        RuntimeError: the tensor would reach out of its storage; or it has a history and would not
            show all of its elements any more: older views, which still do, would lose their
            gradient.
    """
    options = _options("as_strided_", self, size, stride, storage_offset)
    if self._view is None and grad_enabled() and self.grad_fn is not None:
        after = strided(self._array, geometry_in(**options))
        if shows_more(self._array, after):
            raise write_refused(
                "loses elements",
                "as_strided_ would leave out elements of a tensor that has a history, and the "
                "gradient of older views that show them",
                self,
                "as_strided_",
                ["as_strided, which makes a view, instead of as_strided_"],
            )
    return reshaped(TABLE["as_strided"], "as_strided_", self, options)


def as_strided_scatter(
    input: Tensor,
    src: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
) -> Tensor:
    """A copy of the tensor with the elements that `as_strided` would show replaced.

    Raises:
        RuntimeError: the shape of `src` is not `size`, or one element would be replaced twice.
    """
    options = _options("as_strided_scatter", input, size, stride, storage_offset)
    geometry, layout = geometry_in(**options), options["layout"]
    if src._array.shape != geometry.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(geometry.shape)}"
        )
    if overlaps_itself(strided(input._array, geometry)):
        raise RuntimeError(
            "as_strided_scatter(): these strides name one element several times, and which value "
            f"it would get is undefined: size={list(size)}, stride={list(stride)}\n"
            "  try: strides that name each element once"
        )
    return ops.as_strided_scatter(input, src, geometry=geometry, layout=layout)


def offset_in_storage(self: Tensor) -> int:
    """Elements from the first one of the tensor's storage to its own first one."""
    return (address(self._array) - _storage_span(self)[0]) // self.itemsize


def _storage_span(tensor: Tensor) -> tuple[int, int]:
    """Addresses at which the tensor's storage begins and ends."""
    owner = storage_of(tensor).array
    if owner is None:  # of `.data`, whose storage does no more than count
        owner = tensor._array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
    return span(owner)


def _options(
    name: str, input: Tensor, size: Any, stride: Any, storage_offset: Any
) -> dict[str, Any]:
    """The options of the op `as_strided`.

    Raises:
        TypeError: sizes and strides are no sequences of integers.
        RuntimeError: the elements are not all in the storage.
    """
    sizes, strides = _integers(name, "size", 1, size), _integers(name, "stride", 2, stride)
    own = offset_in_storage(input)
    offset = own if storage_offset is None else storage_offset
    if not isinstance(offset, int):
        raise TypeError(
            f"{name}(): argument 'storage_offset' (position 3) must be int, not "
            f"{type(offset).__name__}"
        )
    if len(sizes) != len(strides):
        raise RuntimeError(
            f"mismatch in length of strides and shape: {len(strides)} strides {list(strides)} for "
            f"{len(sizes)} dimensions {list(sizes)}"
        )
    if min(strides, default=0) < 0:
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: "
            f"{list(strides)}\n  try: flip()"
        )
    if min(sizes, default=0) < 0:
        raise RuntimeError(f"{name}(): sizes must not be negative, got {list(sizes)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    low, high = _storage_span(input)
    last = offset + sum(s * (n - 1) for s, n in zip(strides, sizes, strict=True))
    if 0 not in sizes and (last + 1) * input.itemsize > high - low:
        _outside(sizes, strides, offset, input, high - low, last)
    return {
        "size": sizes,
        "stride": strides,
        "storage_offset": offset,
        "input_offset": own,
        "layout": Layout.of(input._array),
    }


def _integers(name: str, argument: str, position: int, given: Any) -> tuple[int, ...]:
    if isinstance(given, Sequence) and all(isinstance(n, int) for n in given):
        return tuple(given)
    raise TypeError(
        f"{name}(): argument '{argument}' (position {position}) must be tuple of ints, not "
        f"{type(given).__name__}"
    )


def _outside(
    sizes: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
    input: Tensor,
    nbytes: int,
    last: int,
) -> NoReturn:
    raise RuntimeError(
        with_details(
            f"setStorage: sizes {list(sizes)}, strides {list(strides)}, storage offset {offset}, "
            f"and itemsize {input.itemsize} requiring a storage size of "
            f"{(last + 1) * input.itemsize} are out of bounds for storage of size {nbytes}",
            [
                ("storage", f"{nbytes // input.itemsize} elements"),
                ("needed", f"element {last}, which would be the view's last"),
            ],
        )
    )


# -- shapes, in place ------------------------------------------------------------------------------


def reshaped(op: Op, name: str, tensor: Tensor, options: Mapping[str, Any]) -> Tensor:
    """Let the tensor show its elements as the view op would.

    Args:
        name: what the user called, such as `t_`.

    Raises:
        RuntimeError: a leaf that requires grad, or a view that may not be written to.
    """
    started = perf_counter_ns()
    edge = edge_of(tensor)
    records = grad_enabled() and edge is not None
    check_may_rebase(tensor, name, records)
    view = tensor._view
    if view is None and edge is not None and not records and not isinstance(edge, AccumulateGrad):
        raise write_refused(
            "shape of a history",
            f"{name} would give a new shape to a tensor whose history is that of the old one, "
            "which no_grad keeps",
            tensor,
            name,
            [f"{name} outside of no_grad()", f"{name.rstrip('_')}, which makes a view"],
        )
    try:
        array = np.asarray(op.declaration.kernel(np, tensor._array, **options))
    except Exception as error:
        raise kernel_error(op, (tensor,), options, error) from None
    observer = hub.observer
    read = observer.before_write((tensor,)) if observer is not None else None
    storage = storage_of(tensor)
    code, lasti = caller()
    node = None
    if records:
        saved = saved_entries(op, (tensor,), tensor, options, (), (edge,))
        node = make_node(op, (edge,), saved, array.shape, code, lasti)
        keep_retaining(edge, node)
        tensor._node = node
    tensor._array = array
    if tensor._accumulator is not None:
        tensor._accumulator.shape = array.shape
    storage.wrote(name, code, lasti, None if view is None else array.shape)
    if view is not None and records:
        view.version = storage.version  # its node is right; other views make theirs again
    if observer is not None:
        observer.write(name, read, options, tensor, node, started)
    return tensor


def t_(self: Tensor) -> Tensor:
    """In place: the matrix transposed; a vector as it is."""
    return reshaped(TABLE["t"], "t_", self, {})


def transpose_(self: Tensor, dim0: int, dim1: int) -> Tensor:
    """In place: two dimensions exchanged."""
    return reshaped(TABLE["transpose"], "transpose_", self, {"dim0": dim0, "dim1": dim1})


def squeeze_(self: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """In place: without dimensions of size 1, all of them or those in `dim`."""
    return reshaped(TABLE["squeeze"], "squeeze_", self, {"dim": dim})


def unsqueeze_(self: Tensor, dim: int) -> Tensor:
    """In place: with a dimension of size 1 inserted before `dim`."""
    return reshaped(TABLE["unsqueeze"], "unsqueeze_", self, {"dim": dim})


def resize_(self: Tensor, *sizes: Any, memory_format: Any = None) -> Tensor:
    """Not supported: elements would appear or disappear under the views of the tensor."""
    raise NotImplementedError(
        "resize_ is not supported: a storage never changes its size\n"
        "  try: x = x.reshape(...) for the same elements; x = tracegrad.empty(...) for others"
    )


def resize(self: Tensor, *sizes: Any) -> Tensor:
    """Not supported: PyTorch deprecates it, and it only ever changed the shape."""
    raise NotImplementedError(
        "resize is not supported: it is deprecated in PyTorch, where it only changes the shape\n"
        "  try: x.reshape(...)"
    )


def set_(self: Tensor, *source: Any) -> Tensor:
    """Not supported: a tensor stays in its storage."""
    raise NotImplementedError(
        "set_ is not supported: a tensor stays in the storage in which it was made\n"
        "  try: x = y.view_as(y) to share memory; x.copy_(y) for its values"
    )


FUNCTIONS: dict[str, Callable[..., Any]] = {f.__name__: f for f in (as_strided, as_strided_scatter)}
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (as_strided_, t_, transpose_, squeeze_, unsqueeze_, resize, resize_, set_)
} | {"storage_offset": offset_in_storage}
"""Methods only."""
