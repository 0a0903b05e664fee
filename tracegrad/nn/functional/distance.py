"""How near vectors are to each other."""

from __future__ import annotations

from typing import Any

from numpy import broadcast_shapes

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._scoped import scoped
from tracegrad.ops.create import made
from tracegrad.ops.overloads import norm
from tracegrad.ops.prepare import converted, result_dtype

ops = lifted.ops


@scoped
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along `dim`; a length counts as `eps` at least.

    Raises:
        RuntimeError: the vectors are not of floating point.
    """
    common = result_dtype([x1, x2])
    if not common.is_floating_point:
        raise RuntimeError(
            "expected common dtype to be floating point, yet common dtype is "
            f"{common}\n  try: .float() first"
        )
    shape = broadcast_shapes(x1.shape, x2.shape)
    wide = [ops.expand(converted(x, common), shape=shape) for x in (x1, x2)]
    first, second = (_unit(x, dim, eps) for x in wide)
    return ops.sum(first * second, dim=dim)


def _unit(x: Tensor, dim: int, eps: float) -> Tensor:
    return x / ops.clamp(norm(x, 2, dim, keepdim=True), min=eps)


@scoped
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The distance of order `p` between vectors along the last dimension; `eps` is added to each
    difference.
    """
    return norm(x1 - x2 + eps, p, -1, keepdim)


PRODUCT_FROM = 25
"""Rows from which the Euclidean distance comes from a matrix product, as in PyTorch."""

COMPUTE_MODES = {
    "use_mm_for_euclid_dist_if_necessary": None,
    "use_mm_for_euclid_dist": True,
    "donot_use_mm_for_euclid_dist": False,
}


def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """The distance of order `p` between each row of `x1` and each row of `x2`.

    Shapes: `(..., P, M)`, `(..., R, M)` give `(..., P, R)`.

    Raises:
        RuntimeError: the rows have different lengths, or `p` is negative.
        ValueError: there is no such `compute_mode`.
    """
    for name, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
        if not x.is_floating_point():
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {x.dtype}")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    mode = compute_mode or "use_mm_for_euclid_dist_if_necessary"
    if mode not in COMPUTE_MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    products = COMPUTE_MODES[mode]
    if products is None:
        products = max(x1.shape[-2], x2.shape[-2]) > PRODUCT_FROM
    return ops.cdist(x1, x2, p=float(p), through_products=products and p == 2)


@scoped
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The distances of order `p` between the rows of a matrix, each pair once.

    Raises:
        RuntimeError: the input is no matrix, or `p` is negative.
    """
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    count = input.shape[0]
    xp = namespace_of(input._array)
    first, second = _pairs(xp, count)
    every = ops.cdist(input, input, p=float(p))
    return every[made("rows", first), made("rows", second)]


def _pairs(xp: Any, count: int) -> tuple[Any, Any]:
    """Indices of pairs of rows, in order."""
    upper: tuple[Any, Any] = xp.triu_indices(count, 1)
    return upper
