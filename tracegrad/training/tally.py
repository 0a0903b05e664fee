"""Loss and metrics of one pass, gathered batch by batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tracegrad.training.errors import TrainingError
from tracegrad.training.metrics.metric import Metric, examples_in

if TYPE_CHECKING:
    from tracegrad.training.context import Context


class Tally:
    """What one pass has measured so far. A batch of fewer examples counts for less.

    Attributes:
        metrics: by name.
        examples: how many were seen.
    """

    def __init__(self, metrics: Sequence[Metric] = ()) -> None:
        self.metrics: dict[str, Metric] = {one.name: one for one in metrics}
        self._clear()

    def _clear(self) -> None:
        self._total, self._with_loss, self.examples = 0.0, 0, 0

    def reset(self) -> None:
        """Begin a pass."""
        self._clear()
        for metric in self.metrics.values():
            metric.reset()

    def see(self, ctx: Context) -> None:
        """Add the running batch.

        Raises:
            TrainingError: there are metrics and no predictions or targets for them.
        """
        examples = examples_in(ctx.batch)
        self.examples += examples
        loss = getattr(ctx, "loss", None)
        if loss is not None:
            self._total += loss._array.item() * examples
            self._with_loss += examples
        if not self.metrics:
            return
        missing = [name for name in ("pred", "target") if not hasattr(ctx, name)]
        if missing:
            raise TrainingError(
                f"metrics need ctx.pred and ctx.target, and there is no ctx.{missing[0]}\n"
                "  try: set it in step(ctx), or leave metrics= out"
            )
        for metric in self.metrics.values():
            metric.update(ctx.pred, ctx.target)

    def results(self) -> dict[str, float]:
        """The loss, averaged over examples, and the metrics by name."""
        loss = {"loss": self.loss} if self._with_loss else {}
        return loss | {name: float(metric.compute()) for name, metric in self.metrics.items()}

    @property
    def loss(self) -> float:
        """The mean loss so far; NaN before the first batch."""
        return self._total / self._with_loss if self._with_loss else math.nan

    def state_dict(self) -> dict[str, Any]:
        """What was gathered so far."""
        states = {name: metric.state_dict() for name, metric in self.metrics.items()}
        return {
            "total": self._total, "with_loss": self._with_loss, "examples": self.examples,
            "metrics": states,
        }  # fmt: skip

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self._total, self._with_loss = state_dict["total"], state_dict["with_loss"]
        self.examples = state_dict["examples"]
        for name, metric in self.metrics.items():
            metric.load_state_dict(state_dict["metrics"][name])
