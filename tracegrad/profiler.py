"""`torch.profiler`: not here. A recording knows the time of every op."""

from tracegrad.compat.absent import absent

__getattr__ = absent(
    "profiler", "with tracegrad.record() as trace: ..., which keeps each op's time and values"
)
