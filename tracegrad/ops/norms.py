"""Norms of vectors and matrices."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.engine.worlds import lifted, meet_complex
from tracegrad.ops.declare import TABLE, Domain, reduction
from tracegrad.ops.prepare import converted

Array = Any
ops = lifted.ops
"""Every op of the table, over tensors."""

# -- the op ----------------------------------------------------------------------------------------


def _norm_x(ops: Any, g: Array, x: Array, out: Array, dim: Any, order: float) -> Array:
    """Gradient of a norm of any finite order; 0 where the norm is."""
    shape = kernels.kept_shape(x.shape, dim)
    g, out = ops.reshape(g, shape=shape), ops.reshape(out, shape=shape)
    if order == 1:
        return ops.sgn(x) * g
    magnitude = ops.abs(x)
    # Over the norm first: powers of a small number and of its norm would both underflow.
    slope = ops.pow(ops.safe_ratio(magnitude, out), order - 1)
    return ops.sgn(x) * ops.where(magnitude == 0, 0.0, slope * g)


@reduction(
    name="vector_norm", public=False, domain=Domain(-3.0, 3.0, avoid=(0.0,)),
    vjp=lambda ops, g, x, out, dim, order: _norm_x(ops, g, x, out, dim, order),
)  # fmt: skip
def vector_norm_of(xp, x, *, order, dim=None, keepdim=False):
    """`sum(|x| ** order) ** (1 / order)` over `dim`, for a finite `order` that is not 0."""
    magnitude = xp.abs(x)
    if x.dtype.kind == "c":
        meet_complex()
    axes = kernels.axes(dim, x.ndim)
    if order == 1:
        return xp.add.reduce(magnitude, axes, keepdims=keepdim)
    total = xp.add.reduce(magnitude**order, axes, keepdims=keepdim)
    return xp.power(total, 1 / order)


# -- vectors ---------------------------------------------------------------------------------------


def vector_norm(
    x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of order `ord` of all elements over `dim`: also 0 (how many are not 0), `inf` and
    `-inf`.

    Raises:
        RuntimeError: the elements are integers, or there are none where that has no answer.
    """
    x = _floating("linalg.vector_norm", x, dtype)
    ord = float(ord)
    if ord in (inf, -inf) or ord < 0:
        empty = x.numel() == 0 and kernels.reduced_count(tuple(x.shape), dim) == 0
        if empty:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {ord:g} norm on an empty tensor because "
                "the operation does not have an identity"
            )
    if ord == 2:
        return TABLE["norm2"].call(x, dim=dim, keepdim=keepdim)
    if ord in (inf, -inf):
        return _extreme(ord > 0, ops.abs(x), dim, keepdim)
    if ord == 0:
        counted = converted(ops.ne(x, 0), _real_dtype(x))
        return ops.sum(counted, dim=dim, keepdim=keepdim)
    return ops.vector_norm(x, dim=dim, keepdim=keepdim, order=ord)


def _extreme(largest: bool, x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    return (ops.amax if largest else ops.amin)(x, dim=dim, keepdim=keepdim)


def _real_dtype(x: Tensor) -> dtypes.dtype:
    return dtypes.from_numpy(x._array.real.dtype)


def _floating(name: str, x: Tensor, dtype: Any) -> Tensor:
    if x.dtype.category < 2:
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {x.dtype}\n"
            "  try: .float() first"
        )
    return x if dtype is None else converted(x, dtypes.as_dtype(dtype))


# -- matrices --------------------------------------------------------------------------------------


def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of matrices: `"fro"` of all elements, `"nuc"` the sum of the singular values, 2 and
    -2 the largest and smallest of them, 1 and -1 of the columns' sums, `inf` and `-inf` of the
    rows'.
    """
    A = _floating("linalg.matrix_norm", A, dtype)
    if A.ndim < 2:
        raise RuntimeError(
            "linalg.matrix_norm: The input tensor A must have at least 2 dimensions."
        )
    if len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {list(dim)}")
    rows, columns = (kernels.axis(d, A.ndim) for d in dim)
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim)
    if ord not in ("nuc", 2, -2, 1, -1, inf, -inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    order = [d for d in range(A.ndim) if d not in (rows, columns)] + [rows, columns]
    matrices = ops.permute(A, dims=order)
    if ord in ("nuc", 2, -2):
        values = ops.linalg_svdvals(matrices)
        found = ops.sum(values, dim=-1) if ord == "nuc" else _extreme(ord > 0, values, -1, False)
    else:
        sums = ops.sum(ops.abs(matrices), dim=-2 if abs(ord) == 1 else -1)
        found = _extreme(ord > 0, sums, -1, False)
    if keepdim:
        for d in sorted((rows, columns)):
            found = ops.unsqueeze(found, dim=d)
    return found


def linalg_norm(
    A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of a vector, or of a matrix if `ord` is given for two dimensions."""
    if ord is None:
        return vector_norm(_floating("linalg.vector_norm", A, dtype), 2, dim, keepdim)
    if dim is not None and not isinstance(dim, int) and len(dim) not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is specified, it must be of length 1 or 2. Got " + str(list(dim))
        )
    if isinstance(ord, str) or (dim is not None and not isinstance(dim, int) and len(dim) == 2):
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    if dim is None and A.ndim not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
            f"{A.ndim}D."
        )
    if dim is None and A.ndim == 2:
        return matrix_norm(A, ord, (-2, -1), keepdim, dtype=dtype)
    return vector_norm(A, ord, dim, keepdim, dtype=dtype)


# -- PyTorch's older function ----------------------------------------------------------------------


def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """The norm of all elements over `dim`: `(sum |x|^p)^(1/p)`, also `inf`, `-inf`, `"fro"` (2),
    and of matrices `"nuc"`.
    """
    if p == "nuc":
        return matrix_norm(
            input, "nuc", range(input.ndim) if dim is None else dim, keepdim, dtype=dtype
        )
    if isinstance(p, str) and p not in ("fro", "inf", "-inf"):
        raise RuntimeError(f"linalg.norm: unrecognized order {p!r}\n  try: 'fro' or 'nuc'")
    return vector_norm(input, 2 if p in ("fro", None) else float(p), dim, keepdim, dtype=dtype)


FUNCTIONS: dict[str, Callable[..., Any]] = {"norm": norm}
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {}
