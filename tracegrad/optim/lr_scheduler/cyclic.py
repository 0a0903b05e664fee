"""Learning rates that go up and down between two limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tracegrad.optim.lr_scheduler.momentum import begin_momenta, set_momentum
from tracegrad.optim.lr_scheduler.schedule import (
    LRScheduler,
    check_optimizer,
    one_each,
    put,
    state_of_function,
)
from tracegrad.optim.optimizer import Optimizer

MODES: dict[str, tuple[str, Callable[[float, float], float]]] = {
    "triangular": ("cycle", lambda gamma, x: 1.0),
    "triangular2": ("cycle", lambda gamma, x: 1 / 2.0 ** (x - 1)),
    "exp_range": ("iterations", lambda gamma, x: gamma**x),
}
"""What the height of a cycle depends on (its number or the step), and how, by the mode's name."""


class CyclicLR(LRScheduler):
    """Up from `base_lr` to `max_lr` and down again; the momentum the other way.

    Args:
        step_size_up, step_size_down: steps up, and down (`None`: as many).
        mode: how high each cycle goes: `triangular` as the first, `triangular2` half of the one
            before, `exp_range` by `gamma` to the power of the step.
        scale_fn: the height instead, as a function of what `scale_mode` says.
        scale_mode: `cycle` or `iterations`.
        cycle_momentum: whether the momentum, or Adam's first beta, goes from `max_momentum` to
            `base_momentum` and back.

    Source: Smith 2017, "Cyclical learning rates for training neural networks".
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        lowest = one_each("base_lr", optimizer, base_lr)
        self.max_lrs = one_each("max_lr", optimizer, max_lr)
        if mode not in MODES and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up) + float(down)
        self.step_ratio = float(step_size_up) / self.total_size
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else MODES[mode][0]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            momenta = begin_momenta(optimizer, base_momentum, max_momentum, last_epoch == -1)
            self.use_beta1 = momenta.use_beta1
            self.base_momentums, self.max_momentums = momenta.lowest, momenta.highest
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, lowest, strict=True):
                put(group, "lr", lr)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lowest

    def scale_fn(self, x: float) -> float:
        """How high the cycle goes that has the number `x`, or the step `x` is in."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return MODES[self.mode][1](self.gamma, x)

    def get_lr(self) -> list[Any]:
        self._now()  # which minds who asks
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        goes_up = x <= self.step_ratio
        height = x / self.step_ratio if goes_up else (x - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            momenta = _between(self.max_momentums, self.base_momentums, height)
            for group, momentum in zip(self.optimizer.param_groups, momenta, strict=True):
                set_momentum(group, momentum, self.use_beta1)
        return _between(self.base_lrs, self.max_lrs, height)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer and a function; of an object that is called, what it
        holds.
        """
        state = super().state_dict()
        if self._scale_fn_custom is not None:
            state["_scale_fn_custom"] = state_of_function(self._scale_fn_custom)
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state; a function stays the one that the schedule was made with.

        Raises:
            ValueError: the state is of a schedule with a function, and this one has none.
        """
        held = state_dict["_scale_fn_custom"]
        if held is not None and self._scale_fn_custom is None:
            raise ValueError(
                "the saved state is that of a schedule with a scale_fn, and this one has none\n"
                "  try: CyclicLR(..., scale_fn=...) with a function like the one that was saved"
            )
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_scale_fn_custom"})
        if held is not None:
            vars(self._scale_fn_custom).update(held)


def _between(starts: Sequence[Any], ends: Sequence[Any], share: float) -> list[Any]:
    """From each start to its end by a share of the way."""
    return [start + (end - start) * share for start, end in zip(starts, ends, strict=True)]
