"""One batch: prediction, loss, gradients, step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor
from tracegrad.nn.module import Module
from tracegrad.optim.optimizer import Optimizer
from tracegrad.training.advice import warn_of_scores
from tracegrad.training.errors import TrainingError
from tracegrad.training.non_finite import (
    refuse_non_finite_gradients,
    refuse_non_finite_loss,
    refuse_non_finite_loss_after,
)

if TYPE_CHECKING:
    from tracegrad.training.context import Context

OF_A_BATCH = ("batch", "input", "target", "pred", "loss")
"""What the context has of a batch, and no longer after it."""


def run_batch(ctx: Context, batch: Any) -> None:
    """Training on one batch, or validation."""
    event = f"on_{ctx.stage}_batch"
    take_apart(ctx, ctx.accelerator.place(batch))
    ctx.fire(f"{event}_begin")
    if ctx.before is not None and ctx.training:
        ctx.before.take()
    run_step(ctx)
    if ctx.training and ctx.epoch == ctx.batch_number == 1:
        warn_of_scores(ctx)
    ctx.tally.see(ctx)
    ctx.fire(f"{event}_end")
    ctx.forget(*OF_A_BATCH)


def take_apart(ctx: Context, batch: Any) -> None:
    """Put a batch into the context; `(input, target)` and `(input,)` part by part."""
    ctx.batch = batch
    if isinstance(batch, Tensor):
        ctx.input = batch
    elif isinstance(batch, list | tuple) and 1 <= len(batch) <= 2:
        ctx.input = batch[0]
        if len(batch) == 2:
            ctx.target = batch[1]


def run_step(ctx: Context) -> None:
    """The network's own `step(ctx)`, else prediction and loss, and one step of each optimizer."""
    if ctx.own_step is not None:
        ctx.own_step(ctx)
        refuse_non_finite_loss_after(ctx)
        return
    if ctx.stage != "train":
        predict_and_compare(ctx)
        return
    if len(ctx.optimizers) == 1 and ctx.own_choice is None:  # which was chosen when the fit began
        predict_and_compare(ctx)
        optimize(ctx, ctx.loss)
        return
    for name in active_optimizers(ctx):
        choose(ctx, name)
        predict_and_compare(ctx)
        optimize(ctx, ctx.loss)


def predict_and_compare(ctx: Context) -> None:
    """`ctx.pred` and `ctx.loss`, with their events."""
    ctx.pred = ctx.model(ctx.input)
    ctx.fire(f"on_{ctx.stage}_batch_after_pred")
    if ctx.loss_fn is None:  # only metrics are asked for: `fit` has looked
        return
    ctx.loss = ctx.loss_fn(ctx.pred, ctx.target)
    ctx.fire(f"on_{ctx.stage}_batch_after_loss")


# -- optimizers ------------------------------------------------------------------------------------


def active_optimizers(ctx: Context) -> list[str]:
    """The optimizers that step in this batch; the network may choose some of several.

    Raises:
        TrainingError: it chose one that there is not.
    """
    if ctx.own_choice is None:
        return list(ctx.optimizers)
    return list(ctx.own_choice(ctx))


def choose(ctx: Context, name: str) -> None:
    """Make one optimizer the one that steps next."""
    if name not in ctx.optimizers:
        there = ", ".join(map(repr, ctx.optimizers))
        raise TrainingError(f"there is no optimizer {name!r}; there are: {there}")
    ctx.opt_name, ctx.optimizer = name, ctx.optimizers[name]


def optimize(ctx: Context, loss: Tensor, name: str | None = None) -> None:
    """What `Context.optimize` does."""
    ctx.loss = loss
    if ctx.stage != "train":
        return
    if name is not None:
        choose(ctx, name)
    refuse_non_finite_loss(ctx, run_step)
    ctx.optimizer.zero_grad()
    ctx.fire("on_train_batch_before_backward")
    ctx.backward(ctx, ctx.loss)
    ctx.fire("on_train_batch_before_step")
    ctx.take_step(ctx, ctx.optimizer)
    ctx.fire("on_train_batch_after_step")


def backward(ctx: Context, loss: Tensor) -> None:
    """How the loss goes backward, unless a callback put something else into `ctx.backward`."""
    loss.backward()


def take_step(ctx: Context, optimizer: Optimizer) -> None:
    """How an optimizer steps, unless a callback put something else into `ctx.take_step`."""
    refuse_non_finite_gradients(ctx, optimizer, run_step)
    optimizer.step()


# -- the loss --------------------------------------------------------------------------------------


def loss_function(model: Module, given: Any) -> Callable[..., Any] | None:
    """The loss: the network's own method `loss(pred, target)`, else what was given to `setup`.

    Raises:
        TypeError: it is neither a function nor a module, or a class.
    """
    own = getattr(model, "loss", None)
    if own is not None and not isinstance(own, Tensor):
        return own
    if isinstance(given, type):
        raise TypeError(f"loss: {given.__name__} is a class\n  try: loss={given.__name__}()")
    if given is not None and not callable(given):
        raise TypeError(
            f"loss: expected a function (pred, target) -> loss or a module, got "
            f"{type(given).__name__}\n  try: loss=nn.CrossEntropyLoss(), or nn.functional.mse_loss"
        )
    return given
