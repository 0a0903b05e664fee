"""The Transformer: stacks of layers that attend, then feed forward."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F
from tracegrad.nn import init
from tracegrad.nn.functional.attention_mask import additive_mask, causal_mask, is_causal_mask
from tracegrad.nn.module import Module
from tracegrad.nn.modules.container import ModuleList
from tracegrad.nn.modules.normalization import LayerNorm
from tracegrad.nn.modules.transformer_layers import (
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)


def _copies(module: Module, count: int) -> ModuleList:
    """Copies that start from the same weights, as in PyTorch."""
    return ModuleList([copy.deepcopy(module) for _ in range(count)])


def _length(x: Tensor, first_layer: Module) -> int:
    """How many elements a sequence has: of `(L, E)`, `(N, L, E)` or `(L, N, E)`."""
    batch_first = x.ndim == 3 and first_layer.self_attn.batch_first
    return int(x.shape[1 if batch_first else 0])


class TransformerEncoder(Module):
    """`num_layers` copies of a layer, one after the other, then `norm` if there is one.

    All layers start from the weights of `encoder_layer`.

    Args:
        enable_nested_tensor, mask_check: accepted, and without effect. PyTorch, in evaluation and
            without gradients, skips padded positions with nested tensors and leaves zeros there;
            here, as in its training, they are computed like all others.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Encode; whether `mask` is causal is found out unless `is_causal` tells."""
        padding = additive_mask(
            src_key_padding_mask, "src_key_padding_mask", src.dtype, beside=mask, other="mask"
        )
        mask = additive_mask(mask, "mask", src.dtype)
        causal = is_causal_mask(mask, is_causal, _length(src, self.layers[0]))
        output = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, src_key_padding_mask=padding, is_causal=causal)
        return output if self.norm is None else self.norm(output)


class TransformerDecoder(Module):
    """`num_layers` copies of a layer, one after the other, then `norm` if there is one.

    All layers start from the weights of `decoder_layer`.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Decode; whether `tgt_mask` is causal is found out unless `tgt_is_causal` tells."""
        causal = is_causal_mask(tgt_mask, tgt_is_causal, _length(tgt, self.layers[0]))
        output = tgt
        for layer in self.layers:
            output = layer(
                output, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal, memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return output if self.norm is None else self.norm(output)


class Transformer(Module):
    """An encoder of sources, and a decoder of targets that attends to what it made of them.

    Args:
        d_model, nhead: features of every element, and heads that share them.
        dim_feedforward: width inside of a feed-forward step.
        activation: `"relu"`, `"gelu"` or any function.
        custom_encoder, custom_decoder: in place of ours.
        norm_first: normalise before each step instead of after it.
        bias: projections, feed-forward steps and norms have biases.

    Shapes: `src` `(S, N, E)`, `tgt` `(T, N, E)`, result `(T, N, E)`; `(N, S, E)` and so on with
        `batch_first`; all without `N` if unbatched.

    Raises:
        RuntimeError: sizes of batches or numbers of features differ.

    Source: Vaswani et al. 2017, "Attention is all you need".
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        each = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
                norm_first, bias, device, dtype)  # fmt: skip

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)

        if custom_encoder is None:
            encoder = TransformerEncoderLayer(*each)
            custom_encoder = TransformerEncoder(encoder, num_encoder_layers, norm())
        self.encoder = custom_encoder
        if custom_decoder is None:
            decoder = TransformerDecoderLayer(*each)
            custom_decoder = TransformerDecoder(decoder, num_decoder_layers, norm())
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        """Every matrix anew, uniform as Glorot's; so layers don't stay equal."""
        for parameter in self.parameters():
            if parameter.dim() > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Encode `src`, then decode `tgt`. Masks are those of `MultiheadAttention`."""
        batches = 0 if self.batch_first else 1
        if src.ndim == 3 and src.size(batches) != tgt.size(batches):
            raise RuntimeError(
                "the batch number of src and tgt must be equal, got "
                f"{src.size(batches)} and {tgt.size(batches)}"
            )
        if not src.size(-1) == tgt.size(-1) == self.d_model:
            raise RuntimeError(
                "the feature number of src and tgt must be equal to d_model, got "
                f"{src.size(-1)} and {tgt.size(-1)} for d_model={self.d_model}"
            )
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        found: Tensor = self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal,
        )  # fmt: skip
        return found

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """0 up to each query's own place, minus infinity after it."""
        return causal_mask(sz, device, dtype)
