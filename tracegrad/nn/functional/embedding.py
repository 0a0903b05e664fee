"""Integers as vectors."""

from __future__ import annotations

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.ops.create import made

ops = lifted.ops


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Vectors with a 1 at each class index, as int64."""
    classes = tensor._array
    count = int(classes.max()) + 1 if num_classes == -1 else num_classes
    if classes.size and (classes.min() < 0 or classes.max() >= count):
        raise RuntimeError(
            "Class values must be smaller than num_classes."
            if classes.min() >= 0
            else "Class values must be non-negative."
        )
    return made("one_hot", np.eye(count, dtype=np.int64)[classes], num_classes=count)
