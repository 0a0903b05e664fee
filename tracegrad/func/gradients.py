"""Gradients, products with Jacobians, and Jacobians of functions, as functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad._util.tree import Tree
from tracegrad.autograd.mode import enable_grad
from tracegrad.autograd.products import columns, filled, ones_like, pull, push, rows, zeros_like
from tracegrad.func.inside import Argnums, Inside, check_fit, parted
from tracegrad.graph.mode import grad_enabled

Function = Callable[..., Any]

# -- gradients -------------------------------------------------------------------------------------


def grad(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient of a function that gives one number.

    Args:
        argnums: for which of the positional arguments; a tuple gives a tuple of gradients.
        has_aux: `func` gives a pair, whose second part is handed on: the result is (gradient, aux).

    Example:
        >>> grad(lambda x: (x**2).sum())(tensor([1.0, 2.0]))
        tensor([2., 4.])
    """
    both = grad_and_value(func, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """As `grad`, giving (gradient, value), or (gradient, (value, aux))."""

    def gradient_and_value(*args: Any, **kwargs: Any) -> Any:
        with Inside(args, argnums, "grad") as inside:
            out, aux = parted(func(*inside.args, **kwargs), has_aux, "grad")
            _check_scalar(out)
            again = inside.leads_out((out,))
            found = filled(pull((out,), inside.points, (ones_like(out),), again), inside.points)
        gradient = inside.as_arguments(inside.outside(found))
        value = inside.outside((out,))[0]
        return gradient, ((value, inside.all_outside(aux)) if has_aux else value)

    return gradient_and_value


def _check_scalar(out: Any) -> None:
    if not isinstance(out, Tensor):
        raise RuntimeError(
            "grad_and_value(f)(*args): Expected f(*args) to return a tensor, got unsupported type "
            f"{type(out)}"
        )
    if out.ndim != 0:
        raise RuntimeError(
            "grad_and_value(f)(*args): Expected f(*args) to return a scalar tensor, got tensor "
            f"with {out.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
        )


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function and, as a function, a vector times its Jacobian there.

    Returns:
        (value, vjp function), and aux as a third with `has_aux`. The function takes vectors as the
        value, and gives a product for each primal: alone if there is one, else as a tuple.
    """
    with Inside(primals, tuple(range(len(primals))), "vjp") as inside:
        result, aux = parted(func(*inside.args), has_aux, "vjp")
        outs = Tree.of(result)
        again = inside.leads_out(outs.tensors)

    def pulled(*vectors: Any) -> Any:
        given = Tree.of(vectors[0] if len(vectors) == 1 else vectors)
        check_fit("cotangents", given.tensors, outs.tensors)
        recorded = grad_enabled()
        with enable_grad():
            # A vector that requires grad makes the product differentiable too, if nothing else.
            create = recorded and (again or any(v.requires_grad for v in given.tensors))
            found = pull(outs.tensors, inside.points, given.tensors, create)
        products = inside.as_arguments(inside.outside(filled(found, inside.points)))
        return products if len(primals) > 1 else products[0]

    value = outs.like(inside.outside(outs.tensors))
    return (value, pulled, inside.all_outside(aux)) if has_aux else (value, pulled)


def jvp(
    func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> Any:
    """The value of a function and its Jacobian there times a vector, by two backward passes.

    Args:
        primals, tangents: tuples of the same structure, one entry per argument.
        strict: refuse an output that does not depend on the inputs, instead of giving zeros.

    Returns:
        (value, product), and aux as a third with `has_aux`.
    """
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"jvp(f, primals, tangents): Expected primals to be a tuple. E.g. it should be valid "
            f"to call f(*primals). Got {type(primals).__name__}"
        )
    with Inside(primals, tuple(range(len(primals))), "jvp") as inside:
        given = Tree.of(tangents)
        check_fit("tangents", given.tensors, inside.points)
        result, aux = parted(func(*inside.args), has_aux, "jvp")
        outs = Tree.of(result)
        again = inside.leads_out((*outs.tensors, *given.tensors))
        found = push(outs.tensors, inside.points)(given.tensors, again)
        if strict and any(p is None for p in found):
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the "
                "inputs. This is not allowed with strict=True."
            )
    value = outs.like(inside.outside(outs.tensors))
    product = outs.like(inside.outside(filled(found, outs.tensors)))
    return (value, product, inside.all_outside(aux)) if has_aux else (value, product)


# -- Jacobians -------------------------------------------------------------------------------------


def jacrev(
    func: Function,
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Function:
    """All derivatives of all outputs: one backward pass per element of an output.

    Args:
        argnums, has_aux: as for `grad`.
        chunk_size: taken for PyTorch's sake; rows are computed one by one.

    Returns:
        A function that gives, for each output, what has its shape and then that of the argument.
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    def by_row(outs: Sequence[Tensor], points: Sequence[Tensor], again: bool) -> Any:
        return [rows(out, points, again) for out in outs]

    return _jacobian(func, argnums, has_aux, "jacrev", by_row)


def jacfwd(
    func: Function, argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Function:
    """As `jacrev`, column by column: the one to use for few inputs and many outputs."""
    return _jacobian(func, argnums, has_aux, "jacfwd", columns)


def hessian(func: Function, argnums: Argnums = 0) -> Function:
    """All second derivatives: the Jacobian of the Jacobian."""
    return jacrev(jacrev(func, argnums), argnums)


def _jacobian(func: Function, argnums: Argnums, has_aux: bool, call: str, table: Any) -> Function:
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        with Inside(args, argnums, call) as inside:
            result, aux = parted(func(*inside.args, **kwargs), has_aux, call)
            outs = Tree.of(result)
            for out in outs.tensors:
                if not out.is_floating_point():
                    raise RuntimeError(
                        f"{call}: Expected all outputs to be floating point or complex, got "
                        f"{out.dtype}"
                    )
            again = inside.leads_out(outs.tensors)
            found = [
                tuple(
                    zeros_like(out, (*out.shape, *x.shape)) if part is None else part
                    for part, x in zip(parts, inside.points, strict=True)
                )
                for out, parts in zip(
                    outs.tensors, table(outs.tensors, inside.points, again), strict=True
                )
            ]
        whole = outs.like([inside.as_arguments(inside.outside(parts)) for parts in found])
        return (whole, inside.all_outside(aux)) if has_aux else whole

    return jacobian
