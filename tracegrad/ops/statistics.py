"""Statistics, differences and integrals that are made of other ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import kernels
from tracegrad.engine.worlds import lifted
from tracegrad.ops.declare import TABLE
from tracegrad.ops.inplace import apply_inplace
from tracegrad.ops.overloads import ValuesAndIndices

ops = lifted.ops
"""Every op of the table, over tensors."""


class Extremes(NamedTuple):
    """What `aminmax` returns."""

    min: Tensor
    max: Tensor


# -- means and spreads -----------------------------------------------------------------------------


def _spread(
    name: str, input: Tensor, dim: Any, unbiased: bool | None, keepdim: bool, correction: Any
) -> Tensor:
    """`var` or `std`, in every spelling that PyTorch knows."""
    if isinstance(dim, bool):  # var(True): of everything, unbiased
        dim, unbiased = None, dim
    if unbiased is not None:
        correction = int(unbiased)
    correction = 1 if correction is None else correction
    return getattr(ops, name)(input, dim=dim, correction=correction, keepdim=keepdim)


def var(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = 1,
) -> Tensor:  # fmt: skip
    """The variance over `dim`, divided by the count less `correction` (`unbiased` means 1)."""
    return _spread("var", input, dim, unbiased, keepdim, correction)


def std(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = 1,
) -> Tensor:  # fmt: skip
    """The standard deviation over `dim`: the square root of `var`."""
    return _spread("std", input, dim, unbiased, keepdim, correction)


def _with_mean(spread: Tensor, input: Tensor, dim: Any, keepdim: bool) -> tuple[Tensor, Tensor]:
    return spread, ops.mean(input, dim=None if isinstance(dim, bool) else dim, keepdim=keepdim)


def var_mean(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = 1,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The variance and the mean over `dim`."""
    spread = _spread("var", input, dim, unbiased, keepdim, correction)
    return _with_mean(spread, input, dim, keepdim)


def std_mean(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = 1,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The standard deviation and the mean over `dim`."""
    spread = _spread("std", input, dim, unbiased, keepdim, correction)
    return _with_mean(spread, input, dim, keepdim)


def nanmean(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """The mean over `dim` of what is not NaN."""
    if not input.is_floating_point() and dtype is None:
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{input.dtype}\n  try: .float() first, or mean"
        )
    count = ops.sum(ops.logical_not(ops.isnan(input)), dim=dim, keepdim=keepdim)
    return ops.nansum(input, dim=dim, keepdim=keepdim, dtype=dtype) / count


def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Extremes:
    """The smallest and the largest elements over `dim`."""
    if dim is None and not input.numel():
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    return Extremes(*(getattr(ops, n)(input, dim=dim, keepdim=keepdim) for n in ("amin", "amax")))


def cov(
    input: Tensor, *, correction: float = 1, fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The covariance matrix of variables in rows, with columns as observations."""
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    x = ops.reshape(input, 1, -1) if input.ndim < 2 else input
    weights = _weights(x, fweights, aweights)
    if weights is None:
        total: Any = x.shape[1]
        centred = x - ops.mean(x, dim=1, keepdim=True)
        degrees = total - correction
        scaled = centred
    else:
        total = ops.sum(weights)
        centred = x - ops.sum(x * weights, dim=1, keepdim=True) / total
        squares = total if aweights is None else ops.sum(weights * aweights) / total
        degrees = total - correction * (squares if aweights is not None else 1)
        scaled = centred * weights
    found = ops.matmul(scaled, ops.t(centred)) / (
        ops.clamp(degrees, min=0) if isinstance(degrees, Tensor) else max(degrees, 0)
    )
    return ops.squeeze(found) if input.ndim < 2 else found


def _weights(x: Tensor, fweights: Tensor | None, aweights: Tensor | None) -> Tensor | None:
    """Both kinds of weights as one."""
    found = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is None:
            continue
        if given.ndim > 1 or given.numel() != x.shape[1]:
            raise RuntimeError(
                f"cov(): expected {name} to be a vector of {x.shape[1]} observations, but got "
                f"shape {list(given.shape)}"
            )
        given = given.to(x.dtype)
        found = given if found is None else found * given
    return found


def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlation matrix of variables in rows."""
    if input.ndim > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    covariance = cov(input)
    if not covariance.ndim:
        return covariance / covariance
    spread = ops.sqrt(ops.diagonal(covariance))
    scaled = covariance / ops.unsqueeze(spread, dim=-1) / ops.unsqueeze(spread, dim=0)
    return ops.clamp(scaled, min=-1.0, max=1.0)


# -- running extremes ------------------------------------------------------------------------------


def cummax(input: Tensor, dim: int) -> ValuesAndIndices:
    """The largest elements so far along `dim`, and where each stood."""
    return ValuesAndIndices(*TABLE["cummax"].call(input, dim))


def cummin(input: Tensor, dim: int) -> ValuesAndIndices:
    """The smallest elements so far along `dim`, and where each stood."""
    return ValuesAndIndices(*TABLE["cummin"].call(input, dim))


def _running_in_place(name: str) -> Callable[..., Tensor]:
    def write(self: Tensor, dim: int, *, dtype: dtypes.dtype | None = None) -> Tensor:
        if dtype is not None and dtype is not self.dtype:
            raise RuntimeError(
                f"{name}_(): expected the tensor's dtype {self.dtype}, got dtype={dtype}\n"
                f"  try: {name} out of place"
            )
        return apply_inplace(TABLE[name], name + "_", (self,), {"dim": dim, "dtype": None})

    write.__name__ = write.__qualname__ = name + "_"
    write.__doc__ = f"In place: {TABLE[name].declaration.doc}"
    return write


# -- differences and integrals ---------------------------------------------------------------------


def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Differences of neighbours along `dim`, taken `n` times."""
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    parts = [part for part in (prepend, input, append) if part is not None]
    found = ops.cat(parts, dim=dim) if len(parts) > 1 else input
    for _ in range(n):
        found = _step(found, dim, ops.logical_xor if found.dtype is dtypes.bool_ else ops.sub)
    return found if n else ops.clone(found)


def _step(input: Tensor, dim: int, function: Callable[..., Tensor]) -> Tensor:
    """A function of each element and the one before."""
    count = max(input.shape[kernels.axis(dim, input.ndim)] - 1, 0)
    first = 1 if count or input.shape[kernels.axis(dim, input.ndim)] else 0
    later = ops.narrow(input, dim=dim, start=first, length=count)
    return function(later, ops.narrow(input, dim=dim, start=0, length=count))


def _areas(y: Tensor, x: Any, dx: Any, dim: int) -> Tensor:
    """The area between each pair of neighbours."""
    width: Any = 1.0 if dx is None else dx
    if x is not None:
        if dx is not None:
            raise TypeError("trapezoid() takes x or dx, not both")
        width = diff(x, dim=-1 if x.ndim == 1 else dim)
        if x.ndim == 1 and y.ndim > 1:
            dim = kernels.axis(dim, y.ndim)
            width = ops.reshape(width, shape=[-1 if n == dim else 1 for n in range(y.ndim)])
    return _step(y, dim, ops.add) * width * 0.5


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integral along `dim` by the trapezoid rule, with `x` or steps of `dx` (1 if neither)."""
    return ops.sum(_areas(y, x, dx, dim), dim=dim)


def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1
) -> Tensor:
    """The integral up to each element along `dim` by the trapezoid rule."""
    return ops.cumsum(_areas(y, x, dx, dim), dim=dim)


# -- derivatives of samples ------------------------------------------------------------------------


def gradient(
    input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """The slope of samples along each dimension of `dim` (all by default), to second order inside.

    Args:
        spacing: the distance of neighbours, one for each dimension, or the places of the samples
            as a vector for each dimension.
        edge_order: of the estimate at both ends: 1 from two samples, 2 from three.

    Raises:
        RuntimeError: arguments don't fit each other, or there are too few samples.

    Source: B. Fornberg (1988), "Generation of finite difference formulas on arbitrarily spaced
    grids".
    """
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if input.dtype is dtypes.bool_:
        raise RuntimeError("gradient(): bools have no differences\n  try: .float() first")
    dims = range(input.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    if not isinstance(spacing, list | tuple):
        spacing = [1 if spacing is None else spacing] * len(dims)
    if len(spacing) != len(dims):
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar or a list with one entry "
            f"for each of {len(dims)} dimensions, but got {len(spacing)}"
        )
    dims = [kernels.axis(d, input.ndim) for d in dims]
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"a dim appears multiple times in the list of dims {dims}")
    if any(input.shape[d] <= edge_order for d in dims):
        raise RuntimeError(
            "torch.gradient expected each dimension size to be at least edge_order+1"
        )
    return tuple(_slope(input, d, s, edge_order) for d, s in zip(dims, spacing, strict=True))


def _slope(y: Tensor, dim: int, spacing: Any, edge_order: int) -> Tensor:
    """The slope along one dimension: that of each interval, and what neighbours make of it."""
    widths = None
    count = y.shape[dim] - 1
    if isinstance(spacing, Tensor) and spacing.ndim:
        if tuple(spacing.shape) != (count + 1,):
            raise RuntimeError(
                f"torch.gradient expected the places of {count + 1} samples along dimension {dim}, "
                f"but got shape {list(spacing.shape)}"
            )
        shape = [count if n == dim else 1 for n in range(y.ndim)]
        widths = ops.reshape(diff(spacing), shape=shape)
    slopes = _step(y, dim, ops.sub) / (spacing if widths is None else widths)

    def some(x: Any, start: int, length: int) -> Any:
        return ops.narrow(x, dim=dim, start=start, length=length)

    parts = []
    if count > 1:
        before, after = some(slopes, 0, count - 1), some(slopes, 1, count - 1)
        if widths is None:
            parts = [(before + after) / 2]
        else:
            near, far = some(widths, 0, count - 1), some(widths, 1, count - 1)
            parts = [(before * far + after * near) / (near + far)]
    ends = []
    for end, neighbour in ((0, 1), (count - 1, count - 2)):
        slope = some(slopes, end, 1)
        if edge_order == 2:
            share: Any = 0.5
            if widths is not None:
                own = some(widths, end, 1)
                share = own / (own + some(widths, neighbour, 1))
            slope = slope + (slope - some(slopes, neighbour, 1)) * share
        ends.append(slope)
    return ops.cat([ends[0], *parts, ends[1]], dim=dim)


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (var, std, nanmean, aminmax, cov, corrcoef, cummax, cummin, diff)
}
"""Public functions; each is a method too."""

METHODS: dict[str, Callable[..., Any]] = {
    name + "_": _running_in_place(name) for name in ("cumsum", "cumprod")
}
"""Methods only."""

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (var_mean, std_mean, trapezoid, cumulative_trapezoid, gradient)
} | {"trapz": trapezoid}
"""Public functions that are no methods."""
