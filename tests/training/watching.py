"""What tests of callbacks share: one that notes things down, what a fit complains of, data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import line
from tracegrad import nn
from tracegrad.training import Callback, CallbackError, Context, TrainingError
from tracegrad.training.callback import SAVING

X, Y = np.ones((8, 2), np.float32), np.full((8, 1), 50, np.float32)
TWO = {"batch_size": 4}
"""Options for two batches an epoch of these."""


class Sees(Callback):
    """Notes something down at an event."""

    order = SAVING

    def __init__(self, event: str, look: Callable[[Context], Any]) -> None:
        self.seen: list[Any] = []
        setattr(self, event, lambda ctx: self.seen.append(look(ctx)))


def complaint(callbacks: Any, made: Any = None, data: Any = (X, Y), **options: Any) -> str:
    """What a fit says that a callback ends with a `TrainingError`."""
    with pytest.raises(CallbackError) as caught:
        (made or line()).fit(data, 2, callbacks=callbacks, verbose=False, **options)
    assert isinstance(caught.value.__cause__, TrainingError)
    return str(caught.value.__cause__)


def norm_of_gradients(ctx: Context, norm_type: float = 2.0) -> float:
    """Of all together."""
    gradients = [p.grad for p in ctx.model.parameters()]
    return float(nn.utils.get_total_norm(gradients, norm_type).item())


class Own(nn.Module):
    """Has a step of its own, which uses the loss of `setup` or another."""

    def __init__(self, uses_loss_fn: bool) -> None:
        super().__init__()
        self.inner, self.uses = nn.Linear(4, 3), uses_loss_fn

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.inner(x)

    def step(self, ctx: Context) -> None:
        ctx.pred = self(ctx.input)
        loss = ctx.loss_fn if self.uses else nn.functional.cross_entropy
        ctx.optimize(loss(ctx.pred, ctx.target))
