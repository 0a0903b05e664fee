"""`fft` gives what PyTorch's does: values, dtypes, gradients, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.on_arrays import assert_same, complex_, real

pytestmark = pytest.mark.parity

ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
TWO = tuple(f"{name}2" for name in ONE)
MANY = tuple(f"{name}n" for name in ONE)
NORMS = (None, "backward", "ortho", "forward")
ARRAYS = {"real": real(3, 4, 5), "complex": complex_(3, 4, 5)}


def transform(name: str, **options: Any) -> Any:
    return lambda M, x: getattr(M.fft, name)(x, **options)


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 1, 3, 4, 9])
@pytest.mark.parametrize("name", ONE)
def test_along_one_dimension(name: str, n: int | None, norm: str | None, kind: str):
    for dim in (-1, 0):
        assert_same(transform(name, n=n, dim=dim, norm=norm), ARRAYS[kind])


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", [*TWO, *MANY])
def test_along_several(name: str, norm: str | None, kind: str):
    for options in (
        {}, {"s": (3, 4)}, {"s": (3, 7), "dim": (0, 2)}, {"dim": (1, 0)}, {"s": (4,), "dim": (1,)},
        {"dim": -1}, {"s": (-1, 2), "dim": (0, 1)},
    ):  # fmt: skip
        assert_same(transform(name, norm=norm, **options), ARRAYS[kind])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "complex64"])
@pytest.mark.parametrize("name", ONE)
def test_dtypes(name: str, dtype: str):
    assert_same(lambda M: getattr(M.fft, name)(M.ones(4, dtype=getattr(M, dtype))))


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_frequencies(n: int):
    assert_same(lambda M: M.fft.fftfreq(n, 0.3))
    assert_same(lambda M: M.fft.rfftfreq(n, d=2.0, dtype=M.float64))


@pytest.mark.parametrize("dim", [None, 0, (1, -1)])
@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
def test_shifts(name: str, dim: Any):
    assert_same(lambda M, x: getattr(M.fft, name)(x, dim), real(3, 4, 5))


@pytest.mark.parametrize("options", [
    {"n": 0}, {"n": -2}, {"norm": "x"}, {"dim": 4},
], ids=str)  # fmt: skip
def test_errors(options: dict[str, Any]):
    assert_same(transform("fft", **options), real(3, 4))


def test_errors_of_several_dimensions():
    for options in ({"dim": (0, 0)}, {"s": (2,), "dim": (0, 1)}, {"s": (2, 2, 2)}):
        assert_same(transform("fftn", **options), real(3, 4))
    assert_same(lambda M: M.fft.fft(M.tensor(1.0)))
    assert_same(lambda M: M.fft.fftn(M.tensor(1.0)))
    assert_same(lambda M: M.fft.fft(M.ones(0)))
    assert_same(lambda M: M.fft.irfft(M.ones(1)))


def test_memory_with_gaps():
    gaps = np.ascontiguousarray(complex_(6, 8))
    assert_same(lambda M, x: M.fft.fft(x[::2, ::3].T), gaps)
    assert_same(lambda M, x: M.fft.irfft(x.T[1:]), gaps)


def test_a_filter_in_the_spectrum():
    def smoothed(M: Any, x: Any, weights: Any) -> Any:
        return M.fft.irfft(M.fft.rfft(x) * weights, n=x.shape[-1])

    assert_same(smoothed, real(2, 9), complex_(5))
