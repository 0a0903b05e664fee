"""Elements added around the last dimensions."""

from __future__ import annotations

from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F
from tracegrad.nn.module import Module
from tracegrad.nn.modules.utils import tupled


class _Pad(Module):
    """How many elements before and after each dimension, the last first."""

    dimensions: ClassVar[int]
    mode: ClassVar[str]

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = tupled(padding, 2 * self.dimensions)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """Added elements are all `value`."""

    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    """Added elements are all 0."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_ConstantPad):
    """Around the last dimension."""

    dimensions = 1


class ConstantPad2d(_ConstantPad):
    """Around the last two dimensions."""

    dimensions = 2


class ConstantPad3d(_ConstantPad):
    """Around the last three dimensions."""

    dimensions = 3


class ZeroPad1d(_ZeroPad):
    """Around the last dimension."""

    dimensions = 1


class ZeroPad2d(_ZeroPad):
    """Around the last two dimensions."""

    dimensions = 2


class ZeroPad3d(_ZeroPad):
    """Around the last three dimensions."""

    dimensions = 3


class ReflectionPad1d(_Pad):
    """The last dimension mirrored at its ends."""

    dimensions, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """The last two dimensions mirrored at their ends."""

    dimensions, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """The last three dimensions mirrored at their ends."""

    dimensions, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """The last dimension's ends repeated."""

    dimensions, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """The last two dimensions' ends repeated."""

    dimensions, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """The last three dimensions' ends repeated."""

    dimensions, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """The last dimension going round."""

    dimensions, mode = 1, "circular"


class CircularPad2d(_Pad):
    """The last two dimensions going round."""

    dimensions, mode = 2, "circular"


class CircularPad3d(_Pad):
    """The last three dimensions going round."""

    dimensions, mode = 3, "circular"
