"""Windows, `stft` and `istft` give what PyTorch's do: values, dtypes, gradients, errors."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg
from tests.parity.on_arrays import assert_same, complex_, real

pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:A window was not provided"),
    pytest.mark.filterwarnings("ignore:The length of signal is shorter"),
]

WINDOWS = {
    "hann": lambda M, *a, **k: M.hann_window(*a, **k),
    "hamming": lambda M, *a, **k: M.hamming_window(*a, **k),
    "blackman": lambda M, *a, **k: M.blackman_window(*a, **k),
    "bartlett": lambda M, *a, **k: M.bartlett_window(*a, **k),
    "kaiser": lambda M, *a, **k: M.kaiser_window(*a, **k),
}

# -- windows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("length", [0, 1, 2, 3, 8, 9, -1, 2.5, True])
def test_windows(name: str, length: Any):
    make = WINDOWS[name]
    assert_same(lambda M: make(M, length))
    assert_same(lambda M: make(M, length, False))
    assert_same(lambda M: make(M, window_length=length, periodic=True, dtype=M.float64))


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("dtype", ["float16", "int64"])
def test_dtypes_of_windows(name: str, dtype: str):
    assert_same(lambda M: WINDOWS[name](M, 6, dtype=getattr(M, dtype)), tolerance=1e-3)


def test_shapes_of_windows():
    assert_same(lambda M: M.hamming_window(7, False, 0.6, 0.3))
    assert_same(lambda M: M.hamming_window(7, True, alpha=0.6))
    assert_same(lambda M: M.kaiser_window(7, True, 4.0))
    assert_same(lambda M: M.kaiser_window(7, periodic=False, beta=0.5))
    assert tg.hann_window(4, requires_grad=True).requires_grad


# -- there -----------------------------------------------------------------------------------------

SIGNALS = {"one": real(23), "several": real(2, 23), "complex": complex_(2, 23)}


@pytest.mark.parametrize("kind", SIGNALS)
@pytest.mark.parametrize("n_fft", [1, 4, 7, 8])
@pytest.mark.parametrize("normalized", [False, True])
def test_stft_without_window(kind: str, n_fft: int, normalized: bool):
    for center, hop in itertools.product((False, True), (1, 3, None)):
        assert_same(
            lambda M, x, center=center, hop=hop: M.stft(
                x, n_fft, hop, center=center, normalized=normalized, return_complex=True
            ),
            SIGNALS[kind],
        )


@pytest.mark.parametrize("kind", SIGNALS)
@pytest.mark.parametrize("win_length", [8, 5, 1])
@pytest.mark.parametrize("make", [real, complex_])
def test_stft_with_window(kind: str, win_length: int, make: Any):
    assert_same(
        lambda M, x, w: x.stft(8, 3, win_length, w, return_complex=True),
        SIGNALS[kind], make(win_length),
    )  # fmt: skip
    assert_same(
        lambda M, x: M.stft(x, n_fft=8, win_length=win_length, return_complex=True), SIGNALS[kind]
    )


@pytest.mark.parametrize("pad_mode", ["reflect", "constant", "replicate", "circular", "mirror"])
def test_stft_pads_by_mode(pad_mode: str):
    for shape in ((23,), (2, 23), (4,), (2, 2)):
        assert_same(lambda M, x: M.stft(x, 8, pad_mode=pad_mode, return_complex=True), real(*shape))


def test_stft_of_both_sides():
    for onesided in (None, False, True):
        for kind in SIGNALS:
            assert_same(
                lambda M, x, onesided=onesided: M.stft(
                    x, 8, onesided=onesided, return_complex=True
                ),
                SIGNALS[kind],
            )


@pytest.mark.parametrize(
    "options",
    [
        {"n_fft": 0}, {"n_fft": 30, "center": False}, {"n_fft": 8, "hop_length": 0},
        {"n_fft": 8, "hop_length": -1}, {"n_fft": 8, "win_length": 9},
        {"n_fft": 8, "win_length": 0}, {"n_fft": 2}, {"n_fft": 3, "align_to_window": True},
    ],
)  # fmt: skip
def test_stft_refuses_what_pytorch_refuses(options: dict[str, Any]):
    assert_same(lambda M, x: M.stft(x, return_complex=True, **options), real(20))


def test_stft_refuses_other_signals():
    assert_same(lambda M, x: M.stft(x, 4, return_complex=True), real(2, 2, 20))
    assert_same(lambda M, x: M.stft(x, 4, return_complex=True), np.arange(20))
    assert_same(lambda M, x: M.stft(x, 4), real(20))
    assert_same(lambda M, x: M.stft(x, 4), complex_(20))
    assert_same(lambda M, x, w: M.stft(x, 4, window=w, return_complex=True), real(20), real(3))
    assert_same(lambda M, x, w: M.stft(x, 4, window=w, return_complex=True), real(20), real(4, 1))


def test_stft_names_what_to_write_instead_of_the_deprecated_form():
    with pytest.raises(NotImplementedError, match=r"try: view_as_real\(stft"):
        tg.stft(tg.ones(20), 4, return_complex=False)
    with pytest.raises(NotImplementedError, match="align_to_window=True is not supported"):
        tg.stft(tg.ones(20), 4, center=False, align_to_window=True, return_complex=True)


def test_stft_in_single_precision():
    x = real(23).astype(np.float32)
    assert_same(lambda M, x: M.stft(x, 8, return_complex=True), x, tolerance=2e-5)


# -- and back --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_fft", [4, 7, 8])
@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("length", [None, 5, 14, 40])
def test_istft(n_fft: int, normalized: bool, center: bool, length: int | None):
    for spectra in (complex_(n_fft // 2 + 1, 6), complex_(2, n_fft // 2 + 1, 6)):
        assert_same(
            lambda M, z, w: M.istft(
                z, n_fft, 2, window=w, center=center, normalized=normalized, length=length
            ),
            spectra, np.abs(real(n_fft)) + 0.5,
        )  # fmt: skip


def test_istft_of_both_sides():
    for options in (
        {}, {"onesided": False}, {"onesided": True}, {"return_complex": True},
        {"onesided": False, "return_complex": True}, {"onesided": True, "return_complex": True},
    ):  # fmt: skip
        for rows in (5, 8):
            assert_same(lambda M, z, options=options: z.istft(8, **options), complex_(2, rows, 6))


def test_istft_with_a_short_or_complex_window():
    assert_same(lambda M, z, w: M.istft(z, 8, 1, 3, w), complex_(5, 6), np.abs(real(3)) + 0.5)
    assert_same(lambda M, z: M.istft(z, 8, 1, 3), complex_(5, 6))
    for back in (True, False):
        assert_same(
            lambda M, z, w, back=back: M.istft(z, 8, window=w, return_complex=back),
            complex_(8, 6), complex_(8) + 2,
        )  # fmt: skip


def test_istft_refuses_what_pytorch_refuses():
    z = complex_(5, 6)
    assert_same(lambda M, x: M.istft(x, 8), real(5, 6))
    assert_same(lambda M, x: M.istft(x, 8), complex_(5, 0))
    assert_same(lambda M, x: M.istft(x, 10), z)
    assert_same(lambda M, x: M.istft(x, 8, onesided=False), z)
    assert_same(lambda M, x: M.istft(x, 8, 0), z)
    assert_same(lambda M, x: M.istft(x, 8, 5, 4), z)
    assert_same(lambda M, x: M.istft(x, 8, win_length=9), z)
    assert_same(lambda M, x, w: M.istft(x, 8, window=w), z, real(7))
    assert_same(lambda M, x: M.istft(x, 8, window=M.zeros(8)), z)
    assert_same(lambda M, x: M.istft(x, 8, window=M.hann_window(8), center=False), z)


def test_istft_counts_dimensions():
    with pytest.raises(RuntimeError, match="expected a tensor with 2 or 3 dims, but got 1"):
        tg.istft(tg.tensor(complex_(5)), 8)


def test_istft_gives_the_signal_back():
    x = tg.tensor(real(2, 64))
    w = tg.hann_window(16, dtype=tg.float64)
    spectra = tg.stft(x, 16, window=w, return_complex=True)
    tg.testing.assert_close(tg.istft(spectra, 16, window=w, length=64), x)
