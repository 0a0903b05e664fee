"""Layers as in PyTorch where the table of `layer_cases.py` does not reach: errors, functions, and
the classes that are no modules.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")

from tests.parity.told import assert_told_alike, refusal  # noqa: E402  it imports torch

pytestmark = pytest.mark.parity

# -- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Conv2d(3, 4, 3, groups=2)",
        "Conv2d(4, 3, 3, groups=2)",
        "Conv2d(4, 4, 3, groups=0)",
        "Conv2d(4, 4, 3, padding='half')",
        "Conv2d(4, 4, 3, stride=2, padding='same')",
        "Conv2d(4, 4, 3, padding_mode='mirror')",
        "ConvTranspose2d(4, 4, 3, padding_mode='reflect')",
        "BatchNorm2d(3)(torch.zeros(2, 3))",
        "BatchNorm1d(3)(torch.zeros(3))",
        "GroupNorm(4, 6)",
        "Embedding(3, 2, padding_idx=3)",
        "Dropout2d(1.5)",
        "ConvTranspose2d(1, 1, 3, stride=2)(torch.zeros(1, 1, 3, 3), output_size=(20, 20))",
        "Sequential(3)",
        "ModuleList([torch.nn.ReLU()])[4]",
        "ModuleList(3)",
        "Softmax2d()(torch.zeros(2, 2))",
        "CrossMapLRN2d(3)(torch.zeros(2, 2))",
        "FractionalMaxPool2d(2)",
        "FractionalMaxPool2d(2, output_size=2, output_ratio=0.5)",
        "FractionalMaxPool3d(2, output_ratio=1.5)",
        "FractionalMaxPool3d(0, output_size=2)",
        "FractionalMaxPool2d(3, output_size=3)(torch.zeros(1, 1, 4, 4))",
        "MaxUnpool2d(2)(torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 16))",
        "MaxUnpool2d(2)(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 3, dtype=torch.long))",
        "MaxUnpool1d(2)(torch.zeros(1, 2), torch.zeros(1, 2, dtype=torch.long), (9,))",
        "ChannelShuffle(2)(torch.zeros(1, 3, 2, 2))",
        "RReLU(0.5, 0.1).train()(torch.zeros(2))",
        "FeatureAlphaDropout(-0.1)",
        "SyncBatchNorm(3)(torch.zeros(3))",
        "SyncBatchNorm(0)(torch.zeros(3, 0))",
        "AdaptiveLogSoftmaxWithLoss(4, 6, [])",
        "AdaptiveLogSoftmaxWithLoss(4, 6, [3, 2])",
        "AdaptiveLogSoftmaxWithLoss(4, 6, [2])(torch.zeros(2, 4), torch.tensor([0, 6]))",
        "AdaptiveLogSoftmaxWithLoss(4, 6, [2])(torch.zeros(2, 4), torch.tensor([0]))",
        "AdaptiveLogSoftmaxWithLoss(4, 6, [2])(torch.zeros(4), torch.tensor([0]))",
        "TripletMarginWithDistanceLoss(margin=0)",
        "LinearCrossEntropyLoss(4, 3, weight=torch.ones(2))",
        "LinearCrossEntropyLoss(4, 3, label_smoothing=1.5)",
        "LinearCrossEntropyLoss(4, 3)(torch.zeros(2, 5), torch.tensor([0, 1]))",
        "LinearCrossEntropyLoss(4, 3, out_features=(2,))(torch.zeros(4), torch.tensor([0, 1]))",
        "LinearCrossEntropyLoss(4, 3, ignore_index=1)(torch.zeros(2, 4), torch.zeros(2, 3))",
        "LinearCrossEntropyOptions(acc_policy='fast')",
        "LinearCrossEntropyOptions(chunking_method='aspect_ratio:0')",
        "LinearCrossEntropyOptions(batch_chunk_size=0)",
        "functional.linear_cross_entropy(*[torch.zeros(2, 4)] * 3, linear_bias=torch.zeros(3))",
        "functional.linear_cross_entropy(torch.zeros(4), torch.zeros(4), torch.tensor(1))",
        "LazyConv2d(4, 3)(torch.zeros(5, 5))",
        "LazyConv1d(4, 3, groups=2)(torch.zeros(1, 3, 5))",
        "LazyBatchNorm2d()(torch.zeros(2, 3))",
    ],
)
def test_wrong_arguments_raise_pytorchs_class(text):
    errors = []
    for library in (tg, torch):
        with pytest.raises(Exception) as error:  # noqa: PT011 - the class is what is compared
            eval(f"torch.nn.{text}", {"torch": library})
        errors.append(error.type)
    assert errors[0] is errors[1]


# -- functions without a layer ---------------------------------------------------------------------


def image(library: Any, *shape: int) -> Any:
    drawn = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    return library.tensor(drawn, requires_grad=True)


@pytest.mark.parametrize("pad", [0, 2])
def test_a_convolution_with_time_first(pad):
    def story(library: Any) -> list[Any]:
        x, w, b = image(library, 7, 2, 3), image(library, 3, 3, 4), image(library, 4)
        y = library.nn.functional.conv_tbc(x, w, b, pad)
        (y * y).sum().backward()
        return [y, x.grad, w.grad, b.grad]

    assert_told_alike(story)


@pytest.mark.filterwarnings("ignore:.nn.functional.upsample_.* is deprecated:UserWarning")
def test_resizing_under_old_names():
    def story(library: Any) -> list[Any]:
        F, x = library.nn.functional, image(library, 1, 4, 3, 3)
        results = [
            F.upsample_nearest(x, scale_factor=2), F.upsample_nearest(x, size=(2, 5)),
            F.upsample_bilinear(x, size=5), F.native_channel_shuffle(x.detach(), 2),
        ]  # fmt: skip
        sum((r * r).sum() for r in results).backward()
        return [*results, x.grad]

    assert_told_alike(story)


def test_random_slopes_and_windows_are_pytorchs():
    def story(library: Any) -> list[Any]:
        F, x = library.nn.functional, image(library, 2, 3, 6, 6)
        return [
            F.rrelu(x, training=True), F.rrelu(x.double(), 0.2, 0.3, training=True),
            *F.fractional_max_pool2d(x, 2, (3, 4), return_indices=True),
            F.fractional_max_pool2d(x[0], (3, 2), output_ratio=(0.4, 0.6)),
            *F.fractional_max_pool3d_with_indices(x, (1, 2, 3), (2, 4, 3)),
        ]  # fmt: skip

    assert_told_alike(story)


# -- classes that are no modules -------------------------------------------------------------------


def test_parameters_and_buffers_read_as_in_pytorch():
    def story(library: Any) -> list[Any]:
        nn = library.nn
        frozen, buffer = (
            nn.Parameter(library.ones(2), requires_grad=False),
            nn.Buffer(library.ones(2)),
        )
        return [
            repr(nn.Parameter(library.ones(1, 2))), repr(frozen), frozen.requires_grad,
            repr(buffer), buffer.persistent, buffer.requires_grad,
            nn.Buffer(library.ones(1), persistent=False).persistent,
        ]  # fmt: skip

    assert_told_alike(story)


@pytest.mark.parametrize("name", ["UninitializedParameter", "UninitializedBuffer"])
def test_tensors_without_a_shape_read_and_refuse_as_in_pytorch(name):
    def story(library: Any) -> list[Any]:
        kind = getattr(library.nn, name)
        tensor, other = kind(), kind(dtype=library.float64)
        notes = [
            repr(tensor), tensor.requires_grad, str(other.dtype), tensor.is_floating_point(),
            refusal(lambda: tensor.shape), refusal(lambda: tensor * 2).partition(" in ")[0],
            refusal(lambda: tensor.sum()).partition(" in ")[0],
            library.nn.parameter.is_lazy(tensor),
        ]  # fmt: skip
        other.materialize((2, 3))
        return [*notes, tuple(other.shape), str(other.dtype), type(other).__name__]

    assert_told_alike(story)


def test_options_of_a_loss_read_as_in_pytorch():
    def story(library: Any) -> list[Any]:
        options = library.nn.LinearCrossEntropyOptions(batch_chunk_size=4)
        return [repr(library.nn.LinearCrossEntropyOptions()), repr(options),
                options == library.nn.LinearCrossEntropyOptions(batch_chunk_size=4),
                refusal(lambda: setattr(options, "acc_policy", "auto"))]  # fmt: skip

    assert_told_alike(story)
