"""Messages for what a backward pass refuses. See DESIGN: errors are interface."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from tracegrad.engine.instead import at_line, before, instead_of_changing, line_of, retaining
from tracegrad.engine.wording import (
    backward_of,
    differentiated,
    forward_of,
    here,
    occurrence,
    operands,
    saved_value,
    what_is,
    write_of,
)
from tracegrad.errors import (
    FreedGraphError,
    InplaceModificationError,
    NoGradientError,
    Occurrence,
    SavedValue,
    with_details,
)
from tracegrad.graph.cut import Cut
from tracegrad.graph.kept import Kept, kept_in
from tracegrad.graph.location import caller, place
from tracegrad.graph.node import AccumulateGrad, Edge, Freed, Node, Output
from tracegrad.graph.walk import ancestors, below, orders_leading_to

# -- a saved value was changed ---------------------------------------------------------------------


def modified_error(node: Node, saved: Sequence[Any]) -> InplaceModificationError:
    """A saved value's memory was written since.

    Args:
        node: whose backward needs the values.
        saved: all that it keeps, laid out as `node.saved`.
    """
    return changed_error(node, [entry for entry in kept_in(node, saved) if entry.changes])


def changed_error(node: Node, stale: Sequence[Kept]) -> InplaceModificationError:
    """The same for those of the values that were written since."""
    values = [saved_value(node, entry) for entry in stale]
    needed_by = backward_of(node)
    rows: list[tuple[str, str]] = []
    for value, entry in zip(values, stale, strict=True):
        rows.append(("saved", str(value)))
        rows += _changes(entry)
    rows = [*dict.fromkeys(rows), ("needed by", needed_by.op)]
    first, value = stale[0], values[0]
    changes = [write_of(change) for change in first.changes]
    suggestions = instead_of_changing(
        value,
        changes,
        of_a_leaf=isinstance(_edge(node, first.name), AccumulateGrad),
        is_output=first.name.partition("[")[0] == "out",  # "out[1]" of a Function
        all_known=_forgotten(first) == 0,
        code=first.changes[-1].code,
    )
    message = with_details(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {value.what} is at version {changes[-1].version}; expected version "
        f"{first.version or 0} instead.",
        rows,
        "; or ".join(suggestions),
    )
    return InplaceModificationError(
        message,
        saved=values,
        saved_by=values[0].by,
        changes=changes,
        needed_by=needed_by,
        suggestions=suggestions,
    )


def _edge(node: Node, name: str) -> Edge | None:
    """Where the gradient of an input goes."""
    return node.edges[node.op.inputs.index(name)] if name in node.op.inputs else None


def _forgotten(entry: Kept) -> int:
    """How many of the writes since a value was saved are not remembered."""
    changes = entry.changes
    return changes[-1].version - (entry.version or 0) - len(changes)


def _changes(entry: Kept) -> list[tuple[str, str]]:
    """The writes since a value was saved, as rows of a message: one for all by the same line."""
    rows = []
    version = entry.version or 0
    if forgotten := _forgotten(entry):
        versions = f"version {version} -> {version + forgotten}"
        rows.append(("changed", f"{versions} by {forgotten} earlier writes"))
    writes = [write_of(change) for change in entry.changes]
    for _, group in groupby(writes, key=lambda write: (write.by, write.through)):
        same = list(group)
        rows.append(("changed", same[0].text(len(same))))
    return rows


# -- saved values were freed -----------------------------------------------------------------------


def freed_error(node: Node, roots: Sequence[Edge] = ()) -> FreedGraphError:
    """Backward reached a node whose saved values are gone.

    Args:
        roots: where the pass started, to find where an old graph is joined to a new one.
    """
    freed: Freed = node.saved
    needed_by = backward_of(node)
    freed_by = occurrence(freed.call, freed.code, freed.lasti)
    saved = [
        SavedValue(what_is(node, name), shape, "", None, forward_of(node))
        for name, shape in _lost(node)
    ]
    join = _join(node, roots, freed.order)
    rows = [*dict.fromkeys(("saved", str(value)) for value in saved), ("freed by", str(freed_by))]
    joined_by = None
    if join is not None:
        joined_by = forward_of(join.consumer)
        reads = f"{joined_by.op}, which reads {join.value} from before that call"
        rows.append(("joined by", f"{reads}   {joined_by.where}".rstrip()))
    suggestions = _instead_of_joining(join, freed) if join else _instead_of_twice(freed)
    rows.append(("needed by", needed_by.op if saved else str(needed_by)))
    message = with_details(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward.",
        rows,
        "; or ".join(suggestions),
    )
    return FreedGraphError(
        message, saved=saved, freed_by=freed_by, joined_by=joined_by, needed_by=needed_by,
        suggestions=suggestions,
    )  # fmt: skip


def _lost(node: Node) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of what a node had saved, as far as its edges still tell."""
    lost = []
    for name, _ in node.op.places:
        if name == "out":
            lost.append((name, node.shape))
        elif name in node.op.inputs:
            edge = node.edges[node.op.inputs.index(name)]
            if edge is not None:
                lost.append((name, edge.shape))
    return lost


class _Join(NamedTuple):
    """Where a new graph reads a value of an old one.

    Attributes:
        value: the older one, in the user's words.
        again: whether what made it was run again since, as in a loop that carries it on.
    """

    consumer: Node
    value: str
    again: bool


def _join(node: Node, roots: Sequence[Edge], call: int) -> _Join | None:
    """The op, made after the call that freed, through which backward came to what is older.

    Args:
        call: order of that call: whatever was made before it has a higher one.
    """
    leading = orders_leading_to(roots, {node.order})
    newer = [
        edge
        for edge in ancestors(roots)
        if isinstance(edge, Node) and edge.order < call and edge.order in leading
    ]
    found: tuple[Node, Edge, int] | None = None
    for consumer in newer:
        for position, older in enumerate(below(consumer)):
            if older is None or not call < older.order <= 0 or older.order not in leading:
                continue
            if found is None or consumer.order > found[0].order:
                found = consumer, older, position
    if found is None:
        return None
    consumer, older, position = found
    maker = older.node if isinstance(older, Output) else older
    site = getattr(maker, "code", None), getattr(maker, "lasti", -1)
    again = any((one.code, one.lasti) == site for one in newer)
    return _Join(consumer, _operand(consumer, position, maker), again)


def _operand(consumer: Node, position: int, maker: Edge) -> str:
    """The input of an op in the user's words."""
    by = forward_of(consumer)
    named = operands(place(consumer.code, consumer.lasti), by.op)
    if position < len(named):
        return named[position]
    return f"the result of {forward_of(maker).op}" if isinstance(maker, Node) else "a value"


def _instead_of_joining(join: _Join, freed: Freed) -> list[str]:
    value, joined_by = join.value, forward_of(join.consumer)
    freed_by = occurrence(freed.call, freed.code, freed.lasti)
    is_name = value.replace(".", "_").isidentifier()
    detach = f"{value} = {value}.detach()" if is_name else f".detach() {value}"
    tries = [
        f"{detach} {before(joined_by, freed_by)}, so that gradients stop there",
        f"{retaining(freed.call, freed.code, freed.lasti)}{at_line(freed_by)}, so that they go all "
        "the way back",
    ]
    if not join.again:
        tries.insert(0, f"compute {value} again after each {freed.call}()")
    return tries


def _instead_of_twice(freed: Freed) -> list[str]:
    freed_by = occurrence(freed.call, freed.code, freed.lasti)
    code, lasti = caller()
    tries = [f"{retaining(freed.call, freed.code, freed.lasti)}{at_line(freed_by)}"]
    first = differentiated(place(freed.code, freed.lasti), inputs=False, n=0)
    second = differentiated(place(code, lasti), inputs=False, n=0)
    if first and second and first != second:
        tries.append(f"({first} + {second}).backward() instead of both")
    tries.append(f"compute {second or 'the loss'} again before each backward")
    return tries


# -- nothing to go back to -------------------------------------------------------------------------

_ENDS = {
    "detach": "leave .detach() away, or compute the loss from the tensor itself",
    "detach_": "leave .detach_() away",
    "data": "the tensor itself instead of .data",
    "requires_grad_": "requires_grad_(True) before the computation, if a gradient of it is wanted",
    "argmax": "a soft choice such as softmax() instead of argmax(), which has no gradient",
    "tensor": "stack() the tensors, which keeps their history, instead of tensor()",
    "backward": "backward(create_graph=True), if a gradient is to be differentiated again",
    **dict.fromkeys(
        ("gt", "lt", "ge", "le", "eq", "ne"),
        "something smooth such as sigmoid() instead of a comparison, which has no gradient",
    ),
    **dict.fromkeys(
        ("long", "int", "short", "char", "byte", "bool"),
        "stay in floating point: integers have no gradient",
    ),
}
"""By the op that cut: what to do instead."""


def asked_of(shape: Sequence[int], *, is_input: bool = False, n: int = 0) -> str:
    """A tensor that the call of `backward` or `grad` names which runs now, and where it runs.

    Args:
        is_input: it is one of those that the gradient is asked of.
        n: which of its kind.
    """
    name = differentiated(place(*caller()), is_input, n)
    of_shape = f"{name} of shape {list(shape)}".lstrip()
    return f"{of_shape}   {here('').where}".rstrip()


def no_gradient_error(
    headline: str, shape: Sequence[int], cut: Cut | None, *, is_input: bool = False, n: int = 0
) -> NoGradientError:
    """Backward from a tensor, or for one, that requires no grad.

    Args:
        headline: PyTorch's words.
        cut: why the tensor has no history; `None` if nothing on its way ever required grad.
        is_input, n: which of the tensors that the call names, see `asked_of`.
    """
    rows = [("tensor", asked_of(shape, is_input=is_input, n=n))]
    if cut is None:
        rows.append(("history", "nothing that it was computed from requires grad"))
        suggestions = _without_history(is_input, n)
        return NoGradientError(
            with_details(headline, rows, "; and ".join(suggestions)), suggestions=suggestions
        )
    cut_by = occurrence(cut.op, cut.code, cut.lasti)
    switched_off_by = None
    if cut.switch is not None:
        switched_off_by = occurrence(*cut.switch)
        rows.append(("cut by", f"{cut_by.op} while gradients were off   {cut_by.where}".rstrip()))
        rows.append(("off since", str(switched_off_by)))
        suggestions = _switched_on(cut, cut_by, switched_off_by)
    else:
        rows.append(("cut by", str(cut_by)))
        suggestions = [
            f"{retaining('grad', cut.code, cut.lasti, 'create_graph')}{at_line(cut_by)}, if the "
            "gradient is to be differentiated again"
            if cut.op == "grad"
            else _ENDS.get(cut_by.op)
            or f"an op that has a gradient instead of {cut_by.op}, which has none"
        ]
    return NoGradientError(
        with_details(headline, rows, "; or ".join(suggestions)),
        cut_by=cut_by,
        switched_off_by=switched_off_by,
        suggestions=suggestions,
    )


def _without_history(is_input: bool, n: int) -> list[str]:
    name = differentiated(place(*caller()), True, n) if is_input else ""
    return [
        f"{name}.requires_grad_() before the computation"
        if name
        else "requires_grad=True on what the gradient is wanted of",
        "look for values that went through NumPy, item() or tolist() on the way: they come back "
        "without history",
    ]


def _switched_on(cut: Cut, cut_by: Occurrence, switch: Occurrence) -> list[str]:
    """What to do where gradients were off."""
    line = line_of(cut_by) or cut_by.op
    around = f"`with enable_grad():` around {line}"
    at = at_line(switch, cut_by)
    if switch.op.endswith(".forward"):
        return [f"return it from {switch.op}(), whose backward() gives its gradient", around]
    if switch.op == "set_grad_enabled":
        return [f"set_grad_enabled(True){at}", around]
    if switch.statement.startswith("@"):
        return [f"take the {switch.op}() off the function{at}", around]
    if cut.code is not None and cut.switch is not None and cut.code is not cut.switch[1]:
        line = f"the call of {cut.code.co_name}()"
    return [f"move {line} out of the {switch.op}(){at}", around]


def unused_error(n: int, shape: Sequence[int]) -> RuntimeError:
    """`grad` was asked for the gradient of what the outputs were not computed from."""
    return RuntimeError(
        with_details(
            f"The differentiated Tensor at index {n} appears to not have been used in the graph. "
            "Set allow_unused=True if this is the desired behavior.",
            [("tensor", asked_of(shape, is_input=True, n=n))],
            "allow_unused=True, which gives None for it; or look on the way from it to the outputs "
            "for detach(), .data, item() and no_grad(), which cut it off",
        )
    )
