"""The training loop, after R's luz: `setup(Net, loss=…, optimizer=…).fit(data, epochs=10)`."""

from tracegrad.training import callbacks as callbacks
from tracegrad.training import metrics as metrics
from tracegrad.training.accelerator import Accelerator as Accelerator
from tracegrad.training.callback import EVENTS as EVENTS
from tracegrad.training.callback import Callback as Callback
from tracegrad.training.checkpoint import load_checkpoint as load_checkpoint
from tracegrad.training.checkpoint import save_checkpoint as save_checkpoint
from tracegrad.training.context import Context as Context
from tracegrad.training.errors import CallbackError as CallbackError
from tracegrad.training.errors import CheckpointError as CheckpointError
from tracegrad.training.errors import NonFiniteError as NonFiniteError
from tracegrad.training.errors import NonFiniteGradientError as NonFiniteGradientError
from tracegrad.training.errors import NonFiniteLossError as NonFiniteLossError
from tracegrad.training.errors import TrainingError as TrainingError
from tracegrad.training.fitted import Evaluation as Evaluation
from tracegrad.training.fitted import Fitted as Fitted
from tracegrad.training.fitted import load as load
from tracegrad.training.lr_finder import LRSearch as LRSearch
from tracegrad.training.lr_finder import lr_finder as lr_finder
from tracegrad.training.progress import Progress as Progress
from tracegrad.training.recipe import Recipe as Recipe
from tracegrad.training.recipe import setup as setup
from tracegrad.training.records import Record as Record
from tracegrad.training.records import Records as Records
from tracegrad.training.resuming import fit_state as fit_state
from tracegrad.training.resuming import restore_fit_state as restore_fit_state

__all__ = [
    "EVENTS",
    "Accelerator",
    "Callback",
    "CallbackError",
    "CheckpointError",
    "Context",
    "Evaluation",
    "Fitted",
    "LRSearch",
    "NonFiniteError",
    "NonFiniteGradientError",
    "NonFiniteLossError",
    "Progress",
    "Recipe",
    "Record",
    "Records",
    "TrainingError",
    "callbacks",
    "fit_state",
    "load",
    "load_checkpoint",
    "lr_finder",
    "metrics",
    "restore_fit_state",
    "save_checkpoint",
    "setup",
]
