"""Convolutions and blocks give what PyTorch gives, and refuse what it refuses."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.images import assert_same, assert_same_error

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:Using padding='same'")]

CONVOLUTIONS = [
    "F.conv1d(line, w1)", "F.conv1d(line, w1, bias, 2, 1, 2)", "F.conv1d(line, g1, bias, groups=2)",
    "F.conv1d(line, w1, padding='same')", "F.conv1d(line[0], w1, bias, padding='valid')",
    "F.conv1d(line, w1[:, :, :2], padding='same', dilation=3)",
    "F.conv2d(image, w2)", "F.conv2d(image, w2, bias)", "F.conv2d(image, w2, bias, padding=1)",
    "F.conv2d(image, w2, bias, stride=2, padding=(2, 1))",
    "F.conv2d(image, w2, stride=(3, 2), dilation=(2, 3))", "F.conv2d(single, w2, bias, [2], [1])",
    "F.conv2d(image, w2, bias, padding='same')", "F.conv2d(image, w2, padding='same', dilation=2)",
    "F.conv2d(image, g2, bias, groups=2)", "F.conv2d(image, g2, None, 2, 1, 1, 2)",
    "F.conv2d(image, depthwise, bias8, padding=1, groups=4)",
    "F.conv2d(image, pointwise, bias)", "F.conv2d(image, pointwise, stride=2)",
    "F.conv2d(image, pointwise, padding=1)", "F.conv2d(none, w2, bias)",
    "F.conv2d(image.transpose(2, 3), w2)", "F.conv2d(image[:, :, ::2], w2.flip(0))",
    "F.conv2d(image.transpose(0, 2).transpose(0, 2), w2)", "F.conv2d(image, w2.detach())",
    "F.conv2d(image.detach(), w2, bias.detach())",
    "F.conv2d(image[:1].expand(3, 4, 7, 6), w2)", "T.conv2d(image, weight=w2, groups=1)",
    "F.conv3d(volume, w3)", "F.conv3d(volume, w3, bias2, (2, 1, 1), 1)",
    "F.conv3d(volume[0], w3, padding='same')", "F.conv3d(volume, g3, groups=2)",
    "T.conv1d(line, w1)", "T.conv3d(volume, w3)",
]  # fmt: skip

TRANSPOSED = [
    "F.conv_transpose1d(line, t1)", "F.conv_transpose1d(line[1], t1, bias, 3, 1, 2)",
    "F.conv_transpose1d(line, t1, dilation=3, output_padding=2)",
    "F.conv_transpose2d(image, t2)", "F.conv_transpose2d(image, t2, bias, 2, 1, 1)",
    "F.conv_transpose2d(single, t2, bias, stride=(2, 3), output_padding=(0, 2))",
    "F.conv_transpose2d(image, u2, stride=2)", "F.conv_transpose2d(none, t2, bias)",
    "F.conv_transpose2d(image, t2, None, 1, 0, 0, 2)", "F.conv_transpose2d(image, t2, padding=1)",
    "F.conv_transpose2d(image.transpose(2, 3), t2, dilation=2)",
    "F.conv_transpose3d(volume, t3, bias2, 2, 1, 1)", "F.conv_transpose3d(volume[0], t3)",
    "T.conv_transpose1d(line, t1)", "T.conv_transpose2d(image, t2)",
    "T.conv_transpose3d(volume, t3)",
]  # fmt: skip

BLOCKS = [
    "F.unfold(image, 3)", "F.unfold(image, (3, 2), 2, 1, 2)", "F.unfold(single, 2, stride=2)",
    "F.unfold(none, 2)", "F.unfold(image.transpose(2, 3), 2, padding=(0, 1))",
    "F.fold(columns, (4, 5), 2)", "F.fold(columns, (7, 9), (2, 3), stride=2)",
    "F.fold(columns[0], (4, 5), 2)", "F.fold(columns, (3, 4), (2, 1), (1, 2), 1, (2, 1))",
    "F.fold(F.unfold(image, 2, padding=1), (7, 6), 2, padding=1)",
    "image.unfold(2, 3, 2)", "image.unfold(-1, 2, 1)", "image.unfold(3, 2, 2).unfold(2, 3, 1)",
    "image.transpose(1, 3).unfold(1, 6, 1)", "bias.unfold(0, 2, 3)", "bias.unfold(0, 0, 1)",
    "bias[0].unfold(0, 1, 1)", "bias[0].unfold(0, 0, 1)",
]  # fmt: skip


@pytest.mark.parametrize("call", [*CONVOLUTIONS, *TRANSPOSED, *BLOCKS])
def test_call_gives_what_pytorch_gives(call: str) -> None:
    assert_same(call)


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize(
    "call", ["F.conv2d(image, w2, bias, padding=1)", "F.conv_transpose2d(image, t2, stride=2)"]
)
def test_other_dtypes_give_what_pytorch_gives(call: str, dtype: str) -> None:
    assert_same(call, dtype)


REFUSED = [
    ("F.conv2d(image, g2)", "to have 2 channels, but got 4 channels instead"),
    ("F.conv2d(image, w2[:, :, :, :, None])", ""),
    ("F.conv2d(image[:, :, :2], w2)", "Kernel size can't be greater than actual input size"),
    ("F.conv2d(image[0, 0], w2)", "Expected 3D (unbatched) or 4D (batched) input to conv2d"),
    ("F.conv2d(image, w2, bias[:3])", "expected bias to be 1-dimensional with 6 elements"),
    ("F.conv2d(image, w2, bias[None])", "but got bias of size [1, 6] instead"),
    ("F.conv2d(image, g2[:3], groups=2)", "expected weight to be divisible by 2 at dimension 0"),
    ("F.conv2d(image, w2[:0])", "expected weight to be at least 1 at dimension 0"),
    ("F.conv2d(image, w2, stride=0)", "non-positive stride is not supported"),
    ("F.conv2d(image, w2, padding=-1)", "negative padding is not supported"),
    ("F.conv2d(image, w2, dilation=0)", "dilation"),
    ("F.conv2d(image, w2, groups=0)", "non-positive groups is not supported"),
    ("F.conv2d(image, w2, stride=2, padding='same')", "is not supported for strided convolutions"),
    ("F.conv2d(image, w2, padding='other')", "Invalid padding string: 'other'"),
    ("F.conv2d(image, w2, padding=(1, 1, 1))", "a list of 2 values to match the convolution"),
    ("F.conv2d(image.double(), w2)", "expected scalar type Double but found Float"),
    ("F.conv2d(image, [1.0])", ""),
    ("F.conv_transpose2d(image, w2)", "to have 6 channels, but got 4 channels instead"),
    ("F.conv_transpose2d(image, t2, output_padding=1)", "must be smaller than either stride or"),
    ("F.conv_transpose2d(image, t2, padding='same')", "must be tuple of ints, not str"),
    ("F.conv_transpose2d(image, t2, bias[:3])", "expected bias to be 1-dimensional with 6"),
    ("F.conv_transpose2d(image, t2, padding=9)", ""),
    ("F.unfold(image, 9)", "calculated shape of the array of sliding blocks as"),
    ("F.unfold(image, (1, 2, 3))", "It is expected kernel_size equals to 2, but got size 3"),
    ("F.unfold(image, 0)", "kernel size should be greater than zero"),
    ("F.unfold(image, 2, stride=0)", "stride should be greater than zero"),
    ("F.fold(columns, (4, 4), 2)", "to match the calculated number of sliding blocks 3 * 3 = 9"),
    ("F.fold(columns, (4, 4), 5)", "to be divisible by the product of kernel_size"),
    ("bias.unfold(0, 7, 1)", "maximum size for tensor at dimension 0 is 6 but size is 7"),
    ("bias.unfold(0, 2, 0)", "step is 0 but must be > 0"),
    ("bias.unfold(0, -1, 1)", "size is -1 but must be >= 0"),
    ("bias.unfold(1, 2, 1)", "Dimension out of range"),
    ("bias[0].unfold(0, 2, 1)", "maximum size for tensor at dimension 0 is 1 but size is 2"),
]


@pytest.mark.parametrize(("call", "phrase"), REFUSED)
def test_what_pytorch_refuses_is_refused_for_the_same_reason(call: str, phrase: str) -> None:
    assert_same_error(call, phrase)
