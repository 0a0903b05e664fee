"""Names of arguments, compared with those that there are before anything is called."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def check_arguments(
    function: Callable[..., Any], given: Mapping[str, Any], method: str, *, complete: bool
) -> None:
    """Compare the names of arguments with those that a class or function takes.

    Args:
        method: where the user gives them.
        complete: whether those without a default must all be there.

    Raises:
        TypeError: one is unknown or missing; the message says which.
    """
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # written in C: it will complain itself
        return
    name = getattr(function, "__name__", type(function).__name__)
    kinds = {parameter.kind for parameter in parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        for unknown in (argument for argument in given if argument not in parameters):
            close = difflib.get_close_matches(unknown, parameters, n=1)
            takes = ", ".join(p for p in parameters if p not in GIVEN_BY_US) or "none"
            raise TypeError(
                f"{method}: {name} takes no argument {unknown!r}\n"
                + (f"  try: {close[0]}=…" if close else f"  it takes: {takes}")
            )
    missing = [
        argument
        for argument, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and argument not in given
    ]
    if complete and missing:
        raise TypeError(
            f"{name} needs {', '.join(map(repr, missing))}\n"
            f"  try: .{method}({', '.join(f'{one}=…' for one in missing)})"
        )


GIVEN_BY_US = {"self", "params", "dataset"}
"""Arguments that no user names: those of a method, an optimizer, a loader."""


def explained(method: Callable[P, R]) -> Callable[P, R]:
    """Say of an argument that a method does not take where it belongs, as `fit(batch_size=64)`."""
    taken = inspect.signature(method).parameters

    @functools.wraps(method)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not kwargs.keys() <= taken.keys():
            _refuse(method, kwargs)
        return method(*args, **kwargs)

    return checked


def _refuse(method: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Raise for what `method` does not take; see `explained`."""
    from tracegrad.data import DataLoader

    name = method.__name__
    of_loader = inspect.signature(DataLoader).parameters
    for unknown in given.keys() - inspect.signature(method).parameters.keys():
        if unknown in of_loader:
            raise TypeError(
                f"{name} takes no argument {unknown!r}: it is the loader's\n"
                f"  try: dataloader_options={{{unknown!r}: {given[unknown]!r:.40}}}"
            )
    check_arguments(method, given, name, complete=False)
