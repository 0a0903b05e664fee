"""`torch.utils.data.distributed`: not here."""

from tracegrad.compat.absent import absent

__getattr__ = absent("utils.data.distributed", "shuffle=True, in one process")
