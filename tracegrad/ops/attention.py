"""The softmax inside of attention: scores, a mask, probabilities, in one pass."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import rows
from tracegrad.ops.declare import op

Array = Any


@op(
    vjp={
        "x": lambda ops, g, out: ops.softmax_backward(g, out, dim=-1),
        "bias": lambda ops, g, out: ops.softmax_backward(g, out, dim=-1),
    },
    public=False,
)
def attention_softmax(xp, x, mask=None, bias=None, *, is_causal=False):
    """`softmax(x + bias)` along the last dimension over what may be attended to, 0 elsewhere.

    Where `mask` is false, and with `is_causal` above the diagonal, nothing is attended to; a query
    that may attend to nothing gets zeros, as in PyTorch.
    """
    if is_causal and mask is None and bias is None:
        return _causal(xp, x)
    allowed = mask
    if is_causal:
        lower = xp.tri(x.shape[-2], x.shape[-1], dtype=bool)
        allowed = lower if mask is None else lower & mask
    scores = x if bias is None else x + bias
    if allowed is not None:
        scores = xp.where(allowed, scores, xp.asarray(-xp.inf, dtype=x.dtype))
    flat = rows.as_rows(xp, scores, scores.ndim - 1)
    if allowed is None and bias is None:
        return rows.softmax(xp, flat).reshape(scores.shape)
    return rows.softmax(xp, flat, empty_rows=True).reshape(scores.shape)


def _causal(xp: Any, x: Array) -> Array:
    """Row `n` attends to the columns up to `n`: bands of rows, each as wide as its last one."""
    out = xp.zeros(x.shape, x.dtype)
    queries, keys = x.shape[-2:]
    band = 32
    for start in range(0, queries, band):
        stop = min(start + band, queries)
        width = min(stop, keys)
        part = rows.wide(xp, x[..., start:stop, :width])
        flat = part.reshape(-1, width)
        earlier = xp.broadcast_to(xp.tri(stop - start, width, start, dtype=bool), part.shape)
        earlier = earlier.reshape(-1, width)
        e, shift = rows.exponentials(xp, flat)
        if shift is rows.NO_SHIFT:
            e *= earlier
        else:  # the largest score may be one that is not to be seen
            e, _ = rows.exponentials(
                xp, xp.where(earlier, flat, xp.asarray(-xp.inf, dtype=flat.dtype))
            )
        e *= 1 / rows.row_sums(xp, e)
        out[..., start:stop, :width] = e.reshape(part.shape)
    return out
