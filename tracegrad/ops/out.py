"""`out=`: a result written into a tensor that is there already.

As in PyTorch it takes no part in autograd: with `out=` an argument that requires grad is refused.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.errors import with_details
from tracegrad.graph.location import caller, place, warn
from tracegrad.graph.mode import grad_enabled
from tracegrad.ops.declare import TABLE
from tracegrad.storage import new_storage

_NAMES = """
abs acos acosh add addbmm addcdiv addcmul addmm addmv addr all amax amin aminmax angle any
arange asin asinh atan atan2 atanh baddbmm bernoulli bitwise_and bitwise_left_shift bitwise_not
bitwise_or bitwise_right_shift bitwise_xor bmm bucketize cat ceil chain_matmul cholesky
cholesky_inverse cholesky_solve clamp column_stack complex conj_physical copysign cos cosh
cross cummax cummin cumprod cumsum deg2rad diag diff digamma div dot dstack empty eq erf erfc
erfinv exp exp2 expm1 eye float_power floor floor_divide fmax fmin fmod frac frexp full gather
gcd ge gt heaviside histc histogram hstack hypot i0 igamma igammac index_add index_copy
index_reduce index_select inner inverse isneginf isposinf kron kthvalue lcm ldexp le lerp
lgamma linspace log log10 log1p log2 logaddexp logaddexp2 logcumsumexp logical_and logical_not
logical_or logical_xor logit logspace logsumexp lt lu_solve lu_unpack masked_select matmul
matrix_power max maximum mean min minimum mm mode msort mul multinomial mv mvlgamma nan_to_num
nanmean nanquantile ne neg nextafter nonzero norm normal ones outer polar polygamma pow qr
quantile rad2deg rand randint randn randperm reciprocal remainder renorm round row_stack rsqrt
scatter_reduce searchsorted sgn sigmoid sign signbit sin sinc sinh sort sqrt square stack std
std_mean sub svd take_along_dim tan tanh tensordot topk tril triu trunc var var_mean vdot vstack
where xlogy zeros
"""

TAKES_OUT = frozenset(_NAMES.split())
"""PyTorch's functions that have `out=`, of those that there are here."""


def with_out(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with `out=`."""

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **options: Any) -> Any:
        if out is None:
            return function(*args, **options)
        return into(name, out, args, function(*args, **options))

    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    at = len(parameters) - (parameters[-1:] != [] and parameters[-1].kind is _VARIADIC)
    parameters.insert(at, inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None))
    vars(call)["__signature__"] = signature.replace(parameters=parameters)
    return call


_VARIADIC = inspect.Parameter.VAR_KEYWORD


def into(name: str, out: Any, args: Sequence[Any], result: Any) -> Any:
    """Write a result, or several, into what the user gave as `out`.

    Raises:
        RuntimeError: an argument requires grad, or the dtype does not fit.
        TypeError: `out` is not as many tensors as there are results.
    """
    several = isinstance(result, tuple)
    outs = out if several and isinstance(out, tuple | list) else (out,)
    results = result if several else (result,)
    if len(outs) != len(results) or not all(isinstance(o, Tensor) for o in outs):
        raise TypeError(
            f"{name}(): argument 'out' must be "
            + (f"tuple of {len(results)} Tensors" if several else "Tensor")
            + f", not {type(out).__name__}"
        )
    if grad_enabled() and any(t.requires_grad for t in _tensors((*args, *outs))):
        raise RuntimeError(
            with_details(
                f"{name}(): functions with out=... arguments don't support automatic "
                "differentiation, but one of the arguments requires grad.",
                [("at", str(place(*caller()) or ""))],
                "leave out= away; or do it inside of no_grad()",
            )
        )
    for target, values in zip(outs, results, strict=True):
        _write(name, target, values)
    return type(result)(*outs) if hasattr(result, "_fields") else tuple(outs) if several else out


def _tensors(values: Sequence[Any]) -> list[Tensor]:
    """The tensors among arguments, also inside of lists."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _tensors(value)
    return found


def _write(name: str, target: Tensor, values: Tensor) -> None:
    from tracegrad.ops.inplace import apply_inplace, torch_name

    if not dtypes.can_cast(values.dtype, target.dtype):
        raise RuntimeError(
            f"result type {torch_name(values.dtype)} can't be cast to the desired output "
            f"type {torch_name(target.dtype)}\n  {name}(out=...) of dtype {target.dtype}"
        )
    if target.shape != values.shape:
        _resize(name, target, values)
    apply_inplace(TABLE["copy"], name, (target, values.detach()), {"non_blocking": False})


def _resize(name: str, target: Tensor, values: Tensor) -> None:
    """Give an output the result's shape, as PyTorch does: silently only if it was empty."""
    if target._view is not None:
        raise RuntimeError(
            f"{name}(out=...): a view of shape {list(target.shape)} cannot be resized to "
            f"{list(values.shape)}"
        )
    if target.numel():
        warn(
            f"An output with one or more elements was resized since it had shape "
            f"{list(target.shape)}, which does not match the required output shape "
            f"{list(values.shape)}. This behavior is deprecated."
        )
    target._array = values._array.astype(target._array.dtype)
    target._storage = new_storage(target._array)
