"""The error function and gelu in float32: how exact, and what large numbers give."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tracegrad as tg

EDGE = np.array([4.0, 5.6, 9.0, 60.0, 1e5, 3e18, 1e20, 3e38, np.inf], np.float32)
"""From where the polynomials were fitted to where squares overflow."""


@pytest.fixture
def numbers():
    return np.linspace(-9, 9, 60_001, dtype=np.float32)


def test_erf_has_its_relative_error_everywhere(numbers):
    exact = np.array([math.erf(x) for x in numbers])
    found = tg.erf(tg.tensor(numbers)).numpy()
    assert found.dtype == np.float32
    assert np.all(np.abs(found - exact) <= 2.8e-7 * np.abs(exact))


def test_gelu_and_its_slope_are_exact_to_a_few_units_in_the_last_place(numbers):
    wide = numbers.astype(np.float64)
    share = np.array([math.erfc(-x / math.sqrt(2)) / 2 for x in wide])
    slope = share + wide * np.exp(-wide * wide / 2) / math.sqrt(2 * math.pi)
    x = tg.tensor(numbers, requires_grad=True)
    y = tg.nn.functional.gelu(x)
    y.sum().backward()
    scale = np.maximum(np.abs(wide), 1)
    assert np.all(np.abs(y.detach().numpy() - wide * share) <= 1.6e-7 * scale)
    assert np.all(np.abs(x.grad.numpy() - slope) <= 2.5e-7)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_of_large_numbers_is_the_number_or_nothing(approximate):
    finite = EDGE[2:-1]
    up = tg.nn.functional.gelu(tg.tensor(finite), approximate=approximate)
    down = tg.nn.functional.gelu(tg.tensor(-finite), approximate=approximate)
    assert up.tolist() == finite.tolist()
    assert down.tolist() == [0.0] * finite.size


def test_erf_of_large_numbers_is_one():
    large = EDGE[1:]
    assert tg.erf(tg.tensor(large)).tolist() == [1.0] * large.size
    assert tg.erf(tg.tensor(-large)).tolist() == [-1.0] * large.size
    assert math.isnan(tg.erf(tg.tensor(float("nan"))).item())
