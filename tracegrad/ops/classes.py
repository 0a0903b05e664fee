"""Losses of one class among several: negative log likelihood and cross entropy."""

from __future__ import annotations

from typing import Any

from tracegrad.backend import kernels, rows
from tracegrad.ops.declare import op

Array = Any


def _class_dim(ndim: int) -> int:
    """Where the classes are: `(C,)` or `(N, C, ...)`."""
    return 0 if ndim == 1 else 1


def _checked(xp: Any, x: Array, target: Array, weight: Any, ignore_index: int) -> Any:
    """Targets with those to be ignored as 0, what each counts, and which do; None for all.

    Raises:
        ValueError: the shapes don't fit.
        RuntimeError: the targets are no integers.
        IndexError: a target is no class.
    """
    dim = _class_dim(x.ndim)
    if x.ndim == 0 or target.shape != x.shape[:dim] + x.shape[dim + 1 :]:
        raise ValueError(
            f"Expected input batch_size ({x.shape[0] if x.ndim > 1 else 1}) to match target "
            f"batch_size ({target.shape[0] if target.ndim else 1}): input has shape "
            f"{list(x.shape)}, target has {list(target.shape)}"
        )
    if target.dtype.kind not in "iu":
        raise RuntimeError(
            f"expected scalar type Long but found {target.dtype}: targets are class indices\n"
            "  try: target.long()"
        )
    used = target != ignore_index
    size = x.shape[dim]
    safe = xp.where(used, target, 0)
    if safe.size and (safe.min() < 0 or safe.max() >= size):
        raise IndexError(_out_of_bounds(int(safe.min()), int(safe.max()), size))
    if weight is not None and weight.shape != (size,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {size} classes or no classes but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )
    scale = used.astype(x.dtype) if weight is None else xp.where(used, weight[safe], 0)
    return safe, scale.astype(x.dtype, copy=False), None if used.all() else used


def _out_of_bounds(least: int, most: int, size: int) -> str:
    if least < 0:
        tries = f"classes from 0 on; or ignore_index={least} for targets that do not count"
    elif least > 0 and most == size:
        tries = "target - 1: classes count from 0"
    else:
        tries = f"scores of {most + 1} classes, from the last layer of the network"
    return (
        f"Target {most if most >= size else least} is out of bounds: there are {size} classes "
        f"(0 to {size - 1}).\n  try: {tries}"
    )


def _summed_up(
    xp: Any, losses: Array, scale: Array, used: Any, reduction: str
) -> tuple[Array, Array]:
    """The reduced loss, and what each target counts in it. A mean is weighted by `scale`.

    What is ignored counts nothing: not where its loss is infinite, and not in the mean of no
    losses, which is NaN.
    """
    losses = losses * scale
    if used is not None:
        losses = xp.where(used, losses, 0)
    if reduction == "mean":
        total = xp.asarray(xp.add.reduce(scale, None))
        shares = scale / total
        return xp.add.reduce(losses, None) / total, (
            shares if used is None else xp.where(used, shares, 0)
        )
    if reduction == "sum":
        return xp.add.reduce(losses, None), scale
    if reduction == "none":
        return losses, scale
    raise ValueError(
        f"{reduction} is not a valid value for reduction\n  try: 'mean', 'sum' or 'none'"
    )


# -- negative log likelihood -----------------------------------------------------------------------


@op(
    vjp={"x": lambda ops, g, x_shape, scale, picked: ops.nll_loss_backward(
        g, scale, picked, shape=x_shape)},
    aux=("scale", "picked"), method=False, public=False,
)  # fmt: skip
def nll_loss(xp, x, target, weight=None, *, ignore_index=-100, reduction="mean"):
    """Minus the log probability of each target class.

    Shapes: input `(N, C)`, `(C,)` or `(N, C, d1, ...)`; target the same without `C`.
    """
    dim = _class_dim(x.ndim)
    safe, scale, used = _checked(xp, x, target, weight, ignore_index)
    picked = xp.expand_dims(safe, dim)
    found = xp.take_along_axis(x, picked, dim).squeeze(dim)
    loss, scale = _summed_up(xp, -found, scale, used, reduction)
    return loss, scale, picked


@op(
    vjp={
        "x": lambda ops, g, scale, picked, x_shape: ops.nll_loss_again(
            g, scale, picked, shape=x_shape
        )
    },
    public=False,
)
def nll_loss_backward(xp, x, scale, picked, *, shape):
    """Minus the scaled gradient `x` (a scalar, or one per target) at each target class, zeros
    elsewhere.
    """
    dim = _class_dim(len(shape))
    full = xp.zeros(shape, x.dtype)
    key = kernels.grid(xp, picked.shape)
    key[dim] = picked
    full[tuple(key)] = xp.expand_dims(-x * scale, dim)
    return full


@op(
    vjp={
        "x": lambda ops, g, scale, picked, x_shape: ops.nll_loss_backward(
            g, scale, picked, shape=x_shape
        )
    },
    public=False,
)
def nll_loss_again(xp, x, scale, picked, *, shape):
    """The transpose of `nll_loss_backward`: what is picked and scaled, in the shape of its
    input.
    """
    dim = _class_dim(x.ndim)
    losses = -xp.take_along_axis(x, picked, dim).squeeze(dim) * scale
    return losses if shape else xp.add.reduce(losses, None)


# -- cross entropy ---------------------------------------------------------------------------------


@op(
    vjp={"x": lambda ops, g, x, scale, picked, log_sum: ops.cross_entropy_backward(
        g, x, scale, picked, log_sum)},
    aux=("scale", "picked", "log_sum"), method=False, public=False,
)  # fmt: skip
def cross_entropy(xp, x, target, weight=None, *, ignore_index=-100, reduction="mean"):
    """`nll_loss` of `log_softmax` in one pass: classes from logits.

    Shapes: input `(N, C)`, `(C,)` or `(N, C, d1, ...)`; target the same without `C`.
    """
    dim = _class_dim(x.ndim)
    safe, scale, used = _checked(xp, x, target, weight, ignore_index)
    picked = xp.expand_dims(safe, dim)
    flat = rows.as_rows(xp, x, dim)
    shifts, logs = rows.log_sums(xp, flat)
    chosen = xp.take_along_axis(flat, safe.reshape(-1, 1), 1)
    losses = (shifts - chosen + logs).astype(x.dtype, copy=False).reshape(safe.shape)
    loss, scale = _summed_up(xp, losses, scale, used, reduction)
    return loss, scale, picked, (shifts + logs)


@op(vjp={
    "g": lambda ops, h, x, scale, picked, log_sum, g_shape: _cross_entropy_again(
        ops, h, x, scale, picked, log_sum, g_shape),
    "x": lambda ops, h, g, x, scale, log_sum: _softmax_again(ops, h, g, x, scale, log_sum),
}, public=False)  # fmt: skip
def cross_entropy_backward(xp, g, x, scale, picked, log_sum=None):
    """`g * scale * (softmax(x) - 1 at the target class)`. `log_sum` is what is known already."""
    dim = _class_dim(x.ndim)
    flat = rows.as_rows(xp, x, dim)
    factor = (g * scale).reshape(-1, 1)
    found = xp.empty(flat.shape, x.dtype)
    if log_sum is None:
        shifts, logs = rows.log_sums(xp, flat)
        log_sum = shifts + logs
    for block in rows.in_blocks(xp, *flat.shape):
        e = rows.wide(xp, flat[block]) - log_sum[block]
        xp.exp(e, out=e)
        xp.multiply(e, factor[block], out=found[block], casting="same_kind")
    found[xp.arange(flat.shape[0]), picked.reshape(-1)] -= factor[:, 0]
    return rows.from_rows(xp, found, x, dim)


def _spread(ops: Any, g: Array, scale: Array, dim: int) -> Array:
    """What each row of logits is multiplied by."""
    return ops.unsqueeze(g * scale, dim=dim)


def _cross_entropy_again(
    ops: Any, h: Array, x: Array, scale: Array, picked: Array, log_sum: Any, g_shape: Any
) -> Array:
    """The gradient of `cross_entropy_backward` with respect to `g`."""
    ones = ops.zeros_of(scale, shape=scale.shape) + 1.0
    each = ops.cross_entropy_backward(ones, x, scale, picked, log_sum)
    total = ops.sum(h * each, dim=_class_dim(x.ndim))
    return total if g_shape else ops.sum(total, dim=None)


def _softmax_again(ops: Any, h: Array, g: Array, x: Array, scale: Array, log_sum: Any) -> Array:
    """The same with respect to `x`: the second derivative of softmax's logarithm."""
    dim = _class_dim(x.ndim)
    return ops.softmax_backward(h * _spread(ops, g, scale, dim), ops.softmax(x, dim=dim), dim=dim)
