"""First weights: distributions and shapes that the functions promise."""

from __future__ import annotations

import pytest
from scipy.stats import truncnorm

import tracegrad as tg
from tracegrad.nn import init


def test_a_cut_normal_stays_between_its_ends():
    tg.manual_seed(0)
    x = init.trunc_normal_(tg.empty(20_000), mean=1.0, std=2.0, a=0.0, b=3.0)
    assert 0.0 <= x.min().item() < 0.01
    assert 2.99 < x.max().item() <= 3.0
    exact = truncnorm(a=(0.0 - 1.0) / 2.0, b=(3.0 - 1.0) / 2.0, loc=1.0, scale=2.0)
    assert x.mean().item() == pytest.approx(exact.mean(), abs=0.02)
    assert x.std().item() == pytest.approx(exact.std(), abs=0.02)
    with pytest.raises(ValueError, match="needs a < b"):
        init.trunc_normal_(x, a=1.0, b=1.0)


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (4, 2, 3)])
def test_orthogonal_rows_or_columns_have_right_angles(shape):
    x = init.orthogonal_(tg.empty(*shape, dtype=tg.float64), gain=2.0).flatten(1)
    product = x @ x.t() if x.shape[0] <= x.shape[1] else x.t() @ x
    assert tg.allclose(product, 4.0 * tg.eye(len(product), dtype=tg.float64))


def test_the_identity_is_for_matrices():
    assert init.eye_(tg.empty(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    with pytest.raises(ValueError, match="2 dimensions"):
        init.eye_(tg.empty(2))
    with pytest.raises(ValueError, match="2 or more dimensions"):
        init.orthogonal_(tg.empty(2))
