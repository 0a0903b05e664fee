"""`torch.hub`: not here. Nothing is downloaded."""

from tracegrad.compat.absent import absent

__getattr__ = absent("hub", "download the file yourself, then tracegrad.load(path)")
