"""Each number times the share of a distribution that lies below it, and the gradient of that.

The distribution is the normal one, or one that `tanh` gives. All of it happens in blocks of a flat
array that stay in the cache: over 1 MB each of a dozen passes would wait for memory.
"""

from __future__ import annotations

from collections.abc import Callable

from tracegrad.backend.device import Array, Namespace
from tracegrad.backend.error_function import BLOCK, normal_distribution
from tracegrad.backend.rows import in_blocks

NORMAL_DENSITY = 0.3989422804014327
"""`1 / sqrt(2 pi)`."""

SLOPE, CUBIC = 0.7978845608028654, 0.044715
"""Of `tanh(SLOPE * (x + CUBIC * x ** 3))`, which is nearly `2 * Phi(x) - 1`."""


def gelu(xp: Namespace, x: Array, approximate: str) -> tuple[Array, Array]:
    """`x` times the share below it, and that share."""
    flat, share_below = x.reshape(-1), SHARES[approximate]
    found, share = xp.empty(flat.shape, flat.dtype), xp.empty(flat.shape, flat.dtype)
    for block in in_blocks(xp, flat.size, 1, BLOCK):
        part = flat[block]
        xp.multiply(part, share_below(xp, part, share[block]), out=found[block])
    return found.reshape(x.shape), share.reshape(x.shape)


def gelu_backward(
    xp: Namespace, g: Array, x: Array, share: Array | None, approximate: str
) -> Array:
    """`g` times the derivative; `share` is what is known of it already."""
    gradient, flat, slope_of = g.reshape(-1), x.reshape(-1), SLOPES[approximate]
    known = None if share is None else share.reshape(-1)
    found = xp.empty(flat.shape, flat.dtype)
    for block in in_blocks(xp, flat.size, 1, BLOCK):
        part = flat[block]
        if known is None:
            below = SHARES[approximate](xp, part, xp.empty(part.shape, part.dtype))
        else:
            below = known[block]
        slope = slope_of(xp, part, below, found[block])
        slope *= gradient[block]
    return found.reshape(x.shape)


# -- shares and slopes -----------------------------------------------------------------------------


def _share_by_tanh(xp: Namespace, x: Array, out: Array) -> Array:
    xp.multiply(x, x, out=out)
    out *= SLOPE * CUBIC
    out += SLOPE
    out *= x
    xp.tanh(out, out=out)
    out *= 0.5
    out += 0.5
    return out


def _slope_of_normal(xp: Namespace, x: Array, share: Array, out: Array) -> Array:
    """`share + x * density(x)`."""
    xp.multiply(x, x, out=out)
    out *= -0.5
    xp.exp(out, out=out)
    out *= NORMAL_DENSITY
    out *= x
    out += share
    return out


def _slope_by_tanh(xp: Namespace, x: Array, share: Array, out: Array) -> Array:
    """`share + x * 2 * share * (1 - share) * SLOPE * (1 + 3 * CUBIC * x * x)`."""
    xp.multiply(x, x, out=out)
    out *= 6 * CUBIC * SLOPE
    out += 2 * SLOPE
    out *= x
    out *= share
    out *= 1 - share
    out += share
    return out


SHARES: dict[str, Callable[[Namespace, Array, Array], Array]] = {
    "none": normal_distribution,
    "tanh": _share_by_tanh,
}
SLOPES: dict[str, Callable[[Namespace, Array, Array, Array], Array]] = {
    "none": _slope_of_normal,
    "tanh": _slope_by_tanh,
}
