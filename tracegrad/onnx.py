"""`torch.onnx`: not here."""

from tracegrad.compat.absent import absent

__getattr__ = absent(
    "onnx", "tracegrad.save(model.state_dict(), path), and export from PyTorch, which reads it"
)
