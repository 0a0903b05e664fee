"""`torch.utils.data._utils`: private there, and yet imported by many programs."""

from tracegrad.utils.data._utils import collate as collate
from tracegrad.utils.data._utils import worker as worker
