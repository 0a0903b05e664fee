"""`torch.utils.data.distributed`."""

from tracegrad.data.distributed import DistributedSampler as DistributedSampler
