"""Modules: parameters, buffers and submodules by name, and what happens around `forward`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.graph.handle import RemovableHandle
from tracegrad.graph.observe import hub
from tracegrad.graph.scope import current_scope
from tracegrad.nn.naming import scope_of
from tracegrad.nn.parameter import Buffer, Parameter
from tracegrad.nn.state import convert, load

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
        if isinstance(value, Parameter | Module):
            self._check_ready("parameters" if isinstance(value, Parameter) else "module")
        if isinstance(value, Parameter):
            self._forget(name, self._parameters)
            self._parameters[name] = value
        elif isinstance(value, Module):
            self._forget(name, self._modules)
            self._modules[name] = value
        elif isinstance(value, Buffer):
            self._check_ready("buffer")
            self._forget(name, self._buffers)
            self.register_buffer(name, value, value.persistent)
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
        elif name in registries.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as child module '{name}' "
                    "(tracegrad.nn.Module or None expected)"
                )
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

    def _forget(self, name: str, keep: Mapping[str, Any]) -> None:
        """Drop whatever else has the name; in the registry `keep` it holds its place in the
        order.
        """
        self.__dict__.pop(name, None)
        for registry in (self._parameters, self._buffers, self._modules):
            if registry is not keep:
                registry.pop(name, None)

    def _check_ready(self, what: str) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make `param` the module's parameter `name`."""
        self._check_ready("parameter")
        _check_name(self, name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type(param).__name__}' object to parameter '{name}' "
                "(tracegrad.nn.Parameter or None required)"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make `tensor` part of the module's state without being a parameter."""
        self._check_ready("buffer")
        _check_name(self, name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' "
                "(tracegrad.Tensor or None required)"
            )
        self._buffers[name] = tensor
        self._transient.discard(name)
        if not persistent:
            self._transient.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Make `module` the submodule `name`."""
        self._check_ready("module")
        _check_name(self, name, self._modules)
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._modules[name] = module

    register_module = add_module

    # -- calling -------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        observer = hub.observer
        if observer is None:
            return self._run(args, kwargs)
        token = current_scope.set(scope_of(self, observer))
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

    def _named_members(
        self, registry: str, prefix: str, recurse: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, member in getattr(module, registry).items():
                if member is not None and id(member) not in seen:
                    seen.add(id(member))
                    yield (f"{path}.{name}" if path else name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
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

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path such as `encoder.0.weight`.

        Raises:
            AttributeError: there is none.
        """
        return self._member(target, "_parameters", "an nn.Parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path such as `encoder.1.running_mean`.

        Raises:
            AttributeError: there is none.
        """
        return self._member(target, "_buffers", "a buffer")

    def _member(self, target: str, registry: str, kind: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if getattr(module, registry).get(name) is None:
            raise AttributeError(f"`{name}` is not {kind}")
        return getattr(module, registry)[name]

    # -- changing all at once ------------------------------------------------------------------

    def apply(self: Self, fn: Callable[[Module], None]) -> Self:
        """Call `fn` on every submodule, children first and in order, then on this module."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self: Self, mode: bool = True) -> Self:
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
        """Convert floating-point parameters and buffers to a dtype, and move all to a device."""
        wanted = kwargs.get("dtype", args[0] if args else None)
        if isinstance(wanted, dtypes.dtype) and not (wanted.is_floating_point or wanted.is_complex):
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={wanted}"
            )
        for module in self.modules():
            for registry in (module._parameters, module._buffers):
                for tensor in registry.values():
                    if tensor is not None:
                        with no_grad():
                            convert(tensor, args, kwargs)
        return self

    def cpu(self: Self) -> Self:
        """Move all parameters and buffers to the host."""
        return self.to("cpu")

    def cuda(self: Self, device: int | None = None) -> Self:
        """Move all parameters and buffers to a GPU."""
        return self.to("cuda" if device is None else f"cuda:{device}")

    def type(self: Self, dst_type: Any) -> Self:
        """Floating-point parameters and buffers as another dtype."""
        return self.to(dst_type)

    def float(self: Self) -> Self:
        """Parameters and buffers as float32."""
        return self.to(dtypes.float32)

    def double(self: Self) -> Self:
        """Parameters and buffers as float64."""
        return self.to(dtypes.float64)

    def half(self: Self) -> Self:
        """Parameters and buffers as float16."""
        return self.to(dtypes.float16)

    def bfloat16(self: Self) -> Self:
        """Parameters and buffers as bfloat16."""
        return self.to(dtypes.bfloat16)

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> OrderedDict[str, Tensor]:
        """Parameters and lasting buffers by path, sharing memory with the module.

        What is shared stands under each of its paths, as in PyTorch.
        """
        state: OrderedDict[str, Tensor] = OrderedDict()
        for name, tensor in [*self._parameters.items(), *self._buffers.items()]:
            if tensor is not None and name not in self._transient:
                state[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, child in self.named_children():
            state |= child.state_dict(prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return state

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Copy values into parameters and buffers by path, or, with `assign`, put them in place.

        Returns:
            The missing and the unexpected keys.

        Raises:
            RuntimeError: shapes differ; or, when `strict`, keys do. Nothing is changed then.
        """
        return load(self, state_dict, strict=strict, assign=assign)

    # -- text ----------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of a module's own line."""
        return ""

    def __repr__(self) -> str:
        lines = self.extra_repr().split("\n") if self.extra_repr() else []
        children = [
            f"({name}): " + repr(child).replace("\n", "\n  ")
            for name, child in self._modules.items()
        ]
        if not children and len(lines) <= 1:
            return f"{type(self).__name__}({''.join(lines)})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines + children) + "\n)"


def _check_name(module: Module, name: str, registry: Mapping[str, Any]) -> None:
    if not isinstance(name, str):
        raise TypeError(f"a name should be a string, not {type(name).__name__}")
    if not name or "." in name:
        raise KeyError(f"a name must not be empty and can't contain '.': {name!r}")
    if hasattr(module, name) and name not in registry:
        raise KeyError(f"attribute '{name}' already exists")
