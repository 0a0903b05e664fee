"""Images from files and bytes, through Pillow, with errors that name the file."""

from __future__ import annotations

import io
import os
import warnings
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.errors import CorruptImageError
from tracegrad.ops import functions as ops
from tracegrad.vision.transforms.functional import pil_to_tensor

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

HIGHEST_BYTE = 255


class ImageReadMode(Enum):
    """The colours to read an image in: its own, or others."""

    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4


PILLOW_MODES = {
    ImageReadMode.UNCHANGED: None,
    ImageReadMode.GRAY: "L",
    ImageReadMode.GRAY_ALPHA: "LA",
    ImageReadMode.RGB: "RGB",
    ImageReadMode.RGB_ALPHA: "RGBA",
}


def read_image(
    path: str | os.PathLike[str],
    mode: ImageReadMode | str = ImageReadMode.UNCHANGED,
    apply_exif_orientation: bool = False,
) -> Tensor:
    """A file's image as a tensor `(c, h, w)`: uint8, or uint16 of greys with sixteen bits.

    Args:
        mode: the colours; or a name, such as `"RGB"`.
        apply_exif_orientation: whether to turn the image as the camera was held.

    Raises:
        FileNotFoundError: there is no such file.
        CorruptImageError: it holds no image, or only a part of one.
        ValueError: the image has more than 8 bits, and other colours are asked for.
    """
    with open(path, "rb") as file:
        return _decoded(file, os.fspath(path), mode, apply_exif_orientation)


def decode_image(
    input: Tensor | bytes,
    mode: ImageReadMode | str = ImageReadMode.UNCHANGED,
    apply_exif_orientation: bool = False,
) -> Tensor:
    """The image in the bytes of a file, which may be a tensor of uint8. See `read_image`."""
    data = input.numpy().tobytes() if isinstance(input, Tensor) else input
    return _decoded(io.BytesIO(data), "", mode, apply_exif_orientation)


def _decoded(file: BinaryIO, name: str, mode: ImageReadMode | str, turn: bool) -> Tensor:
    wanted = PILLOW_MODES[ImageReadMode[mode] if isinstance(mode, str) else mode]
    image = open_image(file, name, wanted)
    if turn:
        from PIL import ImageOps

        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        return ops.tensor(np.asarray(image).astype(np.uint16)[None])
    if wanted is None and image.mode in ("P", "1", "CMYK", "YCbCr", "PA"):
        image = in_mode(image, COLOURS_OF.get(image.mode) or _palette_colours(image))
    return pil_to_tensor(image)


COLOURS_OF = {"1": "L", "CMYK": "RGB", "YCbCr": "RGB", "PA": "RGBA"}
"""What modes that name colours in another way are read as."""


def _palette_colours(image: PILImage) -> str:
    return "RGBA" if "transparency" in image.info else "RGB"


def open_image(file: BinaryIO | Path | str, name: str = "", mode: str | None = "RGB") -> PILImage:
    """A PIL image, all of its pixels read, in a mode of Pillow's (its own if `None`).

    Args:
        name: of the file in messages.

    Raises:
        CorruptImageError: it holds no image, or only a part of one, or too large a one.
        ValueError: the image has more than 8 bits, and other colours are asked for.
    """
    from PIL import Image

    name = name or ("" if hasattr(file, "read") else str(file))
    try:
        with Image.open(file) as opened:
            opened.load()
            image = opened.copy()  # closed with the file otherwise
    except (FileNotFoundError, PermissionError, IsADirectoryError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise CorruptImageError(
            f"{name or 'the image'} has too many pixels: {error}\n"
            "  try: PIL.Image.MAX_IMAGE_PIXELS = ... if you know where it comes from",
            file=name,
        ) from error
    except Exception as error:  # the decoders raise anything for damaged data, SyntaxError too
        raise CorruptImageError(_damage(name, error), file=name) from error
    return image if mode is None else in_mode(image, mode)


def _damage(name: str, error: Exception) -> str:
    """What is wrong with a file that Pillow could not read."""
    size = Path(name).stat().st_size if name and Path(name).is_file() else None
    start = b""
    if size:
        with open(name, "rb") as again:
            start = again.read(8)
    facts = "" if size is None else f"\n  the file has {size:,} bytes and starts with {start!r}"
    reason = "it is empty" if size == 0 else f"{type(error).__name__}: {error}"
    return (
        f"cannot read the image {name or '(bytes)'}: {reason}{facts}\n"
        "  try: fetch or copy the file again, or leave it out with is_valid_file="
    )


def in_mode(image: PILImage, mode: str) -> PILImage:
    """The image in another mode of Pillow's.

    Greys of sixteen bits keep their upper eight: Pillow would make all above 255 white.

    Raises:
        ValueError: it has more than 8 bits, and nothing says what white is.
    """
    from PIL import Image

    if image.mode == mode:
        return image
    if image.mode.startswith("I;16"):
        upper = (np.asarray(image) >> 8).astype(np.uint8)
        return Image.fromarray(upper).convert(mode)
    if image.mode in ("I", "F"):
        low, high = image.getextrema()
        if low < 0 or high > HIGHEST_BYTE:  # type: ignore[operator]
            raise ValueError(
                f"an image of mode {image.mode!r} with values from {low} to {high} has no "
                f"{mode} of 8 bits\n  try: a loader of your own, such as "
                "loader=lambda path: PIL.Image.open(path).copy()"
            )
    if image.mode == "P" and "transparency" in image.info and mode != "RGBA":
        with warnings.catch_warnings():  # the way over RGBA is what the warning asks for
            warnings.simplefilter("ignore", UserWarning)
            image = image.convert("RGBA")
    return image.convert(mode)


def pil_loader(path: str | os.PathLike[str]) -> PILImage:
    """The image of a file in RGB, for datasets of files. EXIF orientation is left alone.

    Raises:
        CorruptImageError: it holds no image, or only a part of one.
    """
    with open(path, "rb") as file:  # closed here also where Pillow would leave it open
        return open_image(file, os.fspath(path))
