"""Functions between layers."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted

ops = lifted.ops


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """`max(x, 0)`."""
    return input.relu_() if inplace else ops.relu(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return ops.tanh(input)


def sigmoid(input: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))`."""
    return ops.sigmoid(input)


def silu(input: Tensor) -> Tensor:
    """`x * sigmoid(x)`."""
    return ops.silu(input)


def logsigmoid(input: Tensor) -> Tensor:
    """`log(sigmoid(x))`."""
    return ops.logsigmoid(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`x` where positive, `negative_slope * x` elsewhere."""
    return ops.leaky_relu(input, negative_slope=negative_slope)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere."""
    return ops.elu(input, alpha=alpha)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """`log(1 + exp(beta * x)) / beta`."""
    return ops.softplus(input, beta=beta, threshold=threshold)


def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Exponentials along `dim` that sum to 1."""
    return ops.softmax(input if dtype is None else input.to(dtype), dim=dim)


def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`."""
    return ops.log_softmax(input if dtype is None else input.to(dtype), dim=dim)
