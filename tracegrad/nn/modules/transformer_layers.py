"""Layers of the Transformer: attention, then a feed-forward step, each around a shortcut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F
from tracegrad.nn.functional.attention_mask import additive_mask
from tracegrad.nn.module import Module
from tracegrad.nn.modules.attention import MultiheadAttention
from tracegrad.nn.modules.dropout import Dropout
from tracegrad.nn.modules.linear import Linear
from tracegrad.nn.modules.normalization import LayerNorm

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}


def _activation(given: str | Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A function, or the one of that name.

    Raises:
        RuntimeError: there is none of that name.
    """
    if not isinstance(given, str):
        return given
    if given not in ACTIVATIONS:
        raise RuntimeError(
            f"activation should be relu/gelu, not {given}\n  try: the function itself"
        )
    return ACTIVATIONS[given]


class _Layer(Module):
    """What both kinds of layers have in common: the feed-forward step and self-attention."""

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def _self_attention(
        self, x: Tensor, mask: Tensor | None, padding: Tensor | None, causal: bool
    ) -> Tensor:
        return self.dropout1(_found(self.self_attn, x, x, mask, padding, causal))

    def _added(self, x: Tensor, norm: Module, step: Callable[[Tensor], Tensor]) -> Tensor:
        """A step beside a shortcut, and its norm: before the step, or after the sum."""
        return x + step(norm(x)) if self.norm_first else norm(x + step(x))


def _found(
    attention: Module, x: Tensor, memory: Tensor, mask: Any, padding: Any, causal: bool
) -> Tensor:
    found: Tensor = attention(
        x, memory, memory, attn_mask=mask, key_padding_mask=padding, need_weights=False,
        is_causal=causal,
    )[0]  # fmt: skip
    return found


class TransformerEncoderLayer(_Layer):
    """Self-attention and a feed-forward step.

    Args:
        d_model, nhead: features of every element, and heads that share them.
        dim_feedforward: width inside of the feed-forward step.
        activation: `"relu"`, `"gelu"` or any function.
        norm_first: normalise before each step instead of after it.
        bias: projections, feed-forward step and norms have biases.

    Shapes: `(S, N, d_model)`, or `(N, S, d_model)` with `batch_first`, or `(S, d_model)`.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        kind = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout=dropout, batch_first=batch_first, **kind
        )
        self.linear1 = Linear(d_model, dim_feedforward, **kind)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **kind)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, **kind)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, **kind)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = _activation(activation)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The layer on sequences. Masks are those of `MultiheadAttention`."""
        padding = additive_mask(
            src_key_padding_mask, "src_key_padding_mask", src.dtype,
            beside=src_mask, other="src_mask",
        )  # fmt: skip
        mask = additive_mask(src_mask, "src_mask", src.dtype)
        x = self._added(
            src, self.norm1, lambda y: self._self_attention(y, mask, padding, is_causal)
        )
        return self._added(x, self.norm2, lambda y: self.dropout2(self._feed_forward(y)))


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to an encoder's memory, and a feed-forward step.

    Arguments and shapes are those of `TransformerEncoderLayer`; memory is `(S, N, d_model)`.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        kind = {"bias": bias, "device": device, "dtype": dtype}
        for name in ("self_attn", "multihead_attn"):
            attention = MultiheadAttention(
                d_model, nhead, dropout=dropout, batch_first=batch_first, **kind
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, **kind)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **kind)
        self.norm_first = norm_first
        for name in ("norm1", "norm2", "norm3"):
            setattr(self, name, LayerNorm(d_model, layer_norm_eps, **kind))
        for name in ("dropout1", "dropout2", "dropout3"):
            setattr(self, name, Dropout(dropout))
        self.activation = _activation(activation)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The layer on sequences and a memory. Masks are those of `MultiheadAttention`."""

        def remembered(y: Tensor) -> Tensor:
            found = _found(
                self.multihead_attn, y, memory, memory_mask, memory_key_padding_mask,
                memory_is_causal,
            )  # fmt: skip
            return self.dropout2(found)

        x = self._added(
            tgt, self.norm1,
            lambda y: self._self_attention(y, tgt_mask, tgt_key_padding_mask, tgt_is_causal),
        )  # fmt: skip
        x = self._added(x, self.norm2, remembered)
        return self._added(x, self.norm3, lambda y: self.dropout3(self._feed_forward(y)))
