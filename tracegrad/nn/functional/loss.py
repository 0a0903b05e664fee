"""What training makes small: losses of numbers and of probabilities."""

from __future__ import annotations

import math

from numpy import broadcast_shapes

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.engine.worlds import lifted
from tracegrad.graph.location import warn
from tracegrad.nn.functional._reduction import (
    check_same_shape,
    check_tensors,
    chosen,
    reduced,
)
from tracegrad.nn.functional._scoped import scoped

ops = lifted.ops

# -- of numbers ------------------------------------------------------------------------------------


def _weighted(name: str, losses: Tensor, weight: Tensor) -> Tensor:
    """Losses times weights of their shape.

    Raises:
        ValueError: the weights have another shape.
    """
    if weight.shape != losses.shape:
        raise ValueError(f"{name}: Weights and input must have the same size.")
    return losses * weight


def _weighted_mean(losses: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """Weighted losses reduced; a mean is divided by the sum of the weights."""
    if reduction == "mean":
        return ops.sum(losses) / ops.sum(weight)
    return reduced(losses, reduction)


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared difference of two tensors.

    Raises:
        ValueError: their shapes differ. (PyTorch warns and broadcasts, which is hardly ever meant.)
    """
    reduction = chosen(reduction, size_average, reduce)
    check_same_shape("mse_loss", input, target)
    if weight is None:
        return ops.mse_loss(input, target, reduction=reduction)
    losses = _weighted("mse_loss", ops.mse_loss(input, target, reduction="none"), weight)
    return _weighted_mean(losses, weight, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute difference of two tensors of one shape."""
    reduction = chosen(reduction, size_average, reduce)
    check_same_shape("l1_loss", input, target)
    if weight is None:
        return ops.l1_loss(input, target, reduction=reduction)
    losses = _weighted("l1_loss", ops.l1_loss(input, target, reduction="none"), weight)
    return _weighted_mean(losses, weight, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The absolute difference, rounded to a parabola where it is smaller than `beta`.

    Raises:
        RuntimeError: `beta` is negative.
    """
    reduction = chosen(reduction, size_average, reduce)
    check_same_shape("smooth_l1_loss", input, target)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return ops.l1_loss(input, target, reduction=reduction)
    return ops.smooth_l1_loss(input, target, reduction=reduction, beta=beta)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Half the squared difference, and a straight line where it is larger than `delta`.

    Raises:
        RuntimeError: `delta` is not positive.
    """
    reduction = chosen(reduction)
    check_same_shape("huber_loss", input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is None:
        return ops.huber_loss(input, target, reduction=reduction, delta=delta)
    losses = ops.huber_loss(input, target, reduction="none", delta=delta)
    return reduced(_weighted("huber_loss", losses, weight), reduction)


# -- of yes and no ---------------------------------------------------------------------------------


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cross entropy of probabilities against targets in [0, 1]; `weight` multiplies each."""
    reduction = chosen(reduction, size_average, reduce)
    check_same_shape("binary_cross_entropy", input, target)
    if weight is None:
        return ops.binary_cross_entropy(input, target, reduction=reduction)
    losses = ops.binary_cross_entropy(input, target, reduction="none")
    return reduced(losses * weight, reduction)


@scoped
def _with_positive_weight(input: Tensor, target: Tensor, pos_weight: Tensor) -> Tensor:
    """Losses in which a yes counts `pos_weight` times."""
    likely = (pos_weight - 1) * target + 1
    return (1 - target) * input - likely * ops.logsigmoid(input)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Cross entropy of `sigmoid(input)` against targets in [0, 1], without overflow.

    Args:
        weight: multiplies each loss.
        pos_weight: multiplies the losses of yes.
    """
    reduction = chosen(reduction, size_average, reduce)
    check_same_shape("binary_cross_entropy_with_logits", input, target)
    if weight is None and pos_weight is None:
        return ops.binary_cross_entropy_with_logits(input, target, reduction=reduction)
    if pos_weight is None:
        losses = ops.binary_cross_entropy_with_logits(input, target, reduction="none")
    else:
        losses = _with_positive_weight(input, target, pos_weight)
    return reduced(losses if weight is None else losses * weight, reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`log(1 + exp(-target * input))` of targets -1 and 1."""
    reduction = chosen(reduction, size_average, reduce)
    check_same_shape("soft_margin_loss", input, target)
    return ops.soft_margin_loss(input, target, reduction=reduction)


# -- of distributions ------------------------------------------------------------------------------


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """`target * (log(target) - input)`: the divergence of log probabilities from probabilities.

    `reduction="batchmean"` divides the sum by the first dimension, as the definition has it.
    """
    if reduction == "mean" and size_average is None and reduce is None:
        warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release."
        )
    by_batch = reduction == "batchmean"
    reduction = chosen("sum" if by_batch else reduction, size_average, reduce)
    check_tensors("kl_div", input=input, target=target)
    if input.shape != target.shape:
        input, target = _as_pairs(input, target)
    loss = ops.kl_div(input, target, reduction=reduction, log_target=log_target)
    return loss / input.shape[0] if by_batch and input.ndim else loss


def _as_pairs(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in their common shape."""
    shape = broadcast_shapes(input.shape, target.shape)
    return ops.expand(input, shape=shape), ops.expand(target, shape=shape)


@scoped
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log likelihood of counts from a Poisson distribution.

    Args:
        log_input: whether `input` is the logarithm of the mean.
        full: whether to add Stirling's approximation of the term without `input`.
    """
    reduction = chosen(reduction, size_average, reduce)
    check_tensors("poisson_nll_loss", input=input, target=target)
    if log_input:
        losses = ops.exp(input) - target * input
    else:
        losses = input - target * ops.log(input + eps)
    if full:
        counts = ops.where(target > 1, target, 1.0)
        stirling = counts * ops.log(counts) - counts + ops.log(counts * (2 * math.pi)) * 0.5
        losses = losses + ops.where(target > 1, stirling, 0.0)
    return reduced(losses, reduction)


@scoped
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log likelihood of targets from normal distributions with means `input`.

    Args:
        var: variances: one, one for each element, or one for each vector of the last dimension.
            Less than `eps` counts as `eps`, without a change of the gradient.
        full: whether to add the constant term.

    Raises:
        ValueError: a variance is negative, or their shape does not fit.
    """
    reduction = chosen(reduction)
    variance = _variances(var, input)
    with no_grad():
        variance.clamp_(min=eps)
    losses = (ops.log(variance) + ops.square(input - target) / variance) * 0.5
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)


def _variances(var: Tensor | float, input: Tensor) -> Tensor:
    """A copy of the variances that broadcasts against the input, in one dimension at most."""
    if not isinstance(var, Tensor):
        return _variances(ops.zeros_of(input, shape=input.shape) + var, input)
    if bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")
    if var.shape == input.shape:
        return ops.clone(var)
    if input.shape[:-1] == var.shape:
        return ops.clone(ops.unsqueeze(var, dim=-1))
    differing = [own for size, own in zip(input.shape, var.shape, strict=False) if size != own]
    if input.ndim != var.ndim or sum(differing) != 1:
        raise ValueError("var is of incorrect size")
    return ops.clone(var)
