"""Why a tensor has no history: the op or the context that cut the way back, and where.

A tensor that requires no grad remembers why, if something on its way did require one. An op without
a node hands on the note of its inputs, so the note reaches the loss whose `backward()` fails. A
tensor with a node has none, so ops that gradients flow through pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from types import CodeType
from typing import Any, NamedTuple

from tracegrad.graph.location import caller
from tracegrad.graph.mode import grad_enabled

switched_off: ContextVar[tuple[str, CodeType | None, int] | None] = ContextVar(
    "tracegrad grad mode set", default=None
)
"""What switched gradients off (`no_grad`, ...), and where; right while they are off."""


class Cut(NamedTuple):
    """What cut the way back.

    Attributes:
        op: what was called: `detach`, `argmax`, or any op under `no_grad`.
        code, lasti: where the program stood.
        switch: what had switched gradients off, and where; `None` if they were on.
    """

    op: str
    code: CodeType | None
    lasti: int
    switch: tuple[str, CodeType | None, int] | None


def cut_by(op: str) -> Cut:
    """The op that runs now cuts off a history."""
    return Cut(op, *caller(), None if grad_enabled() else switched_off.get())


def cut_among(op: str, inputs: Iterable[Any]) -> Cut | None:
    """Why a new result of these inputs has no history: `None` if there was none."""
    found = None
    for tensor in inputs:
        if getattr(tensor, "requires_grad", False):
            return cut_by(op)
        found = found or getattr(tensor, "_cut", None)
    return found
