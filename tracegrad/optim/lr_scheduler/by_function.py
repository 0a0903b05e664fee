"""Learning rates as a function of the step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad.optim.lr_scheduler.schedule import LRScheduler, state_of_function
from tracegrad.optim.optimizer import Optimizer

Function = Callable[[int], float]


class _ByFunction(LRScheduler):
    """A function of the step for each group."""

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Function | list[Function], last_epoch: int = -1
    ) -> None:
        count = len(optimizer.param_groups)
        is_list = isinstance(lr_lambda, list | tuple)
        self.lr_lambdas: list[Any] = list(lr_lambda) if is_list else [lr_lambda] * count  # type: ignore[arg-type]
        if len(self.lr_lambdas) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(self.lr_lambdas)}")
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"lr_lambda should be a function, but got {type(function).__name__}"
                )
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer and functions; of objects that are called, what they
        hold.
        """
        state = super().state_dict()
        state["lr_lambdas"] = [state_of_function(function) for function in self.lr_lambdas]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state; functions stay those that the schedule was made with."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for function, held in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if held is not None:
                function.__dict__.update(held)


class LambdaLR(_ByFunction):
    """The first rate times a function of the step."""

    def get_lr(self) -> list[Any]:
        self._now()  # which minds who asks
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]


class MultiplicativeLR(_ByFunction):
    """The last rate times a function of the step."""

    def get_lr(self) -> list[Any]:
        now = self._now()
        if self._is_initial:
            return now
        return [
            lr * function(self.last_epoch)
            for lr, function in zip(now, self.lr_lambdas, strict=True)
        ]
