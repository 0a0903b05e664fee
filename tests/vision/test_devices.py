"""Transforms of tensors on a device whose arrays refuse to mix with NumPy's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import tracegrad as tg
from tests.backend.strict import StrictArray, strict_cuda
from tests.vision.pictures import noise
from tracegrad.vision import transforms as T
from tracegrad.vision.transforms import functional as F
from tracegrad.vision.utils import make_grid

BILINEAR = T.InterpolationMode.BILINEAR

ON_DEVICES = {
    "normalize": lambda x: F.normalize(x, [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]),
    "resize": lambda x: F.resize(x, 5),
    "crop": lambda x: F.crop(x, -1, 2, 5, 9),
    "pad": lambda x: F.pad(x, [1, 2], padding_mode="symmetric"),
    "reflect": lambda x: F.pad(x, [1, 2], padding_mode="reflect"),
    "flip": F.hflip,
    "affine": lambda x: F.affine(x, 12.0, [1, 0], 1.1, [2.0, 1.0], BILINEAR, fill=[0.5]),
    "rotate": lambda x: F.rotate(x, 31.0, expand=True),
    "blur": lambda x: F.gaussian_blur(x, 3),
    "hue": lambda x: F.adjust_hue(x, 0.2),
    "contrast": lambda x: F.adjust_contrast(x, 1.5),
    "saturation": lambda x: F.adjust_saturation(x, 1.5),
    "sharpness": lambda x: F.adjust_sharpness(x, 1.5),
    "autocontrast": F.autocontrast,
    "equalize": lambda x: F.equalize(F.convert_image_dtype(x, tg.uint8)),
    "erase": lambda x: T.RandomErasing(1.0, value=(0.1, 0.2, 0.3))(x),
    "noise": lambda x: T.RandomErasing(1.0, value="random")(x),
    "grid": lambda x: make_grid(tg.stack([x, x]), normalize=True),
    "random": T.Compose([T.RandomResizedCrop(6), T.ColorJitter(0.2, 0.2), T.RandomAffine(9)]),
}


@pytest.fixture(autouse=True)
def cuda() -> Iterator[None]:
    with strict_cuda():
        yield


@pytest.mark.parametrize("name", ON_DEVICES)
def test_a_transform_stays_on_its_device_and_gives_the_same(name: str) -> None:
    pixels = noise(3, 9, 8).astype(np.float32) / 255
    tg.manual_seed(2)
    here = ON_DEVICES[name](tg.tensor(pixels))
    tg.manual_seed(2)
    there = ON_DEVICES[name](tg.tensor(pixels, device="cuda"))
    assert type(there._array) is StrictArray
    np.testing.assert_allclose(there.cpu().numpy(), here.numpy(), atol=1e-6)


def test_an_image_of_a_device_becomes_one_of_pil() -> None:
    pixels = noise(3, 4, 5)
    image = F.to_pil_image(tg.tensor(pixels, device="cuda"))
    assert (np.asarray(image) == pixels.transpose(1, 2, 0)).all()
