"""How modules and parameters are called: in a recording, and in the messages of errors."""

from __future__ import annotations

import ast
import builtins
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from tracegrad.graph.location import caller, inside_library, place
from tracegrad.graph.observe import Observer
from tracegrad.graph.scope import Scope, current_scope

if TYPE_CHECKING:
    from tracegrad.nn.module import Module


def scope_of(module: Module, observer: Observer) -> Scope:
    """The scope of one call of a module; its parameters are named to the recorder on the way.

    Paths start at the module that the program calls, under the name that it has there. Scopes of
    the user's own are in a scope's path but not in a parameter's: `net.0.weight` is that inside and
    outside of them.
    """
    parent = current_scope.get()
    within = parent
    while within is not None and within.kind != "module":
        within = within.parent
    if within is not None and within.paths is not None and id(module) in within.paths:
        paths, path = within.paths, within.paths[id(module)]
        own_name = path.removeprefix(within.module_path + ".")
    else:
        # `sys._getframe(3)` is where the module was called: by the library itself (a training
        # loop, say), it has no name there.
        by_program = not inside_library[sys._getframe(3).f_code.co_filename]
        own_name = path = (name_at_call() if by_program else "") or type(module).__name__
        paths = {id(m): f"{path}.{below}" if below else path for below, m in module.named_modules()}
    for registry in (module._parameters, module._buffers):
        for name, tensor in registry.items():
            if tensor is not None:
                observer.named(tensor, f"{path}.{name}")
    kind = type(module).__name__
    return Scope(parent, own_name, "module", kind, label_of(module), path, paths)


def label_of(module: Module) -> str:
    """A module in one line: its repr, or the class of one that has others."""
    if module._modules:
        return type(module).__name__
    return repr(module).split("\n")[0].removesuffix("(")


def name_at_call() -> str:
    """What the program calls the module where it calls it: `model` in `self.model(x)`."""
    where = place(*caller())
    return _callee(where.expression) if where is not None else ""


def argument_at_call() -> str:
    """What the program calls the first argument there: `batch` in `model(batch)`; `""` if it has no
    name.
    """
    where = place(*caller())
    call = _parsed(where.expression) if where is not None else None
    if not isinstance(call, ast.Call) or not call.args or isinstance(call.args[0], ast.Starred):
        return ""
    named = isinstance(call.args[0], ast.Name | ast.Attribute | ast.Subscript)
    return ast.unparse(call.args[0]) if named else ""


_GIVE_THEMSELVES = ("eval", "train", "to", "float", "double", "requires_grad_", "apply")
"""Methods of a module that return it."""


@lru_cache(maxsize=1024)
def _callee(expression: str) -> str:
    """The name before the parentheses of a call; `""` if what is called has none."""
    call = _parsed(expression)
    called = call.func if isinstance(call, ast.Call) else None
    while isinstance(called, ast.Call) and isinstance(called.func, ast.Attribute):
        # `net.eval()(x)` calls what `eval` gives back: the same module.
        called = called.func.value if called.func.attr in _GIVE_THEMSELVES else None
    if isinstance(called, ast.Attribute):
        return called.attr
    # `map(net, batches)` calls a builtin, which calls the module.
    return called.id if isinstance(called, ast.Name) and not hasattr(builtins, called.id) else ""


def _parsed(expression: str) -> ast.expr | None:
    try:
        return ast.parse(expression, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
