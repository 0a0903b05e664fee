"""Attention of several heads between projections: what `nn.MultiheadAttention` computes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._scoped import scoped
from tracegrad.nn.functional.activation import softmax
from tracegrad.nn.functional.attention import scaled_dot_product_attention
from tracegrad.nn.functional.attention_mask import (
    additive_mask,
    bias_of_scores,
    take_at_its_word,
)
from tracegrad.nn.functional.dropout import dropout
from tracegrad.nn.functional.linear import linear

ops = lifted.ops

INTO_HEADS = {True: (0, 2, 1, 3), False: (1, 2, 0, 3)}
"""Where `(N, H, L, D)` finds its dimensions in a projection that is split in heads: `(N, L, H, D)`
with the batch first, else `(L, N, H, D)`.
"""

OUT_OF_HEADS = (2, 0, 1, 3)
"""The way back to `(L, N, heads, size)`."""


@scoped
def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    *,
    batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Project to heads, attend in each, project back.

    Args:
        query, key, value: `(L, N, E)`, `(S, N, kdim)`, `(S, N, vdim)`, or all without `N`.
        embed_dim_to_check: what `E` must be.
        in_proj_weight: the three projections one below the other, `(3 E, E)`; with
            `use_separate_proj_weight` they are `q_proj_weight`, `k_proj_weight`, `v_proj_weight`.
        bias_k, bias_v: one more key and value, `(1, 1, E)`.
        add_zero_attn: one more key and value of zeros.
        key_padding_mask: `(N, S)`, true for keys to be ignored, or numbers to add to their scores.
        attn_mask: `(L, S)` or `(N * num_heads, L, S)`, true where a query may *not* attend to a
            key (the opposite of `scaled_dot_product_attention`), or numbers to add.
        static_k, static_v: `(N * num_heads, S, E / num_heads)` in place of projected ones.
        average_attn_weights: weights averaged over heads; else one matrix for each.
        is_causal: `attn_mask` is the causal one. It may be taken at this word and not be read.
        batch_first: sequences are `(N, L, E)`. (PyTorch has this in its module only.)

    Returns:
        `(L, N, E)`, and with `need_weights` the weights, `(N, L, S)` or `(N, num_heads, L, S)`.

    Raises:
        AssertionError: numbers of dimensions or sizes don't fit.
        RuntimeError: a mask does not fit, or `is_causal` comes without one.
    """
    batched = _check_dimensions(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        batch_first = False
        query, key, value = _each_once(lambda t: ops.unsqueeze(t, dim=1), query, key, value)
        if key_padding_mask is not None:
            key_padding_mask = ops.unsqueeze(key_padding_mask, dim=0)
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    _check_batches(query, key, dim=0 if batch_first else 1)
    _check_pair(bias_k, bias_v)
    padding = additive_mask(
        key_padding_mask, "key_padding_mask", query.dtype, beside=attn_mask, other="attn_mask"
    )
    more = (bias_k is not None) + add_zero_attn
    causal = take_at_its_word(is_causal, attn_mask, padding, need_weights or more > 0)
    mask = None if causal else additive_mask(attn_mask, "attn_mask", query.dtype)

    weights: Any = in_proj_weight
    if use_separate_proj_weight:
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
    parts = _projected(query, key, value, weights, in_proj_bias, num_heads)
    q, k, v = (ops.permute(part, dims=INTO_HEADS[batch_first]) for part in parts)
    sources = k.shape[2]
    k = _remembered(k, static_k, bias_k, add_zero_attn, "key")
    v = _remembered(v, static_v, bias_v, add_zero_attn, "value")
    bias = bias_of_scores(mask, padding, q, sources, k.shape[2], more)

    found, attention = _attended(
        q, k, v, bias, dropout_p if training else 0.0, causal, need_weights
    )
    # Steps first in memory, whatever is first in shape: PyTorch's layers do it so, and in the order
    # of memory the dropout after them draws its mask.
    found = ops.permute(found, dims=OUT_OF_HEADS)
    found = ops.reshape(found, shape=(*found.shape[:2], embed_dim_to_check))
    found = linear(found, out_proj_weight, out_proj_bias)
    if batch_first:
        found = ops.transpose(found, dim0=0, dim1=1)
    if attention is not None and average_attn_weights:
        attention = ops.mean(attention, dim=1)
    if not batched:
        found = ops.squeeze(found, dim=1)
        attention = None if attention is None else ops.squeeze(attention, dim=0)
    return found, attention


def _attended(
    q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, dropout_p: float, causal: bool,
    need_weights: bool,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """What each head finds, `(N, H, L, D)`, and the weights that it finds it with."""
    if not need_weights:
        return scaled_dot_product_attention(q, k, v, bias, dropout_p, causal), None
    scores = ops.matmul(q * math.sqrt(1 / q.shape[-1]), ops.transpose(k, dim0=-2, dim1=-1))
    attention = softmax(scores if bias is None else scores + bias, dim=-1)
    if dropout_p > 0:
        attention = dropout(attention, dropout_p)
    return ops.matmul(attention, v), attention


# -- projections -----------------------------------------------------------------------------------


def _each_once(change: Callable[[Tensor], Tensor], *tensors: Tensor) -> list[Tensor]:
    """Each tensor changed; one that comes twice stays one, which is projected at once."""
    made = {id(t): change(t) for t in tensors}
    return [made[id(t)] for t in tensors]


def _projected(
    query: Tensor, key: Tensor, value: Tensor, weights: Any, bias: Tensor | None, heads: int
) -> list[Tensor]:
    """Query, key and value projected and split in heads, each `(..., heads, size)`.

    With weights in one piece, a tensor that stands for several is projected by one product.
    """
    groups = [(query, 1), (key, 1), (value, 1)]
    if not isinstance(weights, tuple):
        if key is value:
            groups = [(query, 3)] if query is key else [(query, 1), (key, 2)]
        weights = _in_rows(weights, [count for _, count in groups])
    biases = [None] * 3 if bias is None else _in_rows(bias, [count for _, count in groups])
    found: list[Tensor] = []
    for (x, count), weight, offset in zip(groups, weights, biases, strict=False):
        y = linear(x, weight, offset)
        if count == 1:
            found.append(ops.reshape(y, shape=(*y.shape[:-1], heads, -1)))
        else:
            found += ops.unbind(ops.reshape(y, shape=(*y.shape[:-1], count, heads, -1)), dim=-3)
    return found


def _in_rows(packed: Tensor, counts: list[int]) -> Sequence[Tensor]:
    """Three weights or biases, one below the other, cut after so many of them."""
    if len(counts) == 1:
        return [packed]
    size = packed.shape[0] // 3
    found: Sequence[Tensor] = ops.split_sections(
        packed, sections=tuple(size * count for count in counts), dim=0
    )
    return found


def _remembered(
    projected: Tensor, static: Tensor | None, bias: Tensor | None, zeros: bool, name: str
) -> Tensor:
    """Keys or values `(N, H, S, D)`: projected or given, and those that are added to them.

    Raises:
        AssertionError: what is given does not fit, or is to be added to.
    """
    batch, heads, _, size = projected.shape
    if static is not None:
        if bias is not None:
            raise AssertionError(f"bias cannot be added to static {name}.")
        for dim, wanted in ((0, batch * heads), (2, size)):
            if static.shape[dim] != wanted:
                raise AssertionError(
                    f"expecting static_{name[0]}.size({dim}) of {wanted}, but got "
                    f"{static.shape[dim]}"
                )
        projected = ops.reshape(static, shape=(batch, heads, -1, size))
    more = [] if bias is None else [ops.reshape(bias, shape=(1, heads, 1, size))]
    if zeros:
        more.append(ops.zeros_of(projected, shape=(1, heads, 1, size)))
    if not more:
        return projected
    repeated = [ops.expand(t, shape=(batch, heads, 1, size)) for t in more]
    return ops.cat([projected, *repeated], dim=2)


# -- shapes ----------------------------------------------------------------------------------------


def _check_dimensions(
    query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None, mask: Tensor | None,
    heads: int,
) -> bool:  # fmt: skip
    """Whether there is a dimension of batches.

    Raises:
        AssertionError: the numbers of dimensions don't go together.
    """
    if query.ndim not in (2, 3):
        raise AssertionError(
            "query should be unbatched 2D or batched 3D tensor but received "
            f"{query.ndim}-D query tensor"
        )
    batched = query.ndim == 3
    kind = f"{'batched' if batched else 'unbatched'} ({query.ndim}-D)"
    if key.ndim != query.ndim or value.ndim != query.ndim:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {query.ndim}-D but found "
            f"{key.ndim}-D and {value.ndim}-D tensors respectively"
        )
    if padding is not None and padding.ndim != query.ndim - 1:
        raise AssertionError(
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {query.ndim - 1}-D "
            f"but found {padding.ndim}-D tensor instead"
        )
    if mask is not None and mask.ndim not in (2, 3):
        raise AssertionError(
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found "
            f"{mask.ndim}-D tensor instead"
        )
    if mask is not None and mask.ndim == 3 and not batched:
        wanted = (heads, query.shape[0], key.shape[0])
        if tuple(mask.shape) != wanted:
            raise AssertionError(
                f"Expected `attn_mask` shape to be {wanted} but got {tuple(mask.shape)}"
            )
    return batched


def _check_sizes(
    query: Tensor, key: Tensor, value: Tensor, embed_dim: int, heads: int, separate: bool
) -> None:
    if query.shape[-1] != embed_dim:
        raise AssertionError(
            f"was expecting embedding dimension of {embed_dim}, but got {query.shape[-1]}"
        )
    if embed_dim % heads:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {heads}")
    if separate:
        if key.shape[:2] != value.shape[:2]:
            raise AssertionError(
                f"key's sequence and batch dims {key.shape[:2]} do not match value's "
                f"{value.shape[:2]}"
            )
    elif key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")


def _check_pair(bias_k: Tensor | None, bias_v: Tensor | None) -> None:
    for name, bias, missing, other in (("k", bias_k, "v", bias_v), ("v", bias_v, "k", bias_k)):
        if bias is not None and other is None:
            raise AssertionError(f"bias_{name} is set but bias_{missing} is None")


def _check_batches(query: Tensor, key: Tensor, dim: int) -> None:
    """Refuse to broadcast one batch to another, as attention itself would.

    Raises:
        RuntimeError: the batches differ.
    """
    if query.shape[dim] != key.shape[dim]:
        raise RuntimeError(
            f"expected query and key of one batch size, but got {query.shape[dim]} and "
            f"{key.shape[dim]} (dimension {dim} of {list(query.shape)} and {list(key.shape)})"
        )
