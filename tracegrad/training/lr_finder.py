"""Finding a learning rate: one short run in which it grows from far too small to far too large."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tracegrad._util.text import number
from tracegrad.nn.module import Module
from tracegrad.training.callback import Callback
from tracegrad.training.checkpoint import FilePath
from tracegrad.training.curve import curve_svg
from tracegrad.training.errors import TrainingError
from tracegrad.training.resuming import random_states, restore_random_states

if TYPE_CHECKING:
    from tracegrad.training.context import Context
    from tracegrad.training.recipe import Recipe

DIVERGED = 4.0
"""The run ends when the smoothed loss is so many times its smallest."""

SMOOTHING = 0.9
"""How much of the smoothed loss goes on to the next step."""

NOT_LOOKED_AT = 0.1
"""Share of the steps at the beginning whose slope means nothing: the mean is of a few losses."""

SLOPE_OVER = 0.1
"""Share of the steps that a slope is averaged over: batches differ more than one step helps."""

ROUNDING = 1e-6
"""Share of the loss by which it may seem to fall where nothing is learnt."""

ROWS = 12
"""Of the table that is shown."""


@dataclass(frozen=True, slots=True)
class LRSearch:
    """What `lr_finder` measured.

    Attributes:
        lrs: learning rates in order. losses: of the batch before the step with each. smoothed: the
            running mean of those.
        suggestion: where the smoothed loss falls most steeply over the logarithm of the rate;
            `None` if it never fell.
    """

    lrs: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None

    def plot(self, path: FilePath) -> None:
        """Draw loss over learning rate into an SVG file, with the suggestion marked.

        Raises:
            ValueError: the path does not end in `.svg`. OSError: the file cannot be written.
        """
        path = Path(path)
        if path.suffix != ".svg":
            raise ValueError(f"the picture is an SVG, and {path} ends in {path.suffix!r}\n"
                             f"  try: {path.with_suffix('.svg')}")  # fmt: skip
        path.write_text(
            curve_svg(
                self.lrs,
                {"loss": self.losses, "smoothed": self.smoothed},
                mark=self.suggestion,
                labels=("learning rate", "loss"),
            ),
            encoding="utf-8",
        )

    def __repr__(self) -> str:
        found = "none: the loss never fell" if self.suggestion is None else number(self.suggestion)
        lines = [f"LRSearch over {len(self.lrs)} steps, suggested learning rate: {found}"]
        lines += [f"  {'lr':>9}  {'loss':>9}  {'smoothed':>9}"]
        low, high = min(self.smoothed), max(self.smoothed)
        for n in np.linspace(0, len(self.lrs) - 1, min(ROWS, len(self.lrs))).round().astype(int):
            cells = (self.lrs[n], self.losses[n], self.smoothed[n])
            bar = "█" * round(20 * (self.smoothed[n] - low) / ((high - low) or 1.0))
            lines.append(f"  {'  '.join(f'{number(x):>9}' for x in cells)}  {bar}".rstrip())
        return "\n".join(lines)


def lr_finder(
    recipe: Recipe,
    data: Any,
    *,
    start_lr: float = 1e-7,
    end_lr: float = 10.0,
    steps: int = 100,
    accelerator: Any = None,
    dataloader_options: Mapping[str, Any] | None = None,
) -> LRSearch:
    """Train a few steps with a learning rate that grows from each to the next, and watch the loss.

    A network that was given to `setup` as an instance is afterwards as it was, and random numbers
    go on as if nothing had happened.

    Args:
        recipe: what `setup` gave.
        data: as for `fit`; it is gone through as often as needed.
        start_lr, end_lr: the first and the last rate; each is the one before times a constant.
        steps: how many, fewer where the loss diverges before.

    Raises:
        TypeError: it is no recipe.
        ValueError: the rates do not grow, or there are fewer than 5 steps.
        TrainingError: the loss was no number before anything could be seen.

    Example:
        >>> search = lr_finder(recipe, train)
        >>> recipe.set_opt_hparams(lr=search.suggestion).fit(train)

    Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3.
    """
    if not hasattr(recipe, "opt_hparams"):
        raise TypeError(
            f"lr_finder: expected what tg.training.setup gave, got {type(recipe).__name__}\n"
            "  try: setup(network, loss=..., optimizer=...)"
        )
    if not 0 < start_lr < end_lr or steps < 5:
        raise ValueError(
            f"expected 0 < start_lr < end_lr and 5 steps or more, got {start_lr}, {end_lr}, {steps}"
        )
    ramp = _Ramp(np.geomspace(start_lr, end_lr, steps).tolist())
    with _as_if_nothing_had_happened(recipe.network, data):
        recipe.fit(
            data, steps, callbacks=[ramp], accelerator=accelerator, verbose=False,
            dataloader_options=dataloader_options, check_finite=False,
        )  # fmt: skip
    seen = len(ramp.smoothed)
    rates = tuple(ramp.rates[:seen])
    if seen < 5:
        raise TrainingError(
            f"the loss stopped being a number after {seen} steps, at a learning rate of "
            f"{number(ramp.rates[max(seen - 1, 0)])}\n  try: a smaller start_lr"
        )
    return LRSearch(
        rates, tuple(ramp.losses[:seen]), tuple(ramp.smoothed), _steepest(rates, ramp.smoothed)
    )


@contextmanager
def _as_if_nothing_had_happened(network: Any, data: Any) -> Iterator[None]:
    """Afterwards random numbers are where they were, and an instance has its own state again."""
    random = random_states(data)
    own = network if isinstance(network, Module) else None
    if own is not None:
        state = deepcopy(own.state_dict())
        gradients = [(p, p.grad) for p in own.parameters()]
        modes = [(module, module.training) for module in own.modules()]
        for p, _ in gradients:
            p.grad = None
    try:
        yield
    finally:
        if own is not None:
            own.load_state_dict(state)
            for p, gradient in gradients:
                p.grad = gradient
            for module, training in modes:
                module.training = training
        restore_random_states(random, data)


class _Ramp(Callback):
    """Sets the learning rate of each step, and notes the loss down."""

    def __init__(self, rates: list[float]) -> None:
        self.rates = rates
        self.losses: list[float] = []
        self.smoothed: list[float] = []
        self._mean = 0.0

    def on_train_batch_begin(self, ctx: Context) -> None:
        for optimizer in ctx.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self.rates[len(self.losses)]

    def on_train_batch_end(self, ctx: Context) -> None:
        loss = ctx.loss.item()
        self.losses.append(loss)
        if math.isfinite(loss):
            self._mean = SMOOTHING * self._mean + (1 - SMOOTHING) * loss
            # The mean starts from 0: what of it is missing still is put back.
            self.smoothed.append(self._mean / (1 - SMOOTHING ** len(self.losses)))
        best = min(self.smoothed, default=math.inf)
        diverged = len(self.smoothed) > 5 and self.smoothed[-1] > best + (DIVERGED - 1) * abs(best)
        if not math.isfinite(loss) or diverged or len(self.losses) == len(self.rates):
            ctx.stop("the search is over", at_once=True)


def _steepest(rates: tuple[float, ...], smoothed: list[float]) -> float | None:
    """The rate at which the loss falls fastest, before its smallest value."""
    first = round(NOT_LOOKED_AT * len(rates))
    lowest = first + int(np.argmin(smoothed[first:]))
    if not smoothed[first] - smoothed[lowest] > ROUNDING * abs(smoothed[first]):
        return None
    slope = np.gradient(np.array(smoothed), np.log(rates))
    width = 2 * round(SLOPE_OVER * len(rates) / 2) + 1
    slope = np.convolve(slope, np.ones(width) / width, "same")[first : lowest + 1]
    return rates[first + int(np.argmin(slope))]
