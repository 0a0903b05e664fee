"""`torch.utils.data.sampler`."""

from tracegrad.data.sampler import BatchSampler as BatchSampler
from tracegrad.data.sampler import RandomSampler as RandomSampler
from tracegrad.data.sampler import Sampler as Sampler
from tracegrad.data.sampler import SequentialSampler as SequentialSampler
from tracegrad.data.sampler import SubsetRandomSampler as SubsetRandomSampler
from tracegrad.data.sampler import WeightedRandomSampler as WeightedRandomSampler
