"""`gradient`, and the functions that PyTorch has twice, in the form of its inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg
from tests.parity.on_arrays import assert_same, real

pytestmark = pytest.mark.parity

# -- slopes of samples -----------------------------------------------------------------------------


@pytest.mark.parametrize("edge_order", [1, 2, 3])
@pytest.mark.parametrize("dim", [None, 0, -1, (0,), [1, 0], (0, 0), (), 2])
@pytest.mark.parametrize("spacing", [None, 2.0, -3, [0.5, 2.0], [0.5]])
def test_gradient(spacing: Any, dim: Any, edge_order: int):
    given = {"spacing": spacing, "dim": dim, "edge_order": edge_order}
    options = {name: value for name, value in given.items() if value is not None}
    assert_same(lambda M, x: M.gradient(x, **options), real(3, 4))
    assert_same(lambda M, x: M.gradient(x, **options), real(2, 3))


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient_of_samples_at_places(edge_order: int):
    first, second = real(3).cumsum(), np.abs(real(4)).cumsum()
    assert_same(
        lambda M, x, a, b: M.gradient(x, spacing=(a, b), edge_order=edge_order),
        real(3, 4), first, second,
    )  # fmt: skip
    assert_same(
        lambda M, x, a: M.gradient(x, spacing=[a], dim=1, edge_order=edge_order), real(3, 4), second
    )


def test_gradient_of_other_dtypes():
    assert_same(lambda M, x: M.gradient(x), np.arange(6).reshape(2, 3) ** 2)
    assert_same(lambda M, x: M.gradient(x, spacing=2), real(4).astype(np.float32))
    assert_same(lambda M, x: M.gradient(x), real(4) > 0)
    assert_same(lambda M, x: M.gradient(x), real())


# -- with other arguments --------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", [0, 1, 2])
def test_losses(reduction: int):
    p = np.abs(real(2, 3)) + 0.1
    assert_same(lambda M, x, y: M.kl_div(x, y, reduction), real(2, 3), p)
    assert_same(lambda M, x, y: M.kl_div(x, y, reduction, log_target=True), real(2, 3), real(2, 3))
    assert_same(
        lambda M, x, y: M.binary_cross_entropy_with_logits(x, y, reduction=reduction),
        real(2, 3), p,
    )  # fmt: skip
    assert_same(
        lambda M, x, y: M.binary_cross_entropy_with_logits(
            x, y, M.tensor([1.0, 2.0, 0.5]).double(), M.tensor([3.0, 2.0, 0.5]).double(), reduction
        ),
        real(2, 3), p,
    )  # fmt: skip


def test_a_reduction_is_a_number():
    assert_same(lambda M, x, y: M.kl_div(x, y, "mean"), real(2), real(2))
    with pytest.raises(ValueError, match="reduction=5 is none of"):
        tg.kl_div(tg.ones(2), tg.ones(2), 5)


@pytest.mark.parametrize("padding", [-1, 0, 2, 7])
@pytest.mark.parametrize("by_frequency", [False, True])
def test_embedding(padding: int, by_frequency: bool):
    index = np.array([[0, 2, 2], [1, 0, 3]])
    assert_same(lambda M, w, i: M.embedding(w, i, padding, by_frequency), real(4, 2), index)


def test_embedding_refuses_what_pytorch_refuses():
    assert_same(lambda M, w, i: M.embedding(w, i), real(4, 2), np.array([4]))
    assert_same(lambda M, w, i: M.embedding(w, i), real(4, 2), np.array([True]))
    assert_same(lambda M, w, i: M.embedding(w, i), real(4), np.array([1]))


@pytest.mark.parametrize("training", [True, False])
def test_normalizations(training: bool):
    running = (real(3), np.abs(real(3)) + 0.5)

    def function(name: str) -> Any:
        return lambda M, x, w, b, m, v: getattr(M, name)(
            x, w, b, m.detach(), v.detach(), training, 0.1, 1e-5, False
        )

    assert_same(function("batch_norm"), real(4, 3, 5), real(3), real(3), *running)
    assert_same(function("instance_norm"), real(4, 3, 5), real(3), real(3), *running)
    assert_same(
        lambda M, x: M.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, True), real(4, 3)
    )
    assert_same(
        lambda M, x: M.instance_norm(x, None, None, None, None, True, 0.1, 1e-5, True),
        real(2, 3, 4),
    )


@pytest.mark.parametrize("name", ["dropout_", "alpha_dropout_", "feature_alpha_dropout_"])
def test_dropout_in_place(name: str):
    for p, train in ((0.0, True), (0.5, False), (1.5, True), (-0.1, False)):
        assert_same(
            lambda M, x, p=p, train=train: getattr(M, name)(x.clone(), p, train), real(2, 3)
        )
    x = tg.ones(4, 50)
    assert getattr(tg, name)(x, 0.5, True) is x
    assert 1 < len(set(x.flatten().tolist())) <= 2


def test_what_writes():
    assert_same(lambda M, x: M.fill_(x.clone(), 2), real(2, 3))
    assert_same(lambda M, x, y: M.fill_(x.clone(), y), real(2, 3), real())
    assert_same(lambda M, x: M.resize_as_(x.detach(), x), real(2, 3))


def test_resize_names_reshape():
    with pytest.raises(NotImplementedError, match=r"deprecated in PyTorch.*\n  try: x.reshape"):
        tg.ones(4).resize(2, 2)
