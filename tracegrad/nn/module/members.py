"""What a module holds by name: parameters, buffers and submodules, each in a registry."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor
from tracegrad.nn.parameter import Buffer, Parameter

if TYPE_CHECKING:
    from tracegrad.nn.module.module import Module

REGISTRATION_HOOKS: dict[str, OrderedDict[int, Callable[..., Any]]] = {
    "parameter": OrderedDict(),
    "buffer": OrderedDict(),
    "module": OrderedDict(),
}
"""What is shown everything that any module registers, by kind; see `hooks.py`."""


def empty_registries() -> dict[str, Any]:
    """What a module without members holds."""
    return {
        "_parameters": {},
        "_buffers": {},
        "_modules": {},
        "_non_persistent_buffers_set": set(),
    }


class Members:
    """The attributes of a module, of which some are parameters, buffers or submodules."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]

    # -- attributes ----------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        held = self.__dict__
        if isinstance(value, Parameter) or name in held.get("_parameters", ()):
            self._set_parameter(name, value)
        elif isinstance(value, Members) or name in held.get("_modules", ()):
            self._set_module(name, value)
        elif isinstance(value, Buffer) or name in held.get("_buffers", ()):
            self._set_buffer(name, value)
        else:
            object.__setattr__(self, name, value)

    def _set_parameter(self, name: str, value: Any) -> None:
        self._check_ready("parameters")
        if value is not None and not isinstance(value, Parameter):
            raise TypeError(
                f"cannot assign '{type(value).__name__}' as parameter '{name}' "
                f"(tracegrad.nn.Parameter or None expected){_parameter_advice(value)}"
            )
        self._forget(name, self._parameters)
        self.register_parameter(name, value)

    def _set_module(self, name: str, value: Any) -> None:
        self._check_ready("module")
        if value is not None and not isinstance(value, Members):
            raise TypeError(
                f"cannot assign '{type(value).__name__}' as child module '{name}' "
                "(tracegrad.nn.Module or None expected)"
            )
        self._forget(name, self._modules)
        self._modules[name] = _shown_to_hooks("module", self, name, value)

    def _set_buffer(self, name: str, value: Any) -> None:
        self._check_ready("buffer")
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"cannot assign '{type(value).__name__}' as buffer '{name}' "
                "(tracegrad.nn.Buffer, tracegrad.Tensor or None expected)"
            )
        lasting = name not in self._non_persistent_buffers_set
        if isinstance(value, Buffer):
            lasting = value.persistent
        self._forget(name, self._buffers)
        # A class of the user's may override `register_buffer` without the third argument.
        if lasting:
            self.register_buffer(name, value)
        else:
            self.register_buffer(name, value, persistent=False)

    def __getattr__(self, name: str) -> Any:
        held = self.__dict__
        for registry in ("_parameters", "_buffers", "_modules"):
            if registry in held and name in held[registry]:
                return held[registry][name]
        message = f"'{type(self).__name__}' object has no attribute '{name}'"
        if "_parameters" not in held:
            message += f"\n  try: super().__init__() first thing in {type(self).__name__}.__init__"
        raise AttributeError(message, name=name, obj=self)

    def __delattr__(self, name: str) -> None:
        for registry in (self._parameters, self._buffers, self._modules):
            if name in registry:
                del registry[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*super().__dir__(), *self._parameters, *self._buffers, *self._modules}
        return sorted(name for name in names if not name[:1].isdigit())  # which could not be typed

    def _forget(self, name: str, keep: Mapping[str, Any]) -> None:
        """Drop whatever else has the name; in the registry `keep` it holds its place in the
        order.
        """
        self.__dict__.pop(name, None)
        for registry in (self._parameters, self._buffers, self._modules):
            if registry is not keep:
                registry.pop(name, None)
        if keep is not self._buffers:
            self._non_persistent_buffers_set.discard(name)

    def _check_ready(self, what: str) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(
                f"cannot assign {what} before Module.__init__() call\n"
                f"  try: super().__init__() first thing in {type(self).__name__}.__init__"
            )

    # -- registering ---------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make `param` the module's parameter `name`.

        Raises:
            TypeError, ValueError: `param` is no parameter, or one that was computed.
            KeyError: something else has the name, or it is none.
        """
        self._check_ready("parameter")
        self._check_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type(param).__name__}' object to parameter '{name}' "
                f"(tracegrad.nn.Parameter or None required){_parameter_advice(param)}"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                f"created explicitly. To express '{name}' as a function of another Tensor, compute "
                "the value in the forward() method."
            )
        if param is not None:
            param = _shown_to_hooks("parameter", self, name, param)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make `tensor` part of the module's state without being a parameter.

        Raises:
            TypeError: it is no tensor.
            KeyError: something else has the name, or it is none.
        """
        self._check_ready("buffer")
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' "
                "(tracegrad.Tensor or None required)"
            )
        self._buffers[name] = _shown_to_hooks("buffer", self, name, tensor)
        self._non_persistent_buffers_set.discard(name)
        if not persistent:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Make `module` the submodule `name`.

        Raises:
            TypeError: it is no module.
            KeyError: something else has the name, or it is none.
        """
        self._check_ready("module")
        if module is not None and not isinstance(module, Members):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._check_name("module", name, self._modules)
        self._modules[name] = _shown_to_hooks("module", self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """Make `module` the submodule `name`: `add_module` under another name."""
        self.add_module(name, module)

    def _check_name(self, kind: str, name: Any, registry: Mapping[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if not name:
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in registry:
            raise KeyError(f"attribute '{name}' already exists")


def _shown_to_hooks(kind: str, module: Members, name: str, value: Any) -> Any:
    """What is registered in the end: a hook may put something else in its place."""
    for hook in list(REGISTRATION_HOOKS[kind].values()):
        changed = hook(module, name, value)
        value = value if changed is None else changed
    return value


def _parameter_advice(value: Any) -> str:
    return "\n  try: nn.Parameter(...) around it" if isinstance(value, Tensor) else ""
