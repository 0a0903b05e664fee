"""Many images as one, and into files."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, BinaryIO

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.autograd import no_grad
from tracegrad.ops import functions as ops
from tracegrad.vision.files import written_whole
from tracegrad.vision.transforms.functional.conversion import to_pil_image

SMALLEST_RANGE = 1e-5
"""What a range is divided by at least: an image of one colour must not divide by zero."""


@no_grad()
def make_grid(
    tensor: Tensor | list[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Images side by side in one.

    Args:
        tensor: `(n, c, h, w)`, one image `(c, h, w)` or `(h, w)`, or a list of equal ones.
        nrow: images in a row.
        padding: pixels between them and around.
        normalize: whether values are brought to 0 to 1.
        value_range: what becomes 0 and 1; the smallest and the largest value if `None`.
        scale_each: whether each image has a range of its own.
        pad_value: colour between the images.

    Shapes: the result is `(c, rows * (h + padding) + padding, nrow * (w + padding) + padding)`;
        one channel becomes three.

    Raises:
        TypeError: it is neither a tensor nor a list of them.
        ValueError: it has no dimensions of a batch of images, or no image at all.
    """
    images = _batch(tensor)
    if normalize:
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError(
                "value_range has to be a tuple (min, max) if specified. min and max are numbers"
            )
        images = _normalized(images, value_range, scale_each)
    count, channels, height, width = images.shape
    if count == 1:
        return images.squeeze(0)
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    size = (channels, rows * (height + padding) + padding, columns * (width + padding) + padding)
    grid = ops.full(size, pad_value, dtype=images.dtype, device=images.device)
    for number in range(count):
        row, column = divmod(number, columns)
        top, left = padding + row * (height + padding), padding + column * (width + padding)
        grid[:, top : top + height, left : left + width] = images[number]
    return grid


def _batch(tensor: Any) -> Tensor:
    """Images `(n, c, h, w)`, greys in three channels."""
    if isinstance(tensor, list):
        for image in tensor:
            if not isinstance(image, Tensor):
                raise TypeError(
                    f"tensor or list of tensors expected, got a list containing {type(image)}"
                )
        tensor = ops.stack(tensor) if tensor else ops.empty((0, 3, 0, 0))
    if not isinstance(tensor, Tensor):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    if tensor.ndim not in (2, 3, 4) or 0 in tensor.shape:
        raise ValueError(
            "make_grid expects images (n, c, h, w), (c, h, w) or (h, w), got shape "
            f"{list(tensor.shape)}"
        )
    images = tensor.reshape((*[1] * (4 - tensor.ndim), *tensor.shape))
    return ops.cat([images] * 3, 1) if images.shape[1] == 1 else images


def _normalized(images: Tensor, limits: tuple[float, float] | None, each: bool) -> Tensor:
    dims = (1, 2, 3) if each else (0, 1, 2, 3)
    if limits is None:
        low, high = images.amin(dims, keepdim=True), images.amax(dims, keepdim=True)
        return (images - low) / (high - low).clamp(min=SMALLEST_RANGE)
    black, white = limits
    return (images.clamp(black, white) - black) / max(white - black, SMALLEST_RANGE)


@no_grad()
def save_image(
    tensor: Tensor | list[Tensor],
    fp: str | os.PathLike[str] | BinaryIO,
    format: str | None = None,
    **kwargs: Any,
) -> None:
    """Images in one file, several of them as a grid: all of it is written, or nothing.

    Args:
        tensor: as `make_grid` takes it, with values from 0 to 1.
        fp: the file; its suffix says the format, or `format` does.
        kwargs: options of `make_grid`.

    Raises:
        ValueError: nothing says a format that Pillow knows.
    """
    grid = make_grid(tensor, **kwargs)
    pixels = (grid * 255 + 0.5).clamp(0, 255).to(dtypes.uint8)
    image = to_pil_image(pixels)
    if not isinstance(fp, str | os.PathLike):
        image.save(fp, format=format)
        return
    with written_whole(Path(fp)) as file:
        image.save(file, format=format or _format_of(Path(fp)))


def _format_of(path: Path) -> str:
    from PIL import Image

    known = Image.registered_extensions()
    found = known.get(path.suffix.lower())
    if found is None:
        raise ValueError(
            f"unknown file extension: {path.suffix!r} of {path}\n  try: .png, or format='PNG'"
        )
    return found
