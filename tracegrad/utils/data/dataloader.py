"""`torch.utils.data.dataloader`."""

from tracegrad.data.collate import default_collate as default_collate
from tracegrad.data.loader import DataLoader as DataLoader
