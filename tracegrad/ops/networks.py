"""What networks use and PyTorch has as methods too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted

ops = lifted.ops


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`x` where positive, `weight * x` elsewhere: one weight, or one for each channel (dimension
    1).

    Raises:
        RuntimeError: the weights don't fit the channels.
    """
    channels = input.size(1) if input.ndim > 1 else 1
    if weight.ndim > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}"
        )
    if weight.numel() not in (1, channels):
        raise RuntimeError(
            f"Mismatch of parameter numbers and input channel size. Found parameter numbers = "
            f"{weight.numel()} and channel size = {channels}."
        )
    if weight.dtype is not input.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {input.dtype} and {weight.dtype}"
        )
    if weight.ndim:
        shape = (1, weight.numel(), *[1] * (input.ndim - 2)) if input.ndim > 1 else (1,)
        weight = ops.reshape(weight, shape=shape if input.ndim else ())
    return ops.prelu_kernel(input, weight)


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {"prelu": prelu}
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {}
"""Methods only."""
