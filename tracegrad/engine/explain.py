"""Messages for what a backward pass or an in-place write refuses. See DESIGN: errors are
interface.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from types import CodeType
from typing import Any

from tracegrad.errors import InplaceModificationError, with_details
from tracegrad.graph.location import Place, place
from tracegrad.graph.node import Freed, Node
from tracegrad.storage import Change, Storage


def freed_error(node: Node) -> RuntimeError:
    """Backward reached a node whose saved values are gone."""
    freed = node.saved
    rows = [("needed by", f"{node.op.name} backward{_at(node.code, node.lasti)}")]
    if isinstance(freed, Freed):
        rows.append(("freed by", f"the backward call{_at(freed.code, freed.lasti)}"))
    return RuntimeError(
        with_details(
            "Trying to backward through the graph a second time (or directly access saved tensors "
            "after they have already been freed). Saved intermediate values of the graph are "
            "freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you "
            "need to backward through the graph a second time or if you need to access saved "
            "tensors after calling backward.",
            rows,
            "backward(retain_graph=True) on the first call; or compute the loss again before the "
            "second; or, when something is carried from one iteration to the next, .detach() it "
            "there",
        )
    )


Kept = tuple[str, Any, Storage | None, int | None]
"""A saved value: its name in the op, the array, its storage, and the version when it was saved."""


def modified_error(node: Node, saved: Sequence[Kept]) -> InplaceModificationError:
    """A saved value's storage was written since.

    Args:
        node: whose backward needs the values.
        saved: everything that the node keeps; at least one of it is of another version now.
    """
    where = place(node.code, node.lasti)
    stale = [entry for entry in saved if entry[2] is not None and entry[2].version != entry[3]]
    rows: list[tuple[str, str]] = []
    for entry in stale:
        rows += _history(node, where, entry)
    rows = [*dict.fromkeys(rows), ("needed by", f"{node.op.name} backward")]
    name, _, storage, version = stale[0]
    assert storage is not None
    assert version is not None
    what = _what(node, where, name)
    changes = storage.changes_since(version)
    suggestions = _suggestions(name, what, where, changes)
    message = with_details(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {what} is at version {storage.version}; expected version {version} instead.",
        rows,
        "; or ".join(suggestions),
    )
    return InplaceModificationError(
        message,
        saved_by=node.op.name,
        changes=[_change(change) for change in changes],
        needed_by=f"{node.op.name} backward",
        suggestions=suggestions,
    )


def _history(node: Node, where: Place | None, entry: Kept) -> list[tuple[str, str]]:
    """What was saved, and each write since, as rows of a message."""
    name, array, storage, version = entry
    assert storage is not None
    assert version is not None
    signature = f"{_dtype(array)}{list(array.shape)}"
    by = f"{node.op.name}{_at(node.code, node.lasti)}"
    rows = [("saved", f"{_what(node, where, name)} ({signature}, version {version}) by {by}")]
    changes = storage.changes_since(version)
    missing = storage.version - version - len(changes)
    if missing > 0:
        rows.append(("changed", f"{missing} times before the writes below"))
    return rows + [("changed", _change(change)) for change in changes]


# -- what to try -----------------------------------------------------------------------------------

INSTEAD = {
    "__setitem__": "build it with where(), cat() or stack() instead of assigning to a part of it",
    "zero_": "zeros_like() instead of zero_()",
    "fill_": "full_like() instead of fill_()",
    "accumulate_grad": "use a .clone() of the gradient, which the next backward adds to",
}
"""By the op that wrote: how to do without, where leaving the underscore away is no answer."""

_AUGMENTED = re.compile(r"([\w.\[\]]+) (\+|-|\*|/|\*\*|//|%)= (.+)")
_METHOD = re.compile(r"([\w.\[\]]+)\.(\w+)_\((.*)\)")


def _suggestions(name: str, what: str, where: Place | None, changes: Sequence[Change]) -> list[str]:
    tries = [_without_writing(changes[-1])] if changes else []
    if name != "out":
        tries.append(f"change it before line {where.line}" if where else "change it earlier")
    tries.append(f"write to a clone() of {what if what.isidentifier() else 'it'}")
    return tries


def _without_writing(change: Change) -> str:
    """The user's own statement, written out of place where that is simple."""
    if change.op in INSTEAD:
        return INSTEAD[change.op]
    where = place(change.code, change.lasti)
    statement = where.statement if where else ""
    if found := _AUGMENTED.fullmatch(statement):
        target, symbol, value = found.groups()
        return f"{target} = {target} {symbol} {value}"
    found = _METHOD.fullmatch(statement)
    if found and found[2] + "_" == change.op and change.op != "copy_":
        return f"{found[1]} = {found[1]}.{found[2]}({found[3]})"
    if "step(" in statement:
        return "call backward() before the optimizer's step()"
    return f"{change.op.rstrip('_')} out of place instead of {change.op}"


# -- what to call a value --------------------------------------------------------------------------

_SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow",
    ast.MatMult: "matmul", ast.Mod: "remainder", ast.FloorDiv: "floor_divide",
}  # fmt: skip
_MODULES = {"tg", "tracegrad", "torch", "F", "functional"}


def _what(node: Node, where: Place | None, name: str) -> str:
    """The saved value in the user's words: a variable, an operand as it stands in the line."""
    if name == "out":
        return where.variable if where and where.variable else f"the result of {node.op.name}"
    position = [i.lstrip("*") for i in node.op.inputs].index(name)
    operands = _operands(where.expression, node.op.name) if where else []
    if position < len(operands):
        return operands[position]
    if len(node.op.inputs) == 1:
        return "the input"
    called = {"x": "first input", "y": "second input"}.get(name, name)
    return f"the {called} of {node.op.name}"


def _operands(expression: str, op: str) -> list[str]:
    """What an op is applied to: `["x", "w"]` in `x @ w`, `x.mul(w)` and `tg.mul(x, w)`."""
    try:
        tree = ast.parse(expression).body[0]
    except (SyntaxError, IndexError):
        return []
    found: list[ast.expr] = []
    one = tree.value if isinstance(tree, ast.Expr) else None
    if isinstance(tree, ast.AugAssign) and _SYMBOLS.get(type(tree.op)) == op:
        found = [tree.target, tree.value]
    elif isinstance(one, ast.BinOp) and _SYMBOLS.get(type(one.op)) == op:
        found = [one.left, one.right]
    elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
        called, receiver = one.func.attr.rstrip("_"), one.func.value
        if called == op:
            module = ast.unparse(receiver).rpartition(".")[2] in _MODULES
            found = [*([] if module else [receiver]), *one.args]
    return [ast.unparse(part) for part in found]


def _change(change: Change) -> str:
    through = "" if change.through is None else f"   through a view of shape {list(change.through)}"
    versions = f"version {change.version - 1} -> {change.version}"
    return f"{versions} by {change.op}{_at(change.code, change.lasti)}{through}"


def _at(code: CodeType | None, lasti: int) -> str:
    where = place(code, lasti)
    return f"   {where}" if where else ""


def _dtype(array: Any) -> str:
    name = str(array.dtype)
    return (
        name.replace("float", "f").replace("uint", "u").replace("int", "i").replace("complex", "c")
    )
