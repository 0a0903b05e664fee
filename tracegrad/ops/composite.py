"""Functions made of ops that need no node of their own: shapes, dtypes, comparing, overwriting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.backend.device import namespace_of
from tracegrad.engine.worlds import lifted
from tracegrad.ops.create import made
from tracegrad.ops.declare import TABLE
from tracegrad.ops.inplace import apply_inplace
from tracegrad.ops.prepare import NUMBERS, Number, converted

ops = lifted.ops
"""Every op of the table, over tensors."""


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


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive views along `dim`: of a size (the last may be smaller), or of the given sizes."""
    if isinstance(split_size_or_sections, int):
        size = tensor._array.shape[kernels.axis(dim, tensor.ndim)]
        step = split_size_or_sections
        if step <= 0:
            raise RuntimeError(
                f"split expects split_size be non-negative, but got split_size={step}"
            )
        sections = [min(step, size - start) for start in range(0, max(size, 1), step)]
    else:
        sections = [int(n) for n in split_size_or_sections]
    return ops.split_sections(tensor, sections=tuple(sections), dim=dim)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` consecutive views along `dim`, equal but for the last."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    size = input._array.shape[kernels.axis(dim, input.ndim)]
    return split(input, max(1, -(-size // chunks)), dim)


# -- comparing tensors -----------------------------------------------------------------------------


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether all elements differ by at most `atol + rtol * |other|`."""
    return bool(
        namespace_of(input._array).allclose(input._array, other._array, rtol, atol, equal_nan)
    )


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements."""
    return bool(namespace_of(input._array).array_equal(input._array, other._array))


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Indices of the elements that are not 0, one row each."""
    rows = namespace_of(input._array).argwhere(input._array)
    if as_tuple:
        return tuple(made("nonzero", column.copy()) for column in rows.T)
    return made("nonzero", rows)


# -- overwriting -----------------------------------------------------------------------------------


def copy_(self: Tensor, src: Tensor | Number, non_blocking: bool = False) -> Tensor:
    """Overwrite this tensor with another's elements, or a number, broadcast and converted."""
    if isinstance(src, NUMBERS):
        src = Tensor._of(kernels.scalar(namespace_of(self._array), src, self._array.dtype))
    if not isinstance(src, Tensor):
        raise TypeError(
            f"copy_(): argument 'src' (position 1) must be Tensor, not {type(src).__name__}"
        )
    source = src.to(dtype=self.dtype, device=self.device)
    return apply_inplace(TABLE["copy"], "copy_", (self, source), {"non_blocking": non_blocking})


def fill_(self: Tensor, value: Tensor | Number) -> Tensor:
    """Overwrite every element with a number, or with that of a 0-d tensor."""
    if not isinstance(value, Tensor):
        return apply_inplace(TABLE["fill"], "fill_", (self,), {"value": value})
    if value.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} "
            "dimensions.\n  try: copy_"
        )
    source = converted(value, self.dtype)
    return apply_inplace(TABLE["copy"], "fill_", (self, source), {"non_blocking": False})


def zero_(self: Tensor) -> Tensor:
    """Overwrite every element with 0."""
    return apply_inplace(TABLE["fill"], "zero_", (self,), {"value": 0})


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (reshape, flatten, split, chunk, allclose, equal, nonzero)
}
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        view, view_as, expand_as, copy_, fill_, zero_,
    )
}  # fmt: skip
"""Methods only."""
