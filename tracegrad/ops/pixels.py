"""Pixels at any places of images: what sampling on a grid is made of."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import rows
from tracegrad.ops.declare import op

Array = Any


def _numbered(xp: Any, index: Array, pixels: int) -> Array:
    """Places in all images one after the other."""
    return (index + xp.arange(index.shape[0])[:, None] * pixels).reshape(-1)


@op(vjp={"x": lambda ops, g, x_shape, index: ops.put_pixels(g, index, pixels=x_shape[2])},
    public=False)  # fmt: skip
def pick_pixels(xp, x, index):
    """All channels of some pixels of each image.

    Shapes: images `(n, channels, pixels)` and index `(n, places)` give `(n, channels, places)`.
    """
    n, channels, pixels = x.shape
    by_pixel = xp.ascontiguousarray(x.swapaxes(1, 2)).reshape(n * pixels, channels)
    found = by_pixel[_numbered(xp, index, pixels)].reshape(n, index.shape[1], channels)
    return xp.ascontiguousarray(found.swapaxes(1, 2))


@op(vjp={"x": lambda ops, g, index: ops.pick_pixels(g, index)}, public=False)
def put_pixels(xp, x, index, *, pixels):
    """The transpose of `pick_pixels`: images of zeros with each value added to its pixel."""
    n, channels, places = x.shape
    values = x.swapaxes(1, 2).reshape(n * places, channels)
    found = rows.added_rows(xp, n * pixels, _numbered(xp, index, pixels), values)
    return xp.ascontiguousarray(found.reshape(n, pixels, channels).swapaxes(1, 2))
