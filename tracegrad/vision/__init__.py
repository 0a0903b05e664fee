"""Images: datasets, transforms, reading and writing.

Each part is loaded when it is first used, Pillow when the first image is read, and the network only
by `download=True`: `import tracegrad` pays nothing for any of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracegrad.vision import datasets as datasets
    from tracegrad.vision import io as io
    from tracegrad.vision import transforms as transforms
    from tracegrad.vision import utils as utils

__all__ = ["datasets", "io", "transforms", "utils"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
