"""Attention of several heads, with the projections that it learns."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F
from tracegrad.nn import init
from tracegrad.nn.module import Module
from tracegrad.nn.modules.linear import NonDynamicallyQuantizableLinear
from tracegrad.nn.parameter import Parameter
from tracegrad.ops.install import functions


class MultiheadAttention(Module):
    """Queries attend to keys in `num_heads` subspaces at once, and gather the values there.

    Args:
        dropout: probability of leaving out a weight in training.
        bias: the four projections have biases.
        add_bias_kv: one more key and value that are learnt.
        add_zero_attn: one more key and value of zeros.
        kdim, vdim: features of keys and values; `embed_dim` by default.
        batch_first: sequences are `(N, L, E)`, else `(L, N, E)`. Unbatched ones are `(L, E)`.

    Shapes: query `(L, N, embed_dim)`, key `(S, N, kdim)`, value `(S, N, vdim)`; gives
        `(L, N, embed_dim)` and weights `(N, L, S)`.

    Raises:
        ValueError: `embed_dim` or `num_heads` is not positive.
        AssertionError: `num_heads` does not divide `embed_dim`.

    Source: Vaswani et al. 2017, "Attention is all you need", section 3.2.2.
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                "embed_dim and num_heads must be greater than 0, got "
                f"embed_dim={embed_dim} and num_heads={num_heads} instead"
            )
        self.embed_dim, self.num_heads = embed_dim, num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.dropout, self.batch_first = dropout, batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError(
                f"embed_dim must be divisible by num_heads, got {embed_dim} and {num_heads}"
            )
        kind = {"device": device, "dtype": dtype}

        def register(name: str, *shape: int, wanted: bool) -> None:
            value = Parameter(functions["empty"](shape, **kind)) if wanted else None
            self.register_parameter(name, value)

        separate = not self._qkv_same_embed_dim
        register("q_proj_weight", embed_dim, embed_dim, wanted=separate)
        register("k_proj_weight", embed_dim, self.kdim, wanted=separate)
        register("v_proj_weight", embed_dim, self.vdim, wanted=separate)
        register("in_proj_weight", 3 * embed_dim, embed_dim, wanted=not separate)
        register("in_proj_bias", 3 * embed_dim, wanted=bias)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, **kind)
        register("bias_k", 1, 1, embed_dim, wanted=add_bias_kv)
        register("bias_v", 1, 1, embed_dim, wanted=add_bias_kv)
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Projections uniform as Glorot's, biases 0, the learnt key and value normal."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if getattr(self, name) is not None:
                init.xavier_uniform_(getattr(self, name))
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend. Masks are true where a query may *not* attend to a key, or numbers to add.

        A query that may attend to nothing gets NaN with `need_weights` and zeros without, as in
        PyTorch outside of its fast path.

        Args:
            key_padding_mask: keys to ignore, `(N, S)`.
            need_weights: return the weights too. Without them it is faster.
            attn_mask: `(L, S)` or `(N * num_heads, L, S)`.
            average_attn_weights: average the weights over the heads.
            is_causal: `attn_mask` is the causal one, which then need not be read.
        """
        return F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads,
            self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn,
            self.dropout, self.out_proj.weight, self.out_proj.bias,
            training=self.training, key_padding_mask=key_padding_mask, need_weights=need_weights,
            attn_mask=attn_mask, use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight, k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight, average_attn_weights=average_attn_weights,
            is_causal=is_causal, batch_first=self.batch_first,
        )  # fmt: skip
