"""Attention: averages of values, weighted by how well queries match keys."""

from __future__ import annotations

import math
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._scoped import scoped
from tracegrad.nn.functional.dropout import dropout

ops = lifted.ops


@scoped
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """`softmax(query @ key.T * scale + attn_mask) @ value`.

    Args:
        query, key, value: `(..., L, E)`, `(..., S, E)`, `(..., S, V)`.
        attn_mask: bools, true where a query may attend to a key; or numbers to add to the scores.
        dropout_p: applied whenever it is not 0, in evaluation too.
        is_causal: query `n` attends to the keys up to `n`.
        scale: `1 / sqrt(E)` by default.
        enable_gqa: each head of `key` and `value` (dimension -3) serves several of `query`.

    Raises:
        RuntimeError: shapes or dtypes don't fit, or both `attn_mask` and `is_causal` are given.
    """
    _check(query, key, value, attn_mask, is_causal)
    if enable_gqa:
        key, value = (_for_each_head(query, t) for t in (key, value))
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    # The query is scaled, not the scores: it is smaller.
    scores = ops.matmul(query * factor, ops.transpose(key, dim0=-2, dim1=-1))
    allowed = attn_mask if attn_mask is not None and attn_mask.dtype.name == "bool" else None
    added = attn_mask if allowed is None else None
    weights = ops.attention_softmax(scores, allowed, added, is_causal=is_causal)
    if dropout_p > 0:
        weights = dropout(weights, dropout_p)
    return ops.matmul(weights, value)


def _check(query: Tensor, key: Tensor, value: Tensor, mask: Any, is_causal: bool) -> None:
    if not query.dtype is key.dtype is value.dtype:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{query.dtype} key.dtype: {key.dtype} and value.dtype: {value.dtype} instead."
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be at least 2 dimensional, but got query.dim(): "
            f"{query.ndim}, key.dim(): {key.ndim} and value.dim(): {value.ndim} instead."
        )
    if mask is None:
        return
    if is_causal:
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True"
        )
    if mask.dtype.name != "bool" and mask.dtype is not query.dtype:
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
            f"attn_mask.dtype: {mask.dtype} and query.dtype: {query.dtype} instead."
        )


def _for_each_head(query: Tensor, shared: Tensor) -> Tensor:
    """Heads of keys or values, repeated so that each head of the queries has its own.

    Raises:
        RuntimeError: there are no heads, or their numbers don't divide.
    """
    if query.ndim < 3 or query.shape[-3] % shared.shape[-3]:
        raise RuntimeError(
            "Number of heads in key and value must divide the number of heads in query; got "
            f"query {list(query.shape)} and {list(shared.shape)}"
        )
    heads, repeats = shared.shape[-3], query.shape[-3] // shared.shape[-3]
    lead, rest = shared.shape[:-3], shared.shape[-2:]
    spread = ops.expand(ops.unsqueeze(shared, dim=-3), shape=(*lead, heads, repeats, *rest))
    return ops.reshape(spread, shape=(*lead, heads * repeats, *rest))
