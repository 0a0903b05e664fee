"""Modules: parameters, buffers and submodules by name, and what happens around `forward`."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from tracegrad._tensor import RemovableHandle, Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.graph.location import caller, place
from tracegrad.graph.observe import hub
from tracegrad.graph.scope import Scope, current_scope
from tracegrad.nn.parameter import Parameter

Self = TypeVar("Self", bound="Module")


class Module:
    """Base of all networks and layers: assign parameters and submodules, define `forward`."""

    training: bool

    def __init__(self) -> None:
        object.__setattr__(self, "training", True)
        for registry in ("_parameters", "_buffers", "_modules"):
            object.__setattr__(self, registry, OrderedDict())
        object.__setattr__(self, "_forward_pre_hooks", {})
        object.__setattr__(self, "_forward_hooks", {})
        object.__setattr__(self, "_transient", set())

    _parameters: OrderedDict[str, Parameter | None]
    _buffers: OrderedDict[str, Tensor | None]
    _modules: OrderedDict[str, Module | None]
    _forward_pre_hooks: dict[int, Callable[..., Any]]
    _forward_hooks: dict[int, Callable[..., Any]]
    _transient: set[str]  # buffers that are not part of the state

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each class defines its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # -- attributes ----------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        registries = self.__dict__
        if isinstance(value, Parameter | Module) and "_parameters" not in registries:
            kind = "parameters" if isinstance(value, Parameter) else "module"
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if isinstance(value, Parameter):
            self._forget(name)
            self._parameters[name] = value
        elif isinstance(value, Module):
            self._forget(name)
            self._modules[name] = value
        elif name in registries.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as parameter '{name}' "
                    "(tracegrad.nn.Parameter or None expected)"
                )
            self._parameters[name] = None
        elif name in registries.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' object to buffer '{name}' "
                    "(tracegrad.Tensor or None expected)"
                )
            self._buffers[name] = value
        elif name in registries.get("_modules", ()) and value is None:
            self._modules[name] = None
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        for registry in ("_parameters", "_buffers", "_modules"):
            found = self.__dict__.get(registry, {})
            if name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for registry in (self._parameters, self._buffers, self._modules):
            if name in registry:
                del registry[name]
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def _forget(self, name: str) -> None:
        """Drop whatever else has the name."""
        self.__dict__.pop(name, None)
        for registry in (self._parameters, self._buffers, self._modules):
            registry.pop(name, None)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make `param` the module's parameter `name`."""
        _check_name(self, name)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make `tensor` part of the module's state without being a parameter."""
        _check_name(self, name)
        self._buffers[name] = tensor
        if not persistent:
            self._transient.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Make `module` the submodule `name`."""
        _check_name(self, name)
        self._modules[name] = module

    register_module = add_module

    # -- calling -------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if hub.observer is None:
            return self._run(args, kwargs)
        token = current_scope.set(_scope_of(self))
        try:
            return self._run(args, kwargs)
        finally:
            current_scope.reset(token)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for before in list(self._forward_pre_hooks.values()):
            changed = before(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        result = self.forward(*args, **kwargs)
        for after in list(self._forward_hooks.values()):
            changed = after(self, args, result)
            if changed is not None:
                result = changed
        return result

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`; it may return other arguments."""
        return RemovableHandle(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, args, output)` after `forward`; it may return another output."""
        return RemovableHandle(self._forward_hooks, hook)

    # -- walking -------------------------------------------------------------------------------

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with its path."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            children = [
                (f"{path}.{name}" if path else name, child)
                for name, child in module._modules.items()
                if child is not None
            ]
            stack.extend(reversed(children))

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The submodules directly below, by name."""
        for name, module in self._modules.items():
            if module is not None:
                yield name, module

    def children(self) -> Iterator[Module]:
        """The submodules directly below."""
        for _, module in self.named_children():
            yield module

    def _named_members(self, registry: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, member in getattr(module, registry).items():
                if member is not None and id(member) not in seen:
                    seen.add(id(member))
                    yield (f"{path}.{name}" if path else name), member

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their paths; shared ones once."""
        return self._named_members("_parameters", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters; shared ones once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their paths."""
        return self._named_members("_buffers", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The submodule at a path such as `encoder.0`.

        Raises:
            AttributeError: there is none.
        """
        module = self
        for name in target.split(".") if target else []:
            found = module._modules.get(name)
            if found is None:
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = found
        return module

    # -- changing all at once ------------------------------------------------------------------

    def apply(self: Self, fn: Callable[[Module], None]) -> Self:
        """Call `fn` on every submodule, then on this module."""
        for module in reversed(list(self.modules())):
            fn(module)
        return self

    def train(self: Self, mode: bool = True) -> Self:
        """Set training mode for this module and all below."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        """Set evaluation mode: `train(False)`."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
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

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Convert floating-point parameters and buffers to a dtype, or move all to a device."""
        for module in self.modules():
            for registry in (module._parameters, module._buffers):
                for tensor in registry.values():
                    if tensor is not None and tensor.is_floating_point():
                        with no_grad():
                            converted = tensor.to(*args, **kwargs)
                        if converted is not tensor:
                            tensor._array = converted._array
                            tensor._storage = None
                            grad = tensor.grad
                            if tensor._accumulator is not None:
                                tensor._accumulator.dtype = converted._array.dtype
                                tensor.grad = None if grad is None else grad.to(*args, **kwargs)
        return self

    def float(self: Self) -> Self:
        """Parameters and buffers as float32."""
        from tracegrad.dtypes import float32

        return self.to(float32)

    def double(self: Self) -> Self:
        """Parameters and buffers as float64."""
        from tracegrad.dtypes import float64

        return self.to(float64)

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> OrderedDict[str, Tensor]:
        """Parameters and lasting buffers by path, sharing memory with the module."""
        state: OrderedDict[str, Tensor] = OrderedDict()
        for path, module in self.named_modules():
            lead = prefix + (f"{path}." if path else "")
            for name, parameter in module._parameters.items():
                if parameter is not None:
                    state[lead + name] = parameter if keep_vars else parameter.detach()
            for name, buffer in module._buffers.items():
                if buffer is not None and name not in module._transient:
                    state[lead + name] = buffer if keep_vars else buffer.detach()
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Any:
        """Copy values into parameters and buffers by path.

        Returns:
            The missing and the unexpected keys.

        Raises:
            RuntimeError: shapes differ; or, when `strict`, keys do. Nothing is changed then.
        """
        own = self.state_dict(keep_vars=True)
        missing = [key for key in own if key not in state_dict]
        unexpected = [key for key in state_dict if key not in own]
        problems = []
        if strict and unexpected:
            problems.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
        if strict and missing:
            problems.append(f"Missing key(s) in state_dict: {_quoted(missing)}. ")
        for key, tensor in own.items():
            if key in state_dict and tuple(state_dict[key].shape) != tuple(tensor.shape):
                problems.append(
                    f"size mismatch for {key}: copying a param with shape {list(state_dict[key].shape)} from "
                    f"checkpoint, the shape in current model is {list(tensor.shape)}."
                )
        if problems:
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(problems)
            )
        with no_grad():
            for key, tensor in own.items():
                if key in state_dict:
                    value = state_dict[key]
                    if not isinstance(value, Tensor):
                        value = Tensor._of(np.asarray(value))
                    tensor.copy_(value)
        return _LoadResult(missing, unexpected)

    # -- text ----------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of a module's own line."""
        return ""

    def __repr__(self) -> str:
        lines = self.extra_repr().split("\n") if self.extra_repr() else []
        children = [
            f"({name}): " + repr(child).replace("\n", "\n  ") for name, child in self._modules.items()
        ]
        if not children and len(lines) <= 1:
            return f"{type(self).__name__}({''.join(lines)})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines + children) + "\n)"


class _LoadResult(tuple[list[str], list[str]]):
    """Missing and unexpected keys of `load_state_dict`."""

    __slots__ = ()

    def __new__(cls, missing_keys: list[str], unexpected_keys: list[str]) -> _LoadResult:
        return super().__new__(cls, (missing_keys, unexpected_keys))

    @property
    def missing_keys(self) -> list[str]:
        return self[0]

    @property
    def unexpected_keys(self) -> list[str]:
        return self[1]

    def __repr__(self) -> str:
        if not self[0] and not self[1]:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _check_name(module: Module, name: str) -> None:
    if "_parameters" not in module.__dict__:
        raise AttributeError("cannot assign parameter before Module.__init__() call")
    if not isinstance(name, str) or not name or "." in name:
        raise KeyError(f"a name must be a string that is not empty and has no '.': {name!r}")
    if hasattr(module, name) and name not in {*module._parameters, *module._buffers, *module._modules}:
        raise KeyError(f"attribute '{name}' already exists")


# -- names for the recorder ------------------------------------------------------------------------


def _scope_of(module: Module) -> Scope:
    """The scope of one call of a module; its parameters are named to the recorder on the way."""
    parent = current_scope.get()
    paths = parent.paths if parent is not None else None
    if paths is not None and parent is not None and id(module) in paths:
        own_name = _relative(paths[id(module)], parent.path)
    else:
        own_name = _name_at_call() or type(module).__name__
        lead = f"{parent.path}.{own_name}" if parent is not None else own_name
        paths = {id(m): f"{lead}.{below}" if below else lead for below, m in module.named_modules()}
    path = paths[id(module)]
    assert hub.observer is not None
    for registry in (module._parameters, module._buffers):
        for name, tensor in registry.items():
            if tensor is not None:
                hub.observer.named(tensor, f"{path}.{name}")
    label = repr(module).split("\n")[0].rstrip("(") if module._modules else repr(module)
    return Scope(parent, own_name, "module", type(module).__name__, label.split("\n")[0], paths)


def _relative(path: str, parent: str) -> str:
    return path[len(parent) + 1 :] if path.startswith(parent + ".") else path


_CALLEE = re.compile(r"([A-Za-z_][A-Za-z_0-9]*)\s*\(")


def _name_at_call() -> str:
    """What the program calls the module where it calls it: `model` in `self.model(x)`."""
    where = place(*caller())
    found = _CALLEE.search(where.expression) if where is not None else None
    return found.group(1) if found else ""
