"""Diagonals, and elements picked or replaced by index, made of other ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.engine.worlds import lifted
from tracegrad.ops.arrange import broadcast_shapes, broadcast_tensors
from tracegrad.ops.composite import nonzero
from tracegrad.ops.create import arange
from tracegrad.ops.declare import TABLE
from tracegrad.ops.inplace import apply_inplace

ops = lifted.ops
"""Every op of the table, over tensors."""

# -- diagonals -------------------------------------------------------------------------------------


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices with the last dimension on their diagonal, zeros around it."""
    if not input.ndim:
        raise RuntimeError("diag_embed(): expected at least one dimension")
    rank = input.ndim + 1
    first, second = kernels.axis(dim1, rank), kernels.axis(dim2, rank)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    size = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for dim in sorted((first, second)):
        shape.insert(dim, size)
    return ops.diagonal_backward(input, shape=tuple(shape), offset=offset, dim1=first, dim2=second)


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix; or a matrix with a vector on its diagonal."""
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    return ops.clone(ops.diagonal(input, offset=diagonal))


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with all elements on its diagonal."""
    return diag_embed(ops.reshape(input, -1), offset)


def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal."""
    if input.ndim != 2:
        raise RuntimeError("trace: expected a matrix")
    return ops.sum(ops.diagonal(input))


def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """A copy of `input` with `src` on a diagonal."""
    shown = ops.diagonal(input, offset=offset, dim1=dim1, dim2=dim2)
    return _scattered(input, src, shown, lambda x: x.diagonal(offset, dim1, dim2))


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of `input` with `src` at one index along `dim`."""
    return _scattered(input, src, input.select(dim, index), lambda x: x.select(dim, index))


def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Tensor:  # fmt: skip
    """A copy of `input` with `src` in a slice along `dim`."""
    key = (slice(None),) * kernels.axis(dim, input.ndim) + (slice(start, end, step),)
    return _scattered(input, src, input[key], lambda x: x[key])


def _scattered(
    input: Tensor, src: Tensor, shown: Tensor, view: Callable[[Tensor], Tensor]
) -> Tensor:
    if tuple(shown.shape) != tuple(src.shape):
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(shown.shape)}"
        )
    full = ops.clone(input)
    view(full).copy_(src)
    return full


def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """Resized in place to the shape of another tensor: only where it has that shape already."""
    if tuple(self.shape) == tuple(the_template.shape):
        return self
    return self.resize_(tuple(the_template.shape))


def fill_diagonal_(self: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """In place: a number on the diagonal; with `wrap` again below a tall matrix's square."""
    if self.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    sizes = set(self.shape)
    if self.ndim > 2 and len(sizes) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    rows, columns = self.shape[0], self.shape[1]
    if self.ndim > 2:
        places = arange(rows)
        self[(places,) * self.ndim] = fill_value
        return self
    block = columns + 1 if wrap else max(rows, 1)
    for start in range(0, rows, block):
        self[start : start + columns].diagonal().fill_(fill_value)
    return self


# -- picking ---------------------------------------------------------------------------------------


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is true, in one row."""
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(f"masked_select: expected BoolTensor for mask, got {mask.dtype}")
    wide, mask = broadcast_tensors(input, mask)
    return wide[mask]


def argwhere(input: Tensor) -> Tensor:
    """Indices of the elements that are not 0, one row each."""
    return nonzero(input)


def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at indices into the flattened tensor."""
    if index.dtype is not dtypes.int64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {index.dtype}")
    if not input.numel() and index.numel():
        raise IndexError("take(): tried to take from an empty tensor")
    return ops.reshape(input, -1)[index]


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """The elements at indices along `dim`; both tensors broadcast. Without `dim`, in one row."""
    if indices.dtype is not dtypes.int64:
        raise RuntimeError(
            "torch.take_along_dim(): dtype of indices should be Long but got " + str(indices.dtype)
        )
    if dim is None:
        return ops.gather(ops.reshape(input, -1), ops.reshape(indices, -1), dim=0)
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    axis = kernels.axis(dim, input.ndim)
    shapes = [[1 if n == axis else s for n, s in enumerate(t.shape)] for t in (input, indices)]
    shape = list(broadcast_shapes(*shapes))
    sizes = [
        tuple(t.shape[n] if n == axis else s for n, s in enumerate(shape)) for t in (input, indices)
    ]
    return ops.gather(ops.expand(input, sizes[0]), ops.expand(indices, sizes[1]), dim=axis)


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with elements at indices into the flattened tensor replaced, or added."""
    flat = ops.reshape(input, -1)
    put_into = flat.index_put((ops.reshape(index, -1),), ops.reshape(source, -1), accumulate)
    return ops.reshape(put_into, shape=tuple(input.shape))


def put_(self: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """In place: elements at indices into the flattened tensor replaced, or added to."""
    values = put(ops.clone(self), index, source, accumulate)
    return apply_inplace(TABLE["copy"], "put_", (self, values), {"non_blocking": False})


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Indices into a flattened tensor as one index for each dimension."""
    sizes = [shape] if isinstance(shape, int) else list(shape)
    found: list[Tensor] = []
    for size in reversed(sizes):
        found.append(ops.remainder(indices, size))
        indices = ops.floor_divide(indices, size)
    return tuple(reversed(found))


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of each element in columns, `N` of them."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.shape[0] if N is None else N
    powers = arange(count) if increasing else ops.flip(arange(count), dims=(0,))
    return ops.pow(ops.unsqueeze(x, dim=-1), powers.to(x.dtype))


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        diag_embed, diag, diagflat, trace, diagonal_scatter, select_scatter, slice_scatter,
        masked_select, argwhere, take, take_along_dim, put,
    )
}  # fmt: skip
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {f.__name__: f for f in (fill_diagonal_, put_, resize_as_)}
"""Methods only."""

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {f.__name__: f for f in (unravel_index, vander)}
"""Public functions that are no methods."""
