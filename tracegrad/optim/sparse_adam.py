"""SparseAdam, for gradients that tracegrad does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import enable_grad
from tracegrad.optim.optimizer import Optimizer
from tracegrad.optim.options import check_betas, check_rate


class SparseAdam(Optimizer):
    """Adam for sparse gradients, of which there are none here: its step says so.

    It can be made, so that a program that chooses between optimizers runs.

    Raises:
        RuntimeError: from `step`, when a parameter has a gradient.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        check_rate(lr)
        if not lr > 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps > 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        complex_ones = [
            [n, at]
            for n, group in enumerate(self.param_groups)
            for at, p in enumerate(group["params"])
            if p.is_complex()
        ]
        if complex_ones:
            raise ValueError(
                f"Complex params at indices {complex_ones}: SparseAdam does not support complex "
                "parameters"
            )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Refuse the gradients, which are all dense."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for n, group in enumerate(self.param_groups):
            for p in group["params"]:
                if p.grad is not None:
                    raise RuntimeError(
                        "SparseAdam does not support dense gradients, please consider Adam "
                        f"instead\n  the gradient of {self._called(n, p)} is dense: tracegrad has "
                        "no sparse tensors"
                    )
        return loss
