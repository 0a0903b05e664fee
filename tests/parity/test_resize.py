"""Padding, resizing and sampling give what PyTorch gives, and refuse what it refuses."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.images import assert_same, assert_same_error

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore::UserWarning")]

PADS = [
    "F.pad(image, (1, 2))", "F.pad(image, (1, 2, 3, 0, 0, 1), value=2.5)", "F.pad(image, ())",
    "F.pad(image, (-1, 2, 1, -3))", "F.pad(image, (-2, -2), 'constant', 1)",
    "F.pad(none, (1, 1))", "F.pad(bias, [2, 1])", "F.pad(image.transpose(1, 3), (0, 1))",
    "F.pad(bias, (-3, -3))", "F.pad(bias.long(), (1, 1), value=3)",
    *[
        f"F.pad({x}, {pad}, mode='{mode}')"
        for mode in ("reflect", "replicate", "circular")
        for x, pad in (
            ("line", "(1, 2)"), ("line[0]", "(8, 0)"), ("image", "(1, 2, 3, 0)"),
            ("image", "(5, 5, 6, 6)"), ("single", "(0, 1, 2, 0)"), ("volume", "(1, 2, 3, 0, 2, 1)"),
            ("line", "(-2, 3)"), ("image", "(2, -3, -1, 1)"), ("image.transpose(2, 3)", "(1,) * 4"),
            ("none", "(1, 1, 1, 1)"), ("line", "(-2, -3)"), ("line", "(0, 0)"),
        )
    ],
    "F.pad(line, (12, 15), mode='replicate')", "F.pad(line, (9, 9), mode='circular')",
]  # fmt: skip

SMOOTHED = [
    f"F.interpolate(image, {size}, mode='{mode}', align_corners={corners}, antialias=True)"
    for mode in ("bilinear", "bicubic")
    for size in ("size=(3, 4)", "size=(14, 2)", "size=(1, 1)", "scale_factor=(0.4, 1.7)")
    for corners in (False, True)
]

RESIZED = [
    *SMOOTHED,
    *[
        f"F.interpolate({x}, {size}, mode='{mode}')"
        for x, size, modes in (
            ("line", "size=5", ("nearest", "nearest-exact", "linear", "area")),
            ("line", "size=20", ("nearest", "nearest-exact", "linear", "area")),
            ("line", "scale_factor=2.3", ("nearest", "nearest-exact", "linear", "area")),
            ("line", "scale_factor=0.6", ("nearest", "nearest-exact", "linear", "area")),
            ("image", "size=(14, 12)", ("nearest", "nearest-exact", "bilinear", "bicubic")),
            ("image", "size=(3, 13)", ("nearest", "nearest-exact", "bilinear", "bicubic", "area")),
            ("image", "scale_factor=(1.7, 0.5)", ("nearest", "nearest-exact", "bilinear")),
            ("image", "scale_factor=(1.7, 0.5)", ("bicubic", "area")),
            ("image", "scale_factor=3, recompute_scale_factor=True", ("nearest", "bilinear")),
            ("image", "scale_factor=1.25, recompute_scale_factor=True", ("nearest", "bicubic")),
            ("image", "scale_factor=1.05", ("nearest", "nearest-exact")),
            # Where the size stays the same, PyTorch 2.13's gradient does not fit its values.
            ("image.detach()", "scale_factor=1.05", ("bicubic",)),
            ("image", "size=(7, 6)", ("nearest", "nearest-exact", "bilinear", "bicubic", "area")),
            ("image", "size=1", ("nearest", "bilinear", "bicubic", "area")),
            ("none", "size=3", ("nearest", "bilinear")),
            ("image.transpose(2, 3)", "size=9", ("nearest", "bilinear")),
            ("volume", "size=(3, 8, 6)", ("nearest", "nearest-exact", "trilinear", "area")),
            ("volume", "scale_factor=2", ("nearest", "nearest-exact", "trilinear", "area")),
        )
        for mode in modes
    ],
    *[
        f"F.interpolate({x}, {size}, mode='{mode}', align_corners=True)"
        for x, mode in (
            ("line", "linear"), ("image", "bilinear"), ("image", "bicubic"), ("volume", "trilinear")
        )
        for size in ("size=5", "size=1", "scale_factor=2.5", "scale_factor=0.5")
    ],
    "F.upsample(image, scale_factor=2)", "F.upsample(image, 5, mode='bilinear')",
    "F.upsample(image, 5, None, 'bilinear', True)",
]  # fmt: skip

SHUFFLED = [
    "F.pixel_shuffle(image, 2)", "F.pixel_shuffle(single, 2)",
    "F.pixel_shuffle(volume.transpose(1, 2), 2)",
    "F.pixel_unshuffle(image[:, :, :6], 2)", "F.pixel_unshuffle(image[0, :, :6], 3)",
    "F.channel_shuffle(image, 2)", "F.channel_shuffle(volume, 4)", "F.channel_shuffle(line, 1)",
    "T.pixel_shuffle(image, 2)", "T.pixel_unshuffle(image, 1)", "T.channel_shuffle(image, 2)",
]  # fmt: skip

SAMPLED = [
    *[
        f"F.grid_sample(image, grid, '{mode}', '{padding}', {aligned})"
        for mode in ("bilinear", "nearest", "bicubic")
        for padding in ("zeros", "border", "reflection")
        for aligned in (True, False)
    ],
    *[
        f"F.grid_sample(volume, grid3, '{mode}', '{padding}', {aligned})"
        for mode in ("bilinear", "nearest")
        for padding in ("zeros", "border", "reflection")
        for aligned in (True, False)
    ],
    "F.grid_sample(image, grid.detach(), align_corners=False)",
    "F.grid_sample(image.detach(), grid * 3, 'bilinear', 'reflection', False)",
    "F.grid_sample(image.detach(), grid, 'nearest', align_corners=True)",
    "F.grid_sample(image[:, :, :1, :1], grid, 'bilinear', 'reflection', True)",
    "F.grid_sample(none, grid[:0], align_corners=False)",
    "F.affine_grid(theta, (2, 3, 4, 5), True)", "F.affine_grid(theta, (2, 3, 4, 5), False)",
    "F.affine_grid(theta, [2, 1, 1, 1], align_corners=True)",
    "F.affine_grid(theta3, (1, 2, 3, 4, 5), align_corners=False)",
    "F.affine_grid(theta3, (1, 2, 3, 4, 5), align_corners=True)",
    "F.grid_sample(image, F.affine_grid(theta, image.shape, False), align_corners=False)",
]  # fmt: skip


@pytest.mark.parametrize("call", dict.fromkeys([*PADS, *RESIZED, *SHUFFLED, *SAMPLED]))
def test_call_gives_what_pytorch_gives(call: str) -> None:
    assert_same(call)


@pytest.mark.parametrize(
    ("call", "dtype"),
    [
        ("F.pad(line, (1, 1), 'reflect')", "int64"),
        ("F.pad(image, (1, 1))", "int64"),
        ("F.interpolate(image, size=5, mode='nearest')", "uint8"),
        ("F.interpolate(image, size=5, mode='bicubic')", "float32"),
        ("F.grid_sample(image, grid, align_corners=False)", "float32"),
    ],
)
def test_other_dtypes_give_what_pytorch_gives(call: str, dtype: str) -> None:
    assert_same(call, dtype)


REFUSED = [
    ("F.pad(image, (1,))", "Padding length must be divisible by 2"),
    ("F.pad(bias, (1, 1, 1, 1))", "should be less than or equal to two times the input dimension"),
    ("F.pad(bias, 1)", "must be tuple of ints, not int"),
    ("F.pad(bias, (-7, 0))", ""),
    ("F.pad(line, (9, 1), 'reflect')", "Padding size should be less than the corresponding input"),
    ("F.pad(line, (10, 1), 'circular')", "Padding value causes wrapping around more than once"),
    ("F.pad(image, (1, 1), 'reflect')", "Padding size 2 is not supported for 4D input tensor"),
    ("F.pad(bias, (1, 1), 'zzz')", "Unrecognised padding mode zzz"),
    ("F.pad(line, (1, 1), 'reflect', 2)", "doesn't take in value argument"),
    ("F.pad(line[:, :, :0], (1, 1), 'replicate')", "with possibly 0 batch size and other non-zero"),
    ("F.interpolate(image)", "either size or scale_factor should be defined"),
    ("F.interpolate(image, 4, 2.0)", "only one of size or scale_factor should be defined"),
    ("F.interpolate(image, (4,))", "must have the same number of spatial dimensions"),
    ("F.interpolate(image, scale_factor=(2.0,))", "must have the same number of spatial dimension"),
    ("F.interpolate(image, 4, align_corners=True)", "can only be set with the interpolating modes"),
    ("F.interpolate(image, 4, mode='linear')", "Got 4D input, but linear mode needs 3D input"),
    ("F.interpolate(line, 4, mode='bicubic')", "Only 3D, 4D and 5D input Tensors supported"),
    ("F.interpolate(image, 4, mode='cubic')", "Only 3D, 4D and 5D input Tensors supported"),
    ("F.interpolate(bias, 4)", ""),
    ("F.interpolate(image, 0)", "Input and output sizes should be greater than 0"),
    ("F.interpolate(image[:, :0], 4)", "data tensor expected but got a tensor with sizes"),
    ("F.interpolate(image, 4, recompute_scale_factor=True)", "is not meaningful with an explicit"),
    ("F.interpolate(image, 4, antialias=True)", "Anti-alias option is restricted to bilinear"),
    ("F.pixel_shuffle(image[:, :3], 2)", "input.size(-3)=3 is not divisible by 4"),
    ("F.pixel_shuffle(image[0, 0], 2)", "expects input to have at least 3 dimensions"),
    ("F.pixel_shuffle(image, 0)", "expects a positive upscale_factor, but got 0"),
    ("F.pixel_unshuffle(image, 2)", "input.size(-2)=7 is not divisible by 2"),
    ("F.pixel_unshuffle(image, 0)", "expects a positive downscale_factor, but got 0"),
    ("F.channel_shuffle(image, 3)", "Got 4 channels and 3 groups."),
    ("F.channel_shuffle(image[0, 0], 2)", "channel_shuffle expects input with > 2 dims"),
    ("F.channel_shuffle(image, 0)", "must be positive. Value of groups:0"),
    ("F.grid_sample(image, grid[:1])", "expected grid and input to have same batch size"),
    ("F.grid_sample(image, grid3)", ""),
    ("F.grid_sample(image, grid[..., :1])", "expected grid to have size 2 in last dimension"),
    ("F.grid_sample(image, grid[:, 0])", "expected 4D input and grid with same number of"),
    ("F.grid_sample(image, grid, 'x')", "expected mode to be 'bilinear', 'nearest' or 'bicubic'"),
    ("F.grid_sample(image, grid, padding_mode='x')", "expected padding_mode to be 'zeros'"),
    ("F.grid_sample(volume, grid3, 'bicubic')", "bicubic interpolation only supports 4D input"),
    ("F.grid_sample(image[:, :, :0], grid)", "with dimension 2 being empty"),
    ("F.grid_sample(image, grid.double())", ""),
    ("F.affine_grid(theta, (2, 3, 4))", "affine_grid only supports 4D and 5D sizes"),
    ("F.affine_grid(theta[0], (2, 3, 4, 4))", "Expected a batch of 2D affine matrices of shape"),
    ("F.affine_grid(theta.long(), (2, 3, 4, 4))", "Expected theta to have floating point type"),
    ("F.affine_grid(theta, (2, 3, 0, 4))", "Expected non-zero, positive output size"),
]


@pytest.mark.parametrize(("call", "phrase"), REFUSED)
def test_what_pytorch_refuses_is_refused_for_the_same_reason(call: str, phrase: str) -> None:
    assert_same_error(call, phrase)
