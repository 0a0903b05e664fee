"""`torch.utils`: the data loader's place, among others."""

from tracegrad.utils import checkpoint as checkpoint
from tracegrad.utils import data as data
from tracegrad.utils import dlpack as dlpack
from tracegrad.utils import tensorboard as tensorboard
