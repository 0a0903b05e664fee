"""Small Functions, run by tracegrad and by PyTorch: the same facts come out of both."""

from __future__ import annotations

import textwrap
from types import ModuleType
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg  # noqa: E402  after importorskip
from tests.parity.function_calls import CALLS  # noqa: E402
from tests.parity.function_gradients import GRADIENTS  # noqa: E402
from tests.parity.function_writes import IN_PLACE  # noqa: E402
from tests.parity.functions import FUNCTIONS  # noqa: E402

pytestmark = pytest.mark.parity

CASES = {**GRADIENTS, **CALLS, **IN_PLACE}

OUR_OWN_WORDS = {
    "an argument too few": "the lambda has another name here and there",
    "dirty leaf": "'is being used' as for every op in place; PyTorch says 'has been used' here",
    "dirty view made under no_grad": "PyTorch calls such a view a leaf",
    "dirty view, one of several": "PyTorch gives the number of the output",
    "one of two views, written": "PyTorch gives the number of the output",
    "an input as it is, its base written": "PyTorch gives the number of the output",
    "a view, its base written": "PyTorch gives the number of the output",
    "a view, written under no_grad": "PyTorch gives the number of the output",
    "a saved input is changed later": "PyTorch cannot name the variable",
    "a saved output is changed later": "PyTorch cannot name the variable",
    "instances are not called": "PyTorch's links to its own documentation",
    "dirty view with two outputs": "PyTorch's ends with an invitation to its forum",
    "jvp": "PyTorch has a forward mode",
    "vmap": "PyTorch has a vmap",
    "marking what is no tensor as dirty": "PyTorch's has lost its end",
    "marking what is no tensor as non-differentiable": "PyTorch's has lost its end",
}
"""Why the first line of an error is not PyTorch's, letter by letter."""


def run(library: ModuleType, program: str) -> tuple[Any, Exception | None]:
    names: dict[str, Any] = {"T": library}
    exec(FUNCTIONS, names)
    try:
        exec(textwrap.dedent(program), names)
    except Exception as error:
        return None, error
    return names["result"], None


@pytest.mark.parametrize("name", CASES)
def test_both_libraries_find_the_same(name: str):
    ours, our_error = run(tg, CASES[name])
    theirs, their_error = run(torch, CASES[name])
    if their_error is None:
        assert our_error is None, repr(our_error)
        assert_same(ours, theirs)
        return
    assert our_error is not None, f"PyTorch raises {their_error!r}, tracegrad gives {ours}"
    assert isinstance(our_error, type(their_error)), (our_error, their_error)
    if name not in OUR_OWN_WORDS:
        first = str(our_error).split("\n")[0]
        assert first in str(their_error), f"{first!r} is not in {str(their_error)!r}"


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs), (ours, theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_same(one, other)
    elif isinstance(theirs, float):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-6)
    else:
        assert ours == theirs


def test_an_error_has_its_own_words_only_where_there_is_an_error():
    for name in OUR_OWN_WORDS:
        assert run(torch, CASES[name])[1] is not None, name


# -- where PyTorch goes on to wrong numbers, and tracegrad does not --------------------------------


def test_a_dirty_view_that_is_not_the_first_argument_gets_its_own_gradient():
    program = CASES["dirty second argument"].replace("x * 5)", "(x * 5).view(3))")
    ours, _ = run(tg, program)
    theirs, error = run(torch, program)
    right, _ = run(torch, CASES["dirty second argument"])
    assert_same(ours[1:], right[1:])
    assert theirs is None or theirs[1:] != right[1:], "PyTorch has mended this"
    assert error is None or isinstance(error, AttributeError)  # `.grad` is None there


UNMARKED = """
def forward(ctx, x):
    ctx.save_for_backward(x.exp())
    x.mul_(2)
    return x.exp()
h = leaf() * 1
y = function(forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(h)
result = []
"""
WRITTEN_AFTER_SAVING = """
def forward(ctx, x):
    y = x.sigmoid()
    ctx.save_for_backward(y)
    y.mul_(2)
    return y
y = function(forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(leaf())
result = []
"""
CONSTANT = """
f = function(
    lambda ctx, x: (ctx.save_for_backward(x), x * x)[1],
    once_differentiable(lambda ctx, g: g * 2 * ctx.saved_tensors[0]),
)
x = leaf()
(g,) = T.autograd.grad(f.apply(x).sum(), x, create_graph=True)
(g * x).sum().backward()
result = []
"""


@pytest.mark.parametrize("program", [UNMARKED, WRITTEN_AFTER_SAVING, CONSTANT])
def test_a_gradient_that_pytorch_gets_silently_wrong_is_refused(program: str):
    assert run(torch, program)[1] is None
    assert isinstance(run(tg, program)[1], RuntimeError)
