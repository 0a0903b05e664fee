"""The loop: epochs, each a pass of training and one of validation; and the passes alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import enable_grad, no_grad
from tracegrad.training.context import Context
from tracegrad.training.replay import Before
from tracegrad.training.resuming import batches_of
from tracegrad.training.step import OF_A_BATCH, run_batch, take_apart
from tracegrad.training.tally import Tally


def run_fit(ctx: Context, train: Tally, valid: Tally) -> None:
    """All epochs. A callback may have put the context in the middle of a fit."""
    with _reported(ctx), enable_grad():
        ctx.fire("on_fit_begin")
        ctx.before = Before(ctx.model) if ctx.check_finite else None
        while not ctx.is_over:
            ctx.epoch += 1
            run_epoch(ctx, train, valid)
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
def _reported(ctx: Context) -> Iterator[None]:
    """Tell callbacks of Ctrl-C and of errors; a note on the error says where training was."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        ctx.fire("on_interrupt")
        if not ctx.stop_reason:
            _tell(ctx, interrupt)
            raise
        ctx.fire("on_fit_end")
    except BaseException as error:
        if isinstance(error, Exception) and ctx.epoch:
            error.add_note(_where(ctx))
            _explain_dtypes(ctx, error)
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
    return f"while {passes[ctx.stage]}: {at}batch {ctx.batch_number}"


def _explain_dtypes(ctx: Context, error: Exception) -> None:
    """Where the input's dtype is not that of the weights, say so: it is the most likely cause.

    Only after an error, since a network may convert its input itself.
    """
    given = getattr(ctx, "input", None)
    weights = next((p for p in ctx.model.parameters() if p.is_floating_point()), None)
    if not isinstance(given, Tensor) or weights is None or given.dtype == weights.dtype:
        return
    if given.is_floating_point() and isinstance(error, RuntimeError | TypeError):
        wanted = weights.dtype.name
        error.add_note(
            f"the input is {given.dtype.name}, the weights are {wanted}\n"
            f"  try: x.to(tg.{wanted}); or the NumPy array itself, which fit converts from float64"
        )
