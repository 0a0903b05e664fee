"""Modules whose parameters are not filled."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from tracegrad.nn.init import skipped
from tracegrad.nn.module import Module

M = TypeVar("M", bound=Module)


def skip_init(module_cls: Callable[..., M], *args: Any, **kwargs: Any) -> M:
    """A module that was made without drawing numbers: its parameters hold what memory held.

    For modules that a state is loaded into. Neither time nor random numbers are spent.

    Raises:
        RuntimeError: it is no class of modules, or one without a `device` argument.
    """
    if not isinstance(module_cls, type) or not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with skipped():
        module: Any = module_cls(*args, **kwargs)
    return module
