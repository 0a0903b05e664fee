"""Optimizers: how parameters follow their gradients."""

from tracegrad.optim import lr_scheduler as lr_scheduler
from tracegrad.optim.adagrad import Adagrad as Adagrad
from tracegrad.optim.adam import Adam as Adam
from tracegrad.optim.adam import AdamW as AdamW
from tracegrad.optim.optimizer import Optimizer as Optimizer
from tracegrad.optim.rmsprop import RMSprop as RMSprop
from tracegrad.optim.sgd import SGD as SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]
