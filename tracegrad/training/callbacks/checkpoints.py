"""A file of the weights, or of the whole fit, after each epoch or each that was better."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracegrad.training.callback import SAVING, Callback
from tracegrad.training.callbacks.monitor import Mode, Monitor
from tracegrad.training.checkpoint import FilePath, save_checkpoint
from tracegrad.training.resuming import fit_state

if TYPE_CHECKING:
    from tracegrad.training.context import Context


class ModelCheckpoint(Callback):
    """Writes the network's state dict after epochs; `tg.load` and `load_state_dict` read it.

    Args:
        path: of the files; may have fields, as `net-{epoch:03d}-{valid_loss:.2f}.tg`. Folders are
            made. Each file is whole or not there, also after a kill.
        monitor: the number that `save_best_only` looks at.
        mode: whether smaller or larger is better.
        save_best_only: write only epochs that are better than all before.
        min_delta: how much better counts.
        keep: how many files to keep, the newest; all by default.
        whole_fit: write optimizers, callbacks and records too, for `Resume` to go on from.

    Raises:
        ValueError: the path has a field that is neither `epoch` nor such a number; `keep` is 0.
    """

    order = SAVING

    def __init__(
        self,
        path: FilePath,
        monitor: str = "valid_loss",
        mode: Mode = "min",
        save_best_only: bool = False,
        *,
        min_delta: float = 0.0,
        keep: int | None = None,
        whole_fit: bool = False,
    ) -> None:
        self.path, self.save_best_only = str(path), save_best_only
        self.keep, self.whole_fit = keep, whole_fit
        self.monitor = Monitor(monitor, mode, min_delta)
        if keep is not None and keep < 1:
            raise ValueError(f"keep: expected 1 or more files, got {keep}")
        self.fields = _fields(self.path)
        self._start()

    def _start(self) -> None:
        self.best = self.monitor.worst
        self.written: list[str] = []

    def on_fit_begin(self, ctx: Context) -> None:
        numbers = [self.monitor] * self.save_best_only + [*self.fields.values()]
        for monitor in numbers:
            monitor.check(ctx)
        self._start()

    def on_epoch_end(self, ctx: Context) -> None:
        if self.save_best_only:
            value = self.monitor.value(ctx)
            if not self.monitor.is_better(value, self.best):
                return
            self.best = value
        values = {field: monitor.value(ctx) for field, monitor in self.fields.items()}
        path = Path(self.path.format(epoch=ctx.epoch, **values))
        path.parent.mkdir(parents=True, exist_ok=True)
        old = self._count_in(str(path))
        content = {"fit": fit_state(ctx)} if self.whole_fit else ctx.model.state_dict()
        save_checkpoint(path, content)
        for one in old:
            Path(one).unlink(missing_ok=True)

    def _count_in(self, path: str) -> list[str]:
        """Note a file down as the newest; the files that are too many now."""
        written = [one for one in self.written if one != path] + [path]
        too_many = 0 if self.keep is None else max(len(written) - self.keep, 0)
        self.written = written[too_many:]
        return written[:too_many]

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "written": list(self.written)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.best, self.written = state_dict["best"], list(state_dict["written"])


def _fields(path: str) -> dict[str, Monitor]:
    """The numbers in a path by field, without `epoch`.

    Raises:
        ValueError: a field is no number of an epoch, or has a format that numbers do not have.
    """
    try:
        found = {name for _, name, _, _ in string.Formatter().parse(path) if name is not None}
        for name in found:
            if name != "epoch" and name.partition("_")[0] not in ("train", "valid"):
                raise ValueError(
                    f"the field {{{name}}} is neither epoch nor a number such as valid_loss"
                )
        fields = {name: Monitor(name) for name in sorted(found - {"epoch"})}
        path.format(epoch=1, **dict.fromkeys(fields, 1.0))
    except ValueError as error:
        raise ValueError(f"path {path!r}: {error}") from None
    return fields
