"""Shapes, joins and picks that are made of other ops."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.engine.worlds import lifted
from tracegrad.graph.location import warn
from tracegrad.ops.composite import split
from tracegrad.ops.create import arange, zeros

ops = lifted.ops
"""Every op of the table, over tensors."""

Tensors = Tensor | Sequence[Tensor]


def _listed(tensors: tuple[Any, ...]) -> list[Tensor]:
    """Tensors given one by one, or as one sequence."""
    if len(tensors) == 1 and isinstance(tensors[0], list | tuple):
        return list(tensors[0])
    return list(tensors)


# -- dimensions ------------------------------------------------------------------------------------


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Dimensions moved to other places; the rest keep their order."""
    origin, goal = ([d] if isinstance(d, int) else list(d) for d in (source, destination))
    if len(origin) != len(goal):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({origin} dims) should contain the same number of dims as destination ({goal} dims)"
        )
    origin, goal = ([kernels.axis(d, input.ndim) for d in dims] for dims in (origin, goal))
    for name, dims in (("source", origin), ("destination", goal)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({dims})")
    order = [n for n in range(input.ndim) if n not in origin]
    for place, dim in sorted(zip(goal, origin, strict=True)):
        order.insert(place, dim)
    return ops.permute(input, dims=tuple(order))


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension as several; one of the sizes may be -1."""
    dim = kernels.axis(dim, input.ndim)
    sizes = list(sizes)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    shape = tuple(input.shape)
    known = 1
    for n in sizes:
        known *= n if n != -1 else 1
    size = shape[dim]
    fits = size == known if -1 not in sizes else known > 0 and size % known == 0
    if not fits or sizes.count(-1) > 1:
        raise RuntimeError(
            f"unflatten: Provided sizes {sizes} don't multiply up to the size of dim {dim} ({size})"
            " in the input tensor"
        )
    sizes = [size // known if n == -1 else n for n in sizes]
    return ops.reshape(input, shape=(*shape[:dim], *sizes, *shape[dim + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    return ops.reshape(input, -1)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Reshaped to the shape of another tensor."""
    return ops.reshape(input, shape=tuple(other.shape))


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """Dimensions of size 1 repeated without copying."""
    return ops.expand(input, shape=tuple(size))


def broadcast_shapes(*shapes: Any) -> Any:
    """The shape that tensors of these shapes broadcast to."""
    rows = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    rank = max((len(row) for row in rows), default=0)
    padded = [(1,) * (rank - len(row)) + row for row in rows]
    found = []
    for sizes in zip(*padded, strict=True):
        larger = {n for n in sizes if n != 1}
        if len(larger) > 1:
            raise RuntimeError(
                "Shape mismatch: objects cannot be broadcast to a single shape: "
                + " and ".join(str(list(row)) for row in rows)
            )
        found.append(larger.pop() if larger else 1)
    return type(zeros(()).shape)(found)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Tensors expanded to the shape that they broadcast to."""
    given = _listed(tensors)
    shape = tuple(broadcast_shapes(*(t.shape for t in given)))
    return tuple(ops.expand(t, shape=shape) for t in given)


def _at_least(input: Any, grow: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(input, Tensor):
        return grow(input)
    return tuple(grow(t) for t in input)


def atleast_1d(*tensors: Any) -> Any:
    """Tensors with at least one dimension."""
    return _at_least(
        tensors[0] if len(tensors) == 1 else tensors, lambda t: t if t.ndim else t.reshape(1)
    )


def _two(t: Tensor) -> Tensor:
    return t if t.ndim > 1 else ops.reshape(t, 1, -1)


def _three(t: Tensor) -> Tensor:
    return t if t.ndim > 2 else ops.unsqueeze(_two(t), dim=2 if t.ndim == 2 else -1)


def atleast_2d(*tensors: Any) -> Any:
    """Tensors with at least two dimensions; vectors become rows."""
    return _at_least(tensors[0] if len(tensors) == 1 else tensors, _two)


def atleast_3d(*tensors: Any) -> Any:
    """Tensors with at least three dimensions; matrices get a last one of size 1."""
    return _at_least(tensors[0] if len(tensors) == 1 else tensors, _three)


# -- joining and cutting ---------------------------------------------------------------------------


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined in columns: along dimension 1, vectors along 0."""
    parts = list(atleast_1d(tensors))
    return ops.cat(parts, dim=0 if parts and parts[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined in rows."""
    return ops.cat(list(atleast_2d(tensors)), dim=0)


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined in depth, along dimension 2."""
    return ops.cat(list(atleast_3d(tensors)), dim=2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined in columns; vectors are columns."""
    parts = [t if t.ndim > 1 else ops.reshape(t, -1, 1) for t in tensors]
    return ops.cat(parts, dim=1)


def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive views along `dim`: a number of them, nearly equal; or cut at indices."""
    if not input.ndim:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = indices_or_sections.tolist()
    axis = kernels.axis(dim, input.ndim)
    size = input.shape[axis]
    if isinstance(indices_or_sections, int):
        parts = indices_or_sections
        if parts <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {parts}")
        return split(input, [size // parts + (n < size % parts) for n in range(parts)], dim)
    ends = [*indices_or_sections, size]
    starts = [0, *indices_or_sections]
    lead = (slice(None),) * axis
    return tuple(input[(*lead, slice(a, b))] for a, b in zip(starts, ends, strict=True))


def _cut(name: str, rank: int, dim: Callable[[Tensor], int]) -> Callable[..., tuple[Tensor, ...]]:
    def cut(input: Tensor, *args: Any, indices: Any = None, sections: Any = None) -> Any:
        where = args[0] if args else indices if indices is not None else sections
        if input.ndim < rank:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {rank} dimension"
                f"{'s' if rank > 1 else ''}, but got a tensor with {input.ndim} dimensions!"
            )
        axis = dim(input)
        if isinstance(where, int) and (where <= 0 or input.shape[axis] % where):
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {axis}, but the size of the "
                f"dimension {input.shape[axis]} is not divisible by the split_size {where}!"
            )
        return tensor_split(input, where, axis)

    cut.__name__ = cut.__qualname__ = name
    return cut


hsplit = _cut("hsplit", 1, lambda x: 0 if x.ndim == 1 else 1)
hsplit.__doc__ = "Views cut in columns: equal ones, or at indices."
vsplit = _cut("vsplit", 2, lambda x: 0)
vsplit.__doc__ = "Views cut in rows: equal ones, or at indices."
dsplit = _cut("dsplit", 3, lambda x: 2)
dsplit.__doc__ = "Views cut in depth: equal ones, or at indices."


def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> Any:
    """Consecutive views along `dim`, of the given sizes."""
    return split(input, list(split_sizes), dim)


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices on the diagonal of one, zeros around them."""
    blocks = [_two(t) for t in _listed(tensors)]
    for n, block in enumerate(blocks):
        if block.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{n} has {block.ndim} dimensions"
            )
    width = sum(b.shape[1] for b in blocks)
    rows, start = [], 0
    for block in blocks:
        height, own = block.shape
        sides = [zeros(height, n, dtype=block.dtype) for n in (start, width - start - own)]
        rows.append(ops.cat([sides[0], block, sides[1]], dim=1))
        start += own
    return ops.cat(rows, dim=0)


# -- grids -----------------------------------------------------------------------------------------


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Each vector expanded over the grid of all of them. `indexing="xy"` exchanges the first two
    dimensions.
    """
    vectors = [atleast_1d(t) for t in _listed(tensors)]
    if indexing is None:
        warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing "
            "argument."
        )
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(
            f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}'
        )
    for vector in vectors:
        if vector.ndim > 1:
            raise RuntimeError(
                "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: "
                f"{vector.ndim}D"
            )
        if vector.dtype is not vectors[0].dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype")
    swaps = indexing == "xy" and len(vectors) > 1
    if swaps:
        vectors[:2] = vectors[1::-1]
    shape = tuple(v.numel() for v in vectors)
    grids = [
        ops.expand(ops.reshape(v, shape=[-1 if m == n else 1 for m in range(len(shape))]), shape)
        for n, v in enumerate(vectors)
    ]
    if swaps:
        grids[:2] = grids[1::-1]
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations with one element of each vector, in rows."""
    vectors = _listed(tensors)
    if len(vectors) == 1:
        return vectors[0]
    grids = meshgrid(*vectors, indexing="ij")
    return ops.stack([ops.reshape(g, -1) for g in grids], dim=1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All ways to choose `r` elements of a vector, in rows."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return zeros(0, dtype=input.dtype)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.shape[0]), r))
    if not rows:
        return ops.reshape(ops.narrow(input, dim=0, start=0, length=0), 0, r)
    return input[ops.stack([_vector([row[n] for row in rows]) for n in range(r)], dim=1)]


def _vector(numbers: list[int]) -> Tensor:
    from tracegrad.ops.from_data import tensor

    return tensor(numbers, dtype=dtypes.int64)


# -- repeating and turning -------------------------------------------------------------------------


def tile(input: Tensor, *dims: Any) -> Tensor:
    """The tensor copied along each dimension; missing counts are 1."""
    counts = tuple(dims[0]) if len(dims) == 1 and not isinstance(dims[0], int) else dims
    return ops.repeat(input, repeats=(1,) * (input.ndim - len(counts)) + tuple(counts))


def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element repeated, along `dim` or in one row; counts may differ. With counts alone, the
    index of each as often as it says.
    """
    if repeats is None:
        input, repeats = arange(input.numel()), input
    if dim is None:
        input, dim = ops.reshape(input, -1), 0
    axis = kernels.axis(dim, input.ndim)
    size = input.shape[axis] if input.ndim else 1
    if isinstance(repeats, list | tuple):
        repeats = _vector(list(repeats))
    if isinstance(repeats, Tensor):
        if repeats.ndim > 1:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
        if repeats.is_floating_point() or repeats.dtype is dtypes.bool_:
            raise RuntimeError(f"repeats has to be Long or Int tensor, got {repeats.dtype}")
        if repeats.numel() == 1:
            repeats = int(repeats.item())
    if isinstance(repeats, int):
        if repeats < 0:
            raise RuntimeError("Repeats must be non-negative")
        if not input.ndim:
            return ops.expand(input, (repeats,))
        # A new dimension that repeats without copying, then one copy: its gradient is a sum.
        shape = [*input.shape]
        wide = ops.unsqueeze(input, dim=axis + 1)
        wide = ops.expand(wide, (*shape[: axis + 1], repeats, *shape[axis + 1 :]))
        return ops.reshape(wide, shape=(*shape[:axis], size * repeats, *shape[axis + 1 :]))
    if repeats.numel() != size:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got "
            f"repeats.size(0) = {repeats.numel()} and input.size({axis}) = {size}"
        )
    if bool((repeats < 0).any()):
        raise RuntimeError("repeats can not be negative")
    index = ops.repeat_index(repeats)
    return ops.index_select(input, index, dim=axis)


def roll(input: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    """Elements moved along dimensions; those that leave at the end come in at the start."""
    steps = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    along = (dims,) if isinstance(dims, int) else tuple(dims)
    if not steps:
        raise RuntimeError("`shifts` required")
    if not along and len(steps) == 1:
        return ops.reshape(ops.roll(ops.reshape(input, -1), steps, (0,)), shape=tuple(input.shape))
    if len(steps) != len(along):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(steps)}, dims:{len(along)}"
        )
    return ops.roll(input, shifts=steps, dims=along)


def fliplr(input: Tensor) -> Tensor:
    """The order of columns turned round."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return ops.flip(input, dims=(1,))


def flipud(input: Tensor) -> Tensor:
    """The order of rows turned round."""
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return ops.flip(input, dims=(0,))


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by 90 degrees `k` times, from the first of two dimensions toward the second."""
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    first, second = (kernels.axis(d, input.ndim) for d in dims)
    if first == second:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    turns = k % 4
    if turns == 0:
        return ops.clone(input)
    if turns == 2:
        return ops.flip(input, dims=(first, second))
    flipped = ops.flip(input, dims=(second if turns == 1 else first,))
    return ops.transpose(flipped, dim0=first, dim1=second)


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        movedim, unflatten, ravel, broadcast_to, tensor_split, hsplit, vsplit, dsplit,
        split_with_sizes, tile, repeat_interleave, roll, fliplr, flipud, rot90,
    )
} | {"moveaxis": movedim}  # fmt: skip
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {"reshape_as": reshape_as}
"""Methods only."""

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        broadcast_shapes, broadcast_tensors, atleast_1d, atleast_2d, atleast_3d, hstack, vstack,
        dstack, column_stack, block_diag, meshgrid, cartesian_prod, combinations,
    )
} | {"row_stack": vstack}  # fmt: skip
"""Public functions that are no methods."""
