"""`setup`: what to train and how, as a recipe that can be changed and fitted again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tracegrad.nn.module import Module
from tracegrad.optim.optimizer import Optimizer
from tracegrad.training.accelerator import as_accelerator
from tracegrad.training.advice import refuse_untrainable
from tracegrad.training.arguments import check_arguments, explained
from tracegrad.training.callback import Callback, as_callbacks
from tracegrad.training.context import Context
from tracegrad.training.errors import TrainingError
from tracegrad.training.fitted import Fitted
from tracegrad.training.fitting import run_fit
from tracegrad.training.metrics.metric import as_metrics
from tracegrad.training.progress import with_progress
from tracegrad.training.sources import gives_batches, loader, refuse_used_up, split
from tracegrad.training.step import loss_function
from tracegrad.training.tally import Tally

Network = Module | type[Module]


def setup(
    network: Network,
    loss: Any = None,
    optimizer: Any = None,
    metrics: Any = None,
) -> Recipe:
    """Say what to train: a network, its loss, an optimizer, and what to measure.

    Args:
        network: a `Module` class, of which each `fit` makes a new one with the arguments of
            `set_hparams`; or an instance, which is trained itself, and further by the next `fit`.
            A network may define methods of its own: `loss(pred, target)`, `predict(input)`,
            `step(ctx)` for a whole batch, `set_optimizers(**opt_hparams)` for an optimizer or a
            dict of several, and `active_optimizers(ctx)` for the names of those that step now.
        loss: function or module of `(pred, target)`; needed if the network has none of its own.
        optimizer: a class such as `tg.optim.Adam`; likewise.
        metrics: of `tg.training.metrics`, or functions of `(pred, target)`; for both sets, or
            `{"train": [...], "valid": [...]}`.

    Raises:
        TypeError, ValueError: one of these is something else.

    Example:
        >>> recipe = setup(Net, loss=nn.CrossEntropyLoss(), optimizer=tg.optim.Adam)
        >>> fitted = recipe.set_hparams(hidden=32).set_opt_hparams(lr=0.01).fit((x, y), epochs=5)
    """
    if not (isinstance(network, Module) or _is_network_class(network)):
        raise TypeError(
            f"setup: expected a Module class or an instance of one, got {_described(network)}"
        )
    if isinstance(optimizer, Optimizer):
        name = type(optimizer).__name__
        raise TypeError(
            f"setup: optimizer={name}(…) is an instance, and the network it belongs to is made by "
            f"fit\n  try: optimizer={name}, and its arguments in set_opt_hparams(lr=…)"
        )
    if optimizer is not None and not callable(optimizer):
        raise TypeError(
            f"setup: optimizer must be a class such as tg.optim.Adam, got {_described(optimizer)}"
        )
    as_metrics(metrics)  # to complain now
    return Recipe(network, loss, optimizer, metrics)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What `setup` gives. Each `set_…` makes a new one and leaves this as it is."""

    network: Network
    loss: Any = None
    optimizer: Any = None
    metrics: Any = None
    hparams: Mapping[str, Any] = field(default_factory=dict)
    opt_hparams: Mapping[str, Any] = field(default_factory=dict)

    def set_hparams(self, **hparams: Any) -> Recipe:
        """Arguments of the network's class.

        Raises:
            TypeError: it takes no argument of that name, or the network is an instance already.
        """
        if isinstance(self.network, Module):
            name = type(self.network).__name__
            raise TypeError(
                f"set_hparams: setup was given an instance of {name}, which has its arguments\n"
                f"  try: setup({name}, …), the class"
            )
        check_arguments(self.network, hparams, "set_hparams", complete=False)
        return replace(self, hparams={**self.hparams, **hparams})

    def set_opt_hparams(self, **opt_hparams: Any) -> Recipe:
        """Arguments of the optimizer, or of the network's `set_optimizers`.

        Raises:
            TypeError: the optimizer takes no argument of that name.
        """
        own = getattr(self.network, "set_optimizers", None)
        if own is None and self.optimizer is not None:
            check_arguments(self.optimizer, opt_hparams, "set_opt_hparams", complete=False)
        return replace(self, opt_hparams={**self.opt_hparams, **opt_hparams})

    @explained
    def fit(
        self,
        data: Any,
        epochs: int | tuple[int, int] = 10,
        *,
        callbacks: Callback | Iterable[Callback] | None = None,
        valid_data: Any = None,
        accelerator: Any = None,
        verbose: bool | None = None,
        dataloader_options: Mapping[str, Any] | None = None,
        check_finite: bool = True,
    ) -> Fitted:
        """Train.

        Args:
            data: an array, a tensor, a tuple `(x, y)` of them, a list of examples, a dataset, or
                a loader. Of all but a loader shuffled batches of 32 are made. Arrays of float64
                become float32 (the default dtype); tensors stay as they are.
            epochs: how many; `(least, most)` if a callback may stop earlier.
            callbacks: of `tg.training.callbacks`, or one's own `Callback`s.
            valid_data: what to measure on after each epoch; a number such as 0.2 takes that share
                of `data`.
            accelerator: a device, as `"cuda"`, or an `Accelerator`; by default the network's.
            verbose: `False` shows nothing; by default a bar in a terminal, else a line an epoch.
            dataloader_options: arguments of the `DataLoader` that is made: batch_size, …
            check_finite: stop before the step when the loss or a gradient is NaN or infinite.

        Returns:
            The trained network, in evaluation mode, with what was measured.

        Raises:
            TrainingError: there is no loss, no optimizer, or no parameter.
            CallbackError: a callback raised.
            NonFiniteError: a loss or gradient is no number; the error says which op made it.
            TypeError, ValueError: an argument is something else.
        """
        least, most = _epochs(epochs)
        data, valid_data = split(data, valid_data)
        if most > 1:
            refuse_used_up(data, "data")
            refuse_used_up(valid_data, "valid_data")
        ctx = self._context(callbacks, accelerator, verbose)
        ctx.data = loader(data, dataloader_options, shuffle=True)
        if valid_data is not None:
            # Options for training's loader do not fit one that was given for validation.
            options = None if gives_batches(valid_data) else _unshuffled(dataloader_options)
            ctx.valid_data = loader(valid_data, options, shuffle=False, argument="valid_data")
        ctx.min_epochs, ctx.max_epochs, ctx.check_finite = least, most, check_finite
        _check_loss(ctx)
        ctx.optimizers = self._optimizers(ctx.model)
        if len(ctx.optimizers) == 1:
            ((ctx.opt_name, ctx.optimizer),) = ctx.optimizers.items()
        metrics = as_metrics(self.metrics)
        run_fit(ctx, Tally(metrics["train"]), Tally(metrics["valid"]))
        ctx.model.eval()
        return Fitted(ctx.model, self, ctx.records, ctx.stop_reason, ctx)

    def network_for(self, hparams: Mapping[str, Any] | None = None) -> Module:
        """A network with the recipe's arguments, or others; the instance that was given.

        Raises:
            TypeError: an argument is missing, or there is none of that name.
        """
        if isinstance(self.network, Module):
            return self.network
        chosen = self.hparams if hparams is None else hparams
        check_arguments(self.network, chosen, "set_hparams", complete=True)
        return self.network(**chosen)

    def _context(self, callbacks: Any, accelerator: Any, verbose: bool | None) -> Context:
        place = as_accelerator(accelerator)
        model = place.prepare(self.network_for())
        return Context(
            model,
            loss_fn=loss_function(model, self.loss),
            accelerator=place,
            callbacks=with_progress(as_callbacks(callbacks), verbose),
            verbose=verbose,
            hparams=self.hparams,
            opt_hparams=self.opt_hparams,
        )

    def _optimizers(self, model: Module) -> dict[str, Optimizer]:
        """The optimizers by name.

        Raises:
            TrainingError: there is none, or nothing for it to change. TypeError: an argument is
                missing or unknown.
        """
        own = getattr(model, "set_optimizers", None)
        if own is not None:
            made = own(**self.opt_hparams)
            return dict(made) if isinstance(made, Mapping) else {"opt": made}
        if self.optimizer is None:
            raise TrainingError(
                "fit needs an optimizer\n"
                "  try: setup(…, optimizer=tg.optim.Adam), or a method set_optimizers() of "
                f"{type(model).__name__}"
            )
        refuse_untrainable(model)
        known = {"params": None, **self.opt_hparams}
        check_arguments(self.optimizer, known, "set_opt_hparams", complete=True)
        return {"opt": self.optimizer(model.parameters(), **self.opt_hparams)}


# -- what was given --------------------------------------------------------------------------------


def _is_network_class(given: Any) -> bool:
    return isinstance(given, type) and issubclass(given, Module)


def _described(given: Any) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else repr(given)[:60]


def _epochs(epochs: Any) -> tuple[int, int]:
    pair = (0, epochs) if isinstance(epochs, int) else epochs
    whole = isinstance(pair, tuple | list) and [type(n) for n in pair] == [int, int]
    if isinstance(epochs, bool) or not whole or not 0 <= pair[0] <= pair[1]:
        raise ValueError(f"epochs: expected a number, or (least, most) of them; got {epochs!r}")
    return pair[0], pair[1]


def _check_loss(ctx: Context) -> None:
    if ctx.loss_fn is None and ctx.own_step is None:
        name = type(ctx.model).__name__
        raise TrainingError(
            f"fit needs a loss\n  try: setup({name}, loss=nn.CrossEntropyLoss()), or a method "
            f"loss(pred, target) of {name}"
        )


def _unshuffled(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Options of the training loader that hold for validation too: not those of its order."""
    of_training = {"shuffle", "sampler", "batch_sampler", "drop_last", "generator"}
    return {name: value for name, value in (options or {}).items() if name not in of_training}
