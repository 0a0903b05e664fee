"""Maxima of windows whose places are drawn, so that a size need not shrink by a whole number.

Source: Graham 2014, "Fractional max-pooling".
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of, on_host
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._scoped import scoped
from tracegrad.ops.create import made
from tracegrad.ops.pool_windows import each
from tracegrad.ops.random import rand

ops = lifted.ops

FractionalPool = Callable[..., Any]


def _fractional_max_pool(n: int) -> tuple[FractionalPool, FractionalPool]:
    """`fractional_max_pool{n}d`, and the form that always gives the indices."""
    name = f"fractional_max_pool{n}d"

    def with_indices(
        input: Tensor,
        kernel_size: int | Sequence[int],
        output_size: int | Sequence[int] | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = True,
        _random_samples: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        if input.ndim not in (n + 1, n + 2):
            raise RuntimeError(
                f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got: {list(input.shape)}"
            )
        lead, sizes = input._array.shape[:-n], input._array.shape[-n:]
        kernel = each(name, n, kernel_size, "kernel_size")
        out = _output_size(name, sizes, output_size, output_ratio)
        _check_fit(name, sizes, kernel, out)
        samples = _drawn(name, input, n, _random_samples)
        where = _largest(input._array, kernel, [
            _starts(samples[:, n - 1 - dim if n == 2 else dim], sizes[dim], out[dim], kernel[dim])
            for dim in range(n)
        ])  # fmt: skip
        indices = made("fractional_windows", where.reshape(*lead, math.prod(out)))
        best = ops.gather(input.reshape((*lead, math.prod(sizes))), indices, dim=-1)
        return best.reshape((*lead, *out)), indices.reshape((*lead, *out))

    def pool(
        input: Tensor,
        kernel_size: int | Sequence[int],
        output_size: int | Sequence[int] | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> Any:
        both = public(input, kernel_size, output_size, output_ratio, True, _random_samples)
        return both if return_indices else both[0]

    with_indices.__name__ = with_indices.__qualname__ = f"{name}_with_indices"
    with_indices.__doc__ = f"As `{name}` with `return_indices`."
    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = (
        f"The largest element of each window of the last {n} dimensions, the windows drawn so that "
        "there are `output_size` of them, or `output_ratio` times the input's size."
    )
    public = scoped(with_indices)
    return pool, public


fractional_max_pool2d, fractional_max_pool2d_with_indices = _fractional_max_pool(2)
fractional_max_pool3d, fractional_max_pool3d_with_indices = _fractional_max_pool(3)


def _output_size(name: str, sizes: Sequence[int], size: Any, ratio: Any) -> tuple[int, ...]:
    """How many windows there are along each dimension."""
    n = len(sizes)
    if size is None and ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if size is not None:
        return each(name, n, size, "output_size")
    ratios = tuple(ratio) if isinstance(ratio, Sequence) else (ratio,) * n
    if len(ratios) != n:
        raise ValueError(
            f"{name} requires output_ratio to be a number or {n} of them, got {len(ratios)}"
        )
    return tuple([int(s * r) for s, r in zip(sizes, ratios, strict=True)])


def _check_fit(name: str, sizes: Sequence[int], kernel: Sequence[int], out: Sequence[int]) -> None:
    for dim, (size, k, o) in enumerate(zip(sizes, kernel, out, strict=True)):
        if o + k - 1 > size:
            raise RuntimeError(
                f"{name}(): pool size {k} too large relative to input size {size} of dimension "
                f"{dim - len(sizes)} for an output size of {o}"
            )


def _drawn(name: str, input: Tensor, n: int, given: Tensor | None) -> Any:
    """For each plane, a number in [0, 1) for each dimension, as an array on the host."""
    lead = input._array.shape[:-n]
    shape = (*lead, n) if len(lead) == 2 else (1, *lead, n)
    samples = rand(shape, dtype=input.dtype) if given is None else given
    if samples.shape != shape or samples.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}(): Expected _random_samples of shape {list(shape)} and dtype {input.dtype}, "
            f"got {list(samples.shape)} and {samples.dtype}"
        )
    return on_host(samples._array).reshape(math.prod(lead), n)


def _starts(samples: Any, size: int, out: int, k: int) -> Any:
    """Where the windows of each plane start: steps of one of two lengths, in a drawn order.

    In the samples' own precision, as PyTorch computes it: a place rounds as it does there.
    """
    steps = np.arange(out).astype(samples.dtype)
    alpha = samples.dtype.type(size - k) / samples.dtype.type(max(out - 1, 1))
    shifted = ((steps + samples[:, None]) * alpha).astype(np.int64)
    starts = shifted - (samples[:, None] * alpha).astype(np.int64)
    starts[:, -1:] = size - k
    return starts


def _largest(array: Any, kernel: Sequence[int], starts: list[Any]) -> Any:
    """Where each window's largest element stands in its plane, flattened.

    The first of equal ones, but the last NaN, as in PyTorch.
    """
    xp = namespace_of(array)
    n = len(kernel)
    planes, sizes = starts[0].shape[0], array.shape[-n:]
    corners: Any = np.zeros((planes, *[1] * n), np.int64)
    for dim, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        along = [planes, *[1] * n]
        along[1 + dim] = -1
        corners = corners * size + start.reshape(along)
    offsets = [
        sum(o * math.prod(sizes[dim + 1 :]) for dim, o in enumerate(offset))
        for offset in itertools.product(*(range(k) for k in kernel))
    ]
    places = xp.asarray(corners[..., None] + np.array(offsets)).reshape(planes, -1)
    values = xp.take_along_axis(array.reshape(planes, math.prod(sizes)), places, 1)
    values = values.reshape(planes, -1, len(offsets))
    empty = values != values
    best = xp.where(empty, -np.inf, values).argmax(-1)
    last_empty = len(offsets) - 1 - empty[..., ::-1].argmax(-1)
    which = xp.where(empty.any(-1), last_empty, best)[..., None]
    return xp.take_along_axis(places.reshape(planes, -1, len(offsets)), which, 2)[..., 0]
