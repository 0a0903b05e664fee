"""Parameters computed from others: `register_parametrization` and what belongs to it.

A parametrized module gets a class of its own, below its former one, in which the parameter's name
is a property: reading it computes it, writing it sets what it is computed from.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.nn.module import Module
from tracegrad.nn.modules.container import ModuleDict
from tracegrad.nn.parameter import Parameter
from tracegrad.nn.utils.parametrization_list import ParametrizationList as ParametrizationList
from tracegrad.nn.utils.parametrization_list import (
    check_kept,
    is_its_own,
    kind_of,
    put,
    register,
)

# -- computed once ---------------------------------------------------------------------------------


class _Cache:
    """What was computed inside of `cached()`, by module and name; `depth` counts those blocks."""

    def __init__(self) -> None:
        self.depth = 0
        self.values: dict[tuple[int, str], Tensor] = {}


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Inside, a parametrized tensor is computed when it is first read and kept until the end."""
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.values.clear()


# -- registering -----------------------------------------------------------------------------------


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """From now on `module.<tensor_name>` is `parametrization` of what it was.

    What it was is a parameter or buffer `module.parametrizations.<tensor_name>.original` (or
    `original0`, `original1`, … if `right_inverse` gives several). A second parametrization is
    applied to the result of the first.

    Args:
        parametrization: may have a method `right_inverse`: what to store so that the tensor gets a
            given value. Without it, what is stored is the tensor itself.
        unsafe: do not compute it now to see whether shape and dtype are kept.

    Raises:
        ValueError: there is no such parameter or buffer; or the parametrization does not keep
            shape and dtype.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        chain = module.parametrizations[tensor_name]
        if not unsafe:
            _check_another(getattr(module, tensor_name), parametrization, tensor_name)
        chain.append(parametrization)
        chain.unsafe |= unsafe
        return module
    if tensor_name not in module._buffers and tensor_name not in module._parameters:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element "
            f"with name '{tensor_name}'"
        )
    chain = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _give_class(module)
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _computed(tensor_name))
    module.parametrizations[tensor_name] = chain
    return module


def _check_another(value: Tensor, parametrization: Any, name: str) -> None:
    """Refuse a parametrization of a parametrized tensor that does not keep its shape and dtype."""
    kind, result = kind_of(value), parametrization(value)
    check_kept(
        kind, result,
        "Registering a parametrization may not change the {what}, unless the `unsafe` flag is "
        f"enabled: module.{name}",
    )  # fmt: skip
    if hasattr(parametrization, "right_inverse"):
        try:
            inverse = parametrization.right_inverse(result)
        except NotImplementedError as error:
            if is_its_own(error):
                return
            raise
        check_kept(
            kind, inverse,
            "The tensor returned by parametrization.right_inverse must have the same {what} as "
            f"module.{name}, unless the `unsafe` flag is enabled",
        )  # fmt: skip


def _give_class(module: Module) -> None:
    """Make the module of a class of its own, which is deep-copied but not pickled."""
    own = type(module)

    def refuse(self: Any) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict()"
        )

    def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
        # Python's own way asks __getstate__, which refuses; and a class cannot be shared, since
        # removing one module's parametrization takes the property away.
        memo[id(self)] = replica = own.__new__(own)
        _give_class(replica)
        for name in self.__dict__.get("_modules", {}).get("parametrizations", ()):
            setattr(type(replica), name, _computed(name))
        replica.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return replica

    members: dict[str, Any] = {"__getstate__": refuse, "__module__": own.__module__}
    if not hasattr(own, "__deepcopy__"):
        members["__deepcopy__"] = deepcopy
    module.__class__ = type(f"Parametrized{own.__name__}", (own,), members)


def _computed(name: str) -> property:
    """A tensor that is computed when it is read."""

    def read(self: Any) -> Tensor:
        chain = self.parametrizations[name]
        if not _cache.depth:
            return chain()
        key = (id(self), name)
        if key not in _cache.values:
            _cache.values[key] = chain()
        return _cache.values[key]

    def write(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(read, write)


# -- asking ----------------------------------------------------------------------------------------


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the tensor is parametrized, or any of the module's if no name is given."""
    chains = getattr(module, "parametrizations", None)
    if not isinstance(chains, ModuleDict):
        return False
    return len(chains) > 0 if tensor_name is None else tensor_name in chains


def type_before_parametrizations(module: Module) -> type:
    """The module's class, also if it has one of its own by now."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


# -- removing and moving ---------------------------------------------------------------------------


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make the tensor a parameter or buffer again.

    Args:
        leave_parametrized: it keeps the value that is computed now; else what was stored becomes
            the tensor. Of a single stored tensor the object stays the same, so that an optimizer
            that holds it goes on.

    Raises:
        ValueError: it is not parametrized; or what was stored is several tensors and shall become
            one.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    chain = module.parametrizations[tensor_name]
    if chain.is_tensor:
        tensor = chain.original
        if leave_parametrized:
            with no_grad():
                put(tensor, getattr(module, tensor_name))
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        tensor = Parameter(value.detach()) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    register(module, tensor_name, tensor)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Parametrize another module's tensors, all or one, as this one's, with the same tensors."""
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        chain = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        for parametrization in chain:
            register_parametrization(to_module, name, parametrization)
        for stored in chain.stored_names():
            setattr(to_module.parametrizations[name], stored, getattr(chain, stored))
    return to_module
