"""Callbacks: what a user adds to the training loop, event by event.

Note [One context]
~~~~~~~~~~~~~~~~~~
Every method gets one thing, the `Context`: what the loop knows now. The loop reads it back after
each event, so a callback changes training by changing the context: `ctx.input` and `ctx.target` of
a batch (mixup), `ctx.loss` before it goes backward, the optimizer's groups, `ctx.stop(reason)`.

At each event callbacks run by their `order`, then as they were given. One that overrides no method
of an event costs nothing there.
"""

from __future__ import annotations

import difflib
import inspect
import linecache
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, ClassVar

from tracegrad.errors import TracegradError, with_details
from tracegrad.graph.location import inside_library
from tracegrad.training.errors import CallbackError

if TYPE_CHECKING:
    from tracegrad.training.context import Context

EARLY, NORMAL, SHOWING, SAVING = -100, 0, 100, 200
"""Orders of callbacks: what prepares, what works, what shows the results of those, and what writes
everything to a file, which must come last to be complete.
"""


class Callback:
    """Override the methods of the events that matter; each gets the context.

    Example:
        >>> class Patience(Callback):
        ...     def on_epoch_end(self, ctx):
        ...         if ctx.records.last("valid", "loss") > 2:
        ...             ctx.stop("the validation loss went above 2")
    """

    order: ClassVar[int] = NORMAL

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in vars(cls):
            if name.startswith("on_") and name not in EVENTS:
                close = difflib.get_close_matches(name, EVENTS, n=1)
                raise TypeError(
                    f"{cls.__name__}.{name}: there is no such event"
                    + (f"\n  try: {close[0]}" if close else f"\n  events: {', '.join(EVENTS)}")
                )

    # -- for resuming --------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """What it must know again when training is resumed: numbers, text, tensors, containers."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""

    # -- the whole -----------------------------------------------------------------------------

    def on_fit_begin(self, ctx: Context) -> None:
        """Everything is ready; nothing was computed."""

    def on_fit_end(self, ctx: Context) -> None:
        """After the last epoch, or the one after which something stopped the fit."""

    def on_epoch_begin(self, ctx: Context) -> None:
        """Before training; `ctx.epoch` counts from 1."""

    def on_epoch_end(self, ctx: Context) -> None:
        """After training and validation; their results are in `ctx.records`."""

    def on_interrupt(self, ctx: Context) -> None:
        """Ctrl-C: after `ctx.stop(...)` the fit ends in order, else `KeyboardInterrupt` goes on."""

    def on_error(self, ctx: Context) -> None:
        """`fit`, `predict` or `evaluate` is about to raise `ctx.error`: close what is open."""

    # -- training ------------------------------------------------------------------------------

    def on_train_begin(self, ctx: Context) -> None:
        """Before the first batch of an epoch."""

    def on_train_end(self, ctx: Context) -> None:
        """After the last batch; loss and metrics of the epoch are in `ctx.records`."""

    def on_train_batch_begin(self, ctx: Context) -> None:
        """A batch is on its device, as `ctx.batch`, `ctx.input` and `ctx.target`."""

    def on_train_batch_after_pred(self, ctx: Context) -> None:
        """The network gave `ctx.pred`."""

    def on_train_batch_after_loss(self, ctx: Context) -> None:
        """`ctx.loss` is there, and may be replaced."""

    def on_train_batch_before_backward(self, ctx: Context) -> None:
        """Old gradients are gone; `ctx.optimizer` is the one that steps next."""

    def on_train_batch_before_step(self, ctx: Context) -> None:
        """Gradients are there, and may be changed: clipping."""

    def on_train_batch_after_step(self, ctx: Context) -> None:
        """The weights are new."""

    def on_train_batch_end(self, ctx: Context) -> None:
        """Metrics have seen the batch."""

    # -- validation ----------------------------------------------------------------------------

    def on_valid_begin(self, ctx: Context) -> None:
        """Before the first batch; also of `evaluate`."""

    def on_valid_end(self, ctx: Context) -> None:
        """After the last batch; the results are in `ctx.records`."""

    def on_valid_batch_begin(self, ctx: Context) -> None:
        """A batch is on its device."""

    def on_valid_batch_after_pred(self, ctx: Context) -> None:
        """The network gave `ctx.pred`."""

    def on_valid_batch_after_loss(self, ctx: Context) -> None:
        """`ctx.loss` is there."""

    def on_valid_batch_end(self, ctx: Context) -> None:
        """Metrics have seen the batch."""

    # -- prediction ----------------------------------------------------------------------------

    def on_predict_begin(self, ctx: Context) -> None:
        """Before the first batch."""

    def on_predict_end(self, ctx: Context) -> None:
        """After the last batch."""

    def on_predict_batch_begin(self, ctx: Context) -> None:
        """A batch is on its device."""

    def on_predict_batch_end(self, ctx: Context) -> None:
        """The network gave `ctx.pred`, which may be replaced."""


EVENTS: tuple[str, ...] = tuple(name for name in vars(Callback) if name.startswith("on_"))
"""Every event, by the name of its method."""


# -- calling them ----------------------------------------------------------------------------------


class Callbacks:
    """The callbacks of one run, in the order in which they are called."""

    def __init__(self, callbacks: Iterable[Callback]) -> None:
        given = list(callbacks)
        for one in given:
            _check(one)
        self.all: list[Callback] = sorted(given, key=lambda one: one.order)
        self.hooks: dict[str, list[tuple[Callback, Callable[[Context], None]]]] = {
            event: [(one, getattr(one, event)) for one in self.all if _overrides(one, event)]
            for event in EVENTS
        }

    def surround(
        self,
        event: str,
        callback: Callback,
        *,
        first: Callable[[Context], None] | None = None,
        last: Callable[[Context], None] | None = None,
    ) -> None:
        """Call a callback's functions before and after all others at an event, whatever its order.

        At the event that runs now it changes nothing any more.
        """
        before = [(callback, first)] if first is not None else []
        after = [(callback, last)] if last is not None else []
        self.hooks[event] = [*before, *self.hooks[event], *after]

    def fire(self, event: str, ctx: Context) -> None:
        """Tell all callbacks of an event.

        Raises:
            CallbackError: one of them raised.
        """
        for callback, method in self.hooks[event]:
            try:
                method(ctx)
            except CallbackError:  # of a fit that the callback ran itself
                raise
            except Exception as error:
                raise _callback_error(callback, event, ctx, error) from error


def _check(one: Any) -> None:
    if isinstance(one, type) and issubclass(one, Callback):
        raise TypeError(f"callbacks: {one.__name__} is a class\n  try: {one.__name__}()")
    if not isinstance(one, Callback):
        raise TypeError(
            f"callbacks: expected instances of tg.training.Callback, got {type(one).__name__}"
        )
    for event in EVENTS:
        if _overrides(one, event) and not _takes_context(getattr(one, event)):
            raise TypeError(
                f"{type(one).__name__}.{event} cannot be called with the context\n"
                f"  try: def {event}(self, ctx):"
            )


def _takes_context(method: Callable[..., Any]) -> bool:
    try:
        inspect.signature(method).bind(None)
    except TypeError:
        return False
    except ValueError:  # written in C: it will complain itself
        return True
    return True


def _overrides(callback: Callback, event: str) -> bool:
    return getattr(type(callback), event) is not getattr(Callback, event) or event in vars(callback)


def _callback_error(
    callback: Callback, event: str, ctx: Context, error: Exception
) -> CallbackError:
    name, where = type(callback).__name__, _where(error)
    headline = f"callback {name} failed in {event}: {type(error).__name__}: {error}"
    at = f"epoch {ctx.epoch}, batch {ctx.batch_number}" if ctx.epoch else "before the first epoch"
    return CallbackError(
        with_details(headline, [("at", at), ("line", where)]),
        callback=name, event=event, epoch=ctx.epoch, batch=ctx.batch_number, where=where,
    )  # fmt: skip


_INSTALLED = tuple(
    {sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")}
)


def _where(error: Exception) -> str:
    """The innermost line of the user's own code that an error passed; else the innermost line."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)][1:]
    own = [at for at in frames if not inside_library[at[0]] and not at[0].startswith(_INSTALLED)]
    if not frames or (not own and isinstance(error, TracegradError)):
        return (
            ""  # our own callback says in words what was wrong, and where it says so helps nobody
        )
    file, line = (own or frames)[-1]
    short = file.replace("\\", "/").rpartition("/")[2]
    return f"{short}:{line}   {linecache.getline(file, line).strip()}".rstrip()


def as_callbacks(callbacks: Any) -> list[Callback]:
    """What was given as `callbacks=`: `None`, one, or several.

    Raises:
        TypeError: something else.
    """
    if callbacks is None:
        return []
    if isinstance(callbacks, Callback | type):
        callbacks = [callbacks]
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks: expected a list of callbacks, got {type(callbacks).__name__}")
    given = list(callbacks)
    for one in given:
        _check(one)
    return given
