"""Functions made of several ops, shown under one name."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from tracegrad.graph.observe import hub
from tracegrad.graph.scope import scope

P = ParamSpec("P")
R = TypeVar("R")


def scoped(function: Callable[P, R]) -> Callable[P, R]:
    """While somebody records, show the function's ops inside of a scope of its name."""
    name = function.__name__

    @wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        if hub.observer is None:
            return function(*args, **options)
        with scope(name):
            return function(*args, **options)

    return call
