"""What Python gets out of a tensor: numbers, lists, arrays, a truth value, a copy of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tracegrad.backend.device import on_host
from tracegrad.engine.worlds import lifted
from tracegrad.graph.observe import hub
from tracegrad.storage import storage_of

if TYPE_CHECKING:
    from tracegrad._tensor import Tensor


class Exits:
    """The methods of `Tensor` through which values leave the graph."""

    __slots__ = ()

    def item(self: Any) -> Any:
        """The only element as a Python number.

        Raises:
            RuntimeError: there is not exactly one.
        """
        if self._array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._array.size} elements cannot be converted to Scalar"
            )
        if hub.observer is not None:
            hub.observer.exit("item", self)
        return self._array.item()

    def tolist(self: Any) -> Any:
        """Nested lists of Python numbers."""
        if hub.observer is not None:
            hub.observer.exit("tolist", self)
        return self._array.tolist()

    def numpy(self: Any, *, force: bool = False) -> Any:
        """The elements as a NumPy array that shares this memory.

        Raises:
            RuntimeError: the tensor requires grad and `force` is not set.
        """
        if self.requires_grad and not force:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
                "instead."
            )
        return self._shared_array("numpy")

    def _shared_array(self: Any, exit: str) -> Any:
        """The array itself: from now on the program can write to it behind our back."""
        if self.is_cuda:
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to "
                "copy the tensor to host memory first."
            )
        if hub.observer is not None:
            hub.observer.exit(exit, self)
        storage = storage_of(self)
        storage.tell_keepers()
        storage.shared = True
        return self._array

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"a copy is needed to convert {array.dtype} to {dtype}")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __bool__(self: Any) -> bool:
        if self._array.size != 1:
            raise RuntimeError(
                "Boolean value of Tensor with "
                f"{'no values' if not self._array.size else 'more than one value'} is ambiguous"
            )
        if hub.observer is not None:
            hub.observer.exit("bool", self)
        return bool(self._array.item())

    def __float__(self: Any) -> float:
        return float(self.item())

    def __int__(self: Any) -> int:
        return int(self.item())

    def __complex__(self: Any) -> complex:
        return complex(self.item())

    def __index__(self: Any) -> int:
        if self._array.dtype.kind not in "iub" or self._array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __len__(self: Any) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return len(self._array)

    def __iter__(self: Any) -> Iterator[Tensor]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(lifted.ops.unbind(self))

    def __contains__(self: Any, element: Any) -> bool:
        return bool((self._array == getattr(element, "_array", element)).any())

    def __hash__(self: Any) -> int:
        return id(self)

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol and pickling at the moment.\n  try: .detach() first"
            )
        state = (
            type(self), on_host(self._array), self.requires_grad, self.grad, str(self.device)
        )  # fmt: skip
        from tracegrad._tensor import rebuilt

        return rebuilt, state
