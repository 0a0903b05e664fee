"""The arguments of `Function.apply`: by position or by keyword, and what `forward` calls them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any

from tracegrad.dtypes import dtype as Dtype

if TYPE_CHECKING:
    from tracegrad.autograd.function_node import FunctionCall

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def by_position(
    forward: Callable[..., Any],
    takes_ctx: bool,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> tuple[Any, ...]:
    """All arguments in the order of `forward`'s parameters: `backward` answers in that order.

    Args:
        takes_ctx: `forward` gets a context first; if not, `setup_context` sees the arguments, those
            that were left out too.

    Raises:
        TypeError: `forward` does not take them like that.
    """
    code = getattr(forward, "__code__", None)
    if not kwargs and (takes_ctx or (code is not None and code.co_argcount == len(args))):
        return args  # without inspect: 10 us
    parameters = _parameters(forward, takes_ctx)
    named = [p for p in parameters if p.kind in _BY_POSITION]
    names = [p.name for p in named]
    for name in kwargs:
        if name not in names:
            raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
        if names.index(name) < len(args):
            raise TypeError(f"forward() got multiple values for argument '{name}'")
    last = max((names.index(name) for name in kwargs), default=-1)
    rest = []
    for n, parameter in enumerate(named[len(args) :], len(args)):
        if parameter.name in kwargs:
            rest.append(kwargs[parameter.name])
        elif not takes_ctx and parameter.default is not inspect.Parameter.empty:
            rest.append(parameter.default)
        elif n < last or (not takes_ctx and parameter.default is inspect.Parameter.empty):
            raise TypeError(
                f"forward() missing required argument: '{parameter.name}' (position {n})"
            )
    return (*args, *rest)


def argument_name(call: FunctionCall, position: int) -> str:
    """What forward calls one of its arguments: `x`, or `xs[1]` for `*xs`."""
    parameters = _parameters(call.function.forward, not call.function.has_setup_context())
    if position < len(parameters) and parameters[position].kind in _BY_POSITION:
        return parameters[position].name
    for n, parameter in enumerate(parameters):
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            return f"{parameter.name}[{position - n}]"
    return f"argument {position}"


def _parameters(forward: Callable[..., Any], takes_ctx: bool) -> list[inspect.Parameter]:
    """The parameters that stand for arguments of `apply`; none if nobody can tell."""
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):
        return []
    if not takes_ctx or not parameters or parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return parameters  # `forward(*args)` takes the context as args[0]
    return parameters[1:]


def options_of(names: Sequence[str], args: Sequence[Any]) -> dict[str, Any]:
    """Arguments that are no tensors, as a recording shows them."""
    return {name: _shown(value) for name, value in zip(names, args, strict=True)}


_PLAIN = (NoneType, bool, int, float, complex, str, Dtype)


class _OfType:
    """Stands in a recording for an object of the program, which must neither be kept alive by it
    nor be asked for its text.
    """

    __slots__ = ("_name",)

    def __init__(self, value: Any) -> None:
        self._name = type(value).__name__

    def __repr__(self) -> str:
        return f"<{self._name}>"


def _shown(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if type(value) in (tuple, list):
        return tuple(_shown(item) for item in value[:16])
    return _OfType(value)
