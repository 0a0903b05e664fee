"""Namespaces that PyTorch has and tracegrad has not: they import, and what is used of them raises.

Programs import `torch.distributed` or `torch.jit` at their head and often never use them. So the
import works, questions such as `is_available()` are answered truthfully, and everything else says
what is missing and what to do instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn


def absent(namespace: str, instead: str) -> Callable[[str], NoReturn]:
    """A module's `__getattr__` that refuses every name.

    Args:
        namespace: the module as a program calls it, `jit`.
        instead: what to do instead, in the imperative.
    """

    def refuse(name: str) -> NoReturn:
        # `hasattr(module, "__path__")` and the like: Python's own questions, not the program's.
        if name.startswith("__"):
            raise AttributeError(f"module 'tracegrad.{namespace}' has no attribute '{name}'")
        raise NotImplementedError(
            f"{namespace}.{name} is not supported: tracegrad has no {namespace}\n  try: {instead}"
        )

    return refuse


def answer(value: Any, doc: str) -> Callable[..., Any]:
    """A function that takes anything and gives `value`, for questions with one true answer."""

    def ask(*_: Any, **__: Any) -> Any:
        return value

    ask.__doc__ = doc
    return ask
