"""Which dtype comes out, for every pair of dtypes and ranks, as in PyTorch."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg  # noqa: E402  after importorskip
from tests.parity.both import dtype_name  # noqa: E402  after importorskip
from tracegrad import dtypes  # noqa: E402  after importorskip

# ruff: noqa: B023  each lambda runs before its loop goes on

pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings(
        "ignore:Casting complex values to real", "ignore:ComplexHalf support"
    ),
]

NAMES = [d.name for d in dtypes.ALL]
PAIRS = list(itertools.product(NAMES, NAMES))
OPERANDS: dict[str, Any] = {
    "tensor": lambda module, name: module.ones(2, dtype=getattr(module, name)),
    "0-d tensor": lambda module, name: module.ones((), dtype=getattr(module, name)),
}
NUMBERS: list[Any] = [True, 2, 2.5, 1j]
BINARY = [
    "add", "sub", "mul", "div", "pow", "atan2", "maximum", "remainder", "floor_divide", "eq", "lt",
    "logical_and", "bitwise_and",
]  # fmt: skip
UNARY = [
    "abs", "neg", "sqrt", "exp", "sin", "sign", "floor", "round", "square", "reciprocal", "isnan",
    "logical_not",
    "bitwise_not", "sum", "prod", "mean", "amax", "argmax", "all", "cumsum", "sigmoid", "tanh",
    "rsqrt", "log1p", "std",
    "softmax", "sort", "count_nonzero", "sgn", "relu", "trunc", "logsumexp", "argsort", "any",
]  # fmt: skip
WITH_DIM = {"cumsum", "softmax", "logsumexp"}
LENIENT = {"bool", "float16", "complex64", "complex128"}
"""Dtypes with which NumPy computes where PyTorch's kernels refuse, or the other way round."""


def result(action: Any) -> Any:
    try:
        out = action()
    except (RuntimeError, TypeError):
        return None
    name = dtype_name(out[0] if isinstance(out, tuple) else out)
    return "complex64" if name == "complex32" else name  # which NumPy does not have


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_promote_types_is_pytorchs_table(first: str, second: str):
    expected = torch.promote_types(getattr(torch, first), getattr(torch, second))
    got = tg.promote_types(getattr(tg, first), getattr(tg, second))
    assert repr(got).partition(".")[2] == repr(expected).partition(".")[2]


@pytest.mark.parametrize(("one", "other"), itertools.product(OPERANDS, OPERANDS))
@pytest.mark.parametrize("name", BINARY)
def test_result_dtype_of_two_tensors(name: str, one: str, other: str):
    wrong = []
    for first, second in PAIRS:
        ours, theirs = (
            result(
                lambda m=m: getattr(m, name)(OPERANDS[one](m, first), OPERANDS[other](m, second))
            )
            for m in (tg, torch)
        )
        if ours != theirs and not (None in (ours, theirs) and LENIENT & {first, second}):
            wrong.append((first, second, ours, theirs))
    assert wrong == []


@pytest.mark.parametrize("kind", OPERANDS)
@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("reflected", [False, True], ids=["tensor op number", "number op tensor"])
def test_result_dtype_of_a_tensor_and_a_number(kind: str, number: Any, reflected: bool):
    wrong = []
    for name, symbol in itertools.product(NAMES, ("+", "-", "*", "/", "**", "//", "%", "==", "<")):
        expression = f"number {symbol} x" if reflected else f"x {symbol} number"
        ours, theirs = (
            result(
                lambda m=m, e=expression: eval(e, {"x": OPERANDS[kind](m, name), "number": number})
            )
            for m in (tg, torch)
        )
        if ours != theirs and not (
            None in (ours, theirs) and (name in LENIENT or isinstance(number, bool | complex))
        ):
            if "**" in expression and name == "bool":
                continue  # NumPy's int8
            wrong.append((expression, name, ours, theirs))
    assert wrong == []


@pytest.mark.parametrize("name", UNARY)
def test_result_dtype_of_one_tensor(name: str):
    wrong = []
    for dtype in NAMES:
        arguments = {"dim": 0} if name in WITH_DIM else {}
        ours, theirs = (
            result(lambda m=m: getattr(m, name)(OPERANDS["tensor"](m, dtype), **arguments))
            for m in (tg, torch)
        )
        if (
            ours != theirs
            and not (None in (ours, theirs) and dtype in LENIENT)
            and (name, dtype) != ("square", "bool")
        ):
            if name == "softmax" and theirs is None:
                continue  # of integers: a float here
            wrong.append((dtype, ours, theirs))
    assert wrong == []


@pytest.mark.parametrize("name", ["add_", "mul_", "div_", "pow_", "sub_", "copy_", "remainder_"])
def test_result_dtype_in_place(name: str):
    wrong = []
    for first, second in PAIRS:
        ours, theirs = (
            result(
                lambda m=m: getattr(m.ones(2, dtype=getattr(m, first)), name)(
                    m.ones(2, dtype=getattr(m, second))
                )
            )
            for m in (tg, torch)
        )
        if ours != theirs and not (None in (ours, theirs) and LENIENT & {first, second}):
            wrong.append((first, second, ours, theirs))
    assert wrong == []


@pytest.mark.parametrize("function", ["cat", "stack", "where"])
def test_result_dtype_of_joining(function: str):
    wrong = []
    for first, second in PAIRS:

        def call(m: Any, first: str = first, second: str = second) -> Any:
            tensors = [OPERANDS["tensor"](m, name) for name in (first, second)]
            return (
                m.where(m.tensor([True, False]), *tensors)
                if function == "where"
                else getattr(m, function)(tensors)
            )

        ours, theirs = result(lambda: call(tg)), result(lambda: call(torch))
        if ours != theirs:
            wrong.append((first, second, ours, theirs))
    assert wrong == []


GRADIENT_PAIRS = [
    ("float32", "float64"),
    ("float64", "float32"),
    ("float16", "float32"),
    ("float32", "float16"),
]


@pytest.mark.parametrize("expression", [
    "x + y", "x * y", "x / y", "x ** y", "T.atan2(x, y)", "T.maximum(x, y)", "T.where(x > 0, x, y)",
    "T.cat([x, y])",
    "(x * 1).add_(y)", "(x * 1).mul_(y)", "(x * 1).copy_(y)", "(x * 1).div_(y)", "T.outer(x, y)",
    "(x * 1)[:1].mul_(y[:1])", "x * 2.5", "2 ** x", "x.to(y.dtype) * y", "x.sum(dtype=y.dtype)",
    "x.mean(0, dtype=y.dtype)",
    "x.softmax(0, dtype=y.dtype)", "x * y.sum()", "T.stack([x, y])", "x % y", "x ** 2",
    "T.clamp(x, y)",
])  # fmt: skip
@pytest.mark.parametrize(("first", "second"), GRADIENT_PAIRS)
def test_every_gradient_has_the_dtype_of_its_leaf(expression: str, first: str, second: str):
    found = []
    for m in (tg, torch):
        x = m.tensor([0.5, 1.5], dtype=getattr(m, first), requires_grad=True)
        y = m.tensor([1.25, 0.75], dtype=getattr(m, second), requires_grad=True)
        out = eval(expression, {"T": m, "x": x, "y": y})
        out.sum().backward()
        found.append(
            (
                dtype_name(out),
                [None if t.grad is None else (dtype_name(t.grad), t.grad.tolist()) for t in (x, y)],
            )
        )
    assert found[0][0] == found[1][0]
    for ours, theirs, leaf in zip(found[0][1], found[1][1], (first, second), strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert ours[0] == theirs[0] == leaf
            assert ours[1] == pytest.approx(theirs[1], rel=2e-3)
