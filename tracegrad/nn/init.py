"""Filling parameters with their first values, in place and without recording gradients.

From equal seeds of equal generators they are PyTorch's numbers: see `backend/random.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.backend.random import Generator
from tracegrad.graph.location import warn
from tracegrad.ops.install import functions

P = ParamSpec("P")
R = TypeVar("R")

# -- filling, or not -------------------------------------------------------------------------------

_skipping: ContextVar[bool] = ContextVar("skipping", default=False)


@contextmanager
def skipped() -> Iterator[None]:
    """Inside, tensors stay as they are: neither time nor random numbers are spent on them."""
    token = _skipping.set(True)
    try:
        yield
    finally:
        _skipping.reset(token)


def _fills(function: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Mark what fills its first argument: not recorded for gradients, and skipped by `skipped`."""

    @wraps(function)
    def fill(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        if _skipping.get():
            tensor: Any = args[0] if args else kwargs["tensor"]
            return tensor
        with no_grad():
            return function(*args, **kwargs)

    return fill


# -- without a shape in mind -----------------------------------------------------------------------


@_fills
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform in [a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@_fills
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Normal with the given mean and standard deviation."""
    return tensor.normal_(mean, std, generator=generator)


@_fills
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Normal, cut off below `a` and above `b`: what lies outside is drawn again.

    Raises:
        ValueError: nothing is between them.
    """
    if a >= b:
        raise ValueError(f"trunc_normal_ needs a < b, got a={a} and b={b}")
    if mean < a - 2 * std or mean > b + 2 * std:
        warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of "
            "values may be incorrect."
        )
    inside = math.erf((b - mean) / std / math.sqrt(2)) - math.erf((a - mean) / std / math.sqrt(2))
    if inside / 2 > 0.3:
        return tensor.copy_(_redrawn(tensor, mean, std, a, b, generator))
    return tensor.copy_(_accepted(tensor, mean, std, a, b, generator))


def _redrawn(
    like: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> Tensor:
    """Normal numbers, drawn until all are between the ends: quick where most of them are."""
    low, high = like.new_tensor(a).item(), like.new_tensor(b).item()
    numbers = like.normal_(mean, std, generator=generator)
    while True:
        outside = (numbers < low) | (numbers > high)
        if not outside.any():
            return numbers
        again = functions["empty_like"](like).normal_(mean, std, generator=generator)
        numbers = functions["where"](outside, again, numbers)


def _accepted(
    like: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> Tensor:
    """Uniform numbers, each accepted with its share of the largest density between the ends."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    where = functions["where"]

    def refused(numbers: Tensor) -> Tensor:
        share = ((numbers - mean) / std) ** 2 * -0.5 - peak
        drawn = functions["empty_like"](like).uniform_(generator=generator)
        return drawn.log() > share

    numbers = like.uniform_(a, b, generator=generator)
    pending = refused(numbers)
    while pending.any():
        again = functions["empty_like"](like).uniform_(a, b, generator=generator)
        numbers = where(pending, again, numbers)
        pending = pending & refused(again)
    return numbers


@_fills
def constant_(tensor: Tensor, val: float) -> Tensor:
    """One number everywhere."""
    return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere."""
    return constant_(tensor, 1.0)


# -- by the number of inputs and outputs -----------------------------------------------------------

LINEAR = ("linear", *(f"conv{t}{n}d" for t in ("", "_transpose") for n in (1, 2, 3)), "sigmoid")
"""Names that `calculate_gain` knows as keeping the variance."""


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a layer should scale so that the nonlinearity keeps the variance.

    Args:
        param: the negative slope, of `leaky_relu`.

    Raises:
        ValueError: the name is not known, or the slope is no number.
    """
    gains = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4} | dict.fromkeys(LINEAR, 1)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return gains[nonlinearity]


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs and outputs each unit of a weight has."""
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.size(1) * field, tensor.size(0) * field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    """The one of them that `mode` names."""
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {modes}")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]


def _kaiming_deviation(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float | None:
    """The standard deviation that rectifiers keep; `None` of a tensor without elements."""
    if 0 in tensor.shape:
        warn("Initializing zero-element tensors is a no-op")
        return None
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


@_fills
def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Uniform with a variance that rectifiers keep.

    Source: He et al. 2015, "Delving deep into rectifiers", eq. 10.
    """
    deviation = _kaiming_deviation(tensor, a, mode, nonlinearity)
    if deviation is None:
        return tensor
    bound = math.sqrt(3.0) * deviation
    return tensor.uniform_(-bound, bound, generator=generator)


@_fills
def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal with a variance that rectifiers keep.

    Source: He et al. 2015, "Delving deep into rectifiers", eq. 10.
    """
    deviation = _kaiming_deviation(tensor, a, mode, nonlinearity)
    return tensor if deviation is None else tensor.normal_(0.0, deviation, generator=generator)


@_fills
def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform with a variance between what forward and backward would like.

    Source: Glorot and Bengio 2010, eq. 16.
    """
    deviation = gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))
    bound = math.sqrt(3.0) * deviation
    return tensor.uniform_(-bound, bound, generator=generator)


@_fills
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal with a variance between what forward and backward would like.

    Source: Glorot and Bengio 2010, eq. 12.
    """
    deviation = gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return tensor.normal_(0.0, deviation, generator=generator)


# -- with a structure ------------------------------------------------------------------------------


@_fills
def eye_(tensor: Tensor) -> Tensor:
    """A matrix with ones on the diagonal."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(functions["eye"](*tensor.shape, dtype=tensor.dtype))


@_fills
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The weight of a convolution that passes as many channels of each group on as it can.

    Raises:
        ValueError: the weight is none of a convolution, or has no such groups.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    outputs, inputs, *kernel = tensor.shape
    if outputs % groups:
        raise ValueError("dim 0 must be divisible by groups")
    tensor.zero_()
    middle = tuple(size // 2 for size in kernel)
    for group in range(groups):
        for channel in range(min(outputs // groups, inputs)):
            tensor[(group * (outputs // groups) + channel, channel, *middle)] = 1
    return tensor


@_fills
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Rows, or columns if they are fewer, at right angles and of length `gain`.

    Source: Saxe, McClelland and Ganguli 2014, "Exact solutions to the nonlinear dynamics".

    Raises:
        ValueError: it has fewer than 2 dimensions.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows, columns = tensor.size(0), tensor.numel() // tensor.size(0)
    drawn = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
    q, r = functions["qr"](drawn.t() if rows < columns else drawn)
    q = q * r.diagonal().sign()  # without it some orthogonal matrices would be likelier
    return tensor.copy_((q.t() if rows < columns else q).reshape(tensor.shape)).mul_(gain)


@_fills
def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Normal, but 0 in a share `sparsity` of each column's rows, drawn by the default generator.

    Source: Martens 2010, "Deep learning via Hessian-free optimization".

    Raises:
        ValueError: it is no matrix.
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[functions["randperm"](rows)[:zeros], column] = 0
    return tensor


# -- under their old names -------------------------------------------------------------------------


def _old_name(function: Callable[P, R]) -> Callable[P, R]:
    """`normal` of `normal_`, which warns."""
    new = function.__name__
    old = new.removesuffix("_")

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`.", FutureWarning)
        return function(*args, **kwargs)

    call.__name__ = call.__qualname__ = old
    return call


uniform = _old_name(uniform_)
normal = _old_name(normal_)
constant = _old_name(constant_)
eye = _old_name(eye_)
dirac = _old_name(dirac_)
xavier_uniform = _old_name(xavier_uniform_)
xavier_normal = _old_name(xavier_normal_)
kaiming_uniform = _old_name(kaiming_uniform_)
kaiming_normal = _old_name(kaiming_normal_)
orthogonal = _old_name(orthogonal_)
sparse = _old_name(sparse_)
