"""Who watches: the one place where the running program hands events to a recorder.

Every hook is called as `if hub.observer is not None: hub.observer.…`, one attribute test (0.01 us)
when nobody watches. There is at most one observer in a process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any, Protocol

from tracegrad.graph.node import AccumulateGrad, Edge, Node


class Observer(Protocol):
    """What a recorder is told. Tensors are handed over live; it must keep only what it copies.

    `started` is `time.perf_counter_ns()` from before the kernel ran; `options` are the arguments
    that are no tensors.
    """

    def forward(
        self,
        op: str,
        inputs: Sequence[Any],
        options: Mapping[str, Any],
        outputs: Sequence[Any],
        node: Node | None,
        started: int,
    ) -> None:
        """An op made new tensors. Inputs that are no tensors are Python numbers or `None`."""

    def before_write(self, inputs: Sequence[Any]) -> Any:
        """An op is about to write to its first input. What this returns goes to `write`."""

    def write(
        self,
        op: str,
        read: Any,
        options: Mapping[str, Any],
        target: Any,
        node: Node | None,
        started: int,
    ) -> None:
        """An op changed `target`, its first input, in place; `read` is from `before_write`."""

    def exit(self, op: str, tensor: Any) -> None:
        """A value left the graph for Python."""

    def named(self, tensor: Any, name: str) -> None:
        """`tensor` is the parameter or buffer of that path."""

    def captured(self, edge: Edge, gradient: Any) -> None:
        """The gradient that arrived at `edge` in this pass is now the tensor `gradient`."""

    def returned(self, edge: Edge, gradient: Any) -> None:
        """The same of the pass that has just ended: `grad()` gives it to the program."""

    def hooked(self, edge: Edge, gradient: Any) -> None:
        """A hook put the tensor `gradient` in the place of the gradient that arrived at `edge`."""

    def stepped(self) -> None:
        """An optimizer finished a step."""

    def seed(
        self, call: str, roots: Sequence[tuple[Edge, Any]], code: CodeType | None, lasti: int
    ) -> None:
        """A backward pass begins with these gradients."""

    def backward(
        self, node: Node, gradient: Any, contributions: Sequence[Any], started: int
    ) -> None:
        """A node was visited; `gradient` is a list for a node of several outputs."""

    def fan_in(self, edge: Edge, total: Any, started: int) -> None:
        """Another contribution reached `edge`; `total` is their sum so far."""

    def accumulate(self, leaf: AccumulateGrad, gradient: Any, started: int) -> None:
        """A leaf's `.grad` now includes `gradient`."""

    def finished_pass(self) -> None:
        """The backward pass is over."""


class Hub:
    """Holds the observer, `None` when nobody watches."""

    __slots__ = ("observer",)

    def __init__(self) -> None:
        self.observer: Observer | None = None


hub = Hub()
