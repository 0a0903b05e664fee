"""Arithmetic in PyTorch's words: overloads of elementwise ops, and what several of them make."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.engine.refuse import check_apart
from tracegrad.engine.worlds import lifted
from tracegrad.graph.mode import grad_enabled
from tracegrad.ops.create import full
from tracegrad.ops.declare import TABLE
from tracegrad.ops.inplace import apply_inplace
from tracegrad.ops.prepare import Number, converted, result_dtype

ops = lifted.ops
"""Every op of the table, over tensors."""


class MantissaAndExponent(NamedTuple):
    """What `frexp` returns."""

    mantissa: Tensor
    exponent: Tensor


# -- powers of two, and powers in float64 ----------------------------------------------------------


def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """`input * 2 ** other`."""
    return input * ops.pow(2.0, other)


def ldexp_(self: Tensor, other: Tensor) -> Tensor:
    """In place: `self * 2 ** other`."""
    return self.mul_(ops.pow(2.0, other))


def frexp(input: Tensor) -> MantissaAndExponent:
    """A mantissa between 0.5 and 1, with the element's sign, and a power of two."""
    return MantissaAndExponent(*ops.frexp(input))


def float_power(input: Any, exponent: Any) -> Tensor:
    """The first tensor to the power of the second, computed in float64."""
    if not isinstance(input, Tensor) and not isinstance(exponent, Tensor):
        raise TypeError("float_power() needs a tensor as input or as exponent")
    both = [_as_double(v) if isinstance(v, Tensor) else v for v in (input, exponent)]
    return ops.pow(*both)


def _as_double(tensor: Tensor) -> Tensor:
    return converted(tensor, dtypes.complex128 if tensor.is_complex() else dtypes.float64)


def float_power_(self: Tensor, exponent: Any) -> Tensor:
    """In place: as `float_power`, for a tensor of float64."""
    if self.dtype not in (dtypes.float64, dtypes.complex128):
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype} but the operation's result "
            "requires dtype float64\n  try: float_power out of place, or pow_"
        )
    return self.pow_(exponent)


# -- bounds ----------------------------------------------------------------------------------------


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Each element brought between `min` and `max`: numbers or tensors, either may be left out."""
    given = [bound for bound in (min, max) if bound is not None]
    numbers = not any(isinstance(bound, Tensor) for bound in given)
    if numbers and (not given or input.is_floating_point()):
        return TABLE["clamp"].call(input, min, max)
    wanted = result_dtype([input, *given])
    input = converted(input, wanted)
    if numbers:
        return TABLE["clamp"].call(input, min, max)
    low = input if min is None else ops.clamp_min(input, min)
    return low if max is None else ops.clamp_max(low, max)


def clamp_(
    self: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None
) -> Tensor:
    """In place: each element brought between `min` and `max`."""
    given = [bound for bound in (min, max) if bound is not None]
    if any(isinstance(bound, Tensor) for bound in given):
        check_apart(self, given, "clamp_")
        return _overwrite(self, clamp(ops.clone(self), min, max), "clamp_")  # of the old value
    wanted = result_dtype([self, *given])
    if wanted is not self.dtype and not dtypes.can_cast(wanted, self.dtype):
        raise RuntimeError(
            f"result type {wanted} can't be cast to the desired output type {self.dtype}\n"
            "  try: clamp out of place, or bounds that are whole numbers"
        )
    return apply_inplace(TABLE["clamp"], "clamp_", (self,), {"min": min, "max": max})


def _overwrite(target: Tensor, values: Tensor, name: str) -> Tensor:
    source = converted(values, target.dtype)
    return apply_inplace(TABLE["copy"], name, (target, source), {"non_blocking": False})


# -- functions of a whole number, and order of arguments -------------------------------------------


def polygamma(n: int, input: Tensor) -> Tensor:
    """The derivative of order `n` of `digamma`."""
    return ops.polygamma(input, n=n)


def polygamma_method(self: Tensor, n: int) -> Tensor:
    """The derivative of order `n` of `digamma`."""
    return ops.polygamma(self, n=n)


def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the multivariate gamma function of dimension `p`."""
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, but got {p}")
    total = full((), p * (p - 1) / 4 * math.log(math.pi), dtype=_float_dtype(input))
    for n in range(p):
        total = total + ops.lgamma(input - n / 2)
    return total


def mvlgamma_(self: Tensor, p: int) -> Tensor:
    """In place: as `mvlgamma`."""
    return _overwrite(self, mvlgamma(ops.clone(self), p), "mvlgamma_")


def _float_dtype(tensor: Tensor) -> dtypes.dtype:
    return tensor.dtype if tensor.is_floating_point() else dtypes.get_default_dtype()


def _no_gradient_of(name: str, input: Any, other: Any) -> None:
    """Refuse a gradient that nobody has a formula for, before it is silently missing.

    Raises:
        NotImplementedError: the first argument requires grad.
    """
    if isinstance(input, Tensor) and input.requires_grad and grad_enabled():
        raise NotImplementedError(
            f"the derivative for 'input' of {name} is not implemented\n"
            "  try: input.detach(); there is a gradient for 'other'"
        )


def igamma(input: Tensor, other: Tensor) -> Tensor:
    """The lower incomplete gamma function of order `input` at `other`, between 0 and 1."""
    _no_gradient_of("igamma", input, other)
    return TABLE["igamma"].call(input, other)


def igammac(input: Tensor, other: Tensor) -> Tensor:
    """The upper incomplete gamma function of order `input` at `other`, between 0 and 1."""
    _no_gradient_of("igammac", input, other)
    return TABLE["igammac"].call(input, other)


def zeta(input: Any, other: Any) -> Tensor:
    """The Hurwitz zeta function: the sum of `(k + other) ** -input` over k from 0."""
    _no_gradient_of("zeta", input, other)
    return ops.zeta(input, other)


def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:  # fmt: skip
    """Each element, with NaN and the infinities replaced: by 0 and the largest numbers unless
    given. Whole numbers are as they are.
    """
    return TABLE["nan_to_num"].call(input, nan, posinf, neginf)


def rsub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """`other - alpha * input`."""
    return ops.sub(other, input if alpha == 1 else input * alpha)


# -- whole tensors ---------------------------------------------------------------------------------


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The norm of order `p` of the difference of two tensors."""
    return (input - other).norm(p)


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element of a tensor is not 0."""
    if input.numel() != 1:
        raise RuntimeError(
            "Boolean value of Tensor with no values is ambiguous"
            if not input.numel()
            else "Boolean value of Tensor with more than one value is ambiguous"
        )
    return bool(input.item())


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape."""
    return tuple(input.shape) == tuple(other.shape)


def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Slices along `dim` scaled down to a norm of order `p` of at most `maxnorm`."""
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if input.ndim < 2:
        raise RuntimeError(
            f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions"
        )
    others = [n for n in range(input.ndim) if n != dim % input.ndim]
    norms = input.norm(p, others, True)
    scale = ops.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)
    return input * scale


def renorm_(self: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """In place: as `renorm`."""
    return _overwrite(self, renorm(ops.clone(self), p, dim, maxnorm), "renorm_")


def fill(input: Tensor, value: Tensor | Number) -> Tensor:
    """A copy of the tensor with a number, or a 0-d tensor, everywhere."""
    return ops.clone(input).fill_(value)


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        ldexp, frexp, float_power, clamp, mvlgamma, igamma, igammac, nan_to_num, dist, is_nonzero,
        is_same_size, renorm, polygamma,
    )
}  # fmt: skip
"""Public functions; each is a method too, but for `METHODS`."""

METHODS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (ldexp_, float_power_, clamp_, mvlgamma_, renorm_)
} | {"polygamma": polygamma_method}
"""Methods that are not functions, or not the same ones."""

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {f.__name__: f for f in (rsub, fill)}
"""Public functions that are no methods."""
