"""Filling parameters with their first values, in place and without recording gradients."""

from __future__ import annotations

import math

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.ops.install import functions


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Uniform in [a, b)."""
    return tensor.uniform_(a, b)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Normal with the given mean and standard deviation."""
    return tensor.normal_(mean, std)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """One number everywhere."""
    return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere."""
    return constant_(tensor, 1.0)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a layer should scale so that the nonlinearity keeps the variance.

    Raises:
        ValueError: the name is not known.
    """
    gains = {
        "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3,
        "relu": math.sqrt(2.0), "selu": 3.0 / 4,
        "leaky_relu": math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2)),
    }  # fmt: skip
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return gains[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs and outputs each unit of a weight has."""
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    field = tensor[0][0].numel()
    return tensor.size(1) * field, tensor.size(0) * field


@no_grad()
def kaiming_uniform_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Uniform with a variance that rectifiers keep.

    Source: He et al. 2015, "Delving deep into rectifiers", eq. 10.
    """
    if 0 in tensor.shape:
        return tensor
    fan = _fans(tensor)[0 if mode == "fan_in" else 1]
    bound = math.sqrt(3.0) * calculate_gain(nonlinearity, a) / math.sqrt(fan)
    return tensor.uniform_(-bound, bound)


@no_grad()
def kaiming_normal_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Normal with a variance that rectifiers keep.

    Source: He et al. 2015, "Delving deep into rectifiers", eq. 10.
    """
    if 0 in tensor.shape:
        return tensor
    fan = _fans(tensor)[0 if mode == "fan_in" else 1]
    return tensor.normal_(0.0, calculate_gain(nonlinearity, a) / math.sqrt(fan))


@no_grad()
def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Uniform with a variance between what forward and backward would like.

    Source: Glorot and Bengio 2010, eq. 16.
    """
    bound = gain * math.sqrt(6.0 / sum(_fans(tensor)))
    return tensor.uniform_(-bound, bound)


@no_grad()
def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Normal with a variance between what forward and backward would like.

    Source: Glorot and Bengio 2010, eq. 12.
    """
    return tensor.normal_(0.0, gain * math.sqrt(2.0 / sum(_fans(tensor))))


@no_grad()
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0
) -> Tensor:
    """Normal, cut off below `a` and above `b`.

    Raises:
        ValueError: nothing is between them.
    """
    if a >= b:
        raise ValueError(f"trunc_normal_ needs a < b, got a={a} and b={b}")

    def below(x: float) -> float:
        """The share of the normal distribution below x."""
        return (1.0 + math.erf((x - mean) / std / math.sqrt(2.0))) / 2.0

    # A uniform share between those of the ends, and back through the distribution.
    tensor.uniform_(2 * below(a) - 1, 2 * below(b) - 1)
    tensor.erfinv_().mul_(std * math.sqrt(2.0)).add_(mean)
    return tensor.clamp_(a, b)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
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
    drawn = functions["randn"](max(rows, columns), min(rows, columns), dtype=tensor.dtype)
    q, r = functions["qr"](drawn)
    q = q * r.diagonal().sign()  # without it some orthogonal matrices would be likelier
    return tensor.copy_((q.t() if rows < columns else q).reshape(tensor.shape)).mul_(gain)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """A matrix with ones on the diagonal."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(functions["eye"](*tensor.shape, dtype=tensor.dtype))
