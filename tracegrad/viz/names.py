"""What to call a value that has no name of its own, from the expression that reads it."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.MatMult: "matmul",
    ast.Pow: "pow",
    ast.Mod: "remainder",
    ast.FloorDiv: "floor_divide",
}


@lru_cache(maxsize=4096)
def argument_name(expression: str, op: str, slot: int, in_module: bool) -> str:
    """The variable that an expression passes as tensor argument `slot` of `op`, `""` if not sure.

    No name is better than a wrong one, so only what the text says outright is used: operands of the
    op's own operator, arguments of a call with the op's own name, and the one argument of a call
    of a module.

    Example:
        >>> argument_name("x @ w1", "matmul", 1, False)
        'w1'
        >>> argument_name("net(x)", "linear", 0, True)
        'x'
        >>> argument_name("f(x, y)", "add", 0, False)
        ''
    """
    try:
        node = ast.parse(expression, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    arguments = _arguments(node, op, in_module)
    return (
        ast.unparse(arguments[slot]) if slot < len(arguments) and _is_name(arguments[slot]) else ""
    )


def _arguments(node: ast.expr, op: str, in_module: bool) -> list[ast.expr]:
    """The tensor arguments that the expression shows, in the op's order; empty if not sure."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right] if _OPERATORS.get(type(node.op)) == op else []
    if not isinstance(node, ast.Call) or any(isinstance(a, ast.Starred) for a in node.args):
        return []
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr == op:
        is_library = isinstance(function.value, ast.Name) and function.value.id in _LIBRARIES
        return [*node.args] if is_library else [function.value, *node.args]
    if isinstance(function, ast.Name) and function.id == op:
        return [*node.args]
    return [*node.args] if in_module and len(node.args) == 1 and not node.keywords else []


_LIBRARIES = frozenset({"tg", "torch", "tracegrad", "F", "ops", "functional"})


def _is_name(node: ast.expr) -> bool:
    """A variable or an attribute of one (`self.scale`), not an expression that computes."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def short_label(label: str) -> str:
    """A module's label without the names of arguments that everybody knows by their place.

    Example:
        >>> short_label("Linear(in_features=3, out_features=32, bias=True)")
        'Linear(3, 32, bias=True)'
    """
    return printable(_BY_PLACE.sub("", label), 48)


_BY_PLACE = re.compile(r"\b(?:in|out)_(?:features|channels)=")

# What must not reach a picture as it is: control characters, halves of surrogate pairs, characters
# that turn the text's direction, and the two code points that no XML file may hold.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufffe\uffff]+"
)


def printable(text: str, limit: int = 10_000) -> str:
    """`text` on one line, without what a picture cannot hold, cut at `limit` with `…`."""
    text = _UNPRINTABLE.sub(_printable_form, text[: 4 * limit])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _printable_form(match: re.Match[str]) -> str:
    characters = match.group()
    return " " if characters.isspace() else "\N{REPLACEMENT CHARACTER}"
