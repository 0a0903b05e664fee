"""The embedding layer's own: vectors given, and numbers that stay at zero."""

from __future__ import annotations

import pytest

import tracegrad as tg
from tracegrad import nn


def test_given_vectors_are_left_alone_by_training_unless_asked():
    vectors = tg.arange(6.0).view(3, 2)
    layer = nn.Embedding.from_pretrained(vectors)
    assert layer(tg.tensor([2, 0])).tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert not layer.weight.requires_grad
    assert nn.Embedding.from_pretrained(vectors, freeze=False).weight.requires_grad


def test_a_padding_number_begins_at_zero_and_gets_no_gradient():
    layer = nn.Embedding(4, 3, padding_idx=-2)
    assert layer.padding_idx == 2
    assert layer.weight[2].tolist() == [0.0] * 3
    layer(tg.tensor([2, 1, 1])).sum().backward()
    assert layer.weight.grad.sum(1).tolist() == [0.0, 6.0, 0.0, 0.0]


def test_sparse_gradients_are_refused():
    with pytest.raises(NotImplementedError, match="try: sparse=False"):
        nn.Embedding(3, 2, sparse=True)


# -- bags ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_an_empty_bag_is_zeros_and_offsets_may_name_no_bag_at_all(mode):
    layer = nn.EmbeddingBag(4, 3, mode=mode)
    made = layer(tg.tensor([1, 2]), tg.tensor([0, 0, 2]))
    assert made[0].tolist() == made[2].tolist() == [0.0] * 3
    assert layer(tg.tensor([1, 2]), tg.tensor([], dtype=tg.int64)).shape == (0, 3)


def test_the_maximum_of_a_bag_shows_nan():
    layer = nn.EmbeddingBag.from_pretrained(
        tg.tensor([[1.0, float("nan")], [2.0, 0.0]]), mode="max"
    )
    first, second = layer(tg.tensor([[1, 0]]))[0].tolist()
    assert first == 2.0
    assert second != second


@pytest.mark.parametrize(
    ("offsets", "words"),
    [([0, 2, 1], "offsets has to ascend"), ([0, 1], "should be the number of inputs, 3")],
)
def test_offsets_that_cut_nothing_into_bags_are_refused(offsets, words):
    layer = nn.EmbeddingBag(4, 3, include_last_offset=True)
    with pytest.raises(RuntimeError, match=words):
        layer(tg.tensor([1, 2, 3]), tg.tensor(offsets))
