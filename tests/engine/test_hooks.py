"""Functions that the user hangs into a backward pass, and gradients kept on request."""

from __future__ import annotations

import pytest

import tracegrad as tg


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def test_a_hook_on_a_result_sees_the_gradient_and_may_replace_it():
    x = leaf(1.0, 2.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.sum().backward()
    assert seen == [[1.0, 1.0], [10.0, 10.0]]
    assert x.grad.tolist() == [20.0, 20.0]


def test_a_hook_on_a_leaf_sees_the_sum_of_all_contributions_once():
    x = leaf(3.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 2 + x * 5).sum().backward()
    assert seen == [7.0]


def test_a_hook_that_returns_another_shape_is_refused_by_name():
    def summing(g):
        return g.sum()

    x = leaf(1.0, 2.0)
    x.register_hook(summing)
    with pytest.raises(RuntimeError, match="hook 'summing' has changed the size of value"):
        x.exp().sum().backward()


def test_a_removed_hook_is_not_called():
    x = leaf(1.0)
    seen = []
    with x.register_hook(seen.append):
        x.sum().backward()
    handle = x.register_hook(seen.append)
    handle.remove()
    handle.remove()
    x.sum().backward()
    assert len(seen) == 1


def test_a_hook_that_raises_names_itself_in_the_traceback():
    x = leaf(1.0)
    y = x * 2
    y.register_hook(lambda g: [][1])
    with pytest.raises(IndexError):
        y.sum().backward()


def test_a_hook_on_what_requires_no_grad_is_refused():
    with pytest.raises(
        RuntimeError, match="cannot register a hook on a tensor that doesn't require gradient"
    ):
        tg.ones(1).register_hook(print)


def test_a_hook_under_create_graph_sees_a_gradient_with_history():
    x = leaf(2.0)
    y = x * x
    seen = []
    y.register_hook(lambda g: seen.append(g.requires_grad))
    (y * y).sum().backward(create_graph=True)
    assert seen == [True]


def test_a_hook_that_writes_to_its_gradient_changes_only_its_own_branch():
    x, w = leaf(1.0), leaf(1.0)
    a, b = x * 1, w * 1
    a.register_hook(lambda g: g * 0)
    (a + b).sum().backward()
    assert (x.grad.item(), w.grad.item()) == (0.0, 1.0)


def test_post_accumulate_hook_runs_after_grad_is_there_and_gets_the_tensor():
    x = leaf(2.0)
    seen = []
    x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.item())))
    (x * x).sum().backward()
    assert seen == [(True, 4.0)]


def test_post_accumulate_hook_may_clear_the_gradient():
    x = leaf(2.0)

    def step(parameter):
        parameter.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * x).sum().backward()
    assert x.grad is None


def test_post_accumulate_hook_is_for_leaves():
    with pytest.raises(RuntimeError, match="cannot be registered on non-leaf"):
        leaf(1.0).exp().register_post_accumulate_grad_hook(print)


def test_hooks_stay_with_the_value_that_they_were_registered_on():
    x = leaf(1.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    y.mul_(3)
    y.sum().backward()
    assert seen == [3.0]


# -- retain_grad -----------------------------------------------------------------------------------


def test_retain_grad_keeps_the_gradient_of_a_result():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    assert y.retains_grad
    (y * 3).sum().backward()
    assert y.grad.item() == 3.0


def test_without_retain_grad_a_result_keeps_none():
    y = leaf(2.0).exp()
    y.sum().backward()
    assert y.grad is None
    assert not y.retains_grad


def test_retain_grad_on_a_leaf_changes_nothing():
    x = leaf(2.0)
    x.retain_grad()
    assert not x.retains_grad
    x.sum().backward()
    assert x.grad.item() == 1.0


def test_retain_grad_on_what_requires_none_is_refused():
    with pytest.raises(
        RuntimeError, match="can't retain_grad on Tensor that has requires_grad=False"
    ):
        tg.ones(1).retain_grad()


def test_retain_grad_sees_what_hooks_made_of_the_gradient():
    y = leaf(2.0).exp()
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    y.sum().backward()
    assert y.grad.item() == 5.0


def test_retain_grad_follows_a_tensor_through_inplace_writes():
    y = leaf(2.0) * 1
    y.retain_grad()
    y.mul_(3)
    assert y.retains_grad
    y.sum().backward()
    assert y.grad.item() == 1.0


def test_retain_grad_follows_a_base_written_through_its_view():
    y = leaf(2.0, 3.0) * 1
    y.retain_grad()
    y[0].mul_(7)
    (y * 2).sum().backward()
    assert y.grad.tolist() == [2.0, 2.0]


def test_retain_grad_follows_a_view_when_its_base_is_written():
    y = leaf(2.0, 3.0) * 1
    first = y[0]
    first.retain_grad()
    y.mul_(7)
    (first * 2).backward()
    assert first.grad.item() == 2.0


def test_retain_grad_on_one_of_several_outputs():
    a, b = leaf(2.0, 3.0).unbind()
    a.retain_grad()
    (a * b).backward()
    assert a.grad.item() == 3.0
    assert b.grad is None
