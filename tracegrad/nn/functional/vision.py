"""Images in other sizes and shapes: padding, resizing, pixels as channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.graph.location import warn

ops = lifted.ops

# -- padding ---------------------------------------------------------------------------------------

OWN_PADS = ("reflect", "replicate", "circular")


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """The tensor with more elements around it; negative numbers cut off.

    Args:
        pad: before and after the last dimension, before and after the one before it, ...
        mode: what the elements are: `"constant"` is `value`, `"reflect"` the tensor mirrored at its
            edge, `"replicate"` the edge, `"circular"` the other side.

    Raises:
        RuntimeError: there is more padding than the mode can fill, or than dimensions.
        NotImplementedError: the mode cannot pad so many dimensions.
    """
    if isinstance(pad, int) or not all(isinstance(n, int) for n in pad):
        kind = type(pad).__name__ if isinstance(pad, int) else "a tuple of something else"
        raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, not {kind}")
    sizes = tuple(pad)
    if len(sizes) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(sizes) > 2 * input.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(sizes)} and input of dimension {input.ndim}"
        )
    if mode == "constant":
        return ops.constant_pad(input, pad=sizes, value=0 if value is None else value)
    if mode not in OWN_PADS:
        raise NotImplementedError(
            f"Unrecognised padding mode {mode}\n  try: constant, reflect, replicate or circular"
        )
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    _check_own_pad(input, sizes, mode)
    return ops.own_pad(input, pad=sizes, mode=mode)


def _check_own_pad(input: Tensor, sizes: tuple[int, ...], mode: str) -> None:
    n, shape = len(sizes) // 2, input._array.shape
    if not (1 <= n <= 3 and input.ndim in (n + 1, n + 2)):
        raise NotImplementedError(
            f"Padding size {len(sizes)} is not supported for {input.ndim}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    if 0 in shape[input.ndim - n - (input.ndim == n + 1) :]:
        raise RuntimeError(
            f"Expected {n + 1}D or {n + 2}D (batch mode) tensor with possibly 0 batch size and "
            f"other non-zero dimensions for input, but got: {list(shape)}"
        )
    for dim in range(n):
        size, before, after = shape[-1 - dim], sizes[2 * dim], sizes[2 * dim + 1]
        if size + before + after <= 0:
            raise RuntimeError(
                f"pad: padding {(before, after)} leaves nothing of dimension "
                f"{input.ndim - 1 - dim} of input {list(shape)}"
            )
        if mode == "reflect" and max(before, after) >= size:
            raise RuntimeError(
                "Argument #4: Padding size should be less than the corresponding input dimension, "
                f"but got: padding ({before}, {after}) at dimension {input.ndim - 1 - dim} of "
                f"input {list(shape)}"
            )
        if mode == "circular" and max(before, after) > size:
            raise RuntimeError("Padding value causes wrapping around more than once.")


# -- resizing --------------------------------------------------------------------------------------

DIMS_OF_MODE = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
"""Modes that need an input of a given number of dimensions."""

ANY_DIMS = ("nearest", "nearest-exact", "area")


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Images in another size.

    Args:
        size, scale_factor: one of them, one number or one for each dimension.
        mode: nearest, nearest-exact, linear (3-D input), bilinear, bicubic (4-D), trilinear (5-D),
            area.
        align_corners: whether the corner elements stay in place, else the corners of the image.
        recompute_scale_factor: whether positions come from the two sizes, not from `scale_factor`.
        antialias: whether an image that becomes smaller is smoothed, as Pillow does it; of
            bilinear and bicubic.

    Raises:
        ValueError: options that do not go together.
        NotImplementedError: a mode for other dimensions.
    """
    n = input.ndim - 2
    if align_corners is not None and mode in ANY_DIMS:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear "
            "| bicubic | trilinear"
        )
    if antialias and (mode not in ("bilinear", "bicubic") or input.ndim != 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and "
            "requires a 4-D tensor as input"
        )
    out, scales = _wanted_size(input, size, scale_factor, recompute_scale_factor)
    if n not in (1, 2, 3) or mode not in (*ANY_DIMS, *DIMS_OF_MODE) or (mode, n) == ("bicubic", 1):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for the "
            "modes: nearest | linear | bilinear | bicubic | trilinear | area | nearest-exact "
            f"(got {mode})"
        )
    if DIMS_OF_MODE.get(mode, input.ndim) != input.ndim:
        raise NotImplementedError(
            f"Got {input.ndim}D input, but {mode} mode needs {DIMS_OF_MODE[mode]}D input"
        )
    if mode == "area":
        return getattr(ops, f"adaptive_avg_pool{n}d")(input, output_size=out)
    kind = f"smooth {mode}" if antialias else mode
    return ops.interpolate(
        input, size=out, scales=scales, mode=kind, align_corners=bool(align_corners)
    )


def _wanted_size(
    input: Tensor, size: Any, scale_factor: Any, recompute: bool | None
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The output's size, and the scale by which positions are computed if there is one."""
    n, shape = max(input.ndim - 2, 0), list(input._array.shape[2:])
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    given, name = (size, "output size") if scale_factor is None else (scale_factor, "scale_factor")
    values = tuple(given) if isinstance(given, list | tuple) else (given,) * n
    if len(values) != n:
        wording = "output size of" if name == "output size" else "scale_factor of shape"
        plural = "output" if name == "output size" else "scale_factor"
        raise ValueError(
            f"Input and {plural} must have the same number of spatial dimensions, but got input "
            f"with spatial dimensions of {shape} and {wording} {values}. Please provide input "
            "tensor in (N, C, d1, d2, ...,dK) format."
        )
    if scale_factor is None:
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        return tuple([int(v) for v in values]), (None,) * n
    out = tuple([math.floor(float(m) * v) for m, v in zip(shape, values, strict=True)])
    return out, (None,) * n if recompute else tuple([float(v) for v in values])


def upsample(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """PyTorch's old name for `interpolate`."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """PyTorch's old name for `interpolate` with `mode="nearest"`."""
    _warn_of_new_name("upsample_nearest")
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """PyTorch's old name for `interpolate` with `mode="bilinear"` and aligned corners."""
    _warn_of_new_name("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)


def _warn_of_new_name(name: str) -> None:
    warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.")


# -- pixels and channels ---------------------------------------------------------------------------


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels as pixels: `(..., c * r * r, h, w)` gives `(..., c, h * r, w * r)`."""
    return ops.pixel_shuffle(input, upscale_factor=upscale_factor)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Pixels as channels: `(..., c, h * r, w * r)` gives `(..., c * r * r, h, w)`."""
    return ops.pixel_unshuffle(input, downscale_factor=downscale_factor)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Channels dealt out: the first of each group, then the second of each."""
    return ops.channel_shuffle(input, groups=groups)


native_channel_shuffle = channel_shuffle
"""The name of PyTorch's kernel."""
