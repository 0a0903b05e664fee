"""One call of a module that has hooks: what is called, in which order, with what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracegrad.graph.location import warn
from tracegrad.nn.module.backward_hooks import BackwardHooks
from tracegrad.nn.module.hooks import Hook, Hooks, every_module


class HookedCall:
    """A call of a module, as far as it has come.

    Attributes:
        args, kwargs: as hooks have changed them.
        result: of `forward`, as hooks have changed it.
        called: hooks after `forward` that were called already.
    """

    __slots__ = ("args", "called", "kwargs", "module", "result")

    def __init__(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.module, self.args, self.kwargs = module, args, kwargs
        self.result: Any = None
        self.called: set[int] = set()

    def run(self) -> Any:
        """Call the hooks, and `forward` between them."""
        try:
            self._before()
            backward = BackwardHooks.of(self.module)
            if backward is not None:
                self.args = backward.watched_inputs(self.args)
            self.result = self.module.forward(*self.args, **self.kwargs)
            self._after()
            return self.result if backward is None else backward.watched_outputs(self.result)
        except Exception:
            self._after_failure()
            raise

    def _before(self) -> None:
        for owner in (every_module, self.module):
            for number, hook in list(owner._forward_pre_hooks.items()):
                if number in owner._forward_pre_hooks_with_kwargs:
                    self._replace_all(hook(self.module, self.args, self.kwargs))
                elif (changed := hook(self.module, self.args)) is not None:
                    self.args = changed if isinstance(changed, tuple) else (changed,)

    def _replace_all(self, changed: Any) -> None:
        if changed is None:
            return
        if not isinstance(changed, tuple) or len(changed) != 2:
            raise RuntimeError(
                "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got "
                f"{changed}."
            )
        self.args, self.kwargs = changed

    def _after(self) -> None:
        for owner, number, hook in self._forward_hooks():
            self.called.add(number)
            self._call(owner, number, hook)

    def _after_failure(self) -> None:
        """Call those that are called always, if they were not yet."""
        for owner, number, hook in self._forward_hooks():
            if number in owner._forward_hooks_always_called and number not in self.called:
                try:
                    self._call(owner, number, hook)
                except Exception as error:
                    scope = "global module" if owner is every_module else "module"
                    warn(
                        f"{scope} forward hook with ``always_call=True`` raised an exception that "
                        f"was silenced as another error was raised in forward: {error}"
                    )

    def _forward_hooks(self) -> Iterator[tuple[Hooks, int, Hook]]:
        for owner in (every_module, self.module):
            for number, hook in list(owner._forward_hooks.items()):
                yield owner, number, hook

    def _call(self, owner: Hooks, number: int, hook: Hook) -> None:
        if number in owner._forward_hooks_with_kwargs:
            changed = hook(self.module, self.args, self.kwargs, self.result)
        else:
            changed = hook(self.module, self.args, self.result)
        if changed is not None:
            self.result = changed
