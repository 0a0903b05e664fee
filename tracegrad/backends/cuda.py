"""`torch.backends.cuda`: products are as exact as their dtype; TensorFloat-32 is not used."""

from __future__ import annotations

from types import SimpleNamespace

from tracegrad.backend.device import cuda_is_available
from tracegrad.compat.switches import Switches


class _Matmul(Switches):
    """Whether matrix products may be less exact: accepted, and not made use of."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True
    fp32_precision = "ieee"


matmul = _Matmul()
cufft_plan_cache = SimpleNamespace(size=0, max_size=0)


def is_built() -> bool:
    """Whether GPUs can be used: there is nothing to build, so whether CuPy finds one."""
    return cuda_is_available()


def flash_sdp_enabled() -> bool:
    """Whether attention may use the flash kernel: there is none."""
    return False


def mem_efficient_sdp_enabled() -> bool:
    """Whether attention may use the memory-efficient kernel: there is none."""
    return False


def math_sdp_enabled() -> bool:
    """Whether attention may be computed as it is written: always."""
    return True


def enable_flash_sdp(enabled: bool) -> None:
    """Allow a kernel that is not here; attention stays exact."""


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Allow a kernel that is not here; attention stays exact."""


def enable_math_sdp(enabled: bool) -> None:
    """Allow attention as it is written, which is always used.

    Raises:
        NotImplementedError: it is forbidden.
    """
    if not enabled:
        raise NotImplementedError(
            "enable_math_sdp(False): attention has no other kernel here\n  try: leave it enabled"
        )
