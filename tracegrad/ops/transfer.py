"""From one device to another."""

from __future__ import annotations

from tracegrad.backend.device import on_device
from tracegrad.ops.declare import op


@op(
    vjp=lambda ops, g, device, origin: ops.to_device(g, device=origin, origin=device),
    public=False,
)
def to_device(xp, x, *, device, origin):
    """The same elements on another device."""
    moved = on_device(x, device)
    return x.copy() if moved is x else moved
