"""Softmax, losses and dropout: made ops of their own for speed, stability, and for nodes by these
names.
"""

from __future__ import annotations

from typing import Any

from tracegrad.backend import kernels
from tracegrad.ops.declare import Domain, elementwise, op

Array = Any

# -- softmax ---------------------------------------------------------------------------------------


@op(
    vjp=lambda ops, g, out, dim: out * (g - ops.sum(g * out, dim=dim, keepdim=True)),
    promotes="float",
)
def softmax(xp, x, *, dim, dtype=None):
    """Exponentials along `dim` that sum to 1, without overflow."""
    dim = kernels.axis(dim, x.ndim)
    e = xp.exp(x - xp.max(x, dim, keepdims=True)) if x.ndim else xp.ones_like(x)
    return e / xp.add.reduce(e, dim, keepdims=True) if x.ndim else e


@op(
    vjp=lambda ops, g, out, dim: g - ops.exp(out) * ops.sum(g, dim=dim, keepdim=True),
    promotes="float",
)
def log_softmax(xp, x, *, dim, dtype=None):
    """The logarithm of `softmax`, exact where softmax would round to 0."""
    if not x.ndim:
        return xp.zeros_like(x)
    dim = kernels.axis(dim, x.ndim)
    shifted = x - xp.maximum.reduce(x, dim, keepdims=True)
    return shifted - xp.log(xp.add.reduce(xp.exp(shifted), dim, keepdims=True))


# -- losses ----------------------------------------------------------------------------------------


def _reduce(xp: Any, losses: Array, reduction: str) -> Array:
    """One loss per element to what was asked for."""
    if reduction == "mean":
        return (
            xp.add.reduce(losses, None) / losses.size
            if losses.size
            else xp.add.reduce(losses, None) * xp.nan
        )
    if reduction == "sum":
        return xp.add.reduce(losses, None)
    if reduction == "none":
        return losses
    raise ValueError(
        f"{reduction} is not a valid value for reduction\n  try: 'mean', 'sum' or 'none'"
    )


def _share(g: Array, shape: tuple[int, ...], reduction: str) -> Array:
    """The loss's gradient as each element gets it."""
    return g * (1.0 / max(kernels.reduced_count(shape, None), 1)) if reduction == "mean" else g


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction: _share(g, x_shape, reduction) * ((x - y) * 2.0),
    "y": lambda ops, g, x, y, x_shape, reduction: _share(g, x_shape, reduction) * ((y - x) * 2.0),
}, promotes="types", public=False)  # fmt: skip
def mse_loss(xp, x, y, *, reduction="mean"):
    """The squared difference of two tensors of one shape: `mse_loss`."""
    difference = x - y
    return _reduce(xp, difference * difference, reduction)


@op(
    vjp={
        "x": lambda ops, g, x, y, x_shape, reduction: (
            _share(g, x_shape, reduction) * ops.sgn(x - y)
        ),
        "y": lambda ops, g, x, y, x_shape, reduction: (
            _share(g, x_shape, reduction) * ops.sgn(y - x)
        ),
    },
    promotes="types",
    public=False,
    domain={"x": Domain(-3.0, -0.1), "y": Domain(0.1, 3.0)},
)
def l1_loss(xp, x, y, *, reduction="mean"):
    """The absolute difference of two tensors of one shape: `l1_loss`."""
    return _reduce(xp, xp.abs(x - y), reduction)


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction: (
        _share(g, x_shape, reduction) * (ops.sigmoid(x) - y)),
    "y": lambda ops, g, x, x_shape, reduction: _share(g, x_shape, reduction) * -x,
}, promotes="types", public=False)  # fmt: skip
def binary_cross_entropy_with_logits(xp, x, y, *, reduction="mean"):
    """Cross entropy of `sigmoid(x)` against probabilities `y`, without overflow."""
    losses = xp.maximum(x, 0) - x * y + xp.log1p(xp.exp(-xp.abs(x)))
    return _reduce(xp, losses, reduction)


@op(vjp={
    "x": lambda ops, g, x, y, x_shape, reduction: (
        _share(g, x_shape, reduction) * (x - y) / ops.clamp(x * (1 - x), min=1e-12)),
    "y": lambda ops, g, x, x_shape, reduction: (
        _share(g, x_shape, reduction) * (ops.log_at_least(1 - x) - ops.log_at_least(x))),
}, promotes="types", public=False, domain=Domain(0.1, 0.9))  # fmt: skip
def binary_cross_entropy(xp, x, y, *, reduction="mean"):
    """Cross entropy of probabilities `x` against probabilities `y`; logarithms stop at -100."""
    if x.size and (x.min() < 0 or x.max() > 1):
        raise RuntimeError("all elements of input should be between 0 and 1")
    losses = -(y * xp.maximum(xp.log(x), -100) + (1 - y) * xp.maximum(xp.log(1 - x), -100))
    return _reduce(xp, losses, reduction)


@elementwise(
    vjp=lambda ops, g, x: ops.where(x > 3.8e-44, g / x, 0.0),
    public=False,
    inplace=False,
    domain=Domain(0.1, 0.9),
)
def log_at_least(xp, x):
    """The logarithm, but not below -100."""
    return xp.maximum(xp.log(x), -100)


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
    classes = 0 if x.ndim == 1 else 1
    if x.ndim == 0 or target.shape != x.shape[:classes] + x.shape[classes + 1 :]:
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
    size = x.shape[classes]
    safe = xp.where(used, target, 0)
    if safe.size and (safe.min() < 0 or safe.max() >= size):
        wrong = safe.max() if safe.max() >= size else safe.min()
        raise IndexError(
            f"Target {wrong} is out of bounds: there are {size} classes (0 to {size - 1})."
        )
    scale = used.astype(x.dtype) if weight is None else xp.where(used, weight[safe], 0)
    picked = xp.expand_dims(safe, classes)
    losses = -xp.take_along_axis(x, picked, classes).squeeze(classes) * scale
    if reduction == "mean":
        total = xp.asarray(xp.add.reduce(scale, None))
        return xp.add.reduce(losses, None) / total, scale / total, picked
    return _reduce(xp, losses, reduction), scale, picked


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
    classes = 0 if len(shape) == 1 else 1
    full = xp.zeros(shape, x.dtype)
    xp.put_along_axis(full, picked, xp.expand_dims(-x * scale, classes), classes)
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
    classes = 0 if x.ndim == 1 else 1
    losses = -xp.take_along_axis(x, picked, classes).squeeze(classes) * scale
    return losses if shape else xp.add.reduce(losses, None)


# -- dropout ---------------------------------------------------------------------------------------


@op(vjp={"x": lambda ops, g, mask: g * mask}, public=False)
def apply_mask(xp, x, mask):
    """The tensor times a mask that was drawn: 0, or 1 / (1 - p). The mask is saved, not the
    generator.
    """
    return x * mask
