"""A trained network with what was measured: predict, evaluate, save, load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor
from tracegrad._util.text import count, number
from tracegrad.nn.module import Module
from tracegrad.ops.install import functions
from tracegrad.training.accelerator import as_accelerator
from tracegrad.training.arguments import explained
from tracegrad.training.callback import as_callbacks
from tracegrad.training.checkpoint import FilePath, load_checkpoint, save_checkpoint
from tracegrad.training.context import Context
from tracegrad.training.errors import CheckpointError, TrainingError
from tracegrad.training.fitting import predict_pass, reported, valid_pass
from tracegrad.training.metrics.metric import as_metrics
from tracegrad.training.progress import with_progress
from tracegrad.training.records import Records
from tracegrad.training.sources import loader
from tracegrad.training.step import loss_function
from tracegrad.training.tally import Tally

if TYPE_CHECKING:
    from tracegrad.training.recipe import Network, Recipe

KIND = "tracegrad.training.Fitted"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` measured: `evaluation["loss"]`, or all of `evaluation.values`."""

    network: str
    examples: str
    values: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        if name not in self.values:
            raise KeyError(f"no {name!r} was measured; there is: {', '.join(self.values)}")
        return self.values[name]

    def __repr__(self) -> str:
        width = max(map(len, self.values), default=0)
        rows = [f"  {name:<{width}}  {value:.4g}" for name, value in self.values.items()]
        return "\n".join([f"Evaluation of {self.network} on {self.examples}", *rows])


class Fitted:
    """What `fit` gives.

    Attributes:
        model: the network.
        recipe: what it was made by.
        records: losses and metrics of each epoch.
        stop_reason: why a callback ended the fit early; `""` if none did.
        context: what the loop knew last, with optimizers and callbacks; `None` after `load`.
    """

    def __init__(
        self,
        model: Module,
        recipe: Recipe,
        records: Records,
        stop_reason: str = "",
        context: Context | None = None,
    ) -> None:
        self.model, self.recipe, self.records = model, recipe, records
        self.stop_reason, self.context = stop_reason, context

    # -- using it ------------------------------------------------------------------------------

    @explained
    def predict(
        self,
        data: Any,
        *,
        callbacks: Any = None,
        accelerator: Any = None,
        verbose: bool | None = None,
        dataloader_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """What the network gives for all data, the batches joined along the first dimension.

        Args:
            data: as of `fit`, with or without targets, which are not looked at.

        Returns:
            A tensor; or, of a network that gives lists or dicts, one of joined tensors.
        """
        ctx = self._context(callbacks, accelerator, verbose)
        batches = loader(data, dataloader_options, shuffle=False)
        with reported(ctx):
            found = predict_pass(ctx, batches)
        return joined(found)

    @explained
    def evaluate(
        self,
        data: Any,
        *,
        metrics: Any = None,
        callbacks: Any = None,
        accelerator: Any = None,
        verbose: bool | None = None,
        dataloader_options: Mapping[str, Any] | None = None,
    ) -> Evaluation:
        """Loss and metrics on other data.

        Args:
            data: as of `fit`.
            metrics: instead of the recipe's.

        Raises:
            TrainingError: there is neither a loss nor a metric.
        """
        ctx = self._context(callbacks, accelerator, verbose)
        tally = Tally(as_metrics(self.recipe.metrics if metrics is None else metrics)["valid"])
        if ctx.loss_fn is None and not tally.metrics and ctx.own_step is None:
            name = type(self.model).__name__
            raise TrainingError(
                f"evaluate has nothing to measure: there is no loss and no metric\n"
                f"  try: load(path, setup({name}, loss=…)), or evaluate(data, metrics=[…])"
            )
        batches = loader(data, dataloader_options, shuffle=False)
        with reported(ctx):
            valid_pass(ctx, batches, tally)
        shown = count(tally.examples, "example")
        return Evaluation(type(self.model).__name__, shown, tally.results())

    def _context(self, callbacks: Any, accelerator: Any, verbose: bool | None) -> Context:
        place = as_accelerator(accelerator)
        return Context(
            place.prepare(self.model),
            loss_fn=loss_function(self.model, self.recipe.loss),
            accelerator=place,
            callbacks=with_progress(as_callbacks(callbacks), verbose),
            verbose=verbose,
            hparams=self.recipe.hparams,
            opt_hparams=self.recipe.opt_hparams,
        )

    # -- keeping it ----------------------------------------------------------------------------

    def save(self, path: FilePath) -> None:
        """Write weights, arguments of the network and records to one file.

        Arguments that are no numbers, text, tensors or containers are left out; `load` says so.

        Raises:
            CheckpointError: it cannot be written; a file that was there is as it was.
        """
        hparams = {name: v for name, v in self.recipe.hparams.items() if can_be_kept(v)}
        save_checkpoint(
            path,
            {
                "kind": KIND,
                "version": VERSION,
                "network": type(self.model).__name__,
                "hparams": hparams,
                "left_out": [name for name in self.recipe.hparams if name not in hparams],
                "model": self.model.state_dict(),
                "records": self.records.state_dict(),
                "stop_reason": self.stop_reason,
            },
        )

    # -- looking at it -------------------------------------------------------------------------

    def __repr__(self) -> str:
        seconds = sum(self.records.seconds.values())
        epochs = self.records.epochs
        head = f"Fitted {type(self.model).__name__} after {count(epochs, 'epoch')}"
        if epochs and seconds:
            head += f" ({number(seconds)} s, {number(seconds / epochs)} s an epoch)"
        if self.stop_reason:
            head += f"\nended early: {self.stop_reason}"
        table = "\n".join(self._last_epoch())
        return "\n\n".join(part for part in (head, table, repr(self.model)) if part)

    def _last_epoch(self) -> list[str]:
        """The newest numbers, a row for each set."""
        rows = {name: self.records.epoch(name, self.records.epochs) for name in self.records.sets}
        names = list(dict.fromkeys(name for values in rows.values() for name in values))
        if not names:
            return []
        width = max(8, *map(len, names)) + 2
        lines = [" " * 7 + "".join(f"{name:>{width}}" for name in names)]
        for set, values in rows.items():
            cells = [f"{values[name]:.4g}" if name in values else "" for name in names]
            lines.append(f"  {set:<5}" + "".join(f"{cell:>{width}}" for cell in cells))
        return lines


# -- loading ---------------------------------------------------------------------------------------


def load(path: FilePath, network: Network | Recipe, *, map_location: Any = None) -> Fitted:
    """Read what `Fitted.save` wrote. Nothing in the file is ever executed.

    Args:
        network: the class, which is made with the arguments in the file; an instance, which gets
            the weights; or a recipe of either, with a loss and metrics for `evaluate`. Arguments
            of the recipe's `set_hparams` count before those in the file.
        map_location: the device to put the weights on; by default where they were.

    Raises:
        CheckpointError: the file is damaged or something else, or its weights are of another
            network.
    """
    from tracegrad.training.recipe import Recipe

    recipe = network if isinstance(network, Recipe) else Recipe(network)
    content = load_checkpoint(path, map_location)
    if content.get("kind") != KIND or content.get("version") != VERSION:
        a_fit = {"optimizers", "epoch"} <= content.keys()
        raise CheckpointError(
            f"{path} was not written by Fitted.save: it is of kind {content.get('kind')!r:.60}, "
            f"version {content.get('version')!r:.20}\n  try: "
            + ("fit(..., callbacks=[Resume(path)])" if a_fit else "tg.load(path) for other files")
        )
    try:
        return _made(recipe, content)
    except (KeyError, TypeError, RuntimeError, AttributeError) as error:
        left_out = ", ".join(map(str, content.get("left_out", ())))
        raise CheckpointError(
            f"{path} holds a {content.get('network')!s:.60}, and it cannot be made again: {error}"
            + (f"\n  not in the file: {left_out}" * bool(left_out))
        ) from error


def _made(recipe: Recipe, content: Mapping[str, Any]) -> Fitted:
    hparams = {**content["hparams"], **recipe.hparams}
    model = recipe.network_for(hparams)
    model.load_state_dict(content["model"])
    records = Records()
    records.load_state_dict(content["records"])
    if not isinstance(recipe.network, Module):
        recipe = recipe.set_hparams(**hparams)
    return Fitted(model.eval(), recipe, records, str(content["stop_reason"]))


def can_be_kept(value: Any) -> bool:
    """Whether a file can hold it."""
    from tracegrad.serialization.own_file import pack

    try:
        pack(value)
    except (TypeError, ValueError):
        return False
    return True


# -- predictions -----------------------------------------------------------------------------------


def joined(batches: Sequence[Any]) -> Any:
    """The outputs of all batches as one, inside of containers too.

    Raises:
        ValueError: there was no batch. TypeError: there is something else than tensors in them.
    """
    if not batches:
        raise ValueError("predict: the data gave no batch")
    first = batches[0]
    if isinstance(first, Tensor):
        return functions["cat" if first.dim() else "stack"](list(batches))
    if isinstance(first, Mapping):
        return {key: joined([batch[key] for batch in batches]) for key in first}
    if isinstance(first, tuple | list):
        parts = [joined(column) for column in zip(*batches, strict=True)]
        if hasattr(first, "_fields"):
            return type(first)(*parts)
        return type(first)(parts)
    raise TypeError(
        "predict joins tensors, lists, tuples and dicts of them; the network gave "
        f"{type(first).__name__}\n  try: a method predict(input) of the network"
    )
