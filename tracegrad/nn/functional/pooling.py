"""One number for each window."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.ops.pool_windows import each, pooling_windows

ops = lifted.ops

Ints = int | Sequence[int]
OptionalInts = int | Sequence[int | None] | None
MaxPool = Callable[..., Any]

# -- maxima ----------------------------------------------------------------------------------------


def _max_pool(n: int) -> tuple[MaxPool, MaxPool]:
    """`max_pool{n}d`, and the form that always gives the indices."""
    name = f"max_pool{n}d"

    def with_indices(
        input: Tensor,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Ints = 0,
        dilation: Ints = 1,
        ceil_mode: bool = False,
        return_indices: bool = True,
    ) -> tuple[Tensor, Tensor]:
        windows = pooling_windows(
            name, input._array.shape, kernel_size, stride, padding, dilation, ceil_mode
        )
        return ops.max_pool_with_indices(input, windows=windows)

    def max_pool(
        input: Tensor,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Ints = 0,
        dilation: Ints = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        if return_indices:
            return with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
        return getattr(ops, name)(input, kernel_size, stride, padding, dilation, ceil_mode)

    max_pool.__name__ = max_pool.__qualname__ = name
    max_pool.__doc__ = (
        f"The largest element of each window of the last {n} dimension{'s' * (n > 1)}; with "
        "`return_indices` also where each stands in the flattened input."
    )
    with_indices.__name__ = with_indices.__qualname__ = f"{name}_with_indices"
    with_indices.__doc__ = f"As `{name}` with `return_indices`."
    return max_pool, with_indices


max_pool1d, max_pool1d_with_indices = _max_pool(1)
max_pool2d, max_pool2d_with_indices = _max_pool(2)
max_pool3d, max_pool3d_with_indices = _max_pool(3)


def _adaptive_max_pool(n: int) -> tuple[MaxPool, MaxPool]:
    name = f"adaptive_max_pool{n}d"

    def with_indices(
        input: Tensor, output_size: OptionalInts, return_indices: bool = True
    ) -> tuple[Tensor, Tensor]:
        return getattr(ops, name)(input, output_size=output_size)

    def max_pool(input: Tensor, output_size: OptionalInts, return_indices: bool = False) -> Any:
        both = with_indices(input, output_size)
        return both if return_indices else both[0]

    max_pool.__name__ = max_pool.__qualname__ = name
    max_pool.__doc__ = f"Maxima of windows that share the last {n} dimension(s) out evenly."
    with_indices.__name__ = with_indices.__qualname__ = f"{name}_with_indices"
    with_indices.__doc__ = f"As `{name}` with `return_indices`."
    return max_pool, with_indices


adaptive_max_pool1d, adaptive_max_pool1d_with_indices = _adaptive_max_pool(1)
adaptive_max_pool2d, adaptive_max_pool2d_with_indices = _adaptive_max_pool(2)
adaptive_max_pool3d, adaptive_max_pool3d_with_indices = _adaptive_max_pool(3)


# -- and back --------------------------------------------------------------------------------------


def _unpool_size(
    input: Tensor, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], given: Any
) -> tuple[int, ...]:
    """The size that was pooled: what the windows span, or one near it that is asked for.

    Raises:
        ValueError: the given size could not have been pooled to the input's.
    """
    n = len(kernel)
    sizes = input._array.shape[-n:]
    default = [
        (size - 1) * s + k - 2 * p
        for size, k, s, p in zip(sizes, kernel, stride, padding, strict=True)
    ]
    if given is None:
        return tuple(default)
    wanted = tuple(given)
    if len(wanted) == n + 2:
        wanted = wanted[2:]
    if len(wanted) != n:
        raise ValueError(
            f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a "
            f"length of '{len(wanted)}'"
        )
    for dim, (size, near, step) in enumerate(zip(wanted, default, stride, strict=True)):
        if not near - step < size < near + step:
            raise ValueError(
                f'invalid output_size "{wanted}" (dim {dim} must be between {near - step} and '
                f"{near + step})"
            )
    return wanted


def _max_unpool(n: int) -> Callable[..., Tensor]:
    name = f"max_unpool{n}d"

    def max_unpool(
        input: Tensor,
        indices: Tensor,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Ints = 0,
        output_size: Sequence[int] | None = None,
    ) -> Tensor:
        kernel = each(name, n, kernel_size, "kernel_size")
        steps = kernel if stride is None else each(name, n, stride, "stride")
        size = _unpool_size(input, kernel, steps, each(name, n, padding, "padding"), output_size)
        if str(indices._array.dtype) != "int64":
            raise RuntimeError(
                f"elements in indices should be type int64 but got: {indices._array.dtype}"
            )
        if indices.shape != input.shape:
            raise RuntimeError(
                "Expected shape of indices to be same as that of the input tensor "
                f"({list(input.shape)}) but got indices tensor with shape: {list(indices.shape)}"
            )
        if input.ndim not in (n + 1, n + 2):
            raise RuntimeError(
                f"Input to {name} should be a {n + 1}d or {n + 2}d Tensor, but got a tensor with "
                f"{input.ndim} dimensions"
            )
        lead, pixels = input._array.shape[:-n], math.prod(size)
        outside = indices[(indices < 0) | (indices >= pixels)]
        if outside.numel():
            raise RuntimeError(
                f"Found an invalid max index: {outside[0].item()} (output volumes are of size "
                f"{'x'.join(map(str, size))})"
            )
        flat = (*lead, -1) if input.numel() else (*lead, 0)
        room = input.new_zeros((*lead, pixels))
        filled = ops.scatter(room, indices.reshape(flat), input.reshape(flat), dim=-1)
        return filled.reshape((*lead, *size))

    max_unpool.__name__ = max_unpool.__qualname__ = name
    max_unpool.__doc__ = f"Zeros with each element where `max_pool{n}d` found it."
    return max_unpool


max_unpool1d, max_unpool2d, max_unpool3d = _max_unpool(1), _max_unpool(2), _max_unpool(3)

# -- means -----------------------------------------------------------------------------------------


def avg_pool1d(
    input: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of a sequence."""
    return ops.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of an image.

    Args:
        ceil_mode: a window may reach out at the end.
        count_include_pad: whether the zeros of the padding count.
        divisor_override: what to divide by in place of the number of elements.
    """
    return ops.avg_pool2d(
        input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Tensor,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of a volume."""
    return ops.avg_pool3d(
        input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def adaptive_avg_pool1d(input: Tensor, output_size: OptionalInts) -> Tensor:
    """Means of windows that share a sequence out evenly."""
    return ops.adaptive_avg_pool1d(input, output_size=output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: OptionalInts) -> Tensor:
    """Means of windows that share an image out evenly: `output_size` of them."""
    return ops.adaptive_avg_pool2d(input, output_size=output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: OptionalInts) -> Tensor:
    """Means of windows that share a volume out evenly."""
    return ops.adaptive_avg_pool3d(input, output_size=output_size)


# -- norms -----------------------------------------------------------------------------------------


def _lp_pool(
    n: int, input: Tensor, norm_type: float, kernel_size: Ints, stride: Any, ceil_mode: bool
) -> Tensor:
    kernel = each(f"lp_pool{n}d", n, kernel_size, "kernel_size")
    powers = input.pow(norm_type)
    mean = getattr(ops, f"avg_pool{n}d")(powers, kernel, stride, 0, ceil_mode)
    # As PyTorch: of odd powers that add up to less than nothing, 0.
    return (mean.sign() * mean.abs().relu() * math.prod(kernel)).pow(1.0 / norm_type)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The `p`-norm of each window of a sequence: `(sum x^p)^(1/p)`."""
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The `p`-norm of each window of an image."""
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The `p`-norm of each window of a volume."""
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)
