"""The softmax inside of attention: scores, a mask, probabilities, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

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
    """Row `n` attends to the columns up to `n`.

    Small matrices are worked on several at a time. Large ones in bands of rows that stay in the
    cache, each as wide as its last row, so that half of the exponentials are never computed.
    """
    out = xp.empty(x.shape, x.dtype)
    if not x.size:
        return out
    queries, keys = x.shape[-2:]
    scores, found = (t.reshape(-1, queries, keys) for t in (x, out))
    band, together = _sizes_of_blocks(xp, *scores.shape)
    for start in range(0, queries, band):
        stop = min(start + band, queries)
        width = min(stop, keys)
        seen = xp.tri(stop - start, width, start, dtype=rows.wide(xp, x[:0]).dtype)
        for first in range(0, scores.shape[0], together):
            block = (slice(first, first + together), slice(start, stop), slice(width))
            _softmax_of_seen(xp, rows.wide(xp, scores[block]), seen, found[block])
        found[:, start:stop, width:] = 0
    return out


def _sizes_of_blocks(xp: Any, matrices: int, queries: int, keys: int) -> tuple[int, int]:
    """How many rows of how many matrices to work on at once; all of them outside of NumPy."""
    if xp is not np:
        return queries, matrices
    return max(1, min(queries, rows.BLOCK // keys)), max(1, rows.BLOCK // (queries * keys))


def _softmax_of_seen(xp: Any, scores: Array, seen: Array, out: Array) -> None:
    """The softmax along rows of matrices over the places where `seen` is 1, written to `out`."""
    if rows.are_small(xp, scores):
        # In place, and where rows follow each other: each pass takes a quarter of the time.
        whole = scores.flags.c_contiguous and out.flags.c_contiguous and out.dtype == scores.dtype
        scores = scores if whole else scores.copy()
        e = xp.exp(scores, out=out if whole else scores)
        e *= seen
    else:  # the largest score may be one that is not to be seen
        hidden = xp.where(seen == 0, xp.asarray(-xp.inf, dtype=scores.dtype), scores)
        e = rows.exponentials(xp, hidden, hidden)
    xp.multiply(e, 1 / rows.row_sums(xp, e), out=out, casting="same_kind")
