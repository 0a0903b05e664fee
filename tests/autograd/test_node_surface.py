"""What a program can do with the graph itself: hooks on nodes, what nodes keep, gradient edges."""

from __future__ import annotations

import gc
import weakref

import pytest

import tracegrad as tg
from tracegrad.autograd.graph import get_gradient_edge, register_multi_grad_hook


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


# -- hooks on nodes --------------------------------------------------------------------------------


def test_a_prehook_and_a_hook_may_replace_what_a_node_gets_and_gives():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.grad_fn.register_prehook(lambda gradients: (gradients[0] * 3,))
    handle = y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] + outputs[0], None))
    y.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [9.0, 9.0]
    handle.remove()
    x.grad = None
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


def test_hooks_of_a_node_with_several_outputs_see_all_their_gradients():
    x = leaf(1.0, 2.0, 3.0)
    first, _, third = x.unbind()
    seen = []
    first.grad_fn.register_prehook(
        lambda gradients: seen.append([g and g.item() for g in gradients])
    )
    (first * 5 + third * 7).backward()
    assert seen == [[5.0, None, 7.0]]


def test_hooks_of_nodes_take_part_in_a_recording_and_in_second_derivatives():
    x = leaf(2.0)
    y = (x**3).sum()
    y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 2,))
    (slope,) = tg.autograd.grad(y, x, create_graph=True)
    slope.backward()
    assert slope.tolist() == [24.0]
    assert x.grad.tolist() == [24.0]
    with tg.record():
        z = (x * 5).sum()
        z.grad_fn.register_prehook(lambda gradients: (gradients[0] * 10,))
        z.backward()
    assert x.grad.tolist() == [74.0]


def test_metadata_stays_with_its_node():
    x = leaf(1.0)
    y = x * 2
    y.grad_fn.metadata["step"] = 3
    assert y.grad_fn.metadata == {"step": 3}
    assert (x * 2).grad_fn.metadata == {}
    part = leaf(1.0, 2.0).unbind()[1]
    part.grad_fn.metadata["part"] = True
    assert part.grad_fn.node.metadata == {"part": True}
    assert part.output_nr == 1
    assert y.output_nr == 0


# -- what a node keeps -----------------------------------------------------------------------------


def test_saved_values_are_read_by_pytorchs_names_with_their_history():
    x = leaf(1.0, 2.0)
    y = x * x
    z = y.exp()
    assert y.grad_fn._saved_self.tolist() == [1.0, 2.0]
    assert y.grad_fn._saved_self.is_leaf
    assert z.grad_fn._saved_result.grad_fn is z.grad_fn
    assert z.grad_fn._saved_result.tolist() == z.tolist()
    assert x.sum(0).grad_fn._saved_self_sym_sizes == (2,)
    assert x.unbind(0)[0].grad_fn._saved_dim == 0


def test_a_node_has_only_the_attributes_of_what_it_keeps():
    y = leaf(1.0, 2.0).exp()
    assert not hasattr(y.grad_fn, "_saved_self")
    with pytest.raises(AttributeError, match="ExpBackward0 has no attribute '_saved_other'"):
        y.grad_fn._saved_other
    assert (leaf(1.0) * 2).grad_fn._saved_self is None  # a gradient of `other` would need it


def test_reading_a_saved_value_checks_that_it_is_there_and_unchanged():
    x = leaf(1.0, 2.0)
    y = x.exp()
    node = y.grad_fn
    y.sum().backward()
    with pytest.raises(tg.FreedGraphError, match="directly access saved tensors"):
        node._saved_result
    z = x.exp()
    node = z.grad_fn
    z.add_(1)
    with pytest.raises(tg.InplaceModificationError):
        node._saved_result


# -- gradient edges --------------------------------------------------------------------------------


def test_a_gradient_edge_stands_for_its_tensor_without_keeping_its_elements():
    x = leaf(1.0, 2.0)
    y = x * 3
    edge = get_gradient_edge(y)
    array = weakref.ref(y._array)
    z = (y + 1).sum()
    del y
    gc.collect()
    assert array() is None
    (g,) = tg.autograd.grad(z, edge, retain_graph=True)
    assert g.tolist() == [1.0, 1.0]
    z.backward(inputs=[get_gradient_edge(x)], retain_graph=True)
    (g,) = tg.autograd.grad(edge, get_gradient_edge(x), tg.ones(2, dtype=tg.float64))
    assert g.tolist() == [3.0, 3.0]
    assert x.grad.tolist() == [3.0, 3.0]
    with pytest.raises(RuntimeError, match="does not require gradients"):
        get_gradient_edge(tg.ones(1))


# -- hooks on several tensors ----------------------------------------------------------------------


def test_a_hook_on_several_tensors_is_called_once_per_pass_with_all_gradients():
    a, b, c = leaf(1.0), leaf(2.0), leaf(3.0)
    seen = []

    def note(gradients):
        seen.append([g and g.item() for g in gradients])

    with register_multi_grad_hook((a, b, c), note):
        (a * 2 + b * 3).sum().backward()
        (a * 4 + b * c).sum().backward()
        tg.autograd.grad((a * 5 + b * 6).sum(), b)
    (a * 7).sum().backward()
    assert seen == [[2.0, 3.0, None], [4.0, 3.0, 2.0], [None, 6.0, None]]


def test_in_mode_any_the_first_gradient_is_shown_and_only_that():
    a, b = leaf(1.0), leaf(2.0)
    seen = []
    register_multi_grad_hook((a, b), lambda g: seen.append(g.item()), mode="any")
    (a * 2 + b * 3).sum().backward()
    (b * 4).sum().backward()
    assert len(seen) == 2
    assert seen[0] in (2.0, 3.0)
    assert seen[1] == 4.0
    with pytest.raises(ValueError, match="one of"):
        register_multi_grad_hook((a,), print, mode="some")


# -- names of PyTorch's ----------------------------------------------------------------------------


def test_variable_is_a_tensor():
    data = tg.ones(2)
    x = tg.autograd.Variable(data, requires_grad=True)
    assert isinstance(x, tg.autograd.Variable)
    assert x.requires_grad
    assert not data.requires_grad
    with pytest.raises(NotImplementedError, match="volatile"):
        tg.autograd.Variable(data, volatile=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda: tg.autograd.forward_ad.dual_level(),
        lambda: tg.autograd.forward_ad.make_dual(tg.ones(1), tg.ones(1)),
        lambda: tg.autograd.forward_ad.unpack_dual(tg.ones(1)),
        lambda: tg.autograd.profiler.profile(),
        lambda: tg.autograd.profiler.emit_nvtx(),
    ],
)
def test_what_there_is_not_says_what_to_use_instead(call):
    with pytest.raises(NotImplementedError, match=r"try: .*tracegrad\."):
        call()


def test_record_function_names_a_part_of_a_recording():
    with tg.record() as trace, tg.autograd.profiler.record_function("my part"):
        tg.ones(2).exp()
    paths = [trace.scope(event.scope).path for event in trace.events() if event.op == "exp"]
    assert paths == ["my part"]
