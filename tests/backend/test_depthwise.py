"""A kernel for each channel: one convolution by band matrices is many of one channel by columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.backend import depthwise
from tracegrad.backend.windows import sliding

SIZES = [
    ((2, 3, 5, 15), (3, 3), {"padding": 1}),
    ((2, 3, 5, 16), (3, 3), {"padding": 1}),
    ((1, 2, 4, 17), (2, 5), {}),
    ((1, 4, 3, 40), (3, 3), {"stride": 2, "padding": 1}),
    ((1, 2, 9, 37), (3, 2), {"stride": (2, 3), "dilation": (1, 4), "padding": (0, 2)}),
    ((1, 2, 3, 4), (2, 2), {"padding": 3}),  # more than a kernel reaches
    ((1, 2, 3, 4), (1, 1), {"stride": 2}),
    ((3, 2, 35), (4,), {"dilation": 2, "padding": 1}),
    ((2, 2, 50), (3,), {"stride": 3}),
    ((0, 2, 3, 4), (2, 2), {"padding": 1}),
]


def gradients_of(options: dict[str, Any], x: Any, weight: Any, groups: int) -> list[Any]:
    convolve = tg.nn.functional.conv1d if x.ndim == 3 else tg.nn.functional.conv2d
    x, weight = (tg.tensor(a, requires_grad=True) for a in (x, weight))
    out = convolve(x, weight, groups=groups, **options)
    out.backward(tg.cos(tg.arange(out.numel(), dtype=tg.float64)).reshape(out.shape))
    return [out.detach().numpy(), x.grad.numpy(), weight.grad.numpy()]


@pytest.mark.parametrize(("shape", "kernel", "options"), SIZES)
def test_every_channel_is_convolved_as_if_it_were_alone(shape, kernel, options, monkeypatch):
    random = np.random.default_rng(0)
    x, weight = random.standard_normal(shape), random.standard_normal((shape[1], 1, *kernel))
    together = gradients_of(options, x, weight, groups=shape[1])

    monkeypatch.setattr(depthwise, "applies", lambda *_: False)
    for part, by_columns in zip(together, gradients_of(options, x, weight, shape[1]), strict=True):
        np.testing.assert_allclose(part, by_columns, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("shape", "kernel", "options"), SIZES)
def test_channels_taken_a_few_at_a_time_give_the_same(shape, kernel, options, monkeypatch):
    random = np.random.default_rng(0)
    x, weight = random.standard_normal(shape), random.standard_normal((shape[1], 1, *kernel))
    at_once = gradients_of(options, x, weight, groups=shape[1])
    monkeypatch.setattr(depthwise, "BLOCK", 1)
    for part, expected in zip(gradients_of(options, x, weight, shape[1]), at_once, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-12, atol=1e-12)


def test_only_kernels_of_one_channel_each_are_taken_as_bands():
    windows = sliding((8, 8), (3, 3), (1, 1), (1, 1), (1, 1), (1, 1))
    x = np.zeros((1, 4, 8, 8), np.float32)
    assert depthwise.applies(np, x, (4, 1, 3, 3), windows, 4)
    for shape, groups in (((8, 1, 3, 3), 4), ((4, 2, 3, 3), 2), ((4, 4, 3, 3), 1)):
        assert not depthwise.applies(np, x, shape, windows, groups)
    assert not depthwise.applies(np, x.astype(int), (4, 1, 3, 3), windows, 4)
