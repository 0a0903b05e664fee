"""`torch.utils.data._utils.worker`."""

from tracegrad.data.worker_info import WorkerInfo as WorkerInfo
from tracegrad.data.worker_info import get_worker_info as get_worker_info
