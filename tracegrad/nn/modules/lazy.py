"""Modules that learn the shapes of their parameters from the first input."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import Any, ClassVar

from tracegrad.autograd.mode import no_grad
from tracegrad.nn.module import Module
from tracegrad.nn.module.loading import undo_later
from tracegrad.nn.parameter import is_lazy, lose_shape


class LazyModuleMixin:
    """What makes a module lazy: put it before the module's class, and say how shapes follow.

    A subclass makes its parameters as `UninitializedParameter()`, defines `initialize_parameters`
    with `forward`'s arguments, and may name a `cls_to_become`. The first call fills the parameters
    in, and the module is of that class from then on. So is a module that a state is loaded into:
    the state has the shapes.

    Attributes:
        cls_to_become: the class afterwards; `None` for the same.
    """

    cls_to_become: ClassVar[type[Module] | None] = None

    _load_hook: Any
    _initialize_hook: Any

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(
            self._infer_parameters, with_kwargs=True
        )

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Fill the parameters in, given what `forward` will be; each class defines its own."""
        raise NotImplementedError(
            f"initialize_parameters is not implemented for {type(self).__name__}"
        )

    def has_uninitialized_params(self: Any) -> bool:
        """Whether a parameter or buffer of this module has no shape yet."""
        return any(map(is_lazy, chain(self._parameters.values(), self._buffers.values())))

    def _lazy_load_hook(self: Any, state_dict: Any, prefix: str, *_: Any, **__: Any) -> None:
        """Before loading: take the shapes that the state has."""
        for name, tensor in chain(self._parameters.items(), self._buffers.items()):
            value = state_dict.get(prefix + name)
            if is_lazy(tensor) and value is not None and not is_lazy(value):
                undo_later(partial(lose_shape, tensor, type(tensor)))
                with no_grad():
                    tensor.materialize(value.shape)

    def _infer_parameters(self: Any, module: Any, args: Any, kwargs: Any = None) -> None:
        """Before the first call: fill in, and be lazy no more."""
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {type(self).__name__} has not been fully initialized")
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become
