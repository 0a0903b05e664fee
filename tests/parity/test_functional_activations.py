"""`nn.functional`'s activations, dropout and softmax, evaluated by tracegrad and by PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import tracegrad as tg
from tests.parity.both import assert_same
from tests.parity.half import assert_near

pytestmark = pytest.mark.parity

SMOOTH = [
    "F.tanh({x})", "F.sigmoid({x})", "F.logsigmoid({x})", "F.silu({x})", "F.mish({x})",
    "F.gelu({x})", "F.gelu({x}, approximate='tanh')", "F.softplus({x})",
    "F.softplus({x}, 3.0, 2.0)", "F.softsign({x})", "F.tanhshrink({x})",
]  # fmt: skip
PIECEWISE = [
    "F.relu({x})", "F.relu6({x} * 4)", "F.leaky_relu({x})", "F.leaky_relu({x}, 0.3)",
    "F.hardtanh({x})", "F.hardtanh({x}, -0.25, 0.5)", "F.hardsigmoid({x} * 4)",
    "F.hardswish({x} * 4)", "F.hardshrink({x})", "F.hardshrink({x}, 0.1)", "F.softshrink({x})",
    "F.softshrink({x}, 0.1)", "F.threshold({x}, 0.25, -7)", "F.elu({x})", "F.elu({x}, 2.0)",
    "F.celu({x})", "F.celu({x}, 0.5)", "F.selu({x})", "F.rrelu({x})", "F.rrelu({x}, 0.1, 0.3)",
    "T.hardshrink({x})", "{x}.hardshrink(0.2)",
]  # fmt: skip
INPUTS = ["a", "s", "e", "n", "d", "c[:, 1]"]


@pytest.mark.parametrize("x", INPUTS)
@pytest.mark.parametrize("expression", [*SMOOTH, *PIECEWISE])
def test_an_activation_agrees(expression, x):
    assert_same(expression.format(x=x))


@pytest.mark.parametrize(
    "expression", [*SMOOTH, *PIECEWISE, "F.softmax({x}, 1)", "F.log_softmax({x}, -1)"]
)
def test_an_activation_of_half_precision_agrees_to_its_digits(expression):
    assert_near(expression.format(x="a.half()"))


@pytest.mark.parametrize("x", ["a", "special"])
@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
@pytest.mark.parametrize("expression", PIECEWISE)
def test_an_activation_of_special_numbers_agrees(expression, x):
    assert_same(expression.format(x=f"{x}.detach()"))


@pytest.mark.parametrize("start", ["a * 1", "c[:, 1] * 1", "a.detach()"])
@pytest.mark.parametrize(
    "call",
    [
        "F.relu_(x)", "F.leaky_relu_(x, 0.2)", "F.elu_(x)", "F.selu_(x)", "F.celu_(x)",
        "F.hardtanh_(x)", "F.threshold_(x, 0.1, 3.0)", "F.rrelu_(x)", "F.relu6(x, inplace=True)",
        "F.silu(x, inplace=True)", "F.mish(x, inplace=True)", "F.hardswish(x, inplace=True)",
        "F.hardsigmoid(x, inplace=True)", "F.elu(x, 2.0, True)", "F.dropout(x, 0.0, inplace=True)",
    ],
)  # fmt: skip
def test_an_activation_in_place_agrees_and_writes_to_its_input(call, start):
    assert_same(f"x = {start}; made = {call}; (made, x, made is x)")


@pytest.mark.parametrize(
    "expression",
    [
        "F.glu(c)", "F.glu(c, 0)", "F.glu(m, -1)", "F.glu(m, 0)", "F.glu(s)",
        "F.prelu(a, s.view(1))", "F.prelu(a, row)", "F.prelu(a, s)", "F.prelu(c, row)",
        "F.prelu(v, s.view(1))", "F.prelu(a, v)", "F.prelu(a, d)", "F.prelu(s, s2)",
        "T.prelu(a, row)", "a.prelu(row)",
        "F.softmax(a, 1)", "F.softmax(c, 1)", "F.softmax(c, -3)", "F.softmax(e, 1)",
        "F.softmax(s, 0)", "F.softmax(n, 0)", "F.softmax(a * 1000, 1)",
        "F.log_softmax(a * 1000, 1)", "F.log_softmax(c, 0)",
        "F.log_softmax(d * 40, 1)", "F.softmin(a, 1)", "F.softmin(c, 0, dtype=T.float64)",
        "F.softmax(a, 2)", "F.softmax(a, 1, dtype=T.float64)",
        "T.softmax(a, 1)", "a.softmax(-1)", "T.log_softmax(a, 1)", "T.selu(a)", "T.celu(a, 2.0)",
        "T.threshold(a, 0.1, 2.0)", "T.rrelu(a)",
        "F.hardtanh(a, 1.0, -1.0)", "F.softshrink(a, -1.0)", "F.celu(a, 0.0)",
        "F.gelu(a, approximate='sinh')", "F.rrelu(a, 0.5, 0.25)", "F.glu(a)",
    ],
)  # fmt: skip
def test_a_function_of_several_elements_or_a_refusal_agrees(expression):
    assert_same(expression)


@pytest.mark.parametrize(
    "expression", ["F.softmax(a)", "F.softmax(c)", "F.log_softmax(v)", "F.softmin(s)"]
)
def test_a_softmax_without_a_dimension_guesses_and_warns(expression):
    with pytest.warns(UserWarning, match="Implicit dimension choice for (log_)?softm") as seen:
        assert_same(expression)
    assert len(seen) == 2


ROWS = [
    [-np.inf, 0.0, 1.0],
    [100.0, 101.0, 0.0],
    [-1e30, -1e30, 1e30],
    [59.0, -59.0, 0.0],
    [np.inf, 0.0, 0.0],
    [np.nan, 0.0, 0.0],
    [-np.inf, -np.inf, -np.inf],
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
def test_softmax_of_rows_with_special_numbers_is_pytorchs(name, row):
    x = np.array([row, [0.5, 1.5, -1.0]], np.float32)
    ours = getattr(tg.nn.functional, name)(tg.tensor(x), 1)
    theirs = getattr(torch.nn.functional, name)(torch.tensor(x), 1)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)


def test_gelu_in_float32_is_as_exact_as_pytorchs():
    x = np.linspace(-6, 6, 20_001, dtype=np.float32)
    exact = torch.nn.functional.gelu(torch.tensor(x, dtype=torch.float64)).numpy()
    ours = tg.nn.functional.gelu(tg.tensor(x)).numpy()
    theirs = torch.nn.functional.gelu(torch.tensor(x)).numpy()
    assert np.abs(ours - exact).max() < 2 * np.abs(theirs - exact).max() < 2e-6


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax_draws_classes_by_their_probability(hard):
    tg.manual_seed(0)
    logits = tg.tensor([0.0, 1.0, 2.0]).expand(20_000, 3)
    drawn = tg.nn.functional.gumbel_softmax(logits, tau=0.5, hard=hard)
    assert np.allclose(drawn.sum(1).numpy(), 1, atol=1e-5)
    assert hard == bool(((drawn == 0) | (drawn == 1)).all())
    shares = np.bincount(drawn.argmax(1).numpy(), minlength=3) / 20_000
    wanted = torch.softmax(torch.tensor([0.0, 1.0, 2.0]), 0).numpy()
    assert np.abs(shares - wanted).max() < 0.015


def test_a_hard_gumbel_softmax_has_the_gradient_of_the_soft_one():
    gradients = []
    for hard in (False, True):
        tg.manual_seed(3)
        logits = tg.tensor([[0.0, 1.0, 2.0]], requires_grad=True)
        tg.nn.functional.gumbel_softmax(logits, hard=hard)[0, 1].backward()
        gradients.append(logits.grad.numpy())
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-6)
