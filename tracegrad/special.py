"""Special functions, as `torch.special`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad.engine.worlds import lifted
from tracegrad.ops.arithmetic import zeta as zeta
from tracegrad.ops.install import functions

SHARED = (
    "digamma", "erf", "erfc", "erfinv", "exp2", "expm1", "i0", "log1p", "log_softmax", "logit",
    "logsumexp", "polygamma", "round", "sinc", "softmax", "xlogy",
)  # fmt: skip
"""Functions that `tracegrad` has too, by the same name."""

RENAMED = {
    "expit": "sigmoid", "gammainc": "igamma", "gammaincc": "igammac", "gammaln": "lgamma",
    "modified_bessel_i0": "i0", "multigammaln": "mvlgamma", "psi": "digamma",
}  # fmt: skip
"""Functions that `tracegrad` has too, by another name."""

HERE_ONLY = (
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "chebyshev_polynomial_t",
    "chebyshev_polynomial_u", "entr", "erfcx", "hermite_polynomial_h", "hermite_polynomial_he",
    "i0e", "i1", "i1e", "laguerre_polynomial_l", "legendre_polynomial_p", "log_ndtr",
    "modified_bessel_k0", "modified_bessel_k1", "ndtr", "ndtri", "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1", "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u", "spherical_bessel_j0", "xlog1py",
)  # fmt: skip
"""Ops that are public in this module and nowhere else."""

_functions: dict[str, Callable[..., Any]] = (
    {name: functions[name] for name in SHARED}
    | {name: functions[other] for name, other in RENAMED.items()}
    | {name: getattr(lifted.ops, name) for name in HERE_ONLY}
    | {"modified_bessel_i1": lifted.ops.i1}
)


def __getattr__(name: str) -> Any:
    try:
        return _functions[name]
    except KeyError:
        raise AttributeError(f"tracegrad.special has no function {name!r}") from None


def __dir__() -> list[str]:
    return sorted([*_functions, "zeta"])
