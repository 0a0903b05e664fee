"""What training makes small."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted

ops = lifted.ops


REDUCTIONS = ("mean", "sum", "none")


def _check_loss(name: str, input: Any, target: Any, reduction: str) -> None:
    """Refuse what is no tensor, and a reduction that there is not."""
    for argument, value in (("input", input), ("target", target)):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name}(): argument '{argument}' must be Tensor, not {type(value).__name__}"
            )
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"{reduction} is not a valid value for reduction\n  try: 'mean', 'sum' or 'none'"
        )


def _check_pair(name: str, input: Any, target: Any, reduction: str) -> None:
    """The same, and two different shapes."""
    _check_loss(name, input, target, reduction)
    if input._array.shape != target._array.shape:
        raise ValueError(
            f"{name}: the target size {tuple(target.shape)} is different to the input size "
            f"{tuple(input.shape)}; broadcasting them would average over every pair\n"
            "  try: target.view_as(input), or unsqueeze the one that lacks a dimension"
        )


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The squared difference of two tensors.

    Raises:
        ValueError: their shapes differ. (PyTorch warns and broadcasts, which is hardly ever meant.)
    """
    _check_pair("mse_loss", input, target, reduction)
    return ops.mse_loss(input, target, reduction=reduction)


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The absolute difference of two tensors of one shape."""
    _check_pair("l1_loss", input, target, reduction)
    return ops.l1_loss(input, target, reduction=reduction)


def binary_cross_entropy(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """Cross entropy of probabilities against targets in [0, 1]."""
    _check_pair("binary_cross_entropy", input, target, reduction)
    return ops.binary_cross_entropy(input, target, reduction=reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, *, reduction: str = "mean"
) -> Tensor:
    """Cross entropy of `sigmoid(input)` against targets in [0, 1], without overflow."""
    _check_pair("binary_cross_entropy_with_logits", input, target, reduction)
    return ops.binary_cross_entropy_with_logits(input, target, reduction=reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log probability of each target class.

    Shapes: input `(N, C)`, `(C,)` or `(N, C, d1, ...)`; target the same without `C`.

    Raises:
        ValueError: the shapes don't fit.
        IndexError: a target is no class.
    """
    _check_loss("nll_loss", input, target, reduction)
    shape, wanted = target._array.shape, input._array.shape
    wanted = wanted[:1] + wanted[2:] if len(wanted) > 1 else ()
    if shape != wanted or not input.ndim:
        raise ValueError(
            f"Expected target size {list(wanted)}, got {list(shape)}: one class for each of the "
            f"rows of an input of shape {list(input.shape)}"
        )
    return ops.nll_loss(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """`nll_loss` of `log_softmax`: classes from logits.

    Raises:
        ValueError: the shapes don't fit.
        IndexError: a target is no class.
        NotImplementedError: label smoothing, or targets that are probabilities.
    """
    _check_loss("cross_entropy", input, target, reduction)
    if label_smoothing != 0.0:
        raise NotImplementedError("label_smoothing is not supported")
    if target.is_floating_point() and target.shape == input.shape:
        raise NotImplementedError(
            "cross_entropy with probabilities as targets is not supported\n"
            "  try: -(target * input.log_softmax(1)).sum(1).mean()"
        )
    logs = ops.log_softmax(input, dim=0 if input.ndim == 1 else 1)
    return nll_loss(logs, target, weight, ignore_index, reduction)
