"""Calling the user's hooks during a backward pass.

At an edge: `Tensor.register_hook`, then `retain_grad`. At a node: `register_prehook` before its
rules run, `register_hook` after. All in the order of their registration; each may replace what it
is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

from tracegrad.backend.device import copied
from tracegrad.engine.worlds import World
from tracegrad.graph.node import Edge, NodeHooks
from tracegrad.graph.observe import hub
from tracegrad.graph.walk import ancestors


class Pass:
    """One backward pass while it runs.

    Attributes:
        roots: where it started.
        visit_only: orders of what it goes through; `None` for all that the roots lead to.
    """

    __slots__ = ("__weakref__", "roots", "visit_only")

    def __init__(self, roots: tuple[Edge, ...], visit_only: frozenset[int] | None) -> None:
        self.roots = roots
        self.visit_only = visit_only

    def reached(self) -> set[int]:
        """Orders of the edges that it goes through."""
        found = {edge.order for edge in ancestors(self.roots)}
        return found if self.visit_only is None else found & self.visit_only


running: ContextVar[Pass | None] = ContextVar("tracegrad backward pass", default=None)
"""The innermost backward pass of this thread or task."""


# -- hooks of a tensor -----------------------------------------------------------------------------


def run_tensor_hooks(world: World, edge: Edge, hooks: NodeHooks, g: Any) -> Any:
    """Show the gradient that arrived to the tensor's hooks; keep it where `retain_grad` asked."""
    observer = hub.observer
    if hooks.tensor:
        g = _shown_and_replaced(world, edge, hooks.tensor.values(), g, _one)
    if hooks.retain is not None:
        hooks.retain.grad = world.tensor(copied(g) if not world.lifted else g)
        if observer is not None:
            observer.captured(edge, hooks.retain.grad)
    return g


def _one(hook: Callable[[Any], Any], shown: Any) -> Any:
    """What a tensor's hook makes of a gradient; `None` for no change."""
    replaced = hook(shown)
    if replaced is not None and replaced.shape != shown.shape:
        raise _resized(hook, shown, replaced)
    return replaced


def _one_of_a_tuple(hook: Callable[[Any], Any], shown: Any) -> Any:
    """The same of a node's prehook, which gets and gives tuples."""
    replaced = _answer(hook, (hook((shown,))), (shown,))
    return None if replaced is None else replaced[0]


def _shown_and_replaced(
    world: World, edge: Edge, hooks: Any, g: Any, call: Callable[[Any, Any], Any]
) -> Any:
    # A hook may write to what it is shown, and a recorder keeps what it saw.
    observer = hub.observer
    watched = observer is not None and not world.lifted
    first = shown = world.tensor(copied(g) if watched else g)
    version = first._version
    if observer is not None and watched:
        observer.captured(edge, first)
    for hook in list(hooks):
        replaced = call(hook, shown)
        if replaced is not None:
            shown = replaced
    g = world.gradient(shown)
    if observer is not None and (shown is not first or first._version != version):
        observer.hooked(edge, shown)
        g = copied(g) if watched else g
    return g


# -- hooks of a node -------------------------------------------------------------------------------


def run_prehooks(world: World, edge: Edge, hooks: NodeHooks, g: Any) -> Any:
    """Show what arrived to those that `Node.register_prehook` named."""
    if type(g) is not list:
        return _shown_and_replaced(world, edge, hooks.before.values(), g, _one_of_a_tuple)
    shown = _tensors(world, g)
    for hook in list(hooks.before.values()):
        shown = _answer(hook, hook(shown), shown) or shown
    return list(_gradients(world, shown))


def run_posthooks(
    world: World, hooks: NodeHooks, contributions: Sequence[Any], g: Any
) -> tuple[Any, ...]:
    """Show what a node's rules gave to those that `Node.register_hook` named."""
    arrived = _tensors(world, g if type(g) is list else [g])
    shown = _tensors(world, contributions)
    for hook in list(hooks.visited.values()):
        shown = _answer(hook, hook(shown, arrived), shown) or shown
    return _gradients(world, shown)


def _tensors(world: World, gradients: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(None if g is None else world.tensor(g) for g in gradients)


def _gradients(world: World, tensors: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(None if t is None else world.gradient(t) for t in tensors)


def _answer(hook: Any, answer: Any, shown: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """A node hook's answer, checked; `None` for no change."""
    if answer is None:
        return None
    if not isinstance(answer, tuple):
        if len(shown) != 1 or not hasattr(answer, "_array"):
            raise TypeError(f"expected tuple, but hook returned '{type(answer).__name__}'")
        answer = (answer,)
    if len(answer) != len(shown):
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(answer)}, "
            f"but expected {len(shown)})"
        )
    for before, after in zip(shown, answer, strict=True):
        if before is not None and after is not None and before.shape != after.shape:
            raise _resized(hook, before, after)
    return answer


def _resized(hook: Any, before: Any, after: Any) -> RuntimeError:
    return RuntimeError(
        f"hook '{_name(hook)}' has changed the size of value: expected {list(before.shape)}, got "
        f"{list(after.shape)}"
    )


def _name(hook: Any) -> Any:
    return getattr(hook, "__name__", hook)
