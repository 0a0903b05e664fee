"""Parameters: tensors that a module owns and an optimizer changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.graph.location import caller, place
from tracegrad.ops.install import functions
from tracegrad.storage import storage_of


class Parameter(Tensor):
    """A leaf tensor that a `Module` registers when it is assigned as an attribute."""

    is_parameter = True  # also when frozen, which a recording could not tell otherwise

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = Tensor(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter data must be a Tensor, not {type(data).__name__}")
        parameter = cls._of(data._array)
        parameter._storage = storage_of(data)  # one memory, one version counter
        return parameter.requires_grad_(requires_grad)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """What `copy.deepcopy` and `pickle` keep: not the gradient, so that a copied model begins
        without one, as in PyTorch.
        """
        rebuild, (*kept, _, device) = super().__reduce_ex__(protocol)
        return rebuild, (*kept, None, device)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that a `Module` registers as a buffer when it is assigned as an attribute.

    Attributes:
        persistent: whether it is part of the module's state.
    """

    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        if data is None:
            data = Tensor(0)
        buffer = cls._of(data._array)
        buffer._storage = storage_of(data)  # one memory, one version counter
        buffer.persistent = persistent
        return buffer


# -- of a shape that is not known yet --------------------------------------------------------------

_elements: Any = Tensor.__dict__["_array"]
"""Where a tensor's elements are, also of a class that hides them."""


class UninitializedTensorMixin:
    """A tensor of a known dtype and device whose shape follows from what a module is called with.

    It has no elements to read, so that whatever needs them raises; it may be moved and converted.
    `materialize` makes it a parameter or buffer like others, and the same object: an optimizer that
    holds it goes on.

    Attributes:
        cls_to_become: its class from then on.
    """

    __slots__ = ()

    cls_to_become: ClassVar[type[Tensor]]

    def materialize(self: Any, shape: Sequence[int], device: Any = None, dtype: Any = None) -> None:
        """Become a tensor of a shape, whose elements are left as the memory has them."""
        made = functions["empty"](
            tuple(shape), device=device or self.device, dtype=dtype or self.dtype
        )
        self.__class__ = self.cls_to_become
        _put_elements(self, made)

    def take_kind(self: Any, other: Any) -> None:
        """Be of another's dtype and on its device, and still of no shape."""
        _put_elements(self, functions["empty"](0, device=other.device, dtype=other.dtype))

    # -- what is known -------------------------------------------------------------------------

    @property
    def dtype(self) -> Any:
        with _as_empty(self) as empty:
            return empty.dtype

    @property
    def device(self) -> Any:
        with _as_empty(self) as empty:
            return empty.device

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        """Ask for a gradient, or stop asking."""
        with _as_empty(self) as empty:
            empty.requires_grad_(requires_grad)
        return self

    def detach(self: Any) -> Any:
        """The same: it has no history, and a state holds it as it is."""
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        return type(self), (self.requires_grad, str(self.device), self.dtype)

    # -- what is not ---------------------------------------------------------------------------

    @property
    def _array(self) -> Any:
        raise ValueError(
            f"Attempted to use an uninitialized parameter in {_use()}. "
            "This error happens when you are using a `LazyModule` or explicitly manipulating "
            f"`tracegrad.nn.parameter.{type(self).__name__}` objects. When using LazyModules call "
            "`forward` with a dummy batch to initialize the parameters before calling functions"
        )

    @_array.setter
    def _array(self, value: Any) -> None:
        _elements.__set__(self, value)

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually "
            "happens in `load_state_dict` when trying to load an uninitialized parameter into an "
            "initialized one. Call `forward` to initialize the parameters before accessing their "
            "attributes."
        )

    def share_memory_(self) -> Any:
        """Refused: there is no memory yet."""
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to "
            "initialize the parameters before calling `module.share_memory()`."
        )


def _use() -> str:
    """What the program was about to compute."""
    where = place(*caller())
    return (where and (where.expression or where.statement)) or "an op"


@contextmanager
def _as_empty(tensor: Any) -> Iterator[Any]:
    """Inside, the tensor is one of no elements."""
    own, tensor.__class__ = type(tensor), tensor.cls_to_become
    try:
        yield tensor
    finally:
        tensor.__class__ = own


def _put_elements(tensor: Any, made: Tensor) -> None:
    """Give a tensor, which stays the same object, the elements of another."""
    tensor._array, tensor._storage = _elements.__get__(made), storage_of(made)
    if tensor._accumulator is not None:
        tensor._accumulator.shape, tensor._accumulator.dtype = tuple(made.shape), made._array.dtype


def lose_shape(tensor: Any, kind: type) -> None:
    """Take a `materialize` back: the class that the tensor had before is `kind`."""
    empty = functions["empty"](0, device=tensor.device, dtype=tensor.dtype)
    _put_elements(tensor, empty)
    tensor.__class__ = kind


def _conversion(name: str) -> Callable[..., Any]:
    """A conversion, which gives another tensor of no shape."""

    def convert(self: Any, *args: Any, **options: Any) -> Any:
        with _as_empty(self) as empty:
            converted = getattr(empty.detach(), name)(*args, **options)
        if (converted.dtype, converted.device) == (self.dtype, self.device):
            return self
        return type(self)(self.requires_grad, converted.device, converted.dtype)

    convert.__name__ = convert.__qualname__ = name
    return convert


for _name in (
    "bfloat16", "char", "cpu", "cuda", "double", "float", "half", "int", "long", "short", "to",
):  # fmt: skip
    setattr(UninitializedTensorMixin, _name, _conversion(_name))


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter of a shape that is not known yet; see `UninitializedTensorMixin`."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        tensor = Parameter(functions["empty"](0, device=device, dtype=dtype), requires_grad)
        tensor.__class__ = cls
        return tensor


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    """A buffer of a shape that is not known yet; see `UninitializedTensorMixin`.

    Attributes:
        persistent: whether it is part of the module's state.
    """

    cls_to_become = Tensor
    persistent: bool

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> Any:
        tensor = functions["empty"](0, device=device, dtype=dtype)
        tensor.requires_grad_(requires_grad)
        tensor.__class__ = cls
        tensor.persistent = persistent
        return tensor


def is_lazy(param: Any) -> bool:
    """Whether it is a parameter or buffer of a shape that is not known yet."""
    return isinstance(param, UninitializedTensorMixin)
