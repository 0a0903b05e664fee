"""The user's own words for what an error message is about: variables, operands, statements.

What to do instead is the subject of `instead.py`.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

from tracegrad.errors import Occurrence, SavedValue, Write
from tracegrad.graph.kept import Kept
from tracegrad.graph.location import Place, caller, place
from tracegrad.graph.node import Node
from tracegrad.storage import Change

# -- what happened where ---------------------------------------------------------------------------


def occurrence(op: str, code: Any, lasti: int) -> Occurrence:
    """Something that ran at an instruction of the user's program."""
    where = place(code, lasti)
    if where is None:
        return Occurrence(op)
    return Occurrence(called(op, where), where.file, where.line, statement_at(where))


def here(op: str) -> Occurrence:
    """Something that runs now."""
    return occurrence(op, *caller())


def forward_of(node: Node) -> Occurrence:
    """The call that made a node."""
    return occurrence(node.op.name, node.code, node.lasti)


def backward_of(node: Node) -> Occurrence:
    """The backward of the call that made a node: at the place of that call."""
    by = forward_of(node)
    return Occurrence(f"{by.op} backward", by.file, by.line, by.statement)


def write_of(change: Change) -> Write:
    """A remembered write."""
    return Write(change.version, occurrence(change.op, change.code, change.lasti), change.through)


def saved_value(node: Node, entry: Kept) -> SavedValue:
    """A value that a node keeps."""
    array = entry.array
    return SavedValue(
        what_is(node, entry.name), array.shape, _dtype(array), entry.version or 0, forward_of(node)
    )


_LETTERS = (("bfloat", "bf"), ("float", "f"), ("uint", "u"), ("int", "i"), ("complex", "c"))


def _dtype(array: Any) -> str:
    """`f32` for `float32`."""
    name = str(array.dtype)
    for word, letter in _LETTERS:
        if name.startswith(word):
            return letter + name.removeprefix(word)
    return name


# -- the text of a statement -----------------------------------------------------------------------

LONGEST_STATEMENT = 120
"""Characters of a statement of several lines that a message shows."""


def statement_at(where: Place) -> str:
    """The line of the program; of a statement of several lines the expression that is meant, on
    one line, with what it is assigned to.
    """
    if not where.expression:
        return where.statement
    tree = syntax(where.expression)
    one_line = where.line == where.end_line and _stands_alone(where.statement)
    if one_line or hasattr(tree, "body"):  # of a `with` block it is the head
        return where.statement
    text = where.expression if tree is None else ast.unparse(tree)
    if where.variable and isinstance(tree, ast.Expr):
        text = f"{where.variable} = {text}"
    return text if len(text) <= LONGEST_STATEMENT else text[: LONGEST_STATEMENT - 3] + "..."


def _stands_alone(line: str) -> bool:
    """Whether a line is a statement, or the head of one."""
    whole = (line, f"{line} pass", f"{line}\ndef f(): pass", f"if 1: pass\n{line} pass")
    return any(_parsed(text) is not None for text in whole)


@lru_cache(maxsize=256)
def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def syntax(text: str) -> ast.stmt | None:
    """The one statement that a text is; `None` if it is none."""
    tree = _parsed(text)
    return tree.body[0] if tree is not None and len(tree.body) == 1 else None


# -- what the user calls an op ---------------------------------------------------------------------

_ONLY_OURS: dict[str, tuple[str, ...]] = {
    "max_dim": ("max",),
    "min_dim": ("min",),
    "norm2": ("norm",),
    "to_dtype": ("to", "float", "double", "half", "type", "type_as"),
    "to_integer": ("to", "long", "int", "short", "char", "byte", "bool", "type", "type_as"),
    "reshape_copy": ("reshape", "flatten", "view"),
    "split_sections": ("split", "chunk", "tensor_split", "unsafe_chunk", "hsplit", "vsplit"),
    "masked_fill_tensor": ("masked_fill", "masked_fill_"),
    "masked_gather": ("masked_scatter", "masked_scatter_"),
    "scatter_value": ("scatter", "scatter_"),
    "apply_mask": ("dropout",),
    "copy_slices": ("a write to a part",),
    "as_strided": ("a view", "as_strided"),
    "copy": ("copy_",),
    "fill": ("fill_",),
    "index": ("__getitem__",),
    "slice": ("__getitem__",),
    "index_put": ("index_put_", "index_put"),
}
"""Ops that users call by another name: by which ones, the first where the line does not tell."""

_SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow",
    ast.MatMult: "matmul", ast.Mod: "remainder", ast.FloorDiv: "floor_divide",
}  # fmt: skip
_WRITES = frozenset({"copy_slices", "copy", "fill", "index_put"})
"""Ops that stand for a write whose name only the user's line tells."""


def called(op: str, where: Place | None) -> str:
    """What the user calls an op: `max_dim` is `max`, a write by index is `__setitem__`."""
    spelled = _spelled(where)
    if op in _WRITES and (spelled == "__setitem__" or spelled.endswith("_")):
        return spelled
    if op == "select" and spelled == "__getitem__":
        return spelled
    names = _ONLY_OURS.get(op)
    if names is None:
        return op
    return spelled if spelled in names else names[0]


def _spelled(where: Place | None) -> str:
    """The function, method or operator at a place, by the name of its method."""
    tree = syntax(where.expression if where else "")
    if isinstance(tree, ast.AugAssign):
        return _SYMBOLS.get(type(tree.op), "") + "_"
    one = tree.value if isinstance(tree, ast.Expr) else None
    if isinstance(one, ast.Call):
        return getattr(one.func, "attr", getattr(one.func, "id", ""))
    if isinstance(one, ast.Subscript):
        statement = syntax(where.statement if where else "")
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        text = ast.unparse(one)
        written = any(target is not None and ast.unparse(target) == text for target in targets)
        return "__setitem__" if written else "__getitem__"
    return ""


# -- what to call a value --------------------------------------------------------------------------

_MODULES = {"tg", "tracegrad", "torch", "F", "functional", "autograd", "linalg"}


def what_is(node: Node, name: str) -> str:
    """A value that a node saved, in the user's words: a variable, an operand as it stands there."""
    where = place(node.code, node.lasti)
    op = called(node.op.name, where)
    if name == "out":
        variable = where.variable if where else ""
        return variable if variable and "," not in variable else f"the result of {op}"
    words = getattr(node.op, "words", None)
    if words is not None:
        return words(name)  # a custom Function's: its forward has names for the inputs
    names = [i.lstrip("*") for i in node.op.inputs]
    if name not in names:
        return name
    if spelled := _keyword(where, op, name):
        return spelled
    position = names.index(name)
    named = operands(where, op)
    if position < len(named):
        return named[position]
    if name == "x" and "y" not in names:
        return f"the input of {op}"
    which = {"x": "first input", "y": "second input"}.get(name, name)
    return f"the {which} of {op}"


_VIEWS = frozenset({
    "T", "mT", "detach", "expand", "flatten", "movedim", "narrow", "permute", "reshape",
    "squeeze", "t", "transpose", "unsqueeze", "view", "view_as",
})  # fmt: skip
"""Attributes and methods whose result shows the same memory."""


def owner(text: str) -> str:
    """The variable or attribute of which an expression shows a part: `h` for `h.t()[0]`, `""` if
    it is none.
    """
    tree = syntax(text)
    target = tree.value if isinstance(tree, ast.Expr) else None
    while target is not None:
        if isinstance(target, ast.Subscript):
            target = target.value
        elif isinstance(target, ast.Call) and isinstance(target.func, ast.Attribute):
            target = target.func if target.func.attr in _VIEWS else None
        elif isinstance(target, ast.Attribute) and target.attr in (*_VIEWS, "data"):
            target = target.value
        else:
            break
    return ast.unparse(target) if target is not None and is_named(target) else ""


def is_named(target: ast.expr) -> bool:
    """Whether it is a variable, an attribute or an element, which can be assigned to."""
    while isinstance(target, ast.Attribute | ast.Subscript):
        target = target.value
    return isinstance(target, ast.Name)


_PUBLIC = {"x": "input", "y": "other"}
"""Arguments that our kernels call by another name than users do."""


def _keyword(where: Place | None, op: str, name: str) -> str:
    """An operand that the user gave by name: `w` in `linear(x, weight=w)`; `""` if not so."""
    tree = syntax(where.expression if where else "")
    call = tree.value if isinstance(tree, ast.Expr) else None
    if not isinstance(call, ast.Call) or _spelled(where).rstrip("_") != op.rstrip("_"):
        return ""
    wanted = _PUBLIC.get(name, name)
    return next((ast.unparse(one.value) for one in call.keywords if one.arg == wanted), "")


_DIM_FIRST = frozenset({
    "gather", "index_add", "index_copy", "index_fill", "index_select", "scatter", "scatter_add",
})  # fmt: skip
"""Ops whose first argument after the tensor is a dimension."""


def operands(where: Place | None, op: str) -> list[str]:
    """What an op is applied to: `["x", "w"]` in `x @ w`, `x.mul(w)` and `tg.mul(x, w)`."""
    tree = syntax(where.expression if where else "")
    one = tree.value if isinstance(tree, ast.Expr) else None
    found: list[ast.expr] = []
    if isinstance(tree, ast.AugAssign) and _SYMBOLS.get(type(tree.op)) == op.rstrip("_"):
        found = [tree.target, tree.value]
    elif isinstance(one, ast.BinOp) and _SYMBOLS.get(type(one.op)) == op:
        found = [one.left, one.right]
    elif isinstance(one, ast.Compare):
        found = [one.left, *one.comparators]
    elif isinstance(one, ast.Subscript) and op == "__setitem__":
        found = [one.value]
    elif isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == op:
        found = one.args
    elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
        receiver = one.func.value
        if one.func.attr.rstrip("_") == op.rstrip("_"):
            module = ast.unparse(receiver).rpartition(".")[2] in _MODULES
            found = [*([] if module else [receiver]), *one.args]
    if op.rstrip("_") in _DIM_FIRST and isinstance(one, ast.Call):
        by_name = any(word.arg == "dim" for word in one.keywords)
        found = found if by_name else [*found[:1], *found[2:]]
    return [ast.unparse(part) for part in found]


def differentiated(where: Place | None, inputs: bool, n: int) -> str:
    """What a call of `backward` or `grad` names: `loss` in `loss.backward()`, `""` if unknown.

    Args:
        inputs: of what it is to be differentiated by, else of what is differentiated.
        n: which of them.
    """
    tree = syntax(where.expression if where else "")
    call = tree.value if isinstance(tree, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return ""
    arguments = list(call.args)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "backward":
        receiver = call.func.value
        if ast.unparse(receiver).rpartition(".")[2] not in _MODULES:
            arguments = [receiver]
    keywords = {word.arg: word.value for word in call.keywords}
    found = keywords.get("inputs") if inputs else keywords.get("tensors", keywords.get("outputs"))
    if found is None and len(arguments) > inputs:
        found = arguments[inputs]
    if isinstance(found, ast.List | ast.Tuple):
        return ast.unparse(found.elts[n]) if n < len(found.elts) else ""
    return ast.unparse(found) if found is not None and n == 0 else ""
