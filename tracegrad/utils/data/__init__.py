"""`torch.utils.data`: `tracegrad.data` under PyTorch's name."""

from tracegrad.data import *  # noqa: F403
from tracegrad.data import __all__ as __all__
from tracegrad.utils.data import dataloader as dataloader
from tracegrad.utils.data import dataset as dataset
from tracegrad.utils.data import distributed as distributed
from tracegrad.utils.data import sampler as sampler
