"""`Module`: the base of all networks and layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from tracegrad.compiler import compile as compiled
from tracegrad.graph.observe import hub
from tracegrad.graph.scope import current_scope
from tracegrad.nn.module.call import HookedCall
from tracegrad.nn.module.conversion import Conversion
from tracegrad.nn.module.explain import explain
from tracegrad.nn.module.hooks import Hooks, empty_hooks, in_every_call
from tracegrad.nn.module.members import empty_registries
from tracegrad.nn.module.state import State, empty_state_hooks
from tracegrad.nn.naming import scope_of


class Module(Conversion, State, Hooks):
    """Base of all networks and layers: assign parameters and submodules, define `forward`.

    Attributes:
        training: whether layers behave as in training; set it by `train` and `eval`.
        call_super_init: whether `__init__` calls that of the next class in the order of
            inheritance, with its arguments.
    """

    training: bool
    call_super_init = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            raise TypeError(_not_taken(self, args, kwargs))
        # Not by `self.name = ...`, which asks of each whether it is a parameter: 5 us.
        self.__dict__.update(_empty())
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(_empty() | state)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each class defines its own."""
        kind = type(self)
        own = not kind.__module__.startswith("tracegrad.")  # as nn.ModuleList, which has none
        raise NotImplementedError(
            f'Module [{kind.__name__}] is missing the required "forward" function'
            + f"\n  try: def forward(self, x): in the class {kind.__name__}" * own
        )

    # -- calling -------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if (
                hub.observer is None
                and not in_every_call
                and not (self._forward_hooks or self._forward_pre_hooks)
                and not (self._backward_hooks or self._backward_pre_hooks)
            ):
                return self.forward(*args, **kwargs)
            return self._observed_call(args, kwargs)
        except Exception as error:
            explain(error, self, args, kwargs)
            raise

    def _observed_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call that hooks or a recording look at."""
        observer = hub.observer
        if observer is None:
            return HookedCall(self, args, kwargs).run()
        token = current_scope.set(scope_of(self, observer))
        try:
            return HookedCall(self, args, kwargs).run()
        finally:
            current_scope.reset(token)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        """`forward` between its hooks: PyTorch's name for it, which programs call."""
        return HookedCall(self, args, kwargs).run()

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing but the warning that `tracegrad.compile` gives: every op runs eagerly."""
        compiled(self, *args, **kwargs)

    # -- changing all at once ------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Call `fn` on every submodule, children first and in order, then on this module."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set training mode for this module and all below.

        Raises:
            ValueError: `mode` is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for child in self.children():
            child.train(mode)  # by its own method: a class may keep some layers from training
        return self

    def eval(self) -> Self:
        """Set evaluation mode: `train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Ask for gradients of all parameters, or stop asking."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or set them to zero."""
        for parameter in self.parameters():
            if parameter.grad is not None:
                if set_to_none:
                    parameter.grad = None
                else:
                    parameter.grad.detach_().zero_()

    # -- text ----------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of a module's own line."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        lines = self.extra_repr().split("\n") if self.extra_repr() else []
        children = [
            f"({name}): " + repr(child).replace("\n", "\n  ")
            for name, child in self._modules.items()
        ]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({''.join(lines)})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"


def _empty() -> dict[str, Any]:
    """The attributes of a module that holds nothing."""
    return {"training": True, **empty_registries(), **empty_hooks(), **empty_state_hooks()}


def _not_taken(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    name = f"{type(module).__name__}.__init__()"
    if kwargs:
        return f"{name} got an unexpected keyword argument '{next(iter(kwargs))}'"
    return f"{name} takes 1 positional argument but {len(args) + 1} were given"
