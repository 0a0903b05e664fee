"""Errors of ops inside of modules: which module it was, by path, and what it was given.

An error is explained by the innermost module that it leaves, with what is known there. Each module
further out lengthens the path by the name that it has for the one before. The message is written
anew each time, so that it is whole wherever the error is caught; nothing is done before there is an
error.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from inspect import signature as signature_of
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor
from tracegrad.errors import taken_apart, with_details
from tracegrad.graph.location import Place, caller, inside_library, place
from tracegrad.nn.module.advice import Advice, advice_for
from tracegrad.nn.naming import argument_at_call, label_of, name_at_call
from tracegrad.nn.parameter import is_lazy
from tracegrad.ops.explain import signature

if TYPE_CHECKING:
    from tracegrad.nn.module.module import Module

EXPLAINED = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError)
"""What ops raise for shapes and dtypes. Classes below these explain themselves."""

MODULES = os.path.dirname(os.path.abspath(__file__)) + os.sep
CONTAINERS = ("container.py", "container_arguments.py", "parameter_container.py")

MOST = 6
"""Parameters that a message shows."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """What is known of a failed call, as text: an error outlives the modules, and is pickled.

    Attributes:
        headline, rows, tries: of the error as it was raised.
        facts: about the innermost module: its parameters, and what it was called with.
        label: of the innermost module.
        advice: for the innermost module.
        path: of the innermost module from the outermost so far, whose `id()` is `outermost` and
            whose class is `kind`.
        given: `id()` of what the innermost module was called with.
        argument: what the program calls that; `""` if it has no name.
        seen: whether the program's own call was met on the way out.
    """

    headline: str
    rows: tuple[tuple[str, str], ...]
    tries: str
    facts: tuple[tuple[str, str], ...]
    label: str
    advice: Advice
    path: str
    outermost: int
    kind: str
    given: int
    argument: str = ""
    seen: bool = False


def explain(
    error: Exception, module: Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> None:
    """Write into the error's message what is known about it where it leaves a call of `module`."""
    try:
        calling = sys._getframe(2).f_code.co_filename  # where the module was called
        failure = _known(error, module, args, kwargs)
        if failure is not None:
            _tell(error, failure, module, args, by_program=not inside_library[calling])
    except Exception:
        # A program's `__repr__` or `extra_repr` may fail for a module that is half made. The error
        # that is on its way matters more than what there is to say about it.
        return


def _known(
    error: Exception, module: Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> _Failure | None:
    failure: _Failure | None = getattr(error, "_failure", None)
    if failure is None:
        return _first(error, module, args, kwargs) if _is_explained(error) else None
    if failure.outermost == id(module):
        return failure
    path = _joined(_name_within(module, failure), failure.path)
    return replace(failure, path=path, outermost=id(module), kind=module._get_name())


def _tell(
    error: Any, failure: _Failure, module: Module, args: tuple[Any, ...], by_program: bool
) -> None:
    if by_program and not failure.seen:
        same = bool(args) and id(args[0]) == failure.given
        failure = replace(failure, argument=argument_at_call() if same else "", seen=True)
    error._failure = failure
    error.args = (_message(failure, name_at_call() if by_program else "", module),)


def _is_explained(error: Exception) -> bool:
    """Whether it is an error of one of our ops or layers: not of the program's own code, nor of how
    modules are held.
    """
    if type(error) not in EXPLAINED or len(error.args) != 1 or not isinstance(error.args[0], str):
        return False
    *_, raised = _frames(error.__traceback__)
    file = raised[0]
    held = file.startswith(MODULES) or os.path.basename(file) in CONTAINERS
    return inside_library[file] and not held


def _frames(traceback: TracebackType | None) -> Iterator[tuple[str, TracebackType]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename, traceback
        traceback = traceback.tb_next


# -- what is known at the innermost module ---------------------------------------------------------


def _first(
    error: Exception, module: Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> _Failure:
    headline, rows, tries = taken_apart(str(error))
    facts = [
        ("parameters", _listed(module._parameters)),
        ("buffers", _listed(module._buffers)),
        *_arguments(module, args, kwargs),
    ]
    told = " ".join(text for _, text in facts)
    rows = [row for row in rows if row[0] != "op" or not _all_told(row[1], told)]
    if not any(label == "at" for label, _ in rows):
        where = _place_of(error)
        rows += [("at", str(where))] if where is not None else []
    return _Failure(
        headline, tuple(rows), tries, tuple(facts), label_of(module),
        advice_for(module, args, headline), "", id(module), module._get_name(),
        id(args[0]) if args else 0,
    )  # fmt: skip


def _place_of(error: Exception) -> Place | None:
    """The program's own line: the innermost of it."""
    lines = [
        (at.tb_frame.f_code, at.tb_lasti)
        for file, at in _frames(error.__traceback__)
        if not inside_library[file]
    ]
    return place(*(lines[-1] if lines else caller()))


def _listed(registry: Mapping[str, Any]) -> str:
    """`weight f32[4, 3], bias f32[4]`."""
    parts = [f"{name} {_shown(t)}" for name, t in registry.items() if t is not None]
    more = [f"... ({len(parts)} in all)"] if len(parts) > MOST else []
    return ", ".join([*parts[:MOST], *more])


def _arguments(
    module: Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """The arguments under the names that `forward` has for them."""
    try:
        given = dict(signature_of(module.forward).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):
        given = {f"argument {n}": value for n, value in enumerate(args, 1)} | dict(kwargs)
    return [(name, _shown(value)) for name, value in given.items()]


def _shown(value: Any) -> str:
    if isinstance(value, Tensor):
        return "uninitialized" if is_lazy(value) else signature(value)
    if isinstance(value, tuple | list) and any(isinstance(one, Tensor) for one in value):
        return ", ".join(_shown(one) for one in value[:MOST])
    simple = value is None or isinstance(value, bool | int | float | str)
    return repr(value) if simple else f"a {type(value).__name__}"


def _all_told(call: str, told: str) -> bool:
    """Whether everything that an op was called with stands in the other rows."""
    return all(one in told for one in re.findall(r"[a-z]+\d*\[[^]]*\]", call))


# -- further out -----------------------------------------------------------------------------------


def _name_within(module: Module, failure: _Failure) -> str:
    """Where in `module` the outermost so far is; its class if it is not registered there."""
    for path, below in module.named_modules():
        if id(below) == failure.outermost:
            return path
    return failure.kind


def _joined(path: str, below: str) -> str:
    return f"{path}.{below}" if below else path


def _message(failure: _Failure, name: str, root: Module) -> str:
    """The message, as long as nothing further out is known than `root`, which the program calls
    `name`.
    """
    expected, tries = failure.advice.text(failure.argument, name, failure.tries)
    where = _joined(name or root._get_name(), failure.path)
    rows = [
        ("module", f"{where}   {failure.label}" if _tells(where, failure.label) else failure.label),
        *failure.facts,
        ("expected", expected),
        *failure.rows,
    ]
    return with_details(failure.headline, [row for row in rows if row[1]], tries)


def _tells(path: str, label: str) -> bool:
    """Whether a path is more than the class, which the label names anyway."""
    return path != label.partition("(")[0]
