"""Data in batches: datasets, the order in which they are read, and the loader."""

from tracegrad.data.collate import default_collate as default_collate
from tracegrad.data.collate import default_convert as default_convert
from tracegrad.data.dataset import ChainDataset as ChainDataset
from tracegrad.data.dataset import ConcatDataset as ConcatDataset
from tracegrad.data.dataset import Dataset as Dataset
from tracegrad.data.dataset import IterableDataset as IterableDataset
from tracegrad.data.dataset import StackDataset as StackDataset
from tracegrad.data.dataset import Subset as Subset
from tracegrad.data.dataset import TensorDataset as TensorDataset
from tracegrad.data.dataset import random_split as random_split
from tracegrad.data.distributed import DistributedSampler as DistributedSampler
from tracegrad.data.loader import DataLoader as DataLoader
from tracegrad.data.sampler import BatchSampler as BatchSampler
from tracegrad.data.sampler import RandomSampler as RandomSampler
from tracegrad.data.sampler import Sampler as Sampler
from tracegrad.data.sampler import SequentialSampler as SequentialSampler
from tracegrad.data.sampler import SubsetRandomSampler as SubsetRandomSampler
from tracegrad.data.sampler import WeightedRandomSampler as WeightedRandomSampler
from tracegrad.data.worker_info import get_worker_info as get_worker_info

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]
