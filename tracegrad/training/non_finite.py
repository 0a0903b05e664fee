"""Stopping at a loss or a gradient that is no number, with the op that made it so.

Looked at before every step and so before anything is written: a single NaN in a gradient would make
every weight NaN, and the loss tells only one step later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from tracegrad._tensor import Tensor
from tracegrad.backend.device import Array, namespace_of
from tracegrad.diagnose.finding import Finding
from tracegrad.diagnose.not_finite import first_not_finite, not_finite_findings
from tracegrad.errors import with_details
from tracegrad.optim.optimizer import Optimizer
from tracegrad.recording.live import Trace
from tracegrad.training.advice import not_finite_in
from tracegrad.training.errors import (
    NonFiniteError,
    NonFiniteGradientError,
    NonFiniteLossError,
)
from tracegrad.training.replay import Failed, repeat

if TYPE_CHECKING:
    from tracegrad.training.context import Context

Again = Callable[["Context"], None]
"""Runs the step of a context."""


def refuse_non_finite_loss(ctx: Context, again: Again) -> None:
    """Look at `ctx.loss` before it goes backward.

    Raises:
        TypeError: it is no tensor. ValueError: it has several elements.
        NonFiniteLossError: it is NaN or infinite.
    """
    _check_kind(ctx.loss)
    if not ctx.check_finite:
        return
    value = ctx.loss._array.item()
    if not _finite(value):
        what = "NaN" if value != value else "inf"
        _stop(ctx, NonFiniteLossError, _loss_headline(ctx), "loss", what, again)


def refuse_non_finite_loss_after(ctx: Context) -> None:
    """Look at the loss that a network's own `step` has left, where it stepped by itself.

    Raises:
        NonFiniteLossError: it is NaN or infinite.
    """
    loss = getattr(ctx, "loss", None)
    if ctx.training and ctx.check_finite and loss is not None and not _finite(loss._array.item()):
        raise NonFiniteLossError(
            with_details(
                _loss_headline(ctx),
                [("weights", "step() of the network may have written to them")],
                "ctx.optimize(loss) in step(), which looks before it writes",
            ),
            epoch=ctx.epoch,
            batch=ctx.batch_number,
        )


def _loss_headline(ctx: Context) -> str:
    at = f"batch {ctx.batch_number} in epoch {ctx.epoch}"
    return f"the loss of {at} is {ctx.loss._array.item()}"


def refuse_non_finite_gradients(ctx: Context, optimizer: Optimizer, again: Again) -> None:
    """Look at the gradients before an optimizer uses them.

    Raises:
        NonFiniteGradientError: one holds NaN or infinities.
    """
    if not ctx.check_finite:
        return
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    gradients = [gradient._array for p in parameters if (gradient := p.grad) is not None]
    if all_finite(gradients):
        return
    for p in parameters:
        if p.grad is not None and not all_finite([p.grad._array]):
            _stop_at_gradient(ctx, p, p.grad._array, again)


def _stop_at_gradient(ctx: Context, parameter: Tensor, gradient: Array, again: Again) -> None:
    named = {id(p): name for name, p in ctx.model.named_parameters()}
    name = named.get(id(parameter), "a parameter")
    what = "NaN" if bool(namespace_of(gradient).isnan(gradient).any()) else "inf"
    headline = (
        f"the gradient of {name} holds {what} in batch {ctx.batch_number} of epoch {ctx.epoch}"
    )
    _stop(ctx, NonFiniteGradientError, headline, "gradients", what, again)


SMALL = 16_384
"""Elements up to which a sum is faster than a call of BLAS: small steps take 5% less time."""


def all_finite(arrays: Sequence[Array]) -> bool:
    """Whether all elements are numbers.

    A NaN or an infinity shows in the sum, and in that of squares, which BLAS makes in a third of
    the time that `isfinite` takes. Only where one is not finite, perhaps by overflow, each element
    is asked.
    """
    if _finite(sum([_a_sum(array) for array in arrays])):
        return True
    return all(bool(namespace_of(array).isfinite(array).all()) for array in arrays)


def _a_sum(array: Array) -> Any:
    """One that is finite only if all elements are."""
    if array.size <= SMALL:
        return namespace_of(array).add.reduce(array, None)
    flat = array.ravel()
    return flat.dot(flat)


def _finite(number: Any) -> bool:
    """Whether a number is one: NaN - NaN and inf - inf are NaN."""
    return bool(number - number == 0)


def _check_kind(loss: Any) -> None:
    if not isinstance(loss, Tensor):
        raise TypeError(f"the loss must be a tensor, got {type(loss).__name__}: {loss!r:.60}")
    if loss._array.size != 1:
        raise ValueError(
            f"the loss has shape {list(loss.shape)}, and backward needs one number\n"
            "  try: reduction='mean', or .mean() at the end of the loss"
        )


# -- the error -------------------------------------------------------------------------------------


def _stop(
    ctx: Context,
    kind: type[NonFiniteError],
    headline: str,
    failed: Failed,
    what: str,
    again: Again,
) -> NoReturn:
    """Repeat the step under `record()` and raise what was found."""
    trace = repeat(ctx, failed, again)
    finding = None if trace is None else _finding(trace, what)
    data = not_finite_in(ctx)
    rows = [
        ("weights", "as they were before this step"),
        ("data", data),
        ("found", finding.headline if finding else _nothing_found(trace)),
        *(finding.rows if finding else ()),
        ("to see it", SEE if trace else ""),
    ]
    tries = _tries(finding, data)
    raise kind(
        with_details(headline, rows, tries),
        epoch=ctx.epoch, batch=ctx.batch_number, finding=finding, trace=trace,
    )  # fmt: skip


def _tries(finding: Finding | None, data: str) -> str:
    if data:
        return "np.isfinite(x) of the data before fit, to fill in or leave out what is not"
    if finding and finding.tries:
        return finding.tries
    return "a smaller learning rate; or fit(..., check_finite=False) to train on"


SEE = "error.trace.save('step.trace'), then: tracegrad open step.trace"


def _finding(trace: Trace, what: str) -> Finding | None:
    """What made the first NaN, or the first infinity; of another kind if there is none of it."""
    occurrences = first_not_finite(trace)
    kinds = [occurrence.what for occurrence in occurrences]
    findings = not_finite_findings(trace, occurrences)
    if what in kinds:
        return findings[kinds.index(what)]
    return findings[0] if findings else None


def _nothing_found(trace: Trace | None) -> str:
    if trace is None:
        return "the step was not repeated, since a recording is running: look there"
    return "all numbers were finite when the step was repeated"
