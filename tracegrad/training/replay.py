"""Repeating the step that failed, this time watched.

Note [A step can be repeated]
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
Recording every step would cost; so none is recorded until one fails. Then the batch is still there
and the weights are those that it began with, since losses and gradients are looked at before an
optimizer writes. What a forward pass changes besides are random numbers and buffers (the running
statistics of a batch norm): `Before` keeps both from step to step, the state of 2.5 kB in 0.5 us,
and a buffer only when it was written to. So the same step runs once more under `record()`, and its
first NaN has an op, a module and a line. Afterwards the buffers are put back: whoever catches the
error has the network as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any, Literal

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import enable_grad, no_grad
from tracegrad.backend.device import copied
from tracegrad.backend.random import default_generator, state_of
from tracegrad.graph.observe import hub
from tracegrad.nn.module import Module
from tracegrad.recording.live import Trace, record
from tracegrad.recording.recorder import Recorder
from tracegrad.training.callback import Callbacks

if TYPE_CHECKING:
    from tracegrad.training.context import Context

Failed = Literal["loss", "gradients"]
"""Where numbers stopped being numbers."""


class Before:
    """What a step changes besides the weights, as it was when the step began."""

    def __init__(self, model: Module) -> None:
        self._places = [
            (module._buffers, name) for module in model.modules() for name in module._buffers
        ]
        self._kept: list[tuple[Tensor | None, int, Any]] = [(None, -1, None)] * len(self._places)
        self._random = default_generator.glance()

    def take(self) -> None:
        """Begin a step."""
        self._random = default_generator.glance()
        for n, (buffers, name) in enumerate(self._places):
            tensor = buffers.get(name)
            known, version, _ = self._kept[n]
            if tensor is not None and (tensor is not known or tensor._version != version):
                self._kept[n] = tensor, tensor._version, copied(tensor._array)

    def restore(self) -> None:
        """Go back to where the step began."""
        default_generator.restore(state_of(self._random))
        for n, (buffers, name) in enumerate(self._places):
            tensor, version, elements = self._kept[n]
            if tensor is None:
                continue
            if tensor._version != version:
                with no_grad():
                    tensor.copy_(Tensor._of(copied(elements)))
                self._kept[n] = tensor, tensor._version, elements
            buffers[name] = tensor


class _Repeated(Exception):
    """The repeated step has reached the place where it failed."""


def repeat(ctx: Context, failed: Failed, again: Callable[[Context], None]) -> Trace | None:
    """Record the running batch's step once more, up to where it failed, and write nothing.

    Args:
        again: runs the step of a context.

    Returns:
        The recording; `None` if something is being recorded already.
    """
    if hub.find(Recorder) is not None or ctx.before is None:
        return None
    gradients = [(p, p.grad) for p in ctx.model.parameters()]
    for p, _ in gradients:
        p.grad = None
    ctx.before.restore()
    try:
        with (
            enable_grad(),
            record(title=f"epoch {ctx.epoch}, batch {ctx.batch_number}") as trace,
            suppress(_Repeated),  # inside, or the recording were that of a failed program
        ):
            again(_watched(ctx, failed))
    except Exception:
        pass  # it fails elsewhere now, and the recording goes up to there
    finally:
        ctx.before.restore()
        for p, gradient in gradients:
            p.grad = gradient
    assert isinstance(trace, Trace)  # it was given no path
    return trace


def _watched(ctx: Context, failed: Failed) -> Context:
    """A context whose step ends where the other's failed; no callback hears of it."""
    replica, last = copy(ctx), ctx.opt_name
    replica.callbacks = Callbacks([])
    replica.check_finite = False
    ends_at = "backward" if failed == "loss" else "take_step"

    def end(inner: Context, what: Any) -> None:
        if inner.opt_name == last:
            raise _Repeated

    def nothing(inner: Context, what: Any) -> None:
        """Optimizers that stepped before the failure do not step again."""

    replica.take_step = nothing
    setattr(replica, ends_at, end)
    return replica
