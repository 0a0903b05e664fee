"""The windows that a pooling function's arguments ask for, and what PyTorch refuses of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tracegrad.backend.windows import Spans, Windows

Sizes = tuple[int, ...]

COUNTS = {1: "one int", 2: "two ints", 3: "three ints"}


def each(name: str, n: int, value: Any, option: str) -> Sizes:
    """One number for each of `n` dimensions."""
    given = tuple(value) if isinstance(value, list | tuple) else (value,)
    if len(given) not in (1, n):
        raise RuntimeError(
            f"{name}: {option} must either be a single int, or a tuple of {COUNTS[n]}"
        )
    return tuple([int(v) for v in given * (n if len(given) == 1 else 1)])


def _check_dims(name: str, shape: Sizes, n: int) -> None:
    if len(shape) not in (n + 1, n + 2):
        raise RuntimeError(
            f"{name}: Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch "
            f"size for input, but got:{list(shape)}"
        )
    if 0 in shape[len(shape) - n - 1 :]:
        raise RuntimeError(
            f"{name}: Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch "
            f"size for input, but got:{list(shape)}: only the batch may be empty"
        )


def pooling_windows(
    name: str, x_shape: Sizes, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool,
) -> Windows:  # fmt: skip
    """The windows of a pooling function, whose name says for how many dimensions."""
    n = int(name[-2])
    kernel = each(name, n, kernel_size, "kernel_size")
    unset = stride is None or (isinstance(stride, list | tuple) and not stride)
    steps = kernel if unset else each(name, n, stride, "stride")
    lower, gaps = each(name, n, padding, "padding"), each(name, n, dilation, "dilation")
    return _checked(name, tuple(x_shape), kernel, steps, lower, gaps, bool(ceil_mode))


@lru_cache(maxsize=4096)
def _checked(
    name: str, shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes,
    ceil_mode: bool,
) -> Windows:  # fmt: skip
    n = len(kernel)
    _check_dims(name, shape, n)
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    if min(kernel) <= 0 or min(stride) < 0:
        raise RuntimeError(
            f"{name}: kernel_size and stride should be greater than zero, but got "
            f"kernel_size={list(kernel)}, stride={list(stride)}"
        )
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")
    for pad, k, d in zip(padding, kernel, dilation, strict=True):
        if pad < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {pad}")
        if pad > (d * (k - 1) + 1) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={pad}, kernel_size={k} and dilation={d}"
            )
    size = shape[-n:]
    out = tuple([
        _count(*numbers, ceil_mode)
        for numbers in zip(size, kernel, stride, padding, dilation, strict=True)
    ])  # fmt: skip
    if min(out) < 1:
        channels = "x".join(map(str, (shape[-n - 1], *size)))
        found = "x".join(map(str, (shape[-n - 1], *[max(m, 0) for m in out])))
        raise RuntimeError(
            f"Given input size: ({channels}). Calculated output size: ({found}). Output size is "
            "too small"
        )
    return Windows(size, kernel, stride, dilation, padding, out)


def _count(size: int, kernel: int, stride: int, pad: int, dilation: int, ceil_mode: bool) -> int:
    """How many windows there are: with `ceil_mode` also one that reaches out at the end, if it
    does not begin there.
    """
    room = size + 2 * pad - dilation * (kernel - 1) - 1
    count = -(-room // stride) + 1 if ceil_mode else room // stride + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= size + pad else count


def adaptive_size(name: str, shape: Sizes, output_size: Any) -> Sizes:
    """How many windows adaptive pooling makes; `None` keeps a size."""
    n = int(name[-2])
    given = tuple(output_size) if isinstance(output_size, list | tuple) else (output_size,)
    if len(given) not in (1, n):
        raise RuntimeError(f"{name}: output_size must be {n}")
    if len(shape) not in (n + 1, n + 2):
        raise RuntimeError(f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got {list(shape)}")
    for dim, size in enumerate(shape[1:], 1):
        if size == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but "
                f"input has sizes {list(shape)} with dimension {dim} being empty"
            )
    wanted = given * (n if len(given) == 1 else 1)
    out = tuple([m if v is None else int(v) for v, m in zip(wanted, shape[-n:], strict=True)])
    if min(out) < 0:
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{', '.join(map(str, out))}}}"
        )
    return out


@lru_cache(maxsize=4096)
def adaptive_windows(size: Sizes, out: Sizes) -> Windows | Spans:
    """Windows that share a size out: plain ones, which are faster, where it divides."""
    if 0 in out or any(n % m for n, m in zip(size, out, strict=True)):
        return Spans(size, out)
    kernel = tuple([n // m for n, m in zip(size, out, strict=True)])
    ones, zeros = (1,) * len(size), (0,) * len(size)
    return Windows(size, kernel, kernel, ones, zeros, out)
