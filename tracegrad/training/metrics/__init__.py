"""Metrics: numbers about predictions, gathered batch by batch over a pass."""

from tracegrad.training.metrics.classification import Accuracy as Accuracy
from tracegrad.training.metrics.classification import BinaryAccuracy as BinaryAccuracy
from tracegrad.training.metrics.classification import (
    BinaryAccuracyWithLogits as BinaryAccuracyWithLogits,
)
from tracegrad.training.metrics.metric import FunctionMetric as FunctionMetric
from tracegrad.training.metrics.metric import MeanMetric as MeanMetric
from tracegrad.training.metrics.metric import Metric as Metric
from tracegrad.training.metrics.ranking import BinaryAUROC as BinaryAUROC
from tracegrad.training.metrics.ranking import MulticlassAUROC as MulticlassAUROC
from tracegrad.training.metrics.regression import MAE as MAE
from tracegrad.training.metrics.regression import MSE as MSE
from tracegrad.training.metrics.regression import RMSE as RMSE

__all__ = [
    "MAE",
    "MSE",
    "RMSE",
    "Accuracy",
    "BinaryAUROC",
    "BinaryAccuracy",
    "BinaryAccuracyWithLogits",
    "FunctionMetric",
    "MeanMetric",
    "Metric",
    "MulticlassAUROC",
]
