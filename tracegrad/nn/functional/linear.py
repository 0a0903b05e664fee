"""Layers that are a product with weights."""

from __future__ import annotations

import math

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._scoped import scoped

ops = lifted.ops


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`."""
    return ops.linear(input, weight, bias)


@scoped
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input1 @ weight[k] @ input2 + bias[k]` for each output `k`.

    Shapes: inputs `(..., M)` and `(..., N)`, weight `(K, M, N)`, bias `(K,)`; gives `(..., K)`.

    Raises:
        RuntimeError: the shapes don't fit.
    """
    if input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            "bilinear(): input batch dimensions do not match: got "
            f"{list(input1.shape[:-1])} and {list(input2.shape[:-1])}"
        )
    for n, x in ((1, input1), (2, input2)):
        if x.shape[-1] != weight.shape[n]:
            raise RuntimeError(
                f"bilinear(): input{n} size does not match weight size: got {x.shape[-1]} but "
                f"expected {weight.shape[n]}"
            )
    outputs, first, second = weight.shape
    lead = input1.shape[:-1]
    rows = math.prod(lead)
    x1, x2 = ops.reshape(input1, shape=(rows, first)), ops.reshape(input2, shape=(rows, second))
    # (R, M) @ (M, K N), then the product with each row of the other input.
    flat = ops.reshape(ops.permute(weight, dims=(1, 0, 2)), shape=(first, outputs * second))
    halfway = ops.reshape(ops.matmul(x1, flat), shape=(x1.shape[0], outputs, second))
    found = ops.squeeze(ops.matmul(halfway, ops.unsqueeze(x2, dim=-1)), dim=-1)
    found = ops.reshape(found, shape=(*lead, outputs))
    return found if bias is None else found + bias
