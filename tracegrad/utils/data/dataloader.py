"""`torch.utils.data.dataloader`."""

from tracegrad.data.collate import default_collate as default_collate
from tracegrad.data.collate import default_convert as default_convert
from tracegrad.data.dataset import Dataset as Dataset
from tracegrad.data.dataset import IterableDataset as IterableDataset
from tracegrad.data.loader import DataLoader as DataLoader
from tracegrad.data.sampler import BatchSampler as BatchSampler
from tracegrad.data.sampler import RandomSampler as RandomSampler
from tracegrad.data.sampler import Sampler as Sampler
from tracegrad.data.sampler import SequentialSampler as SequentialSampler
from tracegrad.data.worker_info import get_worker_info as get_worker_info
