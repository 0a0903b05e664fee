"""Functions that are made of ops: PyTorch's overloads, and what needs no node of its own."""

from __future__ import annotations

import builtins  # this file defines max, min, sort of its own
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels, random
from tracegrad.backend.device import Device, as_device
from tracegrad.engine.worlds import lifted
from tracegrad.ops.create import made
from tracegrad.ops.declare import TABLE
from tracegrad.ops.inplace import apply_inplace

ops = lifted.ops
"""Every op of the table, over tensors."""


class ValuesAndIndices(NamedTuple):
    """What `max(dim)` and its like return."""

    values: Tensor
    indices: Tensor


# -- sums with coefficients ------------------------------------------------------------------------


def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """`input + alpha * other`."""
    return TABLE["add"].call(input, other if alpha == 1 else ops.mul(other, alpha))


def sub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """`input - alpha * other`."""
    return TABLE["sub"].call(input, other if alpha == 1 else ops.mul(other, alpha))


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
    if rounding_mode is None:
        return TABLE["div"].call(input, other)
    if rounding_mode == "floor":
        return ops.floor_divide(input, other)
    if rounding_mode == "trunc":
        return ops.trunc(TABLE["div"].call(input, other))
    raise RuntimeError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
        f"'{rounding_mode}'"
    )


def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """`beta * input + alpha * (mat1 @ mat2)`."""
    return add(input if beta == 1 else input * beta, ops.mm(mat1, mat2), alpha=alpha)


# -- shapes ----------------------------------------------------------------------------------------


def _given(args: tuple[Any, ...], named: Any) -> tuple[int, ...]:
    """Sizes given as numbers, as one sequence, or by name."""
    if named is not None:
        args = (named,)
    return tuple(args[0]) if len(args) == 1 and not isinstance(args[0], int) else args


def reshape(input: Tensor, *args: Any, shape: Any = None) -> Tensor:
    """The same elements under another shape: a view if possible, else a copy."""
    sizes = _given(args, shape)
    array = input._array
    if array.flags.c_contiguous:
        return ops.view(input, shape=sizes)
    try:
        return ops.view(input, shape=sizes)
    except RuntimeError as error:
        if "view size is not compatible" not in str(error):
            raise
        return ops.reshape_copy(input, shape=sizes)


def view(input: Tensor, *args: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """The same elements in the same order under another shape, without copying.

    Raises:
        RuntimeError: the shape does not fit, or the strides allow no such view.
    """
    if args and isinstance(args[0], dtypes.dtype):
        raise NotImplementedError("view(dtype) is not supported\n  try: .to(dtype)")
    return ops.view(input, shape=_given(args, size))


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view with the shape of another tensor."""
    return ops.view(input, shape=other.shape)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Expanded to the shape of another tensor."""
    return ops.expand(input, shape=other.shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions `start_dim` to `end_dim` as one."""
    shape = input._array.shape
    if not shape:
        return reshape(input, (1,))
    start, end = kernels.axis(start_dim, len(shape)), kernels.axis(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end:
        return input
    return reshape(
        input,
        (
            *shape[:start],
            -1 if 0 not in shape else _product(shape[start : end + 1]),
            *shape[end + 1 :],
        ),
    )


def _product(sizes: tuple[int, ...]) -> int:
    total = 1
    for n in sizes:
        total *= n
    return total


def contiguous(input: Tensor) -> Tensor:
    """The tensor itself if its elements lie in row-major order, else such a copy."""
    return input if input.is_contiguous() else ops.clone(input)


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive views along `dim`: of a size (the last may be smaller), or of the given sizes."""
    if isinstance(split_size_or_sections, int):
        size = tensor._array.shape[kernels.axis(dim, tensor.ndim)]
        step = split_size_or_sections
        if step <= 0:
            raise RuntimeError(
                f"split expects split_size be non-negative, but got split_size={step}"
            )
        sections = [
            builtins.min(step, size - start) for start in range(0, builtins.max(size, 1), step)
        ]
    else:
        sections = [int(n) for n in split_size_or_sections]
    return ops.split_sections(tensor, sections=tuple(sections), dim=dim)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` consecutive views along `dim`, equal but for the last."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    size = input._array.shape[kernels.axis(dim, input.ndim)]
    return split(input, builtins.max(1, -(-size // chunks)), dim)


# -- dtype and device ------------------------------------------------------------------------------


def to(
    input: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    copy: bool = False,
    non_blocking: bool = False,
) -> Tensor:
    """The tensor with another dtype or on another device; itself when nothing changes."""
    for arg in args:
        if isinstance(arg, Tensor):
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, str | Device):
            device = arg
        elif isinstance(arg, bool):
            continue  # non_blocking, by position
        else:
            dtype = arg
    as_device(device)
    wanted = input.dtype if dtype is None else dtypes.as_dtype(dtype)
    if wanted is input.dtype:
        return ops.clone(input) if copy else input
    return ops.to_dtype(input, dtype=wanted)


def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor with the dtype of another."""
    return to(input, other.dtype)


def cpu(input: Tensor) -> Tensor:
    """The tensor in the CPU's memory."""
    return input


def _converter(name: str, dtype: dtypes.dtype) -> Callable[[Tensor], Tensor]:
    def convert(input: Tensor) -> Tensor:
        return to(input, dtype)

    convert.__name__ = name
    convert.__doc__ = f"The tensor as {dtype.name}."
    return convert


CONVERTERS = {
    name: _converter(name, dtype)
    for name, dtype in {
        "float": dtypes.float32, "double": dtypes.float64, "half": dtypes.float16,
        "long": dtypes.int64,
        "int": dtypes.int32, "short": dtypes.int16, "byte": dtypes.uint8, "bool": dtypes.bool_,
    }.items()
}  # fmt: skip

# -- reductions with overloads ---------------------------------------------------------------------


def _extreme(name: str, input: Tensor, dim: Any, keepdim: bool) -> Any:
    if isinstance(dim, Tensor):
        return getattr(ops, f"{name}imum")(input, dim)
    if dim is None:
        if not input.numel():
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                "Specify the reduction dim with the 'dim' argument."
            )
        return getattr(ops, f"a{name}")(input)
    return ValuesAndIndices(*getattr(ops, f"{name}_dim")(input, dim=dim, keepdim=keepdim))


def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise
    maximum.
    """
    return _extreme("max", input, dim if other is None else other, keepdim)


def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise
    minimum.
    """
    return _extreme("min", input, dim if other is None else other, keepdim)


def std(
    input: Tensor,
    dim: Any = None,
    *,
    correction: int = 1,
    unbiased: bool | None = None,
    keepdim: bool = False,
) -> Tensor:
    """The standard deviation over `dim`, dividing by the count less `correction`."""
    if unbiased is not None:
        correction = int(unbiased)
    return ops.sqrt(ops.var(input, dim=dim, correction=correction, keepdim=keepdim))


def norm(input: Tensor, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The vector norm of order `p` over `dim`: `(sum |x|^p)^(1/p)`; also `inf` and `-inf`."""
    if p in ("fro", 2, 2.0):
        return TABLE["norm2"].call(input, dim=dim, keepdim=keepdim)
    magnitudes = ops.abs(input)
    if p in (float("inf"), "inf"):
        return ops.amax(magnitudes, dim=dim, keepdim=keepdim)
    if p == -float("inf"):
        return ops.amin(magnitudes, dim=dim, keepdim=keepdim)
    if p == 0:
        return (input != 0).to(input.dtype).sum(dim=dim, keepdim=keepdim)
    return ops.pow(ops.sum(ops.pow(magnitudes, p), dim=dim, keepdim=keepdim), 1 / p)


def sort(
    input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False
) -> ValuesAndIndices:
    """Values in order along `dim`, and where each came from."""
    order = ops.argsort(input, dim=dim, descending=descending, stable=stable)
    return ValuesAndIndices(ops.gather(input, order, dim=dim) if input.ndim else input, order)


def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> ValuesAndIndices:
    """The `k` largest (or smallest) elements along `dim`, and where they are."""
    size = input._array.shape[kernels.axis(dim, input.ndim)] if input.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError(f"selected index k out of range: k={k} of {size} along dim {dim}")
    values, order = sort(input, dim, descending=largest)
    return ValuesAndIndices(
        ops.narrow(values, dim=dim, start=0, length=k),
        ops.narrow(order, dim=dim, start=0, length=k),
    )


# -- along one dimension, by index -----------------------------------------------------------------


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """`out[i][j] = input[index[i][j]][j]` for `dim=0`, and so on."""
    return ops.gather(input, index, dim=dim)


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices along `dim` at the indices of a vector."""
    return ops.index_select(input, index, dim=dim)


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`input` with `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
    return ops.scatter_add(input, index, src, dim=dim)


def scatter_add_(self: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """In place: `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
    return apply_inplace(TABLE["scatter_add"], "scatter_add_", (self, index, src), {"dim": dim})


# -- comparing tensors -----------------------------------------------------------------------------


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether all elements differ by at most `atol + rtol * |other|`."""
    return bool(np.allclose(input._array, other._array, rtol, atol, equal_nan))


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements."""
    return bool(np.array_equal(input._array, other._array))


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Indices of the elements that are not 0, one row each."""
    rows = np.argwhere(input._array)
    if as_tuple:
        return tuple(made("nonzero", column.copy()) for column in rows.T)
    return made("nonzero", rows)


# -- overwriting -----------------------------------------------------------------------------------


def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Overwrite this tensor with another's elements, broadcast and converted."""
    if not isinstance(src, Tensor):
        raise TypeError(
            f"copy_(): argument 'src' (position 1) must be Tensor, not {type(src).__name__}"
        )
    if src.dtype is not self.dtype:
        src = ops.to_dtype(src, dtype=self.dtype)
    return apply_inplace(TABLE["copy"], "copy_", (self, src), {"non_blocking": non_blocking})


def fill_(self: Tensor, value: Any) -> Tensor:
    """Overwrite every element with a number."""
    number = value.item() if isinstance(value, Tensor) else value
    return apply_inplace(TABLE["fill"], "fill_", (self,), {"value": number})


def zero_(self: Tensor) -> Tensor:
    """Overwrite every element with 0."""
    return apply_inplace(TABLE["fill"], "zero_", (self,), {"value": 0})


def _drawn(name: str, self: Tensor, numbers: Any) -> Tensor:
    source = Tensor._of(np.asarray(numbers).astype(self._array.dtype, copy=False))
    return apply_inplace(TABLE["copy"], name, (self, source), {"non_blocking": False})


def normal_(
    self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: random.Generator | None = None
) -> Tensor:
    """Overwrite every element with a normal random number."""
    return _drawn("normal_", self, random.bits(generator).normal(mean, std, self._array.shape))


def uniform_(
    self: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: random.Generator | None = None
) -> Tensor:
    """Overwrite every element with a random number, uniform in [from, to)."""
    return _drawn("uniform_", self, random.bits(generator).uniform(from_, to, self._array.shape))


# -- data on its way out ---------------------------------------------------------------------------


def data_ptr(self: Tensor) -> int:
    """Address of the first element in memory."""
    return int(self._array.__array_interface__["data"][0])


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        add, sub, div, addmm, reshape, flatten, split, chunk, max, min, std, norm, sort, topk,
        allclose, equal,
        nonzero, gather, index_select, scatter_add,
    )
}  # fmt: skip
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        scatter_add_, view, view_as, expand_as, contiguous, to, type_as, cpu, copy_, fill_, zero_, normal_,
        uniform_, data_ptr,
    )
} | CONVERTERS  # fmt: skip
"""Methods only."""
