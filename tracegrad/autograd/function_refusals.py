"""Messages for what a custom `Function` must not do. The headlines are PyTorch's, where it has one.

Those about backward leave it to the engine to add where `apply` was called.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.function_arguments import argument_name
from tracegrad.engine.wording import here, write_of
from tracegrad.errors import InplaceModificationError, with_details
from tracegrad.graph.node import AccumulateGrad
from tracegrad.storage import changes_since

if TYPE_CHECKING:
    from tracegrad.autograd.function_node import FunctionCall
    from tracegrad.autograd.function_outputs import Run

# -- forward ---------------------------------------------------------------------------------------


def not_returned(run: Run, tensor: Tensor) -> RuntimeError:
    return RuntimeError(
        with_details(
            "Some elements marked as dirty during the forward method were not returned as output. "
            "The inputs that are modified inplace must all be outputs of the Function.",
            [
                ("marked", f"{run.name(tensor)} of {run.call.name}.forward"),
                ("called", str(here(run.call.name))),
            ],
            f"return {run.name(tensor)} from forward too; or write to a .clone() of it there",
        )
    )


def not_marked(run: Run, tensor: Tensor, version: int) -> InplaceModificationError:
    name, function = run.name(tensor), run.call.name
    instead = [f"write to {name}.clone(), if {name} is not to change"]
    if isinstance(tensor._node, AccumulateGrad):
        instead.append("call it inside of no_grad(), if it is an update, which needs no gradient")
    else:
        instead.insert(0, f"ctx.mark_dirty({name}) in forward, and return {name}")
    return _changed(
        run,
        f"{function}.forward wrote to its input {name}, which requires grad, without "
        f"ctx.mark_dirty({name}): the gradients of {name} and of what was computed from it would "
        "be silently wrong.",
        tensor,
        version,
        instead,
    )


def written_after_saving(
    run: Run, n: int, tensor: Tensor, version: int
) -> InplaceModificationError:
    what = run.name(tensor) if run.position_of(tensor) is not None else f"saved tensor {n}"
    return _changed(
        run,
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {run.call.name}.forward wrote to {what} after ctx.save_for_backward() had "
        "saved it.",
        tensor,
        version,
        [
            "ctx.save_for_backward() after the write, if backward is to see what was written",
            "save a .clone(), if it is to see what was there before",
        ],
    )


def _changed(
    run: Run, headline: str, tensor: Tensor, version: int, suggestions: Sequence[str]
) -> InplaceModificationError:
    changes = [write_of(c) for c in changes_since(tensor._array, tensor._storage, version)]
    called = here(run.call.name)
    rows = [*(("changed", str(change)) for change in changes), ("called", str(called))]
    return InplaceModificationError(
        with_details(headline, rows, "; or ".join(suggestions)),
        changes=changes,
        needed_by=called,
        suggestions=suggestions,
    )


def saved_as_it_is(run: Run, tensor: Tensor) -> RuntimeError:
    name = run.name(tensor)
    return RuntimeError(
        with_details(
            "An input that has been returned as-is as output is being saved for backward. This is "
            "not supported if you override setup_context. You should return and save a view of the "
            "input instead, e.g. with x.view_as(x) or setup ctx inside the forward function "
            "itself.",
            [("input", f"{name} of {run.call.name}.forward"), ("called", str(here(run.call.name)))],
            f"return {name}.view_as({name})",
        )
    )


def view_among_several(run: Run, tensor: Tensor) -> RuntimeError:
    name = run.name(tensor)
    return RuntimeError(
        with_details(
            "If your Function modifies inplace an input that is a view of another Tensor, your "
            "Function cannot return more than one Tensor. This is not supported by the current "
            "autograd engine. You should either make sure the input is not a view (using .clone() "
            "for example) or make your Function only return one Tensor (potentially splitting it "
            "into two Functions: one doing the inplace that returns a single Tensor and a second "
            "one that does the other operations).",
            [("view", f"{name} of {run.call.name}.forward"), ("called", str(here(run.call.name)))],
            f"pass a .clone() for {name}",
        )
    )


# -- backward --------------------------------------------------------------------------------------


def _refused(
    call: FunctionCall, headline: str, tries: str, *facts: tuple[str, str]
) -> RuntimeError:
    given = ", ".join(argument_name(call, n) for n in range(call.arguments))
    rows = [*facts, ("forward", f"({given})   {_defined(call.function.forward)}".rstrip())]
    rows.append(("backward", _defined(call.function.backward_rule())))
    return RuntimeError(with_details(headline, rows, tries))


def _defined(function: Any) -> str:
    """`train.py:12`: where a function begins."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return f"{os.path.basename(code.co_filename)}:{code.co_firstlineno}" if code else ""


def wrong_number(call: FunctionCall, got: int) -> RuntimeError:
    return _refused(
        call,
        f"function {call.name}Backward returned an incorrect number of gradients (expected "
        f"{call.arguments}, got {got})",
        "return one gradient for each argument of forward, None for those that need none",
    )


def not_for_a_tensor(call: FunctionCall, n: int) -> RuntimeError:
    return _refused(
        call,
        f"function {call.name}Backward returned a gradient different than None at position "
        f"{n + 1}, but the corresponding forward input was not a Variable",
        f"return None for {argument_name(call, n)}",
    )


def no_tensor(call: FunctionCall, n: int, result: Any) -> RuntimeError:
    tries = "return a tensor for it, or None"
    if isinstance(result, list):
        tries = "return several gradients as a tuple, not as a list"
    return _refused(
        call,
        f"expected Variable or None (got {type(result).__name__})",
        tries,
        ("gradient", f"of {argument_name(call, n)}"),
    )


def wrong_shape(call: FunctionCall, n: int, got: tuple[int, ...]) -> RuntimeError:
    shape = list(call.given[n][0])
    name = argument_name(call, call.positions[n])
    return _refused(
        call,
        f"Function {call.name}Backward returned an invalid gradient at index {n} - got "
        f"{list(got)} but expected shape compatible with {shape}",
        f"a gradient has the shape of its input; where forward broadcast {name}, it may also have "
        "the shape that came of it",
        ("gradient", f"of {name}, which has shape {shape}"),
    )


def complex_gradient(call: FunctionCall, n: int, got: Any) -> RuntimeError:
    name, dtype = argument_name(call, call.positions[n]), call.given[n][1]
    return _refused(
        call,
        f"Function {call.name}Backward returned an invalid gradient at index {n} - got dtype {got} "
        f"for a real input of dtype {dtype}",
        "return its .real part, if that is the gradient",
        ("gradient", f"of {name}"),
    )


def written_gradient(
    call: FunctionCall, shown: Sequence[Tensor | None], versions: Sequence[int | None]
) -> RuntimeError:
    n, g = next((n, t) for n, t in enumerate(shown) if t is not None and t._version != versions[n])
    rows = [("changed", str(write_of(c))) for c in changes_since(g._array, g._storage, versions[n])]
    return _refused(
        call,
        f"{call.name}.backward wrote to the gradient of output {n} that it was given, which may "
        "also be on its way to other tensors.",
        "write to a .clone() of it",
        *rows,
    )
