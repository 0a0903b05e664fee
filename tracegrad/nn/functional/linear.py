"""Layers that are a product with weights."""

from __future__ import annotations

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted

ops = lifted.ops


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`."""
    return ops.linear(input, weight, bias)
