"""`torch.utils.checkpoint`: not here. Forward keeps what backward needs."""

from tracegrad.compat.absent import absent

__getattr__ = absent(
    "utils.checkpoint", "call the function itself: the gradients are the same, for more memory"
)
