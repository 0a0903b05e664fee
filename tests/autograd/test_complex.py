"""Complex numbers take part in arithmetic; their gradients are refused, never wrong."""

from __future__ import annotations

import pytest

import tracegrad as tg


def test_a_complex_leaf_cannot_require_grad():
    with pytest.raises(NotImplementedError, match="gradients of complex tensors are not supported"):
        tg.tensor([1 + 2j], requires_grad=True)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_that_comes_back_through_complex_numbers_is_refused(create_graph):
    x = tg.tensor([1.0], requires_grad=True)
    y = x * tg.tensor([2j])
    assert y.tolist() == [2j]
    with pytest.raises(NotImplementedError, match="gradients through complex tensors"):
        y.sum().backward(create_graph=create_graph)
    assert x.grad is None
