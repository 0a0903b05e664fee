"""Gradient rules for complex numbers, out of those for real ones.

Note [Gradients of complex numbers]
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
As in PyTorch, the gradient of a complex `z = x + iy` is `dL/dx + i dL/dy`: the direction in which
a real loss grows fastest. For an analytic function the chain rule is then a product with the
*conjugate* of its derivative. A rule such as `g * ops.cos(x)` computes that derivative from what
was kept of the forward pass by a formula with real coefficients, and the conjugate of such a
formula is the formula over conjugates. So for the ops of `ANALYTIC` the kept values are conjugated
before the rule sees them, and one rule serves both kinds of numbers. Those of `OWN` (`abs`, `real`,
a singular value decomposition) were written for both. Every other op refuses complex gradients.

Programs with real numbers pay nothing: what looks for complex numbers is put around the rules when
a complex tensor first meets a graph (`meet_complex`).

A real tensor becomes complex through `to_dtype` or one of `OWN`, nowhere else; their rules give the
real part back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracegrad.engine import worlds
from tracegrad.engine.explain import modified_error
from tracegrad.engine.saved import opened
from tracegrad.graph.node import Node
from tracegrad.ops.complex_ import is_complex
from tracegrad.ops.declare import TABLE, Op
from tracegrad.storage import changes_since

Rules = Callable[..., tuple[Any, ...]]

ANALYTIC = frozenset({
    # of one number
    "neg", "positive", "square", "sqrt", "rsqrt", "reciprocal", "exp", "exp2", "expm1", "log",
    "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
    "sigmoid", "silu", "silu_slope", "asinh", "acosh", "atanh", "sinc",
    # of several
    "add", "sub", "mul", "div", "pow", "pow_slope", "safe_ratio", "where", "keep_where", "lerp",
    "addcmul", "addcdiv", "apply_mask",
    # products
    "matmul", "mm", "bmm", "mv", "dot", "outer", "linear", "linalg_cross", "einsum",
    # reductions
    "sum", "mean", "prod", "product_of_others", "cumsum", "cumprod", "scan", "shifted",
    # the same elements elsewhere
    "view", "reshape_copy", "permute", "transpose", "t", "squeeze", "unsqueeze", "expand",
    "sum_to_size", "select", "slice", "slice_backward", "narrow", "diagonal", "diagonal_backward",
    "unbind", "split_sections", "repeat", "repeat_backward", "flip", "tril", "triu", "clone",
    "as_strided", "as_strided_forward", "as_strided_backward", "as_strided_scatter", "zeros_of",
    "index", "index_backward", "index_put", "index_add", "index_copy", "index_fill", "index_select",
    "index_select_backward", "gather", "gather_backward", "scatter", "scatter_value", "scatter_add",
    "masked_fill", "masked_fill_tensor", "masked_scatter", "masked_gather", "cat", "stack", "copy",
    "fill", "to_device", "roll", "take_along", "put_along", "unfold", "unfold_backward", "im2col",
    "col2im", "constant_pad", "own_pad", "own_pad_backward", "pixel_shuffle", "pixel_unshuffle",
    "channel_shuffle", "embedding", "embedding_backward", "embedding_again",
    # matrices
    "linalg_inv", "linalg_solve", "linalg_solve_triangular", "linalg_det", "linalg_cofactor",
    "matrix_exp", "diagonal_matrix", "unit_matrix",
})  # fmt: skip
"""Ops whose rules are formulas with real coefficients over what was kept."""

OWN = frozenset({
    "conj", "real", "imag", "view_as_real", "view_as_complex", "complex", "angle", "abs", "sgn",
    "norm2", "vector_norm", "to_dtype", "fft_c2c", "fft_r2c", "fft_c2r", "fft_fold",
    "linalg_slogdet", "linalg_cholesky", "linalg_qr", "linalg_svd", "linalg_svdvals", "linalg_eigh",
    "linalg_eigvalsh", "linalg_eig", "linalg_pinv", "linalg_lu_factor",
})  # fmt: skip
"""Ops whose rules were written for complex numbers too."""


def begin() -> None:
    """Make every rule of the table ready for complex numbers."""
    for op in TABLE.values():
        if op.name in ANALYTIC:
            op.backward = _conjugating(
                op.backward, lambda rules, node, g: rules(conjugated(node), g)
            )
            op.lifted_backward = _conjugating(
                op.lifted_backward, lambda rules, node, g: rules(node, g, conjugate=True)
            )
        elif op.name not in OWN and op.declaration.rules:
            op.backward = _refusing(op, op.backward)
            op.lifted_backward = _refusing(op, op.lifted_backward)


worlds.on_complex.append(begin)


def _conjugating(rules: Rules, over_conjugates: Callable[[Rules, Node, Any], Any]) -> Rules:
    """Rules that see conjugates where the gradient is complex."""

    def backward(node: Node, g: Any) -> tuple[Any, ...]:
        return over_conjugates(rules, node, g) if _is_complex(g) else rules(node, g)

    return backward


def _refusing(op: Op, rules: Rules) -> Rules:
    """Rules of real numbers only."""

    def backward(node: Node, g: Any) -> tuple[Any, ...]:
        kept = node.saved if type(node.saved) is tuple else opened(node)
        if _is_complex(g) or any(_is_complex(value) for value in kept):
            raise NotImplementedError(
                f"{op.name} does not support automatic differentiation for complex numbers\n"
                "  try: two real tensors, for the real and the imaginary part (view_as_real)"
            )
        return rules(node, g)

    return backward


def _is_complex(value: Any) -> bool:
    """Whether a kept value, a gradient, or one of several gradients is complex."""
    if isinstance(value, list | tuple):
        return any(_is_complex(one) for one in value)
    return hasattr(value, "dtype") and is_complex(value)


def conjugated(node: Node) -> Node:
    """A copy of the node that keeps the conjugates.

    Raises:
        InplaceModificationError: a kept value was changed in place.
    """
    kept = node.saved if type(node.saved) is tuple else opened(node)
    if any(changes_since(*kept[n : n + 3]) for _, n in node.op.places):
        raise modified_error(node, kept)
    twin = _twin(node)
    twin.saved = tuple(value.conj() if _is_complex(value) else value for value in kept)
    return twin


def _twin(node: Node) -> Node:
    twin = Node()
    for name in ("op", "edges", "shape", "code", "lasti", "order", "hooks"):
        setattr(twin, name, getattr(node, name))
    return twin
