"""PIL images and tensors: the same functions for both, and the choice between them.

Note [Two sides]
~~~~~~~~~~~~~~~~
`on_pil` and `on_tensors` define the same functions for the two kinds of images, after their
arguments have been checked and brought to one form here; neither checks them again. So what an
option means is decided once, and each side is what its library needs to do it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeAlias

from tracegrad._tensor import Tensor
from tracegrad.vision.transforms.functional import on_tensors

if TYPE_CHECKING:
    from PIL.Image import Image

    ImageLike: TypeAlias = Image | Tensor


def is_pil_image(image: Any) -> bool:
    """Whether it is a PIL image; where nothing loaded Pillow, nothing is one."""
    module: Any = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def side_of(image: Any) -> Any:
    """The module of functions for this kind of image. See Note [Two sides].

    Raises:
        TypeError: it is no image.
    """
    if isinstance(image, Tensor):
        if image.ndim < 2:
            raise TypeError(
                "Tensor is not a torch image.\n"
                f"  expected (..., C, H, W) or (H, W), got shape {list(image.shape)}"
            )
        return on_tensors
    if is_pil_image(image):
        from tracegrad.vision.transforms.functional import on_pil

        return on_pil
    hint = "\n  try: to_pil_image(array) or to_tensor(array)" if hasattr(image, "dtype") else ""
    raise TypeError(f"img should be PIL Image or Tensor. Got {type(image)}{hint}")


def get_dimensions(img: ImageLike) -> list[int]:
    """Channels, height and width in pixels."""
    return list(side_of(img).dimensions(img))


def get_image_size(img: ImageLike) -> list[int]:
    """Width and height in pixels."""
    _, height, width = side_of(img).dimensions(img)
    return [width, height]


def get_image_num_channels(img: ImageLike) -> int:
    """How many channels an image has."""
    channels: int = side_of(img).dimensions(img)[0]
    return channels


def need_pil(img: Any, what: str = "img") -> Any:
    """The image, which has to be PIL's.

    Args:
        what: the messages call it.

    Raises:
        TypeError: it is none.
    """
    if not is_pil_image(img):
        raise TypeError(f"{what} should be PIL Image. Got {type(img)}")
    return img


def need_tensor(img: Any) -> Tensor:
    """The image, which has to be a tensor.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(img, Tensor):
        hint = "\n  try: ToTensor() before this transform" if is_pil_image(img) else ""
        raise TypeError(f"img should be Tensor Image. Got {type(img)}{hint}")
    if img.ndim < 2:
        side_of(img)
    return img
