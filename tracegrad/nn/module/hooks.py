"""Hooks around `forward` and `backward`: of one module, and of every module."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NoReturn

from tracegrad.graph.handle import RemovableHandle
from tracegrad.nn.module.members import REGISTRATION_HOOKS

Hook = Callable[..., Any]
"""What it is called with depends on its kind; what it returns, if not `None`, takes the place of
what it was shown.
"""


def empty_hooks() -> dict[str, Any]:
    """What a module without hooks holds. The marks name those hooks that are called in another
    way.
    """
    hooks = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
    marks = (
        "_forward_pre_hooks_with_kwargs", "_forward_hooks_with_kwargs",
        "_forward_hooks_always_called",
    )  # fmt: skip
    return {name: OrderedDict() for name in (*hooks, *marks)}


class Hooks:
    """Something whose calls have hooks.

    Registering gives a handle, whose `remove()` takes the hook away again. With `prepend`, a hook
    comes before those that are there already.
    """

    _forward_pre_hooks: OrderedDict[int, Hook]
    _forward_pre_hooks_with_kwargs: OrderedDict[int, bool]
    _forward_hooks: OrderedDict[int, Hook]
    _forward_hooks_with_kwargs: OrderedDict[int, bool]
    _forward_hooks_always_called: OrderedDict[int, bool]
    _backward_pre_hooks: OrderedDict[int, Hook]
    _backward_hooks: OrderedDict[int, Hook]

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`; it may return other arguments.

        Args:
            with_kwargs: call `hook(module, args, kwargs)`, which may return `(args, kwargs)`.
        """
        marks = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return _registered(self._forward_pre_hooks, hook, prepend, marks)

    def register_forward_hook(
        self,
        hook: Hook,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after `forward`; it may return another output.

        Args:
            with_kwargs: call `hook(module, args, kwargs, output)`.
            always_call: also when `forward` or another hook raises.
        """
        marks = [self._forward_hooks_with_kwargs] if with_kwargs else []
        marks += [self._forward_hooks_always_called] if always_call else []
        return _registered(self._forward_hooks, hook, prepend, marks)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the gradients of the outputs are there; it may
        return others.
        """
        return _registered(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs are there;
        it may return others for these.

        Both are tuples, of the gradients of the arguments by position and of the output or outputs;
        `None` stands for what is no tensor. If no input requires grad, the hook is called with the
        gradients of the outputs alone. Inputs and outputs of the module may not be changed in
        place.
        """
        return _registered(self._backward_hooks, hook, prepend)

    def register_backward_hook(self, hook: Hook) -> NoReturn:
        """What PyTorch has given up in favour of `register_full_backward_hook`.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "register_backward_hook is deprecated in PyTorch: it shows the gradients of the last "
            "op inside of the module, not of the module's inputs\n"
            "  try: register_full_backward_hook"
        )


def _registered(
    hooks: OrderedDict[int, Hook],
    hook: Hook,
    prepend: bool,
    marks: list[OrderedDict[int, bool]] | None = None,
) -> RemovableHandle:
    handle = RemovableHandle(hooks, hook, marks=tuple(marks or ()))
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


# -- of every module -------------------------------------------------------------------------------

in_every_call: OrderedDict[int, bool] = OrderedDict()
"""The hooks that every call of a module has to look for: one test where there is none."""


class _EveryModule(Hooks):
    """The hooks of all modules, called before a module's own."""

    def __init__(self) -> None:
        self.__dict__.update(empty_hooks())


every_module = _EveryModule()


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, args)` before the `forward` of every module."""
    return _registered(every_module._forward_pre_hooks, hook, False, [in_every_call])


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, args, output)` after the `forward` of every module."""
    marks = [in_every_call]
    marks += [every_module._forward_hooks_with_kwargs] if with_kwargs else []
    marks += [every_module._forward_hooks_always_called] if always_call else []
    return _registered(every_module._forward_hooks, hook, False, marks)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_output)` for every module, as
    `Module.register_full_backward_pre_hook` does for one.
    """
    return _registered(every_module._backward_pre_hooks, hook, False, [in_every_call])


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` for every module, as
    `Module.register_full_backward_hook` does for one.
    """
    return _registered(every_module._backward_hooks, hook, False, [in_every_call])


def register_module_backward_hook(hook: Hook) -> NoReturn:
    """What PyTorch has given up in favour of `register_module_full_backward_hook`.

    Raises:
        NotImplementedError: always.
    """
    every_module.register_backward_hook(hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, name, param)` whenever a module registers a parameter; it may return
    another.
    """
    return _registered(REGISTRATION_HOOKS["parameter"], hook, False)


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, name, buffer)` whenever a module registers a buffer; it may return
    another.
    """
    return _registered(REGISTRATION_HOOKS["buffer"], hook, False)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, name, submodule)` whenever a module registers a submodule; it may return
    another.
    """
    return _registered(REGISTRATION_HOOKS["module"], hook, False)
