"""Averages of a model's weights over training, and the schedule that goes with them.

Source: Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization",
    algorithm 1; exponential averages: Polyak and Juditsky 1992.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.nn.module import Module
from tracegrad.nn.modules.batchnorm import _BatchNorm
from tracegrad.ops.install import functions
from tracegrad.optim.lr_scheduler.schedule import LRScheduler, one_each
from tracegrad.optim.optimizer import Optimizer

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

AverageOne = Callable[[Tensor, Tensor, Any], Tensor]
AverageAll = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


# -- how averages are formed -----------------------------------------------------------------------


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


def get_ema_avg_fn(decay: float = 0.999) -> AverageOne:
    """The average that forgets: `decay` of the old one and the rest of the new weights."""
    _check_decay(decay)

    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> AverageOne:
    """The mean of all weights so far."""

    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> AverageAll:
    """The average that forgets, of lists of weights, in place."""
    _check_decay(decay)

    def ema_update(
        ema_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor], _: Any
    ) -> None:
        _move(ema_param_list, current_param_list, 1 - decay)

    return ema_update


def get_swa_multi_avg_fn() -> AverageAll:
    """The mean of all weights so far, of lists of weights, in place."""

    def swa_update(
        averaged_param_list: Sequence[Tensor],
        current_param_list: Sequence[Tensor],
        num_averaged: Any,
    ) -> None:
        _move(averaged_param_list, current_param_list, 1 / (float(num_averaged) + 1))

    return swa_update


def _move(averages: Sequence[Tensor], currents: Sequence[Tensor], share: float) -> None:
    """Move averages towards new weights, by a share of the way."""
    with no_grad():
        for average, current in zip(averages, currents, strict=True):
            if average.is_floating_point() or average.is_complex():
                average.lerp_(current, share)
            else:
                average.copy_(average + (current - average) * share)


# -- the model -------------------------------------------------------------------------------------


class AveragedModel(Module):
    """A copy of a model whose weights are averages of the model's.

    Args:
        model: whose weights are averaged; it goes on training by itself.
        device: where the averages are kept.
        avg_fn: an average from the old one, the new weights and how many were averaged.
        multi_avg_fn: the same for lists of one device and dtype, in place. `None` for both: the
            mean.
        use_buffers: average buffers too; otherwise they are copied.
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: AverageOne | None = None,
        multi_avg_fn: AverageAll | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        count = functions["tensor"](0, dtype=dtypes.int64, device=device)
        self.register_buffer("n_averaged", count)
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's weights of now into the averages."""
        with no_grad():
            pairs = [
                (average.detach(), current.detach().to(average.device))
                for average, current in zip(
                    self._averaged(self.module), self._averaged(model), strict=True
                )
            ]
            if self.n_averaged == 0:
                for average, current in pairs:
                    average.copy_(current)
            else:
                self._average(pairs)
            if not self.use_buffers:
                for average, current in zip(self.module.buffers(), model.buffers(), strict=True):
                    average.detach().copy_(current.detach().to(average.device))
            self.n_averaged += 1

    def _averaged(self, model: Module) -> list[Tensor]:
        """What is averaged of a model."""
        buffers = model.buffers() if self.use_buffers else iter(())
        return list(chain(model.parameters(), buffers))

    def _average(self, pairs: list[tuple[Tensor, Tensor]]) -> None:
        if self.multi_avg_fn is None:
            average_one = self.avg_fn or get_swa_avg_fn()
            for average, current in pairs:
                count = self.n_averaged.to(average.device)
                average.copy_(average_one(average, current, count))
            return
        alike: dict[Any, list[tuple[Tensor, Tensor]]] = {}
        for pair in pairs:
            alike.setdefault((str(pair[0].device), pair[0].dtype), []).append(pair)
        for group in alike.values():
            averages, currents = (list(side) for side in zip(*group, strict=True))
            self.multi_avg_fn(averages, currents, self.n_averaged.to(averages[0].device))


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of batch normalisation anew, over all of `loader`.

    Args:
        loader: batches; of a list or tuple the first is the input.
        device: where the inputs go.
    """
    layers = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    was_training = model.training
    model.train()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the mean of all batches
    with no_grad():
        for batch in loader:
            inputs = batch[0] if isinstance(batch, list | tuple) else batch
            model(inputs if device is None else inputs.to(device))
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    model.train(was_training)


# -- the schedule ----------------------------------------------------------------------------------


def _cosine(share: float) -> float:
    return (1 - math.cos(math.pi * share)) / 2


def _linear(share: float) -> float:
    return share


STRATEGIES = {"cos": _cosine, "linear": _linear}


class SWALR(LRScheduler):
    """From the rates of now to `swa_lr` in `anneal_epochs` steps, and no further.

    Args:
        swa_lr: one for all groups, or one for each.
        anneal_strategy: `cos` or `linear`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = one_each("swa_lr", optimizer, swa_lr)
        if anneal_strategy not in STRATEGIES:
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How far the rates have gone at a step."""
        done = max(0, min(1, step / max(1, self.anneal_epochs)))
        return STRATEGIES[self._anneal_strategy](done)

    def get_lr(self) -> list[Any]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, share = self._share(step - 1), self._share(step)
        rates = []
        for group, lr in zip(self.optimizer.param_groups, self._now(), strict=True):
            end = group["swa_lr"]
            start = end if before == 1 else (lr - before * end) / (1 - before)
            rates.append(end * share + start * (1 - share))
        return rates
