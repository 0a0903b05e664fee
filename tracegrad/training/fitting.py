"""The loop: epochs, each a pass of training and one of validation; and the passes alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from tracegrad.autograd.mode import enable_grad, no_grad
from tracegrad.training.advice import explain
from tracegrad.training.context import Context
from tracegrad.training.replay import Before
from tracegrad.training.resuming import batches_of
from tracegrad.training.step import OF_A_BATCH, run_batch, take_apart
from tracegrad.training.tally import Tally


def run_fit(ctx: Context, train: Tally, valid: Tally) -> None:
    """All epochs. A callback may have put the context in the middle of a fit."""
    with reported(ctx), enable_grad():
        try:
            ctx.fire("on_fit_begin")
            ctx.before = Before(ctx.model) if ctx.check_finite else None
            while not ctx.is_over:
                ctx.epoch += 1
                run_epoch(ctx, train, valid)
        except KeyboardInterrupt:
            ctx.fire("on_interrupt")
            if not ctx.stop_reason:
                raise
        ctx.fire("on_fit_end")


def run_epoch(ctx: Context, train: Tally, valid: Tally) -> None:
    """Training, then validation."""
    started = perf_counter()
    if ctx.position is None:
        ctx.fire("on_epoch_begin")
    train_pass(ctx, train)
    if ctx.valid_data is not None and not ctx.stops_at_once:
        valid_pass(ctx, ctx.valid_data, valid)
    ctx.position = None
    ctx.records.took(ctx.epoch, perf_counter() - started)
    ctx.fire("on_epoch_end")


def train_pass(ctx: Context, tally: Tally) -> None:
    """Every batch of the training data once, or the rest of them where an epoch is resumed."""
    ctx.model.train()
    resumed = ctx.position
    ctx.begin_pass("train", ctx.data, tally)
    if resumed is None:
        ctx.fire("on_train_begin")
    for batch in batches_of(ctx, resumed):
        ctx.batch_number += 1
        run_batch(ctx, batch)
        if ctx.stops_at_once:
            break
    _close(ctx)
    ctx.fire("on_train_end")


def valid_pass(ctx: Context, data: Any, tally: Tally) -> None:
    """Every batch of some data, without gradients."""
    ctx.model.eval()
    ctx.begin_pass("valid", data, tally)
    with no_grad():
        ctx.fire("on_valid_begin")
        for batch in data:
            ctx.batch_number += 1
            run_batch(ctx, batch)
        _close(ctx)
        ctx.fire("on_valid_end")


def predict_pass(ctx: Context, data: Any) -> list[Any]:
    """What the network gives for each batch, by its own `predict` if it has one."""
    ctx.model.eval()
    ctx.begin_pass("predict", data, Tally())
    predict = getattr(ctx.model, "predict", ctx.model)
    found = []
    with no_grad():
        ctx.fire("on_predict_begin")
        for batch in data:
            ctx.batch_number += 1
            take_apart(ctx, ctx.accelerator.place(batch))
            ctx.fire("on_predict_batch_begin")
            ctx.pred = predict(ctx.input)
            ctx.fire("on_predict_batch_end")
            found.append(ctx.pred)
            ctx.forget(*OF_A_BATCH)
        ctx.fire("on_predict_end")
    return found


def _close(ctx: Context) -> None:
    for name, value in ctx.tally.results().items():
        ctx.log(name, value)


# -- errors ----------------------------------------------------------------------------------------


@contextmanager
def reported(ctx: Context) -> Iterator[None]:
    """Tell callbacks of an error; notes on it say where the pass was and what may be the cause."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, Exception) and (ctx.epoch or ctx.batch_number):
            error.add_note(_where(ctx))
            explain(ctx, error)
        _tell(ctx, error)
        raise
    finally:
        ctx.forget(*OF_A_BATCH, "error")


def _tell(ctx: Context, error: BaseException) -> None:
    """`on_error` of every callback; one that fails there adds a note, and the others still run."""
    ctx.error = error
    for callback, method in ctx.callbacks.hooks["on_error"]:
        try:
            method(ctx)
        except Exception as failed:
            error.add_note(f"{type(callback).__name__}.on_error failed too: {failed!r}")


def _where(ctx: Context) -> str:
    passes = {"train": "training", "valid": "validating", "predict": "predicting"}
    at = f"epoch {ctx.epoch}, " if ctx.epoch else ""
    if not hasattr(ctx, "batch"):  # it could not be read, or a callback failed between two
        at += "after " if ctx.batch_number else "before the first "
    return f"while {passes[ctx.stage]}: {at}batch {ctx.batch_number or ''}".rstrip()
