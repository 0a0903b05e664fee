"""Functions between layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend import random
from tracegrad.backend.device import namespace_of
from tracegrad.engine.worlds import lifted
from tracegrad.graph.location import warn
from tracegrad.nn.functional._scoped import scoped
from tracegrad.ops.create import made
from tracegrad.ops.declare import TABLE
from tracegrad.ops.inplace import apply_inplace
from tracegrad.ops.networks import prelu as prelu

ops = lifted.ops


def _activated(name: str, input: Tensor, inplace: bool, **options: Any) -> Tensor:
    """An op by name, or its in-place form."""
    if inplace:
        return apply_inplace(TABLE[name], f"{name}_", (input,), options)
    result: Tensor = TABLE[name].call(input, **options)
    return result


# -- smooth ----------------------------------------------------------------------------------------


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return ops.tanh(input)


def sigmoid(input: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))`."""
    return ops.sigmoid(input)


def logsigmoid(input: Tensor) -> Tensor:
    """`log(sigmoid(x))`."""
    return ops.logsigmoid(input)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """`x * sigmoid(x)`, also called swish."""
    return _activated("silu", input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """`x * tanh(softplus(x))`."""
    return _activated("mish", input, inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """`x` times the share of the normal distribution below it, or the `tanh` that resembles that.

    Raises:
        RuntimeError: `approximate` is neither `none` nor `tanh`.
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, got {approximate!r}")
    return ops.gelu(input, approximate=approximate)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """`log(1 + exp(beta * x)) / beta`; the identity where `beta * x` exceeds the threshold."""
    return ops.softplus(input, beta=beta, threshold=threshold)


@scoped
def softsign(input: Tensor) -> Tensor:
    """`x / (1 + |x|)`."""
    return input / (ops.abs(input) + 1)


@scoped
def tanhshrink(input: Tensor) -> Tensor:
    """`x - tanh(x)`."""
    return input - ops.tanh(input)


@scoped
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """One half of `input` along `dim` times the sigmoid of the other half.

    Raises:
        RuntimeError: there are no two halves.
    """
    if not input.ndim:
        raise RuntimeError("glu does not support 0-dimensional tensors")
    size = input.size(dim)
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {size}")
    first, second = ops.split_sections(input, sections=(size // 2, size // 2), dim=dim)
    return first * ops.sigmoid(second)


# -- made of straight lines ------------------------------------------------------------------------


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """`max(x, 0)`."""
    return _activated("relu", input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """`x` where positive, `negative_slope * x` elsewhere."""
    return _activated("leaky_relu", input, inplace, negative_slope=negative_slope)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Each element brought between `min_val` and `max_val`.

    Raises:
        ValueError: the bounds are in the wrong order.
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _activated("hardtanh", input, inplace, min_val=min_val, max_val=max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """`min(max(x, 0), 6)`."""
    return _activated("hardtanh", input, inplace, min_val=0.0, max_val=6.0)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """`x / 6 + 1 / 2`, brought between 0 and 1."""
    return _activated("hardsigmoid", input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """`x * hardsigmoid(x)`."""
    return _activated("hardswish", input, inplace)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """`x`, but 0 between `-lambd` and `lambd`."""
    return ops.hardshrink(input, lambd=lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """`x` brought nearer to 0 by `lambd`, and 0 if it is that near.

    Raises:
        RuntimeError: `lambd` is negative.
    """
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd:g}.")
    return ops.softshrink(input, lambd=lambd)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """`x` where it exceeds the threshold, `value` elsewhere."""
    return _activated("threshold", input, inplace, threshold=threshold, value=value)


@scoped
def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """`x` where positive, elsewhere `x` times a slope: in training drawn between `lower` and
    `upper`, else their mean.
    """
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    slopes = made("rrelu_slopes", _drawn_slopes(input._array, lower, upper),
                  lower=lower, upper=upper)  # fmt: skip
    if inplace:
        return apply_inplace(TABLE["rrelu_with_noise"], "rrelu_", (input, slopes), {})
    return ops.rrelu_with_noise(input, slopes)


def _drawn_slopes(array: Any, lower: float, upper: float) -> Any:
    """1 where an element is positive, else a slope of its own, drawn in the elements' order."""
    xp = namespace_of(array)
    slopes, below = xp.ones(array.shape, array.dtype), ~(array > 0)
    count = int(below.sum())
    drawn = random.default_generator.uniform(count, np.dtype(np.float64), lower, upper)
    slopes[below] = xp.asarray(drawn.astype(array.dtype))
    return slopes


# -- exponential below zero ------------------------------------------------------------------------


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere."""
    return _activated("elu", input, inplace, alpha=alpha)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`x` where positive, `alpha * (exp(x / alpha) - 1)` elsewhere.

    Raises:
        RuntimeError: `alpha` is 0.
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _activated("celu", input, inplace, alpha=alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """`elu`, scaled so that mean 0 and variance 1 stay."""
    return _activated("selu", input, inplace)


# -- softmax ---------------------------------------------------------------------------------------


def _chosen_dim(name: str, ndim: int, dim: int | None, stacklevel: int) -> int:
    """The dimension, or the one that PyTorch guesses, with its warning."""
    if dim is not None:
        return dim
    warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument."
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Exponentials along `dim` that sum to 1."""
    return ops.softmax(
        input if dtype is None else input.to(dtype),
        dim=_chosen_dim("softmax", input.ndim, dim, _stacklevel),
    )


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """`softmax(-x)`."""
    return softmax(-input, _chosen_dim("softmin", input.ndim, dim, _stacklevel), dtype=dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """The logarithm of `softmax`."""
    return ops.log_softmax(
        input if dtype is None else input.to(dtype),
        dim=_chosen_dim("log_softmax", input.ndim, dim, _stacklevel),
    )


@scoped
def gumbel_softmax(
    logits: Tensor, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A class drawn by its probability, softened by the temperature `tau`.

    With `hard` the result is 0s and a 1, and the gradient that of the soft one.
    """
    if eps != 1e-10:
        warn("`eps` parameter is deprecated and has no effect.")
    array = logits._array
    uniform = random.default_generator.uniform(array.size, np.dtype(np.float64))
    drawn = -np.log(-np.log1p(-uniform)).reshape(array.shape)
    noise = made("gumbel", namespace_of(array).asarray(drawn, dtype=array.dtype))
    soft = ops.softmax((logits + noise) * (1 / tau), dim=dim)
    if not hard:
        return soft
    index = ops.argmax(soft, dim=dim, keepdim=True)
    ones = ops.scatter_value(ops.zeros_of(soft.detach(), shape=soft.shape), index, dim=dim, value=1)
    return ones - soft.detach() + soft


# -- over the input --------------------------------------------------------------------------------


def _inplace_form(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`relu_` of `relu`."""

    def inplace(input: Tensor, *args: Any, **options: Any) -> Tensor:
        return function(input, *args, **options, inplace=True)

    inplace.__name__ = inplace.__qualname__ = f"{function.__name__}_"
    inplace.__doc__ = f"In place: {function.__doc__}"
    return inplace


relu_ = _inplace_form(relu)
leaky_relu_ = _inplace_form(leaky_relu)
hardtanh_ = _inplace_form(hardtanh)
threshold_ = _inplace_form(threshold)
rrelu_ = _inplace_form(rrelu)
elu_ = _inplace_form(elu)
celu_ = _inplace_form(celu)
selu_ = _inplace_form(selu)
