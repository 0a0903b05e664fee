"""Discrete Fourier transforms: three ops, of complex, real and half spectra.

All other transforms are these after padding and cutting, see `fft.py`. Each is linear, so its rule
is its adjoint: the transform back with the same factor. Of a spectrum of real numbers only half is
kept; a kept frequency then stands for two, and counts double on the way back (`fft_fold`).
"""

from __future__ import annotations

from typing import Any, Literal

from tracegrad.backend import matrices
from tracegrad.engine.worlds import meet_complex
from tracegrad.ops.declare import op

Array = Any
Norm = Literal["backward", "ortho", "forward"]

ADJOINT = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The `norm` for which the other direction has the same factor."""


def _back(ops: Any, g: Array, dim: tuple[int, ...], norm: str, inverse: bool) -> Array:
    return ops.fft_c2c(g, dim=dim, norm=ADJOINT[norm], inverse=not inverse)


@op(public=False, vjp=lambda ops, g, dim, norm, inverse: _back(ops, g, dim, norm, inverse))
def fft_c2c(xp, x, *, dim, norm, inverse):
    """The transform of complex numbers over dimensions `dim`."""
    meet_complex()
    return getattr(matrices.transforms(xp), "ifftn" if inverse else "fftn")(x, None, dim, norm)


def _r2c_x(ops: Any, g: Array, x_shape: tuple[int, ...], dim: int, norm: str) -> Array:
    n = x_shape[dim]
    return ops.fft_c2r(ops.fft_fold(g, dim=dim, n=n, factor=0.5), dim=dim, n=n, norm=ADJOINT[norm])


@op(public=False, vjp=lambda ops, g, x_shape, dim, norm: _r2c_x(ops, g, x_shape, dim, norm))
def fft_r2c(xp, x, *, dim, norm):
    """The first half of the spectrum of real numbers along `dim`; the rest is its conjugate."""
    meet_complex()
    return matrices.transforms(xp).rfft(x, None, dim, norm)


def _c2r_x(ops: Any, g: Array, dim: int, n: int, norm: str) -> Array:
    return ops.fft_fold(ops.fft_r2c(g, dim=dim, norm=ADJOINT[norm]), dim=dim, n=n, factor=2.0)


@op(public=False, vjp=lambda ops, g, dim, n, norm: _c2r_x(ops, g, dim, n, norm))
def fft_c2r(xp, x, *, dim, n, norm):
    """The real numbers, `n` along `dim`, of which `x` is the first half of the spectrum."""
    meet_complex()
    return matrices.transforms(xp).irfft(x, n, dim, norm)


@op(
    public=False,
    vjp=lambda ops, g, dim, n, factor: ops.fft_fold(g, dim=dim, n=n, factor=factor),
)
def fft_fold(xp, x, *, dim, n, factor):
    """Half a spectrum, with the frequencies that stand for two of the `n` times a factor."""
    out = x.copy()
    doubled = [slice(None)] * x.ndim
    doubled[dim] = slice(1, (n + 1) // 2)  # not the constant; of an even n not the highest either
    out[tuple(doubled)] *= factor
    return out
