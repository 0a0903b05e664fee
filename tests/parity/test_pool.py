"""Pooling gives what PyTorch gives, and refuses what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

import torch

import tracegrad as tg
from tests.parity.both import assert_equal
from tests.parity.images import assert_same, assert_same_error

pytestmark = pytest.mark.parity

MAXIMA = [
    "F.max_pool1d(line, 2)", "F.max_pool1d(line[0], 3, 1, 1)",
    "F.max_pool1d(line, 2, 2, 0, 3, True)", "T.max_pool1d(line, 4, stride=2, ceil_mode=True)",
    "F.max_pool2d(image, 2)", "F.max_pool2d(single, (3, 2), (1, 2), (1, 0))",
    "F.max_pool2d(image, 3, 2, 1, ceil_mode=True)", "F.max_pool2d(image, 2, dilation=2)",
    "F.max_pool2d(image, 2, 3)", "F.max_pool2d(none, 2)", "F.max_pool2d(image.transpose(2, 3), 2)",
    "F.max_pool2d(image, 2, [])" , "T.max_pool2d(image, 2)", "F.max_pool2d(-image.abs(), 3, 1, 1)",
    "F.max_pool2d(image * 0, 3, 2, 1)", "F.max_pool3d(volume, 2)", "T.max_pool3d(volume, 2)",
    "F.max_pool3d(volume[0], (1, 2, 3), 2, (0, 1, 1))", "F.max_pool2d(image, (7, 6))",
    "F.max_pool2d(T.nn.functional.pad(image, (6, 6, 6, 6)), 17, 1)",
    *[
        f"F.max_pool{n}d({x}, {options}, return_indices=True)"
        for n, x in ((1, "line"), (2, "image"), (2, "single"), (3, "volume"))
        for options in ("2", "3, 2, 1", "2, 1, 1, 1, True", "2, 2, 1, 2")
    ],
    "F.max_pool2d_with_indices(image, 2)", "F.max_pool1d_with_indices(line, 2)",
    "F.max_pool3d_with_indices(volume, 2)",
]  # fmt: skip

MEANS = [
    "F.avg_pool1d(line, 2)", "F.avg_pool1d(line[0], 3, 1, 1)", "T.avg_pool1d(line, 2, 3)",
    "F.avg_pool1d(line, 4, 3, 2, True, False)", "F.avg_pool2d(image, 2)",
    "F.avg_pool2d(image, 3, 2, 1)", "F.avg_pool2d(image, 3, 2, 1, True)",
    "F.avg_pool2d(image, 3, 2, 1, True, False)", "F.avg_pool2d(single, (3, 2), 1, (1, 0), False)",
    "F.avg_pool2d(image, 2, divisor_override=3)", "F.avg_pool2d(none, 2)",
    "F.avg_pool2d(image, 3, 2, 1, True, False, 7)", "F.avg_pool2d(image.transpose(1, 3), 2)",
    "F.avg_pool3d(volume, 2)", "F.avg_pool3d(volume[0], (1, 2, 3), 2, (0, 1, 1), True)",
    "F.avg_pool3d(volume, 2, 2, 1, True, False)", "F.avg_pool2d(image, (7, 6))",
]  # fmt: skip

ADAPTIVE = [
    *[f"F.adaptive_{kind}_pool1d(line, {n})" for kind in ("avg", "max") for n in (1, 2, 3, 9, 12)],
    *[
        f"F.adaptive_{kind}_pool2d({x}, {size})"
        for kind in ("avg", "max")
        for x in ("image", "single")
        for size in ("1", "(7, 3)", "(3, 4)", "(None, 5)", "(9, 8)", "(2, None)")
    ],
    "F.adaptive_avg_pool3d(volume, (2, 3, 4))", "F.adaptive_max_pool3d(volume[0], (2, None, 6))",
    "F.adaptive_avg_pool2d(image.detach(), 0)", "F.adaptive_avg_pool2d(none, 3)",
    "F.adaptive_max_pool1d(line, 4, True)", "F.adaptive_max_pool2d(image, 4, return_indices=True)",
    "F.adaptive_max_pool3d(volume, 3, True)", "T.adaptive_max_pool1d(line, 4)",
    "T.adaptive_avg_pool1d(line, 4)", "F.adaptive_avg_pool2d(image.transpose(2, 3), (3, 4))",
]  # fmt: skip

OTHERS = [
    "F.lp_pool1d(line, 3, 2)", "F.lp_pool1d(line.abs(), 2.5, 3, 2, True)",
    "F.lp_pool2d(image, 2, 3)", "F.lp_pool2d(image, 2, (2, 3), stride=1, ceil_mode=True)",
    "F.lp_pool3d(volume, 2, 2)",
    *[
        f"F.max_unpool{n}d(*F.max_pool{n}d({x}, {options}, return_indices=True), {options})"
        for n, x, options in (
            (1, "line", "2"), (1, "line", "2, 3"), (1, "line", "3, 2, 1"), (2, "image", "2"),
            (2, "image", "(2, 1)"), (2, "single[:, :, :5]", "3, 2, 1"), (2, "single", "2, (1, 2)"),
            (3, "volume", "2"), (3, "volume", "(1, 2, 3)"),
        )
    ],
    "F.max_unpool2d(*F.max_pool2d(image, 2, return_indices=True), 2, output_size=(7, 7))",
    "F.max_unpool2d(*F.max_pool2d(image, 2, return_indices=True), 2, output_size=image.shape)",
]  # fmt: skip


@pytest.mark.parametrize("call", [*MAXIMA, *MEANS, *ADAPTIVE, *OTHERS])
def test_call_gives_what_pytorch_gives(call: str) -> None:
    assert_same(call)


@pytest.mark.parametrize(
    ("call", "dtype"),
    [
        (call, dtype)
        for dtype in ("float32", "int64")
        for call in ("F.max_pool2d(image, 3, 2, 1)", "F.avg_pool2d(image * 10, 3, 2, 1)")
    ]
    + [("F.adaptive_avg_pool2d(image, 4)", "float32")],
)
def test_other_dtypes_give_what_pytorch_gives(call: str, dtype: str) -> None:
    assert_same(call, dtype)


@pytest.mark.parametrize("options", [(2,), (3, 1, 1), (2, 2, 1), (3, 2, 0, 2)], ids=str)
def test_special_values_win_where_they_do_in_pytorch(options):
    random = np.random.default_rng(3)
    special, often = [np.nan, -np.inf, np.inf, 0.0, 1.0], [0.2, 0.4, 0.1, 0.2, 0.1]
    image = random.choice(special, (2, 3, 8, 8), p=often)
    image[0] = -np.inf
    values, where = tg.nn.functional.max_pool2d(tg.tensor(image), *options, return_indices=True)
    wanted = torch.nn.functional.max_pool2d(torch.tensor(image), *options, return_indices=True)
    assert_equal(values, wanted[0])
    assert_equal(where, wanted[1])


REFUSED = [
    ("F.max_pool2d(image, 9)", "Output size is too small"),
    ("F.max_pool2d(image[0, 0], 2)", "tensor"),
    ("F.max_pool2d(image, 2, padding=2)", "pad should be at most half of effective kernel size"),
    ("F.max_pool2d(image, 2, stride=0)", "stride should not be zero"),
    ("F.max_pool2d(image, 2, dilation=0)", "dilation should be greater than zero"),
    ("F.max_pool2d(image, (2, 2, 2))", "kernel_size must either be a single int, or a tuple of "
     "two ints"),
    ("F.max_pool2d(image, 2, padding=-1)", "pad must be non-negative"),
    ("F.max_pool2d(image[:, :0], 2)", "with optional 0 dim batch size for input, but got:"),
    ("F.max_pool3d(image[0], 2)", "tensor"),
    ("F.avg_pool2d(image, 9)", "Output size is too small"),
    ("F.avg_pool2d(image, 2, padding=2)", "pad should be at most half of"),
    ("F.avg_pool2d(image, 2, divisor_override=0)", "divisor must be not zero"),
    ("F.adaptive_avg_pool2d(image[0, 0], 3)", "Expected 3D or 4D tensor, but got"),
    ("F.adaptive_avg_pool2d(image, -1)", "must be greater than or equal to 0 but received {-1, -1"),
    ("F.adaptive_avg_pool2d(image, (1, 2, 3))", "output_size must be 2"),
    ("F.adaptive_avg_pool2d(image[:, :, :0], 3)", "with dimension 2 being empty"),
    ("F.adaptive_max_pool2d(image[0, 0], 3)", "Expected 3D or 4D tensor, but got"),
    ("F.max_unpool2d(image, image.long() * 0 + 900, 2)", "Found an invalid max index: 900"),
    ("F.max_unpool2d(image, image, 2)", "elements in indices should be type int64"),
    ("F.max_unpool2d(image, image.long()[0], 2)", "shape of indices to be same as that of the "
     "input tensor"),
    ("F.max_unpool2d(image, image.long() * 0, 2, output_size=(20, 12))", "dim 0 must be between"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "phrase"), REFUSED)
def test_what_pytorch_refuses_is_refused_for_the_same_reason(call: str, phrase: str) -> None:
    assert_same_error(call, phrase)
