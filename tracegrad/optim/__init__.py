"""Optimizers: how parameters follow their gradients."""

from tracegrad.optim import lr_scheduler as lr_scheduler
from tracegrad.optim import swa_utils as swa_utils
from tracegrad.optim.adadelta import Adadelta as Adadelta
from tracegrad.optim.adafactor import Adafactor as Adafactor
from tracegrad.optim.adagrad import Adagrad as Adagrad
from tracegrad.optim.adam import Adam as Adam
from tracegrad.optim.adamax import Adamax as Adamax
from tracegrad.optim.adamw import AdamW as AdamW
from tracegrad.optim.asgd import ASGD as ASGD
from tracegrad.optim.lbfgs import LBFGS as LBFGS
from tracegrad.optim.muon import Muon as Muon
from tracegrad.optim.nadam import NAdam as NAdam
from tracegrad.optim.optimizer import Optimizer as Optimizer
from tracegrad.optim.radam import RAdam as RAdam
from tracegrad.optim.rmsprop import RMSprop as RMSprop
from tracegrad.optim.rprop import Rprop as Rprop
from tracegrad.optim.sgd import SGD as SGD
from tracegrad.optim.sparse_adam import SparseAdam as SparseAdam
from tracegrad.optim.swap import (
    swap_in_optimizer_params_and_state as swap_in_optimizer_params_and_state,
)

__all__ = [
    "ASGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "LBFGS",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SGD",
    "SparseAdam",
    "lr_scheduler",
    "swa_utils",
    "swap_in_optimizer_params_and_state",
]
