"""What all schedules of learning rates share."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.optim.optimizer import Optimizer

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if "
    "epoch is different from None, the closed form is used instead of the new chainable form, "
    "where available."
)
OVERRIDDEN_WARNING = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
    "initialization. Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`."
)
ORDER_WARNING = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. You should call them in the "
    "opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will "
    "result in skipping the first value of the learning rate schedule."
)
GET_LR_WARNING = (
    "To get the last learning rate computed by the scheduler, please use `get_last_lr()`."
)


class LRScheduler:
    """Base of all schedules, a program's own too: subclasses say the next rates.

    A subclass defines `get_lr`, and, if there is one, `_get_closed_form_lr`: the rates of the step
    `last_epoch` whatever the ones before were, for programs that name a step.

    Args:
        optimizer: whose groups' `lr` is changed.
        last_epoch: steps done already, when training goes on; -1 at the start.

    Attributes:
        base_lrs: rates that the groups began with.
        last_epoch: steps done.

    Raises:
        TypeError: `optimizer` is none.
        KeyError: training is to go on, but the groups do not know the rates they began with.
    """

    _get_lr_called_within_step = False
    _is_initial = False
    _get_closed_form_lr: Callable[[], list[Any]]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for n, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", kept(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{n}] when resuming "
                    "scheduler with last_epoch >= 0.\nThis typically happens when:\n"
                    "1. You're trying to resume training from a checkpoint but haven't properly "
                    "loaded the optimizer state\n2. You're using last_epoch >= 0 for a fresh "
                    "training run (not recommended)"
                )
        self.base_lrs = values_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        if not optimizer._has_schedule:
            optimizer._has_schedule, optimizer._opt_called = True, False
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the rates to begin with."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[Any]:
        """The rates of this step, from those of the last one; `step` calls it."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr")

    def get_last_lr(self) -> list[Any]:
        """The rates that the last step set."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Set the next rates; call it after `optimizer.step()`."""
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "hooked"):
                warnings.warn(OVERRIDDEN_WARNING, UserWarning, stacklevel=2)
            elif not self.optimizer._opt_called:
                warnings.warn(ORDER_WARNING, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the rates of the next step, or of the one that is named."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        is_closed = epoch is not None and hasattr(self, "_get_closed_form_lr")
        self._set(self._get_closed_form_lr if is_closed else self.get_lr)

    def _set(self, rates: Callable[[], list[Any]]) -> None:
        self._get_lr_called_within_step = True
        try:
            values = rates()
        finally:
            self._get_lr_called_within_step = False
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            put(group, "lr", lr)
        self._last_lr = values_of(self.optimizer, "lr")

    def _now(self) -> list[Any]:
        """The rates that the optimizer has, where `get_lr` begins."""
        if not self._get_lr_called_within_step:
            warnings.warn(GET_LR_WARNING, UserWarning, stacklevel=3)
        return values_of(self.optimizer, "lr")

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state, ours or PyTorch's."""
        self.__dict__.update(state_dict)


class _LRScheduler(LRScheduler):
    """Its name in old programs."""


# -- options of the groups -------------------------------------------------------------------------


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def kept(value: Any) -> Any:
    """A value that later changes of it do not reach: a copy of a tensor."""
    return value.detach().clone() if isinstance(value, Tensor) else value


def values_of(optimizer: Optimizer, name: str) -> list[Any]:
    """An option of every group."""
    return [kept(group[name]) for group in optimizer.param_groups]


def put(group: dict[str, Any], name: str, value: Any) -> None:
    """Set an option, in place if it is a tensor."""
    if isinstance(group[name], Tensor):
        with no_grad():
            group[name].fill_(float(value))
    else:
        group[name] = value


def one_each(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """An option for each group, from one for all or from a list.

    Raises:
        ValueError: the list has another length.
    """
    count = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * count
    if len(values) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has "
            f"{len(values)} values, param_groups has {count}."
        )
    return [kept(v) for v in values]


# -- functions that files cannot hold --------------------------------------------------------------


def state_of_function(function: Any) -> dict[str, Any] | None:
    """What can be saved of a function: the attributes of an object that can be called."""
    return None if isinstance(function, types.FunctionType) else dict(function.__dict__)
