"""The records of a fit as a table in a file."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tracegrad.training.callback import SHOWING, Callback
from tracegrad.training.checkpoint import FilePath

if TYPE_CHECKING:
    from tracegrad.training.context import Context

COLUMNS = ("epoch", "set", "metric", "value")


class CSVLogger(Callback):
    """Writes every number of every epoch: a line `epoch,set,metric,value` for each.

    The file grows by an epoch at a time and is complete after each. A fit that is resumed goes on
    in it; one that begins anew begins it anew.

    Args:
        path: of the file; its folder is made.
    """

    order = SHOWING

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path)

    def on_fit_begin(self, ctx: Context) -> None:
        self._begun = False

    def on_epoch_end(self, ctx: Context) -> None:
        if not self._begun:
            self._begin(ctx)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(
                (ctx.epoch, set, metric, repr(value))
                for set in ctx.records.sets
                for metric, value in ctx.records.epoch(set, ctx.epoch).items()
            )

    def _begin(self, ctx: Context) -> None:
        """A new file; of a fit that goes on, with the lines of its earlier epochs."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_name(f"{self.path.name}.new")
        with aside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(
                (row.epoch, row.set, row.metric, repr(row.value))
                for row in ctx.records.rows()
                if row.epoch < ctx.epoch
            )
        os.replace(aside, self.path)
        self._begun = True
