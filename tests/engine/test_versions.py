"""A value that backward needs and that was written since is found out, however it was written."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tracegrad import optim


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def through_itself(y):
    y.add_(1)


def through_a_view(y):
    y[0].add_(1)


def through_a_view_of_a_view(y):
    y.view(1, 2).t()[1:].mul_(2)


def through_detach(y):
    y.detach().add_(1)


def through_setitem(y):
    y[1] = 5.0


def through_setitem_with_a_mask(y):
    y[y > 1] = 5.0


def under_no_grad(y):
    with tg.no_grad():
        y.mul_(2.0)


def under_no_grad_by_operator(y):
    with tg.no_grad():
        y -= 0.5


def by_copy(y):
    y.copy_(tg.zeros(2, dtype=tg.float64))


def by_zero(y):
    y.zero_()


WRITES = [
    through_itself, through_a_view, through_a_view_of_a_view, through_detach, through_setitem,
    through_setitem_with_a_mask, under_no_grad, under_no_grad_by_operator, by_copy, by_zero,
]  # fmt: skip
each_write = pytest.mark.parametrize("write", WRITES, ids=lambda f: f.__name__)
each_world = pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])


@each_world
@each_write
def test_a_saved_input_that_was_written_is_refused(write, create_graph: bool):
    y = leaf(1.0, 2.0) * 1
    out = y.sin().sum()
    write(y)
    with pytest.raises(
        tg.InplaceModificationError, match="has been modified by an inplace operation"
    ) as raised:
        out.backward(create_graph=create_graph)
    assert raised.value.saved_by.op == "sin"
    assert len(raised.value.changes) == 1
    assert write.__name__ == "by_zero" or "test_versions.py" in str(raised.value.changes[0])


@each_world
@each_write
def test_a_saved_output_that_was_written_is_refused(write, create_graph: bool):
    y = leaf(1.0, 2.0).exp()
    out = (y + 0).sum()
    write(y)
    with pytest.raises(
        tg.InplaceModificationError, match="has been modified by an inplace operation"
    ) as raised:
        out.backward(create_graph=create_graph)
    assert raised.value.saved_by.op == "exp"


@each_write
def test_a_write_that_no_rule_minds_is_allowed(write):
    x = leaf(1.0, 2.0)
    y = x + 1
    out = (y * 3).sum()
    write(y)
    out.backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_a_write_to_the_base_is_seen_by_a_saved_view():
    y = leaf(1.0, 2.0) * 1
    out = y[1].sin()
    y[0] = 0.0  # another element: versions belong to the memory, as in PyTorch
    with pytest.raises(tg.InplaceModificationError):
        out.backward()


def test_a_write_before_the_use_is_fine():
    x = leaf(1.0, 2.0)
    y = x * 1
    y.add_(1)
    y.sin().sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.cos([2.0, 3.0]))


def test_writing_a_clone_is_fine():
    x = leaf(1.0, 2.0)
    y = x * 1
    out = y.sin().sum()
    y.clone().add_(1)
    out.backward()
    assert x.grad is not None


def test_writes_through_data_are_not_counted():
    y = leaf(1.0, 2.0) * 1
    out = y.sin().sum()
    version = y._version
    y.data.mul_(2)
    assert y._version == version
    out.backward()


def test_a_number_of_writes_is_told_even_if_only_the_last_are_remembered():
    y = leaf(1.0, 2.0) * 1
    out = y.sin().sum()
    for _ in range(20):
        y.add_(1)
    with pytest.raises(
        tg.InplaceModificationError, match="version 20; expected version 0"
    ) as raised:
        out.backward()
    assert len(raised.value.changes) == 8
    assert "version 0 -> 12 by 12 earlier writes" in str(raised.value)


def test_an_optimizer_step_between_forward_and_backward_is_named():
    weight = leaf(1.0, 2.0)
    optimizer = optim.SGD([weight], lr=0.1)
    loss = (weight * weight).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(tg.InplaceModificationError) as raised:
        loss.backward()
    text = str(raised.value)
    assert "optimizer.step()" in text
    assert "loss = (weight * weight).sum()" in text


def test_a_hand_written_update_between_forward_and_backward_is_named():
    weight = leaf(1.0, 2.0)
    loss = (weight * weight).sum()
    loss.backward(retain_graph=True)
    with tg.no_grad():
        weight -= 0.1 * weight.grad
    with pytest.raises(tg.InplaceModificationError, match=r"sub_ .*weight -= 0\.1") as raised:
        loss.backward()
    assert len(raised.value.changes) == 1


def test_an_inplace_op_on_itself_needs_its_old_value():
    y = leaf(1.0, 2.0) * 1
    y.mul_(y)
    with pytest.raises(tg.InplaceModificationError):
        y.sum().backward()


def test_the_version_counts_writes_and_is_shared_by_all_that_share_memory():
    y = tg.zeros(4)
    shown = y[1:]
    assert (y._version, shown._version) == (0, 0)
    shown.add_(1)
    y.detach().mul_(2)
    y[0] = 3
    assert y._version == shown._version == y.view(2, 2)._version == 3
    assert y.clone()._version == 0


def test_accumulating_into_grad_counts_as_a_write_to_grad():
    x = leaf(1.0)
    (x * 2).sum().backward()
    w = leaf(5.0)
    out = (x.grad * w).sum()
    (x * 2).sum().backward()
    with pytest.raises(tg.InplaceModificationError, match="accumulate_grad"):
        out.backward()
