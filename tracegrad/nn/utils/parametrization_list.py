"""The parametrizations of one tensor, and what they compute it from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.nn.module import Module
from tracegrad.nn.modules.container import ModuleList
from tracegrad.nn.parameter import Parameter


def register(module: Module, name: str, tensor: Tensor) -> None:
    """Make a tensor a module's parameter or buffer, by its class."""
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def put(tensor: Tensor, value: Tensor) -> None:
    """Give a tensor, which stays the same object, the elements of another."""
    if value is not tensor:
        tensor.data = value.detach()


def kind_of(tensor: Tensor) -> dict[str, Any]:
    """What a parametrization may not change."""
    return {"dtype": tensor.dtype, "shape": tensor.shape}


def check_kept(kind: dict[str, Any], after: Any, rule: str) -> None:
    """Refuse what is no tensor of the dtype and shape of before.

    Args:
        rule: what is broken; `{what}` stands for "dtype of the tensor" or "shape of the tensor".
    """
    if not isinstance(after, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    for what, was in kind.items():
        is_now = getattr(after, what)
        if was != is_now:
            raise ValueError(
                f"{rule.format(what=f'{what} of the tensor')}\n"
                f"unparametrized {what}: {was}\nparametrized {what}: {is_now}"
            )


def is_its_own(error: NotImplementedError) -> bool:
    """Whether `right_inverse` itself says that it has no inverse, not an op that it needs."""
    innermost = error.__traceback__
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    return innermost is not None and innermost.tb_frame.f_code.co_name == "right_inverse"


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor in their order, called without arguments.

    Attributes:
        is_tensor: whether the first one takes one tensor, `original`; else it takes `ntensors`,
            `original0` and so on.
        unsafe: whether it may change shape and dtype.
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        kind = kind_of(original)
        stored = self._inverse_where_known(original)
        self.is_tensor = isinstance(stored, Tensor)
        self.ntensors = 1 if self.is_tensor else len(stored)
        if self.is_tensor:
            self._store_one(original, stored)
        else:
            self._store_several(original, stored)
        if not unsafe:
            check_kept(kind, self(), "Registering a parametrization may not change the {what}, "
                       "unless `unsafe` flag is enabled.")  # fmt: skip

    def _inverse_where_known(self, value: Any) -> Any:
        """What to store, by the parametrizations that tell."""
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    try:
                        value = module.right_inverse(value)
                    except NotImplementedError as error:
                        if not is_its_own(error):
                            raise
        if not isinstance(value, Tensor | Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(value).__name__}"
            )
        return value

    def _store_one(self, original: Tensor, value: Tensor) -> None:
        for what in ("dtype", "device"):
            was, is_now = getattr(original, what), getattr(value, what)
            if was != is_now:
                raise ValueError(
                    f"When `right_inverse` outputs one tensor, it may not change the {what}.\n"
                    f"original.{what}: {was}\nright_inverse(original).{what}: {is_now}"
                )
        with no_grad():
            put(original, value)  # the same object: an optimizer may hold it
        register(self, "original", original)

    def _store_several(self, original: Tensor, values: Sequence[Any]) -> None:
        for n, value in enumerate(values):
            if not isinstance(value, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, "
                    f"tuple...). Got element {n} of the sequence with type {type(value).__name__}."
                )
            if isinstance(original, Parameter):
                value = Parameter(value, original.requires_grad)
            register(self, f"original{n}", value.requires_grad_(original.requires_grad))

    def stored_names(self) -> list[str]:
        """The attributes that hold what the tensor is computed from."""
        return ["original"] if self.is_tensor else [f"original{n}" for n in range(self.ntensors)]

    def right_inverse(self, value: Any) -> None:
        """Store what gives the tensor this value.

        Raises:
            RuntimeError: a parametrization has no `right_inverse`.
            ValueError: what it gives is of another kind than what is stored.
        """
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse."
                    )
                value = module.right_inverse(value)
            values = [value] if self.is_tensor else value
            if self.is_tensor and not isinstance(value, Tensor):
                raise ValueError(
                    f"`right_inverse` should return a tensor. Got {type(value).__name__}"
                )
            if not isinstance(values, Sequence) or len(values) != self.ntensors:
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors of length "
                    f"{self.ntensors}. Got {type(value).__name__}."
                )
            for name, one in zip(self.stored_names(), values, strict=True):
                self._write(name, one)

    def _write(self, name: str, value: Any) -> None:
        stored = getattr(self, name)
        if not isinstance(value, Tensor) or value.dtype is not stored.dtype:
            got = f"dtype {value.dtype}" if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(
                f"The tensor returned by `right_inverse` has {got} while `{name}` has dtype "
                f"{stored.dtype}"
            )
        put(stored, value)

    def forward(self) -> Tensor:
        first, *others = list(self)
        tensor = first(*(getattr(self, name) for name in self.stored_names()))
        for module in others:
            tensor = module(tensor)
        return tensor
