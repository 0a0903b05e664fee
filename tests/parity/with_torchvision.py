"""torchvision, where its compiled part cannot be loaded either.

Its wheel is linked with CUDA's libraries: beside a PyTorch for CPUs alone the ops in it are
missing, and the import fails at the first fake kernel of one. No transform needs any of them, so it
is enough to say that they exist.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import torch

MISSING = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def import_torchvision() -> Any:
    """The module."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for declaration in MISSING:
        library.define(declaration)
    module = importlib.import_module("torchvision")
    KEPT.append(library)
    return module


KEPT: list[Any] = []
"""A library forgets its ops when it is collected."""
