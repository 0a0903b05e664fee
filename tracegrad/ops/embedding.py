"""Rows of a table, looked up by index, and the distances between rows."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import rows
from tracegrad.ops.declare import Domain, op

Array = Any

# -- looking up ------------------------------------------------------------------------------------


@op(
    vjp={"x": lambda ops, g, index, padding_idx, by_frequency, x_shape: ops.embedding_backward(
        g, index, count=x_shape[0], padding_idx=padding_idx, by_frequency=by_frequency)},
    method=False, public=False,
)  # fmt: skip
def embedding(xp, x, index, *, padding_idx=-1, by_frequency=False):
    """Rows of `x`. The row `padding_idx` (-1 for none) gets no gradient; with `by_frequency` a
    row's gradient is divided by how often it is looked up.
    """
    if index.size and (index.min() < 0 or index.max() >= x.shape[0]):
        worst = index.max() if index.max() >= x.shape[0] else index.min()
        raise IndexError(
            f"index out of range in self: {worst} of a table of {x.shape[0]} rows "
            f"(0 to {x.shape[0] - 1})"
        )
    return xp.take(x, index, 0)


def _counted(
    xp: Any, values: Array, index: Array, count: int, padding_idx: int, by_frequency: bool
) -> Array:
    """A gradient for each index: nothing for the padding, shares of rows looked up often."""
    factor = xp.ones(index.shape, values.dtype)
    if by_frequency:
        factor = factor / xp.maximum(xp.bincount(index, minlength=count), 1)[index]
    if padding_idx >= 0:
        factor = xp.where(index == padding_idx, 0, factor)
    return values * factor.reshape(-1, 1).astype(values.dtype, copy=False)


@op(
    vjp={"x": lambda ops, g, index, padding_idx, by_frequency: ops.embedding_again(
        g, index, padding_idx=padding_idx, by_frequency=by_frequency)},
    method=False, public=False,
)  # fmt: skip
def embedding_backward(xp, x, index, *, count, padding_idx=-1, by_frequency=False):
    """A table of `count` rows with gradients added wherever `embedding` read."""
    flat = index.reshape(-1)
    values = x.reshape(flat.size, x.shape[-1])
    if by_frequency or padding_idx >= 0:
        values = _counted(xp, values, flat, count, padding_idx, by_frequency)
    return rows.added_rows(xp, count, flat, values)


@op(
    vjp={"x": lambda ops, g, index, padding_idx, by_frequency, x_shape: ops.embedding_backward(
        g, index, count=x_shape[0], padding_idx=padding_idx, by_frequency=by_frequency)},
    method=False, public=False,
)  # fmt: skip
def embedding_again(xp, x, index, *, padding_idx=-1, by_frequency=False):
    """The transpose of `embedding_backward`: rows of `x`, weighted as it weights them."""
    flat = index.reshape(-1)
    found = xp.take(x, flat, 0)
    if by_frequency or padding_idx >= 0:
        found = _counted(xp, found, flat, x.shape[0], padding_idx, by_frequency)
    return found.reshape(*index.shape, x.shape[-1])


@op(vjp={"x": lambda ops, g, bag: ops.embedding(g, bag)}, method=False, public=False)
def bag_sum(xp, x, bag, *, bags):
    """The sum of the rows of `x` that are in each of the bags; `bag` tells where a row is."""
    return rows.added_rows(xp, bags, bag, x)


# -- distances -------------------------------------------------------------------------------------


def _distance_slope(
    ops: Any, g: Array, x: Array, y: Array, out: Array, p: float, shape: tuple[int, ...]
) -> Array:
    """The gradient of `x`'s rows, from that of their distances to `y`'s."""
    if p == 2.0:
        pull = ops.safe_ratio(g, out)
        found = x * ops.sum(pull, dim=-1, keepdim=True) - ops.matmul(pull, y)
    else:
        difference = ops.unsqueeze(x, dim=-2) - ops.unsqueeze(y, dim=-3)
        pull = ops.unsqueeze(g, dim=-1)
        distance = ops.unsqueeze(out, dim=-1)
        if p == 0.0:
            slope = ops.zeros_of(difference, shape=difference.shape)
        elif p == 1.0:
            slope = ops.sgn(difference) * pull
        elif p == float("inf"):
            largest = ops.to_like(ops.abs(difference) == distance, difference)
            slope = ops.sgn(difference) * largest * pull
        else:
            size = ops.abs(difference)
            size = ops.where(size == 0, 0.0, ops.pow(ops.where(size == 0, 1.0, size), p - 1))
            slope = ops.sgn(difference) * size * ops.safe_ratio(pull, ops.pow(distance, p - 1))
        found = ops.sum(slope, dim=-2)
    return found if found.shape == shape else ops.sum_to_size(found, shape=shape)


@op(vjp={
    "x1": lambda ops, g, x1, x2, out, p: _distance_slope(ops, g, x1, x2, out, p, x1.shape),
    "x2": lambda ops, g, x1, x2, out, p: _distance_slope(
        ops, ops.transpose(g, dim0=-2, dim1=-1), x2, x1, ops.transpose(out, dim0=-2, dim1=-1), p,
        x2.shape),
}, domain={"x1": Domain(-3.0, -0.1), "x2": Domain(0.1, 3.0)}, public=False)  # fmt: skip
def cdist(xp, x1, x2, *, p=2.0, through_products=False):
    """The distance of order `p` between each row of `x1` and each row of `x2`.

    With `through_products` the Euclidean one comes from a matrix product,
    `|x|^2 + |y|^2 - 2 x y`: faster, and inexact where rows are nearly equal.
    """
    if p == 2.0 and through_products:
        squares = xp.add.reduce(x1 * x1, -1, keepdims=True) + xp.expand_dims(
            xp.add.reduce(x2 * x2, -1), -2
        )
        products = xp.matmul(x1, xp.swapaxes(x2, -1, -2))
        return xp.sqrt(xp.maximum(squares - 2 * products, 0))
    size = xp.abs(xp.expand_dims(x1, -2) - xp.expand_dims(x2, -3))
    if p == 0.0:
        return xp.add.reduce(size != 0, -1).astype(x1.dtype)
    if p == float("inf"):
        return xp.max(size, -1) if size.size else xp.zeros(size.shape[:-1], x1.dtype)
    if p == 1.0:
        return xp.add.reduce(size, -1)
    if p == 2.0:
        return xp.sqrt(xp.add.reduce(size * size, -1))
    return xp.power(xp.add.reduce(xp.power(size, p), -1), 1 / p)
