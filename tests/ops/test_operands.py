"""What ops do with Python numbers, NumPy arrays, strangers, and at the edge of their domain."""

from __future__ import annotations

import itertools
import operator
import warnings
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.ops.declare import TABLE

OPERATORS = {
    symbol: getattr(operator, name)
    for symbol, name in {
        "+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow", "//": "floordiv",
        "%": "mod",
    }.items()
}  # fmt: skip


# -- Python numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
@pytest.mark.parametrize("dtype", [tg.float16, tg.float32, tg.float64], ids=str)
@pytest.mark.parametrize("shape", [(3,), ()], ids=str)
@pytest.mark.parametrize(("symbol", "number"), itertools.product(OPERATORS, [2, 2.5]))
def test_a_number_beside_a_tensor_changes_no_dtype(
    symbol, number, shape, dtype, create_graph: bool
):
    for reflected in (False, True):
        x = tg.full(shape, 1.5, dtype=dtype, requires_grad=True)
        out = OPERATORS[symbol](number, x) if reflected else OPERATORS[symbol](x, number)
        assert out.dtype is dtype
        (g,) = tg.autograd.grad(out, x, tg.ones(shape, dtype=dtype), create_graph=create_graph)
        assert g.dtype is dtype


@pytest.mark.parametrize(
    ("symbol", "number"),
    itertools.product(OPERATORS, [2, 2.5, np.float64(2.5), np.float32(2.5), np.int64(2)]),
)
def test_a_number_gives_what_a_tensor_of_it_gives(symbol: str, number: Any):
    x = tg.tensor([0.5, 1.5], dtype=tg.float64)
    as_tensor = tg.tensor(float(number), dtype=tg.float64)
    assert OPERATORS[symbol](x, number).tolist() == OPERATORS[symbol](x, as_tensor).tolist()
    assert OPERATORS[symbol](number, x).tolist() == OPERATORS[symbol](as_tensor, x).tolist()
    assert OPERATORS[symbol](number, x).dtype is tg.float64


def test_gradient_of_a_number_to_the_power_of_a_tensor():
    x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    (2**x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.log(2) * 2.0 ** np.array([1.0, 2.0]))


# -- strangers -------------------------------------------------------------------------------------


def test_comparing_with_a_stranger_is_false_not_an_error():
    x = tg.ones(2)
    assert (x == None) is False  # noqa: E711  `==` is what is tested
    assert (x != None) is True  # noqa: E711  `!=` is what is tested
    assert (None == x) is False  # noqa: E711, SIM300  `==` is what is tested
    assert (x == "text") is False
    assert x in [None, x]


def test_arithmetic_with_a_stranger_is_an_error_of_pythons():
    for other in (None, "text", [1, 2], {}):
        with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for -: 'Tensor' and"):
            tg.ones(2) - other
        with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for -"):
            other - tg.ones(2)


def test_a_class_may_define_what_a_tensor_beside_it_means():
    class Scaled:
        def __radd__(self, tensor: Any) -> Any:
            return tensor * 10

        def __add__(self, tensor: Any) -> Any:
            return tensor * 20

        def __rmatmul__(self, tensor: Any) -> str:
            return "mine"

    assert (tg.ones(2) + Scaled()).tolist() == [10.0, 10.0]
    assert (Scaled() + tg.ones(2)).tolist() == [20.0, 20.0]
    assert tg.ones(2) @ Scaled() == "mine"


def test_a_numpy_array_beside_a_tensor_becomes_one():
    array = np.array([1.0, 2.0])
    x = tg.ones(2, requires_grad=True)
    for out in (x + array, array + x):
        assert out.tolist() == [2.0, 3.0]
        assert out.dtype is tg.float64
        assert out.requires_grad
    assert (array.astype(">f4") * x).tolist() == [1.0, 2.0]
    assert (array @ tg.ones(2, dtype=tg.float64)).item() == 3.0
    assert (tg.tensor([1.0, 3.0]) == array).tolist() == [True, False]
    kept = x + array
    array[0] = 100.0
    assert kept.tolist() == [2.0, 3.0]


def test_a_function_names_the_argument_that_is_no_tensor():
    with pytest.raises(
        TypeError, match=r"mul\(\): argument 'other' \(position 2\) must be Tensor, not str"
    ):
        tg.mul(tg.ones(2), "text")
    with pytest.raises(
        TypeError,
        match=r"argument 'input' \(position 1\) must be Tensor, not ndarray.*\n  try: .*as_tensor",
    ):
        tg.exp(np.ones(2))


# -- the edge of the domain ------------------------------------------------------------------------


@pytest.mark.parametrize("name", [
    n for n, op in TABLE.items()
    if op.declaration.family == "elementwise" and op.declaration.public and len(op.inputs) == 1
    and op.declaration.rules and n not in ("clamp", "bitwise_not")
])  # fmt: skip
def test_no_value_makes_numpy_warn(name: str):
    x = tg.tensor(
        [0.0, -0.0, -1.0, 1.0, 1e30, -1e30, float("inf"), -float("inf"), float("nan")],
        requires_grad=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings(
            "ignore", category=RuntimeWarning, module=r"tracegrad\."
        )  # as the package does
        out = TABLE[name].call(x)
        out.backward(tg.ones_like(out))
    assert out.dtype is x.dtype


def test_integers_divided_by_zero_are_refused():
    for divide in (
        lambda x: x // 0,
        lambda x: x % 0,
        lambda x: x // tg.tensor([1, 0]),
        lambda x: x.floor_divide_(0),
    ):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            divide(tg.tensor([1, 2]))
    assert (tg.tensor([1, 2]) / 0).tolist() == [float("inf")] * 2
    assert (tg.tensor([1.0]) // 0).tolist() == [float("inf")]


def test_a_number_that_no_integer_can_hold_is_refused():
    x = tg.zeros(2, dtype=tg.int64)
    for write in (
        lambda: x.fill_(float("nan")),
        lambda: x.masked_fill_(x == 0, float("inf")),
        lambda: x.__setitem__(0, float("nan")),
    ):
        with pytest.raises(
            RuntimeError, match="cannot be converted to type int64 without overflow"
        ):
            write()
    x.fill_(2.9)
    assert x.tolist() == [2, 2]


def test_too_few_elements_for_a_variance_warn_at_the_users_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        spread = tg.ones(1).var()
    assert "degrees of freedom is <= 0" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert np.isnan(spread.item())


# -- dtypes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "convert", [lambda t: t.long(), lambda t: t.int(), lambda t: t.bool(), lambda t: t.to(tg.uint8)]
)
def test_integers_take_no_part_in_gradients(convert):
    x = tg.ones(2, requires_grad=True)
    assert not convert(x).requires_grad
    whole = tg.zeros(2, dtype=tg.int64)
    whole.copy_(x)
    whole[0] = x[0] * 3
    assert not whole.requires_grad
    assert whole.tolist() == [3, 1]


def test_gradients_come_back_in_the_dtype_of_each_leaf():
    narrow = tg.ones(2, requires_grad=True)
    wide = tg.ones(2, dtype=tg.float64, requires_grad=True)
    target = narrow * 1
    target.add_(wide)
    target[0:1].mul_(wide[:1])
    assert target.dtype is tg.float32
    (target.sum() + (narrow * wide).sum() + narrow.sum(dtype=tg.float64)).backward()
    assert narrow.grad.dtype is tg.float32
    assert wide.grad.dtype is tg.float64
    assert wide.grad.tolist() == [4.0, 2.0]
    assert narrow.grad.tolist() == [3.0, 3.0]


@pytest.mark.parametrize("call", [
    lambda x: x.sum(dtype=tg.float64), lambda x: x.mean(dtype=tg.float64),
    lambda x: x.prod(dtype=tg.float64), lambda x: x.cumsum(0, dtype=tg.float64),
    lambda x: x.softmax(0, dtype=tg.float64),
    lambda x: x.log_softmax(0, dtype=tg.float64),
])  # fmt: skip
def test_a_dtype_option_converts_before_computing(call):
    x = tg.tensor([1.0, 2.0], dtype=tg.float16, requires_grad=True)
    out = call(x)
    assert out.dtype is tg.float64
    out.sum().backward()
    assert x.grad.dtype is tg.float16


# -- arguments in PyTorch's order ------------------------------------------------------------------


def test_dim_comes_before_the_index():
    x = tg.arange(6.0).reshape(2, 3)
    index = tg.tensor([[2, 0], [1, 1]])
    assert (
        tg.gather(x, 1, index).tolist() == x.gather(1, index).tolist() == [[2.0, 0.0], [4.0, 4.0]]
    )
    assert x.index_select(1, tg.tensor([2, 0])).tolist() == [[2.0, 0.0], [5.0, 3.0]]
    assert tg.zeros(3).scatter_add(0, tg.tensor([2, 2]), tg.ones(2)).tolist() == [0.0, 0.0, 2.0]
    assert tg.zeros(3).scatter_add_(0, tg.tensor([2, 2]), tg.ones(2)).tolist() == [0.0, 0.0, 2.0]


def test_where_as_a_method_chooses_from_its_tensor():
    x = tg.tensor([1.0, 2.0])
    assert x.where(x > 1, -x).tolist() == [-1.0, 2.0]
    assert [found.tolist() for found in tg.where(x > 1)] == [[1]]


def test_bounds_may_be_tensors():
    x = tg.tensor([1.0, 5.0, 3.0], requires_grad=True)
    low = tg.tensor([2.0, 2.0, 2.0], requires_grad=True)
    x.clamp(low, 4).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0]
    assert low.grad.tolist() == [1.0, 0.0, 0.0]
    assert tg.arange(3).clamp(0.5).tolist() == [0.5, 1.0, 2.0]


def test_variance_takes_every_spelling_of_its_arguments():
    x = tg.arange(6.0).reshape(2, 3)
    by_rows = x.var(1, correction=0).tolist()
    assert x.var(1, False).tolist() == x.var(dim=1, unbiased=False).tolist() == by_rows
    assert x.std(1, True, True).shape == (2, 1)
    assert x.var(True).item() == x.var().item() == 3.5
    assert x.var(unbiased=False).item() == pytest.approx(35 / 12)


def test_a_fill_value_may_be_a_tensor_with_a_gradient():
    x, value = tg.zeros(3), tg.tensor(2.0, requires_grad=True)
    mask = tg.tensor([True, False, True])
    assert x.masked_fill(mask, value).tolist() == [2.0, 0.0, 2.0]
    target = x.clone().masked_fill_(mask, value)
    filled = x.clone().fill_(value)
    (target.sum() + filled.sum()).backward()
    assert value.grad.item() == 5.0
    for wrong in (x.masked_fill, x.clone().masked_fill_):
        with pytest.raises(RuntimeError, match="0-dimensional value tensor"):
            wrong(mask, tg.ones(3))


def test_integer_division_rounds_exactly():
    x, y = tg.tensor([-7, 7, 2**62 + 1]), tg.tensor([2, -2, 2])
    assert tg.div(x, y, rounding_mode="trunc").tolist() == [-3, -3, 2**61]
    assert tg.div(x, y, rounding_mode="floor").tolist() == [-4, -4, 2**61]


def test_overwriting_gives_zero_gradients_not_none():
    for overwrite in (lambda t: t.zero_(), lambda t: t.fill_(3.0), lambda t: t.copy_(tg.ones(2))):
        x = tg.ones(2, requires_grad=True)
        overwrite(x * 1).sum().backward()
        assert x.grad.tolist() == [0.0, 0.0]


def test_printing_a_view_that_may_not_be_used_any_more_works():
    y = tg.ones(2, 2, requires_grad=True) * 1
    row = y.unbind()[0]
    y.mul_(2)
    assert repr(row) == "tensor([2., 2.], grad_fn=<Invalid>)"
