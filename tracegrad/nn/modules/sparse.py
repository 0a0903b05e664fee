"""Vectors by number, one by one or a bag at a time."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.nn import functional as F
from tracegrad.nn import init
from tracegrad.nn.module import Module
from tracegrad.nn.parameter import Parameter
from tracegrad.ops.install import functions


class _Vectors(Module):
    """The vectors, and what the layers that look them up have in common."""

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None,
        max_norm: float | None, norm_type: float, scale_grad_by_freq: bool, sparse: bool,
        weight: Tensor | None, freeze: bool, device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError("padding_idx must be within num_embeddings")
            padding_idx %= num_embeddings
        if sparse:
            raise NotImplementedError(
                f"{type(self).__name__}(sparse=True): gradients are dense here\n  try: sparse=False"
            )
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx, self.max_norm, self.norm_type = padding_idx, max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        shape = (num_embeddings, embedding_dim)
        if weight is None:
            empty = functions["empty"](shape, device=device, dtype=dtype)
            self.weight = Parameter(empty, requires_grad=not freeze)
            self.reset_parameters()
        elif tuple(weight.shape) != shape:
            raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
        else:
            self.weight = Parameter(weight, requires_grad=not freeze)

    def reset_parameters(self) -> None:
        """Draw all vectors from the standard normal distribution; zeros for `padding_idx`."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    def _options(self, *defaults: tuple[str, Any]) -> str:
        """The sizes, and those options that are not their default."""
        sizes = f"{self.num_embeddings}, {self.embedding_dim}"
        given = [
            f"{name}={getattr(self, name)!r}"
            for name, default in defaults
            if getattr(self, name) != default
        ]
        return ", ".join([sizes, *given])


def _check_matrix(embeddings: Tensor) -> None:
    if embeddings.dim() != 2:
        raise AssertionError("Embeddings parameter is expected to be 2-dimensional")


class Embedding(_Vectors):
    """A learnt vector for each of `num_embeddings` numbers.

    Args:
        padding_idx: a number whose vector stays as it is: zeros at first, and no gradient.
        max_norm: vectors that are longer are shortened to this when they are used.

    Shapes: input `(...)` of integers, output `(..., embedding_dim)`.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq,
            sparse, _weight, _freeze, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.sparse,
        )  # fmt: skip

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """The rows of a matrix as vectors, which training leaves alone unless `freeze=False`."""
        _check_matrix(embeddings)
        return cls(
            embeddings.size(0), embeddings.size(1), padding_idx, max_norm, norm_type,
            scale_grad_by_freq, sparse, _weight=embeddings, _freeze=freeze,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return self._options(
            ("padding_idx", None), ("max_norm", None), ("norm_type", 2.0),
            ("scale_grad_by_freq", False),
        )  # fmt: skip


class EmbeddingBag(_Vectors):
    """The sum, mean or maximum of the learnt vectors of each bag of numbers.

    Args:
        max_norm: vectors that are longer are shortened to this when they are used.
        scale_grad_by_freq: divide a vector's gradient by how often it was looked up.
        mode: `"sum"`, `"mean"` or `"max"`.
        include_last_offset: `offsets` ends with the number of all inputs.
        padding_idx: a number that counts for nothing, and whose vector gets no gradient.

    Shapes: input `(bags, length)` of integers; or `(inputs,)`, with `offsets` `(bags,)` where each
        bag starts. Output `(bags, embedding_dim)`, zeros for an empty bag.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq,
            sparse, _weight, False, device, dtype,
        )  # fmt: skip
        self.mode, self.include_last_offset = mode, include_last_offset

    def forward(
        self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None
    ) -> Tensor:
        """One vector for each bag; `per_sample_weights` are factors, for `mode="sum"` only."""
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """The rows of a matrix as vectors, which training leaves alone unless `freeze=False`."""
        _check_matrix(embeddings)
        bag = cls(
            embeddings.size(0), embeddings.size(1), max_norm, norm_type, scale_grad_by_freq, mode,
            sparse, embeddings, include_last_offset, padding_idx,
        )  # fmt: skip
        bag.weight.requires_grad_(not freeze)
        return bag

    def extra_repr(self) -> str:
        return self._options(
            ("max_norm", None), ("norm_type", 2.0), ("scale_grad_by_freq", False), ("mode", None),
            ("padding_idx", None),
        )  # fmt: skip
