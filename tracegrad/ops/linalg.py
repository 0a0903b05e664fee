"""Products of matrices and vectors."""

from __future__ import annotations

import math
from typing import Any

from tracegrad.ops.declare import op

Array = Any


def _matmul_x(ops: Any, g: Array, x_shape: tuple[int, ...], y: Array) -> Array:
    """Gradient of the left factor; sums over broadcast batches are the engine's."""
    if y.ndim == 1:
        return g * y if len(x_shape) == 1 else ops.unsqueeze(g, dim=-1) * y
    if len(x_shape) == 1:
        return ops.squeeze(ops.matmul(y, ops.unsqueeze(g, dim=-1)), dim=-1)
    return ops.matmul(g, _transposed(ops, y))


def _matmul_y(ops: Any, g: Array, x: Array, y_shape: tuple[int, ...]) -> Array:
    """Gradient of the right factor."""
    if x.ndim == 1:
        if len(y_shape) == 1:
            return g * x
        return ops.unsqueeze(x, dim=-1) * ops.unsqueeze(g, dim=-2)
    if len(y_shape) == 1:
        return ops.squeeze(ops.matmul(_transposed(ops, x), ops.unsqueeze(g, dim=-1)), dim=-1)
    return ops.matmul(_transposed(ops, x), g)


def _transposed(ops: Any, x: Array) -> Array:
    """The last two dimensions exchanged."""
    return ops.t(x) if x.ndim == 2 else ops.transpose(x, dim0=-2, dim1=-1)


def _product(xp: Any, x: Array, y: Array) -> Array:
    """The matrix product.

    NumPy's `matmul` takes 5 us for a column times a row of 100x32, `dot` 1; and it multiplies a
    batch with a matrix one by one, which takes up to 2.5 times as long as all rows at once.
    """
    if y.ndim == 2 and x.ndim >= 2:
        if x.ndim == 2:
            return xp.dot(x, y)
        if x.shape[-1] == y.shape[0] != 0:
            return xp.dot(x.reshape(-1, x.shape[-1]), y).reshape(*x.shape[:-1], y.shape[1])
    return xp.matmul(x, y)


def check_same_dtype(x: Array, y: Array) -> None:
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {x.dtype} != {y.dtype}\n"
            "  try: .to(dtype) on one of them; matrix products don't promote"
        )


MATMUL_RULES = {
    "x": lambda ops, g, x_shape, y: _matmul_x(ops, g, x_shape, y),
    "y": lambda ops, g, x, y_shape: _matmul_y(ops, g, x, y_shape),
}


@op(vjp=MATMUL_RULES)
def matmul(xp, x, y):
    """The matrix product; vectors are rows on the left and columns on the right, batches broadcast.

    Shapes: `(..., n, k) @ (..., k, m)` gives `(..., n, m)`.
    """
    check_same_dtype(x, y)
    if x.ndim == 0 or y.ndim == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {x.ndim}D and {y.ndim}D"
        )
    return _product(xp, x, y)


def _need(ndim: int, name: str, *arrays: Array) -> None:
    for position, array in enumerate(arrays, 1):
        if array.ndim != ndim:
            kind = {1: "vector", 2: "matrix", 3: "batch of matrices"}[ndim]
            raise RuntimeError(
                f"{name}: expected a {kind} ({ndim}-D tensor) as argument {position}, "
                f"got a {array.ndim}-D tensor\n  try: matmul"
            )


@op(vjp=MATMUL_RULES)
def mm(xp, x, y):
    """The product of two matrices."""
    _need(2, "mm", x, y)
    check_same_dtype(x, y)
    return _product(xp, x, y)


@op(vjp=MATMUL_RULES)
def bmm(xp, x, y):
    """The products of two batches of matrices, without broadcasting."""
    _need(3, "bmm", x, y)
    check_same_dtype(x, y)
    if x.shape[0] != y.shape[0]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{x.shape[0]}, "
            f"{x.shape[2]}] but got: [{y.shape[0]}, {y.shape[1]}]."
        )
    return xp.matmul(x, y)


@op(vjp=MATMUL_RULES)
def mv(xp, x, y):
    """The product of a matrix and a vector."""
    _need(2, "mv", x)
    _need(1, "mv", y)
    check_same_dtype(x, y)
    return xp.matmul(x, y)


@op(vjp={"x": lambda ops, g, y: g * y, "y": lambda ops, g, x: g * x})
def dot(xp, x, y):
    """The inner product of two vectors."""
    if x.ndim != 1 or y.ndim != 1:
        raise RuntimeError(
            f"1D tensors expected, but got {x.ndim}D and {y.ndim}D tensors\n  try: matmul, or (x "
            "* y).sum()"
        )
    check_same_dtype(x, y)
    return xp.dot(x, y)


@op(vjp={
    "x": lambda ops, g, y: ops.matmul(g, y),
    "y": lambda ops, g, x: ops.matmul(ops.t(g), x),
}, promotes="types")  # fmt: skip
def outer(xp, x, y):
    """The outer product of two vectors."""
    if x.ndim != 1 or y.ndim != 1:
        raise RuntimeError(f"outer: expected 1-D tensors, but got {x.ndim}-D and {y.ndim}-D")
    return xp.multiply.outer(x, y)


def _rows(ops: Any, x: Array) -> Array:
    """All leading dimensions as one."""
    # Counted: of no elements, a -1 could stand for any number.
    return x if x.ndim == 2 else ops.reshape(x, shape=(math.prod(x.shape[:-1]), x.shape[-1]))


@op(
    vjp={
        "x": lambda ops, g, weight: ops.matmul(g, weight),
        "weight": lambda ops, g, x: (
            ops.matmul(ops.t(_rows(ops, g)), _rows(ops, x)) if x.ndim > 1 else ops.outer(g, x)
        ),
        "bias": lambda ops, g: g,
    },
    public=False,
)
def linear(xp, x, weight, bias=None):
    """`input @ weight.T + bias`.

    Shapes: input `(..., in)`, weight `(out, in)`, bias `(out,)`; the result is `(..., out)`.
    """
    check_same_dtype(x, weight)
    if x.ndim == 0 or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        rows = x.size // max(x.shape[-1], 1) if x.ndim else 1
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{x.shape[-1] if x.ndim else 1} and "
            f"{'x'.join(map(str, weight.shape[::-1]))})"
        )
    out = _product(xp, x, weight.T)
    if bias is not None:
        check_same_dtype(x, bias)
        if bias.shape != (weight.shape[0],):
            raise RuntimeError(
                f"linear: expected a bias of shape [{weight.shape[0]}], got {list(bias.shape)}"
            )
        out += bias
    return out
