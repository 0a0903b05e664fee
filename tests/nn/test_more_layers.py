"""Rarer layers: what their own words promise, without PyTorch at hand."""

from __future__ import annotations

import pytest

import tracegrad as tg
import tracegrad.nn.functional as F
from tests.backend.strict import StrictArray, strict_cuda
from tracegrad import nn

# -- pooling ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3])
def test_fractional_pooling_finds_the_largest_of_each_window(n):
    tg.manual_seed(0)
    x = tg.arange(2.0 * 3 * 7**n).reshape(2, 3, *[7] * n)
    pool = getattr(F, f"fractional_max_pool{n}d")
    y, where = pool(x, 2, output_size=4, return_indices=True)
    assert y.shape == where.shape == (2, 3, *[4] * n)
    assert (x.flatten(2).gather(2, where.flatten(2)).view(y.shape) == y).all()
    # Rising numbers: the last corner of the last window, which ends at the end, is the largest.
    assert y[0, 0].max().item() == x[0, 0].max().item()
    assert (y.flatten(2).diff(dim=-1)[..., :3] > 0).all()


def test_fractional_pooling_is_differentiable_twice():
    tg.manual_seed(1)
    x = tg.randn(1, 2, 5, 6, dtype=tg.float64, requires_grad=True)
    samples = tg.rand(1, 2, 2, dtype=tg.float64)

    def pooled(x):
        return F.fractional_max_pool2d(x, 2, output_size=(3, 4), _random_samples=samples) ** 2

    assert tg.autograd.gradcheck(pooled, x)
    assert tg.autograd.gradgradcheck(pooled, x)


def test_fractional_pooling_lets_a_nan_win():
    x = tg.zeros(1, 1, 4, 4)
    x[0, 0, 1, 1] = float("nan")
    y = nn.FractionalMaxPool2d(2, output_size=2, _random_samples=tg.zeros(1, 1, 2))(x)
    assert y.isnan().any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either an output size, or a pooling ratio"),
        ({"output_size": 2, "output_ratio": 0.5}, "only one of output_size and output_ratio"),
        ({"output_ratio": 1.5}, "must be between 0 and 1"),
    ],
)
def test_fractional_pooling_needs_one_size(options, message):
    with pytest.raises(ValueError, match=message):
        nn.FractionalMaxPool2d(2, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.fractional_max_pool2d(x, 2), "either an output_size or an output_ratio"),
        (lambda x: F.fractional_max_pool2d(x, 3, 4), "pool size 3 too large relative to input"),
        (lambda x: F.fractional_max_pool3d(x[0], 2, 2), "Expected 4D or 5D"),
        (lambda x: F.fractional_max_pool2d(x[0, 0], 2, 2), "Expected 3D or 4D"),
        (
            lambda x: F.fractional_max_pool2d(x, 2, 2, _random_samples=tg.ones(1)),
            r"Expected _random_samples of shape \[1, 1, 2\]",
        ),
    ],
)
def test_fractional_pooling_names_what_does_not_fit(call, message):
    with pytest.raises((RuntimeError, ValueError), match=message):
        call(tg.zeros(1, 1, 5, 5))


def test_unpooling_puts_back_what_pooling_took():
    x = tg.arange(16.0).reshape(1, 1, 4, 4)
    y, where = nn.MaxPool2d(2, return_indices=True)(x)
    back = nn.MaxUnpool2d(2)(y, where)
    assert back[0, 0].tolist() == [[0, 0, 0, 0], [0, 5, 0, 7], [0, 0, 0, 0], [0, 13, 0, 15]]
    assert nn.MaxUnpool2d(2)(y, where, output_size=(5, 5)).shape == (1, 1, 5, 5)


# -- normalisation ---------------------------------------------------------------------------------


def test_a_response_is_normalised_over_the_channels_around_it():
    x = tg.randn(2, 7, 3, 3, dtype=tg.float64, requires_grad=True)
    layer = nn.CrossMapLRN2d(3, alpha=0.5)
    assert tg.equal(layer(x), nn.LocalResponseNorm(3, alpha=0.5)(x))
    assert tg.autograd.gradcheck(layer, x)
    with pytest.raises(ValueError, match=r"size must be odd, got 4\n  try: LocalResponseNorm\(4\)"):
        nn.CrossMapLRN2d(4)
    with pytest.raises(ValueError, match="Expected input to be 4D"):
        layer(x[0])


def test_normalisations_are_converted_around_the_same_tensors():
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3, affine=False))).eval()
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(net, "group")
    assert converted is net
    norm = net[1][0]
    assert (type(norm), norm.training, norm.process_group) == (nn.SyncBatchNorm, False, "group")
    other = nn.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm2d(3))
    assert isinstance(other, nn.SyncBatchNorm)
    single = nn.BatchNorm2d(2)
    assert nn.SyncBatchNorm.convert_sync_batchnorm(single).weight is single.weight
    with pytest.raises(ValueError, match="expected at least 2D input"):
        norm(tg.ones(3))


# -- losses ----------------------------------------------------------------------------------------


def test_an_adaptive_softmax_is_a_distribution_and_predicts_its_peak():
    tg.manual_seed(0)
    layer = nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], div_value=2.0)
    x = tg.randn(20, 8) * 4
    everything = layer.log_prob(x)
    assert tg.allclose(everything.exp().sum(1), tg.ones(20), atol=1e-5)
    assert layer.predict(x).tolist() == everything.argmax(1).tolist()
    target = tg.arange(20) % 12
    output, loss = layer(x, target)
    assert tg.allclose(output, everything.gather(1, target.unsqueeze(1)).squeeze(1), atol=1e-5)
    assert loss.item() == pytest.approx(-output.mean().item())


@pytest.mark.parametrize(
    ("x", "target", "message"),
    [
        (tg.ones(2, 4), tg.tensor([0, 9]), r"should be in \[0, 5\], but values in range \[0, 9\]"),
        (tg.ones(2, 4), tg.tensor([0]), "same size in the batch dimension"),
        (tg.ones(4), tg.tensor([0]), "1D target tensor expects 2D input"),
        (tg.ones(2, 4), tg.tensor([[0]]), "multi-target not supported"),
    ],
)
def test_an_adaptive_softmax_names_what_does_not_fit(x, target, message):
    with pytest.raises(RuntimeError, match=message):
        nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2])(x, target)


@pytest.mark.parametrize("cutoffs", [[], [3, 2], [0, 2], [2, 6], [2, 2]])
def test_cutoffs_rise(cutoffs):
    with pytest.raises(ValueError, match="cutoffs should be a sequence"):
        nn.AdaptiveLogSoftmaxWithLoss(4, 6, cutoffs)


def test_options_that_have_no_effect_are_checked_and_said():
    layer = nn.LinearCrossEntropyLoss(3, 4, options=nn.LinearCrossEntropyOptions())
    with pytest.warns(UserWarning, match="``options`` ignored"):
        loss = layer(tg.ones(2, 3), tg.tensor([0, 1]))
    assert loss.item() == F.cross_entropy(layer.linear(tg.ones(2, 3)), tg.tensor([0, 1])).item()
    for wrong in (
        {"acc_policy": "fast"}, {"chunking_method": "aspect_ratio:0"}, {"batch_chunk_size": 0},
        {"acc_dtype": tg.int64},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(wrong))):
            nn.LinearCrossEntropyOptions(**wrong)


# -- on a device -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.FractionalMaxPool2d(2, output_size=3),
        lambda: nn.RReLU(),
        lambda: nn.LPPool2d(2, 2),
        lambda: nn.CrossMapLRN2d(3),
        lambda: nn.ChannelShuffle(2),
        lambda: nn.LazyConv2d(2, 3),
        lambda: nn.LazyBatchNorm2d(),
        lambda: nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 2, 3)),
        lambda: nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 2, 3)),
        lambda: nn.utils.parametrizations.orthogonal(nn.Linear(6, 3)),
        lambda: nn.utils.prune.l1_unstructured(nn.Linear(6, 3), "weight", 4),
    ],
)
def test_a_layer_computes_on_a_device_what_it_computes_on_the_host(make):
    results = []
    for device in ("cpu", "cuda"):
        with strict_cuda():
            tg.manual_seed(0)
            layer = make().to(device)
            x = tg.randn(1, 4, 6, 6).to(device).requires_grad_()
            y = layer(x)
            (y * y).sum().backward()
            assert (type(y._array) is StrictArray) == (device == "cuda")
            results.append([y.detach().cpu(), x.grad.cpu()])
    for one, other in zip(*results, strict=True):
        assert tg.allclose(one, other, atol=1e-5)
