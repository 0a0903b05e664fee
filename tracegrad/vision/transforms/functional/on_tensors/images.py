"""What every function of tensors as images needs: ranges of dtypes, batches, floats for a while."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tracegrad import dtypes
from tracegrad._tensor import Tensor

UNSIGNED_BITS_OF = {
    dtypes.uint8: 8, dtypes.int8: 7, dtypes.int16: 15, dtypes.uint16: 16, dtypes.int32: 31,
    dtypes.int64: 63,
}  # fmt: skip


def dimensions(img: Tensor) -> tuple[int, int, int]:
    """Channels, height, width."""
    shape = img.shape
    return (1 if len(shape) == 2 else shape[-3]), shape[-2], shape[-1]


def largest_value(dtype: dtypes.dtype) -> int:
    """What white is: the largest integer, or 1."""
    return 2 ** UNSIGNED_BITS_OF[dtype] - 1 if dtype in UNSIGNED_BITS_OF else 1


def check_channels(img: Tensor, permitted: Sequence[int] = (1, 3)) -> None:
    """Raises TypeError if the image has another number of channels."""
    channels = dimensions(img)[0]
    if img.ndim < 3:
        raise TypeError(
            f"Input image tensor should have at least 3 dimensions, but found {img.ndim}\n"
            f"  got shape {list(img.shape)}\n  try: img.unsqueeze(0)"
        )
    if channels not in permitted:
        raise TypeError(
            f"Input image tensor permitted channel values are {list(permitted)}, but found "
            f"{channels}\n  got shape {list(img.shape)}, read as (..., C, H, W)"
        )


def computed(img: Tensor, change: Callable[[Tensor], Tensor], floats: bool = True) -> Tensor:
    """A batch of floats changed, and brought back to the image's dimensions and dtype.

    Args:
        change: takes and gives `(n, c, h, w)`.
        floats: whether integers become float32 for it, and are rounded afterwards.
    """
    lead, dtype = img.shape[:-3], img.dtype
    batch = img.reshape((math.prod(lead), *dimensions(img)))
    casts = floats and dtype not in (dtypes.float32, dtypes.float64)
    result = change(batch.to(dtypes.float32) if casts else batch)
    if casts:
        result = (result if dtype.is_floating_point else result.round()).to(dtype)
    shape = result.shape[-2:] if img.ndim == 2 else (*lead, *result.shape[1:])
    return result.reshape(shape)


def convert_dtype(img: Tensor, dtype: dtypes.dtype) -> Tensor:
    """The image in another dtype, its values scaled from white to white.

    Raises:
        RuntimeError: the floats hold fewer digits than the integers.
    """
    if img.dtype is dtype:
        return img
    before, after = largest_value(img.dtype), largest_value(dtype)
    if img.is_floating_point():
        if dtype.is_floating_point:
            return img.to(dtype)
        if UNSIGNED_BITS_OF[dtype] >= dtypes.finfo(img.dtype).bits - 1:
            raise RuntimeError(
                f"The cast from {img.dtype} to {dtype} cannot be performed safely.\n"
                f"  {img.dtype} has fewer digits than {dtype}\n  try: int16 or uint8"
            )
        # Not times 255 and rounded: every integer then has an equal share of the floats.
        return img.mul(after + 1.0 - 1e-3).to(dtype)
    if dtype.is_floating_point:
        return img.to(dtype) / before
    if before > after:
        return img.div((before + 1) // (after + 1), rounding_mode="floor").to(dtype)
    return img.to(dtype) * ((after + 1) // (before + 1))
