"""PIL images and arrays to tensors and back, other dtypes, normalisation."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import Device, on_host
from tracegrad.ops import functions as ops
from tracegrad.ops.made import made
from tracegrad.vision.transforms.functional.on_tensors import convert_dtype
from tracegrad.vision.transforms.functional.sides import is_pil_image, need_pil, need_tensor

if TYPE_CHECKING:
    from PIL.Image import Image

SIXTEEN_BITS = "I;16" if sys.byteorder == "little" else "I;16B"

DTYPES_OF_MODE = {"I": np.int32, SIXTEEN_BITS: np.int16, "F": np.float32}
"""NumPy's for the modes that are not of bytes. Sixteen bits are read as torchvision reads them,
with a sign: values from 32768 on are negative."""

# -- to tensors ------------------------------------------------------------------------------------


def to_tensor(pic: Image | np.ndarray[Any, Any]) -> Tensor:
    """A tensor `(c, h, w)` of a PIL image or an array `(h, w)` or `(h, w, c)`.

    Bytes become floats from 0 to 1 of the default dtype; other values stay what they are.

    Raises:
        TypeError: it is neither.
        ValueError: the array has another number of dimensions.
    """
    if is_pil_image(pic):
        array = _pixels(pic, DTYPES_OF_MODE.get(getattr(pic, "mode", ""), np.uint8))
    elif isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        array = pic if pic.ndim == 3 else pic[:, :, None]
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    moved = array.transpose(2, 0, 1)
    if array.dtype == np.uint8:
        floats = moved.astype(dtypes.get_default_dtype().numpy, order="C")
        floats /= floats.dtype.type(255)
        return made("to_tensor", floats)
    return made("to_tensor", dtypes.canonical(np.array(moved, order="C")))


def pil_to_tensor(pic: Image) -> Tensor:
    """A tensor `(c, h, w)` of a PIL image's own values.

    Raises:
        TypeError: it is no PIL image.
    """
    need_pil(pic, "pic")
    return made("pil_to_tensor", dtypes.canonical(np.array(_pixels(pic).transpose(2, 0, 1))))


def _pixels(pic: Any, dtype: Any = None) -> np.ndarray[Any, Any]:
    """An array `(h, w, c)`; `True` in images of bits is 255 where bytes are asked for."""
    array = np.asarray(pic, dtype)
    if pic.mode == "1" and dtype is not None:
        array = array * np.uint8(255)
    return array.reshape(pic.size[1], pic.size[0], len(pic.getbands()))


# -- to PIL images ---------------------------------------------------------------------------------

MODES_OF_ONE_CHANNEL = {
    np.dtype(np.uint8): "L",
    np.dtype(np.int16): SIXTEEN_BITS,
    np.dtype(np.int32): "I",
    np.dtype(np.float32): "F",
}
MODES_OF_BYTES = {
    2: ("LA",),
    3: ("RGB", "YCbCr", "HSV"),
    4: ("RGBA", "CMYK", "RGBX"),
}
"""Modes by the number of channels, the one that is meant when none is given first."""


def to_pil_image(pic: Tensor | np.ndarray[Any, Any], mode: str | None = None) -> Image:
    """A PIL image of a tensor `(c, h, w)` or an array `(h, w, c)`; both may be `(h, w)`.

    Floats count from 0 to 1 unless `mode` is `"F"`; what lies outside starts again from the other
    end, as in torchvision, so that an image after `Normalize` gives wild colours.

    Raises:
        TypeError: it is neither, or there is no mode for its dtype.
        ValueError: dimensions, channels or mode do not fit.
    """
    if isinstance(pic, Tensor):
        array = on_host(pic._array)
        array = array.transpose(1, 2, 0) if array.ndim == 3 else array
    elif isinstance(pic, np.ndarray):
        array = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if array.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    if array.ndim == 3 and not 1 <= array.shape[2] <= 4:
        raise ValueError(
            f"pic should not have > 4 channels. Got {array.shape[2]} channels.\n"
            f"  got shape {list(pic.shape)}; a tensor is (c, h, w), an array (h, w, c)"
        )
    if dtypes.from_numpy(array.dtype).is_floating_point and mode != "F":
        array = (array * 255).astype(np.int64).astype(np.uint8)
    from tracegrad.vision.transforms.functional.on_pil import image_of

    chosen = _mode_for(array, mode)
    return image_of(array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array, chosen)


def _mode_for(array: np.ndarray[Any, Any], mode: str | None) -> str:
    """PIL's mode for an array, which `mode` may choose."""
    channels = 1 if array.ndim == 2 else array.shape[2]
    if channels == 1:
        expected = MODES_OF_ONE_CHANNEL.get(array.dtype)
        if mode is not None and mode != expected:
            raise ValueError(
                f"Incorrect mode ({mode}) supplied for input type {array.dtype}. Should be "
                f"{expected}"
            )
        permitted: tuple[str | None, ...] = (expected,)
    else:
        permitted = MODES_OF_BYTES[channels]
        if mode is not None and mode not in permitted:
            raise ValueError(
                f"Only modes {list(permitted)} are supported for {channels}D inputs, got {mode!r}"
            )
        if array.dtype != np.uint8:
            permitted = (None,)
    found = mode if mode in permitted and mode is not None else permitted[0]
    if found is None:
        known = ", ".join(str(dtype) for dtype in MODES_OF_ONE_CHANNEL)
        raise TypeError(
            f"Input type {array.dtype} is not supported\n"
            f"  try: uint8, or with one channel {known}; convert_image_dtype changes the dtype"
        )
    return found


# -- values ----------------------------------------------------------------------------------------


def convert_image_dtype(image: Tensor, dtype: dtypes.dtype = dtypes.float32) -> Tensor:
    """The image in another dtype, its values scaled: white is 1.0, or the largest integer.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: floats hold fewer digits than the integers asked for.
    """
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    return convert_dtype(image, dtypes.as_dtype(dtype))


def normalize(
    tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False
) -> Tensor:
    """`(tensor - mean) / std`, with a mean and a standard deviation for each channel.

    Shapes: `(..., c, h, w)`.

    Raises:
        TypeError: it is no tensor of floats.
        ValueError: dimensions or channels do not fit, or a deviation is zero.
    """
    need_tensor(tensor)
    if not tensor.is_floating_point():
        raise TypeError(
            f"Input tensor should be a float tensor. Got {tensor.dtype}.\n"
            "  try: ToTensor or ConvertImageDtype(float32) before"
        )
    if tensor.ndim < 3:
        raise ValueError(
            "Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = "
            f"{tensor.size()}"
        )
    means, deviations = _means_and_deviations(
        _hashable(mean), _hashable(std), tensor.shape[-3], tensor.dtype, tensor.device
    )
    if inplace:
        return tensor.sub_(means).div_(deviations)
    return (tensor - means) / deviations


def _hashable(numbers: Any) -> tuple[float, ...]:
    """One number for each channel, from one number, a sequence, an array or a tensor."""
    return tuple(np.ravel(np.asarray(numbers, np.float64)).tolist())


@lru_cache(maxsize=64)  # made for each image, they would take longer than the arithmetic
def _means_and_deviations(
    mean: tuple[float, ...],
    std: tuple[float, ...],
    channels: int,
    dtype: dtypes.dtype,
    device: Device,
) -> tuple[Tensor, Tensor]:
    """Both in the form in which they broadcast over an image."""
    for name, numbers in (("mean", mean), ("std", std)):
        if len(numbers) not in (1, channels):
            # Without this, a grey image would silently become one of three channels.
            raise ValueError(
                f"{name} has {len(numbers)} values, the image has {channels} channels: the output "
                f"doesn't match the broadcast shape\n  got {name}={list(numbers)}"
            )
    made = [
        ops.tensor(numbers, dtype=dtype, device=device).reshape(-1, 1, 1) for numbers in (mean, std)
    ]
    if bool((made[1] == 0).any()):
        raise ValueError(
            f"std evaluated to zero after conversion to {dtype}, leading to division by zero.\n"
            f"  got std={list(std)}"
        )
    return made[0], made[1]
