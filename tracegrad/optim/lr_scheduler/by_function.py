"""Learning rates as a function of the step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracegrad.optim.lr_scheduler.schedule import LRScheduler
from tracegrad.optim.optimizer import Optimizer


class _ByFunction(LRScheduler):
    """A function of the step for each group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups)
        functions = list(lr_lambda) if isinstance(lr_lambda, Sequence) else [lr_lambda] * count
        if len(functions) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(functions)}")
        self.lr_lambdas = functions
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer and functions, which files cannot hold."""
        left_out = ("optimizer", "lr_lambdas")
        return {k: v for k, v in self.__dict__.items() if k not in left_out}


class LambdaLR(_ByFunction):
    """The first rate times a function of the step."""

    def get_lr(self) -> list[float]:
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]


class MultiplicativeLR(_ByFunction):
    """The last rate times a function of the step."""

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return self._now()
        return [
            lr * function(self.last_epoch)
            for lr, function in zip(self._now(), self.lr_lambdas, strict=True)
        ]
