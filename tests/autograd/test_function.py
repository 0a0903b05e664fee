"""`Function`: what PyTorch does not do, or not well. What both do is in `tests/parity`."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tests.autograd.functions import function, leaf
from tracegrad.autograd import Function
from tracegrad.autograd.function import FunctionCtx
from tracegrad.engine.views import View
from tracegrad.errors import FreedGraphError, InplaceModificationError, NoGradientError
from tracegrad.graph.location import place


def save_input(ctx: Any, x: tg.Tensor) -> tg.Tensor:
    ctx.save_for_backward(x)
    return x * 1


def times_saved(ctx: Any, g: tg.Tensor) -> tg.Tensor:
    return g * ctx.saved_tensors[0]


class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class Pair(Function):
    """Two outputs, and one of each kind of saved tensor."""

    @staticmethod
    def forward(ctx, x):
        y, z = x.exp(), x * 2
        ctx.save_for_backward(x, y, z, x + 1, None)
        return y, z

    @staticmethod
    def backward(ctx, g, h):
        _, y, _, _, _ = ctx.saved_tensors
        return g * y + h * 2


# -- the node --------------------------------------------------------------------------------------


def test_grad_fn_is_called_after_the_function():
    y = Exp.apply(leaf())
    assert y.grad_fn.name() == "ExpBackward"
    assert repr(y.grad_fn) == "<ExpBackward>"
    assert repr(y).endswith("grad_fn=<ExpBackward>)")


def test_the_node_knows_the_line_of_apply_and_not_one_within_forward():
    y = Exp.apply(leaf())
    where = place(y.grad_fn.code, y.grad_fn.lasti)
    assert where.expression == "Exp.apply(leaf())"
    assert where.variable == "y"


def test_a_missing_attribute_of_grad_fn_is_an_attribute_error():
    with pytest.raises(AttributeError, match="factor"):
        Exp.apply(leaf()).grad_fn.factor


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("create_graph", [False, True])
def test_everything_goes_with_the_outputs_without_the_garbage_collector(create_graph: bool):
    x = leaf()
    y, z = Pair.apply(x * 1)
    node = y.grad_fn.node
    alive = [weakref.ref(o) for o in (y, z, node, node.op.ctx, y.grad_fn)]
    node.saved_tensors
    (g,) = tg.autograd.grad((y * z).sum(), x, create_graph=create_graph)
    alive.append(weakref.ref(g))
    del y, z, node, g
    assert [reference() for reference in alive] == [None] * 6


@pytest.mark.usefixtures("without_collector")
def test_a_function_that_writes_to_a_view_makes_no_cycle_either():
    def forward(ctx, x):
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x.sigmoid_()

    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y * (1 - y)

    h = leaf() * 1
    part = function(forward, backward).apply(h[:2])
    alive = [weakref.ref(o) for o in (h, part, h.grad_fn, part.grad_fn)]
    h.sum().backward(retain_graph=True)
    del h, part
    assert [reference() for reference in alive] == [None] * 4


@pytest.mark.usefixtures("without_collector")
def test_what_forward_saved_is_freed_by_backward():
    kept: list[weakref.ref[Any]] = []

    def forward(ctx, x):
        middle = x + 1
        kept.append(weakref.ref(middle._array))
        ctx.save_for_backward(middle)
        return x * 2

    y = function(forward, lambda ctx, g: g * 2).apply(leaf())
    assert kept[0]() is not None
    y.sum().backward()
    assert kept[0]() is None


def test_ctx_outlives_its_outputs_but_not_their_saved_tensors():
    kept: list[FunctionCtx] = []

    def forward(ctx, x):
        kept.append(ctx)
        ctx.save_for_backward(x)
        return x * 2

    y = function(forward).apply(leaf())
    assert kept[0].saved_tensors[0].tolist() == [1, 2, 3]
    del y
    with pytest.raises(RuntimeError, match="go with its outputs, and those are gone"):
        kept[0].saved_tensors


def test_ctx_is_a_function_ctx():
    seen: list[Any] = []
    function(lambda ctx, x: (seen.append(ctx), x * 1)[1]).apply(leaf())
    assert isinstance(seen[0], FunctionCtx)


# -- saved tensors ---------------------------------------------------------------------------------


def test_a_saved_parameter_comes_back_as_the_very_parameter():
    weight = tg.nn.Parameter(tg.ones(3))
    seen: list[Any] = []

    def backward(ctx, g):
        seen.append(ctx.saved_tensors[0])
        return g

    f = function(lambda ctx, w: (ctx.save_for_backward(w), w * 1)[1], backward)
    f.apply(weight).sum().backward()
    assert seen[0] is weight


def test_a_saved_leaf_that_nobody_holds_comes_back_with_its_gradient_place():
    seen: list[Any] = []

    def backward(ctx, g):
        seen.append(ctx.saved_tensors[0])
        return g

    y = function(lambda ctx, x: (ctx.save_for_backward(x), x * 1)[1], backward).apply(leaf())
    y.sum().backward()
    assert seen[0].is_leaf
    assert seen[0].requires_grad
    assert seen[0].grad.tolist() == [1, 1, 1]


def test_writing_in_forward_to_what_was_saved_is_refused():
    def forward(ctx, x):
        y = x.sigmoid()
        ctx.save_for_backward(y)
        y.mul_(3)
        return y

    with pytest.raises(InplaceModificationError, match="saved tensor 0") as raised:
        function(forward).apply(leaf())
    assert [change.by.op for change in raised.value.changes] == ["mul_"]
    assert raised.value.needed_by.op == "Mine"


def test_writing_before_it_is_saved_is_fine():
    def forward(ctx, x):
        y = x.sigmoid()
        y.mul_(3)
        ctx.save_for_backward(y)
        return y

    x = leaf()
    function(forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), (x.detach().sigmoid() * 3).numpy())


def test_the_error_for_a_changed_input_can_be_taken_apart():
    x = leaf() * 1
    y = function(save_input, times_saved).apply(x)
    x.add_(1)
    with pytest.raises(InplaceModificationError) as raised:
        y.sum().backward()
    error = raised.value
    assert [value.what for value in error.saved] == ["x of Mine.forward"]
    assert error.saved_by.op == "Mine"
    assert [change.by.statement for change in error.changes] == ["x.add_(1)"]
    assert error.needed_by.op == "Mine backward"


def test_saved_tensors_hooks_see_what_a_function_saves():
    packed: list[list[float]] = []

    def pack(tensor):
        packed.append(tensor.tolist())
        return tensor.tolist()

    x = leaf()
    with tg.autograd.graph.saved_tensors_hooks(pack, tg.tensor):
        y, z = Pair.apply(x)
    assert packed[0] == [1, 2, 3]
    assert packed[2:] == [[2, 4, 6], [2, 3, 4]]
    y.add_(1)  # what was packed is a copy: nothing is stale
    (y.sum() + z.sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1, 2, 3]) + 2, rtol=1e-6)


def test_a_change_of_what_a_function_saved_can_be_allowed():
    x = leaf()
    with tg.autograd.graph.allow_mutation_on_saved_tensors() as preserved:
        y, z = Pair.apply(x)
        y.mul_(0)
        (y.sum() + z.sum()).backward()
    assert x.grad.tolist() == [2, 2, 2]
    assert preserved.copies == 1


def test_an_unseen_write_to_what_a_function_saved_is_found_on_request():
    with tg.autograd.detect_anomaly(check_writes=True):
        x = leaf() * 1
        y = function(save_input, times_saved).apply(x)
        x.data.mul_(2)
        with pytest.raises(InplaceModificationError, match=r"x of Mine\.forward"):
            y.sum().backward()


@pytest.mark.parametrize("name", ["out", "x", "saved", "*xs", "*out"])
def test_any_name_of_a_parameter_can_be_told_from_the_output(name: str):
    names: dict[str, Any] = {}
    argument = f"{name[1:]}[0]" if name.startswith("*") else name
    exec(
        f"def forward(ctx, {name}):\n"
        f"    y = {argument}.exp()\n    ctx.save_for_backward({argument}, y)\n    return y",
        names,
    )
    y = function(names["forward"], lambda ctx, g: (ctx.saved_tensors, g)[1]).apply(x := leaf() * 1)
    x.add_(1)
    with pytest.raises(InplaceModificationError) as raised:
        y.sum().backward()
    assert [value.what for value in raised.value.saved] == [f"{argument} of Mine.forward"]


# -- outputs ---------------------------------------------------------------------------------------


def test_an_input_returned_as_it_is_becomes_a_view_made_by_the_function():
    x = leaf()
    y = function(lambda ctx, x: x, lambda ctx, g: -g).apply(x)
    assert isinstance(y._view, View)
    assert (y._view.origin, y._view.op) == ("function", "Mine")
    assert y._base is x


def test_returning_a_global_parameter_leaves_the_parameter_alone():
    weight = leaf()
    y = function(lambda ctx, x: weight, lambda ctx, g: g * 2).apply(x := leaf())
    assert y is not weight
    assert weight.is_leaf
    y.sum().backward()
    assert (weight.grad, x.grad.tolist()) == (None, [2, 2, 2])
    with tg.no_grad():
        function(lambda ctx, x: weight).apply(x)
    assert weight.requires_grad


def test_an_output_with_a_history_of_its_own_keeps_it_for_backward():
    def forward(ctx, x):
        with tg.enable_grad():
            ctx.x = x.detach().requires_grad_()
            ctx.y = ctx.x.exp()
        return ctx.y

    x = leaf()
    f = function(forward, lambda ctx, g: tg.autograd.grad(ctx.y, ctx.x, g))
    f.apply(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1, 2, 3]), rtol=1e-6)


def test_a_tensor_from_the_middle_of_forward_tells_why_it_has_no_history():
    kept: list[Any] = []

    def forward(ctx, x):
        kept.append(x * 3)
        return kept[0] + 1

    function(forward).apply(leaf())
    with pytest.raises(NoGradientError) as raised:
        kept[0].sum().backward()
    assert raised.value.switched_off_by.op == "Mine.forward"
    assert "apply(leaf())" in raised.value.switched_off_by.statement


def test_what_switched_gradients_off_outside_stays_the_reason():
    with tg.no_grad():
        y = Exp.apply(leaf())
    with pytest.raises(NoGradientError) as raised:
        y.sum().backward()
    assert raised.value.cut_by.op == "Exp"
    assert raised.value.switched_off_by.op == "no_grad"


def test_forward_leaves_the_grad_mode_as_it_was_after_an_error():
    with pytest.raises(ZeroDivisionError):
        function(lambda ctx, x: 1 / 0).apply(leaf())
    assert tg.is_grad_enabled()
    assert (leaf() * 1).requires_grad


# -- backward --------------------------------------------------------------------------------------


def test_a_gradient_that_is_a_saved_tensor_is_not_shared_with_grad():
    x, w = leaf(), leaf()
    f = function(
        lambda ctx, x, w: (ctx.save_for_backward(x), x * w)[1],
        lambda ctx, g: (g, ctx.saved_tensors[0]),
    )
    start = tg.ones(3)
    f.apply(x, w).backward(start)
    w.grad.zero_()
    x.grad.zero_()
    assert (x.tolist(), start.tolist()) == ([1, 2, 3], [1, 1, 1])


@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_may_not_write_to_the_gradient_that_others_may_get(create_graph: bool):
    def backward(ctx, g):
        g.mul_(5)
        return g

    x, other = leaf(), leaf()
    y = function(lambda ctx, x: x * 1, backward).apply(x)
    with pytest.raises(RuntimeError, match="wrote to the gradient of output 0"):
        (y + other).backward(tg.ones(3), create_graph=create_graph)


def test_backward_may_write_to_a_clone_of_the_gradient():
    def backward(ctx, g):
        g = g.clone()
        g[0] = 0
        return g

    x = leaf()
    function(lambda ctx, x: x * 1, backward).apply(x).sum().backward()
    assert x.grad.tolist() == [0, 1, 1]


def test_a_backward_inside_of_backward_keeps_its_own_error():
    inner = leaf().exp().sum()
    inner.backward()

    def backward(ctx, g):
        inner.backward()
        return g

    with pytest.raises(FreedGraphError) as raised:
        function(lambda ctx, x: x * 1, backward).apply(leaf()).sum().backward()
    assert raised.value.needed_by.op == "exp backward"


def test_a_function_may_be_used_from_several_threads():
    x = leaf()
    y = Exp.apply(x)
    found: list[Any] = []

    def work():
        for _ in range(20):
            found.append(tg.autograd.grad(y.sum(), x, retain_graph=True)[0].tolist())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [y.tolist()] * 60


def test_ten_thousand_functions_in_a_row_go_backward():
    x = leaf()
    f = function(lambda ctx, x: x * 1, lambda ctx, g: g)
    y = x
    for _ in range(10_000):
        y = f.apply(y)
    y.sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_a_gradient_for_which_nobody_asked_is_not_looked_at():
    x = leaf()
    f = function(lambda ctx, x, y: x * y, lambda ctx, g: (g, tg.ones(7)))
    f.apply(x, tg.ones(3)).sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


# -- what there is not -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["jvp", "vmap"])
def test_what_is_not_supported_says_what_to_do_instead(name: str):
    with pytest.raises(NotImplementedError, match=r"not supported.*\n  try: "):
        getattr(Exp, name)(None, (0,), 1)


def test_the_way_around_jvp_that_its_message_gives_is_right():
    x = leaf()
    t = tg.tensor([1.0, 0.5, -2.0])
    y = Exp.apply(x)
    v = tg.zeros_like(y).requires_grad_()
    (g,) = tg.autograd.grad(y, x, v, create_graph=True)
    (jvp,) = tg.autograd.grad(g, v, t)
    np.testing.assert_allclose(jvp.numpy(), np.exp([1, 2, 3]) * t.numpy(), rtol=1e-6)


def test_an_instance_warns_that_it_is_of_no_use():
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        Exp()
