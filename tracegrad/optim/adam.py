"""Adam."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.flat import FlatOptimizer
from tracegrad.optim.options import (
    check_betas,
    check_not_negative,
    check_rate,
    number,
    scalar,
    switches,
)


class Adam(FlatOptimizer):
    """Steps scaled by running means of the gradient and of its square.

    Args:
        lr: learning rate.
        betas: how slowly the two running means change.
        eps: added to the denominator.
        weight_decay: times the parameter, added to its gradient.
        amsgrad: divide by the largest running mean of squares so far.
        maximize: go up instead of down.
        decoupled_weight_decay: let the weight decay shrink the parameter itself, as in `AdamW`.

    Source: Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; amsgrad:
        Reddi et al. 2018.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        _check_tensors(lr, betas, bool(foreach) and not capturable)
        check_rate(lr)
        check_not_negative(eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        options = {
            "lr": lr, "betas": tuple(scalar(beta) for beta in betas), "eps": eps,
            "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        } | switches(
            foreach=foreach, capturable=capturable, differentiable=differentiable, fused=fused
        )  # fmt: skip
        super().__init__(params, options)

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        names = ["exp_avg", "exp_avg_sq", *["max_exp_avg_sq"] * group["amsgrad"]]
        return dict.fromkeys(names, 0.0)

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        steps = bucket.count()
        beta1, beta2 = map(number, group["betas"])
        correction = math.sqrt(1 - beta2**steps)
        rate = number(group["lr"]) * correction / (1 - beta1**steps)
        eps = group["eps"] * correction
        for values, g, mean, square, *largest in bucket.stretches(group, *self._arrays(group)):
            xp = namespace_of(values)
            change = g - mean
            change *= 1 - beta1
            mean += change
            squares = xp.multiply(g, g, out=change)
            squares *= 1 - beta2
            square *= beta2
            square += squares
            if largest:
                square = xp.maximum(largest[0], square, out=largest[0])
            size = xp.sqrt(square, out=change)
            size += eps
            update = xp.divide(mean, size, out=change)
            update *= rate
            values -= update


def _check_tensors(lr: Any, betas: tuple[Any, Any], by_lists: bool) -> None:
    """Refuse tensors as options where PyTorch does.

    Raises:
        ValueError: of several elements, mixed with numbers, or with an implementation by lists.
    """
    kinds = [isinstance(beta, Tensor) for beta in betas]
    if any(kinds) != all(kinds) or not all(isinstance(b, float | Tensor) for b in betas):
        raise ValueError("betas must be either both floats or both Tensors")
    for name, value in [("lr", lr), ("betas[0]", betas[0]), ("betas[1]", betas[1])]:
        if not isinstance(value, Tensor):
            continue
        if by_lists:
            raise ValueError(
                f"{name} as a Tensor is not supported for capturable=False and foreach=True"
            )
        if value.numel() != 1:
            raise ValueError(f"Tensor {name} must be 1-element")
