"""Windows summed up: largest elements, means, norms; and largest elements put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F
from tracegrad.nn.module import Module
from tracegrad.nn.modules.utils import tupled

# -- largest elements ------------------------------------------------------------------------------


class _MaxPool(Module):
    """The largest element of each window."""

    dimensions: ClassVar[int]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[self.dimensions - 1]
        return pool(
            input, self.kernel_size, self.stride, self.padding, self.dilation,
            ceil_mode=self.ceil_mode, return_indices=self.return_indices,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest element of each window of `(N, C, L)`."""

    dimensions = 1


class MaxPool2d(_MaxPool):
    """The largest element of each window of `(N, C, H, W)`."""

    dimensions = 2


class MaxPool3d(_MaxPool):
    """The largest element of each window of `(N, C, D, H, W)`."""

    dimensions = 3


# -- and back --------------------------------------------------------------------------------------


class _MaxUnpool(Module):
    """Zeros with each element where a pooling with `return_indices` found it."""

    dimensions: ClassVar[int]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        n = self.dimensions
        self.kernel_size = tupled(kernel_size, n)
        self.stride = tupled(kernel_size if stride is None else stride, n)
        self.padding = tupled(padding, n)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        unpool = (F.max_unpool1d, F.max_unpool2d, F.max_unpool3d)[self.dimensions - 1]
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """The inverse of `MaxPool1d`, with zeros for what it dropped."""

    dimensions = 1


class MaxUnpool2d(_MaxUnpool):
    """The inverse of `MaxPool2d`, with zeros for what it dropped."""

    dimensions = 2


class MaxUnpool3d(_MaxUnpool):
    """The inverse of `MaxPool3d`, with zeros for what it dropped."""

    dimensions = 3


# -- means -----------------------------------------------------------------------------------------


class AvgPool1d(Module):
    """The mean of each window of `(N, C, L)`."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = tupled(kernel_size, 1)
        self.stride = tupled(kernel_size if stride is None else stride, 1)
        self.padding = tupled(padding, 1)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """The mean of each window of `(N, C, H, W)`."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return self._pool(F.avg_pool2d, input)

    def _pool(self, pool: Any, input: Tensor) -> Tensor:
        return pool(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool3d(AvgPool2d):
    """The mean of each window of `(N, C, D, H, W)`."""

    def forward(self, input: Tensor) -> Tensor:
        return self._pool(F.avg_pool3d, input)


# -- norms -----------------------------------------------------------------------------------------


class _LPPool(Module):
    """The norm of order `norm_type` of each window."""

    dimensions: ClassVar[int]

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        pool = (F.lp_pool1d, F.lp_pool2d, F.lp_pool3d)[self.dimensions - 1]
        order = float(self.norm_type)
        return pool(input, order, self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The norm of each window of `(N, C, L)`."""

    dimensions = 1


class LPPool2d(_LPPool):
    """The norm of each window of `(N, C, H, W)`."""

    dimensions = 2


class LPPool3d(_LPPool):
    """The norm of each window of `(N, C, D, H, W)`."""

    dimensions = 3


# -- to a given size -------------------------------------------------------------------------------


class _ToSize(Module):
    """Windows as large as an output of the given size needs them."""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_ToSize):
    """Means over `(N, C, L)`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_ToSize):
    """Means over `(N, C, H, W)`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_ToSize):
    """Means over `(N, C, D, H, W)`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool3d(input, self.output_size)


class _MaxToSize(_ToSize):
    """Largest elements, with their places if asked for."""

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_MaxToSize):
    """Largest elements over `(N, C, L)`."""

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_MaxToSize):
    """Largest elements over `(N, C, H, W)`."""

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_MaxToSize):
    """Largest elements over `(N, C, D, H, W)`."""

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)
