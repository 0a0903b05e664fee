"""What is switched on or off, per thread and per asyncio task: recording for gradients, checks."""

from __future__ import annotations

from contextvars import ContextVar

grad_mode: ContextVar[bool] = ContextVar("tracegrad grad mode", default=True)
"""A context variable: +0.01 us an op; a thread-local costs +0.10, a global would leak into
threads.
"""

grad_enabled = grad_mode.get

nan_check: ContextVar[bool] = ContextVar("tracegrad checks gradients for NaN", default=False)
"""Whether a backward pass stops at the first NaN: `detect_anomaly`."""
