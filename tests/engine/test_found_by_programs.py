"""What random programs found wrong (see `machine`), each as the shortest program that shows it."""

from __future__ import annotations

import pytest

import tracegrad as tg
from tracegrad.autograd.graph import saved_tensors_hooks


def parameter() -> tg.Tensor:
    return tg.tensor([0.5, 1.5], dtype=tg.float64, requires_grad=True)


def test_a_value_written_before_it_is_packed_is_no_changed_value() -> None:
    x = parameter()
    y = -x
    y.neg_()
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        used = y.sin()
    used.backward(tg.ones(2, dtype=tg.float64))
    assert x.grad is not None
    assert x.grad.tolist() == x.detach().cos().tolist()


def test_a_value_written_after_it_is_packed_is_refused_also_where_it_has_a_counter_of_its_own() -> (
    None
):
    x = parameter()
    data = tg.ones(2, dtype=tg.float64).data
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        y = x * data
    data.add_(1)
    with pytest.raises(tg.InplaceModificationError):
        y.sum().backward()


def test_backward_frees_the_masks_and_indices_of_an_assignment() -> None:
    y = -parameter()
    y[[1]] = 0.0
    y.sum().backward()
    with pytest.raises(tg.FreedGraphError):
        y.sum().backward()


def test_a_conversion_keeps_nothing_that_a_second_backward_could_miss() -> None:
    x = parameter()
    y = x.float().sum()
    y.backward()
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("freeze", [lambda x: x.requires_grad_(False), lambda x: x.detach_()])
def test_a_leaf_that_was_frozen_gathers_no_gradient_from_an_older_graph(freeze: object) -> None:
    x, other = parameter(), parameter()
    loss = (x * other).sum()
    freeze(x)  # type: ignore[operator]  # a parameter of the test
    loss.backward(retain_graph=True)
    assert x.grad is None
    assert other.grad is not None
    x.requires_grad_()
    loss.backward()
    assert x.grad is not None
    assert x.grad.tolist() == other.detach().tolist()
