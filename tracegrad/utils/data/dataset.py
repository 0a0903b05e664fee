"""`torch.utils.data.dataset`."""

from tracegrad.data.dataset import ChainDataset as ChainDataset
from tracegrad.data.dataset import ConcatDataset as ConcatDataset
from tracegrad.data.dataset import Dataset as Dataset
from tracegrad.data.dataset import IterableDataset as IterableDataset
from tracegrad.data.dataset import StackDataset as StackDataset
from tracegrad.data.dataset import Subset as Subset
from tracegrad.data.dataset import T_co as T_co
from tracegrad.data.dataset import TensorDataset as TensorDataset
from tracegrad.data.dataset import random_split as random_split
