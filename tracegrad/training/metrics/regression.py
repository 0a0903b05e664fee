"""Distances between predictions and targets, over all elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tracegrad.backend.device import Array
from tracegrad.training.metrics.metric import MeanMetric, same_shape


class _Distance(MeanMetric):
    """The mean over elements of something of the difference, in float64."""

    def of(self, difference: Array) -> Array:
        """The distance of each element."""
        raise NotImplementedError

    def measure(self, pred: Array, target: Array) -> tuple[Any, int]:
        same_shape(pred, target, type(self).__name__)
        difference = pred.astype(np.float64) - target.astype(np.float64)
        return self.of(difference).sum(), math.prod(target.shape)


class MAE(_Distance):
    """Mean absolute error."""

    name = "mae"

    def of(self, difference: Array) -> Array:
        return abs(difference)


class MSE(_Distance):
    """Mean squared error."""

    name = "mse"

    def of(self, difference: Array) -> Array:
        return difference * difference


class RMSE(MSE):
    """Root of the mean squared error over all elements (not the mean of the batches' roots)."""

    name = "rmse"

    def compute(self) -> float:
        return math.sqrt(super().compute())
