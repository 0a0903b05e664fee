"""Complex numbers: values and gradients as in PyTorch, op by op."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.on_arrays import assert_same, complex_, real

pytestmark = pytest.mark.parity

UNARY = [
    "abs", "angle", "conj", "conj_physical", "sgn", "neg", "positive", "square", "sqrt", "rsqrt",
    "reciprocal", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan",
    "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sinc", "sigmoid",
    "real", "imag", "view_as_real", "isreal", "adjoint",
]  # fmt: skip
CALLS = {
    "parts": lambda M, z: (z.real, z.imag),
    "mH": lambda M, z: z.mH,
    "H": lambda M, z: z.H,
    "sum": lambda M, z: z.sum(0),
    "mean": lambda M, z: z.mean(),
    "prod": lambda M, z: z.prod(1),
    "cumsum": lambda M, z: z.cumsum(0),
    "cumprod": lambda M, z: z.cumprod(1),
    "pow 2": lambda M, z: z**2,
    "pow 0.5": lambda M, z: z**0.5,
    "pow -1": lambda M, z: z**-1,
    "pow complex": lambda M, z: z ** (1 + 2j),
    "number to the power": lambda M, z: 2**z,
    "times i": lambda M, z: z * 1j,
    "plus i": lambda M, z: 1j + z,
    "over a number": lambda M, z: (1 + 2j) / z,
    "norm": lambda M, z: z.norm(),
    "transposed": lambda M, z: z.T.reshape(-1)[1:4],
    "indexed": lambda M, z: z[[0, 1, 0], [2, 1, 2]],
    "written": lambda M, z: M.stack([z, z * 2j]).clone().mul_(z),
    "written part": lambda M, z: (lambda c: c[0].mul_(1j) is None or c)(z * 1),
    "flipped": lambda M, z: M.cat([z.flip(0), z.roll(1)]),
    "where": lambda M, z: M.where(z.real > 0, z, z.conj()),
    "to real and back": lambda M, z: M.view_as_complex(M.view_as_real(z) * 2),
    "to a wider dtype": lambda M, z: z.to(M.complex64).to(M.complex128),
    "abs of zero": lambda M, z: (z * 0).abs(),
    "angle of zero": lambda M, z: (z * 0).angle(),
    "unit circle": lambda M, z: z / z.abs(),
}
PAIRS = {
    "add": lambda M, x, y: x + y,
    "sub": lambda M, x, y: x - y,
    "mul": lambda M, x, y: x * y,
    "div": lambda M, x, y: x / y,
    "pow": lambda M, x, y: x**y,
    "lerp": lambda M, x, y: x.lerp(y, 0.3),
    "matmul": lambda M, x, y: x @ y.mT,
    "einsum": lambda M, x, y: M.einsum("ij,kj->ik", x, y),
    "outer": lambda M, x, y: M.outer(x[0], y[1]),
    "dot": lambda M, x, y: M.dot(x[0], y[0]),
    "addcmul": lambda M, x, y: M.addcmul(x, x, y),
    "cat": lambda M, x, y: M.cat([x, y]),
}


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number(name: str):
    assert_same(lambda M, z: getattr(M, name)(z), complex_(2, 3))


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str):
    assert_same(CALLS[name], complex_(2, 3))


@pytest.mark.parametrize("name", PAIRS)
def test_functions_of_two_numbers(name: str):
    assert_same(PAIRS[name], complex_(2, 3), complex_(2, 3))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow", "cat"])
def test_a_real_and_a_complex_operand(name: str):
    assert_same(PAIRS[name], np.abs(real(2, 3)) + 0.1, complex_(2, 3))
    assert_same(PAIRS[name], complex_(2, 3), real(2, 3))


@pytest.mark.parametrize("name", ["angle", "conj", "real", "isreal", "adjoint", "sgn"])
def test_functions_of_complex_numbers_take_real_ones(name: str):
    assert_same(lambda M, x: getattr(M, name)(x), real(2, 3))


def test_functions_that_make_complex_numbers():
    assert_same(lambda M, x, y: M.complex(x, y), real(2, 3), real(3))
    assert_same(lambda M, x, y: M.polar(x, y), np.abs(real(2, 3)), real(2, 3))
    assert_same(lambda M, x: M.view_as_complex(x), real(3, 2))
    assert_same(lambda M, x: x.to(M.complex128), real(3))


@pytest.mark.parametrize("call", [
    lambda M, x: M.view_as_real(x), lambda M, x: x.imag, lambda M, x: M.view_as_complex(x),
    lambda M, x: M.view_as_complex(x.T), lambda M, x: M.complex(x, x.float()),
    lambda M, x: M.complex(x.long(), x.long()), lambda M, x: (x * 1j).sum().backward(),
    lambda M, x: x.to(M.complex64).sum().backward(M.tensor(1.0)),
    lambda M, x: (x * 1j).abs().sum().backward(M.tensor(1j)), lambda M, x: x[None].H,
])  # fmt: skip
def test_errors(call):
    assert_same(call, real(2, 3))
