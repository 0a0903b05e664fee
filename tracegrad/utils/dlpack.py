"""`torch.utils.dlpack`: memory shared with other libraries."""

from __future__ import annotations

from typing import Any

from tracegrad.ops.functions import from_dlpack as from_dlpack


def to_dlpack(tensor: Any) -> Any:
    """A capsule over a tensor's memory, to be taken once."""
    return tensor.__dlpack__()
