"""Leaving elements, or whole channels, out at random. Masks are saved, not a generator's state."""

from __future__ import annotations

import math

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import random
from tracegrad.backend.device import namespace_of
from tracegrad.engine.worlds import lifted
from tracegrad.graph.location import warn
from tracegrad.nn.functional._scoped import scoped
from tracegrad.ops.create import made

ops = lifted.ops


def _check(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _mask(input: Tensor, p: float, of_channels: bool, scaled: bool = True) -> Tensor:
    """1, or 1 / (1 - p), with probability `1 - p`, else 0: for each element or whole channels."""
    array = input._array
    if array.dtype.kind in "iub" and p < 1:
        raise RuntimeError(
            "result type Float can't be cast to the desired output type "
            f"{dtypes.SCALAR_NAMES[input.dtype.name]}: dropout divides by 1 - p\n"
            "  try: input.float() first"
        )
    shape = (*array.shape[:2], *[1] * (array.ndim - 2)) if of_channels else array.shape
    if p == 1:
        kept = np.zeros(shape, np.bool_)
    else:
        drawn = random.default_generator.bernoulli(math.prod(shape), 1 - p)
        kept = drawn.reshape(shape) if of_channels else random.along_memory(drawn, array)
    mask = kept.astype(array.dtype)
    if scaled and p < 1:
        exact = np.float64 if array.dtype == np.float64 else np.float32
        mask *= array.dtype.type(exact(1) / exact(1 - p))  # rounded as PyTorch's quotient is
    return made("dropout_mask", namespace_of(array).asarray(mask), p=p)


def _masked(input: Tensor, mask: Tensor, inplace: bool) -> Tensor:
    return input.mul_(mask) if inplace else ops.apply_mask(input, mask)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, zero elements with probability `p` and divide the others by `1 - p`.

    After `manual_seed` it leaves out what PyTorch leaves out on a CPU.

    Raises:
        ValueError: `p` is no probability.
        RuntimeError: the input's dtype cannot hold quotients.
    """
    _check(p)
    if not training or p == 0:
        return input
    return _masked(input, _mask(input, p, of_channels=False), inplace)


# -- whole channels --------------------------------------------------------------------------------


def _feature_dropout(input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    if not training or p == 0:
        return input
    return _masked(input, _mask(input, p, of_channels=True), inplace)


def _feature_dropout_of(
    name: str, input: Tensor, p: float, training: bool, inplace: bool, unbatched: int
) -> Tensor:
    """Channels of `(N, C, *)` or `(C, *)`, which has `unbatched` dimensions."""
    _check(p)
    if input.ndim not in (unbatched, unbatched + 1):
        warn(
            f"{name}: Received a {input.ndim}-D input to {name}, which is deprecated and will "
            "result in an error in a future release. To retain the behavior and silence this "
            "warning, please use dropout instead."
        )
    if input.ndim == unbatched:
        dropped = _feature_dropout(ops.unsqueeze(input, dim=0), p, training, inplace)
        return ops.squeeze(dropped, dim=0)
    return _feature_dropout(input, p, training, inplace)


@scoped
def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of `(N, C, L)` or `(C, L)`."""
    _check(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that "
            "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    return _feature_dropout_of("dropout1d", input, p, training, inplace, 2)


@scoped
def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of `(N, C, H, W)`.

    A 3-D input counts as `(N, C, L)`, with PyTorch's warning.
    """
    _check(p)
    if input.ndim not in (3, 4):
        warn(
            f"dropout2d: Received a {input.ndim}-D input to dropout2d, which is deprecated and "
            "will result in an error in a future release. To retain the behavior and silence this "
            "warning, please use dropout instead. Note that dropout2d exists to provide "
            "channel-wise dropout on inputs with 2 spatial dimensions, a channel dimension, and an "
            "optional batch dimension (i.e. 3D or 4D inputs)."
        )
    if input.ndim == 3:
        warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout "
            "behavior is desired - input is interpreted as shape (N, C, L), where C is the channel "
            "dim. This behavior will change in a future release to interpret the input as one "
            "without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead."
        )
    return _feature_dropout(input, p, training, inplace)


@scoped
def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of `(N, C, D, H, W)` or `(C, D, H, W)`."""
    return _feature_dropout_of("dropout3d", input, p, training, inplace, 4)


# -- for selu --------------------------------------------------------------------------------------

ALPHA = 1.7580993408473766
"""`-selu(-infinity)`: what an element that was left out becomes, before scaling."""


def _alpha_dropout(input: Tensor, p: float, of_channels: bool, inplace: bool) -> Tensor:
    """Left out elements become `-ALPHA`; then mean 0 and variance 1 are restored."""
    if p == 1:
        return _masked(input, _mask(input, p, of_channels), inplace)
    scale = 1 / ((ALPHA**2 * p + 1) * (1 - p)) ** 0.5
    kept = _mask(input, p, of_channels, scaled=False)
    shift = (kept - 1) * (ALPHA * scale) + ALPHA * scale * p
    mask = kept * scale
    if inplace:
        return input.mul_(mask).add_(shift)
    return ops.apply_mask(input, mask) + shift


@scoped
def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout that keeps mean and variance of what `selu` gives."""
    _check(p)
    if not training or p == 0:
        return input
    return _alpha_dropout(input, p, False, inplace)


@scoped
def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels."""
    _check(p)
    if not training or p == 0:
        return input
    return _alpha_dropout(input, p, True, inplace)
