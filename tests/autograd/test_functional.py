"""`autograd.functional` and `tracegrad.func` against derivatives written by hand."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tracegrad import func
from tracegrad.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp


def data(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64)


@pytest.fixture
def x() -> tg.Tensor:
    return data(1.0, 2.0, -3.0)


W = tg.tensor([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0]], dtype=tg.float64)


def line(x):
    """Its Jacobian is W."""
    return W @ x


def cube(x):
    """Its gradient is 3 x², its Hessian diag(6 x)."""
    return (x**3).sum()


def check(got, expected) -> None:
    np.testing.assert_allclose(got.detach().numpy(), np.asarray(expected), rtol=1e-12)


# -- products and Jacobians ------------------------------------------------------------------------


def test_vjp_and_jvp_multiply_with_the_jacobian_from_either_side(x):
    value, product = vjp(line, x, data(1.0, 2.0))
    check(value, W.numpy() @ x.numpy())
    check(product, [2.0, 0.0, 11.0])
    value, product = jvp(line, x, data(1.0, 1.0, 0.0))
    check(product, [3.0, -0.5])
    assert not value.requires_grad
    assert not product.requires_grad


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_jacobians_have_the_outputs_shape_and_then_the_inputs(x, strategy):
    check(jacobian(line, x, strategy=strategy), W.numpy())
    table = jacobian(lambda a, b: (a * b, a.sum()), (x, x + 1), strategy=strategy)
    assert [[tuple(part.shape) for part in row] for row in table] == [[(3, 3)] * 2, [(3,)] * 2]
    check(table[0][0], np.diag(x.numpy() + 1))
    check(table[1][0], np.ones(3))
    check(table[1][1], np.zeros(3))  # does not depend on b


def test_hessians_and_products_with_them(x):
    check(hessian(cube, x), np.diag(6 * x.numpy()))
    check(hessian(cube, x, outer_jacobian_strategy="forward-mode"), np.diag(6 * x.numpy()))
    for product in (hvp, vhp):
        value, found = product(cube, x, data(1.0, 1.0, 2.0))
        check(value, 1 + 8 - 27)
        check(found, [6.0, 12.0, -36.0])
    table = hessian(lambda a, b: (a * b).sum(), (x, x + 1))
    check(table[0][1], np.eye(3))
    check(table[0][0], np.zeros((3, 3)))


def test_create_graph_lets_the_result_be_differentiated_and_else_it_cannot_be(x):
    leaf = x.clone().requires_grad_()
    jacobian(lambda x: x**3, leaf, create_graph=True).sum().backward()
    check(leaf.grad, 6 * x.numpy())
    assert not jacobian(lambda x: x**3, leaf).requires_grad
    assert hvp(cube, leaf, x, create_graph=True)[1].requires_grad
    assert x.grad is None


def test_the_callers_tensors_get_no_gradient_and_keep_their_flag(x):
    leaf = x.clone().requires_grad_()
    jacobian(line, leaf)
    hessian(cube, x)
    assert leaf.grad is None
    assert not x.requires_grad


def test_they_work_inside_of_no_grad(x):
    with tg.no_grad():
        check(jacobian(line, x), W.numpy())
        check(hessian(cube, x), np.diag(6 * x.numpy()))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: vjp(line, x, data(1, 2), strict=True), None),
        (lambda x: vjp(lambda x: W, x, W, strict=True), "Output 0 of the user-provided function"),
        (
            lambda x: jacobian(lambda a, b: a * 2, (x, x), strict=True),
            "Output 0 of the user-provided function is independent of input 1",
        ),
        (
            lambda x: jacobian(line, x, strict=True, create_graph=True),
            "jacobian of the user-provided function is independent of input 0",
        ),
        (lambda x: hessian(lambda x: x.sum(), x, strict=True), "independent of input 0"),
        (lambda x: vhp(lambda x: x.sum(), x, x, strict=True), "independent of input 0"),
        (lambda x: jvp(lambda a, b: a * 2, (x, x), (x, x), strict=True), "independent of input 1"),
    ],
)  # fmt: skip
def test_strict_refuses_what_does_not_depend_on_an_input(call, message, x):
    if message is None:
        call(x)
        return
    with pytest.raises(RuntimeError, match=message):
        call(x)


# -- tracegrad.func --------------------------------------------------------------------------------


def test_grad_nests_and_gives_plain_tensors(x):
    point = data(2.0)[0]
    slopes = [func.grad(lambda x: x**4)]
    for _ in range(3):
        slopes.append(func.grad(slopes[-1]))
    found = [slope(point) for slope in slopes]
    assert [f.item() for f in found] == [32.0, 48.0, 48.0, 24.0]
    assert not any(f.requires_grad for f in found)


def test_argnums_structures_and_aux_come_back_as_they_were_given(x):
    def loss(parameters, scale):
        y = parameters["w"] * parameters["b"][0] * scale
        return y.sum(), {"y": y}

    parameters = {"w": x, "b": [x + 1]}
    gradient, aux = func.grad(loss, has_aux=True)(parameters, 2.0)
    check(gradient["w"], 2 * (x.numpy() + 1))
    check(gradient["b"][0], 2 * x.numpy())
    assert not aux["y"].requires_grad
    both = func.grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(x, x + 1)
    assert isinstance(both, tuple)
    check(both[1], x.numpy())
    slope, value = func.grad_and_value(cube)(x)
    check(slope, 3 * x.numpy() ** 2)
    check(value, -18.0)


def test_results_can_be_differentiated_for_what_requires_grad_outside_and_only_that(x):
    w = data(2.0, 3.0, 4.0).requires_grad_()
    slope = func.grad(lambda x: (w * x**2).sum())(x)
    slope.sum().backward()
    check(w.grad, 2 * x.numpy())
    leaf = x.clone().requires_grad_()
    func.grad(cube)(leaf).sum().backward()
    check(leaf.grad, 6 * x.numpy())
    with tg.no_grad():
        assert not func.grad(cube)(leaf).requires_grad
    assert x.grad is None


def test_jacrev_jacfwd_and_hessian_agree(x):
    for transform in (func.jacrev, func.jacfwd):
        check(transform(line)(x), W.numpy())
        check(transform(transform(cube))(x), np.diag(6 * x.numpy()))
    check(func.hessian(cube)(x), np.diag(6 * x.numpy()))
    found, aux = func.jacrev(lambda a, b: (a * b, a), argnums=(0, 1), has_aux=True)(x, x + 1)
    check(found[1], np.diag(x.numpy()))
    check(aux, x.numpy())


def test_vjp_gives_a_function_that_can_be_called_again(x):
    value, pull = func.vjp(lambda a, b: (a * b, a + b), x, x + 1)
    assert [tuple(v.shape) for v in value] == [(3,), (3,)]
    ones = tg.ones_like(x)
    for _ in range(2):
        left, right = pull((ones, ones))
        check(left, x.numpy() + 2)
        check(right, x.numpy() + 1)
    value, product = func.jvp(line, (x,), (data(1.0, 1.0, 0.0),))
    check(product, [3.0, -0.5])


def test_vmap_calls_the_function_for_each_example(x):
    batch = tg.stack([x, x + 1, x * 2, x - 4])
    check(func.vmap(func.grad(cube))(batch), 3 * batch.numpy() ** 2)
    check(tg.vmap(line)(batch), batch.numpy() @ W.numpy().T)
    check(tg.vmap(line, in_dims=1, out_dims=1)(batch.t()), W.numpy() @ batch.t().numpy())
    pairs = tg.vmap(lambda a, b: {"sum": a + b, "product": a * b}, in_dims=(0, None))(batch, x)
    check(pairs["product"], batch.numpy() * x.numpy())


def test_vmap_leaves_random_numbers_to_the_rule_that_was_given(x):
    batch = tg.zeros(4, 3)

    def noise(row):
        return row + tg.rand(3)

    with pytest.raises(RuntimeError, match="random operation while in randomness error mode"):
        tg.vmap(noise)(batch)
    same = tg.vmap(noise, randomness="same")(batch)
    assert (same == same[0]).all()
    different = tg.vmap(noise, randomness="different")(batch)
    assert not (different == different[0]).all()


def test_functional_call_puts_other_parameters_in_for_one_call(x):
    layer = tg.nn.Linear(3, 2).double()
    before = layer.weight
    zeros = {"weight": tg.zeros_like(layer.weight), "bias": data(5.0, 6.0)}
    check(func.functional_call(layer, zeros, (x,)), [5.0, 6.0])
    assert layer.weight is before
    names = {name: p.detach() for name, p in layer.named_parameters()}
    slope = func.grad(lambda p: func.functional_call(layer, p, (x,)).sum())(names)
    check(slope["weight"], np.stack([x.numpy()] * 2))
    with pytest.raises(RuntimeError, match="Missing key"):
        func.functional_call(layer, {"bias": data(5.0, 6.0)}, (x,), strict=True)
    stacked, _ = func.stack_module_state([layer, layer])
    assert tuple(stacked["weight"].shape) == (2, 2, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: func.grad(line)(x), RuntimeError, "scalar tensor, got tensor with 1 dims"),
        (lambda x: func.grad(cube, argnums=1)(x), RuntimeError, "Got argnum=1, but only 1"),
        (lambda x: func.grad(cube)(x.int()), RuntimeError, "floating point"),
        (lambda x: func.grad(cube, has_aux=True)(x), RuntimeError, "should be a tuple"),
        (lambda x: func.jvp(cube, x, x), RuntimeError, "Expected primals to be a tuple"),
        (lambda x: tg.vmap(cube, in_dims=None)(x), ValueError, "at least one of the inputs"),
        (lambda x: tg.vmap(tg.add)(x, x[:2]), ValueError, "same size in the mapped dimension"),
        (lambda x: func.jacrev(cube, chunk_size=0), ValueError, "greater than 0"),
    ],
)  # fmt: skip
def test_what_a_transform_cannot_take_is_refused(call, error, message, x):
    with pytest.raises(error, match=message):
        call(x)
