"""Optimizers: how parameters follow their gradients."""

from tracegrad.optim.adam import Adam as Adam
from tracegrad.optim.optimizer import Optimizer as Optimizer
from tracegrad.optim.sgd import SGD as SGD

__all__ = ["SGD", "Adam", "Optimizer"]
