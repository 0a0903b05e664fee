"""`nn.modules.module`, where PyTorch keeps `Module`."""

from tracegrad.nn.module import Module as Module
