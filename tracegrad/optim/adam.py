"""Adam, and AdamW, whose weight decay is not part of the gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any, ClassVar

import numpy as np

from tracegrad.optim.bucket import Bucket
from tracegrad.optim.optimizer import Optimizer, refuse_differentiable


class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square.

    Args:
        lr: learning rate.
        betas: how slowly the two running means change.
        eps: added to the denominator.
        weight_decay: times the parameter, added to its gradient.
        amsgrad: divide by the largest running mean of squares so far.
        maximize: go up instead of down.

    Source: Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; amsgrad:
        Reddi et al. 2018.
    """

    STATE = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    decoupled: ClassVar[bool] = False
    """Whether weight decay acts on the parameter itself instead of on its gradient."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse_differentiable(differentiable)
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if eps < 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for n, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {n}: {beta}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        options = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, options)

    def _update(
        self, bucket: Bucket, group: Mapping[str, Any], code: CodeType | None, lasti: int
    ) -> None:
        beta1, beta2 = group["betas"]
        g = bucket.gradient()
        if group["maximize"]:
            g = -g
        if group["weight_decay"] and not self.decoupled:
            g = g + bucket.values() * group["weight_decay"]
        mean, square = bucket.zeros("exp_avg"), bucket.zeros("exp_avg_sq")
        mean += (g - mean) * (1 - beta1)
        square *= beta2
        square += g * g * (1 - beta2)
        if group["amsgrad"]:
            largest = bucket.zeros("max_exp_avg_sq")
            square = np.maximum(largest, square, out=largest)
        update = np.sqrt(square)
        update /= math.sqrt(1 - beta2**bucket.steps)
        update += group["eps"]
        np.divide(mean, update, out=update)
        update *= group["lr"] / (1 - beta1**bucket.steps)
        if group["weight_decay"] and self.decoupled:
            update += bucket.values() * (group["lr"] * group["weight_decay"])
        bucket.subtract(update, f"{type(self).__name__}.step", code, lasti)


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameter itself, not its gradient.

    Args:
        weight_decay: times the learning rate and the parameter, taken off the parameter.

    Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad,
            maximize=maximize, differentiable=differentiable,
        )  # fmt: skip
