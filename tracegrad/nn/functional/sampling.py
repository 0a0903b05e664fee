"""Images read at any places: `grid_sample`, and the grid of an affine motion."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.ops.resize import cubic_weights

ops = lifted.ops


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Where each pixel of an affinely moved image comes from: a grid for `grid_sample`.

    Shapes: theta `(n, 2, 3)` and size `(n, c, h, w)` give `(n, h, w, 2)`; theta `(n, 3, 4)` and
    size `(n, c, d, h, w)` give `(n, d, h, w, 3)`.
    """
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    shape = tuple([int(n) for n in size])
    n = len(shape) - 2
    if n not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {shape}."
        )
    if tuple(theta.shape[1:]) != (n, n + 1) or theta.ndim != 3:
        raise ValueError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {shape}. "
            f"Got {theta.shape}."
        )
    if min(shape) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {shape}")
    base = theta.new_ones((*shape[2:], n + 1))
    for dim in range(n):
        count = shape[2 + dim]
        steps = [_grid_place(i, count, bool(align_corners)) for i in range(count)]
        line = theta.new_tensor(steps).reshape((-1, *[1] * (n - 1 - dim)))
        base[..., n - 1 - dim] = line
    grid = ops.matmul(base.reshape((-1, n + 1)), theta.transpose(1, 2))
    return grid.reshape((shape[0], *shape[2:], n))


def _grid_place(i: int, count: int, align_corners: bool) -> float:
    """Where the centre of a pixel lies between -1 and 1."""
    if align_corners:
        return 2 * i / (count - 1) - 1 if count > 1 else 0.0
    return (2 * i + 1) / count - 1


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The input at the places that a grid names, between -1 and 1 across the image, x first.

    Shapes: input `(n, c, h, w)`, grid `(n, H, W, 2)` give `(n, c, H, W)`; with depth `(n, c, d, h,
    w)` and `(n, D, H, W, 3)`.

    Args:
        mode: bilinear (trilinear with depth), nearest, bicubic (without).
        padding_mode: what lies outside: zeros, border (the nearest pixel) or reflection.
        align_corners: whether -1 and 1 are the centres of the corner pixels, else their edges.
    """
    _check_sampling(input, grid, mode, padding_mode)
    sizes = input._array.shape[2:]
    aligned = bool(align_corners)
    places = [
        _unnormalized(grid[..., len(sizes) - 1 - dim], size, aligned)
        for dim, size in enumerate(sizes)
    ]
    if mode != "bicubic":
        places = [
            _brought_inside(p, size, padding_mode, aligned)
            for p, size in zip(places, sizes, strict=True)
        ]
    neighbours = [
        TAPS_OF_MODE[mode](p, size, padding_mode, aligned)
        for p, size in zip(places, sizes, strict=True)
    ]
    return _weighed_sum(input, list(itertools.product(*neighbours)), padding_mode)


def _check_sampling(input: Tensor, grid: Tensor, mode: str, padding_mode: str) -> None:
    if mode not in TAPS_OF_MODE:
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', "
            f"but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
            f"'reflection', but got: '{padding_mode}'"
        )
    image, places = list(input.shape), list(grid.shape)
    said = f"but got input with sizes {image} and grid with sizes {places}"
    if image[:1] != places[:1]:
        raise RuntimeError(
            f"grid_sampler(): expected grid and input to have same batch size, {said}"
        )
    if len(image) not in (4, 5) or len(image) != len(places):
        raise RuntimeError(
            f"grid_sampler(): expected {len(image) if len(image) in (4, 5) else '4D or 5'}D input "
            f"and grid with same number of dimensions, {said}"
        )
    if places[-1] != len(image) - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {len(image) - 2} in last dimension, but "
            f"got grid with sizes {places}"
        )
    if 0 in image[2:]:
        raise RuntimeError(
            "grid_sampler(): expected input to have non-empty spatial dimensions, but input has "
            f"sizes {image} with dimension {image.index(0, 2)} being empty"
        )
    if mode == "bicubic" and len(image) == 5:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if input.dtype is not grid.dtype:
        raise RuntimeError(
            f"grid_sampler(): expected input and grid to have the same dtype, but input is "
            f"{input.dtype} and grid is {grid.dtype}\n  try: grid.to(input.dtype)"
        )


def _unnormalized(place: Tensor, size: int, aligned: bool) -> Tensor:
    """From -1..1 to pixels."""
    return (place + 1) * ((size - 1) / 2) if aligned else ((place + 1) * size - 1) / 2


def _brought_inside(place: Tensor, size: int, padding_mode: str, aligned: bool) -> Tensor:
    """Places outside moved to the border, or mirrored at it."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        low, high = (0.0, size - 1.0) if aligned else (-0.5, size - 0.5)
        if high == low:
            return place * 0
        away = ops.abs(place - low)
        flips = ops.floor(away.detach() / (high - low))
        rest = away - flips * (high - low)
        odd = flips % 2
        place = rest + odd * ((high - low) - 2 * rest) + low
    return place.clamp(0, size - 1)


Tap = tuple[Tensor, Tensor | None]
"""Which pixel along a dimension (as a float; it may lie outside), and by how much it counts."""


def _linear_taps(place: Tensor, size: int, padding_mode: str, aligned: bool) -> list[Tap]:
    low = ops.floor(place.detach())
    after = place - low
    return [(low, 1 - after), (low + 1, after)]


def _nearest_taps(place: Tensor, size: int, padding_mode: str, aligned: bool) -> list[Tap]:
    # A place that has no say gets a gradient of zeros, not none, as in PyTorch.
    weight = (place - place.detach()) * 0 + 1 if place.requires_grad else None
    return [(ops.round(place.detach()), weight)]


def _cubic_taps(place: Tensor, size: int, padding_mode: str, aligned: bool) -> list[Tap]:
    low = ops.floor(place.detach())
    weights = cubic_weights(place - low)
    return [
        (_brought_inside(low + (n - 1), size, padding_mode, aligned), weight)
        for n, weight in enumerate(weights)
    ]


TAPS_OF_MODE = {"bilinear": _linear_taps, "nearest": _nearest_taps, "bicubic": _cubic_taps}


def _weighed_sum(input: Tensor, neighbours: list[tuple[Tap, ...]], padding_mode: str) -> Tensor:
    """The neighbours of every place times their weights, summed; 0 for those that lie outside."""
    n, channels, *sizes = input._array.shape
    named = [_index_and_inside(taps, sizes) for taps in neighbours]
    index = ops.stack([index for index, _ in named], dim=1)  # (n, neighbours, *out)
    count, out = len(named), index._array.shape[2:]
    pixels = input.reshape((n, channels, math.prod(sizes)))
    found = ops.pick_pixels(pixels, index.reshape((n, count * math.prod(out))))
    found = found.reshape((n, channels, count, *out))
    if padding_mode == "zeros":
        inside = ops.stack([inside for _, inside in named], dim=1)
        found = ops.keep_where(found, inside.unsqueeze(1))
    weights = [_product([share for _, share in taps if share is not None]) for taps in neighbours]
    if weights[0] is not None:
        found = found * ops.stack(weights, dim=1).unsqueeze(1)
    return found.sum(2)


def _index_and_inside(taps: tuple[Tap, ...], sizes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Which pixel of the flattened image a neighbour is, and whether it is one."""
    index: Any = 0
    inside: Any = None
    for (place, _), size in zip(taps, sizes, strict=True):
        is_inside = (place >= 0) & (place <= size - 1)
        inside = is_inside if inside is None else inside & is_inside
        index = index * size + place.clamp(0, size - 1).nan_to_num().long()
    return index, inside


def _product(shares: list[Tensor]) -> Any:
    """The weight of a neighbour from those along each dimension; `None` where there are none."""
    product: Any = None
    for share in shares:
        product = share if product is None else product * share
    return product
