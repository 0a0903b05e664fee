"""Special functions and arithmetic, called as PyTorch's are."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.both import assert_same

pytestmark = pytest.mark.parity

UNARY = [
    "acosh", "arccosh", "arccos", "arcsin", "arcsinh", "arctan", "arctanh", "asinh", "atanh",
    "deg2rad", "rad2deg", "digamma", "erf", "erfc", "erfinv", "fix", "i0", "isneginf",
    "isposinf", "isreal", "lgamma", "logit", "nan_to_num", "signbit", "sinc",
]  # fmt: skip
SPECIAL = [
    "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "digamma", "entr", "erf", "erfc", "erfcx",
    "erfinv", "exp2", "expit", "expm1", "gammaln", "i0", "i0e", "i1", "i1e", "log1p", "log_ndtr",
    "logit", "modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0",
    "modified_bessel_k1", "ndtr", "ndtri", "psi", "round", "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1", "sinc", "spherical_bessel_j0",
]  # fmt: skip
WITHOUT_DERIVATIVE = ("bessel", "airy", "polynomial", "zeta")
"""Words in names of functions that PyTorch has no derivative of; ours have one."""

BINARY = [
    "copysign", "fmax", "fmin", "fmod", "hypot", "logaddexp", "logaddexp2", "xlogy", "heaviside",
    "nextafter", "clamp_min", "clamp_max", "isclose", "float_power", "ldexp",
]  # fmt: skip
WHOLE = ["gcd", "lcm", "bitwise_left_shift", "bitwise_right_shift"]


def of(name: str) -> str:
    """The operand for a function of `torch.special`: without a gradient where PyTorch has none."""
    return "p.detach()" if any(word in name for word in WITHOUT_DERIVATIVE) else "p"


CALLS = [
    *[f"T.{name}({x})" for name in UNARY for x in ("p", "a", "s", "e", "n", "special", "i", "d")],
    *[f"p.{name}()" for name in UNARY],
    *[f"T.special.{name}({of(name)})" for name in SPECIAL],
    *[f"T.special.{name}({of(name)}.double() * 3)" for name in SPECIAL],
    *[f"T.special.{name}(i + 7)" for name in SPECIAL if name not in ("erfinv", "logit", "round")],
    *[
        f"T.{name}({x}, {y})"
        for name in BINARY
        for x, y in (
            ("a", "b"), ("p", "row"), ("column", "row"), ("s", "a"), ("e", "row"), ("n", "v"),
            ("d", "d + 1"), ("ties", "ties"), ("special", "special.flip(0)"), ("d", "a"),
        )
        if name not in ("heaviside", "nextafter")
    ],
    *[f"T.{name}({x}.detach(), {y}.detach())" for name in ("heaviside", "nextafter") for x, y in (
        ("a", "b"), ("p", "row"), ("ties", "ties"), ("special", "special.flip(0)"))],
    *[f"p.{name}(b)" for name in BINARY if name not in ("heaviside", "nextafter")],
    *[f"T.{name}(i, j)" for name in ("copysign", "fmax", "fmin", "fmod", "xlogy", "clamp_max")],
    *[f"T.{name}(a, 2)" for name in ("copysign", "fmod", "xlogy", "clamp_min", "clamp_max")],
    *[f"T.{name}(i, 2.5)" for name in ("copysign", "fmod", "xlogy", "clamp_min", "float_power")],
    *[f"T.{name}(i.abs(), j.abs() % 5)" for name in WHOLE],
    *[f"T.{name}(a, b)" for name in WHOLE],
    "T.xlogy(2, p)", "T.float_power(2, a)", "i << 2", "i >> 1", "2 << j.abs()", "i32 << i32",
    "x = i.clone(); x <<= 1; x", "x = i.clone(); x >>= 1; x", "T.fmod(i, 0)", "T.frac(a)",
    "T.frac(special)", "a.frac()", "T.frac(i)", "T.frexp(a)", "a.frexp().exponent", "T.frexp(i)",
    "T.frexp(T.tensor([0.0, 1.0, 3.0])).mantissa", "T.round(a, decimals=2)",
    "a.round(decimals=-1)", "T.nan_to_num(special, nan=2.0, posinf=3.0, neginf=-3.0)",
    "T.nan_to_num(special, 1.0)", "special.nan_to_num(posinf=1.0)", "T.logit(p, 0.3)",
    "T.logit(p, eps=1e-6)", "T.special.logit(p * 1.5, 0.1)",
    "T.polygamma(1, p)", "T.polygamma(0, p)", "T.polygamma(2, p)", "p.polygamma(3)",
    "T.polygamma(1, -p)", "T.polygamma(-1, p)", "T.special.polygamma(1, d)", "T.mvlgamma(p + 2, 3)",
    "(p + 2).mvlgamma(2)", "T.mvlgamma(p, 5)", "T.special.multigammaln(p + 1, 2)",
    "T.special.zeta(2.0, p.detach())", "T.special.zeta(p.detach() + 1, 2.0)",
    "T.special.zeta(p.detach() + 1, p)", "T.igamma(p.detach(), b.abs())", "p.detach().igamma(p)",
    "T.igammac(p.detach(), b.abs())", "T.special.gammainc(p.detach(), d.abs().float())",
    "p.detach().igammac(p)", "T.special.gammaincc(p.detach(), p)", "T.special.xlogy(a, p)",
    "T.special.xlog1py(a, p)", "T.special.xlog1py(0.0, p)", "T.special.xlog1py(p, 2)",
    "T.xlogy(T.zeros(3, requires_grad=True), special[:3])",
    "T.special.logsumexp(a, 1)", "T.special.softmax(a, 1)", "T.special.log_softmax(a, 1)",
    "T.special.airy_ai(a.detach())", "T.special.legendre_polynomial_p(p.detach(), 3)",
    "T.special.chebyshev_polynomial_t(p.detach(), 4)",
    "T.special.chebyshev_polynomial_u(p.detach(), 4)",
    "T.special.hermite_polynomial_h(p.detach(), 3)",
    "T.special.hermite_polynomial_he(p.detach(), 3)",
    "T.special.laguerre_polynomial_l(p.detach(), 3)",
    "T.addcmul(a, b, row)", "T.addcmul(a, b, row, value=0.5)", "a.addcmul(p, column, value=-1)",
    "T.addcdiv(a, b, p)", "T.addcdiv(a, b, p, value=2)", "a.addcdiv(b, p)", "T.addcdiv(i, i, i)",
    "T.addcmul(i, i, j)", "T.addcmul(a, d, b)", "T.isclose(a, d)", "T.isclose(i, i)",
    "T.isclose(special, special, equal_nan=True)", "a.isclose(b, rtol=1.0)", "a.isclose(b, 0, 1)",
    "T.isin(i, j)", "T.isin(i, 3)", "T.isin(3, i)", "T.isin(i, j, invert=True)",
    "T.isin(i, j, assume_unique=True)", "T.isin(ties.detach(), ties.detach()[0])",
    "T.clamp(a, row, row + 1)", "T.clamp(ties, 2.0, 3.0)", "T.clamp(ties, ties)",
    "T.clamp(ties, max=ties)", "T.clamp(i, 0.5)", "T.clamp(a, d)", "T.clamp_min(ties, 2)",
    "T.clamp_max(ties, ties)", "a.clamp_max(s)", "T.clip(a, -0.5, 0.5)", "T.clamp(a)",
    "T.clamp(t, 0, 1)", "T.clamp_min(i, 1.5)", "T.rsub(a, b)", "T.rsub(a, 2, alpha=3)",
    "T.dist(a, b)", "T.dist(a, b, 1)", "a.dist(b, inf)", "T.renorm(a, 2, 0, 0.5)",
    "a.renorm(1, 1, 1.0)", "T.renorm(row, 2, 0, 1)", "T.is_nonzero(s)", "T.is_nonzero(a)",
    "a.is_same_size(b)", "T.is_same_size(a, row)", "T.fill(a, 2.0)", "T.fill(a, s)",
    "T.lerp(a, b, 0.3)", "T.lerp(a, b, p)", "T.pow(i, -1)", "T.fmax(special, T.zeros(6))",
    "T.maximum(special, T.zeros(6))", "T.copysign(a, -0.0)", "T.hypot(ties, ties.T[:2])",
]  # fmt: skip

INPLACE = [
    f"x = p.clone(); x.{call}; x"
    for call in (
        "acosh_()", "asinh_()", "atanh_()", "arcsin_()", "arccos_()", "arctan_()", "arcsinh_()",
        "arccosh_()", "arctanh_()", "deg2rad_()", "rad2deg_()", "digamma_()", "erf_()", "erfc_()",
        "erfinv_()", "fix_()", "frac_()", "i0_()", "lgamma_()", "logit_()", "nan_to_num_()",
        "sinc_()", "polygamma_(1)", "mvlgamma_(1)", "copysign_(b)", "fmod_(b)", "hypot_(b)",
        "xlogy_(p)", "clamp_min_(row)", "clamp_max_(0.5)", "clamp_(row, row + 1)", "ldexp_(row)",
        "addcmul_(a, b)", "addcmul_(a, b, value=2)", "addcdiv_(a, b)", "addcdiv_(b, p, value=0.5)",
        "renorm_(2, 0, 0.5)", "float_power_(2)", "clip_(0, 0.5)", "round_(decimals=1)",
    )
] + [
    f"x = p.detach().clone(); x.{call}; x"
    for call in (
        "eq_(b.detach())", "ne_(b.detach())", "lt_(0.5)", "le_(0.5)", "gt_(b.detach())",
        "ge_(b.detach())", "greater_(b.detach())", "less_(b.detach())",
        "greater_equal_(b.detach())", "less_equal_(b.detach())", "not_equal_(b.detach())",
        "logical_and_(ties)",
        "logical_or_(ties)", "logical_xor_(ties)", "logical_not_()", "heaviside_(row.detach())",
        "nextafter_(b.detach())", "igamma_(p)", "igammac_(p)",
    )
] + [
    f"x = i.abs(); x.{call}; x"
    for call in (
        "gcd_(j)", "lcm_(j)", "bitwise_left_shift_(j.abs())", "bitwise_right_shift_(j.abs())",
        "eq_(3)", "lt_(j)", "__ilshift__(1)", "__irshift__(1)", "fmod_(2)",
    )
] + [
    f"x = p.clone(); T.{name}_(x); x"
    for name in (
        "abs", "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh",
        "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "deg2rad", "erf", "erfc", "exp",
        "exp2", "expm1", "fix", "floor", "frac", "i0", "log", "log10", "log1p", "log2", "logit",
        "nan_to_num", "neg", "negative", "rad2deg", "reciprocal", "relu", "round", "rsqrt",
        "sigmoid", "sin", "sinc", "sinh", "sqrt", "square", "tan", "tanh", "trunc", "zero",
    )
] + [
    "x = a.clone(); T.clamp_(x, -0.5, 0.5); x", "x = a.clone(); T.clip_(x, -0.5, 0.5); x",
    "x = a.clone(); T.clamp_min_(x, 0); x", "x = a.clone(); T.clamp_max_(x, 0); x",
    "x = a.clone(); T.xlogy_(x, p); x", "x = i.abs(); T.gcd_(x, j); x",
    "x = i.abs(); T.lcm_(x, j); x", "x = a.clone(); T.ldexp_(x, row); x",
]  # fmt: skip

DIFFERENT = r"T\.(arc|a)(sin|cos|tan)h_\(x\)|x = p.clone\(\); .*x\.(arc|a)(sin|cos|tan)h_\(\); x"
"""In-place forms that PyTorch has no derivative of, while it has one of the functions."""

EVERY = list(dict.fromkeys([*CALLS, *INPLACE]))


@pytest.mark.parametrize("call", [c for c in EVERY if not re.search(DIFFERENT, c)])
def test_call_gives_what_pytorch_gives(call: str) -> None:
    assert_same(call)


@pytest.mark.parametrize("call", [c for c in EVERY if re.search(DIFFERENT, c)])
def test_what_pytorch_has_no_derivative_of_it_refuses(call: str) -> None:
    with pytest.raises(AssertionError, match="PyTorch raises NotImplementedError"):
        assert_same(call)
