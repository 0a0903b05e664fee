"""Writing by index and by mask, in PyTorch's order of arguments: out of place, and in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.engine.worlds import lifted
from tracegrad.ops.declare import TABLE
from tracegrad.ops.getitem import check_values, key_of_tensors, reads_first
from tracegrad.ops.index import check_slices
from tracegrad.ops.inplace import apply_inplace
from tracegrad.ops.prepare import Number, converted

ops = lifted.ops
"""Every op of the table, over tensors."""


# -- x[indices] = values ---------------------------------------------------------------------------


def index_put(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """The tensor with `values` at `input[indices]`, or added there."""
    key, values = _put(input, indices, values)
    return ops.index_put(input, values, key=key, accumulate=accumulate)


def index_put_(
    self: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """In place: `values` at `self[indices]`, or added there."""
    key, values = _put(self, indices, values)
    options = {"key": key, "accumulate": accumulate}
    return apply_inplace(TABLE["index_put"], "index_put_", (self, values), options)


def _put(target: Tensor, indices: Any, values: Any) -> tuple[tuple[Any, ...], Tensor]:
    if not isinstance(values, Tensor):
        raise TypeError(
            "index_put_(): argument 'values' (position 2) must be Tensor, not "
            f"{type(values).__name__}\n  try: x[indices] = value"
        )
    key = key_of_tensors(indices, target._array)
    if values.dtype is not target.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{target.dtype} for the destination and {values.dtype} for the source."
        )
    check_values(values, target._array[key].shape)
    return key, reads_first(target, indices, values)


# -- along one dimension ---------------------------------------------------------------------------


def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """The tensor with `alpha * source` added to its slices along `dim` at the indices."""
    return ops.index_add(input, index, source, dim=dim, alpha=alpha)


def index_add_(
    self: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """In place: `alpha * source` added to the slices along `dim` at the indices."""
    options = {"dim": dim, "alpha": alpha}
    return apply_inplace(TABLE["index_add"], "index_add_", (self, index, source), options)


def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """The tensor with its slices along `dim` at the indices replaced."""
    return ops.index_copy(input, index, source, dim=dim)


def index_copy_(self: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """In place: the slices along `dim` at the indices replaced."""
    return apply_inplace(TABLE["index_copy"], "index_copy_", (self, index, source), {"dim": dim})


def index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | Number) -> Tensor:
    """The tensor with a number, or a 0-d tensor, in its slices along `dim` at the indices."""
    if not isinstance(value, Tensor):
        return ops.index_fill(input, index, dim=dim, value=value)
    return ops.index_copy(input, *_filling(input, dim, index, value), dim=dim)


def index_fill_(self: Tensor, dim: int, index: Tensor, value: Tensor | Number) -> Tensor:
    """In place: a number, or a 0-d tensor, in the slices along `dim` at the indices."""
    if not isinstance(value, Tensor):
        options = {"dim": dim, "value": value}
        return apply_inplace(TABLE["index_fill"], "index_fill_", (self, index), options)
    inputs = (self, *_filling(self, dim, index, value))
    return apply_inplace(TABLE["index_copy"], "index_fill_", inputs, {"dim": dim})


def _filling(target: Tensor, dim: int, index: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """The indices, each once, and a source that is the value everywhere."""
    if value.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s)."
        )
    shape = list(target._array.shape)
    axis = kernels.axis(dim, len(shape))
    kernels.check_fill_index(index._array, tuple(shape), dim)
    once = np.unique(index._array % (shape[axis] if shape else 1))
    if shape:
        shape[axis] = once.size
    value = ops.clone(converted(value, target.dtype))
    return Tensor._of(once), ops.expand(value, shape=tuple(shape))


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Tensor | Number | None = None, *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:  # fmt: skip
    """The tensor with `src[i][j]`, or a number, at `[index[i][j]][j]` for `dim=0`, and so on."""
    name, inputs, options = _scattered((input, index), dim, src if value is None else value, reduce)
    return TABLE[name].call(*inputs, **options)


def scatter_(
    self: Tensor, dim: int, index: Tensor, src: Tensor | Number | None = None, *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:  # fmt: skip
    """In place: `src[i][j]`, or a number, at `[index[i][j]][j]` for `dim=0`, and so on."""
    name, inputs, options = _scattered((self, index), dim, src if value is None else value, reduce)
    return apply_inplace(TABLE[name], "scatter_", inputs, options)


def _scattered(
    inputs: tuple[Tensor, Tensor], dim: int, src: Any, reduce: str | None
) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """Which op it is, with its inputs and options."""
    if src is None:
        raise TypeError("scatter() missing an argument: 'src' or 'value'")
    if reduce is None:
        if isinstance(src, Tensor):
            return "scatter", (*inputs, src), {"dim": dim}
        return "scatter_value", inputs, {"dim": dim, "value": src}
    if reduce == "add" and isinstance(src, Tensor):
        return "scatter_add", (*inputs, src), {"dim": dim}
    raise NotImplementedError(
        f"scatter with reduce={reduce!r} is not supported\n  try: scatter_add with a tensor"
    )


def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """The tensor with `src[i][j]` reduced into `[index[i][j]][j]` for `dim=0`, and so on, by sum,
    prod, mean, amax or amin.
    """
    options = {"dim": dim, "reduce": reduce, "include_self": include_self}
    return ops.scatter_reduce(input, index, src, **options)


def scatter_reduce_(
    self: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """In place: `src[i][j]` reduced into `[index[i][j]][j]` for `dim=0`, and so on."""
    options = {"dim": dim, "reduce": reduce, "include_self": include_self}
    return apply_inplace(TABLE["scatter_reduce"], "scatter_reduce_", (self, index, src), options)


def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
    include_self: bool = True,
) -> Tensor:  # fmt: skip
    """The tensor with slices of `source` reduced into its slices along `dim` at the indices, by
    prod, mean, amax or amin.
    """
    index = _for_each_element(input, dim, index, source, reduce)
    return scatter_reduce(input, dim, index, source, reduce, include_self=include_self)


def index_reduce_(
    self: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
    include_self: bool = True,
) -> Tensor:  # fmt: skip
    """In place: slices of `source` reduced into the slices along `dim` at the indices."""
    options = {"dim": dim, "reduce": reduce, "include_self": include_self}
    inputs = (self, _for_each_element(self, dim, index, source, reduce), source)
    return apply_inplace(TABLE["scatter_reduce"], "index_reduce_", inputs, options)


def _for_each_element(
    target: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str
) -> Tensor:
    """Indices of slices as indices of their elements."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got "
            f"{reduce}."
        )
    check_slices(target._array, index._array, source._array, "index_reduce", dim)
    shape = tuple(source.shape)
    axis = kernels.axis(dim, len(shape))
    along = [index.numel() if n == axis else 1 for n in range(len(shape))]
    return ops.expand(ops.reshape(index, shape=along), shape=shape)


# -- by a mask -------------------------------------------------------------------------------------


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The tensor with the elements of `source`, one after the other, where the mask is true."""
    return ops.masked_scatter(input, mask, source)


def masked_scatter_(self: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """In place: the elements of `source`, one after the other, where the mask is true."""
    return apply_inplace(TABLE["masked_scatter"], "masked_scatter_", (self, mask, source), {})


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        index_put, index_add, index_copy, index_fill, index_reduce, scatter, scatter_reduce,
        masked_scatter,
    )
}  # fmt: skip
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        index_put_, index_add_, index_copy_, index_fill_, index_reduce_, scatter_,
        scatter_reduce_, masked_scatter_,
    )
}  # fmt: skip
"""Methods only."""
