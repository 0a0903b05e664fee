"""Random images that are the same each time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tracegrad.backend.random import Generator
from tracegrad.vision.datasets.base import ImagesByNumber, Transform
from tracegrad.vision.transforms.functional import to_pil_image


class FakeData(ImagesByNumber):
    """Noise as images, with random targets; each number has its own, whenever it is read.

    Args:
        image_size: channels, height, width.
        random_offset: added to the number of an example, which is the seed of its noise.
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(None, transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def example(self, index: int) -> tuple[Any, int]:
        # A generator of its own: the program's is not moved.
        generator = Generator().manual_seed(index + self.random_offset)
        noise = generator.normal(math.prod(self.image_size), np.dtype(np.float32))
        target = int(generator.integers(1, 0, self.num_classes)[0])
        return to_pil_image(noise.reshape(self.image_size).transpose(1, 2, 0)), target

    def __len__(self) -> int:
        return self.size
