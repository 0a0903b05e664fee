"""Spectra of short pieces of a signal: windows, `stft` and its inverse.

Both transforms are made of framing (`unfold`, whose gradient adds overlapping frames), a product
with the window and the transforms of `fourier.py`, so gradients and second gradients come with
them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.graph.location import warn
from tracegrad.ops.create import FUNCTIONS as CREATE
from tracegrad.ops.made import DeviceLike, made_as
from tracegrad.ops.prepare import converted

ops = lifted.ops
"""Every op of the table, over tensors."""

# -- windows ---------------------------------------------------------------------------------------


def _window(
    name: str, shape: Callable[[Any], Any], window_length: int, periodic: bool, dtype: Any,
    device: DeviceLike, requires_grad: bool, harmless: dict[str, Any],
) -> Tensor:  # fmt: skip
    """A window from its shape over 0 to 1; a periodic one ends one step before its first value
    comes again.

    Raises:
        TypeError: the length is no integer.
        RuntimeError: it is negative; or the dtype is not floating point.
    """
    if isinstance(window_length, bool) or not hasattr(window_length, "__index__"):
        raise TypeError(
            f"{name}(): argument 'window_length' (position 1) must be int, "
            f"not {type(window_length).__name__}"
        )
    count = window_length.__index__()
    wanted = dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    if not wanted.is_floating_point:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {wanted}")
    if count < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={count}")
    steps = count if periodic else count - 1
    values = shape(np.arange(count) / steps) if count > 1 else np.ones(count)
    return made_as(
        name, values.astype(wanted.numpy), harmless, device, requires_grad,
        window_length=count, periodic=periodic,
    )  # fmt: skip


def _cosines(*factors: float) -> Callable[[Any], Any]:
    """A sum of cosines of 0, 1, 2, ... periods."""
    return lambda t: sum(f * np.cos(2 * np.pi * n * t) for n, f in enumerate(factors))


def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: DeviceLike = None,
    requires_grad: bool = False, **harmless: Any,
) -> Tensor:  # fmt: skip
    """One period of a cosine, from 0 up to 1 and back."""
    return _window(
        "hann_window", _cosines(0.5, -0.5), window_length, periodic, dtype, device, requires_grad,
        harmless,
    )  # fmt: skip


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *,
    dtype: Any = None, device: DeviceLike = None, requires_grad: bool = False, **harmless: Any,
) -> Tensor:  # fmt: skip
    """`alpha - beta * cos`: a cosine that does not go down to 0."""
    return _window(
        "hamming_window", _cosines(alpha, -beta), window_length, periodic, dtype, device,
        requires_grad, harmless,
    )  # fmt: skip


def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: DeviceLike = None,
    requires_grad: bool = False, **harmless: Any,
) -> Tensor:  # fmt: skip
    """Two cosines, narrower than `hann_window` and flatter at the ends."""
    return _window(
        "blackman_window", _cosines(0.42, -0.5, 0.08), window_length, periodic, dtype, device,
        requires_grad, harmless,
    )  # fmt: skip


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: DeviceLike = None,
    requires_grad: bool = False, **harmless: Any,
) -> Tensor:  # fmt: skip
    """A triangle, from 0 up to 1 and back."""
    return _window(
        "bartlett_window", lambda t: 1 - np.abs(2 * t - 1), window_length, periodic, dtype, device,
        requires_grad, harmless,
    )  # fmt: skip


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None,
    device: DeviceLike = None, requires_grad: bool = False, **harmless: Any,
) -> Tensor:  # fmt: skip
    """A Bessel function over half a circle: the larger `beta`, the narrower."""
    return _window(
        "kaiser_window", lambda t: np.i0(beta * np.sqrt(1 - (2 * t - 1) ** 2)) / np.i0(beta),
        window_length, periodic, dtype, device, requires_grad, harmless,
    )  # fmt: skip


# -- there -----------------------------------------------------------------------------------------


def stft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor | None = None, center: bool = True, pad_mode: str = "reflect",
    normalized: bool = False, onesided: bool | None = None, return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:  # fmt: skip
    """The spectra of windows of `n_fft` elements, one every `hop_length`.

    Args:
        hop_length: a quarter of `n_fft` by default.
        win_length: how long the window is (without one, how many elements are taken); it stands in
            the middle of `n_fft` zeros.
        center: pad by `pad_mode`, so that the first window has the first element in its middle.
        normalized: divide by the root of `n_fft`.
        onesided: half of the spectrum; by default of real signals.

    Shapes: `(L,)` or `(B, L)` gives `(N, T)` or `(B, N, T)`: frequencies, then windows.

    Raises:
        RuntimeError: arguments don't fit each other or the signal; `return_complex` is not given.
        NotImplementedError: `return_complex=False`, `align_to_window=True` or a padding mode that
            does not exist.
    """
    _check_options(input, window, center, return_complex, align_to_window)
    hop, length = _lengths("stft", n_fft, hop_length, win_length, window)
    x = ops.unsqueeze(input, dim=0) if input.ndim == 1 else input
    x = _centered(x, n_fft // 2, pad_mode) if center else x
    if n_fft > x.shape[1]:
        raise RuntimeError(f"stft: expected 0 < n_fft < {x.shape[1]}, but got n_fft={n_fft}")
    frames = ops.unfold(x, dimension=1, size=n_fft, step=hop)
    if window is not None or length < n_fft:
        frames = ops.mul(frames, _in_the_middle(window, length, n_fft, x.dtype, input))
    onesided = not frames.is_complex() if onesided is None else onesided
    if onesided and frames.is_complex():
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    norm = "ortho" if normalized else "backward"
    if onesided:
        found = ops.fft_r2c(frames, dim=2, norm=norm)
    else:
        found = ops.fft_c2c(_complex(frames), dim=(2,), norm=norm, inverse=False)
    found = ops.transpose(found, dim0=1, dim1=2)
    return ops.squeeze(found, dim=0) if input.ndim == 1 else found


def _check_options(
    input: Tensor, window: Tensor | None, center: bool, return_complex: Any, align: Any
) -> None:
    if center and align is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    if align:
        raise NotImplementedError(
            "stft: align_to_window=True is not supported\n"
            "  try: pad the signal by (n_fft - win_length) / 2 on both sides"
        )
    any_complex = input.is_complex() or (window is not None and window.is_complex())
    if return_complex is None and not any_complex:
        raise RuntimeError(
            "stft requires the return_complex parameter be given for real inputs\n"
            "  try: return_complex=True"
        )
    if return_complex is False:
        raise NotImplementedError(
            "stft: return_complex=False, which PyTorch deprecates, is not supported\n"
            "  try: view_as_real(stft(..., return_complex=True))"
        )
    if input.dtype.category < 2 or input.dtype.itemsize < 4:
        raise RuntimeError(
            f"stft: expected a tensor of floating point or complex values, got {input.dtype}\n"
            "  try: .float() before"
        )
    if input.ndim not in (1, 2):
        raise RuntimeError(f"stft: expected a 1D or 2D tensor, got {input.ndim} dimensions")


def _centered(x: Tensor, width: int, mode: str) -> Tensor:
    """The signals with `width` elements more on both sides."""
    if mode == "constant":
        return ops.constant_pad(x, pad=(width, width))
    largest = {"reflect": x.shape[1] - 1, "circular": x.shape[1], "replicate": width}
    if mode not in largest:
        raise NotImplementedError(f"stft: Unrecognised padding mode {mode}")
    if width > largest[mode] or not x.shape[1]:
        raise RuntimeError(
            f"stft: padding by {width} is too much for pad_mode={mode!r} of a signal of "
            f"{x.shape[1]} elements\n  try: a smaller n_fft, or pad_mode='constant'"
        )
    return ops.own_pad(x, pad=(width, width), mode=mode)


# -- and back --------------------------------------------------------------------------------------


def istft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor | None = None, center: bool = True, normalized: bool = False,
    onesided: bool | None = None, length: int | None = None, return_complex: bool = False,
) -> Tensor:  # fmt: skip
    """The signal whose `stft` with the same arguments is nearest to `input`.

    Args:
        length: cut the signal, or pad it with zeros, to so many elements.
        return_complex: the signal is complex.

    Raises:
        RuntimeError: arguments don't fit each other or the spectra; or windows leave a gap.

    Source: D. W. Griffin and J. S. Lim (1984), "Signal estimation from modified short-time Fourier
    transform", eq. 6.
    """
    _check_spectra(input, n_fft, onesided)
    hop, width = _lengths("istft", n_fft, hop_length, win_length, window)
    if hop > width:
        raise RuntimeError(f"istft: expected 0 < hop_length <= win_length, got {hop} and {width}")
    onesided = input.shape[-2] != n_fft if onesided is None else onesided
    if not return_complex and window is not None and window.is_complex():
        raise RuntimeError("Complex windows are incompatible with return_complex=False")
    if return_complex and onesided:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    spectra = ops.unsqueeze(input, dim=0) if input.ndim == 2 else input
    frames = _frames(ops.transpose(spectra, dim0=1, dim1=2), n_fft, normalized, return_complex)
    real = dtypes.float32 if input.dtype is dtypes.complex64 else dtypes.float64
    tap = _in_the_middle(window, width, n_fft, real, input)
    count = frames.shape[1]
    total = n_fft + hop * (count - 1)
    signal = _added(ops.mul(frames, tap), total, hop)
    squares = ops.expand(ops.mul(tap, tap), shape=(1, count, n_fft))
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else total - start
    kept = max(min(end, total) - start, 0)
    signal = ops.narrow(signal, dim=1, start=start, length=kept)
    envelope = ops.narrow(_added(squares, total, hop), dim=1, start=start, length=kept)
    lowest = abs(envelope._array).min() if kept else 0.0
    if lowest < 1e-11:
        raise RuntimeError(
            f"istft: window overlap add min: {float(lowest)}: windows leave some elements out\n"
            "  try: a smaller hop_length, or center=True"
        )
    signal = ops.div(signal, envelope)
    if length is not None and length > kept:
        warn(
            "The length of signal is shorter than the length parameter. Result is being padded "
            "with zeros in the tail. Please check your center and hop_length settings."
        )
        signal = ops.constant_pad(signal, pad=(0, length - kept))
    return ops.squeeze(signal, dim=0) if input.ndim == 2 else signal


def _check_spectra(input: Tensor, n_fft: int, onesided: bool | None) -> None:
    if not input.is_complex():
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with "
            "return_complex=True."
        )
    if not input.numel():
        raise RuntimeError("istft: input tensor cannot be empty.")
    if input.ndim not in (2, 3):
        raise RuntimeError(f"istft: expected a tensor with 2 or 3 dims, but got {input.ndim}")
    have = input.shape[-2]
    half = have != n_fft if onesided is None else onesided
    if have != (n_fft // 2 + 1 if half else n_fft):
        raise RuntimeError(
            "istft: expected the frequency dimension (2nd to the last) of the input tensor to "
            f"match {'n_fft / 2 + 1' if half else 'n_fft'} when onesided={half}, but got {have}"
        )


def _frames(spectra: Tensor, n_fft: int, normalized: bool, is_complex: bool) -> Tensor:
    """What each window held."""
    norm = "ortho" if normalized else "backward"
    if is_complex:
        return ops.fft_c2c(spectra, dim=(2,), norm=norm, inverse=True)
    if spectra.shape[2] > n_fft // 2 + 1:
        spectra = ops.narrow(spectra, dim=2, start=0, length=n_fft // 2 + 1)
    return ops.fft_c2r(spectra, dim=2, n=n_fft, norm=norm)


def _added(frames: Tensor, total: int, hop: int) -> Tensor:
    """Frames added where they stand in the signal."""
    batch, _, size = frames.shape
    return ops.unfold_backward(frames, shape=(batch, total), dimension=1, size=size, step=hop)


# -- both ------------------------------------------------------------------------------------------


def _lengths(
    name: str, n_fft: int, hop_length: int | None, win_length: int | None, window: Tensor | None
) -> tuple[int, int]:
    """The step from window to window, and the window's length."""
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    if n_fft <= 0:
        raise RuntimeError(f"{name}: expected n_fft > 0, but got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(f"{name}: expected hop_length > 0, but got hop_length={hop}")
    if not 0 < length <= n_fft:
        raise RuntimeError(f"{name}: expected 0 < win_length <= n_fft, but got win_length={length}")
    if window is not None and tuple(window.shape) != (length,):
        raise RuntimeError(
            f"{name}: expected a 1D window tensor of size equal to win_length={length}, but got "
            f"window with size {list(window.shape)}"
        )
    return hop, length


def _in_the_middle(
    window: Tensor | None, length: int, n_fft: int, dtype: dtypes.dtype, like: Tensor
) -> Tensor:
    """The window, or ones, in the middle of zeros."""
    if window is None:
        window = CREATE["ones"](length, dtype=dtype, device=like.device)
    before = (n_fft - length) // 2
    return ops.constant_pad(window, pad=(before, n_fft - length - before))


def _complex(x: Tensor) -> Tensor:
    return converted(x, dtypes.complex_of(x.dtype))


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {f.__name__: f for f in (stft, istft)}
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {}
"""Methods only."""

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (hann_window, hamming_window, blackman_window, bartlett_window, kaiser_window)
}
"""Public functions that are no methods."""
