"""All there is to a fit between two batches, so that it can go on in another process.

`fit_state(ctx)` may be asked for in `on_epoch_end` and, if the callback has set
`ctx.keeps_position` in `on_fit_begin`, in `on_train_batch_end`. `restore_fit_state(ctx, state)`
belongs into `on_fit_begin`, of a callback that runs last (`order = SAVING`): it sets the random
numbers too, and nobody must draw any after it.

Note [The middle of an epoch]
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
A loader that knows its position (`state_dict`) goes back there itself. Any other is read again from
the beginning of the epoch, with the random numbers of then, so that it shuffles alike; what was
trained on already is skipped, and then the random numbers are those of when the state was made. The
epoch's `on_epoch_begin` and `on_train_begin` have happened and do not happen again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tracegrad.backend.random import Generator, default_generator
from tracegrad.training.errors import CheckpointError, TrainingError
from tracegrad.training.sources import Share, draw_again, share_of

if TYPE_CHECKING:
    from tracegrad.training.context import Context

VERSION = 1


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an epoch's training pass.

    Attributes:
        batch: how many batches were trained on; 0 where the epoch began here.
        began: the random states of when the pass began.
        now: those of the place itself. tally, loader: what they had gathered, or where they were.
    """

    batch: int
    began: Mapping[str, Any]
    now: Mapping[str, Any]
    tally: Mapping[str, Any] | None = None
    loader: Mapping[str, Any] | None = None


# -- random numbers --------------------------------------------------------------------------------


def random_states(data: Any = None) -> dict[str, Any]:
    """The states of tracegrad's, Python's and NumPy's random numbers, and of a loader's own."""
    kind, words, spare = random.getstate()
    name, key, used, has_spare, gauss = np.random.get_state()
    states: dict[str, Any] = {
        "tracegrad": default_generator.state(),
        "python": [kind, np.array(words, np.int64), spare],
        "numpy": [name, np.asarray(key).astype(np.int64), used, has_spare, gauss],
    }
    generator = getattr(data, "generator", None)
    if isinstance(generator, Generator) and generator is not default_generator:
        states["loader"] = generator.state()
    return states


def restore_random_states(states: Mapping[str, Any], data: Any = None) -> None:
    """Go back to what `random_states` gave."""
    default_generator.restore(states["tracegrad"])
    kind, words, spare = states["python"]
    random.setstate((kind, tuple(words.tolist()), spare))
    name, key, used, has_spare, gauss = states["numpy"]
    np.random.set_state((name, key.astype(np.uint32), used, has_spare, gauss))
    if "loader" in states and isinstance(getattr(data, "generator", None), Generator):
        data.generator.restore(states["loader"])


# -- the whole state -------------------------------------------------------------------------------


def fit_state(ctx: Context) -> dict[str, Any]:
    """Everything that a fit needs to go on, for `save_checkpoint`.

    Raises:
        TrainingError: this is neither between two epochs nor between two batches.
    """
    state = {
        "version": VERSION,
        "network": type(ctx.model).__name__,
        "epoch": ctx.epoch,
        "batch": 0,
        "model": ctx.model.state_dict(),
        "optimizers": {name: one.state_dict() for name, one in ctx.optimizers.items()},
        "optimizer_classes": _classes(ctx),
        "callbacks": [[type(one).__name__, one.state_dict()] for one in ctx.callbacks.all],
        "records": ctx.records.state_dict(),
        "random": random_states(ctx.data),
        "shares": [] if (parts := _shares(ctx)) is None else [parts[0].drawn_from],
    }
    if ctx.position is not None:
        state |= _middle(ctx, ctx.position)
    return state


def _shares(ctx: Context) -> tuple[Share, Share] | None:
    """The two parts of the data, if `fit` took one of them for validation."""
    train, valid = share_of(ctx.data), share_of(ctx.valid_data)
    return None if train is None or valid is None else (train, valid)


def _middle(ctx: Context, position: Position) -> dict[str, Any]:
    if ctx.stage != "train" or not ctx.batch_number:
        raise TrainingError(
            "the state of a fit is whole in on_epoch_end and in on_train_batch_end, not between "
            f"training and validation (now: {ctx.stage}, batch {ctx.batch_number})"
        )
    where = getattr(ctx.data, "state_dict", None)
    return {
        "batch": ctx.batch_number,
        "tally": ctx.tally.state_dict(),
        "began": dict(position.began),
        "loader": None if where is None else where(),
    }


def restore_fit_state(ctx: Context, state: Mapping[str, Any]) -> None:
    """Go on where `fit_state` was made.

    Raises:
        CheckpointError: it is of another network, other optimizers or other callbacks.
    """
    _check(ctx, state)
    try:
        ctx.model.load_state_dict(state["model"])
        for name, saved in state["optimizers"].items():
            ctx.optimizers[name].load_state_dict(saved)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"the saved fit is of another {type(ctx.model).__name__}: {error}"
        ) from error
    _restore_callbacks(ctx, state["callbacks"])
    if (parts := _shares(ctx)) is not None:
        draw_again(parts, state["shares"][0])
    ctx.records.load_state_dict(state["records"])
    ctx.epoch = state["epoch"]
    if state["batch"]:
        ctx.epoch -= 1  # the loop goes on in the same one
        ctx.position = Position(
            state["batch"], state["began"], state["random"], state["tally"], state["loader"]
        )
    restore_random_states(state["random"], ctx.data)


def _check(ctx: Context, state: Mapping[str, Any]) -> None:
    if state.get("version") != VERSION:
        raise CheckpointError(
            f"this is no saved fit of version {VERSION}: version {state.get('version')!r:.20}"
        )
    if set(state["optimizers"]) != set(ctx.optimizers):
        raise CheckpointError(
            f"the saved fit has the optimizers {sorted(state['optimizers'])}, this one "
            f"{sorted(ctx.optimizers)}"
        )
    if state["optimizer_classes"] != _classes(ctx):
        raise CheckpointError(
            f"the saved fit was made with {_shown(state['optimizer_classes'])}, this one has "
            f"{_shown(_classes(ctx))}\n  try: the same optimizer"
        )
    if len(state["shares"]) != (_shares(ctx) is not None):
        raise CheckpointError(
            "the saved fit and this one differ in valid_data: a share of the data, or not"
        )
    saved = Counter(name for name, part in state["callbacks"] if part)
    missing = saved - Counter(type(one).__name__ for one in ctx.callbacks.all)
    if missing:
        raise CheckpointError(
            "the saved fit had callbacks that this one lacks, and what they knew would be lost: "
            f"{', '.join(sorted(missing))}\n  try: fit(..., callbacks=[...]) with the same ones"
        )


def _classes(ctx: Context) -> dict[str, str]:
    return {name: type(one).__name__ for name, one in ctx.optimizers.items()}


def _shown(classes: Mapping[str, str]) -> str:
    return ", ".join(classes.values())


def _restore_callbacks(ctx: Context, saved: list[Any]) -> None:
    """Each saved state to the next callback of its class."""
    waiting = list(ctx.callbacks.all)
    for name, part in saved:
        for one in waiting:
            if type(one).__name__ == name:
                one.load_state_dict(part)
                waiting.remove(one)
                break


# -- in the loop -----------------------------------------------------------------------------------


def batches_of(ctx: Context, resumed: Position | None) -> Iterator[Any]:
    """The batches of an epoch, or what is left of one; see Note [The middle of an epoch]."""
    if resumed is None:
        if ctx.keeps_position:
            states = random_states(ctx.data)
            ctx.position = Position(0, states, states)
        return iter(ctx.data)
    assert resumed.tally is not None  # it is of a file
    ctx.tally.load_state_dict(resumed.tally)
    ctx.batch_number = resumed.batch
    if resumed.loader is not None:
        ctx.data.load_state_dict(resumed.loader)
        batches = iter(ctx.data)
    else:
        restore_random_states(resumed.began, ctx.data)
        batches = iter(ctx.data)
        for _ in range(resumed.batch):
            next(batches, None)
    restore_random_states(resumed.now, ctx.data)
    return batches
