"""A fit in processes that kill themselves, each started again where the last one died: run by a
test as `python -m tests.training.killed_fit FOLDER SCENARIO MOMENT...`.

First the fit runs undisturbed in `FOLDER/whole`; then in `FOLDER/killed`, once for each moment and
once more to its end. Every run is a process of its own, which has nothing of the others but their
files. Prints by which signal each run ended; 0 is a normal end.

A moment is `KIND:EPOCH:BATCH`, for the kinds see `Killer`; batch 0 is the end of the epoch.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

import tracegrad as tg
from tests.training.networks import Net, classes
from tracegrad import nn
from tracegrad.data import DataLoader, Dataset, IterableDataset
from tracegrad.optim.lr_scheduler import OneCycleLR
from tracegrad.training import Callback, metrics, save_checkpoint, setup
from tracegrad.training.callbacks import (
    AutoResume,
    CSVLogger,
    EarlyStopping,
    GradientClip,
    GradientWatch,
    KeepBestModel,
    LRScheduler,
    Mixup,
    ModelCheckpoint,
)

EPOCHS, EXAMPLES, BATCH = 7, 50, 10
BATCHES = EXAMPLES // BATCH
STATE = "fit.state"


class Noisy(Dataset):
    """Draws random numbers of all three kinds for each example."""

    def __init__(self) -> None:
        self.x, self.y = classes(EXAMPLES)

    def __len__(self) -> int:
        return EXAMPLES

    def __getitem__(self, n: int) -> Any:
        noise = random.random() + np.random.random() + tg.rand(()).item()
        return self.x[n] * np.float32(1 + 0.01 * noise), self.y[n]


class Stream(IterableDataset):
    """The same, one after the other."""

    def __iter__(self) -> Any:
        noisy = Noisy()
        return (noisy[n] for n in range(EXAMPLES))


def shuffled(workers: int = 0) -> DataLoader:
    return DataLoader(Noisy(), batch_size=BATCH, shuffle=True, num_workers=workers)


SCENARIOS: dict[str, dict[str, Any]] = {
    "every batch": {"data": shuffled, "resume": {"every": 1}},
    "every third batch": {"data": lambda: shuffled(workers=2), "resume": {"every": 3}},
    "epochs only": {"data": shuffled, "resume": {}, "optimizer": (tg.optim.SGD, {"momentum": 0.9})},
    "a share for validation": {
        "data": lambda: classes(EXAMPLES * 5 // 4), "resume": {"every": 1}, "valid_data": 0.2,
        "options": {"batch_size": BATCH}, "optimizer": (tg.optim.SGD, {"momentum": 0.9}),
    },
    "a stream": {"data": lambda: DataLoader(Stream(), batch_size=BATCH), "resume": {"every": 2}},
}  # fmt: skip


# -- dying -----------------------------------------------------------------------------------------


class Killer(Callback):
    """Kills the process at a moment: while training or validating, or when AutoResume writes: half
    a file, a whole file that is not in its place yet, or one that is.
    """

    order = -1000

    def __init__(self, kind: str, epoch: str, batch: str) -> None:
        self.kind, self.at = kind, (int(epoch), int(batch))

    def on_train_batch_after_step(self, ctx: Any) -> None:
        if self.kind == "train" and (ctx.epoch, ctx.batch_number) == self.at:
            die()

    def on_train_batch_end(self, ctx: Any) -> None:
        if (ctx.epoch, ctx.batch_number) == self.at:
            self.set_a_trap()

    def on_valid_batch_after_pred(self, ctx: Any) -> None:
        if self.kind == "valid" and ctx.epoch == self.at[0]:
            die()

    def on_epoch_end(self, ctx: Any) -> None:
        if (ctx.epoch, 0) == self.at:
            self.set_a_trap()

    def set_a_trap(self) -> None:
        replace, save_file = os.replace, safetensors.numpy.save_file

        def replaced(source: str, target: Any) -> None:
            if self.kind == "after" and Path(target).name == STATE:
                replace(source, target)
            if Path(target).name == STATE:
                die()
            replace(source, target)

        def half_saved(entries: Any, name: str, metadata: Any) -> None:
            save_file(entries, name, metadata)
            if f".{STATE}." in name:
                os.truncate(name, os.path.getsize(name) // 2)
                die()

        if self.kind in ("before", "after"):
            os.replace = replaced
        if self.kind == "half":
            safetensors.numpy.save_file = half_saved


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# -- the fit ---------------------------------------------------------------------------------------


def fit(folder: Path, name: str, moment: str | None, seed: int) -> None:
    scenario = SCENARIOS[name]
    for seeding in (tg.manual_seed, np.random.seed, random.seed):
        seeding(seed)
    optimizer, options = scenario.get("optimizer", (tg.optim.Adam, {}))
    callbacks = [
        AutoResume(folder / STATE, **scenario["resume"]),
        Mixup(),
        GradientClip(0.5),
        LRScheduler(
            OneCycleLR, call_on="on_train_batch_end", max_lr=0.05, total_steps=EPOCHS * BATCHES
        ),
        EarlyStopping(min_delta=100.0, patience=5),
        KeepBestModel("valid_acc", mode="max"),
        ModelCheckpoint(folder / "best-{epoch}.tg", save_best_only=True, keep=2),
        ModelCheckpoint(folder / "whole-{epoch}.tg", whole_fit=True, keep=1),
        CSVLogger(folder / "log.csv"),
        GradientWatch(7, report=False),
        *([Killer(*moment.split(":"))] if moment else []),
    ]
    recipe = setup(Net, nn.CrossEntropyLoss(), optimizer, [metrics.Accuracy()])
    fitted = (
        recipe.set_hparams(hidden=8)
        .set_opt_hparams(lr=0.01, **options)
        .fit(
            scenario["data"](),
            EPOCHS,
            callbacks=callbacks,
            verbose=False,
            valid_data=scenario.get("valid_data", classes(20, seed=1)),
            dataloader_options=scenario.get("options"),
        )
    )
    watch = next(one for one in callbacks if isinstance(one, GradientWatch))
    result = {
        "weights": fitted.model.state_dict(),
        "stopped": fitted.stop_reason,
        "records": [(r.set, r.metric, r.epoch, r.value) for r in fitted.records.rows()],
        "watched": [(one.step, dict(one.norms)) for one in watch.watched],
    }
    save_checkpoint(folder / "result", result)


def run(folder: Path, name: str, moment: str | None, seed: int) -> int:
    """One process; the signal that ended it, 0 if none did."""
    child = os.fork()  # what is imported already need not be imported again
    if child == 0:
        try:
            fit(folder, name, moment, seed)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("the fit has failed")
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def main(folder: Path, name: str, *moments: str) -> None:
    whole, killed = folder / "whole", folder / "killed"
    for one in (whole, killed):
        one.mkdir()
    signals = [run(whole, name, None, seed=0)]
    for n, moment in enumerate([*moments, None]):
        # Once there is a state, it does not matter how the program begins.
        signals.append(run(killed, name, moment, seed=n if (killed / STATE).exists() else 0))
    print(*signals)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
