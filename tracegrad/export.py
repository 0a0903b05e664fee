"""`torch.export`: not here."""

from tracegrad.compat.absent import absent

__getattr__ = absent(
    "export", "tracegrad.save(model.state_dict(), path), and build the model where it is loaded"
)
