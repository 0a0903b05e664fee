"""Going on where a fit was cut off.

Note [A fit that survives]
~~~~~~~~~~~~~~~~~~~~~~~~~~
`AutoResume` writes everything that a fit is (see `training/resuming.py`) into one file, whole or
not at all, after epochs and, if asked to, between batches. A process that is killed leaves the last
file; the same program, run again, goes on from there and ends with the same weights, bit for bit,
as if nothing had happened. When the fit has ended the file is removed: the next fit is a new one.
It comes after all other callbacks, so that what they learnt at an event is in the file.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor
from tracegrad.training.callback import SAVING, Callback
from tracegrad.training.checkpoint import FilePath, load_checkpoint, save_checkpoint
from tracegrad.training.errors import CheckpointError
from tracegrad.training.resuming import fit_state, restore_fit_state

if TYPE_CHECKING:
    from tracegrad.training.context import Context

KIND = "tracegrad.training.AutoResume"


class AutoResume(Callback):
    """Writes the whole fit to a file, and goes on from that file if there is one.

    Args:
        path: of the file; its folder is made. Each fit of a program needs one of its own.
        every: write also after so many batches.
        seconds: write also when so many seconds have passed since the last time.

    Raises:
        ValueError: one of these is not above 0.

    Note:
        Each time waits until the file is on the disk, some milliseconds and more for large
        networks: `seconds=60` costs little whatever a batch takes.

    Note:
        A fit that was ended by Ctrl-C or by an error keeps its file; one that has come to its end,
        also an early one, removes it.
    """

    order = SAVING + 1

    def __init__(
        self, path: FilePath, *, every: int | None = None, seconds: float | None = None
    ) -> None:
        for name, value in (("every", every), ("seconds", seconds)):
            if value is not None and not value > 0:
                raise ValueError(f"{name}: expected a number above 0, got {value}")
        self.path, self.every, self.seconds = Path(path), every, seconds
        self._written = monotonic()
        self._interrupted = False

    # -- events --------------------------------------------------------------------------------

    def on_fit_begin(self, ctx: Context) -> None:
        ctx.keeps_position = self.every is not None or self.seconds is not None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._remove_what_a_kill_left()
        if self.path.exists():
            content = load_checkpoint(self.path, "cpu")  # each part finds its own device
            if content.get("kind") != KIND:
                raise CheckpointError(
                    f"{self.path} holds something else than a fit to go on with: it was not "
                    "written by AutoResume\n  try: another path"
                )
            _check_arguments(self.path, content["arguments"], _arguments(ctx))
            restore_fit_state(ctx, content["fit"])
            ctx.stop_reason = content["stop_reason"]
        self._interrupted, self._written = False, monotonic()

    def on_train_batch_end(self, ctx: Context) -> None:
        counted = self.every is not None and ctx.batch_number % self.every == 0
        if counted or (self.seconds is not None and monotonic() - self._written >= self.seconds):
            self._write(ctx)

    def on_epoch_end(self, ctx: Context) -> None:
        if not ctx.stops_at_once:  # the epoch is not whole: the last state that was is kept
            self._write(ctx)

    def on_interrupt(self, ctx: Context) -> None:
        self._interrupted = True

    def on_fit_end(self, ctx: Context) -> None:
        if not self._interrupted:
            self.path.unlink(missing_ok=True)

    # -- the file ------------------------------------------------------------------------------

    def _write(self, ctx: Context) -> None:
        content = {
            "kind": KIND,
            "arguments": _arguments(ctx),
            "stop_reason": ctx.stop_reason,
            "fit": fit_state(ctx),
        }
        save_checkpoint(self.path, content)
        self._written = monotonic()

    def _remove_what_a_kill_left(self) -> None:
        """Files that were being written: they never took the path's place."""
        # As `tempfile` names them: a file of the user's, as `.state.swp`, is not one of these.
        for half in self.path.parent.glob(f".{glob.escape(self.path.name)}.{'[a-z0-9_]' * 8}"):
            half.unlink(missing_ok=True)


class Resume(Callback):
    """Begins with what a file has, and leaves the file alone.

    Args:
        path: of a file of `AutoResume` or of `ModelCheckpoint(whole_fit=True)`, for the whole fit,
            epochs and all; of `ModelCheckpoint` or `Fitted.save`, for the weights only.
    """

    order = SAVING + 1

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path)

    def on_fit_begin(self, ctx: Context) -> None:
        content = load_checkpoint(self.path, "cpu")  # each part finds its own device
        if isinstance(content.get("fit"), Mapping):
            restore_fit_state(ctx, content["fit"])
            return
        weights = content if _is_state_dict(content) else content.get("model")
        if not isinstance(weights, Mapping):
            raise CheckpointError(f"{self.path} holds neither a fit nor the weights of a network")
        try:
            ctx.model.load_state_dict(weights)
        except RuntimeError as error:
            raise CheckpointError(f"{self.path} is of another network: {error}") from error


def _is_state_dict(content: Mapping[str, Any]) -> bool:
    return bool(content) and all(isinstance(value, Tensor) for value in content.values())


# -- the arguments of the fit ----------------------------------------------------------------------


def _arguments(ctx: Context) -> dict[str, dict[str, str]]:
    """The arguments of network and optimizer as text: an old fit goes on with its old ones only."""
    return {
        "set_hparams": {name: _text(value) for name, value in ctx.hparams.items()},
        "set_opt_hparams": {name: _text(value) for name, value in ctx.opt_hparams.items()},
    }


def _text(value: Any) -> str:
    """Plain values by their text, others by their name or type: their text may hold an address."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(k)}: {_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(map(_text, value)) + ")"
    if isinstance(value, int | float | str | None):
        return repr(value)
    return str(getattr(value, "__qualname__", type(value).__qualname__))


def _check_arguments(
    path: Path, saved: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]
) -> None:
    for method, arguments in now.items():
        before = saved[method]
        for name in {**before, **arguments}:
            if before.get(name) != arguments.get(name):
                raise CheckpointError(
                    f"{path} has a fit that was cut off, with other arguments: {method} had "
                    f"{name}={before.get(name, 'its default')}, now "
                    f"{name}={arguments.get(name, 'its default')}\n"
                    "  try: the old argument to go on with it; or remove the file to begin anew"
                )
