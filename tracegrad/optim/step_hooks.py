"""What happens around each `step()`: hooks, and counting it.

`Optimizer.__init_subclass__` wraps the `step` of every class that defines one, a user's own too, so
a recording counts its steps and hooks run around them without a word in it.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tracegrad.graph.handle import RemovableHandle
from tracegrad.graph.observe import hub

Hooks = OrderedDict[int, Callable[..., Any]]

before_every_step: Hooks = OrderedDict()
after_every_step: Hooks = OrderedDict()


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before each step of every optimizer.

    It may return other `(args, kwargs)`. As in PyTorch `args` begins with the optimizer.
    """
    return RemovableHandle(before_every_step, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after each step of every optimizer."""
    return RemovableHandle(after_every_step, hook)


def registered(hooks: Hooks, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
    """A new hook, before or after those that are there."""
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A class's `step`, with the hooks around it.

    A step that calls its parent's is one step.
    """

    @functools.wraps(step)
    def hooked_step(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self._in_step:
            return step(self, *args, **kwargs)
        self._opt_called = True  # what a schedule wants to know
        self._in_step = True
        try:
            if before_every_step or self._optimizer_step_pre_hooks:
                args, kwargs = _before(self, step, args, kwargs)
            result = step(self, *args, **kwargs)
        finally:
            self._in_step = False
        if hub.observer is not None:
            hub.observer.stepped()
        for hooks in (self._optimizer_step_post_hooks, after_every_step):
            for hook in list(hooks.values()):
                hook(self, (self, *args), kwargs)
        return result

    hooked_step.hooked = True  # type: ignore[attr-defined]
    return hooked_step


def _before(
    optimizer: Any, step: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a step after all hooks that may change them."""
    whole = (optimizer, *args)
    for hook in [*before_every_step.values(), *optimizer._optimizer_step_pre_hooks.values()]:
        changed = hook(optimizer, whole, kwargs)
        if changed is None:
            continue
        if not isinstance(changed, tuple) or len(changed) != 2:
            raise RuntimeError(
                f"{step} must return None or a tuple of (new_args, new_kwargs), but got {changed}."
            )
        whole, kwargs = changed
    return tuple(whole[1:]), kwargs
