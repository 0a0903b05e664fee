"""Masks of attention: what a query may not attend to, as numbers to add to its scores."""

from __future__ import annotations

import math
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.graph.location import warn
from tracegrad.nn.functional.vision import pad
from tracegrad.ops.install import functions

ops = lifted.ops


def additive_mask(
    mask: Tensor | None, name: str, dtype: Any, *, beside: Tensor | None = None, other: str = ""
) -> Tensor | None:
    """A mask as numbers to add to scores: minus infinity where a bool one is true.

    Args:
        dtype: of those numbers; a mask of numbers keeps its own.
        beside: a mask, called `other`, that should have the same dtype.

    Raises:
        AssertionError: it has neither bools nor floating-point numbers.
    """
    if mask is None:
        return None
    of_bools = mask.dtype.name == "bool"
    if not of_bools and not mask.dtype.is_floating_point:
        raise AssertionError(
            f"only bool and floating types of {name} are supported, but got {mask.dtype}\n"
            f"  try: {name}.bool(), true where nothing is to be attended to"
        )
    if beside is not None and mask.dtype is not beside.dtype:
        warn(
            f"Support for mismatched {name} and {other} is deprecated. Use same type for both "
            "instead."
        )
    if not of_bools:
        return mask
    zeros = ops.to_dtype(ops.zeros_of(mask, shape=tuple(mask.shape)), dtype=dtype)
    return ops.masked_fill(zeros, mask, value=-math.inf)


def take_at_its_word(
    is_causal: bool, mask: Tensor | None, padding: Tensor | None, needs_mask: bool
) -> bool:
    """Whether to mask by position and not read `attn_mask`.

    PyTorch does so with `bias_k` and `add_zero_attn` too, where it hides the keys that those add.

    Raises:
        RuntimeError: the word comes without a mask.
    """
    if is_causal and mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module "
            "method `generate_square_subsequent_mask` to create this mask."
        )
    return is_causal and padding is None and not needs_mask


def bias_of_scores(
    mask: Tensor | None, padding: Tensor | None, q: Tensor, sources: int, keys: int, more: int
) -> Tensor | None:
    """What to add to the scores `(N, H, L, keys)`; nothing to those of the `more` last keys.

    Raises:
        RuntimeError, AssertionError: a mask has another shape than the scores.
    """
    batch, heads, queries, _ = q.shape
    if mask is not None:
        wanted = (queries, sources) if mask.ndim == 2 else (batch * heads, queries, sources)
        if tuple(mask.shape) != wanted:
            raise RuntimeError(
                f"The shape of the {mask.ndim}D attn_mask is {mask.shape}, but should be {wanted}."
            )
        lead = (1, 1) if mask.ndim == 2 else (batch, heads)
        mask = ops.reshape(mask, shape=(*lead, queries, sources))
        mask = pad(mask, (0, more)) if more else mask
    if padding is not None:
        padding = pad(padding, (0, more)) if more else padding
        for n, size in enumerate((batch, keys)):
            if padding.shape[n] != size:
                raise AssertionError(
                    f"Expected key_padded_mask.shape[{n}] to be {size}, but got {padding.shape[n]}"
                )
        padding = ops.reshape(padding, shape=(batch, 1, 1, keys))
    if mask is None or padding is None:
        return padding if mask is None else mask
    return mask + padding


# -- causal masks ----------------------------------------------------------------------------------


def causal_mask(size: int, device: Any = None, dtype: Any = None) -> Tensor:
    """0 up to each query's own place, minus infinity after it, `(size, size)`."""
    everywhere: Tensor = functions["full"]((size, size), -math.inf, dtype=dtype, device=device)
    masked: Tensor = ops.triu(everywhere, diagonal=1)
    return masked


def is_causal_mask(mask: Tensor | None, told: bool | None, size: int) -> bool:
    """What the caller was told; else whether the mask equals `causal_mask(size)`."""
    if told is not None or mask is None:
        return bool(told)
    if tuple(mask.shape) != (size, size):
        return False
    return bool((mask == causal_mask(size, mask.device, mask.dtype)).all())
