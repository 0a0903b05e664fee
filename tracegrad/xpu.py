"""`torch.xpu`: Intel's GPUs, which tracegrad does not use."""

from tracegrad.compat.absent import absent, answer

is_available = answer(False, "Whether Intel's GPUs can be used: no.")
device_count = answer(0, "How many of Intel's GPUs can be used: none.")
manual_seed = answer(None, "Seed Intel's GPUs: there are none.")
manual_seed_all = answer(None, "Seed Intel's GPUs: there are none.")
empty_cache = answer(None, "Give back unused memory: there is none.")

__getattr__ = absent("xpu", "device='cpu', or 'cuda' where tracegrad.cuda.is_available()")
