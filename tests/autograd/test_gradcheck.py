"""`gradcheck` and `gradgradcheck`: what passes, and what a failure says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck


def leaf(values: Any, dtype: Any = tg.float64) -> tg.Tensor:
    return tg.tensor(values, dtype=dtype, requires_grad=True)


@pytest.fixture
def x() -> tg.Tensor:
    return leaf([[1.0, -2.0, 0.5], [3.0, 2.0, 1.5]])


def square_with(backward: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The square, with a `backward(g, x)` of its own."""

    class Square(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return backward(g, x)

    return Square.apply


def failure(function: Callable[..., Any], *inputs: Any, **options: Any) -> str:
    with pytest.raises(GradcheckError) as raised:
        gradcheck(function, inputs, **options)
    return str(raised.value)


def row(message: str, label: str) -> str:
    found = re.search(rf"^  {re.escape(label)} +(.*)$", message, re.MULTILINE)
    assert found, message
    return found[1]


# -- what passes -----------------------------------------------------------------------------------


def test_right_gradients_pass_once_and_twice(x):
    def function(x, w):
        return (x.exp() @ w).sin(), x.sum()

    w = leaf([[0.5], [1.0], [-0.25]])
    assert gradcheck(function, (x, w)) is True
    assert gradgradcheck(function, (x, w)) is True
    assert gradcheck(tg.sigmoid, x) is True  # a tensor for a tuple of one


def test_inputs_that_need_no_gradient_and_other_values_are_left_alone(x):
    constant = tg.ones(3, dtype=tg.float64)
    assert gradcheck(lambda x, c, n: x * c * n, (x, constant, 3))


def test_inputs_are_what_they_were_afterwards_also_when_the_function_raises(x):
    before = x.tolist()
    gradcheck(tg.exp, (x,))
    calls = []

    def sometimes(x):
        calls.append(None)
        if len(calls) == 4:
            raise ValueError("mine")
        return x.exp()

    with pytest.raises(ValueError, match="mine"):
        gradcheck(sometimes, (x,))
    assert x.tolist() == before
    assert x._version == 0


def test_empty_noncontiguous_and_0d_inputs_and_several_outputs_pass():
    assert gradcheck(lambda x: x * 2, (leaf(np.zeros((0, 3))),))
    assert gradcheck(lambda x: x[:0] * 2, (leaf([1.0, 2.0]),))
    assert gradcheck(tg.exp, (leaf(0.5),))
    assert gradcheck(lambda x: x.max(dim=1), (leaf([[1.0, 2.0], [4.0, 3.0]]),))
    assert gradcheck(lambda x: x.unbind(), (leaf([1.0, 2.0]),))
    transposed = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).detach().t().requires_grad_()
    assert gradcheck(tg.exp, (transposed,))


def test_gradients_to_start_the_second_derivative_from_can_be_given(x):
    weights = tg.ones(2, 3, dtype=tg.float64) * 0.5
    assert gradgradcheck(tg.exp, (x,), weights)
    assert gradgradcheck(tg.exp, (x,), gen_non_contig_grad_outputs=True)


# -- what a failure says ---------------------------------------------------------------------------


def test_a_failure_names_the_worst_element_its_values_and_their_ratio(x):
    half = square_with(lambda g, x: g * x)
    message = failure(half, x)
    assert message.startswith("Jacobian mismatch for output 0 with respect to input 0,\n")
    assert row(message, "worst element") == "output 0[1, 0] with respect to input 0[1, 0]"
    assert row(message, "numerical:") == "6"
    assert row(message, "analytical:") == "3"
    assert row(message, "ratio") == "0.5   (analytical / numerical)"
    assert row(message, "wrong") == "6 of 36 elements"
    assert row(message, "output by").startswith("Square   test_gradcheck.py:")


CAUSES = {
    "looks like a factor 0.5": lambda g, x: g * x,
    "looks like a factor 2": lambda g, x: 4 * g * x,
    "looks like a factor 1/3": lambda g, x: g * x * 2 / 3,
    "has the wrong sign": lambda g, x: -2 * g * x,
    "a term is missing: each wrong element is short of the same -1": lambda g, x: 2 * g * x + g,
    "for some elements: of 6 derivatives that are not 0, 5 are right": lambda g, x: 2 * g * x.abs(),
    "the ratio is not the same everywhere": lambda g, x: g * x.sin(),
    "no gradient arrives at this input at all": lambda g, x: None,
    "the gradient is not finite here": lambda g, x: g * x * float("nan"),
    "backward not multiplied by grad_output": lambda g, x: 2 * x,
    "the backward is not deterministic": lambda g, x: g * tg.randn_like(x),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_failure_names_the_likely_cause(cause, x):
    message = failure(square_with(CAUSES[cause]), x)
    assert cause in row(message, "likely cause")
    assert "\n  try: " in message


def test_a_transposed_jacobian_is_recognised():
    class Apply(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(w)
            return w @ x

        @staticmethod
        def backward(ctx, g):
            (w,) = ctx.saved_tensors
            return w @ g, None

    w = tg.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=tg.float64)
    message = failure(Apply.apply, leaf([1.0, 2.0]), w)
    assert "transposed" in row(message, "likely cause")


@pytest.mark.parametrize("near", [0.0, 1e-7, -3e-7])
def test_a_kink_near_the_point_is_recognised_by_its_two_slopes(near):
    message = failure(tg.relu, leaf([1.0, near]))
    assert row(message, "likely cause") == (
        "a kink or a jump near this point: the slope is 0 to the left and 1 to the right"
    )
    assert row(message, "worst element") == "output 0[1] with respect to input 0[1]"


def test_float32_is_the_cause_only_if_float64_agrees():
    with pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double"):
        message = failure(tg.exp, leaf([1.0, 2.0], tg.float32))
    assert row(message, "likely cause").startswith("input 0 is float32: steps of 1e-07")
    assert "in float64 the gradients agree" in message
    wrong = square_with(lambda g, x: g * x)
    with pytest.warns(UserWarning, match="not a double"):
        message = failure(wrong, leaf([1.0, 2.0], tg.float32))
    assert "factor 0.5" in row(message, "likely cause")


def test_a_function_that_draws_random_numbers_is_recognised(x):
    message = failure(lambda x: x + tg.randn(2, 3, dtype=tg.float64), x)
    assert "two calls with the same inputs give different" in row(message, "likely cause")


def test_an_eps_that_is_too_wide_is_recognised():
    message = failure(lambda x: (x * 1e3).sin(), leaf([0.1, 0.2]), eps=1e-2)
    assert row(message, "likely cause").startswith("eps=0.01 does not suit the function here")


def test_an_output_cut_off_from_the_input_is_recognised(x):
    message = failure(lambda x: x.detach() * 2, x)
    assert message.startswith("Numerical gradient for function expected to be zero")
    assert "look for .detach()" in message
    message = failure(lambda x, y: x.detach() * y, x, leaf(2.0))
    assert "no gradient arrives at this input at all" in row(message, "likely cause")


def test_equal_backward_passes_must_give_equal_gradients(x):
    noisy = square_with(lambda g, x: 2 * g * x + tg.randn_like(x) * 1e-9 * g)
    message = failure(noisy, x)
    assert message.startswith("Backward is not reentrant")
    assert gradcheck(noisy, (x,), nondet_tol=1e-6)


def test_wrong_second_derivatives_are_found_and_said_to_be_that(x):
    cube = square_with(lambda g, x: 2 * g * x.detach())
    assert gradcheck(cube, (x,))
    with pytest.raises(GradcheckError) as raised:
        gradgradcheck(cube, (x,))
    assert "(the first gradient that the function's backward gives)" in str(raised.value)
    assert "second derivative" in raised.value.__notes__[0]
    assert gradgradcheck(cube, (x,), raise_exception=False) is False


def test_raise_exception_false_gives_false_instead(x):
    assert gradcheck(square_with(lambda g, x: g * x), (x,), raise_exception=False) is False


# -- what is refused -------------------------------------------------------------------------------


def test_inputs_without_gradients_are_refused():
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(tg.exp, (tg.ones(2, dtype=tg.float64),))


def test_expanded_inputs_are_refused():
    wide = tg.ones(1, dtype=tg.float64).expand(3).requires_grad_()
    with pytest.raises(RuntimeError, match="dimension with stride 0"):
        gradcheck(tg.exp, (wide,))


@pytest.mark.parametrize(
    "option", ["check_batched_grad", "check_batched_forward_grad", "check_forward_ad"]
)
def test_checks_of_what_there_is_not_are_refused(option, x):
    with pytest.raises(NotImplementedError, match=option):
        gradcheck(tg.exp, (x,), **{option: True})


def test_complex_inputs_and_outputs_are_refused_in_words(x):
    numbers = tg.tensor([1 + 2j], dtype=tg.complex128, requires_grad=True)
    with pytest.raises(NotImplementedError, match=r"complex input \(input 0\)"):
        gradcheck(lambda z: z.abs(), (numbers,))
    with pytest.raises(NotImplementedError, match=r"complex output \(output 0\)"):
        gradcheck(lambda x: x * (1 + 2j), (x,))


def test_outputs_that_are_no_tensors_are_refused(x):
    with pytest.raises(ValueError, match="output 0 of the function is a float"):
        gradcheck(lambda x: x.sum().item(), (x,))
