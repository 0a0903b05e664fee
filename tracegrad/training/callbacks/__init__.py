"""Callbacks for the training loop: one idea a file."""

from tracegrad.training.callbacks.best_model import KeepBestModel as KeepBestModel
from tracegrad.training.callbacks.checkpoints import ModelCheckpoint as ModelCheckpoint
from tracegrad.training.callbacks.csv_log import CSVLogger as CSVLogger
from tracegrad.training.callbacks.early_stopping import EarlyStopping as EarlyStopping
from tracegrad.training.callbacks.gradient_clip import GradientClip as GradientClip
from tracegrad.training.callbacks.gradient_watch import GradientWatch as GradientWatch
from tracegrad.training.callbacks.interrupt import Interrupt as Interrupt
from tracegrad.training.callbacks.mixed_precision import MixedPrecision as MixedPrecision
from tracegrad.training.callbacks.mixup import Mixup as Mixup
from tracegrad.training.callbacks.profile import Profile as Profile
from tracegrad.training.callbacks.resume import AutoResume as AutoResume
from tracegrad.training.callbacks.resume import Resume as Resume
from tracegrad.training.callbacks.schedule import LRScheduler as LRScheduler
from tracegrad.training.callbacks.tf_events import TFEvents as TFEvents
from tracegrad.training.progress import Progress as Progress

__all__ = [
    "AutoResume",
    "CSVLogger",
    "EarlyStopping",
    "GradientClip",
    "GradientWatch",
    "Interrupt",
    "KeepBestModel",
    "LRScheduler",
    "MixedPrecision",
    "Mixup",
    "ModelCheckpoint",
    "Profile",
    "Progress",
    "Resume",
    "TFEvents",
]
