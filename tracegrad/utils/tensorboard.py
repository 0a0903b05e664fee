"""`torch.utils.tensorboard`: not here. A recording keeps every loss and gradient."""

from tracegrad.compat.absent import absent

__getattr__ = absent(
    "utils.tensorboard", "with tracegrad.record('run.trace'): ..., then tracegrad open run.trace"
)
