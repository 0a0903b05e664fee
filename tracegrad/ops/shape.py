"""Views and rearrangements: the same elements under other indices."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import geometry as lying
from tracegrad.backend import kernels
from tracegrad.backend.geometry import Geometry
from tracegrad.ops.declare import op, view

Array = Any


def _sizes(shape: Any, count: int) -> tuple[int, ...]:
    """A shape with its -1 filled in.

    Raises:
        RuntimeError: it does not fit `count` elements.
    """
    sizes = [int(n) for n in ((shape,) if isinstance(shape, int) else shape)]
    unknown = [i for i, n in enumerate(sizes) if n == -1]
    known = 1
    for n in sizes:
        known *= n if n != -1 else 1
    if len(unknown) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if any(n < -1 for n in sizes):
        raise RuntimeError(f"invalid shape dimension {next(n for n in sizes if n < -1)}")
    fits = count == known if not unknown else known != 0 and count % known == 0
    if not fits:
        if unknown and known == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {sizes} because the unspecified "
                "dimension size -1 can be any value and is ambiguous"
            )
        raise RuntimeError(f"shape '{sizes}' is invalid for input of size {count}")
    for i in unknown:
        sizes[i] = count // known
    return tuple(sizes)


# -- views -----------------------------------------------------------------------------------------


@view(name="view", vjp=lambda ops, g, x_shape: ops.reshape(g, shape=x_shape), variadic="shape")
def view_(xp, x, *, shape):
    """The same elements in the same order under another shape, without copying."""
    sizes = _sizes(shape, x.size)
    try:
        return x.reshape(sizes, copy=False)
    except ValueError:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        ) from None


@op(vjp=lambda ops, g, x_shape: ops.reshape(g, shape=x_shape), public=False)
def reshape_copy(xp, x, *, shape):
    """As `view`, into new memory: for a shape that no view can have."""
    return xp.array(x.reshape(_sizes(shape, x.size)), order="C")


@view(vjp=lambda ops, g, dims: ops.permute(g, dims=_inverse(dims)), variadic="dims")
def permute(xp, x, *, dims):
    """The dimensions in another order."""
    if len(dims) != x.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {x.ndim} is not "
            f"equal to len(dims) = {len(dims)}"
        )
    order = [kernels.axis(d, x.ndim) for d in dims]
    if len(set(order)) != len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return x.transpose(order)


def _inverse(dims: Any) -> tuple[int, ...]:
    order = [kernels.axis(d, len(dims)) for d in dims]
    return tuple(order.index(n) for n in range(len(order)))


@view(vjp=lambda ops, g, dim0, dim1: ops.transpose(g, dim0=dim0, dim1=dim1))
def transpose(xp, x, *, dim0, dim1):
    """Two dimensions exchanged."""
    if x.ndim == 0:
        return x[...]
    return x.swapaxes(kernels.axis(dim0, x.ndim), kernels.axis(dim1, x.ndim))


@view(vjp=lambda ops, g: ops.t(g))
def t(xp, x):
    """A matrix transposed; a vector as it is."""
    if x.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim}D")
    return x.T


@view(vjp=lambda ops, g, x_shape: ops.reshape(g, shape=x_shape))
def squeeze(xp, x, *, dim=None):
    """Without dimensions of size 1: all of them, or those in `dim`."""
    if dim is None:
        return x.squeeze()
    ones = tuple(n for n in kernels.axes(dim, x.ndim) if x.ndim and x.shape[n] == 1)
    return x.squeeze(ones)


@view(vjp=lambda ops, g, x_shape: ops.reshape(g, shape=x_shape))
def unsqueeze(xp, x, *, dim):
    """With a dimension of size 1 inserted before `dim`."""
    return xp.expand_dims(x, kernels.axis(dim, x.ndim + 1))


@view(vjp=lambda ops, g, x_shape: ops.sum_to_size(g, shape=x_shape), variadic="shape")
def expand(xp, x, *, shape):
    """Dimensions of size 1 repeated without copying; -1 keeps a size."""
    extra = len(shape) - x.ndim
    if x.ndim == 0:  # a whole gradient spread out, at the start of every backward pass
        return kernels.strided(xp, x, tuple(shape), (0,) * extra)
    if extra < 0:
        raise RuntimeError(
            f"expand: the number of sizes provided ({len(shape)}) must be greater or equal to the "
            f"number of dimensions in the tensor ({x.ndim})"
        )
    sizes = tuple(
        x.shape[n - extra] if size == -1 and n >= extra else size for n, size in enumerate(shape)
    )
    for n in range(x.ndim):
        if x.shape[n] not in (1, sizes[n + extra]):
            raise RuntimeError(
                f"The expanded size of the tensor ({sizes[n + extra]}) must match the existing "
                f"size ({x.shape[n]}) at non-singleton dimension {n + extra}.  Target sizes: "
                f"{list(shape)}.  Tensor sizes: {list(x.shape)}"
            )
    # `broadcast_to` gives a read-only view; the check for writes is ours, with a better message.
    steps = tuple(
        0 if n < extra or (x.shape[n - extra] == 1 and size != 1) else x.strides[n - extra]
        for n, size in enumerate(sizes)
    )
    return kernels.strided(xp, x, sizes, steps)


@op(vjp=lambda ops, g, x_shape: ops.expand(g, shape=x_shape), variadic="shape")
def sum_to_size(xp, x, *, shape):
    """Summed over the dimensions that broadcasting `shape` to this tensor's would repeat."""
    summed = kernels.sum_to(xp, x, tuple(shape))
    return (
        x.copy() if summed is x else summed
    )  # the engine may get the same array back, a user may not


@view(
    vjp=lambda ops, g, x_shape, dim, index: ops.slice_backward(
        ops.unsqueeze(g, dim=dim % len(x_shape)), key=_at(dim, index, x_shape), shape=x_shape
    )
)
def select(xp, x, *, dim, index):
    """The slice at one index along `dim`, which disappears."""
    if x.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = kernels.axis(dim, x.ndim)
    index = int(index)
    if not -x.shape[dim] <= index < x.shape[dim]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(x.shape)} at "
            f"dimension {dim}"
        )
    return x[(*[slice(None)] * dim, index, ...)]


def _at(dim: int, index: int, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key that selects one index along `dim` and keeps the dimension."""
    dim %= len(shape)
    index %= shape[dim]
    return (*[slice(None)] * dim, slice(index, index + 1))


@view(
    name="slice",
    vjp=lambda ops, g, x_shape, key: ops.slice_backward(g, key=key, shape=x_shape),
    method=False,
    public=False,
)
def slice_(xp, x, *, key):
    """What basic indexing gives: ints, slices, `...` and `None`. Made by `x[key]`."""
    return x[(*key, ...)] if Ellipsis not in key else x[key]


@op(vjp=lambda ops, g, key: ops.slice(g, key=key), public=False)
def slice_backward(xp, g, *, key, shape):
    """Zeros of `shape` with a gradient put where `key` points."""
    full = xp.zeros(shape, g.dtype)
    full[key] = g
    return full


def _span(shape: tuple[int, ...], dim: int, start: int, length: int) -> tuple[slice, ...]:
    """The key of `narrow`: all of the other dimensions, `length` indices of `dim`."""
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim = kernels.axis(dim, len(shape))
    size = shape[dim]
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    first = start + size if start < 0 else start
    if first + length > size:
        raise RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({size}).")
    return (*[slice(None)] * dim, slice(first, first + length))


@view(vjp=lambda ops, g, x_shape, dim, start, length: ops.slice_backward(
    g, key=_span(x_shape, dim, start, length), shape=x_shape))  # fmt: skip
def narrow(xp, x, *, dim, start, length):
    """`length` indices from `start` along `dim`."""
    return x[_span(x.shape, dim, start, length)]


@view(vjp=lambda ops, g, x_shape, offset, dim1, dim2: ops.diagonal_backward(
    g, shape=x_shape, offset=offset, dim1=dim1, dim2=dim2))  # fmt: skip
def diagonal(xp, x, *, offset=0, dim1=0, dim2=1):
    """The diagonal of two dimensions, which become the last one."""
    found = x.diagonal(offset, kernels.axis(dim1, x.ndim), kernels.axis(dim2, x.ndim))
    found.flags.writeable = x.flags.writeable  # NumPy gives a view that cannot be written
    return found


@op(
    vjp=lambda ops, g, offset, dim1, dim2: ops.diagonal(g, offset=offset, dim1=dim1, dim2=dim2),
    public=False,
)
def diagonal_backward(xp, g, *, shape, offset, dim1, dim2):
    """Zeros of `shape` with a gradient on the diagonal."""
    full = xp.zeros(shape, g.dtype)
    diagonal.declaration.kernel(xp, full, offset=offset, dim1=dim1, dim2=dim2)[...] = g
    return full


@view(
    vjp=lambda ops, g, size, stride, storage_offset, input_offset, layout: ops.as_strided_backward(
        g, geometry=geometry_in(size, stride, storage_offset, input_offset, layout), layout=layout),
    public=False,
)  # fmt: skip
def as_strided(xp, x, *, size, stride, storage_offset, input_offset, layout):
    """Any elements of a tensor's storage. Made by `as_strided`, which looks that they exist.

    Offsets and strides count elements: `storage_offset` and `input_offset` from the first one of
    the storage to those of the view and of `x`, whose layout is `layout`.
    """
    return lying.strided(x, geometry_in(size, stride, storage_offset, input_offset, layout))


def geometry_in(
    size: Any, stride: Any, storage_offset: int, input_offset: int, layout: Any
) -> Geometry:
    """The geometry, in its input, of a view that `as_strided` makes."""
    step = layout.dtype.itemsize
    offset = (storage_offset - input_offset) * step
    return Geometry(size, tuple([s * step for s in stride]), offset)


# -- several views at once -------------------------------------------------------------------------


@view(vjp=lambda ops, g, x_shape, dim: _stack_given(ops, g, x_shape, dim), outputs=0)
def unbind(xp, x, *, dim=0):
    """All slices along `dim`, which disappears."""
    if x.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    dim = kernels.axis(dim, x.ndim)
    return [
        x[(*[slice(None)] * dim, n)] if x.ndim > 1 else x[n : n + 1].reshape(())
        for n in range(x.shape[dim])
    ]


def _stack_given(ops: Any, g: Any, shape: tuple[int, ...], dim: int) -> Array:
    dim %= len(shape)
    missing = (*shape[:dim], *shape[dim + 1 :])
    return ops.stack(_zeros_for_none(ops, g, [missing] * len(g)), dim=dim)


@view(
    vjp=lambda ops, g, x_shape, sections, dim: _cat_given(ops, g, x_shape, sections, dim),
    outputs=0,
    public=False,
)
def split_sections(xp, x, *, sections, dim=0):
    """Consecutive parts along `dim`, of the given sizes."""
    dim = kernels.axis(dim, x.ndim)
    if min(sections, default=0) < 0 or _total(sections) != x.shape[dim]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {x.shape[dim]} (input "
            f"tensor's size at dimension {dim}), but got split_sizes={list(sections)}"
        )
    starts = [_total(sections[:n]) for n in range(len(sections))]
    lead = [slice(None)] * dim
    return [x[(*lead, slice(a, a + n))] for a, n in zip(starts, sections, strict=True)]


def _total(sizes: Any) -> int:
    total = 0
    for n in sizes:
        total += n
    return total


def _cat_given(ops: Any, g: Any, shape: tuple[int, ...], sections: Any, dim: int) -> Array:
    dim %= len(shape)
    shapes = [(*shape[:dim], n, *shape[dim + 1 :]) for n in sections]
    return ops.cat(_zeros_for_none(ops, g, shapes), dim=dim)


def _zeros_for_none(ops: Any, g: Any, shapes: list[tuple[int, ...]]) -> list[Array]:
    """An undefined gradient means zero."""
    one = next(part for part in g if part is not None)
    return [
        part if part is not None else ops.zeros_of(one, shape=shape)
        for part, shape in zip(g, shapes, strict=True)
    ]


@op(public=False)
def zeros_of(xp, x, *, shape):
    """Zeros of a shape, with the dtype of a tensor."""
    return xp.zeros(shape, x.dtype)


# -- copies ----------------------------------------------------------------------------------------


@op(vjp=lambda ops, g: g)
def clone(xp, x, *, memory_format=None):
    """A copy in new memory."""
    return x.copy()


@op(
    vjp=lambda ops, g, x_shape, repeats: ops.repeat_backward(g, shape=x_shape, repeats=repeats),
    variadic="repeats",
)
def repeat(xp, x, *, repeats):
    """The tensor copied `repeats` times along each dimension."""
    if len(repeats) < x.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    return xp.tile(x, repeats)


@op(vjp=lambda ops, g, repeats: ops.repeat(g, repeats=repeats), public=False)
def repeat_backward(xp, g, *, shape, repeats):
    """The sum of all copies that `repeat` made."""
    padded = (*[1] * (len(repeats) - len(shape)), *shape)
    split = [n for pair in zip(repeats, padded, strict=True) for n in pair]
    return g.reshape(split).sum(tuple(range(0, len(split), 2))).reshape(shape)


@op(vjp=lambda ops, g, dims: ops.flip(g, dims=dims), variadic="dims")
def flip(xp, x, *, dims):
    """The order of the indices along `dims` turned round."""
    return xp.flip(x, kernels.axes(dims, x.ndim)).copy() if dims else x.copy()


@op(vjp=lambda ops, g, shifts, dims: ops.roll(
    g, shifts=tuple([-n for n in shifts]), dims=dims), public=False)  # fmt: skip
def roll(xp, x, *, shifts, dims):
    """Elements moved along dimensions; those that leave at the end come in at the start."""
    return xp.roll(x, shifts, tuple([kernels.axis(d, x.ndim) for d in dims]) if x.ndim else None)


@op(public=False)
def repeat_index(xp, x):
    """Each index of a vector of counts as often as its count says."""
    return xp.repeat(xp.arange(x.size), x)


def _check_matrix(x: Array, name: str) -> None:
    if x.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


@op(vjp=lambda ops, g, diagonal: ops.tril(g, diagonal=diagonal), inplace=True)
def tril(xp, x, *, diagonal=0):
    """The lower triangle of a matrix, zeros above."""
    _check_matrix(x, "tril")
    return xp.tril(x, diagonal)


@op(vjp=lambda ops, g, diagonal: ops.triu(g, diagonal=diagonal), inplace=True)
def triu(xp, x, *, diagonal=0):
    """The upper triangle of a matrix, zeros below."""
    _check_matrix(x, "triu")
    return xp.triu(x, diagonal)


# -- what writes to views need (see Note [In-place on a view]) -------------------------------------


@op(
    vjp=lambda ops, g, geometry, layout: ops.as_strided_backward(
        g, geometry=geometry, layout=layout
    ),
    public=False,
)
def as_strided_forward(xp, x, *, geometry, layout):
    """The part of a base-shaped tensor that a view with this geometry shows."""
    return lying.take_view(x, geometry, layout)


@op(
    vjp=lambda ops, g, geometry, layout: ops.as_strided_forward(
        g, geometry=geometry, layout=layout
    ),
    public=False,
)
def as_strided_backward(xp, g, *, geometry, layout):
    """Zeros of the base's shape with a gradient added where the view shows."""
    return lying.put_view(g, geometry, layout)


@op(vjp={
    "x": lambda ops, g, y_shape, geometry, layout: ops.as_strided_scatter(
        g, ops.zeros_of(g, shape=y_shape), geometry=geometry, layout=layout),
    "y": lambda ops, g, geometry, layout: ops.as_strided_forward(
        g, geometry=geometry, layout=layout),
}, public=False)  # fmt: skip
def as_strided_scatter(xp, x, y, *, geometry, layout):
    """A base-shaped tensor with the part that the view shows replaced by another tensor."""
    return lying.replace_view(x, y, geometry, layout)
