"""Functions that PyTorch has twice: here in the form of its inside, as `torch.embedding` and so on.

The order of arguments is another one, and a reduction is a number. `nn.functional` holds the
functions themselves.
"""

from __future__ import annotations

from collections.abc import Callable

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F

REDUCTIONS = {0: "none", 1: "mean", 2: "sum"}


def _reduction(name: str, reduction: int) -> str:
    """What a number stands for. (PyTorch takes any other number for 0.)

    Raises:
        TypeError: it is none, as for those who meant `nn.functional`.
        ValueError: it stands for nothing.
    """
    if isinstance(reduction, bool) or not isinstance(reduction, int):
        raise TypeError(
            f"{name}(): argument 'reduction' must be int, not {type(reduction).__name__}\n"
            f"  try: nn.functional.{name}, which takes 'none', 'mean' or 'sum'"
        )
    if reduction not in REDUCTIONS:
        raise ValueError(f"{name}(): reduction={reduction} is none of {REDUCTIONS}")
    return REDUCTIONS[reduction]


# -- losses ----------------------------------------------------------------------------------------


def kl_div(
    input: Tensor, target: Tensor, reduction: int = 1, *, log_target: bool = False
) -> Tensor:
    """`nn.functional.kl_div` with 0, 1, 2 for no reduction, the mean and the sum."""
    chosen = _reduction("kl_div", reduction)
    if chosen == "mean":  # where nn.functional warns that batchmean is the divergence
        return F.kl_div(input, target, reduction="none", log_target=log_target).mean()
    return F.kl_div(input, target, reduction=chosen, log_target=log_target)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, pos_weight: Tensor | None = None,
    reduction: int = 1,
) -> Tensor:  # fmt: skip
    """`nn.functional.binary_cross_entropy_with_logits` with 0, 1, 2 for no reduction, the mean and
    the sum.
    """
    chosen = _reduction("binary_cross_entropy_with_logits", reduction)
    return F.binary_cross_entropy_with_logits(
        input, target, weight, reduction=chosen, pos_weight=pos_weight
    )


# -- layers ----------------------------------------------------------------------------------------


def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:  # fmt: skip
    """`nn.functional.embedding` with the table first; a `padding_idx` that is no row means none."""
    rows = weight.shape[0] if weight.ndim else 0
    padding = padding_idx if 0 <= padding_idx < rows else None
    return F.embedding(
        indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse
    )


def batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
    running_var: Tensor | None, training: bool, momentum: float, eps: float, cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """`nn.functional.batch_norm` with weight and bias before the running statistics;
    `cudnn_enabled` changes nothing.
    """
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
    running_var: Tensor | None, use_input_stats: bool, momentum: float, eps: float,
    cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """`nn.functional.instance_norm` with weight and bias before the running statistics;
    `cudnn_enabled` changes nothing.
    """
    return F.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


# -- dropout ---------------------------------------------------------------------------------------


def _in_place(function: Callable[..., Tensor], name: str) -> Callable[..., Tensor]:
    def write(input: Tensor, p: float, train: bool) -> Tensor:
        if not 0 <= p <= 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
        return function(input, p, train, inplace=True)

    write.__name__ = write.__qualname__ = name
    write.__doc__ = f"`nn.functional.{function.__name__}` in place."
    return write


dropout_ = _in_place(F.dropout, "dropout_")
alpha_dropout_ = _in_place(F.alpha_dropout, "alpha_dropout_")
feature_alpha_dropout_ = _in_place(F.feature_alpha_dropout, "feature_alpha_dropout_")
