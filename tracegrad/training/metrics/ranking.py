"""Areas under the ROC curve, exactly: by ranks, not by a grid of thresholds.

Source: Hanley and McNeil (1982), "The meaning and use of the area under a ROC curve": it is the
probability that a positive example scores above a negative one, ties counting half.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tracegrad.backend.device import on_host
from tracegrad.training.metrics.metric import Metric, array_of, same_shape

Floats = np.ndarray[Any, np.dtype[Any]]


def area_under_roc(scores: Floats, positive: Floats) -> float:
    """The area for scores and truth values; NaN where all examples are of one kind."""
    n, positives = scores.size, int(positive.sum())
    if positives in (0, n):
        return math.nan
    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(sizes) - (sizes - 1) / 2  # of equal scores
    above = mean_rank[group.reshape(-1)][positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (n - positives)))


class _Gathering(Metric):
    """Keeps all predictions and targets of a pass on the host."""

    STATE = ("preds", "targets")

    def reset(self) -> None:
        self.preds: list[Any] = []
        self.targets: list[Any] = []

    def check(self, pred: Any, target: Any) -> None:
        """Raises ValueError: the shapes do not fit."""
        raise NotImplementedError

    def update(self, pred: Any, target: Any) -> None:
        scores, classes = array_of(pred, "pred"), array_of(target, "target")
        self.check(scores, classes)
        # Copies: the program may write to its tensors after the batch.
        self.preds.append(on_host(scores).astype(np.float64))
        self.targets.append(np.array(on_host(classes)))


class BinaryAUROC(_Gathering):
    """Area under the ROC curve of scores or probabilities for the class 1.

    Shapes:
        pred, target: the same.
    """

    name = "auroc"

    def check(self, pred: Any, target: Any) -> None:
        same_shape(pred, target, "BinaryAUROC")

    def compute(self) -> float:
        if not self.preds:
            return math.nan
        scores = np.concatenate([one.ravel() for one in self.preds])
        return area_under_roc(scores, np.concatenate([one.ravel() for one in self.targets]) > 0.5)


class MulticlassAUROC(_Gathering):
    """Area under the ROC curves of each class against the others.

    Args:
        from_logits: the predictions are scores before the softmax. (Areas compare examples, and
            the softmax of each example has its own denominator.)
        average: `micro` takes all pairs of example and class as one curve; `macro` is the mean of
            the classes' areas, `weighted` that by their number of examples. Classes of which there
            are none, or nothing else, do not count.

    Shapes:
        pred: (N, C). target: (N), classes.
    """

    name = "auroc"

    def __init__(
        self, from_logits: bool = False, average: str = "micro", name: str | None = None
    ) -> None:
        if average not in ("micro", "macro", "weighted"):
            raise ValueError(f"average must be 'micro', 'macro' or 'weighted', got {average!r}")
        self.from_logits, self.average = from_logits, average
        super().__init__(name)

    def check(self, pred: Any, target: Any) -> None:
        if pred.ndim != 2 or pred.shape[:1] != target.shape:
            raise ValueError(
                f"MulticlassAUROC: pred of shape {list(pred.shape)} and target "
                f"{list(target.shape)} are not (N, C) scores and (N) classes"
            )

    def compute(self) -> float:
        if not self.preds:
            return math.nan
        scores = np.concatenate(self.preds)
        if self.from_logits:
            powers = np.exp(scores - scores.max(1, keepdims=True))
            scores = powers / powers.sum(1, keepdims=True)
        truth = np.concatenate(self.targets)[:, None] == np.arange(scores.shape[1])
        if self.average == "micro":
            return area_under_roc(scores.ravel(), truth.ravel())
        areas = [area_under_roc(s, t) for s, t in zip(scores.T, truth.T, strict=True)]
        counts = truth.sum(0) if self.average == "weighted" else np.ones(len(areas))
        there = [n for n, area in enumerate(areas) if not math.isnan(area)]
        if not there:
            return math.nan
        return float(np.average([areas[n] for n in there], weights=[counts[n] for n in there]))
