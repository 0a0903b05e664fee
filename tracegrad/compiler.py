"""`torch.compile` and `torch.compiler`: every function runs as it is."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from tracegrad.compat.absent import answer

is_compiling = answer(False, "Whether a function is being compiled: never.")
is_dynamo_compiling = answer(False, "Whether a function is being compiled: never.")
is_exporting = answer(False, "Whether a function is being exported: never.")

_warned: list[bool] = []


def compile(model: Any = None, **_: Any) -> Any:
    """The model or function itself, with one warning in the life of the process.

    Without a model, a decorator that does the same.
    """
    if not _warned:
        _warned.append(True)
        warnings.warn(
            "compile() gives back its argument: tracegrad runs every op eagerly, so that each can "
            "be seen",
            UserWarning,
            stacklevel=2,
        )
    return model if model is not None else _itself


def _itself(model: Any) -> Any:
    return model


def disable(fn: Callable[..., Any] | None = None, recursive: bool = True, **_: Any) -> Any:
    """The function itself: nothing is compiled anyway."""
    return fn if fn is not None else _itself


def allow_in_graph(fn: Any) -> Any:
    """The function itself: nothing is compiled anyway."""
    return fn


def reset() -> None:
    """Forget compiled functions: there are none."""


def cudagraph_mark_step_begin() -> None:
    """Tell CUDA graphs where a step begins: there are none."""
