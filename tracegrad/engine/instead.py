"""What an error message says to try, as the user's own statement where that can be written."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import CodeType

from tracegrad.engine.wording import is_named, owner, syntax
from tracegrad.errors import Occurrence, SavedValue, Write
from tracegrad.graph.location import place

UNSEEN = "a write that no op made"
"""What a write past the version counter is called; when it happened follows."""

THROUGH_DATA = " through .data"
"""Follows the name of an op that wrote so."""


def line_of(occurrence: Occurrence, seen_from: Occurrence | None = None) -> str:
    """`line 4`, with the file where that is another one; `""` if it is unknown."""
    if not occurrence.file:
        return ""
    if seen_from is None or occurrence.file == seen_from.file:
        return f"line {occurrence.line}"
    return occurrence.short


def before(occurrence: Occurrence, seen_from: Occurrence | None = None) -> str:
    """`before line 4`."""
    line = line_of(occurrence, seen_from)
    return f"before {line}" if line else "earlier"


def at_line(occurrence: Occurrence, seen_from: Occurrence | None = None) -> str:
    """` at line 4`, or nothing."""
    line = line_of(occurrence, seen_from)
    return f" at {line}" if line else ""


# -- instead of a write ----------------------------------------------------------------------------


def without_writing(op: str, statement: str, through: tuple[int, ...] | None = None) -> str:
    """A statement that writes in place, written out of place; `""` where that is not so simple.

    Args:
        op: what wrote, such as `mul_`.
        through: shape of the view that was written, `None` for a whole tensor.
    """
    tree = syntax(statement)
    if tree is None and op.endswith("_") and not op.startswith("__"):
        return f"{_AS_NEW.get(op, op.rstrip('_'))} instead of {op}"
    if isinstance(tree, ast.AugAssign):
        value = ast.unparse(ast.BinOp(_loaded(tree.target), tree.op, tree.value))
        return _assigned(tree.target, value, through)
    if op == "__setitem__":
        return _masked(tree)
    name = op.removesuffix(THROUGH_DATA)
    for call in ast.walk(tree) if tree is not None else ():
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            if call.func.attr != name:
                continue
            target = _without_data(call.func.value)
            value = _out_of_place(name, target, call)
            if value and isinstance(tree, ast.Expr) and tree.value is call:
                return _assigned(target, value, through)
            return _shortened(value, ast.unparse(call), ast.unparse(call.func.value))
    return ""


_AS_NEW = {"zero_": "zeros_like", "fill_": "full_like", "copy_": "clone"}
"""Functions that do as new what these do in place."""


def _shortened(value: str, call: str, target: str) -> str:
    """`.add(1) instead of .add_(1)`, inside of a longer expression."""
    if value.startswith(target):
        value = value.removeprefix(target)
        call = call.removeprefix(target)
    return f"{value} instead of {call}" if value else ""


def _out_of_place(name: str, target: ast.expr, call: ast.Call) -> str:
    """The value that a call of an in-place method writes, as an expression."""
    text, arguments = ast.unparse(target), [ast.unparse(a) for a in call.args]
    if name in ("zero_", "fill_"):
        return f"{_AS_NEW[name]}({', '.join([text, *arguments])})"
    if name == "copy_":
        return f"{arguments[0]}.clone()" if arguments else ""
    if name in ("normal_", "uniform_", "set_", "resize_"):
        return ""
    return f"{text}{_after(name, call)}"


def _after(name: str, call: ast.Call) -> str:
    """`.mul(2)` for `x.mul_(2)`."""
    function = ast.Attribute(ast.Name("_"), name.rstrip("_"))
    return ast.unparse(ast.Call(function, call.args, call.keywords)).removeprefix("_")


def _assigned(target: ast.expr, value: str, through: tuple[int, ...] | None) -> str:
    """`y = value`. An element of a tensor would be written in place again."""
    if isinstance(target, ast.Subscript) and through is not None:
        return ""
    return f"{ast.unparse(target)} = {value}" if is_named(target) else ""


def _masked(tree: ast.stmt | None) -> str:
    """`h = h.masked_fill(h < 0, 0)` for `h[h < 0] = 0`."""
    if not isinstance(tree, ast.Assign) or not isinstance(tree.targets[0], ast.Subscript):
        return ""
    target, value = tree.targets[0], tree.value
    is_number = isinstance(value, ast.Constant) or (
        isinstance(value, ast.UnaryOp) and isinstance(value.operand, ast.Constant)
    )
    if not is_number or not isinstance(target.slice, ast.Compare) or not is_named(target.value):
        return ""
    text = ast.unparse(target.value)
    return f"{text} = {text}.masked_fill({ast.unparse(target.slice)}, {ast.unparse(value)})"


def cloned_operand(statement: str) -> str:
    """`x[1:] += x[:-1].clone()` for `x[1:] += x[:-1]`; `""` where that is not so simple."""
    tree = syntax(statement)
    if not isinstance(tree, ast.AugAssign) or not is_named(tree.value):
        return ""
    symbol = ast.unparse(tree).removeprefix(ast.unparse(tree.target)).split()[0]
    return f"{ast.unparse(tree.target)} {symbol} {ast.unparse(tree.value)}.clone()"


def _loaded(target: ast.expr) -> ast.expr:
    loaded = syntax(ast.unparse(target))
    return loaded.value if isinstance(loaded, ast.Expr) else target


def _without_data(target: ast.expr) -> ast.expr:
    return target.value if isinstance(target, ast.Attribute) and target.attr == "data" else target


def written_name(statement: str) -> str:
    """The variable whose memory a statement writes to: `h` in `h[:2].mul_(2)`, `""` if unknown."""
    tree = syntax(statement)
    target: ast.expr | None = None
    if isinstance(tree, ast.AugAssign):
        target = tree.target
    elif isinstance(tree, ast.Assign) and isinstance(tree.targets[0], ast.Subscript):
        target = tree.targets[0]
    elif isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
        function = tree.value.func
        if isinstance(function, ast.Attribute) and function.attr.endswith("_"):
            target = function.value
    return owner(ast.unparse(target)) if target is not None else ""


# -- instead of changing a saved value -------------------------------------------------------------


def instead_of_changing(
    value: SavedValue,
    changes: Sequence[Write],
    *,
    of_a_leaf: bool,
    is_output: bool,
    all_known: bool,
    code: CodeType | None,
) -> list[str]:
    """What to do where a saved value was changed.

    Args:
        changes: the writes that are remembered, oldest first.
        of_a_leaf: the value is a leaf that requires grad.
        is_output: it is what the op that saved it made.
        all_known: no write is forgotten.
        code: in which the last write happened.
    """
    first, last = changes[0].by, changes[-1].by
    written, root = written_name(first.statement), owner(value.what)
    if last.op.endswith(".step") or (of_a_leaf and written == value.what):
        return [
            f"backward() {before(first, value.by)}, which changes {value.what}",
            "compute the loss again after it, for another backward()",
        ]
    if last.op == "accumulate_grad":
        return [
            f"{value.what}.clone(){at_line(value.by)}: the next backward() adds to the gradient"
        ]
    tries = []
    if last.op.startswith(UNSEEN):
        tries.append("give NumPy memory of its own, as .numpy().copy() does")
    one_place = all_known and len({(write.by.file, write.by.line) for write in changes}) == 1
    out_of_place = without_writing(last.op, last.statement, changes[-1].through)
    if out_of_place and one_place:
        tries.append(out_of_place + _returned(last, code))
    if not root:
        tries.append("write to a clone() of it")
    elif not all_known or not written or _is_parameter(written, code):
        tries.append(f"write to a clone() of {root}")
    elif written == root:
        tries.append(f"{root} = {root}.clone() {before(first, value.by)}")
    elif changes[0].through is not None:
        tries.append(f"take {written} from {root}.clone()")
    else:
        tries.append(f"write to a clone() of {root}")
    if last.op == "__setitem__" and not out_of_place:
        tries.append("build it with where(), cat() or stack() instead of assigning to a part of it")
    if not is_output:
        tries.append(f"change {written or 'it'} {before(value.by)}, which reads it")
    return tries


def _is_parameter(name: str, code: CodeType | None) -> bool:
    count = code.co_argcount + code.co_kwonlyargcount if code is not None else 0
    return code is not None and name in code.co_varnames[:count]


def _returned(by: Occurrence, code: CodeType | None) -> str:
    """A function that writes to its argument has to give the new value back instead."""
    if code is None or not _is_parameter(written_name(by.statement), code):
        return ""
    return f", and return it from {code.co_name}() if the caller goes on with it"


# -- instead of a second backward ------------------------------------------------------------------


def retaining(call: str, code: CodeType | None, lasti: int, word: str = "retain_graph") -> str:
    """The call of `backward` or `grad` with that option on: to keep the graph, or to make one."""
    where = place(code, lasti)
    tree = syntax(where.expression) if where is not None else None
    if not isinstance(tree, ast.Expr) or not isinstance(tree.value, ast.Call):
        return f"{call}({word}=True)"
    before_it = tree.value
    words = [one for one in before_it.keywords if one.arg != word]
    words.append(ast.keyword(word, ast.Constant(True)))
    return ast.unparse(ast.Call(before_it.func, before_it.args, words))
