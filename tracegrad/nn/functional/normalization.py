"""Normalisation: numbers of a common size, whatever the layers before made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._scoped import scoped
from tracegrad.ops.overloads import norm

ops = lifted.ops

# -- over the last dimensions ----------------------------------------------------------------------


def _checked_shape(
    input: Tensor, normalized_shape: Any, weight: Any, bias: Any = None
) -> tuple[int, ...]:
    """The last dimensions as a tuple.

    Raises:
        RuntimeError: they are not the input's, or the weight or the bias has another shape.
    """
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []"
        )
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tuple(tensor.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(tensor.shape)} and normalized_shape = {list(shape)}"
            )
    if tuple(input.shape[input.ndim - len(shape) :]) != shape or len(shape) > input.ndim:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape "
            f"[*, {', '.join(map(str, shape))}], but got input of size{list(input.shape)}"
        )
    return shape


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Mean 0 and variance 1 over the last dimensions, times `weight`, plus `bias`.

    Raises:
        RuntimeError: `normalized_shape` is not that of the last dimensions.
    """
    shape = _checked_shape(input, normalized_shape, weight, bias)
    return ops.layer_norm(input, weight, bias, normalized_shape=shape, eps=eps)


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Mean square 1 over the last dimensions, times `weight`; `eps` is that of the dtype.

    Raises:
        RuntimeError: `normalized_shape` is not that of the last dimensions.
    """
    shape = _checked_shape(input, normalized_shape, weight)
    smallest = dtypes.finfo(input.dtype).eps if eps is None else eps
    return ops.rms_norm(input, weight, normalized_shape=shape, eps=smallest)


# -- over channels ---------------------------------------------------------------------------------


def _check_channels(input: Tensor, **others: Tensor | None) -> None:
    """One number for each channel.

    Raises:
        RuntimeError: there are more, or fewer.
    """
    for name, tensor in others.items():
        if tensor is not None and tensor.numel() != input.shape[1]:
            raise RuntimeError(
                f"{name} should contain {input.shape[1]} elements not {tensor.numel()}"
            )


def _update(running: Tensor | None, batch: Tensor, momentum: float) -> None:
    """A moving average, one step on, in place."""
    if running is not None:
        running.mul_(1 - momentum).add_(batch.to(running.dtype), alpha=momentum)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Mean 0 and variance 1 for each channel of `(N, C, *)`, times `weight`, plus `bias`.

    In training by the batch's statistics, which the running ones follow in place (the variance with
    one degree of freedom less); else by the running ones.

    Raises:
        ValueError: in training, there is one value for a channel, or `eps` is not positive.
        RuntimeError: outside of training, there are no running statistics; or shapes don't fit.
    """
    if training and math.prod([input.shape[0], *input.shape[2:]]) == 1:
        raise ValueError(
            "Expected more than 1 value per channel when training, got input size "
            f"torch.Size({list(input.shape)})\n"
            "  try: drop_last=True in the loader, if it was the last batch; or .eval()"
        )
    if eps < 0 or (training and eps == 0):
        needed = "positive during training" if training else "non-negative"
        raise ValueError(f"batch_norm eps must be {needed}, but got {eps}")
    _check_channels(
        input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError(
                "Expected running_mean and running_var to be defined when training=False"
            )
        return ops.batch_norm(input, weight, bias, running_mean, running_var, eps=eps, frozen=True)
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if running_mean is None:
        return ops.batch_norm(input, weight, bias, eps=eps)
    with no_grad():
        mean, variance = ops.batch_statistics(input)
        if input.numel():  # of an empty batch there is nothing to learn
            count = input.numel() // input.shape[1]
            _update(running_mean, mean, momentum)
            _update(running_var, variance * (count / (count - 1)), momentum)
    return ops.batch_norm(input, weight, bias, mean, variance, eps=eps)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Mean 0 and variance 1 for each channel of each sample, times `weight`, plus `bias`.

    Raises:
        ValueError: a channel has one value.
        RuntimeError: there are no statistics to use; or shapes don't fit.
    """
    if input.ndim < 2:
        raise RuntimeError(f"instance_norm expects (N, C, *), got a {input.ndim}-D input")
    _check_channels(
        input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise RuntimeError(
                "Expected running_mean and running_var to be defined when use_input_stats is false"
            )
        return ops.batch_norm(input, weight, bias, running_mean, running_var, eps=eps, frozen=True)
    length = math.prod(input.shape[2:])
    if length == 1:
        raise ValueError(
            "Expected more than 1 spatial element when training, got input size "
            f"torch.Size({list(input.shape)})"
        )
    if (running_mean is not None or running_var is not None) and length:
        with no_grad():
            batch, channels = input.shape[:2]
            flat = ops.reshape(input, shape=(1, batch * channels, length))
            mean, variance = (
                ops.mean(ops.reshape(s, shape=(batch, channels)), dim=0)
                for s in ops.batch_statistics(flat)
            )
            _update(running_mean, mean, momentum)
            _update(running_var, variance * (length / max(length - 1, 1)), momentum)
    return ops.instance_norm(input, weight, bias, eps=eps)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Mean 0 and variance 1 for each group of channels of each sample, times `weight`, plus `bias`.

    Raises:
        ValueError: a group has one value.
        RuntimeError: the channels cannot be divided into so many groups; or shapes don't fit.
    """
    if input.ndim < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.ndim}"
        )
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    batch, channels = input.shape[:2]
    if math.prod([batch * channels // num_groups, *input.shape[2:]]) == 1:
        raise ValueError(
            "Expected more than 1 value per channel when training, got input size "
            f"{[batch * channels // num_groups, num_groups, *input.shape[2:]]}"
        )
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tuple(tensor.shape) != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {list(tensor.shape)} and input of shape "
                f"{list(input.shape)}"
            )
    return ops.group_norm(input, weight, bias, groups=num_groups, eps=eps)


@scoped
def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Each element by `(k + alpha * mean of squares) ** beta` over `size` channels around it.

    Source: Krizhevsky, Sutskever and Hinton 2012, section 3.3.

    Raises:
        ValueError: the input has fewer than three dimensions.
    """
    if input.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)"
        )
    if not input.numel():
        return input
    squares = input * input
    channels = input.shape[1]
    edges = [(input.shape[0], n, *input.shape[2:]) for n in (size // 2, (size - 1) // 2)]
    before, after = (ops.zeros_of(squares, shape=edge) for edge in edges)
    padded = ops.cat([before, squares, after], dim=1)
    total = ops.narrow(padded, dim=1, start=0, length=channels)
    for start in range(1, size):
        total = total + ops.narrow(padded, dim=1, start=start, length=channels)
    return input / ops.pow(total * (alpha / size) + k, beta)


# -- to length 1 -----------------------------------------------------------------------------------


@scoped
def normalize(
    input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Vectors along `dim` divided by their norm of order `p`, which counts as `eps` at least.

    Raises:
        NotImplementedError: `out` is given.
    """
    if out is not None:
        raise NotImplementedError("normalize(out=...) is not supported\n  try: out.copy_(...)")
    return input / ops.clamp(norm(input, p, dim, keepdim=True), min=eps)
