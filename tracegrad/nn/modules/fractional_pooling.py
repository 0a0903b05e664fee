"""Maxima of windows whose places are drawn."""

from __future__ import annotations

from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F
from tracegrad.nn.module import Module
from tracegrad.nn.modules.utils import tupled


class _FractionalMaxPool(Module):
    """The largest element of each drawn window; as many windows as a size or a ratio asks for.

    Raises:
        ValueError: neither of `output_size` and `output_ratio` is given, or both; a ratio is not
            between 0 and 1.
    """

    dimensions: ClassVar[int]
    _random_samples: Tensor | None

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        n, name = self.dimensions, type(self).__name__
        self.kernel_size = tupled(kernel_size, n)
        if any(k <= 0 for k in self.kernel_size):
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        if output_size is None and output_ratio is None:
            raise ValueError(
                f"{name} requires specifying either an output size, or a pooling ratio"
            )
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else tupled(output_size, n)
        self.output_ratio = None if output_ratio is None else tupled(output_ratio, n)
        if self.output_ratio is not None and not all(0 < r < 1 for r in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input: Tensor) -> Any:
        pool = (F.fractional_max_pool2d, F.fractional_max_pool3d)[self.dimensions - 2]
        return pool(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            _random_samples=self._random_samples,
        )  # fmt: skip


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest element of each drawn window of `(N, C, H, W)`."""

    dimensions = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest element of each drawn window of `(N, C, D, H, W)`."""

    dimensions = 3
