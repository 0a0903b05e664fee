"""Shares of right answers."""

from __future__ import annotations

import math
from typing import Any

from tracegrad.backend.device import Array
from tracegrad.training.metrics.metric import MeanMetric, same_shape


class Accuracy(MeanMetric):
    """Share of examples whose largest score is that of their class.

    Shapes:
        pred: (N, C) or (N, C, ...), scores or probabilities. target: (N) or (N, ...), classes.
    """

    name = "acc"

    def measure(self, pred: Array, target: Array) -> tuple[float, int]:
        if pred.ndim < 2 or (pred.shape[0], *pred.shape[2:]) != target.shape:
            raise ValueError(
                f"Accuracy: pred of shape {list(pred.shape)} and target {list(target.shape)} are "
                "not (N, C, ...) scores and (N, ...) classes\n"
                "  try: BinaryAccuracyWithLogits for one score an example, target.argmax(1) for "
                "one-hot targets"
            )
        return (pred.argmax(1) == target).sum(), math.prod(target.shape)


class BinaryAccuracy(MeanMetric):
    """Share of examples whose probability is on the right side of the threshold.

    Args:
        threshold: probabilities above it mean 1.

    Shapes:
        pred, target: the same.
    """

    name = "acc"

    def __init__(self, threshold: float = 0.5, name: str | None = None) -> None:
        self.threshold = self.limit = _checked(threshold)
        super().__init__(name)

    def measure(self, pred: Array, target: Array) -> tuple[Any, int]:
        same_shape(pred, target, type(self).__name__)
        return ((pred > self.limit) == (target > 0.5)).sum(), math.prod(target.shape)


class BinaryAccuracyWithLogits(BinaryAccuracy):
    """`BinaryAccuracy` of scores before the sigmoid."""

    def __init__(self, threshold: float = 0.5, name: str | None = None) -> None:
        super().__init__(threshold, name)
        inside = 0 < threshold < 1
        # sigmoid(x) > t means x > log(t / (1 - t))
        self.limit = math.log(threshold / (1 - threshold)) if inside else (
            -math.inf if threshold == 0 else math.inf
        )  # fmt: skip


def _checked(threshold: float) -> float:
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold must be a probability, from 0 to 1; got {threshold}")
    return threshold
