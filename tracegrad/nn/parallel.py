"""`nn.parallel`: modules on several devices, of which there is one here."""

from tracegrad.nn.modules.parallel import DataParallel as DataParallel
from tracegrad.nn.modules.parallel import DistributedDataParallel as DistributedDataParallel

__all__ = ["DataParallel", "DistributedDataParallel"]
