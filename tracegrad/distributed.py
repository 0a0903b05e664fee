"""`torch.distributed`: not here, and it says so when a program asks."""

from tracegrad.compat.absent import absent, answer

is_available = answer(False, "Whether processes can work together: no.")
is_initialized = answer(False, "Whether processes work together: no.")

__getattr__ = absent("distributed", "one process; guard the call with distributed.is_available()")
