"""`gradcheck`: gradients against finite differences, and what is wrong where they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.autograd.backward import grad
from tracegrad.autograd.gradcheck_causes import Case, explained
from tracegrad.autograd.gradcheck_jacobians import (
    Arrays,
    Function,
    analytical_jacobians,
    differentiable,
    outputs_of,
    secants,
)
from tracegrad.autograd.mode import enable_grad
from tracegrad.errors import with_details
from tracegrad.graph.location import warn


class GradcheckError(RuntimeError):
    """What autograd computes is not the derivative of what the function computes."""


def gradcheck(
    func: Function,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare gradients with central differences, for each element of the inputs.

    Args:
        func: takes tensors, gives a tensor or a tuple of them.
        inputs: a tensor or a tuple; those that require grad are checked. float64, or the
            differences are too coarse.
        eps: half of the distance over which a difference is taken.
        atol, rtol: how far the two may be apart.
        raise_exception: raise where they are; else return `False`.
        nondet_tol: how far the gradients of two equal backward passes may be apart.
        check_undefined_grad: always on: each output is also differentiated alone, so that a node of
            several outputs gets no gradient for the others.
        check_grad_dtypes: each gradient must have its input's dtype.
        check_backward_ad: `False` checks nothing.
        fast_mode: taken for PyTorch's sake; every element is compared.
        masked: likewise; there are no sparse tensors.

    Raises:
        GradcheckError: they differ. It names the worst element and the likely cause.
        ValueError: no input requires grad.
        NotImplementedError: a check of vmap or of forward mode was asked for.
    """
    _refuse("check_batched_grad", check_batched_grad)
    _refuse("check_batched_forward_grad", check_batched_forward_grad)
    _refuse("check_forward_ad", check_forward_ad)
    tensors = _checked_inputs(inputs, eps)
    if not check_backward_ad:
        return True
    try:
        with enable_grad():
            _check(func, tensors, eps, atol, rtol, nondet_tol, check_grad_dtypes, _plain_name)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Function,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare second derivatives with central differences of the gradients.

    Args:
        grad_outputs: gradients of the outputs to start from, which are varied too; drawn at random
            (always the same ones) if left out.
        gen_non_contig_grad_outputs: draw them with gaps in memory.
        func, inputs, eps, atol, rtol: as for `gradcheck`, and so are all others.

    Raises:
        GradcheckError: they differ.
    """
    _refuse("check_batched_grad", check_batched_grad)
    _refuse("check_fwd_over_rev", check_fwd_over_rev)
    tensors = _checked_inputs(inputs, eps)
    if not check_rev_over_rev:
        return True
    with enable_grad():
        outputs = differentiable(outputs_of(func, tensors))
    starts = _starts(grad_outputs, outputs, gen_non_contig_grad_outputs)
    count = len(tensors)

    @enable_grad()
    def gradients(*points: Tensor) -> tuple[Tensor, ...]:
        at, starts = points[:count], points[count:]
        wanted = [t for t in at if t.requires_grad]
        found = grad(
            differentiable(outputs_of(func, at)), wanted, starts,
            create_graph=True, allow_unused=True,
        )  # fmt: skip
        return tuple(g for g in found if g is not None)

    def name(kind: str, n: int) -> str:
        if kind == "output":
            return f"output {n} (the {_ordinal(n)} gradient that the function's backward gives)"
        return f"input {n}" if n < count else f"input {n} (the gradient of output {n - count})"

    try:
        with enable_grad():
            _check(
                gradients, (*tensors, *starts), eps, atol, rtol, nondet_tol, check_grad_dtypes, name
            )
    except GradcheckError as error:
        if raise_exception:
            error.add_note("in the second derivative: it is the gradients that were differentiated")
            raise
        return False
    return True


# -- what is checked -------------------------------------------------------------------------------


def _check(
    func: Function,
    inputs: tuple[Any, ...],
    eps: float,
    atol: float,
    rtol: float,
    nondet_tol: float,
    check_dtypes: bool,
    name: Callable[[str, int], str],
) -> None:
    outputs = outputs_of(func, inputs)
    for n, out in enumerate(outputs):
        if out.is_complex():
            raise NotImplementedError(
                f"gradcheck of a complex output (output {n})\n"
                "  try: a function that gives its real and imaginary part"
            )
    positions = [n for n, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    kept = [n for n, out in enumerate(outputs) if out.requires_grad]
    shown = kept or [n for n, out in enumerate(outputs) if out.is_floating_point()]
    numerical = [secants(func, inputs, n, shown, eps) for n in positions]
    if not kept:
        _check_constant(numerical, positions)
        return
    analytical = analytical_jacobians(outputs, kept, inputs, positions)
    again = analytical_jacobians(outputs_of(func, inputs), kept, inputs, positions)
    for i, output in enumerate(kept):
        for j, input in enumerate(positions):
            pair = numerical[j][i], analytical[i][j]
            if not _close(*pair, atol, rtol):
                case = Case(func, inputs, outputs[output], output, input, *pair, eps, atol, rtol)
                raise GradcheckError(explained(case, name))
            _check_repeats(analytical[i][j], again[i][j], nondet_tol)
    _check_scaled_by_gradient(outputs, kept, inputs, positions)
    if check_dtypes:
        _check_dtypes(outputs, kept, inputs, positions)


def _close(numerical: Any, analytical: Any, atol: float, rtol: float) -> bool:
    return bool(np.allclose(analytical, numerical, rtol, atol, equal_nan=True))


def _check_constant(numerical: Sequence[Arrays], positions: Sequence[int]) -> None:
    for parts, input in zip(numerical, positions, strict=True):
        if any(np.any(part != 0) for part in parts):
            raise GradcheckError(
                with_details(
                    "Numerical gradient for function expected to be zero",
                    [
                        ("why", "no output requires grad, so gradients are taken for zero"),
                        ("but", f"the outputs change with input {input}"),
                    ],
                    "look for .detach(), no_grad(), .item() or NumPy in the function",
                )
            )


def _check_repeats(first: Any, second: Any, nondet_tol: float) -> None:
    apart = float(np.max(np.abs(first - second), initial=0.0))
    if apart > nondet_tol:
        raise GradcheckError(
            "Backward is not reentrant, i.e., running backward with same input and grad_output "
            "multiple times gives different values, although analytical gradient matches numerical "
            f"gradient. The tolerance for nondeterminism was {nondet_tol}, and they are {apart:.3g}"
            " apart.\n  try: save what backward needs in forward (a random mask), or a larger "
            "nondet_tol"
        )


def _check_scaled_by_gradient(
    outputs: Sequence[Tensor],
    kept: Sequence[int],
    inputs: Sequence[Any],
    positions: Sequence[int],
) -> None:
    """The gradient of nothing is zero: a backward that forgets its incoming gradient fails here."""
    roots = [outputs[n] for n in kept]
    zeros = [Tensor._of(np.zeros_like(t._array)) for t in roots]
    targets = [inputs[n] for n in positions]
    found = grad(roots, targets, zeros, retain_graph=True, allow_unused=True)
    for n, g in zip(positions, found, strict=True):
        if g is not None and np.any(g._array != 0):
            raise GradcheckError(
                "backward not multiplied by grad_output\n"
                f"  the gradient for input {n} is not zero although those of all outputs are"
            )


def _check_dtypes(
    outputs: Sequence[Tensor],
    kept: Sequence[int],
    inputs: Sequence[Any],
    positions: Sequence[int],
) -> None:
    roots = [outputs[n] for n in kept]
    ones = [Tensor._of(np.ones_like(t._array)) for t in roots]
    targets = [inputs[n] for n in positions]
    found = grad(roots, targets, ones, retain_graph=True, allow_unused=True)
    for n, g in zip(positions, found, strict=True):
        if g is not None and g.dtype is not inputs[n].dtype:
            raise GradcheckError(
                f"grad is incorrect type: the gradient for input {n} is {g.dtype}, and the input "
                f"is {inputs[n].dtype}"
            )


# -- what goes in ----------------------------------------------------------------------------------


def _refuse(option: str, wanted: bool) -> None:
    if wanted:
        raise NotImplementedError(
            f"{option} is not supported: there is no vmap of backward and no forward mode\n"
            "  try: the check of backward, which is always made"
        )


def _checked_inputs(inputs: Any, eps: float) -> tuple[Any, ...]:
    tensors = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    asked = False
    for n, x in enumerate(tensors):
        if not isinstance(x, Tensor) or not x.requires_grad:
            continue
        asked = True
        if x.is_complex():
            raise NotImplementedError(
                f"gradcheck of a complex input (input {n})\n"
                "  try: its real and imaginary part as inputs, and complex(real, imag) of them"
            )
        if x.dtype.name not in ("float64", "complex128"):
            warn(
                f"Input #{n} requires gradient and is not a double precision floating point or "
                "complex. This check will likely fail if all the inputs are not of double "
                "precision floating point or complex. "
            )
        if 0 in x._array.strides and x.numel() > 1:
            raise RuntimeError(
                f"The {n}th input has a dimension with stride 0. gradcheck only supports inputs "
                "that are non-overlapping to be able to compute the numerical gradients correctly. "
                "You should call .contiguous on the input before passing it to gradcheck."
            )
    if not asked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them "
            "have requires_grad=True."
        )
    return tensors


def _starts(given: Any, outputs: Sequence[Tensor], gaps: bool) -> tuple[Tensor, ...]:
    """The gradients that the function's backward starts from, as inputs to be varied."""
    if given is not None:
        starts = (given,) if isinstance(given, Tensor) else tuple(given)
        return tuple(t if t.requires_grad else t.detach().clone().requires_grad_() for t in starts)
    random = np.random.default_rng(len(outputs))
    drawn = []
    for out in outputs:
        array = out._array
        if gaps and array.ndim:
            wide = np.empty_like(array, order="C", shape=(*array.shape, 2))
            start = wide[..., 0]
        else:
            start = np.empty_like(array, order="C")
        start[...] = random.normal(size=array.shape)
        drawn.append(Tensor._of(start).requires_grad_())
    return tuple(drawn)


def _plain_name(kind: str, n: int) -> str:
    return f"{kind} {n}"


def _ordinal(n: int) -> str:
    names = ("first", "second", "third")
    return names[n] if n < len(names) else f"{n + 1}th"
