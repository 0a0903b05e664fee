"""`torch.mps`: Apple's GPUs, which tracegrad does not use."""

from tracegrad.compat.absent import absent, answer

is_available = answer(False, "Whether Apple's GPUs can be used: no.")
device_count = answer(0, "How many of Apple's GPUs can be used: none.")

__getattr__ = absent("mps", "device='cpu', or 'cuda' where tracegrad.cuda.is_available()")
