"""`torch.backends.cpu`."""

from __future__ import annotations

import numpy as np


def get_cpu_capability() -> str:
    """The widest vectors that NumPy uses on this processor, by PyTorch's names."""
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    if any(name.startswith("AVX512") for name in found):
        return "AVX512"
    return "AVX2" if "AVX2" in found or "X86_V3" in found else "DEFAULT"
