"""Learning rates that change while training goes on.

As in PyTorch most rules are recurrences: the next rate comes from the one that the optimizer has
now, so that what the program itself did to it is kept.
"""

from tracegrad.optim.lr_scheduler.by_factor import ConstantLR as ConstantLR
from tracegrad.optim.lr_scheduler.by_factor import ExponentialLR as ExponentialLR
from tracegrad.optim.lr_scheduler.by_factor import LinearLR as LinearLR
from tracegrad.optim.lr_scheduler.by_factor import MultiStepLR as MultiStepLR
from tracegrad.optim.lr_scheduler.by_factor import PolynomialLR as PolynomialLR
from tracegrad.optim.lr_scheduler.by_factor import StepLR as StepLR
from tracegrad.optim.lr_scheduler.by_function import LambdaLR as LambdaLR
from tracegrad.optim.lr_scheduler.by_function import MultiplicativeLR as MultiplicativeLR
from tracegrad.optim.lr_scheduler.combined import ChainedScheduler as ChainedScheduler
from tracegrad.optim.lr_scheduler.combined import SequentialLR as SequentialLR
from tracegrad.optim.lr_scheduler.cosine import CosineAnnealingLR as CosineAnnealingLR
from tracegrad.optim.lr_scheduler.cosine import (
    CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts,
)
from tracegrad.optim.lr_scheduler.cyclic import CyclicLR as CyclicLR
from tracegrad.optim.lr_scheduler.one_cycle import OneCycleLR as OneCycleLR
from tracegrad.optim.lr_scheduler.plateau import ReduceLROnPlateau as ReduceLROnPlateau
from tracegrad.optim.lr_scheduler.schedule import LRScheduler as LRScheduler
from tracegrad.optim.lr_scheduler.schedule import _LRScheduler as _LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
