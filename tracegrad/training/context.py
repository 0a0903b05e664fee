"""What the training loop knows at each moment: the one thing that callbacks and `step` see.

See Note [One context].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from tracegrad._tensor import Tensor
from tracegrad.nn.module import Module
from tracegrad.optim.optimizer import Optimizer
from tracegrad.training.callback import Callback, Callbacks
from tracegrad.training.records import Records
from tracegrad.training.sources import batches_in
from tracegrad.training.step import backward, optimize, take_step
from tracegrad.training.tally import Tally

if TYPE_CHECKING:
    from tracegrad.training.accelerator import Accelerator
    from tracegrad.training.metrics.metric import Metric
    from tracegrad.training.replay import Before
    from tracegrad.training.resuming import Position

Stage = Literal["train", "valid", "predict"]

SOMETIMES = {
    "batch": "during a batch, from on_*_batch_begin to on_*_batch_end",
    "input": "during a batch of (input, target) or (input,); for others set it, and ctx.target, in "
    "on_train_batch_begin, or define step(ctx) in the network",
    "target": "during a batch of (input, target); for others set it in on_train_batch_begin, or "
    "define step(ctx) in the network",
    "pred": "during a batch, from on_*_batch_after_pred on",
    "loss": "during a batch, from on_*_batch_after_loss on; of an epoch: ctx.records.last(...)",
    "optimizer": "always with one optimizer, with several from on_train_batch_after_pred to "
    "on_train_batch_after_step; all of them are ctx.optimizers",
    "opt_name": "always with one optimizer, with several from on_train_batch_after_pred to "
    "on_train_batch_after_step; all of them are ctx.optimizers",
    "error": "in on_error",
}  # fmt: skip
"""Attributes that come and go, and when they are there."""

ALWAYS = (
    "model", "optimizers", "loss_fn", "data", "valid_data", "hparams", "opt_hparams",
    "accelerator", "records", "buffers", "callbacks", "verbose", "check_finite",
    "stage", "epoch", "min_epochs", "max_epochs", "batch_number", "batches", "tally",
    "stop_reason", "stops_at_once", "backward", "take_step", "keeps_position", "position", "before",
    "own_step", "own_choice",
)  # fmt: skip
"""Attributes that are there at every event."""


class Context:
    """What the loop knows now.

    Attributes:
        model: the network. optimizers: by name, `"opt"` where there is one.
        loss_fn: `(pred, target) -> loss`; `None` where the network has a `step` of its own.
        data, valid_data: what gives the batches; `valid_data` is `None` without validation.
        hparams, opt_hparams: the arguments of the network and of the optimizer.
        accelerator: what moves things to the device.
        records: losses and metrics of the epochs so far.
        buffers: a place for what callbacks want to keep or tell each other.
        callbacks: all that run, in their order.
        verbose: whether progress is shown; `None` if that was left open.
        stage: which pass runs: `train`, `valid` or `predict`.
        epoch: counted from 1, 0 before the first. min_epochs, max_epochs: how many there may be.
        batch_number: in this pass, from 1; 0 before the first.
        batches: how many this pass has; `None` if its data have no length.
        batch, input, target, pred, loss: of the running batch.
        optimizer, opt_name: the one that steps next.
        tally: loss and metrics of this pass so far.
        keeps_position: set it in `on_fit_begin` to save in the middle of epochs; see `resuming`.
        position: where the running epoch began, or where one that is resumed goes on; `before`:
            where the running step did. own_step, own_choice: the network's `step` and
            `active_optimizers`, if it has them. All are the loop's own.
        stop_reason: why the fit ends early; `""` if it doesn't.
        backward: `(ctx, loss)`, how the loss goes backward; a callback may put its own here.
        take_step: `(ctx, optimizer)`, how an optimizer steps, likewise; the loop's own refuses
            gradients that are not finite.
        error: what the fit is about to raise.
    """

    __slots__ = (*ALWAYS, *SOMETIMES)

    model: Module
    optimizers: dict[str, Optimizer]
    loss_fn: Callable[..., Any] | None
    data: Any
    valid_data: Any
    hparams: Mapping[str, Any]
    opt_hparams: Mapping[str, Any]
    accelerator: Accelerator
    records: Records
    buffers: dict[str, Any]
    callbacks: Callbacks
    verbose: bool | None
    check_finite: bool
    stage: Stage
    epoch: int
    min_epochs: int
    max_epochs: int
    batch_number: int
    batches: int | None
    tally: Tally
    stop_reason: str
    stops_at_once: bool
    backward: Callable[[Context, Tensor], None]
    take_step: Callable[[Context, Optimizer], None]
    keeps_position: bool
    position: Position | None
    before: Before | None
    own_step: Callable[[Context], None] | None
    own_choice: Callable[[Context], Iterable[str]] | None

    batch: Any
    input: Any
    target: Any
    pred: Any
    loss: Any
    optimizer: Optimizer
    opt_name: str
    error: BaseException

    def __init__(
        self,
        model: Module,
        *,
        loss_fn: Callable[..., Any] | None,
        accelerator: Accelerator,
        callbacks: Iterable[Callback],
        verbose: bool | None,
        records: Records | None = None,
        hparams: Mapping[str, Any] | None = None,
        opt_hparams: Mapping[str, Any] | None = None,
    ) -> None:
        self.model, self.loss_fn, self.accelerator = model, loss_fn, accelerator
        self.callbacks, self.verbose = Callbacks(callbacks), verbose
        self.records = Records() if records is None else records
        self.hparams, self.opt_hparams = hparams or {}, opt_hparams or {}
        self.optimizers, self.data, self.valid_data = {}, None, None
        self.buffers = {}
        self.check_finite, self.keeps_position = True, False
        self.position, self.before = None, None
        self.epoch = self.min_epochs = self.max_epochs = 0
        self.stop_reason, self.stops_at_once = "", False
        self.backward, self.take_step = backward, take_step
        # Looked up once: a module takes 2 us to say that it has no such method.
        self.own_step = getattr(model, "step", None)
        self.own_choice = getattr(model, "active_optimizers", None)
        self.begin_pass("predict", None, Tally())

    def __getattr__(self, name: str) -> Any:
        """Say when an attribute that is not there is."""
        if name in SOMETIMES:
            raise AttributeError(f"ctx.{name} is not there now\n  it is there {SOMETIMES[name]}")
        raise AttributeError(
            f"the context has no attribute {name!r}\n"
            f"  there are: {', '.join(sorted((*ALWAYS, *SOMETIMES)))}\n"
            "  try: ctx.buffers[...] for what callbacks want to keep"
        )

    # -- what follows from the rest ------------------------------------------------------------

    @property
    def training(self) -> bool:
        """Whether batches change the weights."""
        return self.stage == "train"

    @property
    def device(self) -> Any:
        """Where the network and the batches are."""
        return self.accelerator.device

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics of this pass by name."""
        return self.tally.metrics

    # -- what callbacks may ask for ------------------------------------------------------------

    def log(self, name: str, value: float, set: str | None = None) -> None:
        """Keep a number in the records of this epoch; progress shows it, loggers write it.

        Args:
            set: `train` or `valid`; by default that of the running pass.
        """
        self.records.log(set or self.stage, name, self.epoch, value)

    def stop(self, reason: str, *, at_once: bool = False) -> None:
        """End the fit after this epoch, but not before `min_epochs`.

        Args:
            reason: what to tell the user.
            at_once: after this batch, whatever `min_epochs` says. What is left of the epoch and
                its validation are skipped; `on_train_end`, `on_epoch_end` and `on_fit_end` run.
        """
        self.stop_reason = reason
        self.stops_at_once = at_once

    def optimize(self, loss: Tensor, optimizer: str | None = None) -> None:
        """One optimizer's part of a training step: drop gradients, backward, step, with events.

        For a network's own `step(ctx)`. Outside of training it only keeps the loss.

        Args:
            optimizer: its name, where there are several.

        Raises:
            NonFiniteError: the loss or a gradient is NaN or infinite; nothing is written then.
        """
        optimize(self, loss, optimizer)

    # -- for the loop --------------------------------------------------------------------------

    def begin_pass(self, stage: Stage, data: Any, tally: Tally) -> None:
        """Before the first batch of a pass."""
        self.stage, self.tally = stage, tally
        self.batch_number, self.batches = 0, batches_in(data)
        tally.reset()

    @property
    def is_over(self) -> bool:
        """Whether no further epoch begins."""
        enough = self.stops_at_once or self.epoch >= self.min_epochs
        return self.epoch >= self.max_epochs or (bool(self.stop_reason) and enough)

    def fire(self, event: str) -> None:
        """Tell all callbacks of an event."""
        if self.callbacks.hooks[event]:
            self.callbacks.fire(event, self)

    def forget(self, *names: str) -> None:
        """Take attributes away that are there only sometimes."""
        for name in names:
            try:
                delattr(self, name)
            except AttributeError:
                pass
