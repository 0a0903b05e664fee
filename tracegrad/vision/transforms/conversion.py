"""Between PIL images, arrays and tensors; other dtypes; normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.nn.module import Module
from tracegrad.vision.transforms import functional

if TYPE_CHECKING:
    from PIL.Image import Image


class ToTensor:
    """A PIL image or an array `(h, w, c)` as a tensor `(c, h, w)`, bytes as floats from 0 to 1."""

    def __call__(self, pic: Any) -> Tensor:
        return functional.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PILToTensor:
    """A PIL image as a tensor `(c, h, w)` of its own values."""

    def __call__(self, pic: Image) -> Tensor:
        return functional.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToPILImage:
    """A tensor `(c, h, w)` or an array `(h, w, c)` as a PIL image, of a mode if one is given."""

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Image:
        return functional.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.mode is None else f'mode={self.mode}'})"


class ConvertImageDtype(Module):
    """A tensor in another dtype, its values scaled from white to white."""

    def __init__(self, dtype: dtypes.dtype) -> None:
        super().__init__()
        self.dtype = dtypes.as_dtype(dtype)

    def forward(self, image: Tensor) -> Tensor:
        return functional.convert_image_dtype(image, self.dtype)


class Normalize(Module):
    """`(tensor - mean) / std`, with a mean and a standard deviation for each channel.

    Shapes: `(..., c, h, w)`.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: Tensor) -> Tensor:
        return functional.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"
