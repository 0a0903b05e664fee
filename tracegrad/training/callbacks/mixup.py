"""Training on mixtures of two examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad._util.tree import Tree
from tracegrad.ops.install import functions
from tracegrad.training.callback import EARLY, Callback
from tracegrad.training.errors import TrainingError

if TYPE_CHECKING:
    from tracegrad.training.context import Context


class Mixup(Callback):
    """Mixes each example of a batch with another one of it, and the losses of both targets alike.

    A batch has one share, drawn from a symmetric beta distribution; the larger part counts as the
    example's own, and metrics see the own targets. Validation is not touched. In training
    `ctx.loss_fn` gives the mixed loss, to a network's own `step(ctx)` too.

    Args:
        alpha: of the beta distribution; the smaller, the less is mixed.

    Raises:
        ValueError: alpha is not above 0.

    Source: Zhang et al. 2018, "mixup: beyond empirical risk minimization", section 2.
    """

    order = EARLY

    def __init__(self, alpha: float = 0.4) -> None:
        if not alpha > 0:
            raise ValueError(f"alpha: expected a number above 0, got {alpha}")
        self.alpha = alpha
        self._own_loss: Callable[..., Any] | None = None
        self._used = False

    def on_train_batch_begin(self, ctx: Context) -> None:
        x = ctx.input
        if not isinstance(x, Tensor) or not x.is_floating_point():
            raise TrainingError(
                "Mixup mixes inputs that are one tensor of floats; these are "
                f"{x.dtype if isinstance(x, Tensor) else type(x).__name__}"
            )
        if ctx.loss_fn is None:
            raise TrainingError(
                "Mixup mixes the loss, and there is none\n  try: setup(..., loss=...), and "
                "ctx.loss_fn(pred, ctx.target) in step(ctx) of the network"
            )
        share = self._draw()
        order = functions["randperm"](len(x), device=x.device)
        ctx.input = x * share + x[order] * (1 - share)
        self._own_loss, self._used = ctx.loss_fn, False
        ctx.loss_fn = self._mixed(ctx.loss_fn, share, order)

    def on_train_batch_end(self, ctx: Context) -> None:
        self._put_back(ctx)
        if not self._used:
            raise TrainingError(
                "Mixup: step(ctx) of the network did not use ctx.loss_fn, so that inputs were "
                "mixed and targets were not\n  try: loss = ctx.loss_fn(pred, ctx.target)"
            )

    def on_interrupt(self, ctx: Context) -> None:
        self._put_back(ctx)

    def _mixed(self, loss: Callable[..., Any], share: float, order: Tensor) -> Callable[..., Any]:
        def mixed_loss(pred: Any, target: Any) -> Any:
            self._used = True
            tree = Tree.of(target)
            other = tree.like([part[order] for part in tree.tensors])
            return loss(pred, target) * share + loss(pred, other) * (1 - share)

        return mixed_loss

    def _put_back(self, ctx: Context) -> None:
        if self._own_loss is not None:
            ctx.loss_fn, self._own_loss = self._own_loss, None

    def _draw(self) -> float:
        """The share of the example's own part, 0.5 to 1: from the library's own random numbers."""
        seed = functions["randint"](2**31, ()).item()
        share = float(np.random.default_rng(seed).beta(self.alpha, self.alpha))
        return max(share, 1 - share)
