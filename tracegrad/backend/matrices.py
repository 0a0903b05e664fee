"""What NumPy does not have, or SciPy does faster: routines for matrices, Fourier transforms."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tracegrad.backend.device import Array, Namespace, scientific


def matrix_routine(xp: Namespace, name: str) -> Callable[..., Any]:
    """A function for one matrix, by SciPy's name."""
    found: Callable[..., Any] = getattr(scientific(xp, "linalg"), name)
    return found


def transforms(xp: Namespace) -> Any:
    """The Fourier transforms: SciPy's, in a half to a tenth of the time of NumPy's."""
    return scientific(xp, "fft") if xp is np else xp.fft


# -- triangles -------------------------------------------------------------------------------------


def solve_triangular(
    xp: Namespace, x: Array, y: Array, *, upper: bool, unitriangular: bool
) -> Array:
    """The matrices `z` with `x @ z = y`, of one batch; infinite or NaN where `x` is singular."""
    if math.prod(x.shape[:-2]) > (x.shape[-1] if xp is np else 1):
        return _substituted(xp, x, y, upper, unitriangular)
    solve = partial(_solve_one, xp, upper=upper, unitriangular=unitriangular)
    return each_matrix(xp, lambda a, b: (solve(a, b),), x, y)[0]


def _solve_one(xp: Namespace, x: Array, y: Array, *, upper: bool, unitriangular: bool) -> Array:
    """SciPy's own function refuses singular matrices, so this calls what it calls."""
    if xp is not np:
        return scientific(xp, "linalg").solve_triangular(
            x, y, lower=not upper, unit_diagonal=unitriangular, check_finite=False
        )
    (trsm,) = scientific(xp, "linalg").get_blas_funcs(("trsm",), (x, y))
    # Row-major is the transpose of BLAS's column-major: what was lower is upper.
    return trsm(1.0, xp.ascontiguousarray(x).T, y, lower=upper, trans_a=1, diag=unitriangular)


def _substituted(xp: Namespace, x: Array, y: Array, upper: bool, unitriangular: bool) -> Array:
    """Row by row for the whole batch at once: many small matrices are not worth a call each."""
    out, n = y.copy(), x.shape[-1]
    for i in reversed(range(n)) if upper else range(n):
        row = out[..., i : i + 1, :]
        if not unitriangular:
            row /= x[..., i : i + 1, i : i + 1]
        others = slice(0, i) if upper else slice(i + 1, n)
        out[..., others, :] -= x[..., others, i : i + 1] * row
    return out


# -- elimination -----------------------------------------------------------------------------------


def lu_factor(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """Both triangles in one matrix, and the row that each was exchanged with, counted from 0."""
    if xp is np and math.prod(x.shape[:-2]) <= x.shape[-1]:
        factor = partial(scientific(xp, "linalg").lu_factor, check_finite=False)
        lu, pivots = each_matrix(xp, factor, x)
        return lu, pivots
    lu, pivots = x.copy(), []
    for k in range(min(x.shape[-2:])):
        other = xp.argmax(xp.abs(lu[..., k:, k]), -1)[..., None] + k
        lu = xp.take_along_axis(lu, _exchange(xp, x.shape[-2], k, other)[..., None], -2)
        pivot = lu[..., k : k + 1, k : k + 1]
        lu[..., k + 1 :, k : k + 1] /= xp.where(pivot == 0, xp.ones((), x.dtype), pivot)
        lu[..., k + 1 :, k + 1 :] -= lu[..., k + 1 :, k : k + 1] * lu[..., k : k + 1, k + 1 :]
        pivots.append(other)
    empty = xp.zeros((*x.shape[:-2], 0), xp.int64)
    return lu, xp.concatenate([empty, *pivots], -1)


def _exchange(xp: Namespace, rows: int, k: int, other: Array) -> Array:
    """The order of rows after `k` and `other` have changed places."""
    order = xp.arange(rows)
    return xp.where(order == k, other, xp.where(order == other, k, order))


def row_order(xp: Namespace, pivots: Array, rows: int) -> Array:
    """Which row of the matrix each row of its triangles was, from exchanges counted from 0."""
    order = xp.broadcast_to(xp.arange(rows), (*pivots.shape[:-1], rows))
    for k in range(pivots.shape[-1]):
        exchange = _exchange(xp, rows, k, pivots[..., k : k + 1].astype(xp.int64))
        order = xp.take_along_axis(order, exchange, -1)
    return order


# -- one by one ------------------------------------------------------------------------------------


def each_matrix(xp: Namespace, routine: Callable[..., Any], *arrays: Array) -> list[Array]:
    """A routine for one matrix, called for every one of a batch; its results, stacked.

    Args:
        routine: gives a tuple of arrays.
        arrays: all with the same dimensions before the last two.
    """
    batch = arrays[0].shape[:-2]
    if not batch:
        return [xp.asarray(result) for result in routine(*arrays)]
    flat = [a.reshape(-1, *a.shape[-2:]) for a in arrays]
    results = [routine(*one) for one in zip(*flat, strict=True)]
    if not results:
        shapes = routine(*(xp.eye(*a.shape[-2:], dtype=a.dtype) for a in arrays))
        return [xp.zeros((*batch, *r.shape), r.dtype) for r in shapes]
    return [
        xp.stack(column).reshape(*batch, *column[0].shape) for column in zip(*results, strict=True)
    ]
