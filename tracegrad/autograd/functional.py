"""Jacobians, Hessians and products with them, of a function at a point.

PyTorch's `torch.autograd.functional`. See `tracegrad.func` for functions of functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import enable_grad
from tracegrad.autograd.products import (
    Gradients,
    columns,
    filled,
    ones_like,
    pull,
    push,
    rows,
    zeros_like,
)

Tensors = Tensor | tuple[Tensor, ...]

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def vjp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """A vector times the Jacobian.

    Args:
        func: takes tensors, gives a tensor or a tuple of them.
        v: as the outputs of `func`; may be left out for one output of one element (then 1).
        create_graph: what comes out can be differentiated again.
        strict: refuse outputs that do not depend on an input, instead of giving zeros.

    Returns:
        What `func` gives, and the product: as `inputs`.

    Raises:
        RuntimeError: `v` does not fit; or something is independent of an input and `strict` is set.
    """
    with enable_grad():
        at, out = _called("vjp", func, inputs, create_graph, strict)
        vector = _vector(v, out, "user-provided function returns")
        found = pull(out.tensors, at.tensors, vector, create_graph)
        if strict:
            _check_depends(found, _OUTPUT, create_graph, _JACOBIAN)
    return out.given(create_graph), at.like(filled(found, at.tensors), create_graph)


def jvp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """The Jacobian times a vector, by two backward passes.

    Args:
        v: as `inputs`; may be left out for one input of one element (then 1).
        func, create_graph, strict: as for `vjp`.

    Returns:
        What `func` gives, and the product: as the outputs of `func`.
    """
    with enable_grad():
        at, out = _called("jvp", func, inputs, create_graph, strict)
        vector = _vector(v, at, "input to the user-provided function is")
        if strict:
            ones = [ones_like(o) for o in out.tensors]
            _check_depends(pull(out.tensors, at.tensors, ones, False), _OUTPUT, False, "")
        found = push(out.tensors, at.tensors)(vector, create_graph)
        if strict:
            _check_depends(found, _ENTRY, create_graph, _JACOBIAN)
    return out.given(create_graph), out.like(filled(found, out.tensors), create_graph)


def jacobian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """All derivatives of all outputs for all inputs.

    Args:
        func, create_graph, strict: as for `vjp`.
        vectorize: taken for PyTorch's sake; it makes nothing faster here.
        strategy: `reverse-mode` goes over the elements of the outputs, `forward-mode` over those of
            the inputs.

    Returns:
        A tensor of the output's shape and then the input's; a tuple of them by input and around
        that one by output, where there are tuples.
    """
    _check_strategy("jacobian", strategy, create_graph, strict, vectorize)
    with enable_grad():
        at, out = _called("jacobian", func, inputs, create_graph, strict)
        if strategy == "forward-mode":
            table = columns(out.tensors, at.tensors, create_graph)
        else:
            table = [rows(o, at.tensors, create_graph) for o in out.tensors]
        found = []
        for n, (output, parts) in enumerate(zip(out.tensors, table, strict=True)):
            if strict:
                _check_depends(parts, f"Output {n} of {_FUNCTION}", create_graph, _JACOBIAN)
            whole = tuple(
                p if p is not None else zeros_like(output, (*output.shape, *x.shape))
                for p, x in zip(parts, at.tensors, strict=True)
            )
            found.append(at.like(whole, create_graph))
    return tuple(found) if out.is_tuple else found[0]


def hessian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """All second derivatives of a function that gives one element.

    Args:
        func, create_graph, strict, vectorize: as for `jacobian`.
        outer_jacobian_strategy: how the gradient is differentiated, see `jacobian`.

    Returns:
        A tensor of the input's shape twice; a tuple of tuples of them for a tuple of inputs.
    """
    _check_strategy("hessian", outer_jacobian_strategy, create_graph, strict, vectorize)
    _several("hessian", "inputs", inputs)

    def gradient(*points: Tensor) -> tuple[Tensor, ...]:
        out = _single("hessian", func, points)
        if strict:
            _check_outputs((out,))
        found = pull((out,), points, (ones_like(out),), create_graph=True)
        if strict:
            _check_depends(found, _OUTPUT, True, _JACOBIAN_IN_HESSIAN)
        return filled(found, points)

    given = inputs if isinstance(inputs, tuple) else (inputs,)
    table = jacobian(gradient, given, create_graph, strict, strategy=outer_jacobian_strategy)
    return table if isinstance(inputs, tuple) else table[0][0]


def vhp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """A vector times the Hessian of a function that gives one element.

    Args:
        v: as `inputs`; may be left out for one input of one element (then 1).
        func, create_graph, strict: as for `vjp`.

    Returns:
        What `func` gives, and the product: as `inputs`.
    """
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """The Hessian of a function that gives one element, times a vector. As `vhp`: it is symmetric,
    and so a second backward pass does, where PyTorch takes a third.
    """
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)


def _hessian_product(
    call: str, func: Any, inputs: Any, v: Any, create_graph: bool, strict: bool
) -> tuple[Any, Any]:
    with enable_grad():
        at = _Several.of(call, "inputs", inputs).tracked(create_graph)
        vector = _vector(v, at, "input to the user-provided function is")
        out = _single(call, func, at.tensors)
        if strict:
            _check_outputs((out,))
        first = pull((out,), at.tensors, (ones_like(out),), create_graph=True)
        if strict:
            _check_depends(first, _OUTPUT, True, _JACOBIAN)
        slopes = filled(first, at.tensors)
        found = pull(slopes, at.tensors, vector, create_graph)
        if strict:
            _check_depends(found, "The jacobian of the user-provided function", create_graph,
                           "The hessian of the user-provided function")  # fmt: skip
    value = out if create_graph else out.detach()
    return value, at.like(filled(found, at.tensors), create_graph)


# -- what goes in and out --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Several:
    """Some tensors, and whether the user has them as a tuple."""

    tensors: tuple[Tensor, ...]
    is_tuple: bool

    @classmethod
    def of(cls, call: str, what: str, given: Any) -> _Several:
        return cls(_several(call, what, given), isinstance(given, tuple | list))

    def tracked(self, create_graph: bool) -> _Several:
        """The same as inputs of their own: nothing else that they are used in gets a gradient."""
        made = [
            t.view(t.shape) if create_graph and t.requires_grad else t.detach().requires_grad_()
            for t in self.tensors
        ]
        return _Several(tuple(made), self.is_tuple)

    def given(self, create_graph: bool) -> Any:
        return self.like(self.tensors, create_graph)

    def like(self, tensors: Sequence[Tensor], create_graph: bool) -> Any:
        """Tensors as the user has these; without history unless it was asked for."""
        done = tuple(tensors) if create_graph else tuple(t.detach() for t in tensors)
        return done if self.is_tuple else done[0]


def _several(call: str, what: str, given: Any) -> tuple[Tensor, ...]:
    """The tensors of an argument or a result.

    Raises:
        TypeError: it is neither a tensor nor a tuple of them.
    """
    must = f"The {what} given to {call} must be either a Tensor or a tuple of Tensors but the "
    if isinstance(given, tuple | list):
        for n, one in enumerate(given):
            if not isinstance(one, Tensor):
                raise TypeError(f"{must}value at index {n} has type {type(one)}.")
        return tuple(given)
    if not isinstance(given, Tensor):
        raise TypeError(f"{must}given {what} has type {type(given)}.")
    return (given,)


def _called(
    call: str, func: Callable[..., Any], inputs: Any, create_graph: bool, strict: bool
) -> tuple[_Several, _Several]:
    """The inputs as tracked ones, and what the function makes of them."""
    at = _Several.of(call, "inputs", inputs).tracked(create_graph)
    out = _Several.of(call, "outputs of the user-provided function", func(*at.tensors))
    if strict:
        _check_outputs(out.tensors)
    return at, out


def _single(call: str, func: Callable[..., Any], points: Sequence[Tensor]) -> Tensor:
    """The one element that the function gives."""
    out = _Several.of(call, "outputs of the user-provided function", func(*points))
    if out.is_tuple:
        raise RuntimeError(f"The function given to {call} should return a single Tensor")
    if out.tensors[0].numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {call} should contain a single element"
            f"\n  it has shape {list(out.tensors[0].shape)}\n  try: .sum() of it"
        )
    return out.tensors[0]


def _vector(v: Any, like: _Several, owner: str) -> tuple[Tensor, ...]:
    """The vector of a product, which may be left out where there is one number."""
    if v is None:
        if len(like.tensors) != 1 or like.tensors[0].numel() != 1:
            raise RuntimeError(
                f"The vector v can only be None if the {owner} a single Tensor with a single "
                "element."
            )
        return (ones_like(like.tensors[0]),)
    vector = _several("the product", "v", v)
    if len(vector) != len(like.tensors):
        if like.is_tuple:
            raise RuntimeError(
                f"v is a tuple of invalid length: should be {len(like.tensors)} but got "
                f"{len(vector)}."
            )
        raise RuntimeError("The given v should contain a single Tensor.")
    for n, (one, t) in enumerate(zip(vector, like.tensors, strict=True)):
        if one.shape != t.shape:
            entry = f"Entry {n} in " if len(vector) > 1 else ""
            raise RuntimeError(
                f"{entry}v has invalid size: should be {t.shape} but got {one.shape}."
            )
    return vector


# -- refusals --------------------------------------------------------------------------------------

_FUNCTION = "the user-provided function"
_OUTPUT = f"The output of {_FUNCTION}"
_ENTRY = f"The output of {_FUNCTION}, as an entry of the product,"
_JACOBIAN = f"The jacobian of {_FUNCTION}"
_JACOBIAN_IN_HESSIAN = f"While computing the hessian, found that the jacobian of {_FUNCTION}"


def _check_outputs(outputs: Sequence[Tensor]) -> None:
    for n, out in enumerate(outputs):
        if not out.requires_grad:
            raise RuntimeError(
                f"Output {n} of {_FUNCTION} does not require gradients. The outputs must be "
                "computed in a differentiable manner from the input when running in strict mode."
            )


def _check_depends(found: Gradients, what: str, create_graph: bool, slope: str) -> None:
    """Refuse derivatives that are zero because nothing leads from there to here.

    Args:
        what: whose derivatives they are.
        slope: what they are themselves, which `create_graph` wants to differentiate again.
    """
    for n, one in enumerate(found):
        if one is None:
            raise RuntimeError(
                f"{what} is independent of input {n}. This is not allowed in strict mode."
            )
        if create_graph and not one.requires_grad:
            raise RuntimeError(
                f"{slope} is independent of input {n}. This is not allowed in strict mode when "
                "create_graph=True."
            )


def _check_strategy(
    call: str, strategy: str, create_graph: bool, strict: bool, vectorize: bool
) -> None:
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(  # PyTorch's class for it
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your '
            'function has more outputs than inputs, "forward-mode" tends to be more performant. '
            'Otherwise, prefer to use "reverse-mode".'
        )
    if strict and (vectorize or strategy == "forward-mode"):
        raise RuntimeError(
            f"tracegrad.autograd.functional.{call}: `strict=True` and `vectorized=True` are not "
            "supported together. Please either set `strict=False` or `vectorize=False`."
        )
