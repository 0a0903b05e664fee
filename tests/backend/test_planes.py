"""Sums over planes, and factors for them, in whichever way memory is gone through."""

from __future__ import annotations

import numpy as np
import pytest

from tracegrad.backend import normalization, planes

SHAPES = [
    (3, 4, 1), (3, 4, planes.SHORT - 1), (3, 4, planes.SHORT), (5, 3, 30_000), (1, 2, 70_000),
    (700, 128, 1), (0, 2, 3), (2, 3, 0),
]  # fmt: skip
"""Short planes and long ones, in one block and in several, and none."""


@pytest.fixture(params=SHAPES, ids=str)
def arrays(request):
    random = np.random.default_rng(0)
    batch, channels, _ = request.param
    x, y = random.standard_normal((2, *request.param))
    return (
        x + 2,
        y,
        random.standard_normal((1, channels, 1)),
        random.standard_normal((batch, channels, 1)),
    )


def test_sums_of_planes_are_those_of_numpy(arrays):
    x, g, mean, each = arrays
    np.testing.assert_allclose(planes.sums(np, x), x.sum(2), rtol=1e-10)
    for middle in (mean, each):
        np.testing.assert_allclose(
            planes.squares(np, x, middle), ((x - middle) ** 2).sum(2), rtol=1e-10
        )
        total, product = planes.sums_and_products(np, g, x, middle)
        np.testing.assert_allclose(total, g.sum(2), rtol=1e-10, atol=1e-9)
        np.testing.assert_allclose(product, (g * (x - middle)).sum(2), rtol=1e-10, atol=1e-9)


def test_factors_and_summands_belong_to_planes_or_to_channels(arrays):
    x, g, channel, each = arrays
    for factor, summand in ((channel, each), (each, channel), (channel, 2 * channel)):
        np.testing.assert_allclose(
            planes.affine(np, x, factor, summand), x * factor + summand, rtol=1e-10, atol=1e-12
        )
        np.testing.assert_allclose(
            planes.affine_pair(np, x, factor, g, summand, channel),
            x * factor + g * summand + channel,
            rtol=1e-10, atol=1e-12,
        )  # fmt: skip


def test_the_variance_of_numbers_far_from_zero_keeps_its_digits():
    numbers = np.random.default_rng(0).standard_normal((4, 2, 500)) + 1000
    mean, variance = normalization.moments(np, numbers.astype(np.float32))
    np.testing.assert_allclose(mean.ravel(), numbers.mean((0, 2)), rtol=1e-6)
    np.testing.assert_allclose(variance.ravel(), numbers.var((0, 2)), rtol=1e-3)
