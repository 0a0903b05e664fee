"""`torch.fft`: discrete Fourier transforms, with gradients.

The families: `fft` of complex numbers, `rfft` of real ones (half the spectrum, as the rest is its
conjugate), `hfft` of a half that is conjugate symmetric (a real spectrum); `i...` is the way back,
`...2` transforms the last two dimensions and `...n` any. `norm` says where the factor `1/n` stands:
`"backward"` on the way back, `"forward"` on the way there, `"ortho"` its root on both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.engine.worlds import lifted
from tracegrad.ops.create import FUNCTIONS as CREATE
from tracegrad.ops.fourier import ADJOINT
from tracegrad.ops.prepare import converted

ops = lifted.ops
"""Every op of the table, over tensors."""

# -- along one dimension ---------------------------------------------------------------------------


def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The spectrum along `dim`, cut or padded to `n` elements before."""
    return _c2c("fft", input, _size(n), (dim,), norm, inverse=False)


def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """What has this spectrum along `dim`."""
    return _c2c("ifft", input, _size(n), (dim,), norm, inverse=True)


def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The first half of the spectrum of real numbers along `dim`."""
    return rfftn(input, _size(n), (dim,), norm)


def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The `n` real numbers (by default an even count) whose spectrum begins so along `dim`."""
    return irfftn(input, _size(n), (dim,), norm)


def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The real spectrum of the signal whose first half is `input`; the rest is its conjugate."""
    return hfftn(input, _size(n), (dim,), norm)


def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The first half of the signal that has this real spectrum."""
    return ihfftn(input, _size(n), (dim,), norm)


# -- along several ---------------------------------------------------------------------------------

Sizes = Sequence[int] | None


def fftn(input: Tensor, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The spectrum over dimensions `dim` (all by default), cut or padded to sizes `s` before."""
    return _c2c("fftn", input, s, dim, norm, inverse=False)


def ifftn(input: Tensor, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """What has this spectrum over dimensions `dim`."""
    return _c2c("ifftn", input, s, dim, norm, inverse=True)


def rfftn(input: Tensor, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The spectrum of real numbers over `dim`, of which the last one keeps the first half."""
    if input.is_complex():
        raise RuntimeError(f"rfft expects a real input tensor, but got {input.dtype}\n  try: fft")
    sizes, dims = _sizes_and_dims("rfft", input, s, dim)
    x = _resized(_floating("rfft", input), sizes, dims)
    norm = _norm("rfft", norm)
    half = ops.fft_r2c(x, dim=dims[-1], norm=norm)
    return ops.fft_c2c(half, dim=dims[:-1], norm=norm, inverse=False) if len(dims) > 1 else half


def irfftn(input: Tensor, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The real numbers that have this spectrum over `dim`, of which the last one holds a half."""
    return _c2r("irfft", input, s, dim, _norm("irfft", norm), inverse=True)


def hfftn(input: Tensor, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The real spectrum over `dim` of a signal of which the last dimension holds the first half."""
    return _c2r("hfft", input, s, dim, _norm("hfft", norm), inverse=False)


def ihfftn(input: Tensor, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The signal, its first half in the last dimension, that has this real spectrum over `dim`."""
    if input.is_complex():
        raise RuntimeError(f"ihfft expects a real input tensor, but got {input.dtype}\n  try: ifft")
    sizes, dims = _sizes_and_dims("ihfft", input, s, dim)
    norm = _norm("ihfft", norm)
    x = _resized(_floating("ihfft", input), sizes, dims)
    half = ops.conj(ops.fft_r2c(x, dim=dims[-1], norm=ADJOINT[norm]))
    return ops.fft_c2c(half, dim=dims[:-1], norm=norm, inverse=True) if len(dims) > 1 else half


def _of_two(function: Callable[..., Tensor], name: str) -> Callable[..., Tensor]:
    def of_two(
        input: Tensor, s: Sizes = None, dim: Any = (-2, -1), norm: str | None = None
    ) -> Tensor:
        return function(input, s, dim, norm)

    of_two.__name__ = of_two.__qualname__ = name
    of_two.__doc__ = f"`{function.__name__}` over two dimensions, by default the last ones."
    return of_two


fft2 = _of_two(fftn, "fft2")
ifft2 = _of_two(ifftn, "ifft2")
rfft2 = _of_two(rfftn, "rfft2")
irfft2 = _of_two(irfftn, "irfft2")
hfft2 = _of_two(hfftn, "hfft2")
ihfft2 = _of_two(ihfftn, "ihfft2")

# -- frequencies -----------------------------------------------------------------------------------


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, **options: Any) -> Tensor:
    """The frequency of each element of a spectrum, in cycles per unit of the sample spacing `d`."""
    counts = ops.cat([CREATE["arange"]((n + 1) // 2), CREATE["arange"](-(n // 2), 0)])
    return _frequencies(counts, n, d, dtype, options)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, **options: Any) -> Tensor:
    """The frequency of each element of half a spectrum."""
    return _frequencies(CREATE["arange"](n // 2 + 1), n, d, dtype, options)


def _frequencies(counts: Tensor, n: int, d: float, dtype: Any, options: Any) -> Tensor:
    wanted = dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    requires_grad = options.pop("requires_grad", False)
    made: Tensor = counts.to(dtype=wanted, **options) * (1.0 / (n * d))
    return made.requires_grad_() if requires_grad else made


def fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The spectrum with frequency 0 moved to the middle of each dimension of `dim`."""
    return _rolled(input, dim, lambda n: n // 2)


def ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The spectrum with frequency 0 moved from the middle back to the front."""
    return _rolled(input, dim, lambda n: (n + 1) // 2)


def _rolled(input: Tensor, dim: Any, shift: Callable[[int], int]) -> Tensor:
    for axis in kernels.axes(dim, input.ndim):
        n = input.shape[axis]
        first = n - shift(n) if n else 0
        parts = [(first, n - first), (0, first)]
        input = ops.cat([ops.narrow(input, axis, start, length) for start, length in parts], axis)
    return input


# -- arguments -------------------------------------------------------------------------------------


def _c2c(
    name: str, input: Tensor, s: Sizes, dim: Any, norm: str | None, *, inverse: bool
) -> Tensor:
    if input.ndim == 0 and s is None and dim is None:
        return ops.clone(_complex(name, input))  # over no dimension
    sizes, dims = _sizes_and_dims(name, input, s, dim)
    x = _resized(_complex(name, input), sizes, dims)
    return ops.fft_c2c(x, dim=dims, norm=_norm(name, norm), inverse=inverse)


def _c2r(name: str, input: Tensor, s: Sizes, dim: Any, norm: str, *, inverse: bool) -> Tensor:
    """Real numbers of half a spectrum (the inverse), or of half a symmetric signal."""
    sizes, dims = _sizes_and_dims(name, input, s, dim, last_from_half=s is None)
    x = _complex(name, input)
    n = sizes[-1]
    if n < 1:
        raise RuntimeError(f"{name}: Invalid number of data points ({n}) specified")
    x = _resized(x, (*sizes[:-1], n // 2 + 1), dims)
    if len(dims) > 1:
        x = ops.fft_c2c(x, dim=dims[:-1], norm=norm, inverse=inverse)
    if inverse:
        return ops.fft_c2r(x, dim=dims[-1], n=n, norm=norm)
    return ops.fft_c2r(ops.conj(x), dim=dims[-1], n=n, norm=ADJOINT[norm])


def _size(n: int | None) -> Sizes:
    return None if n is None else (n,)


def _sizes_and_dims(
    name: str, input: Tensor, s: Sizes, dim: Any, last_from_half: bool = False
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The size of each transformed dimension, and these dimensions counted from the front."""
    if isinstance(dim, int):
        dim = (dim,)
    if dim is None:
        count = input.ndim if s is None else len(s)
        if count > input.ndim:
            raise RuntimeError(
                f"Got shape with {count} values but input tensor only has {input.ndim} dimensions."
            )
        dims = tuple(range(input.ndim - count, input.ndim))
    else:
        if input.ndim == 0:
            raise IndexError(
                f"{name}: Dimension specified as {dim[-1]} but tensor has no dimensions"
            )
        dims = tuple(kernels.axis(d, input.ndim) for d in dim)
    if len(set(dims)) != len(dims):
        raise RuntimeError("FFT dims must be unique")
    if s is not None and len(s) != len(dims):
        raise RuntimeError(
            "When given, dim and shape arguments must have the same length: "
            f"got {len(dims)} and {len(s)}"
        )
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    sizes = [input.shape[d] for d in dims]
    if last_from_half:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if s is not None:
        sizes = [size if n == -1 else int(n) for size, n in zip(sizes, s, strict=True)]
    for size in sizes:
        if size < 1:
            raise RuntimeError(f"{name}: Invalid number of data points ({size}) specified")
    return tuple(sizes), dims


def _resized(x: Tensor, sizes: Sequence[int], dims: Sequence[int]) -> Tensor:
    """The tensor cut, or padded with zeros at the end."""
    for size, dim in zip(sizes, dims, strict=True):
        have = x.shape[dim]
        if size < have:
            x = ops.narrow(x, dim, 0, size)
        elif size > have:
            shape = (*x.shape[:dim], size - have, *x.shape[dim + 1 :])
            x = ops.cat([x, ops.zeros_of(x, shape=shape)], dim)
    return x


def _norm(name: str, norm: str | None) -> str:
    norm = norm or "backward"
    if norm not in ADJOINT:
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    return norm


def _floating(name: str, input: Tensor) -> Tensor:
    if input.dtype.category < 2:
        return converted(input, dtypes.get_default_dtype())
    if input.dtype.itemsize < 4:
        raise RuntimeError(f"Unsupported dtype {input.dtype}\n  try: .float() before {name}")
    return input


def _complex(name: str, input: Tensor) -> Tensor:
    x = _floating(name, input)
    return converted(x, dtypes.complex_of(x.dtype))


def __dir__() -> list[str]:
    return __all__


__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2",
    "ifftn", "ifftshift", "ihfft", "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft",
    "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip
