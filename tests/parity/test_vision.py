"""Transforms, grids and fake data give what torchvision gives: values, random draws, reprs."""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="compares with PyTorch")
if find_spec("torchvision") is None:
    pytest.skip("compares with torchvision", allow_module_level=True)

import torch

import tracegrad as tg
from tests.parity.with_torchvision import import_torchvision

torchvision = import_torchvision()

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore::UserWarning")]

OURS = SimpleNamespace(T=tg.vision.transforms, F=tg.vision.transforms.functional, t=tg)
THEIRS = SimpleNamespace(T=torchvision.transforms, F=torchvision.transforms.functional, t=torch)


def photo(height: int = 37, width: int = 29, channels: int = 3) -> Any:
    """Smooth colours with some noise, as photographs have."""
    rng = np.random.default_rng(height * width)
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 100 * np.sin(x / (3 + c) + y / (5 - c)) for c in range(channels)]
    noisy = np.stack(planes, -1) + rng.normal(scale=8, size=(height, width, channels))
    return noisy.clip(0, 255).astype(np.uint8)


PHOTO = photo()
IMAGES: dict[str, Any] = {
    "rgb": Image.fromarray(PHOTO),
    "grey": Image.fromarray(PHOTO[:, :, 0]),
    "rgba": Image.fromarray(photo(20, 31, 4)),
    "cmyk": Image.fromarray(photo(18, 23, 4), None).convert("CMYK"),
    "palette": Image.fromarray(PHOTO).quantize(16),
    "bits": Image.fromarray(PHOTO[:, :, 0] > 128),
    "sixteen": Image.fromarray(PHOTO[:, :, 0].astype(np.uint16) * 100),
    "integers": Image.fromarray(PHOTO[:, :, 0].astype(np.int32) * 1000),
    "floats": Image.fromarray(PHOTO[:, :, 0].astype(np.float32) / 7),
}
BYTES = np.ascontiguousarray(PHOTO.transpose(2, 0, 1))
TENSORS: dict[str, Any] = {
    "bytes": BYTES,
    "unit": BYTES.astype(np.float32) / 255,
    "double": BYTES.astype(np.float64) / 255,
    "one": BYTES[:1].astype(np.float32) / 255,
    "batch": np.stack([BYTES, BYTES[:, ::-1]]).astype(np.float32) / 255,
    "short": BYTES.astype(np.int16) * 100,
}


def evaluated(library: SimpleNamespace, expression: str, seed: int = 0) -> Any:
    """An expression over `T`, `F`, `t` and the images, after seeding."""
    tensor = library.t.tensor
    names = {
        **vars(library),
        "M": library.T.InterpolationMode,
        "N": np,
        **{name: image.copy() for name, image in IMAGES.items()},
        **{name: tensor(array.copy()) for name, array in TENSORS.items()},
    }
    library.t.manual_seed(seed)
    random.seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(expression, names)


def parts(result: Any) -> Sequence[Any]:
    return result if isinstance(result, tuple | list) else (result,)


def assert_same(expression: str, seed: int = 0, steps: float = 0, atol: float = 1e-5) -> None:
    """Args:
    steps: how far integers may differ.
    """
    ours, theirs = evaluated(OURS, expression, seed), evaluated(THEIRS, expression, seed)
    assert len(parts(ours)) == len(parts(theirs))
    for mine, other in zip(parts(ours), parts(theirs), strict=True):
        if not hasattr(other, "shape") and not isinstance(other, Image.Image):
            assert mine == pytest.approx(other, rel=1e-6)
            continue
        if isinstance(other, Image.Image):
            assert (mine.mode, mine.size) == (other.mode, other.size)
            assert mine.getpalette() == other.getpalette()
        else:
            assert str(mine.dtype).split(".")[-1] == str(other.dtype).split(".")[-1]
        here, there = np.asarray(mine), np.asarray(other)
        assert here.shape == there.shape
        tolerance = steps if here.dtype.kind in "iub" else atol
        np.testing.assert_allclose(here.astype(float), there.astype(float), rtol=0, atol=tolerance)


# -- functions -------------------------------------------------------------------------------------

ON_BOTH = [
    "F.hflip({})", "F.vflip({})", "F.crop({}, 3, 5, 11, 7)", "F.crop({}, -3, -5, 50, 45)",
    "F.crop({}, 30, 2, 20, 9)", "F.center_crop({}, 16)", "F.center_crop({}, (15, 8))",
    "F.center_crop({}, (60, 8))", "F.center_crop({}, [51, 44])", "F.five_crop({}, 12)",
    "F.ten_crop({}, (10, 9), vertical_flip=True)",
    "F.pad({}, 3)", "F.pad({}, (1, 2, 3, 4), fill=7)", "F.pad({}, [5, 2])",
    *[f"F.pad({{}}, (1, 2, 3, 4), padding_mode={m!r})" for m in ("edge", "reflect", "symmetric")],
    "F.get_dimensions({})", "F.get_image_size({})", "F.get_image_num_channels({})",
]  # fmt: skip


@pytest.mark.parametrize("call", ON_BOTH)
@pytest.mark.parametrize("image", [*IMAGES, *TENSORS])
def test_cutting_padding_and_flipping_any_image(call: str, image: str) -> None:
    # torchvision pads these modes into others, or not at all: ours keep the mode.
    if image in ("cmyk", "sixteen", "bits") and "padding_mode" in call:
        ours = evaluated(OURS, call.format(image))
        assert ours.mode == IMAGES[image].mode
        return
    assert_same(call.format(image))


NEGATIVE = [
    f"F.pad({image}, (-2, 3, -1, -4), padding_mode='{mode}')"
    for image in ("rgb", "grey", "unit", "bytes")
    for mode in ("constant", "edge", "symmetric")
]


@pytest.mark.parametrize("call", NEGATIVE)
def test_negative_padding_cuts_off(call: str) -> None:
    assert_same(call)


RESIZED = [
    f"F.resize({{}}, {size}, M.{mode})"
    for size in ("16", "(50, 20)", "[40]", "(37, 29)")
    for mode in ("NEAREST", "BILINEAR", "BICUBIC")
]


@pytest.mark.parametrize("call", [*RESIZED, "F.resize({}, 20, max_size=24)"])
@pytest.mark.parametrize("image", ["rgb", "grey", "floats", "bytes", "unit", "batch", "short"])
def test_resizing(call: str, image: str) -> None:
    assert_same(call.format(image), steps=1)


@pytest.mark.parametrize("mode", ["BOX", "HAMMING", "LANCZOS", "NEAREST_EXACT"])
def test_resizing_in_the_ways_of_pillow(mode: str) -> None:
    assert_same(f"F.resize(rgb, 16, interpolation=M.{mode})")
    assert_same("F.resize(rgb, 16, interpolation=2)")


def test_resizing_without_smoothing() -> None:
    assert_same("F.resize(unit, 16, antialias=False)")
    assert_same("F.resize(unit, 16, M.BICUBIC, antialias=None)")
    assert_same("F.resize(unit, 16, M.NEAREST_EXACT)")
    assert_same("F.resized_crop(unit, 3, 4, 20, 18, (9, 8))")
    assert_same("F.resized_crop(rgb, 3, 4, 20, 18, (9, 8), M.BICUBIC)")


MOVED = [
    "F.rotate({}, 33.3, M.{})", "F.rotate({}, -100.2, M.{}, expand=True)", "F.rotate({}, 90, M.{})",
    "F.rotate({}, 71.1, M.{}, center=(3, 4))", "F.rotate({}, 41, M.{}, fill=[0.5])",
    "F.affine({}, 17.2, (3, -2), 1.13, (5.1, -7.3), M.{})",
    "F.affine({}, -63.7, [0, 0], 0.71, 10.2, M.{}, center=[2, 30])",
    "F.affine({}, 5, [1, 1], 1.9, (3.3,), M.{}, fill=[0.25])",
    "F.perspective({}, [[0, 0], [28, 0], [28, 36], [0, 36]], "
    "[[2, 3], [25, 1], [28, 36], [4, 30]], M.{})",
]  # fmt: skip


@pytest.mark.parametrize("call", MOVED)
@pytest.mark.parametrize("mode", ["NEAREST", "BILINEAR"])
@pytest.mark.parametrize("image", ["rgb", "unit", "bytes", "batch", "double"])
def test_turning_moving_and_shearing(call: str, mode: str, image: str) -> None:
    library_calls = call.format(image, mode)
    if mode == "BILINEAR":
        assert_same(library_calls, steps=1, atol=2e-4)
        return
    # A place between two pixels may go to either: rounding decides, and not always alike.
    ours, theirs = (np.asarray(evaluated(side, library_calls)) for side in (OURS, THEIRS))
    assert ours.shape == theirs.shape
    assert (ours != theirs).mean() < 0.005


COLOURED = [
    *[f"F.adjust_{name}({{}}, {factor})" for name in ("brightness", "contrast", "saturation")
      for factor in (0, 0.4, 1, 1.7)],
    *[f"F.adjust_hue({{}}, {factor})" for factor in (-0.5, -0.21, 0, 0.1, 0.5)],
    "F.adjust_gamma({}, 0.6)", "F.adjust_gamma({}, 2.2, gain=0.8)", "F.adjust_sharpness({}, 0.3)",
    "F.adjust_sharpness({}, 2.5)", "F.rgb_to_grayscale({})", "F.rgb_to_grayscale({}, 3)",
    "F.autocontrast({})", "F.invert({})", "F.solarize({}, 0.5)",
]  # fmt: skip


@pytest.mark.parametrize("call", COLOURED)
@pytest.mark.parametrize("image", ["rgb", "grey", "unit", "bytes", "batch", "double", "one"])
def test_colours(call: str, image: str) -> None:
    if "one" in image and "grayscale({}, 3)" in call:
        return  # torchvision cannot widen one channel of a tensor
    assert_same(call.format(image), steps=1, atol=2e-5)


@pytest.mark.parametrize(
    "call", ["F.posterize(rgb, 3)", "F.posterize(bytes, 3)", "F.equalize(rgb)", "F.equalize(bytes)",
             "F.to_grayscale(rgb, 3)", "F.solarize(bytes, 100)", "F.equalize(bytes[None])"]
)  # fmt: skip
def test_colours_of_bytes(call: str) -> None:
    assert_same(call)


BLURRED = [
    f"F.gaussian_blur({image}, {options})"
    for image in ("rgb", "grey", "unit", "bytes", "batch")
    for options in ("5", "(3, 7)", "[9, 3], 1.3", "5, [0.4, 2.5]")
]


@pytest.mark.parametrize("call", BLURRED)
def test_blur(call: str) -> None:
    assert_same(call, steps=1)


# -- conversions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("image", IMAGES)
def test_any_pil_image_as_a_tensor(image: str) -> None:
    assert_same(f"F.to_tensor({image})", atol=0)
    if image != "sixteen":  # PyTorch has no arithmetic for uint16; NumPy's dtype is the same
        assert_same(f"F.pil_to_tensor({image})")


@pytest.mark.parametrize(
    "array",
    [
        "N.arange(24, dtype='u1').reshape(2, 4, 3)", "N.arange(8, dtype='u1').reshape(2, 4)",
        "N.arange(24, dtype='f4').reshape(2, 4, 3)", "N.arange(24, dtype='i8').reshape(2, 4, 3)",
        "N.arange(48, dtype='u1').reshape(2, 8, 3)[:, ::2]", "N.ones((2, 3, 1), bool)",
    ],
)  # fmt: skip
def test_any_array_as_a_tensor(array: str) -> None:
    assert_same(f"F.to_tensor({array})", atol=0)


@pytest.mark.parametrize(
    "call",
    [
        "F.to_pil_image(bytes)", "F.to_pil_image(unit)", "F.to_pil_image(one)",
        "F.to_pil_image(bytes[0])", "F.to_pil_image(bytes[:2])", "F.to_pil_image(bytes, 'YCbCr')",
        "F.to_pil_image(t.cat([bytes, bytes[:1]]))", "F.to_pil_image(bytes, mode='HSV')",
        "F.to_pil_image(t.cat([bytes, bytes[:1]]), 'CMYK')", "F.to_pil_image(one, 'F')",
        "F.to_pil_image(short[:1])", "F.to_pil_image(short[0].int())",
        "F.to_pil_image(unit * 3 - 1)",
        "F.to_pil_image(N.arange(24, dtype='u1').reshape(2, 4, 3))", "F.to_pil_image(unit[:, ::2])",
    ],
)  # fmt: skip
def test_tensors_and_arrays_as_pil_images(call: str) -> None:
    assert_same(call)


DTYPES = ("uint8", "int8", "int16", "int32", "int64", "float32", "float64")


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
def test_white_stays_white_in_any_dtype(source: str, target: str) -> None:
    make = f"F.convert_image_dtype((unit * {1 if 'float' in source else 120}).to(t.{source})"
    call = f"{make}, t.{target})"
    try:
        evaluated(THEIRS, call)
    except RuntimeError as error:
        with pytest.raises(RuntimeError, match=str(error).replace("torch", r"\w+")):
            evaluated(OURS, call)
        return
    ours, theirs = (np.asarray(evaluated(side, call)) for side in (OURS, THEIRS))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_normalisation() -> None:
    for mean, std in (("[0.4, 0.5, 0.6]", "[0.2, 0.3, 0.1]"), ("[0.5]", "[0.25]"), ("0.5", "2.0")):
        for image in ("unit", "batch", "double"):
            assert_same(f"F.normalize({image}, {mean}, {std})", atol=1e-6)
            assert_same(f"F.normalize({image}, {mean}, {std}, inplace=True)", atol=1e-6)


# -- random transforms -----------------------------------------------------------------------------

RANDOM = [
    "T.RandomCrop(20)", "T.RandomCrop((20, 10), padding=3, padding_mode='reflect')",
    "T.RandomCrop(50, pad_if_needed=True, fill=3)", "T.RandomCrop((37, 29))",
    "T.RandomResizedCrop(16)", "T.RandomResizedCrop((12, 20), (0.1, 0.3), (0.2, 6.0))",
    "T.RandomResizedCrop(12, (3.0, 4.0))", "T.RandomResizedCrop(12, (3.0, 4.0), (3.0, 4.0))",
    "T.RandomHorizontalFlip()", "T.RandomVerticalFlip(0.3)",
    "T.RandomRotation(25, M.BILINEAR)", "T.RandomRotation((10, 80), M.BILINEAR, expand=True)",
    "T.RandomAffine(30, (0.2, 0.1), (0.7, 1.4), 10, M.BILINEAR)",
    "T.RandomAffine((5, 9), shear=(-3, 4, 2, 9), interpolation=M.BILINEAR, fill=0.5)",
    "T.RandomPerspective(p=0.8)", "T.ColorJitter(0.4, 0.3, 0.5, 0.2)",
    "T.ColorJitter(brightness=(0.5, 0.7), hue=(-0.1, 0.3))", "T.RandomGrayscale(0.5)",
    "T.GaussianBlur(5)", "T.GaussianBlur((3, 5), 1.5)", "T.RandomInvert()",
    "T.RandomAutocontrast()",
    "T.RandomSolarize(0.4)", "T.RandomAdjustSharpness(2)",
    "T.RandomApply([T.RandomHorizontalFlip(), T.CenterCrop(20)], 0.4)",
    "T.RandomChoice([T.CenterCrop(5), T.CenterCrop(6), T.RandomCrop(7)], p=[0.2, 0.3, 0.5])",
    "T.RandomOrder([T.Pad(1), T.CenterCrop(20), T.RandomCrop(17)])",
    "T.Compose([T.RandomResizedCrop(20), T.RandomHorizontalFlip(), T.ColorJitter(0.2, 0.2)])",
]  # fmt: skip


@pytest.mark.parametrize("transform", RANDOM)
@pytest.mark.parametrize("image", ["rgb", "unit"])
def test_the_same_seed_draws_the_same_crops_flips_angles_and_colours(
    transform: str, image: str
) -> None:
    for seed in range(4):
        assert_same(f"[{transform}(x) for x in [{image}] * 3]", seed, steps=2, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "images"),
    [
        ("", "unit, one"), ("p=1.0", "unit, one"), ("1.0, value='random'", "unit, one"),
        ("1, value=(0.1, 0.2, 0.3)", "unit, batch[0]"), ("1, (0.9, 1.0)", "unit, one"),
        ("0.8, (0.1, 0.2), (0.5, 0.6), 0.5, True", "unit, one"),
    ],
)  # fmt: skip
def test_the_same_seed_erases_the_same_rectangles(options: str, images: str) -> None:
    for seed in range(4):
        assert_same(f"[T.RandomErasing({options})(x) for x in [{images}] * 2]", seed)


def test_the_same_bytes_are_posterized_and_equalized() -> None:
    for seed in range(3):
        for image in ("rgb", "bytes"):
            assert_same(f"[T.RandomPosterize(2)(x) for x in [{image}] * 3]", seed)
            assert_same(f"[T.RandomEqualize()(x) for x in [{image}] * 3]", seed)


def test_fake_data_is_the_same_noise() -> None:
    data = [
        side.datasets.FakeData(4, (3, 20, 12), 7, random_offset=5)
        for side in (tg.vision, torchvision)
    ]
    for n in range(4):
        (mine, label), (other, their_label) = (one[n] for one in data)
        assert label == their_label
        # PyTorch's vector cosine rounds in its own way: now and then that is the next byte.
        different = np.asarray(mine).astype(int) - np.asarray(other).astype(int)
        assert (different != 0).mean() < 0.01


# -- words -----------------------------------------------------------------------------------------

REPRS = [
    *RANDOM, "T.ToTensor()", "T.PILToTensor()", "T.ToPILImage()", "T.ToPILImage('L')",
    "T.ConvertImageDtype(t.float32)", "T.Normalize((0.5,), [0.2])", "T.Resize(3)",
    "T.Resize((3, 4), M.NEAREST, antialias=None)", "T.CenterCrop(4)", "T.CenterCrop([4])",
    "T.FiveCrop((3, 4))", "T.TenCrop(3, True)", "T.Pad((1, 2), 3, 'constant')",
    "T.Lambda(str)", "T.Grayscale(3)", "T.RandomErasing()", "T.RandomRotation(3, center=(1, 2))",
    "T.RandomAffine(3, fill=2, center=(1, 2))", "T.RandomPosterize(3)", "T.RandomEqualize(0.2)",
    "T.ColorJitter()", "M.BILINEAR", "list(M)",
]  # fmt: skip


@pytest.mark.parametrize("expression", REPRS)
def test_transforms_print_as_torchvisions(expression: str) -> None:
    ours, theirs = (repr(evaluated(side, expression)) for side in (OURS, THEIRS))
    assert ours == theirs.replace("torch.", "tracegrad.")


def test_fake_data_prints_as_torchvisions() -> None:
    ours, theirs = (
        repr(
            side.datasets.FakeData(
                3,
                transform=T.Compose([T.CenterCrop(3), T.ToTensor()]),
                target_transform=T.Lambda(str),
            )
        )
        for side, T in ((tg.vision, OURS.T), (torchvision, THEIRS.T))
    )
    assert ours == theirs


REFUSED = [
    "F.resize(rgb, (1, 2, 3))", "F.resize(rgb, (3, 3), max_size=4)", "F.resize(rgb, 8, max_size=4)",
    "F.resize(rgb, 8, 'bilinear')", "F.pad(rgb, (1, 2, 3))", "F.pad(rgb, 'x')",
    "F.pad(rgb, 1, padding_mode='x')", "F.pad(rgb, 1, fill=(1, 2))", "F.pad(unit, 1, fill='x')",
    "F.five_crop(rgb, 200)", "F.five_crop(rgb, (1, 2, 3))", "F.rotate(rgb, '3')",
    "F.rotate(rgb, 3, center=4)", "F.affine(rgb, 3, 1, 1, 0)", "F.affine(rgb, 3, (1,), 1, 0)",
    "F.affine(rgb, 3, (1, 1), 0, 0)", "F.affine(rgb, 3, (1, 1), 1, (1, 2, 3))",
    "F.affine(unit, 3, (1, 1), 1, 0, M.BICUBIC)", "F.rotate(unit, 3, fill=[1, 2])",
    "F.perspective(rgb, [[1, 2]], [[1, 2]])", "F.adjust_hue(rgb, 0.6)", "F.adjust_hue(unit, -0.6)",
    "F.adjust_brightness(unit, -1)", "F.adjust_contrast(unit[:2], 1)", "F.adjust_gamma(rgb, -1)",
    "F.rgb_to_grayscale(unit, 2)", "F.rgb_to_grayscale(rgb, 2)", "F.posterize(bytes, 9)",
    "F.posterize(unit, 3)", "F.equalize(unit)", "F.solarize(unit, 2)", "F.to_grayscale(unit)",
    "F.gaussian_blur(rgb, 4)", "F.gaussian_blur(rgb, 3, -1)", "F.gaussian_blur(rgb, (3, 3, 3))",
    "F.erase(rgb, 1, 1, 1, 1, 0)", "F.normalize(rgb, [0], [1])", "F.normalize(bytes, [0], [1])",
    "F.normalize(unit, [0], [0])", "F.normalize(unit[0], [0], [1])", "F.to_tensor(3)",
    "F.to_tensor(N.ones(3))", "F.pil_to_tensor(unit)", "F.to_pil_image(3)",
    "F.to_pil_image(t.ones(2))", "F.to_pil_image(t.ones(5, 3, 3))", "F.to_pil_image(one, 'RGB')",
    "F.to_pil_image(bytes, 'L')", "F.to_pil_image(short)", "F.hflip(3)", "F.hflip(t.ones(3))",
    "T.Resize(3.5)", "T.Resize((1, 2, 3))", "T.CenterCrop((1, 2, 3))", "T.Pad('x')",
    "T.Pad((1, 2, 3))",
    "T.Lambda(3)", "T.RandomOrder(3)", "T.RandomChoice([], 3)", "T.RandomCrop(200)(rgb)",
    "T.RandomResizedCrop(3, 4)", "T.RandomRotation(-3)", "T.RandomRotation((1, 2, 3))",
    "T.RandomAffine(3, 4)", "T.RandomAffine(3, (2, 0))", "T.RandomAffine(3, scale=(0, 1))",
    "T.RandomAffine(3, fill='x'[:0] or {})", "T.ColorJitter(-1)", "T.ColorJitter(hue=0.7)",
    "T.ColorJitter('x')", "T.RandomErasing(value={})", "T.RandomErasing(value='x')",
    "T.RandomErasing(p=2)", "T.RandomErasing(scale=(0, 2))",
    "T.RandomErasing(1, value=(1, 2))(unit)",
    "T.GaussianBlur(2)", "T.GaussianBlur(3, -1)", "T.GaussianBlur(3, (2, 1))",
    "T.RandomErasing(1)(rgb)",
]  # fmt: skip


@pytest.mark.parametrize("expression", REFUSED)
def test_what_torchvision_refuses_is_refused_with_the_same_class_and_words(expression: str) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011  whatever it is, ours has to be it
        evaluated(THEIRS, expression)
    with pytest.raises(Exception) as ours:  # noqa: PT011
        evaluated(OURS, expression)
    if isinstance(theirs.value, AttributeError):  # where torchvision trips over its own check
        assert isinstance(ours.value, TypeError)
        return
    assert type(ours.value) is type(theirs.value)
    words = str(theirs.value).replace("torch.", "tracegrad.").split(". Got")[0].split(" {")[0][:45]
    assert words in str(ours.value)


# -- grids -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "batch", "unit", "one", "bytes[0]", "[unit, unit * 2, unit]", "batch, nrow=1",
        "t.cat([batch] * 3), nrow=4, padding=5, pad_value=0.3", "batch * 3 - 1, normalize=True",
        "batch * 3 - 1, normalize=True, value_range=(-0.5, 1)", "bytes[None], padding=0",
        "t.stack([unit, unit * 9]), normalize=True, scale_each=True", "t.cat([one[None]] * 5), 2",
    ],
)  # fmt: skip
def test_grids(call: str) -> None:
    ours, theirs = (
        np.asarray(evaluated(side, f"module.make_grid({call})"))
        for side in (
            SimpleNamespace(**vars(OURS), module=tg.vision.utils),
            SimpleNamespace(**vars(THEIRS), module=torchvision.utils),
        )
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_saved_images(tmp_path: Any) -> None:
    for side, name in ((tg, "ours.png"), (torch, "theirs.png")):
        module = tg.vision if side is tg else torchvision
        module.utils.save_image(side.tensor(TENSORS["batch"] * 1.2 - 0.1), tmp_path / name)
    ours, theirs = (np.asarray(Image.open(tmp_path / f"{n}.png")) for n in ("ours", "theirs"))
    assert (ours == theirs).all()


IN_FLOAT64 = [
    "T.RandomCrop(16, padding=2)", "T.RandomHorizontalFlip()", "T.RandomVerticalFlip(0.3)",
    "T.RandomResizedCrop(12)", "T.RandomRotation(30)", "T.ColorJitter(0.3, 0.3, 0.3, 0.2)",
    "T.RandomGrayscale(0.5)", "T.RandomAffine(20, (0.1, 0.1), (0.8, 1.2), 10)",
]  # fmt: skip


@pytest.mark.parametrize("transform", IN_FLOAT64)
def test_transforms_draw_in_the_default_dtype(transform: str):
    image = next(iter(IMAGES.values()))
    found = []
    for library in (OURS, THEIRS):
        library.t.set_default_dtype(library.t.float64)
        try:
            changed = evaluated(library, transform)
            library.t.manual_seed(3)
            found.append([np.asarray(changed(image)).tolist() for _ in range(6)])
            found[-1].append(library.t.rand(1).item())
        finally:
            library.t.set_default_dtype(library.t.float32)
    assert found[0] == found[1]
