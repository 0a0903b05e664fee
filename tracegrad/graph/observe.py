"""Who watches: the one place where the running program hands events to those who look at it.

Every hook is called as `if hub.observer is not None: hub.observer.…`, one attribute test (0.01 us)
when nobody watches. A recorder is an observer; so are `saved_tensors_hooks` and its like, which
look at what each new node keeps, and so cost nothing where they are not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from types import CodeType
from typing import Any, Protocol, cast

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

    def warned(
        self,
        op: str,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        options: Mapping[str, Any],
        code: CodeType | None,
        lasti: int,
    ) -> None:
        """Another observer noticed something that is no op, at that place."""


class Watcher:
    """An observer that looks at nothing yet: a class of its own overrides what it wants to see."""

    def forward(
        self,
        op: str,
        inputs: Sequence[Any],
        options: Mapping[str, Any],
        outputs: Sequence[Any],
        node: Node | None,
        started: int,
    ) -> None: ...

    def before_write(self, inputs: Sequence[Any]) -> Any: ...

    def write(
        self,
        op: str,
        read: Any,
        options: Mapping[str, Any],
        target: Any,
        node: Node | None,
        started: int,
    ) -> None: ...

    def exit(self, op: str, tensor: Any) -> None: ...

    def named(self, tensor: Any, name: str) -> None: ...

    def captured(self, edge: Edge, gradient: Any) -> None: ...

    def returned(self, edge: Edge, gradient: Any) -> None: ...

    def hooked(self, edge: Edge, gradient: Any) -> None: ...

    def stepped(self) -> None: ...

    def seed(
        self, call: str, roots: Sequence[tuple[Edge, Any]], code: CodeType | None, lasti: int
    ) -> None: ...

    def backward(
        self, node: Node, gradient: Any, contributions: Sequence[Any], started: int
    ) -> None: ...

    def fan_in(self, edge: Edge, total: Any, started: int) -> None: ...

    def accumulate(self, leaf: AccumulateGrad, gradient: Any, started: int) -> None: ...

    def finished_pass(self) -> None: ...

    def warned(
        self,
        op: str,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        options: Mapping[str, Any],
        code: CodeType | None,
        lasti: int,
    ) -> None: ...


class NodeWatcher(Watcher):
    """Looks at each new node, whether its op made a tensor or wrote to one."""

    def keeps(self, node: Node) -> None:
        """`node` is new, and keeps for its backward what it keeps."""
        raise NotImplementedError

    def forward(
        self,
        op: str,
        inputs: Sequence[Any],
        options: Mapping[str, Any],
        outputs: Sequence[Any],
        node: Node | None,
        started: int,
    ) -> None:
        if node is not None:
            self.keeps(node)

    def write(
        self,
        op: str,
        read: Any,
        options: Mapping[str, Any],
        target: Any,
        node: Node | None,
        started: int,
    ) -> None:
        if node is not None:
            self.keeps(node)


class OnRequest(Watcher):
    """One observer for the whole process, which watches while at least one context asks for it.

    Attributes:
        first: whether it is told before the other observers.
    """

    first = False

    def __init__(self) -> None:
        self._lock = Lock()
        self._contexts = 0

    def begin(self) -> None:
        """One more context asks for it."""
        with self._lock:
            if self._contexts == 0:
                hub.add(self, first=self.first)
            self._contexts += 1

    def end(self) -> None:
        """One context less."""
        with self._lock:
            self._contexts -= 1
            if self._contexts == 0:
                hub.remove(self)
                self.ended()

    def ended(self) -> None:
        """Nobody asks for it any more."""


class _Several:
    """Several observers as one: each is told everything, in the order in which they came."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self.observers = tuple(observers)

    def __getattr__(self, event: str) -> Any:
        hooks = [getattr(observer, event) for observer in self.observers]

        def tell(*facts: Any) -> None:
            for hook in hooks:
                hook(*facts)

        setattr(self, event, tell)  # next time it is found at once
        return tell

    def before_write(self, inputs: Sequence[Any]) -> list[Any]:
        return [observer.before_write(inputs) for observer in self.observers]

    def write(self, op: str, read: list[Any], *facts: Any) -> None:
        for observer, mine in zip(self.observers, read, strict=True):
            observer.write(op, mine, *facts)


class Hub:
    """Holds the observers.

    Attributes:
        observer: whom to tell: `None` when nobody watches, else one object that stands for all.
    """

    __slots__ = ("_lock", "_observers", "observer")

    def __init__(self) -> None:
        self._lock = Lock()
        self._observers: tuple[Observer, ...] = ()
        self.observer: Observer | None = None

    def add(self, observer: Observer, first: bool = False) -> None:
        """Tell `observer` everything from here on, before or after the others."""
        with self._lock:
            others = self._observers
            self._set((observer, *others) if first else (*others, observer))

    def remove(self, observer: Observer) -> None:
        """Tell it nothing any more; nothing happens if it was not told anyway."""
        with self._lock:
            self._set(tuple(one for one in self._observers if one is not observer))

    def find(self, kind: type[Any]) -> Any:
        """The observer of that class, `None` if there is none."""
        return next((one for one in self._observers if isinstance(one, kind)), None)

    def _set(self, observers: tuple[Observer, ...]) -> None:
        self._observers = observers
        self.observer = (
            None
            if not observers
            else observers[0]
            if len(observers) == 1
            else cast(Observer, _Several(observers))
        )


hub = Hub()
