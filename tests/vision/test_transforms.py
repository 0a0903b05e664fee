"""Transforms against formulas of their own, without torchvision: both kinds of images."""

from __future__ import annotations

import colorsys
import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import tracegrad as tg
from tests.vision.pictures import noise, photo
from tracegrad.vision import transforms as T
from tracegrad.vision.transforms import functional as F

# -- values ----------------------------------------------------------------------------------------


def test_to_tensor_moves_channels_first_and_divides_bytes_by_255():
    image = photo()
    made = T.ToTensor()(image)
    assert made.dtype is tg.float32
    expected = np.asarray(image).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    assert (made.numpy() == expected).all()


def test_to_tensor_gives_the_default_dtype_and_memory_of_its_own():
    array = noise(4, 5)
    tg.set_default_dtype(tg.float64)
    try:
        made = F.to_tensor(array)
    finally:
        tg.set_default_dtype(tg.float32)
    assert made.dtype is tg.float64
    floats = array.astype(np.float32)
    kept = F.to_tensor(floats)
    floats[:] = -1
    assert kept.min().item() >= 0


def test_normalize_is_numpys_arithmetic_and_leaves_its_input_alone():
    x = tg.rand(2, 3, 4, 5)
    before = x.clone()
    mean, std = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
    made = T.Normalize(mean, std)(x)
    columns = [np.asarray(n, np.float32)[:, None, None] for n in (mean, std)]
    np.testing.assert_allclose(made.numpy(), (x.numpy() - columns[0]) / columns[1], rtol=1e-6)
    assert (x == before).all()


def test_normalize_in_place_changes_the_image_itself():
    x = tg.full((1, 2, 2), 3.0)
    made = T.Normalize([1.0], [2.0], inplace=True)(x)
    assert made is x
    assert (x == 1.0).all()


def test_normalize_does_not_make_three_channels_of_one():
    with pytest.raises(ValueError, match="mean has 3 values, the image has 1 channels"):
        T.Normalize([0.1, 0.2, 0.3], [0.5, 0.6, 0.7])(tg.rand(1, 4, 4))


def test_hue_turns_as_in_colorsys():
    pixels = noise(3, 8, 9, seed=3).astype(np.float64) / 255
    turned = F.adjust_hue(tg.tensor(pixels.astype(np.float32)), 0.3).numpy()
    for y in range(8):
        for x in range(9):
            hue, saturation, value = colorsys.rgb_to_hsv(*pixels[:, y, x])
            expected = colorsys.hsv_to_rgb((hue + 0.3) % 1, saturation, value)
            np.testing.assert_allclose(turned[:, y, x], expected, atol=2e-6)


def test_brightness_contrast_and_saturation_mix_with_black_grey_and_greys():
    pixels = noise(3, 6, 7).astype(np.float32) / 255
    image = tg.tensor(pixels)
    luma = np.tensordot([0.2989, 0.587, 0.114], pixels, 1)
    for made, other in (
        (F.adjust_brightness(image, 1.4), 0.0),
        (F.adjust_contrast(image, 1.4), luma.mean()),
        (F.adjust_saturation(image, 1.4), luma),
    ):
        expected = (1.4 * pixels - 0.4 * other).clip(0, 1)
        np.testing.assert_allclose(made.numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["pil", "tensor"])
def test_a_quarter_turn_is_numpys(kind):
    pixels = noise(12, 12, 3)
    image = Image.fromarray(pixels)
    if kind == "pil":
        turned = np.asarray(F.rotate(image, 90))
    else:
        turned = F.rotate(F.pil_to_tensor(image), 90).permute(1, 2, 0).numpy()
    assert (turned == np.rot90(pixels)).all()


def test_a_translation_moves_pixels_right_and_down():
    pixels = noise(3, 10, 11)
    moved = F.affine(tg.tensor(pixels), 0, [3, 2], 1.0, 0.0).numpy()
    assert (moved[:, 2:, 3:] == pixels[:, :-2, :-3]).all()
    assert not moved[:, :2].any()
    assert not moved[:, :, :3].any()


def test_an_affine_motion_is_the_product_of_its_matrices():
    """Pixels are looked up where the inverse of T C R S Y X C^-1 leads, computed here in full."""
    size, angle, scale, shear, move = 15, 20.0, 1.3, (8.0, -5.0), (1, -2)
    pixels = noise(1, size, size).astype(np.float64)
    made = F.affine(
        tg.tensor(pixels), angle, list(move), scale, list(shear), T.InterpolationMode.BILINEAR
    ).numpy()
    a, (sx, sy), c = np.radians(angle), np.radians(shear), (size - 1) / 2

    def matrix(*rows):
        return np.array([*rows, (0, 0, 1)], float)

    forward = (
        matrix((1, 0, move[0]), (0, 1, move[1]))
        @ matrix((1, 0, c), (0, 1, c))
        @ matrix((np.cos(a), -np.sin(a), 0), (np.sin(a), np.cos(a), 0))
        @ matrix((scale, 0, 0), (0, scale, 0))
        @ matrix((1, 0, 0), (-np.tan(sy), 1, 0))
        @ matrix((1, -np.tan(sx), 0), (0, 1, 0))
        @ matrix((1, 0, -c), (0, 1, -c))
    )
    back = np.linalg.inv(forward)
    for y in range(size):
        for x in range(size):
            u, v, _ = back @ (x, y, 1)
            left, top = int(np.floor(u)), int(np.floor(v))
            value = sum(
                (1 - abs(u - i)) * (1 - abs(v - j)) * pixels[0, j, i]
                for i in (left, left + 1)
                for j in (top, top + 1)
                if 0 <= i < size and 0 <= j < size
            )
            assert made[0, y, x] == pytest.approx(value, abs=1e-6)


def test_smoothing_keeps_the_mean_where_a_whole_number_of_pixels_becomes_one():
    image = tg.rand(3, 12, 16, dtype=tg.float64)
    blocks = F.resize(image, [1, 1], antialias=True)
    assert blocks.shape == (3, 1, 1)
    halves = F.resize(tg.full((1, 8, 8), 5.0), 4)
    assert (halves == 5.0).all()
    pil = F.resize(Image.fromarray(noise(40, 40)), 10)
    ours = F.resize(tg.tensor(noise(40, 40))[None], 10)[0]
    assert np.abs(np.asarray(pil).astype(int) - ours.numpy()).max() <= 1


def test_symmetric_and_reflected_padding_are_numpys():
    pixels = noise(2, 5, 6)
    for mode in ("symmetric", "reflect", "edge"):
        made = F.pad(tg.tensor(pixels), [2, 1, 3, 4], padding_mode=mode)
        expected = np.pad(pixels, [(0, 0), (1, 4), (2, 3)], mode)
        assert made.dtype is tg.uint8
        assert (made.numpy() == expected).all()


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 4), st.integers(0, 4))
def test_a_crop_takes_padding_away_again(height, width, before, after):
    pixels = noise(2, height, width)
    for image in (tg.tensor(pixels), Image.fromarray(pixels[0])):
        padded = F.pad(image, [before, after, after, before])
        back = F.crop(padded, after, before, height, width)
        assert (np.asarray(back) == np.asarray(image)).all()


@given(st.floats(-0.5, 0.5), st.integers(0, 2**32 - 1))
def test_colours_stay_in_range_whatever_the_factors(hue, seed):
    image = tg.tensor(noise(3, 4, 4, seed=seed).astype(np.float32) / 255)
    made = F.adjust_contrast(F.adjust_hue(image, hue), 2.5)
    assert 0 <= made.min().item() <= made.max().item() <= 1
    there_and_back = F.adjust_hue(F.adjust_hue(image, hue), -hue)
    assert (there_and_back - image).abs().max().item() < 1e-4


@given(st.integers(0, 2**31), st.integers(5, 30), st.integers(5, 30))
def test_a_random_part_lies_within_its_image(seed, height, width):
    tg.manual_seed(seed)
    image = tg.zeros(1, height, width)
    top, left, h, w = T.RandomResizedCrop.get_params(image, (0.01, 1.5), (0.1, 9.0))
    assert min(top, left) >= 0
    assert 0 < h <= height - top
    assert 0 < w <= width - left


# -- gradients -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "transform",
    [
        lambda x: F.normalize(x, [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]),
        lambda x: F.resize(x, [3, 4], T.InterpolationMode.BICUBIC),
        lambda x: F.affine(x, 13.0, [1, 0], 1.1, [2.0, 3.0], T.InterpolationMode.BILINEAR),
        lambda x: F.gaussian_blur(x, 3, 0.8),
        lambda x: F.pad(F.crop(x, 1, 1, 3, 3), 1, padding_mode="symmetric"),
        lambda x: F.adjust_hue(F.adjust_saturation(x, 0.9), 0.07),
        lambda x: F.erase(x, 1, 1, 2, 2, tg.tensor(0.5, dtype=tg.float64)),
        lambda x: F.perspective(
            x, [[0, 0], [4, 0], [4, 5], [0, 5]], [[0, 1], [4, 0], [3, 5], [0, 4]]
        ),
    ],
)
def test_gradients_flow_through_transforms_of_tensors(transform):
    tg.manual_seed(1)
    # Red, green and blue far from each other: where two are equal, a hue has no derivative.
    colours = tg.tensor([0.2, 0.7, 0.45], dtype=tg.float64)[:, None, None]
    image = (colours + 0.1 * tg.rand(3, 6, 5, dtype=tg.float64)).requires_grad_()
    direction = tg.randn(3, 6, 5, dtype=tg.float64)
    weights = tg.randn(*transform(image).shape, dtype=tg.float64)
    (transform(image) * weights).sum().backward()
    step = 1e-3
    with tg.no_grad():
        ahead = (transform(image + step * direction) * weights).sum()
        behind = (transform(image - step * direction) * weights).sum()
    slope = ((ahead - behind) / (2 * step)).item()
    assert (image.grad * direction).sum().item() == pytest.approx(slope, rel=5e-3, abs=5e-3)


def test_the_dice_of_transforms_leave_no_rows_in_a_recording():
    with tg.record() as trace:
        T.RandomApply([T.RandomHorizontalFlip(0.0)], p=1.0)(photo())
    assert trace.event_count == 0


# -- randomness ------------------------------------------------------------------------------------


def test_a_seed_repeats_the_draws_and_a_state_goes_on_from_where_it_was():
    image = photo()
    pipeline = T.Compose(
        [T.RandomCrop(9), T.RandomHorizontalFlip(), T.ColorJitter(0.5), T.ToTensor()]
    )
    tg.manual_seed(3)
    pipeline(image)
    state = tg.get_rng_state()
    first = pipeline(image)
    tg.set_rng_state(state)
    assert (pipeline(image) == first).all()


def test_a_flip_of_probability_zero_or_one_is_certain():
    image = photo()
    for _ in range(20):
        assert T.RandomHorizontalFlip(0.0)(image) is image
        flipped = np.asarray(T.RandomVerticalFlip(1.0)(image))
        assert (flipped == np.asarray(image)[::-1]).all()


# -- errors ----------------------------------------------------------------------------------------


def test_an_error_in_a_pipeline_says_in_which_step():
    pipeline = T.Compose([T.ToTensor(), T.RandomCrop(200)])
    with pytest.raises(ValueError, match="larger than input image size") as caught:
        pipeline(photo())
    assert caught.value.__notes__ == [
        "in step 2 of 2 of Compose: RandomCrop(size=(200, 200), padding=None)"
    ]


def test_an_array_where_an_image_is_needed_is_told_how_to_become_one():
    with pytest.raises(TypeError, match=r"Got <class 'numpy.ndarray'>\n  try: to_pil_image"):
        F.hflip(noise(3, 3, 3))
    with pytest.raises(
        TypeError, match=r"img should be Tensor Image.*\n  try: ToTensor\(\) before"
    ):
        F.normalize(photo(), [0.5], [0.5])


def test_symmetric_padding_of_more_than_the_image_is_refused():
    with pytest.raises(ValueError, match="symmetric padding of 9 pixels is more than the image"):
        F.pad(tg.zeros(1, 4, 4), 9, padding_mode="symmetric")


def test_corners_on_a_line_have_no_perspective():
    with pytest.raises(ValueError, match="three of the corners lie on one line"):
        F.perspective(photo(), [[0, 0], [9, 0], [9, 9], [0, 9]], [[0, 0], [1, 1], [2, 2], [0, 9]])


# -- being used ------------------------------------------------------------------------------------


def test_transforms_can_be_copied_and_sent_to_other_processes():
    pipeline = T.Compose(
        [T.RandomResizedCrop(8), T.RandomRotation(5), T.ToTensor(), T.Normalize([0.5], [1.0])]
    )
    for other in (pickle.loads(pickle.dumps(pipeline)), copy.deepcopy(pipeline)):
        assert repr(other) == repr(pipeline)
        tg.manual_seed(0)
        here = pipeline(photo())
        tg.manual_seed(0)
        assert (other(photo()) == here).all()


def test_transforms_of_tensors_are_modules_that_can_stand_in_a_network():
    net = tg.nn.Sequential(T.CenterCrop(4), T.Normalize([0.5], [0.5]), tg.nn.Flatten())
    assert net(tg.zeros(2, 3, 6, 6)).shape == (2, 48)
    assert dict(net.named_parameters()) == {}


def test_a_transform_that_stands_alone_or_was_not_made_says_what_to_write():
    with pytest.raises(
        TypeError, match=r"a list of transforms, got ToTensor\(\)\n  try: Compose\(\["
    ):
        T.Compose(T.ToTensor())
    with pytest.raises(TypeError) as caught:
        T.Compose([T.ToTensor])(photo())
    assert caught.value.__notes__[-1] == "it is a class\n  try: ToTensor()"
