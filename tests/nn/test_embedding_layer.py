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
