"""Leaving elements out at random."""

from __future__ import annotations

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend import random
from tracegrad.engine.worlds import lifted
from tracegrad.ops.create import made

ops = lifted.ops


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, zero elements with probability `p` and divide the others by `1 - p`."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    array = input._array
    drawn = random.bits(None).random(array.shape, np.float32) >= p
    scale = 0.0 if p == 1 else 1 / (1 - p)
    mask = made("dropout_mask", (drawn * scale).astype(array.dtype), p=p)
    return input.mul_(mask) if inplace else ops.apply_mask(input, mask)
