"""Where the pixels of a turned, moved, scaled or sheared image come from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def inverse_affine_matrix(
    center: Sequence[float],
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
) -> list[float]:
    """The six numbers `a b c d e f` with which pixel `(x, y)` comes from `(ax+by+c, dx+ey+f)`.

    Forward, a point is seen from the centre, sheared along x, then along y, scaled, turned, and
    moved back: `M = T C R(angle) S(scale) Y(shear_y) X(shear_x) C^-1`. This is the inverse of `M`.

    Args:
        angle, shear: in degrees; angles turn clockwise, since y points down.
        translate: in pixels.
    """
    turn = math.radians(angle)
    cos, sin = math.cos(turn), math.sin(turn)
    tan_x, tan_y = math.tan(math.radians(shear[0])), math.tan(math.radians(shear[1]))
    # R Y X, whose determinant is 1: so its inverse needs no division but the one by the scale.
    p, q = cos + sin * tan_y, -cos * tan_x - sin * (1 + tan_x * tan_y)
    r, s = sin - cos * tan_y, -sin * tan_x + cos * (1 + tan_x * tan_y)
    a, b, d, e = s / scale, -q / scale, -r / scale, p / scale
    (x, y), (right, down) = center, translate
    c = x - a * (x + right) - b * (y + down)
    f = y - d * (x + right) - e * (y + down)
    return [a, b, c, d, e, f]


def perspective_coefficients(
    startpoints: Sequence[Sequence[float]], endpoints: Sequence[Sequence[float]]
) -> list[float]:
    """The numbers `a ... h` with which pixel `(x, y)` comes from
    `((ax+by+c) / (gx+hy+1), (dx+ey+f) / (gx+hy+1))`.

    Args:
        startpoints, endpoints: four corners `(x, y)` before and afterwards.

    Raises:
        ValueError: there are not four of them, or three lie on a line.
    """
    if len(startpoints) != 4 or len(endpoints) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(startpoints)} startpoints and "
            f"{len(endpoints)} endpoints."
        )
    rows = []
    for (x, y), (u, v) in zip(endpoints, startpoints, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    try:
        solved = np.linalg.solve(np.array(rows, float), np.array(startpoints, float).ravel())
    except np.linalg.LinAlgError:
        raise ValueError(
            f"perspective: no way leads from {startpoints} to {endpoints}: three of the corners "
            "lie on one line"
        ) from None
    return [float(n) for n in solved.astype(np.float32)]
