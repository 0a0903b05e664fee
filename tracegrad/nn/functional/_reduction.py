"""What losses share: checks, and from one number for each element to one for all."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.graph.location import warn

ops = lifted.ops

REDUCTIONS = ("mean", "sum", "none")


def chosen(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The reduction, also from PyTorch's two older arguments, with its warning.

    Raises:
        ValueError: there is no such reduction.
    """
    if size_average is not None or reduce is not None:
        averaged, reduced = size_average is not False, reduce is not False
        reduction = "none" if not reduced else "mean" if averaged else "sum"
        warn(
            "size_average and reduce args will be deprecated, please use "
            f"reduction='{reduction}' instead."
        )
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"{reduction} is not a valid value for reduction\n  try: 'mean', 'sum' or 'none'"
        )
    return reduction


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The mean or the sum of losses, or they themselves."""
    if reduction == "none":
        return losses
    return ops.mean(losses) if reduction == "mean" else ops.sum(losses)


def check_tensors(name: str, **tensors: Any) -> None:
    """Refuse what is no tensor."""
    for argument, value in tensors.items():
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name}(): argument '{argument}' must be Tensor, not {type(value).__name__}"
            )


def check_same_shape(name: str, input: Any, target: Any) -> None:
    """Refuse what is no tensor, and two different shapes."""
    check_tensors(name, input=input, target=target)
    if input._array.shape != target._array.shape:
        raise ValueError(
            f"{name}: the target size {tuple(target.shape)} is different to the input size "
            f"{tuple(input.shape)}; broadcasting them would average over every pair\n"
            "  try: target.view_as(input), or unsqueeze the one that lacks a dimension"
        )
