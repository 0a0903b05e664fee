"""Array routines that several kernels share. They get the namespace first, as kernels do."""

from __future__ import annotations

from typing import Any

from tracegrad.backend.device import Array, Namespace

Dim = int | tuple[int, ...] | None


def axes(dim: Any, ndim: int) -> tuple[int, ...]:
    """Dimensions counted from the front, sorted; all of them for `None` and for an empty list.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: a dimension is named twice.
    """
    if dim is None or (isinstance(dim, list | tuple) and not dim):
        return tuple(range(ndim))
    found = [axis(d, ndim) for d in (dim if isinstance(dim, list | tuple) else (dim,))]
    if len(set(found)) != len(found):
        twice = next(d for d in found if found.count(d) > 1)
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return tuple(sorted(d for d in found if ndim))


def axis(dim: int, ndim: int) -> int:
    """One dimension counted from the front.

    Raises:
        IndexError: there is no such dimension.
    """
    n = max(ndim, 1)
    dim = int(dim)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return dim % n


def kept_shape(shape: tuple[int, ...], dim: Any) -> tuple[int, ...]:
    """The shape with reduced dimensions kept as 1."""
    reduced = axes(dim, len(shape))
    return tuple(1 if n in reduced else size for n, size in enumerate(shape))


def reduced_count(shape: tuple[int, ...], dim: Any) -> int:
    """How many elements each result of a reduction is made from."""
    count = 1
    for n in axes(dim, len(shape)):
        count *= shape[n]
    return count


def contiguous_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Strides in bytes of a row-major array."""
    strides = []
    step = itemsize
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def add_at(xp: Namespace, target: Array, key: Any, values: Array) -> None:
    """`target[key] += values`, adding every time where an element is named more than once."""
    xp.add.at(target, key, values)
