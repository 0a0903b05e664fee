"""One backward pass: order, accumulation, what is freed, what is given back."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.graph.walk import ancestors

LONG = 100_000


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


# -- size ------------------------------------------------------------------------------------------


def test_a_chain_of_100000_nodes_goes_forward_backward_and_away():
    x = leaf(1.0)
    y = x
    for _ in range(LONG):
        y = y + 1
    assert sum(1 for _ in ancestors([y._node])) == LONG + 1
    (g,) = tg.autograd.grad(y, x, retain_graph=True)
    assert g.item() == 1.0
    y.backward()
    assert x.grad.item() == 1.0
    node = weakref.ref(y.grad_fn)
    del y
    gc.collect()
    assert node() is None


def test_a_chain_of_100000_nodes_goes_away_without_backward():
    y = leaf(1.0)
    for _ in range(LONG):
        y = y * 2.0 if y.item() < 1 else y * 0.5
    assert y.grad_fn is not None
    del y


def test_a_long_chain_of_inplace_writes_on_a_view_goes_backward():
    x = leaf(1.0, 1.0)
    y = x * 1
    for _ in range(2_000):
        y[0] += 1
    y.backward(tg.tensor([1.0, 2.0], dtype=tg.float64))
    assert x.grad.tolist() == [1.0, 2.0]


def test_diamonds_are_visited_once_per_node():
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y + y  # 2**60 paths
    y.backward()
    assert x.grad.item() == 2.0**60


def test_fan_in_sums_all_contributions():
    x = leaf(2.0)
    (x * x + x.exp() + 3 * x + x[0]).sum().backward()
    assert x.grad.item() == pytest.approx(4.0 + np.exp(2.0) + 3.0 + 1.0)


# -- accumulation ----------------------------------------------------------------------------------


def test_two_backwards_add_up():
    x = leaf(1.0, 2.0)
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0]


def test_whoever_holds_the_gradient_sees_it_grow():
    x = leaf(1.0)
    x.sum().backward()
    held = x.grad
    x.sum().backward()
    assert held is x.grad
    assert held.item() == 2.0


def test_the_same_root_twice_counts_twice():
    x = leaf(1.0)
    y = x * 2
    tg.autograd.backward([y, y])
    assert x.grad.item() == 4.0


def test_backward_of_a_leaf_gives_its_own_gradient():
    x = leaf(3.0)
    x.backward()
    assert x.grad.item() == 1.0


def test_gradients_of_one_pass_to_several_outputs_share_work():
    x = leaf(1.0, 2.0, 3.0)
    a, b, c = x.unbind()
    tg.autograd.backward([a * 2, c * 5])
    assert x.grad.tolist() == [2.0, 0.0, 5.0]
    assert b.grad_fn is not None


# -- retaining and freeing -------------------------------------------------------------------------


def test_second_backward_says_that_the_values_are_gone_and_names_retain_graph():
    x = leaf(1.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(
        RuntimeError, match="Trying to backward through the graph a second time"
    ) as raised:
        y.backward()
    text = str(raised.value)
    assert "retain_graph=True" in text
    assert "y = (x * x).sum()" in text
    assert "y.backward()" in text


def test_second_backward_works_where_nothing_was_saved():
    x = leaf(1.0)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.item() == 2.0


def test_second_backward_through_a_write_to_a_view_says_so_too():
    x = leaf(1.0, 2.0)
    y = x * 1
    y[0].mul_(3)
    for create_graph in (False, True):
        y = x * 1
        y[0].mul_(3)
        loss = (y * y).sum()
        loss.backward()
        with pytest.raises(RuntimeError, match="a second time"):
            y.backward(tg.ones(2, dtype=tg.float64), create_graph=create_graph)


def test_retained_graph_can_be_used_again():
    x = leaf(3.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12.0
    with pytest.raises(RuntimeError, match="a second time"):
        y.backward()


def test_create_graph_retains_unless_told_otherwise():
    x = leaf(3.0)
    y = (x * x).sum()
    tg.autograd.grad(y, x, create_graph=True)
    tg.autograd.grad(y, x, create_graph=True, retain_graph=False)
    with pytest.raises(RuntimeError, match="a second time"):
        y.backward()


def test_only_visited_nodes_are_freed():
    x, w = leaf(3.0), leaf(2.0)
    a, b = x * x, w * w
    y = (a + b).sum()
    tg.autograd.grad(y, x)
    b.sum().backward()
    assert w.grad.item() == 4.0


# -- what cannot start -----------------------------------------------------------------------------


def test_backward_of_several_elements_asks_for_a_gradient():
    with pytest.raises(
        RuntimeError, match="grad can be implicitly created only for scalar outputs"
    ) as raised:
        leaf(1.0, 2.0).exp().backward()
    assert "[2]" in str(raised.value)
    assert ".sum()" in str(raised.value)


def test_backward_of_one_element_in_any_shape_needs_no_gradient():
    x = tg.ones(1, 1, requires_grad=True)
    (x * 2).backward()
    assert x.grad.tolist() == [[2.0]]


def test_backward_without_history_says_what_to_look_for():
    with pytest.raises(
        RuntimeError, match="element 0 of tensors does not require grad and does not have a grad_fn"
    ):
        tg.ones(1).backward()


def test_a_gradient_of_the_wrong_shape_is_refused():
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        leaf(1.0, 2.0).exp().backward(tg.ones(3, dtype=tg.float64))


def test_a_gradient_of_another_dtype_is_converted():
    x = tg.ones(2, requires_grad=True)
    (x * 2).backward(tg.ones(2, dtype=tg.float64))
    assert x.grad.dtype is tg.float32


def test_backward_inside_no_grad_works_and_records_nothing():
    x = leaf(2.0)
    y = x * x
    with tg.no_grad():
        y.backward()
    assert x.grad.item() == 4.0
    assert not x.grad.requires_grad


# -- aliases ---------------------------------------------------------------------------------------

CASES = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "stack": lambda x, y: tg.stack([x, y]).sum(0),
    "cat": lambda x, y: tg.cat([x, y])[:2] + tg.cat([x, y])[2:],
    "view": lambda x, y: x.view(1, 2) + y.view(2),
    "same twice": lambda x, y: x + y + x,
}


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
@pytest.mark.parametrize("function", CASES.values(), ids=CASES)
def test_gradients_never_share_memory_with_each_other_or_the_users(function, create_graph: bool):
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    given = tg.ones(2, dtype=tg.float64)
    out = function(x, y)
    out.backward(given.expand_as(out).clone() if out.ndim > 1 else given, create_graph=create_graph)
    arrays = [x.grad._array, y.grad._array, given._array]
    for n, one in enumerate(arrays):
        for other in arrays[n + 1 :]:
            assert not np.shares_memory(one, other)
    assert x.grad is not given
    before = y.grad.tolist()
    with tg.no_grad():
        x.grad.mul_(100)
        given.zero_()
    assert y.grad.tolist() == before


def test_results_of_grad_never_share_memory():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    given = tg.ones(2, dtype=tg.float64)
    gx, gy = tg.autograd.grad(x + y, [x, y], given)
    assert not np.shares_memory(gx._array, gy._array)
    assert not np.shares_memory(gx._array, given._array)


def test_backward_of_a_leaf_copies_the_given_gradient():
    x = leaf(1.0, 2.0)
    given = tg.ones(2, dtype=tg.float64)
    x.backward(given)
    given.zero_()
    assert x.grad.tolist() == [1.0, 1.0]


def test_gradient_of_an_expanded_tensor_can_be_written_to():
    x = leaf(1.0, 2.0)
    x.sum().backward()
    x.grad.mul_(3)
    assert x.grad.tolist() == [3.0, 3.0]


# -- grad() ----------------------------------------------------------------------------------------


def test_grad_leaves_the_leaves_alone():
    x = leaf(2.0)
    (g,) = tg.autograd.grad((x * x).sum(), x)
    assert g.item() == 4.0
    assert x.grad is None


def test_grad_of_an_intermediate_result():
    x = leaf(2.0)
    y = x * x
    z = (y * y).sum()
    gy, gx = tg.autograd.grad(z, [y, x])
    assert gy.item() == 8.0
    assert gx.item() == 32.0


def test_grad_of_a_tensor_for_itself_is_one():
    x = leaf(2.0)
    y = x * x
    gy, gx = tg.autograd.grad(y, [y, x])
    assert (gy.item(), gx.item()) == (1.0, 4.0)


def test_grad_of_one_of_several_outputs_as_input():
    x = leaf(1.0, 2.0)
    a, b = x.unbind()
    ga, gb = tg.autograd.grad(a * b, [a, b])
    assert (ga.item(), gb.item()) == (2.0, 1.0)


def test_grad_of_an_unused_input_is_an_error_that_names_it():
    x, unused = leaf(2.0), leaf(1.0, 1.0)
    with pytest.raises(
        RuntimeError, match="The differentiated Tensor at index 1 appears to not have been used"
    ):
        tg.autograd.grad((x * x).sum(), [x, unused])


def test_grad_of_an_unused_input_can_be_none_or_zeros():
    x, unused = leaf(2.0), leaf(1.0, 1.0)
    loss = (x * x).sum()
    _, nothing = tg.autograd.grad(loss, [x, unused], retain_graph=True, allow_unused=True)
    assert nothing is None
    _, zeros = tg.autograd.grad(loss, [x, unused], materialize_grads=True)
    assert zeros.tolist() == [0.0, 0.0]


def test_grad_of_what_requires_none_is_refused():
    with pytest.raises(
        RuntimeError, match="One of the differentiated Tensors does not require grad"
    ):
        tg.autograd.grad(leaf(1.0).sum(), tg.ones(1))


def test_grad_visits_only_what_leads_to_its_inputs():
    x, other = leaf(2.0), leaf(3.0)
    off_path = other * other
    called = []
    off_path.register_hook(called.append)
    (x * x + off_path).sum().backward()
    assert len(called) == 1
    off_path = other * other
    off_path.register_hook(called.append)
    tg.autograd.grad((x * x + off_path).sum(), x)
    assert len(called) == 1


def test_a_stale_value_off_the_path_does_not_disturb_grad():
    x, other = leaf(2.0), leaf(3.0)
    scratch = other * 1
    off_path = scratch * scratch
    y = (x * x + off_path).sum()
    scratch.mul_(2)
    (g,) = tg.autograd.grad(y, x, retain_graph=True)
    assert g.item() == 4.0
    with pytest.raises(tg.InplaceModificationError):
        tg.autograd.grad(y, other)


def test_backward_with_inputs_touches_only_those():
    x, w = leaf(2.0), leaf(3.0)
    y = x * w
    y.backward(inputs=[w])
    assert w.grad.item() == 2.0
    assert x.grad is None


def test_backward_with_inputs_reaches_an_intermediate_result():
    x = leaf(2.0)
    y = x * x
    (y * 3).sum().backward(inputs=[y])
    assert y.grad.item() == 3.0
    assert x.grad is None


def test_backward_with_no_inputs_is_refused():
    with pytest.raises(RuntimeError, match="cannot be empty"):
        leaf(2.0).exp().backward(inputs=[])


def test_batched_gradients_are_those_of_one_call_each():
    x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    starts = tg.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]], dtype=tg.float64)
    (found,) = tg.autograd.grad(x**2, x, starts, is_grads_batched=True)
    assert found.tolist() == [[2.0, 0.0], [0.0, 4.0], [4.0, 12.0]]


def test_batched_gradients_without_a_batch_dimension_are_refused():
    x = leaf(2.0)
    with pytest.raises(RuntimeError, match="first dimension of each grad_output as the batch"):
        tg.autograd.grad(x.exp(), x, is_grads_batched=True)


# -- higher derivatives ----------------------------------------------------------------------------


def test_third_derivative_of_a_cube():
    x = leaf(2.0)
    y = (x**3).sum()
    for expected in (12.0, 12.0, 6.0):
        (y,) = tg.autograd.grad(y, x, create_graph=True)
        assert y.item() == expected


def test_gradients_of_a_plain_backward_require_no_grad():
    x = leaf(2.0)
    (x * x).sum().backward()
    assert not x.grad.requires_grad


def test_backward_with_create_graph_leaves_gradients_that_can_be_differentiated():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    (second,) = tg.autograd.grad(x.grad.sum(), x)
    assert second.item() == 12.0


def test_create_graph_goes_through_views_and_inplace_writes():
    def function(x):
        y = x * x
        y[0].mul_(x[1])
        y.view(1, 3)[:, 1:].t().mul_(y[:1].clone())
        y.add_(x.exp())
        return (y * y).sum()

    x = leaf(0.3, 0.7, -0.4)
    (g,) = tg.autograd.grad(function(x), x, create_graph=True)
    (second,) = tg.autograd.grad((g * g).sum(), x)

    def pushed(values):
        at = leaf(*values)
        (slope,) = tg.autograd.grad(function(at), at)
        return (slope * slope).sum().item()

    start = np.array(x.tolist())
    for n in range(3):
        step = np.zeros(3)
        step[n] = 1e-6
        difference = (pushed(start + step) - pushed(start - step)) / 2e-6
        assert second[n].item() == pytest.approx(difference, rel=1e-6)


def test_grad_mode_is_what_it_was_after_an_error_in_backward():
    x = leaf(1.0)
    y = x * x
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.backward(create_graph=True)
    assert tg.is_grad_enabled()
    with tg.no_grad():
        y = leaf(1.0)
        assert not tg.is_grad_enabled()
