"""`torch.fx`: not here. Recording a run gives a graph with values."""

from tracegrad.compat.absent import absent

__getattr__ = absent("fx", "with tracegrad.record() as trace: model(x), then trace.events()")
