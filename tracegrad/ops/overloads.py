"""PyTorch's other ways to call an op: coefficients, overloads, its order of arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.engine.refuse import may_share
from tracegrad.engine.worlds import lifted
from tracegrad.ops.composite import nonzero
from tracegrad.ops.declare import TABLE
from tracegrad.ops.inplace import apply_inplace
from tracegrad.ops.prepare import Number, converted, result_dtype

ops = lifted.ops
"""Every op of the table, over tensors."""


class ValuesAndIndices(NamedTuple):
    """What `max(dim)` and its like return."""

    values: Tensor
    indices: Tensor


# -- sums with coefficients ------------------------------------------------------------------------


def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """`input + alpha * other`."""
    return TABLE["add"].call(input, other if alpha == 1 else other * alpha)


def sub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """`input - alpha * other`."""
    return TABLE["sub"].call(input, other if alpha == 1 else other * alpha)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
    if rounding_mode is None:
        return TABLE["div"].call(input, other)
    if rounding_mode == "floor":
        return ops.floor_divide(input, other)
    if rounding_mode == "trunc":
        quotient = TABLE["div"].call(input, other)
        if result_dtype((input, other)).category >= 2:
            return ops.trunc(quotient)
        # Of integers exactly: rounded down, and up again by one where that was the wrong way.
        down = ops.floor_divide(input, other)
        return down + (quotient < 0) * (down * other != input)
    raise RuntimeError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
        f"'{rounding_mode}'"
    )


# -- reductions with overloads ---------------------------------------------------------------------


def _extreme(name: str, input: Tensor, dim: Any, keepdim: bool) -> Any:
    if isinstance(dim, Tensor):
        return getattr(ops, f"{name}imum")(input, dim)
    if dim is None:
        if not input.numel():
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                "Specify the reduction dim with the 'dim' argument."
            )
        return getattr(ops, f"a{name}")(input)
    return ValuesAndIndices(*getattr(ops, f"{name}_dim")(input, dim=dim, keepdim=keepdim))


def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise
    maximum.
    """
    return _extreme("max", input, dim if other is None else other, keepdim)


def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise
    minimum.
    """
    return _extreme("min", input, dim if other is None else other, keepdim)


def norm(input: Tensor, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The vector norm of order `p` over `dim`: `(sum |x|^p)^(1/p)`; also `inf` and `-inf`."""
    if not (input.is_floating_point() or input.is_complex()):
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{input.dtype}\n  try: .float() first"
        )
    if p in ("fro", 2, 2.0):
        return TABLE["norm2"].call(input, dim=dim, keepdim=keepdim)
    magnitudes = ops.abs(input)
    if p in (float("inf"), "inf"):
        return ops.amax(magnitudes, dim=dim, keepdim=keepdim)
    if p == -float("inf"):
        return ops.amin(magnitudes, dim=dim, keepdim=keepdim)
    if p == 0:
        return ops.sum(ops.abs(ops.sgn(input)), dim=dim, keepdim=keepdim)
    return ops.pow(ops.sum(ops.pow(magnitudes, p), dim=dim, keepdim=keepdim), 1 / p)


# -- along one dimension, by index -----------------------------------------------------------------


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """`out[i][j] = input[index[i][j]][j]` for `dim=0`, and so on."""
    return ops.gather(input, index, dim=dim)


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices along `dim` at the indices of a vector."""
    return ops.index_select(input, index, dim=dim)


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`input` with `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
    return ops.scatter_add(input, index, src, dim=dim)


def scatter_add_(self: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """In place: `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
    return apply_inplace(TABLE["scatter_add"], "scatter_add_", (self, index, src), {"dim": dim})


# -- choosing --------------------------------------------------------------------------------------


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """`input` where the condition holds, `other` elsewhere; alone, the indices where it holds."""
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    return TABLE["where"].call(condition, input, other)


def where_method(self: Any, condition: Tensor, other: Any) -> Tensor:
    """This tensor where the condition holds, `other` elsewhere."""
    return TABLE["where"].call(condition, self, other)


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """The tensor with `value` where the mask is true: a number, or a 0-d tensor."""
    if not isinstance(value, Tensor):
        return TABLE["masked_fill"].call(input, mask, value)
    return ops.masked_fill_tensor(input, mask, _one_number(value, input.dtype))


def masked_fill_(self: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
    """In place: `value` where the mask is true."""
    if not isinstance(value, Tensor):
        return apply_inplace(TABLE["masked_fill"], "masked_fill_", (self, mask), {"value": value})
    value = _one_number(value, self.dtype)
    if may_share(self, value):
        value = ops.clone(value)
    return apply_inplace(TABLE["masked_fill_tensor"], "masked_fill_", (self, mask, value), {})


def _one_number(value: Tensor, dtype: dtypes.dtype) -> Tensor:
    if value.ndim:
        raise RuntimeError(
            "masked_fill only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s).\n  try: where(mask, value, input)"
        )
    return converted(value, dtype)


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        add, sub, div, max, min, norm, gather, index_select,
        scatter_add, where, masked_fill,
    )
}  # fmt: skip
"""Public functions; each is a method too, but for `METHODS`."""

METHODS: dict[str, Callable[..., Any]] = {
    "scatter_add_": scatter_add_, "masked_fill_": masked_fill_,
    "where": where_method,
}  # fmt: skip
"""Methods that are not functions, or not the same ones."""
