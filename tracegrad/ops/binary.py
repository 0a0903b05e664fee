"""Functions of two numbers. Inputs broadcast; the engine undoes it in backward, not the rules."""

from __future__ import annotations

import math
from typing import Any

from tracegrad.backend import kernels
from tracegrad.ops.declare import NONZERO, POSITIVE, REAL, Domain, elementwise

Array = Any
APART = {"x": Domain(-3.0, -0.1), "y": Domain(0.1, 3.0)}

# -- arithmetic ------------------------------------------------------------------------------------


@elementwise(ufunc="add", vjp={"x": lambda ops, g: g, "y": lambda ops, g: g})
def add(xp, x, y):
    """The sum of two tensors."""


@elementwise(ufunc="subtract", vjp={"x": lambda ops, g: g, "y": lambda ops, g: -g})
def sub(xp, x, y):
    """The difference of two tensors."""


@elementwise(ufunc="multiply", vjp={"x": lambda ops, g, y: g * y, "y": lambda ops, g, x: g * x})
def mul(xp, x, y):
    """The product of two tensors."""


@elementwise(
    ufunc="true_divide",
    vjp={"x": lambda ops, g, y: g / y, "y": lambda ops, g, out, y: -g * out / y},
    domain={"x": REAL, "y": NONZERO},
    promotes="float",
)
def div(xp, x, y):
    """The quotient of two tensors; integers give floating point."""


def _log(ops: Any, x: Any) -> Any:
    """The logarithm of a base: of a Python number in Python, where NumPy would make a float64."""
    if hasattr(x, "shape"):
        return ops.log(x)
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


@elementwise(
    ufunc="power",
    vjp={
        "x": lambda ops, g, x, y: g * ops.pow_slope(x, y),
        "y": lambda ops, g, x, out: g * ops.where(ops.pow_is_flat(x, out), 0.0, out * _log(ops, x)),
    },
    domain={"x": POSITIVE, "y": Domain(-2.0, 2.0)},
)
def pow(xp, x, y):
    """The first tensor to the power of the second."""


@elementwise(
    vjp={
        "x": lambda ops, g, x, y: g * ops.pow_slope(x, y - 1) * y,
        "y": lambda ops, g, x, y: g * ops.pow(x, y - 1) * (ops.log(x) * y + 1),
    },
    domain={"x": POSITIVE, "y": Domain(0.5, 2.0)}, public=False, inplace=False,
)  # fmt: skip
def pow_slope(xp, x, y):
    """`y * x ** (y - 1)`, and 0 where `y` is 0, whatever `x` is."""
    if not hasattr(y, "dtype"):  # a Python number: the common exponents without `power`
        if y in (0, 1):
            return xp.full_like(x, y)
        return x * 2 if y == 2 else xp.power(x, y - 1) * y
    return xp.where(xp.equal(y, 0), 0, y * xp.power(x, xp.where(xp.equal(y, 0), 1, y - 1)))


@elementwise(public=False, inplace=False)
def pow_is_flat(xp, x, y):
    """Where 0 is raised to a power that is not negative: the exponent's gradient there is 0."""
    return xp.equal(x, 0) & ~xp.isinf(y)


def _no_zero_division(xp: Any, x: Any, y: Any) -> None:
    """Integers have no infinity to give: NumPy would answer 0."""
    array = x if hasattr(x, "dtype") else y
    if array.dtype.kind in "biu" and not xp.all(y):
        raise RuntimeError("ZeroDivisionError: an integer divided by zero\n  try: .float() first")


@elementwise(
    vjp={i: lambda ops, g: ops.zeros_of(g, shape=g.shape) for i in ("x", "y")},
    domain={"x": Domain(2.1, 2.9), "y": Domain(0.8, 0.95)},
)
def floor_divide(xp, x, y):
    """The quotient of two tensors, rounded down."""
    _no_zero_division(xp, x, y)
    return xp.floor_divide(x, y)


@elementwise(
    vjp={"x": lambda ops, g: g, "y": lambda ops, g, x, y: -g * ops.floor(x / y)},
    domain={"x": Domain(2.1, 2.9), "y": Domain(0.8, 0.95)},
)
def remainder(xp, x, y):
    """What is left of `x / y` rounded down; it has the sign of `y`."""
    _no_zero_division(xp, x, y)
    return xp.remainder(x, y)


@elementwise(
    vjp={"x": lambda ops, g: g, "y": lambda ops, g, x, y: -g * ops.trunc(x / y)},
    domain={"x": Domain(2.1, 2.9), "y": Domain(0.8, 0.95)},
)
def fmod(xp, x, y):
    """What is left of `x / y` rounded toward 0; it has the sign of `x`."""
    _no_zero_division(xp, x, y)
    return xp.fmod(x, y)


@elementwise(
    ufunc="hypot",
    vjp={
        "x": lambda ops, g, x, out: g * (x / out),
        "y": lambda ops, g, y, out: g * (y / out),
    },
    domain=POSITIVE,
)
def hypot(xp, x, y):
    """The length of the hypotenuse of a right triangle with these legs."""


@elementwise(
    vjp={
        "x": lambda ops, g, x, out: g * ops.safe_ratio(out, x),
        "y": lambda ops, g: ops.zeros_of(g, shape=g.shape),
    },
    domain=APART,
    promotes="float",
)
def copysign(xp, x, y):
    """The magnitude of `input` with the sign of `other`. Its gradient at 0 is 0."""
    return xp.copysign(x, y)


@elementwise(ufunc="nextafter")
def nextafter(xp, x, y):
    """The next number that the dtype can hold, from `input` toward `other`."""


@elementwise(promotes="none")
def heaviside(xp, x, values):
    """0 where an element is negative, 1 where it is positive, `values` where it is 0."""
    if x.dtype != values.dtype:
        raise RuntimeError(
            "heaviside is not yet implemented for tensors with different dtypes.\n"
            "  try: .to(dtype) on one of them"
        )
    return xp.where(x == 0, values, x > 0).astype(x.dtype)


# -- logarithms ------------------------------------------------------------------------------------


@elementwise(inplace=False, ufunc="logaddexp", vjp={
    "x": lambda ops, g, x, y: g * ops.sigmoid(x - y),
    "y": lambda ops, g, x, y: g * ops.sigmoid(y - x),
})  # fmt: skip
def logaddexp(xp, x, y):
    """`log(exp(x) + exp(y))`, without overflow."""


@elementwise(inplace=False, ufunc="logaddexp2", vjp={
    "x": lambda ops, g, x, y: g * ops.sigmoid((x - y) * math.log(2)),
    "y": lambda ops, g, x, y: g * ops.sigmoid((y - x) * math.log(2)),
})  # fmt: skip
def logaddexp2(xp, x, y):
    """`log2(2 ** x + 2 ** y)`, without overflow."""


@elementwise(
    ufunc="arctan2",
    vjp={
        "x": lambda ops, g, x, y: g * y / (x * x + y * y),
        "y": lambda ops, g, x, y: -g * x / (x * x + y * y),
    },
    domain=POSITIVE,
    promotes="float",
)
def atan2(xp, x, y):
    """The angle in radians of the point with ordinate `input` and abscissa `other`."""


# -- the larger and the smaller --------------------------------------------------------------------


def _larger(ops: Any, g: Array, x: Array, y: Array) -> Array:
    """All of the gradient where `x` wins, half where both are equal, as PyTorch does."""
    return ops.where(x == y, g * 0.5, ops.where(x < y, 0.0, g))


def _smaller(ops: Any, g: Array, x: Array, y: Array) -> Array:
    return ops.where(x == y, g * 0.5, ops.where(x > y, 0.0, g))


@elementwise(ufunc="maximum", inplace=False, domain=APART, vjp={
    "x": lambda ops, g, x, y: _larger(ops, g, x, y),
    "y": lambda ops, g, x, y: _larger(ops, g, y, x),
})  # fmt: skip
def maximum(xp, x, y):
    """The larger of two elements; NaN if either is. Equal elements share the gradient."""


@elementwise(ufunc="minimum", inplace=False, domain=APART, vjp={
    "x": lambda ops, g, x, y: _smaller(ops, g, x, y),
    "y": lambda ops, g, x, y: _smaller(ops, g, y, x),
})  # fmt: skip
def minimum(xp, x, y):
    """The smaller of two elements; NaN if either is. Equal elements share the gradient."""


@elementwise(ufunc="fmax", inplace=False, domain=APART, vjp={
    "x": lambda ops, g, x, y: ops.where((x >= y) | (y != y), g, 0.0),
    "y": lambda ops, g, x, y: ops.where((x >= y) | (y != y), 0.0, g),
})  # fmt: skip
def fmax(xp, x, y):
    """The larger of two elements; the other one if one is NaN."""


@elementwise(ufunc="fmin", inplace=False, domain=APART, vjp={
    "x": lambda ops, g, x, y: ops.where((x <= y) | (y != y), g, 0.0),
    "y": lambda ops, g, x, y: ops.where((x <= y) | (y != y), 0.0, g),
})  # fmt: skip
def fmin(xp, x, y):
    """The smaller of two elements; the other one if one is NaN."""


# A bound leaves an equal element its gradient: `clamp` is no `maximum`, whose equals share it.


@elementwise(domain={"x": Domain(-3.0, -0.1), "min": Domain(0.1, 3.0)}, vjp={
    "x": lambda ops, g, x, min: ops.where(x >= min, g, 0.0),
    "min": lambda ops, g, x, min: ops.where(x < min, g, 0.0),
})  # fmt: skip
def clamp_min(xp, x, min):
    """Each element, but `min` where it is smaller."""
    return xp.maximum(x, min)


@elementwise(domain={"x": Domain(-3.0, -0.1), "max": Domain(0.1, 3.0)}, vjp={
    "x": lambda ops, g, x, max: ops.where(x <= max, g, 0.0),
    "max": lambda ops, g, x, max: ops.where(x > max, g, 0.0),
})  # fmt: skip
def clamp_max(xp, x, max):
    """Each element, but `max` where it is larger."""
    return xp.minimum(x, max)


# -- three numbers ---------------------------------------------------------------------------------


@elementwise(inplace=False, vjp={
    "x": lambda ops, g, condition: ops.keep_where(g, condition),
    "y": lambda ops, g, condition: ops.keep_where(g, ops.logical_not(condition)),
})  # fmt: skip
def where(xp, condition, x, y):
    """`input` where the condition holds, `other` elsewhere."""
    if condition.dtype != bool and condition.dtype != xp.uint8:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{condition.dtype}\n  try: condition != 0"
        )
    return xp.where(condition, x, y)


@elementwise(
    vjp={"x": lambda ops, g, mask: ops.keep_where(g, mask)},
    promotes="none",
    public=False,
    inplace=False,
)
def keep_where(xp, x, mask):
    """The tensor where the mask is true, 0 elsewhere."""
    return kernels.keep_where(xp, x, mask)


@elementwise(vjp={
    "x": lambda ops, g, weight: g * (1 - weight), "y": lambda ops, g, weight: g * weight,
    "weight": lambda ops, g, x, y: g * (y - x),
})  # fmt: skip
def lerp(xp, x, y, weight):
    """`input + weight * (other - input)`."""
    # From the nearer end, so that a weight of 1 gives exactly `other`.
    is_near = xp.abs(weight) < 0.5
    step = (y - x) * xp.where(is_near, weight, weight - 1)
    start = xp.where(is_near, x, y) if weight.ndim else x if is_near else y
    return start + step


@elementwise(vjp={
    "x": lambda ops, g: g,
    "tensor1": lambda ops, g, tensor2, value: g * (tensor2 * value),
    "tensor2": lambda ops, g, tensor1, value: g * (tensor1 * value),
})  # fmt: skip
def addcmul(xp, x, tensor1, tensor2, *, value=1):
    """`input + value * tensor1 * tensor2`."""
    product = xp.asarray(tensor1 * tensor2)
    if value != 1:
        product = product * value
    into = product if product.shape == x.shape else None  # half the time of a third array
    return xp.add(x, product, out=into)


@elementwise(vjp={
    "x": lambda ops, g: g,
    "tensor1": lambda ops, g, tensor2, value: g * value / tensor2,
    "tensor2": lambda ops, g, tensor1, tensor2, value: (
        -g * (tensor1 * value) / (tensor2 * tensor2)),
}, domain={"x": REAL, "tensor1": REAL, "tensor2": NONZERO})  # fmt: skip
def addcdiv(xp, x, tensor1, tensor2, *, value=1):
    """`input + value * tensor1 / tensor2`."""
    if x.dtype.kind in "biu":
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported\n"
            "  try: input + value * torch.trunc(tensor1 / tensor2), or .float()"
        )
    quotient = tensor1 / tensor2
    return x + (quotient if value == 1 else quotient * value)
