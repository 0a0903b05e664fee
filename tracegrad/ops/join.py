"""Several tensors to one."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import kernels
from tracegrad.ops.declare import op

Array = Any


def _cat_parts(ops: Any, g: Array, shapes: list[tuple[int, ...]], dim: int) -> list[Array]:
    """The gradient cut where the tensors met."""
    parts = []
    start = 0
    for shape in shapes:
        if shape == (0,):  # an empty vector fits anywhere, as in PyTorch
            parts.append(ops.zeros_of(g, shape=shape))
            continue
        size = shape[dim % len(shape)]
        parts.append(ops.narrow(g, dim=dim, start=start, length=size))
        start += size
    return parts


@op(
    vjp={"*tensors": lambda ops, g, tensors_shape, dim: _cat_parts(ops, g, tensors_shape, dim)},
    method=False,
)
def cat(xp, *tensors, dim=0):
    """Tensors joined along an existing dimension."""
    shaped = [t for t in tensors if t.shape != (0,)] or list(tensors[:1])
    first = shaped[0]
    dim = kernels.axis(dim, first.ndim)
    if first.ndim == 0:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    for n, tensor in enumerate(shaped):
        if tensor.ndim != first.ndim:
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {first.ndim} and {tensor.ndim}"
            )
        for axis in range(first.ndim):
            if axis != dim and tensor.shape[axis] != first.shape[axis]:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size "
                    f"{first.shape[axis]} but got size {tensor.shape[axis]} for tensor number {n} "
                    "in the list."
                )
    return xp.concatenate(shaped, dim)


@op(vjp={"*tensors": lambda ops, g, dim: _unstack(ops, g, dim)}, method=False)
def stack(xp, *tensors, dim=0):
    """Tensors of one shape joined along a new dimension."""
    first = tensors[0].shape
    for n, tensor in enumerate(tensors):
        if tensor.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(tensor.shape)} at entry {n}"
            )
    return xp.stack(tensors, kernels.axis(dim, tensors[0].ndim + 1))


def _unstack(ops: Any, g: Array, dim: int) -> list[Array]:
    return [ops.select(g, dim=dim, index=n) for n in range(g.shape[dim])]
