"""`torch.amp`: arithmetic in fewer bits. Scaling is here; choosing dtypes by op is not."""

from tracegrad.amp.autocast_mode import autocast as autocast
from tracegrad.amp.autocast_mode import is_autocast_available as is_autocast_available
from tracegrad.amp.grad_scaler import GradScaler as GradScaler

__all__ = ["GradScaler", "autocast", "is_autocast_available"]
